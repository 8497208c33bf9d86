"""The numbers of two runs, side by side. What is not known is said to be unknown, never shown as 0. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from agentchat.debug.comparing.measures import TIME, Measure, Number
from agentchat.terminal.diff_words import CHANGED, QUIET, Look
from agentchat.terminal.sanitize import sanitize_line

_ALWAYS: Final = frozenset({"turns", "model calls", "tokens in", "tokens out", "US dollars", "active seconds"})
"""What is shown of the whole though it is the same."""


def number_lines(measures: Sequence[Measure], look: Look) -> Iterator[Text]:
    """The whole, then what differs by agent and by model."""
    rows = [one for one in measures if look.everything or _tells(one) or (not one.of and one.what in _ALWAYS)]
    names = [sanitize_line(f"{one.of}: {one.what}" if one.of else one.what) for one in rows]
    wide = max(map(len, names), default=0)
    columns = [[_shown(number, one.what) for number in (one.a, one.b)] for one in rows]
    left = max((len(column[0]) for column in columns), default=0)
    right = max((len(column[1]) for column in columns), default=0)
    yield Text(f"     {'':<{wide}}  {'A':>{left}}  {'B':>{right}}", style=QUIET)
    for one, name, (a, b) in zip(rows, names, columns, strict=True):
        known = one.what not in TIME and one.a is not None and one.a.value is not None
        sign = "~" if one.differs else "=" if known else " "
        text = Text("  ").append(f"{sign}  ", style=CHANGED if one.differs else QUIET)
        yield text.append(f"{name:<{wide}}  {a:>{left}}  {b:>{right}}", style="" if one.differs else QUIET)


def _tells(one: Measure) -> bool:
    """Whether a number is worth a line: one that is not there on one side, and nothing known on the other, is not."""
    there = one.a or one.b
    return one.differs and bool((one.a and one.b) or (there and there.value))


def _shown(number: Number | None, what: str) -> str:
    if number is None:
        return "-"
    if number.value is None:
        return "unknown"
    least = "≥ " if number.at_least else ""
    if what == "US dollars":
        return f"{least}${number.value:,.6f}".rstrip("0").rstrip(".") if number.value else f"{least}$0"
    return f"{least}{number.value:,.2f}" if what in TIME else f"{least}{number.value:,}"
