"""One turn that is run again on the record of a conversation. It is the `Desk` of its host.

What the agent offers is compared with what the record has next of its turn, and nothing else is ever entered. A call
is not made: whoever waits for it goes on when the record has its end, and not before the record has the agent act
again. So at every act the log is what it was when the act was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import anyio

from agentchat.errors import AgentChatError
from agentchat.policy.charter import InDoubt
from agentchat.runtime.book import Placed
from agentchat.runtime.recheck.departures import same
from agentchat.runtime.tape import Tape
from agentchat.seams import Delta, Store
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import Answered, CallDenied, CallInDoubt, CallStarted, Diverged, Entry, Event, Paused
from agentchat.transcript.transcript import Transcript


class Departed(BaseException):
    """The turn leaves its record, or the record leaves it: it is not followed any further. No handler of an agent's
    takes this for an error."""


class Ahead(Protocol):
    """The record, as a turn on it knows it."""

    @property
    def log(self) -> Transcript:
        """What was before: the record up to here."""
        ...

    @property
    def next(self) -> Entry | None:
        """What the record has next, whoever did it."""
        ...

    def next_of(self, turn: int) -> Entry | None:
        """What the record has next, where that is an act of this turn; else None."""
        ...

    def advance(self) -> None:
        """Take what no agent did into the log, up to what one did or what ends a turn."""
        ...

    def take(self) -> None:
        """Take what is next into the log, and what the policy said of it at once."""
        ...

    def coming(self, turn: int) -> Iterator[Event]:
        """What the record still has of this turn."""
        ...


class Lane:
    """Where a turn stands; how it waits is the affair of the kinds of lanes (see `recheck.waiting`).

    verdicts: whether the record speaks for the agent's own check of its answers. early: what it did before the record
    came to it. offered: where it leaves the record, what it did; offered_at: what the record had next then. answer:
    what it returned. stopped: what ended it that is no failure of the agent. blocked: calls whose ends it waited for
    where the record has it go on. reply: the last answer of a model in it, and where that stands.
    """

    def __init__(self, ahead: Ahead, turn: int, agent: str, *, verdicts: bool) -> None:
        self.turn = turn
        self.agent = agent
        self.verdicts = verdicts
        self.over = False
        self.answer: Event | None = None
        self.offered: Event | None = None
        self.offered_at = 0
        self.stopped: Exception | None = None
        self.blocked: list[int] = []
        self.early: list[Event] = []
        self.reply: tuple[int, Reply] | None = None
        self._ahead = ahead
        self._flying: set[int] = set()
        self._waiting: dict[int, tuple[int, anyio.Event]] = {}
        self._ends: dict[int, Entry] = {}

    # for whoever walks along the record

    def stuck(self) -> bool:
        """Whether all it does is wait for calls that do not end before the act that the record has next."""
        if self._all_wait():
            self.blocked = sorted(seq for seq, _ in self._waiting.values())
        return bool(self.blocked)

    def end(self, call: int, entry: Entry) -> None:
        """The record has the end of a call."""
        self._ends[call] = entry

    def leave(self) -> None:
        """The turn is over, or its process ended: nothing more of it is followed."""
        self.over = True

    # for the turn

    def next(self) -> Entry | None:
        """What the record has next, where that is an act of this turn."""
        return None if self.over else self._ahead.next_of(self.turn)

    def coming(self) -> Iterator[Event]:
        """What the record still has of this turn."""
        return self._ahead.coming(self.turn)

    async def my_turn(self) -> None:
        """Wait until the record has an act of this turn next."""
        raise NotImplementedError

    def launch(self, ordinal: int) -> None:
        """A call was started."""
        self._flying.add(ordinal)

    async def end_of(self, call: int, ordinal: int) -> Entry:
        """Wait for the end of a started call, and until the record has this turn go on."""
        raise NotImplementedError

    def land(self, ordinal: int) -> None:
        """A call came back."""
        self._flying.discard(ordinal)

    def tried_again(self, ordinal: int) -> bool:
        """Whether what the record has next is another attempt of this call."""
        return self._attempt() == ordinal

    def _all_wait(self) -> bool:
        return bool(self._flying) and self._flying <= self._waiting.keys()

    def _wake(self) -> None:
        """Let calls go on that came back."""
        for ordinal, (seq, waiter) in tuple(self._waiting.items()):
            if self._may_land(seq, ordinal):
                del self._waiting[ordinal]
                waiter.set()

    def _may_land(self, call: int, ordinal: int) -> bool:
        """Whether a call may go on: it has its end, and where one is made again, it is that one."""
        if call not in self._ends or self.next() is None:
            return False
        again = self._attempt()
        return again is None or again not in self._flying or again == ordinal

    def _attempt(self) -> int | None:
        entry = self.next()
        event = None if entry is None else entry.event
        return event.ordinal if isinstance(event, CallStarted | CallDenied) else None

    # the desk

    @property
    def transcript(self) -> Transcript:
        """The log, as it was."""
        return self._ahead.log

    @property
    def in_doubt(self) -> InDoubt:
        """What the record says was done about a call without a result."""
        entry = self.next()
        event = None if entry is None else entry.event
        return event.policy if isinstance(event, CallInDoubt) and event.policy != "reconcile" else "ask"

    @property
    def store(self) -> Store:
        """Nothing is stored."""
        raise AgentChatError("a turn that is run again on its record makes no call, so nothing is stored")

    @property
    def tape(self) -> Tape | None:
        """None: its own record answers."""
        return None

    @property
    def parking(self) -> bool:
        """Nobody is waited for."""
        return False

    async def ask(self, paused: Paused) -> Answered:
        """Nobody is asked."""
        raise AgentChatError("a turn that is run again on its record asks nobody")

    def offer(self, event: Event) -> Placed:
        """Compare an act with the record's. Raises Departed where it is another one."""
        if self.over:
            raise Departed
        entry = self.next()
        if entry is None and not isinstance(event, CallStarted | Diverged):
            self.early.append(event)
            return _Unplaced(event)
        if entry is None or not same(entry.event, event):
            there = self._ahead.next
            self.offered, self.over, self.offered_at = event, True, 0 if there is None else there.seq
            raise Departed
        self._ahead.take()
        return entry

    async def commit(self) -> None:
        """Nothing is stored."""

    def tell(self, delta: Delta) -> None:
        """Nobody listens."""


class _Unplaced:
    """An act that came before the record did; what is made of it needs no place."""

    __slots__ = ("event", "seq")

    def __init__(self, event: Event) -> None:
        self.seq = 0
        self.event = event
