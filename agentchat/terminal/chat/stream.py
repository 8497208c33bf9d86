"""Markdown while it arrives: rows that are finished and never change again, and the tail that still may. Pure.

A line is finished when it is known what it is, at the latest when the next one has begun; a line of code at its end; a
table with its last row. A line that goes on for longer than a few rows is finished row by row, so that the tail stays
small whatever comes. What goes in must be sanitised.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from rich.cells import chop_cells
from rich.text import Text

from agentchat.terminal.chat.inline import QUIET
from agentchat.terminal.chat.rows import hanging, line_rows
from agentchat.terminal.chat.tables import is_delimiter, table_rows
from agentchat.terminal.fences import FenceReader
from agentchat.terminal.highlight import LARGEST, coloured, verbatim

TALL: Final = 6
"""Rows of an unfinished line behind which it is cut."""
_UNDERLINE: Final = re.compile(r" {0,3}(=+|-+)[ \t]*")
_INDENT: Final = re.compile(r"[ \t>]*")


class MarkdownStream:
    """Takes text in pieces; `width` is that of the terminal, and may change between them."""

    def __init__(self, width: int) -> None:
        self.width = max(width, 1)
        self._line = ""  # unfinished
        self._held: str | None = None  # a finished line of which the next one says what it is
        self._table: list[str] = []
        self._fences = FenceReader()
        self._code: list[str] = []
        self._shown = 0  # lines of the code that are finished
        self._plain = False  # whether there is too much of it for colours
        self._indent = ""
        self._under: Text | None = None  # what the rest of a line stands under whose beginning is finished
        self._blank = True

    def feed(self, text: str) -> list[Text]:
        """The rows that are finished now."""
        out: list[Text] = []
        *lines, rest = (self._line + text).split("\n")
        self._line = ""
        for line in lines:
            self._take(line, out)
        self._settle_code(out)
        self._line = rest
        if len(rest) > self.width * TALL and not self._table and not self._fences.inside:
            self._cut_line(out)
        return self._kept(out)

    def close(self) -> list[Text]:
        """The rest, where no more will come."""
        out: list[Text] = []
        if self._line:
            line, self._line = self._line, ""
            self._take(line, out)
        self._settle_code(out)
        self._release(out)
        return self._kept(out)

    def tail(self) -> list[Text]:
        """What has arrived and is not finished, as it looks now."""
        if self._fences.inside:
            return [verbatim(self._line)] if self._line else []
        rows: list[Text] = []
        if self._table:
            rows = [Text(line, style=QUIET, no_wrap=True) for line in self._table]
        elif self._held is not None:
            rows = [row.text for row in line_rows(self._held, self.width)]
        if self._line:
            rows += [row.text for row in line_rows(self._line, self.width, self._under)]
        return rows

    @property
    def blank(self) -> bool:
        """Whether the last finished row is an empty one, or there is none."""
        return self._blank

    # lines

    def _take(self, line: str, out: list[Text]) -> None:
        if self._under is not None:
            out += [row.text for row in line_rows(line, self.width, self._under)]
            self._under = None
            return
        kind = self._fences.take(line)
        if kind == "prose":
            self._prose(line, out)
        elif kind == "code":
            self._code.append(line.removeprefix(self._indent))
        else:
            self._fence(kind, line, out)

    def _fence(self, kind: Literal["open", "close"], line: str, out: list[Text]) -> None:
        self._release(out)
        if kind == "open":
            indent = _INDENT.match(line)
            self._indent = "" if indent is None else indent[0]
            self._code, self._shown, self._plain = [], 0, False
            out.append(Text(self._fences.info or "code", style=QUIET))
        else:
            self._settle_code(out, over=True)
            out.append(Text(""))

    def _prose(self, line: str, out: list[Text]) -> None:
        if self._table:
            if "|" in line:
                self._table.append(line)
                return
            self._release(out)
        held = self._held
        if held is not None and "|" in held and is_delimiter(line):
            self._held, self._table = None, [held, line]
        elif held is not None and held.strip() and _UNDERLINE.fullmatch(line) and not _marks(held):
            self._held = None
            self._hold_nothing(f"{'#' if '=' in line else '##'} {held.strip()}", out)
        else:
            self._release(out)
            self._held = line

    def _release(self, out: list[Text]) -> None:
        """What was held is what it looks like."""
        table, self._table = self._table, []
        held, self._held = self._held, None
        if table:
            out += table_rows(table, self.width)
        if held is not None:
            self._hold_nothing(held, out)

    def _hold_nothing(self, line: str, out: list[Text]) -> None:
        out += [row.text for row in line_rows(line, self.width)]

    def _settle_code(self, out: list[Text], *, over: bool = False) -> None:
        """The lines of code that came, in colour: the language looks at all of them, for a string may go on."""
        if self._plain or sum(map(len, self._code)) > LARGEST:
            out += [verbatim(line) for line in self._code[self._shown :]]
            self._code, self._shown, self._plain = [], 0, True
        elif len(self._code) > self._shown:
            lines = coloured("\n".join(self._code), self._fences.info).split("\n", allow_blank=True)
            for line in lines[self._shown : len(self._code)]:
                line.no_wrap, line.overflow = True, "ignore"
                out.append(line)
            self._shown = len(self._code)
        if over:
            self._code, self._shown = [], 0

    def _cut_line(self, out: list[Text]) -> None:
        """Finish the first rows of a line that is long already."""
        self._release(out)
        rows = line_rows(self._line, self.width, self._under)
        ends = [(place, row.end) for place, row in enumerate(rows[:-2]) if row.end]
        under = hanging(self._line) if self._under is None else self._under
        if ends:
            place, end = ends[-1]
            out += [row.text for row in rows[: place + 1]]
            self._line, self._under = self._line[end:].lstrip(" \t"), under
        elif len(rows) > TALL * 4:  # one word without an end
            first = chop_cells(self._line, self.width)[:TALL]
            out += [Text(part) for part in first]
            self._line, self._under = self._line[sum(map(len, first)) :], Text("")

    def _kept(self, out: list[Text]) -> list[Text]:
        """Several empty rows in a row are one, and none comes first."""
        kept = []
        for row in out:
            blank = not row.plain.strip()
            if not (blank and self._blank) or row.no_wrap:
                kept.append(row)
            self._blank = blank
        return kept


def _marks(line: str) -> bool:
    """Whether a line is no paragraph, so that a line of dashes below it is a rule."""
    return line.lstrip()[:1] in ("#", ">", "|") or re.match(r"\s*([-*+]|\d+[.)])\s", line) is not None
