"""A terminal that a test can look at: a program on a real pseudo-terminal, and what its screen and scrollback hold."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType

import pexpect  # type: ignore[import-untyped]  # it ships no types
import pyte

PATIENCE = 30.0
"""Seconds after which what is waited for will not come."""
ENTER, ESC, CTRL_C, CTRL_D, CTRL_J, UP, DOWN, TAB = "\r", "\x1b", "\x03", "\x04", "\n", "\x1b[A", "\x1b[B", "\t"


class Pane:
    """A program in a terminal of its own. `raw` is every byte that it wrote."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: str, columns: int = 80, rows: int = 30
    ) -> None:
        self._child = pexpect.spawn(
            command[0],
            list(command[1:]),
            env={"TERM": "xterm-256color", **env},
            cwd=cwd,
            dimensions=(rows, columns),
            timeout=PATIENCE,
            preexec_fn=_as_a_shell_does,
        )
        self._screen = pyte.HistoryScreen(columns, rows, history=100_000, ratio=0.5)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""

    def __enter__(self) -> Pane:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child.isalive():
            self._child.kill(signal.SIGKILL)
            self._child.wait()
        self._child.close(force=True)

    @property
    def pid(self) -> int:
        """The program."""
        return int(self._child.pid)

    def type(self, *keys: str) -> None:
        """Press keys, or type text."""
        for key in keys:
            self._child.send(key)

    def paste(self, text: str) -> None:
        """Paste, as a terminal does that was asked to mark it."""
        self._child.send(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """The window is dragged."""
        self._screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def kill(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    # looking

    def read(self, seconds: float = 0.05) -> bool:
        """Take in what comes, until there is a pause of so many seconds or a second is over; False at the end.

        An update may come in pieces: what is looked at is the screen that stays.
        """
        until = time.monotonic() + 1.0
        with suppress(pexpect.TIMEOUT):
            while time.monotonic() < until:
                try:
                    data = self._child.read_nonblocking(1 << 16, timeout=seconds)
                except pexpect.EOF:
                    return False
                self.raw += data
                self._stream.feed(data)
        return True

    @property
    def lines(self) -> list[str]:
        """The scrollback and the screen, without what is empty at the end."""
        past = ["".join(line[x].data for x in range(self._screen.columns)) for line in self._screen.history.top]
        return "\n".join(line.rstrip() for line in (*past, *self._screen.display)).rstrip().split("\n")

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    @property
    def screen(self) -> str:
        """What is seen now."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def title(self) -> str:
        """The title of the window."""
        return str(self._screen.title)

    def until(self, seen: Callable[[Pane], bool], what: str = "") -> float:
        """Read on until something is seen; the seconds it took. Fails with the screen where it does not come."""
        began = time.monotonic()
        while True:
            if seen(self):
                return time.monotonic() - began
            alive = self.read()
            if seen(self):
                return time.monotonic() - began
            assert alive, f"the program ended before {what}:\n{self.text}"
            assert time.monotonic() - began < PATIENCE, f"{what} did not come:\n{self.text}"

    def wait(self, text: str) -> float:
        """Read on until a text is seen anywhere."""
        return self.until(lambda pane: text in pane.text, repr(text))

    def end(self) -> int:
        """Read to the end of the program; its exit code, or the negative number of the signal that ended it."""
        began = time.monotonic()
        while self.read():
            assert time.monotonic() - began < PATIENCE, f"it did not end:\n{self.text}"
        self._child.close()
        status = self._child.exitstatus
        return int(status) if status is not None else -int(self._child.signalstatus)


def _as_a_shell_does() -> None:
    """A test run in the background ignores SIGINT, and what it starts inherits that; a terminal's programs do not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
