"""Single keys from a terminal, without a thread: nothing is echoed meanwhile, and the terminal is put back in any case.

Ctrl-C stays what it is. Ctrl-Z puts the terminal back while the program sleeps; a signal that ends it does too.
"""

from __future__ import annotations

import os
import select
import signal
import termios
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Final, TextIO

END: Final = "end of input"
_ESCAPE: Final = 0x1B
_SPLIT: Final = 0.05
"""Seconds in which the rest of an escape sequence follows its beginning."""
_SEQUENCES: Final = {
    **{b"\x1b" + lead + letter: name for lead in (b"[", b"O") for letter, name in (
        (b"A", "up"), (b"B", "down"), (b"C", "right"), (b"D", "left"), (b"H", "home"), (b"F", "end"),
    )},
    **dict.fromkeys((b"\x1b[1~", b"\x1b[7~"), "home"),
    **dict.fromkeys((b"\x1b[4~", b"\x1b[8~"), "end"),
    b"\x1b[5~": "page up",
    b"\x1b[6~": "page down",
}  # fmt: skip
_NAMED: Final = {"\n": "enter", "\r": "enter", "\x7f": "backspace", "\x08": "backspace", "\x04": END, "\x1b": "escape"}
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


def key_names(data: bytes) -> tuple[list[str], bytes]:
    """The keys that were pressed, and the bytes of one that is not whole yet."""
    names: list[str] = []
    at = 0
    while at < len(data):
        if data[at:] == b"\x1b":
            return names, data[at:]
        if data[at] != _ESCAPE or data[at + 1 : at + 2] not in (b"[", b"O"):
            length = _length(data[at])
            if at + length > len(data):
                return names, data[at:]
            text = data[at : at + length].decode(errors="replace")
            names.append(_NAMED.get(text, text))
            at += length
            continue
        stop = at + 2
        while stop < len(data) and not 0x40 <= data[stop] <= 0x7E:
            stop += 1
        if stop >= len(data):
            return names, data[at:]
        names.append(_SEQUENCES.get(data[at : stop + 1], "unknown"))
        at = stop + 1
    return names, b""


class Keys:
    """The keys of a terminal, while this is entered. `resumed` is called when the program goes on after Ctrl-Z."""

    def __init__(self, stream: TextIO, resumed: Callable[[], None] = lambda: None) -> None:
        self._fd = stream.fileno()
        self._resumed = resumed
        self._waiting: list[str] = []
        self._rest = b""
        self._before = termios.tcgetattr(self._fd)
        self._handlers: dict[int, signal.Handlers | int | Callable[[int, FrameType | None], object] | None] = {}

    def __enter__(self) -> Keys:
        for number in _ENDING:
            self._handlers[number] = signal.signal(number, _leave)
        self._handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._sleep)
        self._single()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._restore()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def wait(self, seconds: float | None = None) -> str | None:
        """The next key; None when so many seconds went by without one. A terminal that is gone gives END."""
        while not self._waiting:
            if self._rest and not self._ready(_SPLIT):  # nothing follows: the escape key, or half a character
                self._waiting.append("escape" if self._rest == b"\x1b" else "unknown")
                self._rest = b""
            elif not self._rest and not self._ready(seconds):
                return None
            else:
                self._read()
        return self._waiting.pop(0)

    def _ready(self, seconds: float | None) -> bool:
        return bool(select.select([self._fd], [], [], seconds)[0])

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 1024)
        except OSError:  # the terminal was closed
            data = b""
        names, self._rest = key_names(self._rest + data) if data else ([END], b"")
        self._waiting += names

    def _single(self) -> None:
        """Keys come one by one and are not echoed."""
        mode = termios.tcgetattr(self._fd)
        mode[3] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(self._fd, termios.TCSADRAIN, mode)

    def _restore(self) -> None:
        try:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)
        except termios.error:  # the terminal was closed
            return

    def _sleep(self, number: int, frame: FrameType | None) -> None:
        """Stopped by Ctrl-Z: the shell gets its terminal as it was, and on going on keys come one by one again."""
        self._restore()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._sleep)
        self._single()
        self._resumed()


def _length(first: int) -> int:
    """Bytes of a character of UTF-8, by its first."""
    return 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
