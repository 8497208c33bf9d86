"""The first event at which two runs part, and what each of them did there.

Up to that event the units of both runs are the same one by one, so no alignment is needed: it is found by walking both
in step. Where turns go on side by side, the event that comes first in the log is the one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from agentchat.debug.comparing.marks import target_of
from agentchat.debug.comparing.paths import PathChange
from agentchat.debug.comparing.requests import Requests, requests_apart
from agentchat.debug.comparing.told import told, whole_text
from agentchat.debug.comparing.units import Moment, Unit
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFinished, CallStarted, Said
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.messages import CodeRun, outcome_line, saved_line
from agentchat.transcript.transcript import Transcript

_REQUESTS: Final = {"model": "prompt", "code": "program", "tool": "arguments", "ask": "question"}
_WHATS: Final = {
    "said": "text",
    "turn_given": "routing",
    **dict.fromkeys(("turn_passed", "turn_failed", "turn_cancelled", "closed"), "ending"),
    **dict.fromkeys(("call_finished", "call_failed", "call_cancelled", "call_in_doubt"), "result"),
    **dict.fromkeys(("call_started", "call_denied"), "calls"),
    "refused": "refusals",
}


class Run(NamedTuple):
    """One side of a comparison."""

    transcript: Transcript
    units: list[Unit]


class Seen(Frozen):
    """An event in short. text: the whole of what was said, answered or printed, where it is of that kind."""

    seq: int
    kind: str
    told: str
    text: str | None = None

    def __str__(self) -> str:
        return f"event {self.seq}: {self.told}"


class Differing(Frozen):
    """Two events at the same place that are not the same. a, b: what each run did; None where it did nothing there."""

    what: str
    a: Seen | None
    b: Seen | None

    def __str__(self) -> str:
        return f"{self.what}\n  A  {self.a or 'nothing there'}\n  B  {self.b or 'nothing there'}"


class Divergence(Differing):
    """Where two runs part.

    path: of two requests, the first place where they differ, and more: how many differ behind it. note: why they could
    not be compared, where that is so. a_ends, b_ends: whether that run has no further event.
    """

    path: PathChange | None = None
    more: int = 0
    note: str | None = None
    a_ends: bool = False
    b_ends: bool = False

    def __str__(self) -> str:
        place = "" if self.path is None else f"\n  at {self.path.path}"
        return f"{super().__str__()}{place}"


class Apart(NamedTuple):
    """Two moments of one key that differ; None where a unit has none."""

    a: Moment | None
    b: Moment | None


def first_divergence(a: Run, b: Run) -> Divergence | None:
    """The first event that differs, or None where all events are the same."""
    same = same_units(a, b)
    if same == len(a.units) == len(b.units):
        return None
    found = _first(a.units[same:], b.units[same:])
    plain = differing(found, a.transcript, b.transcript)
    request = _requests_apart(found, a.transcript, b.transcript)
    a_ends, b_ends = _ends(a.units[same:], b.units[same:])
    return Divergence(
        what=plain.what, a=plain.a, b=plain.b, path=request.first, more=request.more, note=request.note,
        a_ends=a_ends, b_ends=b_ends,
    )  # fmt: skip


def same_units(a: Run, b: Run) -> int:
    """How many units are the same from the start."""
    count = 0
    for one, other in zip(a.units, b.units, strict=False):
        if apart(one, other):
            break
        count += 1
    return count


def apart(one: Unit | None, other: Unit | None) -> list[Apart]:
    """The moments in which two units differ, by key."""
    mine = {} if one is None else {moment.key: moment for moment in one.moments}
    theirs = {} if other is None else {moment.key: moment for moment in other.moments}
    found = (Apart(mine.get(key), theirs.get(key)) for key in sorted({*mine, *theirs}))
    return [two for two in found if two.a is None or two.b is None or two.a.mark != two.b.mark]


def differing(two: Apart, a: Transcript, b: Transcript) -> Differing:
    """Two moments in words."""
    one = None if two.a is None else _seen(two.a.seq, a)
    other = None if two.b is None else _seen(two.b.seq, b)
    return Differing(what=_what(two, a, b), a=one, b=other)


class _Here(NamedTuple):
    """A place where two runs differ: events since they were last the same, and all that differs in these units."""

    offset: int
    two: Apart
    beside: list[Apart]


def _first(a: Sequence[Unit], b: Sequence[Unit]) -> Apart:
    """The earliest of what differs; a later unit is looked at as long as it begins before that."""
    start_a, start_b = (side[0].seq if side else 0 for side in (a, b))
    best: _Here | None = None
    for one, other in zip_longest(a, b):
        if best is not None and _offset(one, other, start_a, start_b) > best.offset:
            break
        found = apart(one, other)
        for two in found:
            offset = _offset(two.a, two.b, start_a, start_b)
            if best is None or offset < best.offset:
                best = _Here(offset, two, found)
    assert best is not None
    instead_a = [two.a for two in best.beside if two.a is not None]
    instead_b = [two.b for two in best.beside if two.b is not None]
    return Apart(
        best.two.a or min(instead_a, key=_place, default=None),
        best.two.b or min(instead_b, key=_place, default=None),
    )


def _offset(one: Unit | Moment | None, other: Unit | Moment | None, start_a: int, start_b: int) -> int:
    return min(side.seq - start for side, start in ((one, start_a), (other, start_b)) if side is not None)


def _place(moment: Moment) -> int:
    return moment.seq


def _ends(a: Sequence[Unit], b: Sequence[Unit]) -> tuple[bool, bool]:
    """Which side holds nothing from there on that the other does not hold."""
    left = [two for one, other in zip_longest(a, b) for two in apart(one, other)]
    return all(two.a is None for two in left), all(two.b is None for two in left)


def _requests_apart(two: Apart, a: Transcript, b: Transcript) -> Requests:
    if two.a is None or two.b is None or _request(two, a, b) is None:
        return Requests()
    return requests_apart(a, two.a.seq, b, two.b.seq)


def _what(two: Apart, a: Transcript, b: Transcript) -> str:
    request = _request(two, a, b)
    if request is not None:
        return request
    kinds = [log[moment.seq].event.kind for moment, log in ((two.a, a), (two.b, b)) if moment is not None]
    words = dict.fromkeys(_WHATS.get(kind, kind.replace("_", " ")) for kind in kinds)
    if "ending" in words or kinds == ["said"]:
        return "ending"
    return "what came next" if len(words) > 1 else next(iter(words))


def _request(two: Apart, a: Transcript, b: Transcript) -> str | None:
    """What of a call's request differs, where both made a call to the same."""
    one, other = (None if moment is None else log[moment.seq].event for moment, log in ((two.a, a), (two.b, b)))
    if not isinstance(one, CallStarted) or not isinstance(other, CallStarted):
        return None
    same = (one.recipe.call, target_of(one.recipe)) == (other.recipe.call, target_of(other.recipe))
    return _REQUESTS[one.recipe.call] if same else None


def _seen(seq: int, transcript: Transcript) -> Seen:
    event = transcript[seq].event
    text = whole_text(transcript.body_of(event)) if isinstance(event, Said) else None
    if isinstance(event, CallFinished) and isinstance(event.result, Reply):
        text = event.result.text
    elif isinstance(event, CallFinished) and isinstance(event.result, CodeRun):
        text = f"{outcome_line(event.result)}\n{event.result.stdout}{event.result.stderr}"
        text += "".join(f"\n{saved_line(file)}" for file in event.result.files)
    return Seen(seq=seq, kind=event.kind, told=told(seq, transcript), text=text)
