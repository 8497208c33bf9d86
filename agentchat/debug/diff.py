"""Two runs compared: what was the same up to where, the first event that differs, then turn by turn and in numbers.

Pure: two transcripts in, frozen data out. Turns are aligned by who spoke and what was said, so that one turn more on
one side moves nothing. Events are compared by what they say, never by their place, their clock, or how long they took.
"""

from __future__ import annotations

from typing import Final, Literal

from agentchat.debug.comparing.agreements import agreement_changes
from agentchat.debug.comparing.divergence import Divergence, Run, first_divergence, same_units
from agentchat.debug.comparing.measures import Measure, measures
from agentchat.debug.comparing.paths import PathChange
from agentchat.debug.comparing.turn_pairs import RoutingChange, TurnPair, routing_changes, turn_pairs
from agentchat.debug.comparing.units import units_of
from agentchat.debug.source import Source, read
from agentchat.transcript.events import Closed, Edited, Forked, OutcomeKind, RunStarted
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Transcript

NONE: Final = "none"


class EditSeen(Frozen):
    """An edit, and where it stands."""

    seq: int
    edit: Edited


class Side(Frozen):
    """One of the two. outcome: how its last run ended, or "open". forks: where this branch left which conversation."""

    conversation: str
    events: int
    outcome: OutcomeKind | Literal["open"]
    reason: str = ""
    forks: tuple[Forked, ...] = ()
    edits: tuple[EditSeen, ...] = ()

    def __str__(self) -> str:
        return f"{self.conversation}: {self.events} events, {self.outcome}{self.reason and f': {self.reason}'}"


class Diff(Frozen):
    """Two runs compared.

    same: whether nothing differs; time never does. shared: how many events both have in common to the byte, as
    branches of one conversation do. alike_a, alike_b: the last event before the first that differs. agreed: what was
    agreed or started with differently. first: the first event that differs, of those that happened. turns: all units of
    both, side by side. routing: where another agent was next. measures: the numbers. As text it is a short account;
    `agentchat diff` gives the long one.
    """

    a: Side
    b: Side
    same: bool
    shared: int
    alike_turns: int
    alike_a: int
    alike_b: int
    agreed: tuple[PathChange, ...]
    first: Divergence | None
    turns: tuple[TurnPair, ...]
    routing: tuple[RoutingChange, ...]
    measures: tuple[Measure, ...]

    def __str__(self) -> str:
        if self.same:
            return "no difference"
        lines = [f"A  {self.a}", f"B  {self.b}"]
        lines += [f"agreed differently: {change.path}" for change in self.agreed]
        lines += [] if self.first is None else [f"first difference: {self.first}"]
        told = [one for one in self.measures if one.differs]
        lines += [f"{one.what}{one.of and f' of {one.of}'}: A {one.a or NONE}, B {one.b or NONE}" for one in told]
        return "\n".join(lines)


def diff(a: Source, b: Source) -> Diff:
    """Compare two runs, given as files or transcripts. Raises a TranscriptError for what cannot be read."""
    one, other = (Run(transcript, units_of(transcript)) for transcript in (read(a), read(b)))
    side_a, side_b = _side(one.transcript), _side(other.transcript)
    first = first_divergence(one, other)
    agreed = agreement_changes(one.transcript, other.transcript)
    shared = _shared(one.transcript, other.transcript)
    turns = turn_pairs(one, other, shared)
    numbers = measures(one.transcript, other.transcript)
    alike = same_units(one, other)
    return Diff(
        a=side_a,
        b=side_b,
        same=not (first or agreed or any(pair.changes for pair in turns) or any(number.differs for number in numbers)),
        shared=shared,
        alike_turns=sum(unit.kind == "turn" for unit in one.units[:alike]),
        alike_a=_before(one, None if first is None or first.a is None else first.a.seq),
        alike_b=_before(other, None if first is None or first.b is None else first.b.seq),
        agreed=agreed,
        first=first,
        turns=turns,
        routing=routing_changes(turns, one, other),
        measures=numbers,
    )


def _before(run: Run, seq: int | None) -> int:
    return len(run.transcript) if seq is None else seq - 1


def _shared(a: Transcript, b: Transcript) -> int:
    """How many stored lines are equal from the start."""
    count, most = 0, min(len(a), len(b))
    while count < most and a.line(count + 1) == b.line(count + 1):
        count += 1
    return count


def _side(transcript: Transcript) -> Side:
    last = next(
        (entry.event for entry in reversed(transcript.since(0)) if isinstance(entry.event, Closed | RunStarted)), None
    )
    written = (transcript.recorded(entry.seq) for entry in transcript)
    return Side(
        conversation=transcript.conversation,
        events=len(transcript),
        outcome=last.outcome if isinstance(last, Closed) else "open",
        reason=last.reason if isinstance(last, Closed) else "",
        forks=transcript.forks,
        edits=tuple(EditSeen(seq=entry.seq, edit=entry.event) for entry in written if isinstance(entry.event, Edited)),
    )
