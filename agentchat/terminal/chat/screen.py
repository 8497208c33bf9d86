"""The one place that writes to the terminal while a chat is open: finished rows above, a live region below.

Rows are printed once and never touched again, so scrollback, copying and tmux work as with any program. Only the live
region (the unfinished tail, who does what, the prompt, the status line) is drawn again, by prompt_toolkit, which sends
what has changed. Both happen in one synchronised update where the terminal knows such a thing.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final, Literal, Protocol, TextIO, TypeAlias, cast

import anyio
from rich.console import Console, RenderableType
from rich.text import Text

PACE: Final = 0.05
"""Seconds between two updates of what arrives. Keys are echoed at once."""
BEGIN: Final = "\x1b[?2026h"
END: Final = "\x1b[?2026l"
_ASCII: Final = str.maketrans({
    "❯": ">", "•": "*", "─": "-", "│": "|", "…": "...", "·": "-", "→": "->", "✓": "+", "✗": "x", "■": "#", "☑": "[x]",
    "☐": "[ ]", "↳": "->", "●": "*", "≥": ">=", "⑂": "Y", "“": '"', "”": '"', "⟨": "<", "⟩": ">",
})  # fmt: skip
"""What stands for our own signs where the terminal takes no UTF-8."""


_LINE: Final = Text("\n")
_Way: TypeAlias = Literal["wrapped", "as it is", "cut", "other"]


def _way(row: RenderableType) -> _Way:
    """How a row is printed."""
    if not isinstance(row, Text):
        return "other"
    if not row.no_wrap:
        return "wrapped"
    return "cut" if row.overflow == "ellipsis" else "as it is"


class Live(Protocol):
    """The live region."""

    def above(self, write: Callable[[], None]) -> None:
        """Take the region away, write, and draw it again."""
        ...

    def redraw(self) -> None:
        """Draw what has changed."""
        ...


class Screen:
    """Finished rows wait for the next update; the tail is what it was last said to be."""

    def __init__(self, stream: TextIO, *, plain: bool = False) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"
        self.utf8 = self._encoding.lower().replace("-", "") == "utf8"
        self._made = io.StringIO()
        self._console = Console(
            file=self._made, force_terminal=not plain, markup=False, emoji=False, highlight=False, width=self.width
        )
        self._waiting: list[RenderableType] = []
        self.tail_rows: Sequence[Text] = ()
        self.doing = ""
        self._settle: Callable[[], None] | None = None
        self.live: Live | None = None
        self.wake = anyio.Event()

    # paper

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        try:
            return max(os.get_terminal_size(self._stream.fileno()).columns, 1)
        except (OSError, ValueError):
            return shutil.get_terminal_size().columns

    def add(self, *rows: RenderableType) -> None:
        """Add finished rows; they are shown with the next update."""
        self._waiting += rows
        self.wake.set()

    def tail(self, rows: Sequence[Text], doing: str) -> None:
        """What is not finished yet, and who does what."""
        self.tail_rows, self.doing = rows, doing
        self.wake.set()

    def expect(self, settle: Callable[[], None]) -> None:
        """Text has arrived, which `settle` adds: it is called with the next update."""
        self._settle = settle
        self.wake.set()

    # updates

    async def keep_up(self) -> None:
        """Show what comes, at most once every `PACE` seconds; runs until cancelled."""
        while True:
            await self.wake.wait()
            self.wake = anyio.Event()
            self.flush()
            await anyio.sleep(PACE)

    def flush(self) -> None:
        """Show everything that waits, now."""
        settle, self._settle = self._settle, None
        if settle is not None:
            settle()
        if self.live is None:
            self.write(self.rendered())
        elif self._waiting:
            shown = self.rendered()
            self.live.above(lambda: self.write(shown))
        else:
            self.live.redraw()

    def rendered(self) -> str:
        """What waits, as text for the terminal."""
        rows, self._waiting = self._waiting, []
        self._console.width = self.width
        for way, group in groupby(rows, _way):
            if way == "wrapped":  # many rows at once: each print has its price
                self._console.print(_LINE.join(cast(Iterator[Text], group)), crop=False)
            elif way == "as it is":
                self._console.print(_LINE.join(cast(Iterator[Text], group)), soft_wrap=True)
            else:
                for row in group:
                    if way == "cut":
                        self._console.print(row, no_wrap=True, overflow="ellipsis")
                    else:
                        self._console.print(row, soft_wrap=True)
        shown = self._made.getvalue()
        self._made.seek(0)
        self._made.truncate()
        return shown

    def write(self, text: str) -> None:
        """Write to the terminal as it is."""
        if text:
            self._stream.write(self.encodable(text))
            self._stream.flush()

    def encodable(self, text: str) -> str:
        """The text, without what this terminal's encoding has no place for."""
        if self.utf8:
            return text
        return text.translate(_ASCII).encode(self._encoding, "replace").decode(self._encoding)
