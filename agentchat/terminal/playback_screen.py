"""Going through a record step by step with keys, in a real terminal.

What was printed stays: going back prints an earlier step again, under a line that says so. Only the last line, which
says where one is and which keys there are, is written over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, TextIO

from rich.cells import cell_len, set_cell_size

from agentchat.terminal.console import Plain
from agentchat.terminal.highlight import verbatim
from agentchat.terminal.playback import Playback, play
from agentchat.terminal.playback_keys import END, Keys
from agentchat.terminal.playback_steps import Step, place_of, step_shown, steps_of
from agentchat.transcript.transcript import Transcript

_FORWARD: Final = frozenset({" ", "enter", "right", "down", "page down", "n", "f", "j", "l"})
_BACK: Final = frozenset({"left", "up", "page up", "backspace", "b", "p", "h", "k"})
_QUIT: Final = frozenset({"q", "Q", END})
_DIGITS: Final = frozenset("0123456789")
_MOST_DIGITS: Final = 9
HELP: Final = """\
  space, enter, →    next          b, ←        back
  g, Home            beginning     G, End      end
  12, then enter     event 12      q           quit
  ?                  these keys"""


def step_through(
    console: Plain, keyboard: TextIO, record: Transcript, *, only: str | None = None, until: int | None = None
) -> None:
    """Go through a record with keys, until the user quits."""
    steps = steps_of(record, only=only, until=until)
    if not steps:
        console.show("there is nothing to see")
        return
    stepping = Stepping(console, record, steps, only)
    with Keys(keyboard, stepping.redraw) as keys:
        stepping.run(keys)


def watch(
    console: Plain,
    keyboard: TextIO | None,
    record: Transcript,
    *,
    speed: float = 1.0,
    only: str | None = None,
    until: int | None = None,
) -> bool:
    """Play a record; whether to its end. speed: 0 for at once. keyboard: where keys come from, if there is one."""
    playback = Playback(record, only=only, until=until)
    try:
        if keyboard is None or not speed:
            play(playback, console, speed=speed, rest=time.sleep)
        else:
            with Keys(keyboard) as keys:
                play(playback, console, speed=speed, rest=lambda seconds: _rest(keys, seconds))
    except _Enough:
        console.raw("\n")
        return False
    except KeyboardInterrupt:
        console.raw("\n")
        raise
    return True


class _Enough(Exception):
    """The user has seen enough."""


def _rest(keys: Keys, seconds: float) -> None:
    """Let the time pass, unless a key stops it: space until the next space, q for good."""
    until = time.monotonic() + seconds
    stopped = False
    while stopped or (left := until - time.monotonic()) > 0:
        key = keys.wait(None if stopped else left)
        if key in _QUIT:
            raise _Enough
        if key == " ":
            stopped, until = not stopped, time.monotonic()


class Stepping:
    """One walk through a record, from its first step on. There is at least one step."""

    def __init__(self, console: Plain, record: Transcript, steps: Sequence[Step], only: str | None = None) -> None:
        self._console = console
        self._record = record
        self._steps = steps
        self._only = only
        self._at = 0
        self._number = ""
        self._status = ""

    def run(self, keys: Keys) -> None:
        """Until the user quits."""
        try:
            self._print()
            self._tell()
            while (key := keys.wait()) not in _QUIT and key is not None:
                self._take(key)
                self._tell()
        finally:
            self._clear()

    def redraw(self) -> None:
        """Write the last line again, after something else was on the screen."""
        self._tell()

    def _take(self, key: str) -> None:
        """What a key does."""
        number, self._number = self._number, ""
        if key in _DIGITS:
            self._number = (number + key)[:_MOST_DIGITS]
        elif number and key == "backspace":
            self._number = number[:-1]
        elif number and key == "enter":
            self._jump(int(number))
        elif key in _FORWARD and self._at + 1 < len(self._steps):
            self._at += 1
            self._print()
        elif key in _BACK and self._at:
            self._go(self._at - 1)
        elif key in ("g", "home"):
            self._go(0)
        elif key in ("G", "end"):
            self._go(len(self._steps) - 1)
        elif key == "?":
            self._note(HELP)

    def _jump(self, seq: int) -> None:
        last = len(self._record)
        if 1 <= seq <= last:
            self._go(place_of(self._steps, seq))
        else:
            self._note(f"there is no event {seq}; there are events 1 to {last}")

    def _go(self, place: int) -> None:
        """To a step that is not the next one: a line says so, for what was printed stays."""
        if place != self._at:
            where = "back" if place < self._at else "on"
            self._at = place
            self._note(f"── {where} to event {self._steps[place].seq} ──")
            self._print()

    def _print(self) -> None:
        self._clear()
        for shown in step_shown(self._steps[self._at], self._record, self._only):
            self._console.show(shown)
        self._console.raw("\n")

    def _note(self, text: str) -> None:
        self._clear()
        self._console.show(verbatim(f"{text}\n", "dim"))

    def _tell(self) -> None:
        """The last line: where one is, and the keys; or the number that is being typed."""
        step = self._steps[self._at]
        if self._number:
            told = f"to event {self._number} (enter)"
        else:
            end = " (the last)" if self._at + 1 == len(self._steps) else ""
            told = f"event {step.seq} of {len(self._record)}{end} · space next · b back · q quit · ? help"
        told = told if cell_len(told) < self._console.width else set_cell_size(told, self._console.width - 1)
        self._clear()
        self._status = told
        self._console.raw(told if self._console.is_dumb_terminal else f"\x1b[2m{told}\x1b[0m")

    def _clear(self) -> None:
        """Take the last line away."""
        if self._status:
            dumb = self._console.is_dumb_terminal
            self._console.raw(f"\r{' ' * cell_len(self._status)}\r" if dumb else "\r\x1b[K")
        self._status = ""
