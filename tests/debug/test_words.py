"""Texts compared line by line and word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentchat.debug.comparing.words import MOST_WORDS, Line, Words, text_changes

texts = st.lists(st.sampled_from(["a", "b", "foo", "bar", " ", "  ", "\n", "é", "日本", ",", "."]), max_size=30).map(
    "".join
)


def side(lines: list[Line], op: str) -> str:
    """One of the two texts, put together again."""
    kept = [line for line in lines if line.op in ("same", "changed", op)]
    return "\n".join("".join(words.text for words in line.words if words.op in ("same", op)) for line in kept)


@given(texts, texts)
def test_both_texts_are_still_there(a: str, b: str) -> None:
    lines = text_changes(a, b)
    assert side(lines, "removed") == a
    assert side(lines, "added") == b


@given(texts)
def test_a_text_is_the_same_as_itself(a: str) -> None:
    assert {line.op for line in text_changes(a, a)} == {"same"}


def test_a_changed_line_says_which_words() -> None:
    (line,) = text_changes("The list holds ten primes.", "The list holds twelve primes.")
    assert line == Line(
        "changed",
        (
            Words("same", "The list holds "),
            Words("removed", "ten"),
            Words("added", "twelve"),
            Words("same", " primes."),
        ),
    )


def test_a_line_may_end_in_what_was_changed() -> None:
    (line,) = text_changes("it holds ten", "it holds twelve")
    assert line.words == (Words("same", "it holds "), Words("removed", "ten"), Words("added", "twelve"))


def test_several_changed_words_are_one_stretch() -> None:
    (line,) = text_changes("we will see it there and go home", "we will not like that at all and go home")
    assert [words.op for words in line.words] == ["same", "removed", "added", "same"]


def test_lines_that_have_little_in_common_are_no_change_of_each_other() -> None:
    assert [line.op for line in text_changes("x = 1", "z")] == ["removed", "added"]


def test_a_line_put_in_between_moves_nothing() -> None:
    found = text_changes("one\ntwo\nthree", "one\nnew\ntwo\nthree")
    assert [line.op for line in found] == ["same", "added", "same", "same"]


def test_scripts_without_gaps_are_compared_by_character() -> None:
    (line,) = text_changes("素数は十個です", "素数は二十個です")
    assert [words for words in line.words if words.op != "same"] == [Words("added", "二")]


def test_a_line_that_is_too_long_is_replaced_whole() -> None:
    old = "a " * MOST_WORDS
    assert [line.op for line in text_changes(old, old + "b")] == ["removed", "added"]
