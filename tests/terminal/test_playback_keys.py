"""Keys from the bytes of a terminal, however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.terminal.playback_keys import END, key_names

PRESSED = {
    b"q": "q", b" ": " ", b"\n": "enter", b"\r": "enter", b"7": "7", b"\x7f": "backspace", b"\x04": END, b"?": "?",
    b"\x1b[C": "right", b"\x1bOC": "right", b"\x1b[D": "left", b"\x1b[H": "home", b"\x1b[1~": "home",
    b"\x1bOF": "end", b"\x1b[5~": "page up", b"\x1b[6~": "page down", b"\x1b[1;5C": "unknown",
    "é".encode(): "é", "→".encode(): "→",
}  # fmt: skip


@pytest.mark.parametrize(("data", "name"), PRESSED.items())
def test_each_key_has_its_name(data: bytes, name: str) -> None:
    assert key_names(data) == ([name], b"")


@given(st.lists(st.sampled_from([*PRESSED]), max_size=8), st.data())
def test_keys_may_be_cut_anywhere(pressed: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pressed)
    names: list[str] = []
    rest, start = b"", 0
    while start < len(whole):
        stop = data.draw(st.integers(start + 1, len(whole)))
        found, rest = key_names(rest + whole[start:stop])
        names += found
        start = stop
    assert (names, rest) == ([PRESSED[one] for one in pressed], b"")


def test_an_escape_may_be_a_key_or_a_beginning() -> None:
    assert key_names(b"q\x1b") == (["q"], b"\x1b")
    assert key_names(b"\x1b\x1b[C") == (["escape", "right"], b"")


@given(st.binary(max_size=40))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    names, rest = key_names(data)
    assert len(names) <= len(data)
    assert len(rest) <= len(data)
