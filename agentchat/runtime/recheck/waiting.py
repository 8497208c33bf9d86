"""How a turn that is run again waits: by itself, where it is alone, or for whoever walks along the record."""

from __future__ import annotations

import anyio

from agentchat.runtime.book import Placed
from agentchat.runtime.recheck.lane import Ahead, Departed, Lane
from agentchat.transcript.events import Entry, Event


class SoleLane(Lane):
    """A turn with no other beside it. It takes the record along by itself, so that it need not wait for anybody."""

    async def my_turn(self) -> None:
        """Go on to its next act; there is none where the record has the turn end here."""
        self._ahead.advance()
        if self.next() is None:
            self.over = True
            raise Departed

    async def end_of(self, call: int, ordinal: int) -> Entry:
        """Go on to the end of a call. Several that were started at once wait for each other only."""
        while True:
            self._ahead.advance()
            if self.next() is None:
                self.over = True
                raise Departed
            self._wake()
            if self._may_land(call, ordinal):
                return self._ends.pop(call)
            waiter = anyio.Event()
            self._waiting[ordinal] = call, waiter
            if self.stuck():
                raise Departed
            await waiter.wait()

    def land(self, ordinal: int) -> None:
        """A call came back; the others may go on, or find that they cannot."""
        super().land(ordinal)
        if not self._waiting:
            return
        self._wake()
        if self._all_wait():
            for _, waiter in self._waiting.values():
                waiter.set()


class SideLane(Lane):
    """A turn beside others, in a task of its own. Whoever walks along the record calls it when it is its turn."""

    def __init__(self, ahead: Ahead, turn: int, agent: str, *, verdicts: bool) -> None:
        super().__init__(ahead, turn, agent, verdicts=verdicts)
        self.scope = anyio.CancelScope()
        self._called = anyio.Event()
        self._news = anyio.Event()

    def call(self) -> None:
        """The record has an act of this turn next: let it go on up to there."""
        self._called.set()
        self._wake()

    async def news(self) -> None:
        """Wait until it did something, or can do nothing any more."""
        self._news = anyio.Event()
        await self._news.wait()

    def leave(self) -> None:
        """End its task."""
        super().leave()
        self.scope.cancel()
        self._news.set()

    def done(self) -> None:
        """The agent returned."""
        self.over = True
        self._news.set()

    async def my_turn(self) -> None:
        """Wait until it is called."""
        while self.next() is None:
            self._called = anyio.Event()
            await self._called.wait()

    async def end_of(self, call: int, ordinal: int) -> Entry:
        """Wait until the record has the end of a call, and has it go on."""
        while not self._may_land(call, ordinal):
            waiter = anyio.Event()
            self._waiting[ordinal] = call, waiter
            self._news.set()
            await waiter.wait()
        return self._ends.pop(call)

    def land(self, ordinal: int) -> None:
        """A call came back."""
        super().land(ordinal)
        self._news.set()

    def offer(self, event: Event) -> Placed:
        """As of any lane; whoever walks along the record goes on."""
        try:
            return super().offer(event)
        finally:
            self._news.set()
