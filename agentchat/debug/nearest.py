"""Of the calls in a record, the one that is most like a call that is not among them, and where the two first differ.

Pure, like everything here: what is asked for is given as data, and nothing is made or sent.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import JsonValue
from pydantic_core import from_json

from agentchat.debug.comparing.paths import changed_paths
from agentchat.policy.prompts.request import rebuild, resolve
from agentchat.transcript.calls import CallRecipe, CodeRecipe, ModelRecipe, ToolRecipe
from agentchat.transcript.events import CallStarted
from agentchat.transcript.transcript import Transcript


class Nearest(NamedTuple):
    """A recorded call (its CallStarted), the path of the first value that differs, and what stands there in each."""

    seq: int
    path: str
    recorded: str
    now: str

    def __str__(self) -> str:
        place = f"the nearest recorded one is at event {self.seq}, and differs at {self.path}"
        return f"{place}: {self.recorded} there, {self.now} now"


def asked(transcript: Transcript, recipe: CallRecipe) -> JsonValue:
    """What a call asks for, as JSON: the body of a model's request, else the fields that make the call."""
    match recipe:
        case ModelRecipe():
            body: JsonValue = from_json(rebuild(transcript, recipe).join())
            return body
        case CodeRecipe():
            return {"language": recipe.language, "source": resolve(transcript, recipe.source)}
        case ToolRecipe():
            return {"name": recipe.name, "arguments": recipe.arguments}
        case _:  # a question
            return {"question": recipe.question, "answer_schema": recipe.answer_schema, "to": recipe.to}


def nearest(record: Transcript, wanted: JsonValue, recipe: CallRecipe, after: int = 0) -> Nearest | None:
    """The recorded call of the same kind, behind entry `after`, that shares most with what is wanted; None: no such."""
    best: tuple[float, Nearest] | None = None
    for entry in record.since(after):
        event = entry.event
        if not isinstance(event, CallStarted) or event.recipe.call != recipe.call:
            continue
        there = asked(record, event.recipe)
        path, recorded, now = first_difference(there, wanted) or ("nothing", "the same", "the same, asked once more")
        score = _alike(there, wanted)
        if best is None or score > best[0]:
            best = score, Nearest(entry.seq, path, recorded, now)
    return None if best is None else best[1]


def first_difference(recorded: JsonValue, now: JsonValue) -> tuple[str, str, str] | None:
    """The path of the first value that differs, and both values, shortened; None where they are equal."""
    for change in changed_paths(recorded, now):
        if change.in_a and change.in_b:
            return change.path or "the whole", *_around(change.a, change.b)
        there, here = (_cut(repr(value)) for value in (change.a, change.b))
        return change.path, there if change.in_a else "nothing", here if change.in_b else "nothing"
    return None


def _around(recorded: JsonValue, now: JsonValue) -> tuple[str, str]:
    """Two values from a little before the place where their texts part."""
    one, other = repr(recorded), repr(now)
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, same - 20)
    lead = "…" if start else ""
    return lead + _cut(one[start:]), lead + _cut(other[start:])


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _alike(one: JsonValue, other: JsonValue) -> float:
    """How much of two values is the same, by their leaves in order."""
    first, second = _leaves(one), _leaves(other)
    shared = len(set(first) & set(second))
    return shared / max(len(first), len(second), 1)


def _leaves(value: JsonValue, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in _leaves(item, f"{path}.{name}")]
    if isinstance(value, list):
        return [leaf for place, item in enumerate(value) for leaf in _leaves(item, f"{path}[{place}]")]
    return [f"{path}={value!r}"]
