"""What a check of a saved run found, for a terminal. Pure; every text is made harmless before it is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from rich.text import Text

from agentchat.rechecking.reading import MOST, Kind, Line, compared
from agentchat.rechecking.replayed import Replayed
from agentchat.terminal.sanitize import sanitize, sanitize_line

_STYLES: Final[dict[Kind, str]] = {"plain": "", "head": "bold", "gone": "red", "came": "green", "quiet": "dim"}


def check_lines(name: str, replayed: Replayed, *, most: int | None = MOST) -> Iterator[Text]:
    """The whole account. name: what the user called the run. most: lines of a comparison; None: all."""
    yield Text(sanitize_line(f"{name}: {replayed.headline()}"), style="green" if replayed.equal else "bold red")
    for line in replayed.explained(most=most):
        yield from _shown(line)
    for words in replayed.not_run_again():
        yield Text(sanitize_line(words), style="dim")


def check_json(name: str, replayed: Replayed) -> str:
    """The same as one JSON object, all differences in it; the texts of a difference are compared as lines."""
    found = {
        "conversation": name,
        "equal": replayed.equal,
        "events": replayed.checked,
        "run_again": dict(replayed.run_again),
        "not_run_again": [one._asdict() for one in replayed.left_out],
        "differences": [
            {
                **one.difference._asdict(),
                "compared": None if one.texts is None else [line.text for line in compared(*one.texts)],
            }
            for one in replayed.found
        ],
    }
    return json.dumps(found, ensure_ascii=True)


def _shown(line: Line) -> Iterator[Text]:
    """A line; what was written over several stays below its beginning."""
    first, *rest = sanitize(line.text).split("\n")
    yield Text(first, style=_STYLES[line.kind])
    yield from (Text(f"            {one}", style=_STYLES[line.kind]) for one in rest)
