"""Prose wrapped as it arrives; code as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from agentchat.terminal.highlight import blocks
from agentchat.terminal.wrapping import Wrapper

PROSE = "The quick brown fox jumps over the lazy dog.\n\nAnd again."
CODE = "```python\nx = 'a line of code that is longer than any terminal'\n```\n"


def wrapped(text: str, width: int, size: int = 3) -> str:
    wrapper = Wrapper(width)
    return "".join(wrapper.feed(text[at : at + size]) for at in range(0, len(text), size)) + wrapper.close()


def test_prose_is_broken_between_words() -> None:
    assert wrapped(PROSE, 20) == "The quick brown fox\njumps over the lazy\ndog.\n\nAnd again."


def test_code_is_never_broken() -> None:
    assert wrapped(f"See this:\n{CODE}and a line of prose behind it", 20) == (
        f"See this:\n{CODE}and a line of prose\nbehind it"
    )


def test_a_word_longer_than_the_line_is_left_to_the_terminal() -> None:
    assert wrapped("a " + "b" * 30 + " c", 10) == "a\n" + "b" * 30 + " c"


@given(st.text("ab `~\n\t.日", max_size=120), st.integers(1, 30), st.integers(1, 9))
def test_only_gaps_change(text: str, width: int, size: int) -> None:
    assert "".join(wrapped(text, width, size).split()) == "".join(text.split())


@given(st.text("ab \n.日", max_size=120), st.integers(4, 30), st.integers(1, 9))
def test_no_line_of_short_words_is_too_long(text: str, width: int, size: int) -> None:
    for line in wrapped(text, width, size).split("\n"):
        if all(cell_len(word) <= width for word in text.split()) and line.strip():
            assert cell_len(line) <= width or line.startswith(" ")


@given(st.text("ab `~\n\t#'\\\"", max_size=200))
def test_blocks_hold_the_whole_text(text: str) -> None:
    assert "\n".join(block.plain for block in blocks(text)) == text.removesuffix("\n")
