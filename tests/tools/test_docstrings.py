"""Docstrings taken apart, in each custom, and never an error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentchat.tools.docstrings import Docstring, read_docstring

GOOGLE = """Find a train.

    Longer text.

    Args:
        start (str): where it leaves,
            and from where it comes.

        goal: where it goes: the end
        *more (Callable[[int], str]): ignored words
        note
        silent:

    Returns:
        the trains
    """

NUMPY = """Find a train.

    Parameters
    ----------
    start, goal : str
        Where it leaves
        and goes.
    when
        The day.

    Returns
    -------
    list
        the trains
    """

REST = """Find a train.

    :param str start: where it leaves,
        and from where
    :param goal: where it goes
    :type goal: str
    :returns: the trains
    """


def test_google() -> None:
    assert read_docstring(GOOGLE) == Docstring(
        "Find a train.\n\nLonger text.\n\nReturns:\n    the trains",
        {
            "start": "where it leaves, and from where it comes.",
            "goal": "where it goes: the end",
            "more": "ignored words note",
        },
    )


def test_numpy() -> None:
    assert read_docstring(NUMPY) == Docstring(
        "Find a train.\n\nReturns\n-------\nlist\n    the trains",
        {"start": "Where it leaves and goes.", "goal": "Where it leaves and goes.", "when": "The day."},
    )


def test_rest() -> None:
    assert read_docstring(REST) == Docstring(
        "Find a train.\n\n:returns: the trains",
        {"start": "where it leaves, and from where", "goal": "where it goes"},
    )


def test_what_is_no_section_stays() -> None:
    assert read_docstring(None) == read_docstring("") == Docstring("", {})
    for text in (
        "Args: are none.",
        "Args:",
        "Parameters",
        "Parameters\nof no kind",
        "a: b",
        "See the\n  `Args:`\n    x: y\nabove",
    ):
        assert read_docstring(text) == Docstring(text, {})


def test_a_section_to_the_end_with_words_before_the_first_entry() -> None:
    assert read_docstring("Do.\nArgs:\n\n  words of no one\n  x: y") == Docstring("Do.", {"x": "y"})
    assert read_docstring("Parameters\n---\n  lost\nx: int\n  y") == Docstring("", {"x": "y"})


@given(st.text(st.sampled_from("aX:*(), \n\t-_") | st.characters()))
def test_any_text_is_read(text: str) -> None:
    for head in ("", "Args:\n", "Parameters\n-----\n", ":param x: "):
        found = read_docstring(head + text)
        assert all(part and part == " ".join(part.split()) for part in found.parameters.values())


@given(st.dictionaries(st.from_regex(r"[a-z]\w{0,8}", fullmatch=True), st.text("ab .:()", min_size=1), max_size=5))
def test_what_was_said_is_found(said: dict[str, str]) -> None:
    wanted = {name: " ".join(text.split()) for name, text in said.items() if text.split()}
    google = "Do it.\n\nArgs:\n" + "".join(f"    {name}: {text}\n" for name, text in said.items())
    rest = "Do it.\n\n" + "".join(f":param {name}: {text}\n" for name, text in said.items())
    assert read_docstring(google) == read_docstring(rest) == Docstring("Do it.", wanted) or not said
