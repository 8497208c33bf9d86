"""The units of two runs laid side by side, and what differs in each pair; where the next turn went to someone else.

Equal units are paired first (who, and what was said); of those between, turns of one agent that say much the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from agentchat.debug.align import Pair, aligned
from agentchat.debug.comparing.divergence import Differing, Run, apart, differing
from agentchat.debug.comparing.told import told
from agentchat.debug.comparing.units import Unit
from agentchat.debug.comparing.words import ALIKE, bag_of, shared
from agentchat.transcript.events import TurnGiven
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Transcript

STRANGERS: Final = 0.25
"""How alike two turns of one agent are that share no word: they make a pair where nothing fits better."""


class Spot(Frozen):
    """One side of a pair: its first event, its message, the results that the message is word for word, what it took.

    tokens: None where a call did not report.
    """

    seq: int
    said: int | None
    taken: tuple[int, ...]
    tokens: int | None
    seconds: float


class TurnPair(Frozen):
    """A turn (or an event beside the turns) of one run and the one that stands for it in the other, if there is one.

    changes: what differs, in a word each; empty where nothing does. moments: the events that differ. a_text, b_text:
    what was said or happened (in brackets, what became of a turn in which nothing was said), where that differs.
    """

    kind: str
    agent: str
    a: Spot | None
    b: Spot | None
    changes: tuple[str, ...]
    moments: tuple[Differing, ...] = ()
    a_text: str | None = None
    b_text: str | None = None


class Given(Frozen):
    """A turn that was given: to whom, by what, why, and who could have got it."""

    seq: int
    to: str
    router: str
    reason: str
    candidates: tuple[str, ...] | None


class RoutingChange(Frozen):
    """Behind the events after_a and after_b, which stand for each other, the next turn went to different agents."""

    after_a: int
    after_b: int
    a: Given | None
    b: Given | None


def turn_pairs(a: Run, b: Run, shared: int) -> tuple[TurnPair, ...]:
    """All units of both runs, in order. Those that begin in the first `shared` events are one and the same."""
    both = sum(unit.seq <= shared for unit in a.units)
    own = [Pair(at, at) for at in range(both)]
    rest = _aligned(a.units[both:], b.units[both:])
    moved = [Pair(None if x is None else x + both, None if y is None else y + both) for x, y in rest]
    return tuple(_pair(pair, a, b) for pair in (*own, *moved))


def routing_changes(pairs: Sequence[TurnPair], a: Run, b: Run) -> tuple[RoutingChange, ...]:
    """Every place where both had come to the same point, and another agent was next."""
    next_a, next_b = _following(a.units), _following(b.units)
    found = []
    for pair in pairs:
        if pair.a is None or pair.b is None or (pair.kind != "turn" and pair.kind != "said"):
            continue
        one, other = _given(next_a[pair.a.seq], a.transcript), _given(next_b[pair.b.seq], b.transcript)
        if (one and one.to) != (other and other.to):
            found.append(RoutingChange(after_a=pair.a.seq, after_b=pair.b.seq, a=one, b=other))
    return tuple(found)


def _aligned(a: Sequence[Unit], b: Sequence[Unit]) -> list[Pair]:
    bags: dict[tuple[bool, int], Counter[str]] = {}

    def bag(second: bool, at: int) -> Counter[str]:
        key = (second, at)
        if key not in bags:
            bags[key] = bag_of((b if second else a)[at].text)
        return bags[key]

    def alike(at_a: int, at_b: int) -> float:
        one, other = a[at_a], b[at_b]
        if (one.kind, one.agent) != (other.kind, other.agent):
            return 0.0
        likeness = shared(bag(False, at_a), bag(True, at_b))
        return likeness if likeness >= ALIKE else STRANGERS

    return aligned([unit.same_as for unit in a], [unit.same_as for unit in b], alike)


def _pair(pair: Pair, a: Run, b: Run) -> TurnPair:
    one = None if pair.a is None else a.units[pair.a]
    other = None if pair.b is None else b.units[pair.b]
    unit = one or other
    assert unit is not None
    spot_a, spot_b = _spot(one), _spot(other)
    if one is None or other is None:
        only = "only in A" if other is None else "only in B"
        text_a, text_b = _alone(one, a.transcript), _alone(other, b.transcript)
        return TurnPair(
            kind=unit.kind, agent=unit.agent, a=spot_a, b=spot_b, changes=(only,), a_text=text_a, b_text=text_b
        )
    moments = tuple(differing(two, a.transcript, b.transcript) for two in apart(one, other))
    words = dict.fromkeys(moment.what for moment in moments)
    if one.tokens != other.tokens:
        words["tokens"] = None
    said = one.text != other.text
    return TurnPair(
        kind=unit.kind,
        agent=unit.agent,
        a=spot_a,
        b=spot_b,
        changes=tuple(words),
        moments=moments,
        a_text=_text(one) if said else None,
        b_text=_text(other) if said else None,
    )


def _text(unit: Unit | None) -> str | None:
    """What was said; None for an event that says nothing."""
    return None if unit is None or unit.kind not in ("turn", "said") else unit.text


def _alone(unit: Unit | None, transcript: Transcript) -> str | None:
    """What was said, or what happened."""
    return None if unit is None else _text(unit) or told(unit.seq, transcript)


def _spot(unit: Unit | None) -> Spot | None:
    if unit is None:
        return None
    return Spot(seq=unit.seq, said=unit.said, taken=unit.taken, tokens=unit.tokens, seconds=round(unit.seconds, 6))


def _following(units: Sequence[Unit]) -> dict[int, int | None]:
    """For each unit the turn that was given next behind it in the same run."""
    found: dict[int, int | None] = {}
    following: int | None = None
    for unit in reversed(units):
        found[unit.seq] = following
        if unit.kind == "turn":
            following = unit.seq
        elif unit.kind == "run_started":
            following = None
    return found


def _given(seq: int | None, transcript: Transcript) -> Given | None:
    event = None if seq is None else transcript[seq].event
    if seq is None or not isinstance(event, TurnGiven):
        return None
    why = event.why
    return Given(seq=seq, to=event.to, router=why.router, reason=why.reason, candidates=why.candidates)
