"""A transcript cut into units that two runs can be compared by: each turn with all that happened in it, and each
event beside the turns (a person's message, the start and the end of a run, a signal, an edit).

Within a unit every event has a key that says where it stands in the program order of the turn, so that calls made side
by side compare equal in whatever order they came back. Who held the record when, and that it was forked, is no part of
what was done: such events are left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable
from typing import Final, NamedTuple, TypeAlias

from agentchat.debug.comparing.marks import mark_of
from agentchat.debug.comparing.told import whole_text
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import (
    Answered,
    CallDenied,
    CallFinished,
    CallStarted,
    Entry,
    Event,
    Forked,
    Paused,
    Released,
    Said,
    Taken,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)
from agentchat.transcript.transcript import Transcript

Key: TypeAlias = tuple[int, int, int, int]
"""Ordinal of the call, its attempt, 0 its start, 1 its end, more what follows; a count of those in one place."""

_FIRST: Final[Key] = (0, 0, 0, 0)
_LAST: Final = 2**31
_HELD: Final = (Taken, Released, Forked)
_STAGES: Final = {"overrun": 2, "compacted": 3}
"""What may follow the end of a call."""
_ENDINGS: Final = (Said, TurnPassed, TurnFailed, TurnCancelled)


class Moment(NamedTuple):
    """One event of a unit: its place in the log, its key, and its mark."""

    seq: int
    key: Key
    mark: Hashable


class Unit(NamedTuple):
    """A turn, or an event beside the turns.

    seq: the place of its first event. kind: "turn", or the kind of the event. agent: who acts. text: what was said, or
    in words what became of the turn. said: the place of the message. taken: those of the results that it is word for
    word. tokens: of its model calls, input and output together; None where a call did not report. seconds: from its
    first event to its last.
    """

    seq: int
    kind: str
    agent: str
    text: str
    said: int | None
    taken: tuple[int, ...]
    moments: tuple[Moment, ...]
    tokens: int | None
    seconds: float

    @property
    def same_as(self) -> Hashable:
        """What two units share that are laid side by side at once."""
        return self.kind, self.agent, self.text


def units_of(transcript: Transcript) -> list[Unit]:
    """All units, by the place of their first event."""
    return _Cutter(transcript).cut()


class _Turn:
    """A unit while it is collected."""

    __slots__ = (
        "agent", "begun", "beside", "given", "kind", "moments", "ordinal", "said", "seconds", "taken",
        "text", "tokens",
    )  # fmt: skip

    def __init__(self, entry: Entry, kind: str, agent: str, text: str) -> None:
        self.given, self.kind, self.agent, self.text = entry.seq, kind, agent, text
        self.begun = entry.active
        self.seconds = 0.0
        self.said: int | None = None
        self.taken: tuple[int, ...] = ()
        self.ordinal = self.beside = 0
        self.tokens: int | None = 0
        self.moments: dict[Key, Moment] = {}

    def add(self, entry: Entry, key: Key, mark: Hashable) -> None:
        """Take an event in. A call that is started anew takes the place of one that was left open."""
        ordinal, attempt, stage, count = key
        anew = isinstance(entry.event, CallStarted) and (ordinal, attempt, 1, 0) not in self.moments
        while key in self.moments and not anew:
            count += 1
            key = (ordinal, attempt, stage, count)
        self.moments[key] = Moment(entry.seq, key, mark)
        self.seconds = max(self.seconds, entry.active - self.begun)

    def behind(self) -> Key:
        """The key of an event that is no call: behind the calls started so far, and each other."""
        self.beside += 1
        return (self.ordinal, _LAST, 0, self.beside)

    def unit(self) -> Unit:
        moments = tuple(self.moments[key] for key in sorted(self.moments))
        return Unit(
            self.given, self.kind, self.agent, self.text, self.said, self.taken, moments, self.tokens, self.seconds
        )


class _Cutter:
    """Goes through a transcript once."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._units: list[_Turn] = []
        self._turns: dict[int, _Turn] = {}
        self._calls: dict[int, CallStarted] = {}
        self._pauses: dict[str, int] = {}
        self._said: dict[str, list[int]] = {}

    def cut(self) -> list[Unit]:
        """The units."""
        for entry in self._transcript:
            if not isinstance(entry.event, _HELD):
                self._take(entry)
        return [one.unit() for one in self._units]

    def _take(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, CallStarted):
            self._calls[entry.seq] = event
        elif isinstance(event, Paused):
            self._pauses[event.pause] = event.call
        elif isinstance(event, Said):
            self._said.setdefault(event.sender, []).append(entry.seq)
        mark = mark_of(entry, self._transcript)
        turn = self._turns.get(self._turn_of(event))
        if turn is not None:
            turn.add(entry, self._key(event, turn), mark)
            self._follow(entry, turn)
            return
        if isinstance(event, TurnGiven):
            mark = (mark, self._about(event.subject))
            unit = self._turns[entry.seq] = _Turn(entry, "turn", event.to, "(not ended)")
        else:
            unit = _Turn(entry, event.kind, event.sender if isinstance(event, Said) else "", str(mark))
        self._units.append(unit)
        unit.add(entry, _FIRST, mark)
        if isinstance(event, Said):
            self._follow(entry, unit)

    def _about(self, subject: int) -> tuple[str, int]:
        """Which message a turn is about: whose, and how many its sender said since."""
        said = self._transcript[subject].event if 1 <= subject <= len(self._transcript) else None
        sender = said.sender if isinstance(said, Said) else ""
        places = self._said.get(sender, [])
        return sender, len(places) - bisect_right(places, subject)

    def _turn_of(self, event: Event) -> int:
        """The turn that an event belongs to; 0 for none."""
        if isinstance(event, Answered):
            call: object = self._pauses.get(event.pause)
        else:
            turn = getattr(event, "turn", None)
            if isinstance(turn, int):
                return turn
            call = getattr(event, "call", None)
        started = self._calls.get(call) if isinstance(call, int) else None
        return 0 if started is None else started.turn

    def _key(self, event: Event, turn: _Turn) -> Key:
        if isinstance(event, _ENDINGS):
            return (_LAST, 0, 0, 0)
        if isinstance(event, CallStarted | CallDenied):
            turn.ordinal = max(turn.ordinal, event.ordinal)
            return (event.ordinal, event.attempt, 0, 0)
        call = getattr(event, "call", None)
        started = self._calls.get(call) if isinstance(call, int) else None
        if isinstance(event, Paused | Answered) or started is None:
            return turn.behind()
        return (started.ordinal, started.attempt, _STAGES.get(event.kind, 1), 0)

    def _follow(self, entry: Entry, turn: _Turn) -> None:
        """What an event says about its unit as a whole."""
        event = entry.event
        match event:
            case Said():
                turn.text, turn.said = whole_text(self._transcript.body_of(event)), entry.seq
                turn.taken = event.from_calls or ()
            case TurnPassed():
                turn.text = "(nothing to say)"
            case TurnFailed(error=error):
                turn.text = f"(failed: {error.type}: {error.message})"
            case TurnCancelled(reason=reason):
                turn.text = f"(stopped: {reason})"
            case CallFinished(result=Reply() as reply):
                used = reply.usage
                if turn.tokens is None or used is None or used.input_tokens is None or used.output_tokens is None:
                    turn.tokens = None
                else:
                    turn.tokens += used.input_tokens + used.output_tokens
