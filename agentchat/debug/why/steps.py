"""What an explanation is made of: a chain of steps, each a sentence about one event and what stood behind it.

Plain data with plain words; the numbers behind the words stand beside them. Never here: where they come from, and how
they are shown. Texts of models and people are in them as they were said: whoever shows them makes them harmless.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from pydantic import Field, JsonValue

from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Entry
from agentchat.transcript.frozen import Frozen

LONGEST: Final = 100
"""Characters of a text that is quoted."""
_COUNTED: Final = ("calls", "tokens")
_DIGEST: Final = re.compile(r"( [0-9a-f]{12})[0-9a-f]{52}$")


class Detail(Frozen):
    """One fact behind a step. depth: how far it belongs under the one before. values: the numbers in it, as data."""

    text: str
    depth: int = 0
    values: JsonObject = Field(default_factory=dict)


class Step(Frozen):
    """One event of a chain. cause: the event that brought it about as it is recorded, 0 for none."""

    seq: int
    kind: str
    cause: int
    sentence: str
    details: tuple[Detail, ...] = ()

    def __str__(self) -> str:
        return "\n".join(lines_of(self))


class Chain(Frozen):
    """Why an event came about: the event first, then what led to it, back to the task."""

    conversation: str
    seq: int
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return "\n".join(line for step in self.steps for line in lines_of(step))


def lines_of(step: Step) -> list[str]:
    """A step as lines of plain text."""
    return [f"{step.seq:>4}  {step.sentence}", *(f"{'  ' * (one.depth + 4)}{one.text}" for one in step.details)]


def step_of(entry: Entry, story: Iterable[Detail]) -> Step:
    """A step from what is told of an entry, the sentence first. An error ends the story and is told as its end."""
    found: list[Detail] = []
    try:
        for one in story:
            found.append(one)
    except Exception as error:  # a log that was made by hand may hold anything; what can be told of it is
        found.append(fact(f"more cannot be worked out: {short(str(error))}"))
    sentence, *details = found
    kind = entry.event.kind
    return Step(seq=entry.seq, kind=kind, cause=entry.cause, sentence=sentence.text, details=tuple(details))


def fact(text: str, depth: int = 0, **values: JsonValue) -> Detail:
    """A detail."""
    return Detail(text=text, depth=depth, values=values)


def short(text: str) -> str:
    """A text on one line, cut off where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def quoted(text: str) -> str:
    """The same in quotes."""
    return f"“{short(text)}”"


def plain(value: object) -> str:
    """A JSON value on one line, cut off where it is long."""
    return short(json.dumps(value, ensure_ascii=False))


def told(values: JsonObject) -> str:
    """Recorded values in words: `unit tokens, cap 700`. Of a digest behind a function's name, the beginning."""
    given = ((name, value) for name, value in values.items() if value is not None)
    return ", ".join(f"{name} {_word(value) if isinstance(value, str) else plain(value)}" for name, value in given)


def _word(value: str) -> str:
    return short(_DIGEST.sub(r"\1", value))


def figure(unit: str, value: object) -> str:
    """So much of a unit as a bare number: `$0.25`, `1,200`."""
    if not isinstance(value, int | float):
        return "an unknown number"
    return f"${value:.9f}".rstrip("0").rstrip(".") if unit == "usd" else f"{value:,}"


def amount(unit: str, value: object) -> str:
    """So much of a unit: `$0.25`, `1,200 tokens`, `1 call`."""
    word = unit.removesuffix("s") if value == 1 and unit in _COUNTED else unit
    return figure(unit, value) if unit == "usd" else f"{figure(unit, value)} {word}"
