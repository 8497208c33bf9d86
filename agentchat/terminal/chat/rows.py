"""From one line of Markdown to rows as wide as the terminal: words kept whole, lists hanging, quotes marked. Pure.

Prose is broken between words. Code is not broken at all: a terminal that breaks it itself gives it back whole when it
is copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len, chop_cells
from rich.text import Text

from agentchat.terminal.chat.inline import QUIET, Piece, pieces

WIDEST: Final = 100
"""Columns of prose: longer lines are hard to read."""
LEAST: Final = 8
"""Columns that are left for text beside marks, on however narrow a terminal."""

_HEADING: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")
_ITEM: Final = re.compile(r"(\s*)([-*+]|\d{1,9}[.)])([ \t]+)(\[[ xX]\][ \t]+)?(.*)", re.DOTALL)
_QUOTE: Final = re.compile(r" {0,3}((?:>[ ]?)+)(.*)")
_RULE: Final = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
_WORDS: Final = re.compile(r"[ \t]+|[^ \t]+")


class Row(NamedTuple):
    """One row. end: where it ends in the source, or None where the source may not be cut behind it."""

    text: Text
    end: int | None


class Look(NamedTuple):
    """How a line begins and goes on: what stands before the first row and the others, the text, and its style."""

    first: Text
    rest: Text
    source: str
    at: int
    style: str = ""


def line_rows(line: str, width: int, under: Text | None = None) -> list[Row]:
    """The rows of one line of Markdown that was sanitised. under: it is the rest of a line that began with this."""
    width = min(width, WIDEST)
    if under is not None:
        return list(_flow(Look(under, under, line, 0), width))
    if not line.strip():
        return [Row(Text(""), len(line))]
    if _RULE.fullmatch(line):
        return [Row(Text("─" * min(width, 40), style=QUIET), len(line))]
    return list(_flow(_look(line), width))


def hanging(line: str) -> Text:
    """What stands before the second row of a line and those that follow."""
    return _look(line).rest


def _look(line: str) -> Look:
    heading = _HEADING.fullmatch(line)
    if heading is not None:
        style = "bold underline" if len(heading[1]) == 1 else "bold"
        return Look(Text(""), Text(""), heading[2], heading.start(2), style)
    quote = _QUOTE.fullmatch(line)
    if quote is not None:
        bar = Text().append("│ " * quote[1].count(">"), style=QUIET)
        inside = _look(quote[2])
        first, rest = bar.copy().append_text(inside.first), bar.copy().append_text(inside.rest)
        return Look(first, rest, inside.source, quote.start(2) + inside.at, "italic")
    item = _ITEM.fullmatch(line)
    if item is not None:
        indent = " " * min(len(item[1].expandtabs(4)), 24)
        mark = "•" if item[2] in "-*+" else item[2]
        if item[4]:
            mark = "☑" if "x" in item[4].lower() else "☐"
        first = Text().append(f"{indent}{mark} ", style="bold" if mark[0].isdigit() else QUIET)
        return Look(first, Text(" " * first.cell_len), item[5], item.start(5))
    indent = line[: len(line) - len(line.lstrip())].expandtabs(4)
    return Look(Text(indent), Text(indent), line.lstrip(), len(line) - len(line.lstrip()))


def _flow(look: Look, width: int) -> Iterator[Row]:
    """The words, filled into rows."""
    room = max(width - look.first.cell_len, LEAST)
    row, used, gap, before = look.first.copy(), 0, "", ""
    end: int | None = look.at
    for text, style, at, whole in _words(pieces(look.source), look):
        if text.isspace():
            gap += text.expandtabs(4)
            end = at if whole else None
            continue
        if used and used + len(gap) + cell_len(text) > room:
            yield Row(row, end)
            row, used, gap = look.rest.copy(), 0, ""
        shown = f"{look.style} {style}".strip()
        if gap and used:
            row.append(gap, style=(shown if shown == before else look.style) or None)
            used += len(gap)
        gap, before = "", shown
        for number, part in enumerate(chop_cells(text, room) if cell_len(text) > room else [text]):
            if number:
                yield Row(row, None)
                row, used = look.rest.copy(), 0
            row.append(part, style=shown or None)
            used += cell_len(part)
        end = at if whole else None
    yield Row(row, look.at + len(look.source))


def _words(found: Sequence[Piece], look: Look) -> Iterator[tuple[str, str, int, bool]]:
    """Words and gaps: text, style, where it ends in the source, whether the source may be cut there."""
    for piece in found:
        at = piece.end - len(piece.text)
        for match in _WORDS.finditer(piece.text):
            last = match.end() == len(piece.text)
            marked = bool(piece.style)
            yield (
                match[0],
                piece.style,
                look.at + (piece.end if last else at + match.end()),
                (piece.whole if last else piece.whole and not marked),
            )
