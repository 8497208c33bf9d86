"""A Markdown table as aligned columns. Pure."""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from agentchat.terminal.chat.inline import QUIET, pieces

_CELLS: Final = re.compile(r"(?<!\\)\|")
_DELIMITER: Final = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
GAP: Final = 2


def is_delimiter(line: str) -> bool:
    """Whether a line is the one between the head and the body of a table."""
    return "-" in line and "|" in line and _DELIMITER.fullmatch(line) is not None


def table_rows(lines: list[str], width: int) -> list[Text]:
    """The rows of a table: head, rule, body. One that is too wide for the terminal stays as it was written."""
    head, delimiter, *body = (_split(line) for line in lines)
    columns = len(head)
    cells = [[_cell(text) for text in (*row, *[""] * columns)[:columns]] for row in (head, *body)]
    widths = [max(row[place].cell_len for row in cells) for place in range(columns)]
    if sum(widths) + GAP * (columns - 1) > width or any(len(row) > columns for row in body):
        return [Text(line, no_wrap=True, overflow="ignore") for line in lines]
    sides = [_side(text) for text in (*delimiter, *[""] * columns)[:columns]]
    shown = [_row(row, widths, sides) for row in cells]
    shown[0].stylize("bold")
    rule = Text((" " * GAP).join("─" * wide for wide in widths), style=QUIET)
    return [shown[0], rule, *shown[1:]]


def _split(line: str) -> list[str]:
    bare = line.strip()
    bare = bare.removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [cell.strip().replace("\\|", "|") for cell in _CELLS.split(bare)]


def _cell(text: str) -> Text:
    cell = Text()
    for piece in pieces(text):
        cell.append(piece.text, style=piece.style or None)
    return cell


def _side(mark: str) -> str:
    return "center" if mark[:1] == ":" == mark[-1:] else "right" if mark[-1:] == ":" else "left"


def _row(cells: list[Text], widths: list[int], sides: list[str]) -> Text:
    row = Text(no_wrap=True, overflow="ignore")
    for place, (cell, wide, side) in enumerate(zip(cells, widths, sides, strict=True)):
        spare = wide - cell_len(cell.plain)
        before = {"right": spare, "center": spare // 2}.get(side, 0)
        last = place == len(cells) - 1
        row.append(" " * before).append_text(cell).append("" if last else " " * (spare - before + GAP))
    return row
