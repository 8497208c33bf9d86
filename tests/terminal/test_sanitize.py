"""What may reach a terminal, and what may not."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.terminal.sanitize import Sanitizer, sanitize, sanitize_line

ANY = st.text(st.characters(), max_size=200) | st.text("\x1b\r\n\t\x07\x9b\u202e\u2066]52;c", max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [bold]text[/bold] :smile:", "plain [bold]text[/bold] :smile:"),
        ("a\x1b[2Jb", "a␛[2Jb"),
        ("\x1b]52;c;cm0gLXJm\x07", "␛]52;c;cm0gLXJm"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\tb\x00\x08\x7f\x9bc", "a\tbc"),
        ("if x:\u202e } {", "if x:⟨U+202E⟩ } {"),
        ("a\u2028b\U000e0041", "a⟨U+2028⟩b⟨U+E0041⟩"),
        ("\ud800", "�"),
        ("日本語 👩‍💻 é", "日本語 👩‍💻 é"),
    ],
)
def test_each_kind_is_handled_as_written(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@given(ANY)
def test_nothing_that_steers_a_terminal_gets_through(text: str) -> None:
    shown = sanitize(text)
    for character in shown:
        assert character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(character) not in (
            "RLO",
            "LRO",
            "RLE",
            "LRE",
            "PDF",
            "RLI",
            "LRI",
            "FSI",
            "PDI",
        )
    shown.encode()


@given(ANY)
def test_twice_is_once(text: str) -> None:
    assert sanitize(sanitize(text)) == sanitize(text)


@given(ANY, st.lists(st.integers(0, 200)))
def test_pieces_come_out_as_the_whole(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    cleaner = Sanitizer()
    assert "".join(cleaner.feed(text[a:b]) for a, b in pairwise(places)) == sanitize(text)


@given(ANY)
def test_a_line_stays_one_line(text: str) -> None:
    assert "\n" not in sanitize_line(text)
    assert "\t" not in sanitize_line(text)
