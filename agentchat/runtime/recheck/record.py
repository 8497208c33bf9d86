"""A record that is gone along, entry by entry, into a log; each entry is decided again on the way.

Whose act an entry is: the agents' acts wait for the agent to do them, all else is taken in as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from agentchat.debug.replay import Deciding, Difference
from agentchat.runtime.rebase import is_input
from agentchat.transcript.events import (
    CallDenied,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Compacted,
    Entry,
    Event,
    Forked,
    Judged,
    Overrun,
    Refused,
    Said,
    StateSet,
    Taken,
    TurnCancelled,
    TurnFailed,
    TurnPassed,
    Warned,
)
from agentchat.transcript.transcript import Transcript

OVER: Final = (Said, TurnPassed, TurnFailed, TurnCancelled)
"""What ends a turn, where it belongs to one."""
_ACTS: Final = frozenset({CallStarted, CallDenied, StateSet, Refused, Said, TurnPassed, TurnFailed})
_HALTS: Final = frozenset({TurnCancelled, Taken, Forked})


class Ongoing:
    """A record, and how far it is taken in. It is the `Ahead` of the turns on it.

    found: where deciding again differs, so far. entered: called with each entry that was taken in. asks: whether the
    verdicts of users' functions wait for being asked again.
    """

    def __init__(self, record: Transcript, entered: Callable[[Entry], None], *, asks: bool) -> None:
        self.record = record
        self.log = Transcript()
        self.found: list[Difference] = []
        self._entries = list(record.as_written())
        self._at = 0
        self._entered = entered
        self._asks = asks
        self._deciding = Deciding()

    @property
    def next(self) -> Entry | None:
        """What is next, whoever did it; None at the end."""
        return self._entries[self._at] if self._at < len(self._entries) else None

    @property
    def note(self) -> str:
        """A likely reason for whatever differs now, if known."""
        return self._deciding.note

    def passed(self, entry: Entry) -> bool:
        """Whether an entry is taken in already."""
        return self._at >= entry.seq

    def next_of(self, turn: int) -> Entry | None:
        """What is next, where that is an act of this turn. What came in from outside before it is taken in."""
        while (entry := self.next) is not None:
            if not is_input(entry.event):
                return entry if self.turn_of(entry.event) == turn else None
            self._take(entry)
        return None

    def advance(self) -> None:
        """Take what no agent did, and nothing that ends a turn or asks a function."""
        while (entry := self.next) is not None:
            kind = type(entry.event)
            if kind in _HALTS or (kind is Judged and self._asks) or self.turn_of(entry.event) is not None:
                return
            self._take(entry)

    def take(self) -> None:
        """Take the next entry, and notices of the budget behind it, which are entered with it."""
        entry = self.next
        while entry is not None:
            self._take(entry)
            entry = self.next
            if entry is None or not isinstance(entry.event, Warned | Overrun):
                return

    def _take(self, entry: Entry) -> None:
        self.found += self._deciding.judge(self.log, entry)
        self.log.follow(self.record)
        self._at += 1
        self._entered(entry)

    def coming(self, turn: int) -> Iterator[Event]:
        """What is still to come of this turn."""
        for place in range(self._at, len(self._entries)):
            event = self._entries[place].event
            if getattr(event, "turn", None) == turn:
                yield event
                if isinstance(event, OVER):
                    return

    def turn_of(self, event: Event) -> int | None:
        """The turn whose agent brought an event about; None where none did."""
        if type(event) in _ACTS:
            turn: int | None = getattr(event, "turn", None)
            return turn
        if isinstance(event, Compacted | CallInDoubt):
            call = self.call_of(event.call)
            return None if call is None else call.turn
        return None

    def call_of(self, seq: int) -> CallStarted | None:
        """The call that started at a place, or that came back there."""
        event = self.log[seq].event if 1 <= seq <= len(self.log) else None
        if isinstance(event, CallFinished) and 1 <= event.call <= len(self.log):
            event = self.log[event.call].event
        return event if isinstance(event, CallStarted) else None
