"""The conversation manager: asks the policy what is due, enters it, and carries turns to their hosts.

It decides nothing itself. It holds no state that the log does not hold, except which turn is being carried right now.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import anyio

from agentchat.errors import AgentChatError, CallNotAdmitted, ConversationClosed, StoreError
from agentchat.policy.charter import InDoubt
from agentchat.policy.decide import decide, stopping
from agentchat.policy.rules import Elapsed
from agentchat.policy.state import state_of
from agentchat.runtime.book import Book, Placed
from agentchat.runtime.host import Host
from agentchat.runtime.problems import problem_of
from agentchat.seams import Agent, Bus, Clock, Delta, Feed, Parcel, Sandbox, Store
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    Closed,
    Entry,
    Event,
    Interrupted,
    Refused,
    TimeUp,
    TurnFailed,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

_ENDS: Final = (CallFinished, CallFailed, CallCancelled)


class Manager:
    """One live conversation. It is the `Desk` of its hosts."""

    def __init__(
        self,
        conversation: str,
        transcript: Transcript,
        *,
        store: Store,
        bus: Bus,
        feed: Feed,
        clock: Clock,
        in_doubt: InDoubt = "ask",
    ) -> None:
        self.conversation = conversation
        self.in_doubt: InDoubt = in_doubt
        self.book = Book(conversation, transcript, store, feed, clock, on_superseded=self._give_up_turn)
        self._bus = bus
        self._feed = feed
        self._scope: anyio.CancelScope | None = None
        self._leaves: list[Callable[[], None]] = []

    @property
    def transcript(self) -> Transcript:
        """The log, as far as it is entered."""
        return self.book.transcript

    # the desk

    def offer(self, event: Event) -> Placed:
        """Let the policy decide on an offer, and enter what it rules.

        Raises CallNotAdmitted for the end of a call whose turn is over, and what `Book.enter` raises.
        """
        if isinstance(event, _ENDS) and event.call not in state_of(self.book.transcript).board.open_calls:
            raise CallNotAdmitted("the turn of this call is over; its result is not entered")
        ruling = decide(self.book.transcript, event)
        assert ruling is not None
        placed = self.book.enter(ruling.event, ruling.cause)
        if isinstance(ruling.event, CallDenied):
            self.look()
        return placed

    async def commit(self) -> None:
        """Make everything entered so far durable."""
        await self.book.commit()

    def tell(self, delta: Delta) -> None:
        """Pass text on to whoever listens."""
        self._feed.publish(self.conversation, delta)

    # hosts

    def seat(self, agent: Agent, sandbox: Sandbox | None) -> None:
        """Put an agent on the bus."""
        host = Host(self, agent, sandbox)
        self._leaves.append(self._bus.serve(self._address(agent.name), host.take))

    def leave(self) -> None:
        """Take all agents off the bus, and let the book go."""
        self.book.close()
        for leave in self._leaves:
            leave()
        self._leaves.clear()

    def _address(self, agent: str) -> str:
        return f"{self.conversation}/{agent}"

    # the run

    async def drive(self) -> None:
        """Go on until the run is closed. Cancellation closes it as interrupted, and keeps what had arrived."""
        try:
            while True:
                ruling = decide(self.transcript)
                if ruling is None:
                    turn = state_of(self.transcript).board.turn
                    if turn is None:
                        break
                    await self._carry(turn)  # one that an earlier process left open
                    continue
                placed = self.book.enter(ruling.event, ruling.cause)
                if isinstance(ruling.event, TurnGiven):
                    await self._carry(self.transcript[placed.seq])
                elif isinstance(ruling.event, Closed):
                    await self.book.commit()
                    if placed.seq:
                        break  # else someone's input came first, and is decided on
        except anyio.get_cancelled_exc_class():
            self._stop_for_good()
            with anyio.CancelScope(shield=True), suppress(StoreError):  # lost to another holder: it has the last word
                await self.book.commit()
            raise

    async def _carry(self, turn: Entry) -> None:
        """Carry a turn to its host and enter what comes back, or that it was stopped."""
        given = turn.event
        assert isinstance(given, TurnGiven)
        offer: Event | None = None
        if not stopping(self.transcript):
            with anyio.CancelScope() as self._scope:
                offer = await self._bus.call(self._address(given.to), Parcel(self.conversation, turn))
            self._scope = None
        if state_of(self.transcript).board.turn is not turn:
            return  # given up: someone else's input came first, so the turn is decided anew
        if offer is None or isinstance(self._entered(turn, offer).event, Refused):
            stop = decide(self.transcript)
            if stop is not None:
                self.book.enter(stop.event, stop.cause)

    def _entered(self, turn: Entry, offer: Event) -> Placed:
        """Enter what a host offers; what cannot be written down fails the turn by name."""
        try:
            return self.offer(offer)
        except StoreError:
            raise
        except AgentChatError as error:
            return self.offer(TurnFailed(turn=turn.seq, error=problem_of(error)))

    def _stop_for_good(self) -> None:
        """Write down that the process was told to stop, and close the run."""
        if self.book.lost is not None or not state_of(self.transcript).board.live:
            return
        self.book.enter(Interrupted(by="process", reason="cancelled"), 0)
        while (ruling := decide(self.transcript)) is not None:
            self.book.enter(ruling.event, ruling.cause)

    def _give_up_turn(self) -> None:
        if self._scope is not None:
            self._scope.cancel()

    # inputs

    async def put(self, event: Event) -> Placed:
        """Enter an input from outside, durably, and let it act on the turn that is going on. Once begun it is done.

        Raises ConversationClosed when no run is going on.
        """
        if not state_of(self.transcript).board.live:
            raise ConversationClosed("the run is over")
        slot = self.offer(event)
        with anyio.CancelScope(shield=True):
            await self.book.commit()
        self.look()
        return slot

    def look(self) -> None:
        """Stop the turn that is going on where the log now says so."""
        if self._scope is not None and stopping(self.transcript):
            self._scope.cancel()

    async def keep_time(self) -> None:
        """Enter TimeUp when a rule's or the budget's time is over; ends when none is left."""
        state = state_of(self.transcript)
        due = [(leaf.seconds, str(leaf)) for leaf in state.leaves if isinstance(leaf, Elapsed)]
        if state.budget.seconds is not None:
            due.append((state.budget.seconds, str(state.budget)))
        for seconds, rule in sorted(due):
            while (left := seconds - self.book.active) > 0:  # noqa: ASYNC110 - the clock is what is waited for
                await anyio.sleep(left)
            if not state_of(self.transcript).board.live:
                return
            await self.put(TimeUp(rule=rule, active=self.book.active))
