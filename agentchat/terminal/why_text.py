"""An explanation as a person reads it: each event with its number, a sentence, and what stands behind it. Pure.

Every text in it may be a stranger's and is sanitised here.
"""

from __future__ import annotations

import json
from typing import Final

from pydantic import JsonValue
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agentchat.debug.why import Step, lines_of
from agentchat.terminal.notes import BAD, ODD
from agentchat.terminal.sanitize import sanitize_line

_STYLES: Final = {
    **dict.fromkeys(("turn_failed", "call_failed", "diverged", "overrun"), BAD),
    **dict.fromkeys(("refused", "call_denied", "call_cancelled", "call_in_doubt", "turn_cancelled", "warned"), ODD),
    **dict.fromkeys(("interrupted", "time_up", "edited", "forked", "persona_changed", "scrubbed"), ODD),
    "closed": "bold",
}
"""How the sentence about an event stands out; all others do not."""


def step_text(step: Step) -> RenderableType:
    """A step for a terminal: what does not fit on a line goes on below it, not below the number."""
    sentence = Text(sanitize_line(step.sentence), style=_STYLES.get(step.kind, ""))
    details = (
        Padding(Text(sanitize_line(one.text), style="dim"), (0, 0, 0, 2 + 2 * one.depth), expand=False)
        for one in step.details
    )
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", min_width=4, no_wrap=True)
    grid.add_column()
    grid.add_row(Text(str(step.seq), style="dim"), Group(sentence, *details))
    return grid


def step_lines(step: Step) -> str:
    """A step for a pipe: a line each, however long."""
    return "\n".join(sanitize_line(line) for line in lines_of(step))


def as_json(value: JsonValue) -> str:
    """JSON that is harmless in a terminal: ASCII, all else escaped."""
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f")
