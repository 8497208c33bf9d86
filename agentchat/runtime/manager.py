"""The conversation manager: asks the policy what is due, enters it, and carries turns to their hosts.

It decides nothing itself. It holds no state that the log does not hold, except which turns are being carried right now.
Where the routing gives several turns at once they are carried side by side, each in a task of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final, TypeAlias

import anyio
from anyio.abc import TaskGroup
from pydantic_core import to_jsonable_python

from agentchat.errors import (
    AgentChatError,
    CallNotAdmitted,
    ConfigurationError,
    ConversationClosed,
    StoreError,
    only_one,
)
from agentchat.policy.charter import InDoubt
from agentchat.policy.decide import decide, due_in, stopping
from agentchat.policy.routing.verdicts import Need
from agentchat.policy.rules import Elapsed
from agentchat.policy.state import state_of
from agentchat.runtime.book import Book, Placed
from agentchat.runtime.host import Host
from agentchat.runtime.problems import problem_of
from agentchat.runtime.questions import Questions
from agentchat.runtime.tape import Tape
from agentchat.seams import Agent, Bus, Clock, Delta, Feed, Parcel, Sandbox, Store
from agentchat.transcript.calls import Problem
from agentchat.transcript.events import (
    CALL_ENDS,
    CALL_OVER,
    Answered,
    CallDenied,
    CallStarted,
    Closed,
    Entry,
    Event,
    Interrupted,
    Judged,
    Paused,
    Refused,
    TimeUp,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

_SPENDS: Final = frozenset({CallStarted, *CALL_OVER})

Judge: TypeAlias = Callable[[Transcript, int], object]
"""A user's function, made to be asked about the entry of a transcript with that number; it may be async."""

BeforeTurn: TypeAlias = Callable[[], Awaitable[bool]]


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
        judges: Mapping[str, Judge] = MappingProxyType({}),
        questions: Questions | None = None,
        tape: Tape | None = None,
    ) -> None:
        self.conversation = conversation
        self.transcript = transcript
        """The log, as far as it is entered."""
        self.in_doubt: InDoubt = in_doubt
        self.tape = tape
        self.before_turn: BeforeTurn | None = None
        """Asked each time before a turn is given; True: something was said, so that it is decided anew."""
        self._judges = judges
        self.store = store
        self._questions = questions or Questions()
        self._questions.on_wait = self._park_if_all_wait
        self.book = Book(conversation, transcript, store, feed, clock, on_superseded=self._give_up)
        self._bus = bus
        self._feed = feed
        self._carried: dict[int, anyio.CancelScope] = {}
        self._news = anyio.Event()
        self._leaves: list[Callable[[], None]] = []

    # the desk

    def offer(self, event: Event) -> Placed:
        """Let the policy decide on an offer, and enter what it rules.

        Raises CallNotAdmitted for the end of a call whose turn is over, and what `Book.enter` raises.
        """
        if isinstance(event, CALL_ENDS) and event.call not in state_of(self.transcript).board.open_calls:
            raise CallNotAdmitted("the turn of this call is over; its result is not entered")
        ruling = decide(self.transcript, event)
        assert ruling is not None
        placed = self.book.enter(ruling.event, ruling.cause)
        if isinstance(ruling.event, CallDenied):
            self.look()
        elif type(ruling.event) in _SPENDS:
            self._tell_of_the_budget()
            if isinstance(ruling.event, CALL_ENDS):
                self._park_if_all_wait()  # it may have been the last that did not wait
        return placed

    def _tell_of_the_budget(self) -> None:
        """Enter that a limit draws near, or that a call took more than it had reserved, as soon as it is so."""
        transcript = self.transcript
        while (notice := state_of(transcript).notice(transcript)) is not None:
            self.book.enter(notice, len(transcript))

    @property
    def parking(self) -> bool:
        """Whether the run is being left because everything in it waits for a person."""
        return self._questions.parking

    async def ask(self, paused: Paused) -> Answered:
        """Put a question to a person, and wait for the answer."""
        return await self._questions.ask(self, paused)

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
        self._questions.let_go()
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
            async with anyio.create_task_group() as tasks:
                while await self._step(tasks):
                    pass
        except BaseExceptionGroup as group:
            raise only_one(group) from None
        except anyio.get_cancelled_exc_class():
            self._stop_for_good()
            with anyio.CancelScope(shield=True), suppress(StoreError):  # lost to another holder: it has the last word
                await self.book.commit()
            raise

    async def _step(self, tasks: TaskGroup) -> bool:
        """Do what is due next; False when the run is over, or left because it waits for a person."""
        if self.parking:
            await self.book.commit()  # also the end of a call that was waited for
            return False
        due = due_in(self.transcript)
        if isinstance(due, Need):
            await self._judge(due)
            return True
        if due is None:
            return await self._wait(tasks)
        if self.before_turn is not None and isinstance(due.event, TurnGiven) and await self.before_turn():
            return True
        placed = self.book.enter(due.event, due.cause)
        if isinstance(due.event, TurnGiven):
            await self._start(tasks, self.transcript[placed.seq])
        elif isinstance(due.event, Closed):
            await self.book.commit()
            if placed.seq:
                return False  # else someone's input came first, and is decided on
        return True

    async def _start(self, tasks: TaskGroup, turn: Entry) -> None:
        """Carry a turn: here where it is the only one, beside the others where there may be several."""
        self._carried[turn.seq] = anyio.CancelScope()
        state = state_of(self.transcript)
        if state.walk is None or (state.walk.idle and len(state.board.open_turns) == 1):
            await self._carry(turn)
        else:
            tasks.start_soon(self._carry_beside, turn)

    async def _carry_beside(self, turn: Entry) -> None:
        try:
            await self._carry(turn)
        finally:
            self._news.set()

    async def _wait(self, tasks: TaskGroup) -> bool:
        """Nothing is due: take up turns that an earlier process left open, or wait for those that are going on."""
        open_turns = state_of(self.transcript).board.open_turns
        if not open_turns:
            return False
        left = [turn.entry for seq, turn in open_turns.items() if seq not in self._carried]
        if left:
            for turn in left:
                await self._start(tasks, turn)
            return True
        self._park_if_all_wait()
        if self.parking:
            return True
        self._news = anyio.Event()
        await self._news.wait()
        return True

    def _park_if_all_wait(self) -> None:
        """Leave the run where everything in it waits for a person who is not there."""
        if not self._questions.may_park:
            return
        board = state_of(self.transcript).board
        if self._questions.all_wait(board.open_turns, board.open_calls):
            self._questions.park()
            for scope in self._carried.values():
                scope.cancel()

    async def _carry(self, turn: Entry) -> None:
        """Carry a turn to its host and enter what comes back, or that it was stopped."""
        given = turn.event
        assert isinstance(given, TurnGiven)
        offer: Event | None = None
        if not stopping(self.transcript):
            with self._carried[turn.seq]:
                offer = await self._bus.call(self._address(given.to), Parcel(self.conversation, turn))
        self._carried.pop(turn.seq, None)
        still = state_of(self.transcript).board.open_turns.get(turn.seq)
        if still is None or still.entry is not turn or self.parking:
            return  # given up: someone else's input came first, so the turn is decided anew
        if offer is None:
            self._enter_due()
            return
        refused = self._entered(turn, offer).event
        if isinstance(refused, Refused) and not self._enter_due():
            problem = Problem(type="AnswerRefused", message="; ".join(refused.problems))
            self._entered(turn, TurnFailed(turn=turn.seq, error=problem))

    def _enter_due(self) -> bool:
        """Enter that open turns are stopped, where they are to be."""
        entered = False
        while (due := decide(self.transcript)) is not None and isinstance(due.event, TurnCancelled):
            self.book.enter(due.event, due.cause)
            entered = True
        return entered

    async def _judge(self, need: Need) -> None:
        """Ask a user's function, and enter its verdict; what it raises is one as well."""
        judge = self._judges.get(need.name)
        if judge is None:
            raise ConfigurationError(
                f"the function {need.name.partition(' ')[0]} is asked, and this program does not have it as it was"
            )
        try:
            value = judge(self.transcript, need.on)
            if isinstance(value, Awaitable):
                value = await value
            judged = Judged(name=need.name, on=need.on, value=to_jsonable_python(value))
        except Exception as error:
            judged = Judged(name=need.name, on=need.on, error=problem_of(error))
        self.book.enter(judged, need.on)

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

    def _give_up(self, gone: set[int]) -> None:
        for seq in gone & self._carried.keys():
            self._carried[seq].cancel()
        self._news.set()

    # inputs

    async def put(self, event: Event) -> Placed:
        """Enter an input from outside, durably, and let it act on the turn that is going on. Once begun it is done.

        Raises ConversationClosed when no run is going on.
        """
        if not state_of(self.transcript).board.live:
            raise ConversationClosed("the run is over")
        slot = self.offer(event)
        if isinstance(event, Interrupted):
            self.look()  # at once: a disk may take its time, and the turn is to stop now
        with anyio.CancelScope(shield=True):
            await self.book.commit()
        self.look()
        self._news.set()
        return slot

    def look(self) -> None:
        """Stop the turns that are going on where the log now says so; see whether a question was answered."""
        if self._carried and stopping(self.transcript):
            for scope in self._carried.values():
                scope.cancel()
        self._questions.look(self.transcript)

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
