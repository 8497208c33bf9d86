"""Markdown as it arrives: rows come once, in order, and nothing of the text is lost."""

from __future__ import annotations

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.terminal.chat.stream import TALL, MarkdownStream

TEXT = """# Title

Hello **bold** and *em*, `code`, 2*3*4 and snake_case_name, [a link](http://x.y/z).
second line

- one item with a text that is long enough to be broken between two of its words
  - nested
1. first
- [x] done

> quoted

| a | b |
|---|--:|
| x `c` | 12 |
| longer | 3 |

```python
def f(x):

    return "**x**"
```

Setext
======

---
the end"""


def rows(text: str, width: int = 40, cuts: list[int] | None = None) -> list[str]:
    stream = MarkdownStream(width)
    shown = []
    for piece in pieces(text, cuts or []):
        shown += [row.plain for row in stream.feed(piece)]
    return shown + [row.plain for row in stream.close()]


def pieces(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[a:b] for a, b in pairwise(places)]


def test_what_it_looks_like() -> None:
    assert rows(TEXT) == [
        "Title",
        "",
        "Hello bold and em, code, 2*3*4 and",
        "snake_case_name, a link (http://x.y/z).",
        "second line",
        "",
        "• one item with a text that is long",
        "  enough to be broken between two of its",
        "  words",
        "  • nested",
        "1. first",
        "☑ done",
        "",
        "│ quoted",
        "",
        "a        b",
        "──────  ──",
        "x c     12",
        "longer   3",
        "",
        "python",
        "def f(x):",
        "",
        '    return "**x**"',
        "",
        "Setext",
        "",
        "─" * 40,
        "the end",
    ]


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_how_it_is_cut_makes_no_difference(cuts: list[int]) -> None:
    assert rows(TEXT, cuts=cuts) == rows(TEXT)


WORDS = st.lists(st.text(string.ascii_letters + string.digits, min_size=1, max_size=12), min_size=1, max_size=400)


@given(WORDS, st.integers(1, 60), st.lists(st.integers(0, 10_000), max_size=20))
def test_no_word_is_lost_and_no_row_is_too_wide(words: list[str], width: int, cuts: list[int]) -> None:
    shown = rows(" ".join(words), width, cuts)
    assert "".join(shown).replace(" ", "") == "".join(words)
    assert max(map(len, shown)) <= max(width, 8)


MARKS = st.text("#*_`~|-=>+1. \n\\[]()abc漢é", max_size=200)


@given(MARKS, st.lists(st.integers(0, 10_000), max_size=20))
def test_any_text_passes_and_how_it_is_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    assert rows(text, cuts=cuts) == rows(text)


@given(MARKS)
def test_no_letter_is_lost(text: str) -> None:
    shown = "".join(rows(text))
    for letter in "bc漢é":  # an `a` may come from a fence's label
        fences = sum(line.lstrip(" >-+*1.").startswith(("```", "~~~")) for line in text.split("\n"))
        assert fences or shown.count(letter) == text.count(letter)


def test_the_tail_stays_small() -> None:
    stream = MarkdownStream(40)
    for number in range(2000):
        stream.feed(f"word{number} ")
        assert len(stream.tail()) <= TALL + 2
    stream = MarkdownStream(40)
    for _ in range(2000):
        stream.feed("xxxxx")
        assert len(stream.tail()) <= TALL * 4 + 1


def test_the_tail_is_what_is_not_finished() -> None:
    stream = MarkdownStream(40)
    assert stream.feed("Hello **wor") == []
    assert [row.plain for row in stream.tail()] == ["Hello **wor"]
    assert stream.feed("ld**\n") == []
    assert [row.plain for row in stream.tail()] == ["Hello world"]
    assert [row.plain for row in stream.feed("\n")] == ["Hello world"]


def test_code_is_shown_line_by_line_and_copies_clean() -> None:
    stream = MarkdownStream(20)
    long = "x = " + "1 + " * 30 + "1"
    stream.feed("```python\n")
    done = stream.feed(f"{long}\n\ny = 2\n")
    assert [row.plain for row in done] == [long, "", "y = 2"]
    assert done[0].spans, "it is in colour"
    assert all(row.no_wrap for row in done)


def test_a_program_that_is_too_long_for_colours_is_whole() -> None:
    lines = [f"value_{number} = {number}" for number in range(3000)]
    assert rows("```python\n" + "\n".join(lines) + "\n```\n")[1:-1] == lines


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4", "a_b_c", "* not an item*", "**", "`", "[x](", "\\*", "f(*args, **kwargs)"]
)
def test_what_could_be_meant_stays(text: str) -> None:
    assert rows(text) == [text.replace("\\*", "*").replace("* not", "• not")]


def test_the_language_of_a_table_that_is_too_wide() -> None:
    wide = "| " + "x" * 60 + " | b |"
    assert rows(f"{wide}\n|---|---|\n| 1 | 2 |") == [wide, "|---|---|", "| 1 | 2 |"]
