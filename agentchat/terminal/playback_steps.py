"""A record cut into steps, each something that a reader sees, and what is printed of each. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import RenderableType

from agentchat.terminal.playback import changed_by, shows, written
from agentchat.terminal.playback_who import Who
from agentchat.terminal.view import call_line, view
from agentchat.transcript.events import CallFinished, Entry
from agentchat.transcript.transcript import Transcript


class Step(NamedTuple):
    """What is seen at `seq`. calls: the ends of calls before it, since the last step."""

    seq: int
    calls: tuple[int, ...]


def steps_of(record: Transcript, *, only: str | None = None, until: int | None = None) -> list[Step]:
    """All steps. only: those that concern this agent. until: those up to this event."""
    who = Who()
    found: list[Step] = []
    calls: list[int] = []
    for entry in written(record, len(record) if until is None else until):
        who.take(entry)
        if only is not None and not who.concerned(entry, only):
            continue
        if isinstance(entry.event, CallFinished):
            calls.append(entry.seq)
        if shows(entry, record):
            found.append(Step(entry.seq, tuple(calls)))
            calls.clear()
    return found


def place_of(steps: Sequence[Step], seq: int) -> int:
    """The step at which an event is seen, or the one behind it."""
    return min(bisect_left(steps, seq, key=lambda step: step.seq), len(steps) - 1)


def step_shown(step: Step, record: Transcript, only: str | None = None) -> Iterator[RenderableType]:
    """What there is to see at a step, as the record was at that time: calls on a line each, then the entry."""
    shown = record.upto(step.seq)
    for seq in step.calls:
        line = call_line(record.recorded(seq), shown)
        if line is not None:
            yield line
    yield from _viewed(record.recorded(step.seq), shown)
    for changed in changed_by(record.recorded(step.seq), shown, only):
        yield from _viewed(changed, shown)


def _viewed(entry: Entry, shown: Transcript) -> Iterator[RenderableType]:
    found = view(entry, shown)
    if found is not None:
        yield found
