"""What is typed before the prompt is there."""

from __future__ import annotations

import os
import termios

from agentchat.terminal.chat.ahead import keys_ahead


def test_keys_wait_for_the_prompt_and_the_terminal_is_left_as_it_was() -> None:
    outer, inner = os.openpty()
    before = termios.tcgetattr(inner)
    with keys_ahead(inner, inner):
        assert os.read(outer, 99) == b"\x1b[?2004h"  # a terminal marks pastes from here on
        os.write(outer, b"\x1b[200~one\rtwo\x1b[201~\r")
        assert os.read(inner, 99) == b"\x1b[200~one\rtwo\x1b[201~\r"  # at once, and Enter is a carriage return
    assert os.read(outer, 99) == b"\x1b[?2004l"  # no echo in between
    assert termios.tcgetattr(inner) == before
    os.close(outer)
    os.close(inner)


def test_nothing_is_done_without_a_terminal() -> None:
    reader, writer = os.pipe()
    with keys_ahead(reader, writer):
        pass
    os.close(writer)
    assert os.read(reader, 9) == b""
    os.close(reader)
