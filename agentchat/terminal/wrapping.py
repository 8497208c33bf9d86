"""Prose broken between words while it arrives, append-only: a word is held back until it is whole. Pure.

Fenced code passes as it is, so that copied code is the code. A gap where a line
is broken gives way to the line end; nothing else is added or taken away.
"""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len

from agentchat.terminal.fences import FenceReader

_PIECES: Final = re.compile(r"\n|[ \t]+|[^ \t\n]+")
TAB: Final = 8


class Wrapper:
    """Takes text that is sanitised already; `width` is that of the terminal."""

    def __init__(self, width: int) -> None:
        self._width = max(width, 1)
        self._column = 0
        self._line: list[str] = []  # of the message, not of the terminal
        self._gap = ""
        self._word = ""
        self._fences = FenceReader()

    def feed(self, text: str) -> str:
        """What may be printed now."""
        out: list[str] = []
        pieces = _PIECES.findall(self._word + text)
        self._word = ""
        if pieces and not self._fences.inside and not pieces[-1].isspace():
            self._word = pieces.pop()
        for piece in pieces:
            self._line.append(piece)
            if piece == "\n":
                out.append(self._end_line())
            elif self._fences.inside:
                out.append(piece)
            elif piece.isspace():
                self._gap += piece
            else:
                out.append(self._put(piece))
        return "".join(out)

    def close(self) -> str:
        """The last word. The next text begins a new line."""
        word, self._word = self._word, ""
        self._line.append(word)
        shown = self._put(word) if word else ""
        self._gap, self._column = "", 0
        return shown

    def _end_line(self) -> str:
        gap, self._gap = self._gap, ""
        self._fences.take("".join(self._line).removesuffix("\n"))
        fits = self._column + _width(gap) <= self._width
        self._line, self._column = [], 0
        return f"{gap}\n" if fits else "\n"

    def _put(self, word: str) -> str:
        gap, self._gap = self._gap, ""
        wide = self._column + _width(gap) + _width(word)
        if self._column and wide > self._width:
            gap, wide = "\n", _width(word)
        self._column = wide if wide <= self._width else wide % self._width
        return gap + word


def _width(text: str) -> int:
    return cell_len(text.expandtabs(TAB))
