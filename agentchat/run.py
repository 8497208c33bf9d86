"""A live run of a conversation: from the lease to its release, with whoever takes part in it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, NamedTuple

import anyio
from anyio.abc import TaskGroup
from pydantic import BaseModel

from agentchat.errors import (
    AgreementChanged,
    CallUnsettled,
    ConversationClosed,
    ConversationExists,
    NoSuchConversation,
    StoreError,
    only_one,
)
from agentchat.history import check_said, commands_in, sayable
from agentchat.policy.amending import amendments, differing
from agentchat.policy.charter import Charter, InDoubt
from agentchat.policy.decide import POLICY_VERSION, decide
from agentchat.policy.rules import Elapsed, Rule
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.result import Result
from agentchat.runtime.book import Book
from agentchat.runtime.manager import BeforeTurn, Judge, Manager
from agentchat.runtime.questions import Answerer, Question, Questions, answer_of, check_answer, pause_of, questions_in
from agentchat.runtime.rerun import unsettled
from agentchat.runtime.tape import Tape
from agentchat.runtime.watch import Watch
from agentchat.sandboxes.choosing import choose
from agentchat.seams import Agent, Bus, Clock, Feed, Lease, Sandbox, Store
from agentchat.stores.owners import is_over, this_process
from agentchat.stores.reading import load
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import (
    Answered,
    Closed,
    Event,
    ExternalSignal,
    Interrupted,
    Opened,
    Overrun,
    Position,
    RunStarted,
    Said,
    Taken,
    Warned,
)
from agentchat.transcript.messages import Body
from agentchat.transcript.transcript import Transcript

USER: Final = "user"
"""The sender of a task and of whatever a person says, unless another name is given."""


class Terms(NamedTuple):
    """What a run goes by: the team and its charter (also as it is written down), rules, budget, and the carriers."""

    agents: tuple[Agent, ...]
    charter: Charter
    written: JsonObject
    until: Rule
    budget: Budget
    types: Mapping[str, type[BaseModel]]
    judges: Mapping[str, Judge]
    answerer: Answerer | None
    bus: Bus
    feed: Feed
    clock: Clock


class Run:
    """A live conversation. Use it as an async context manager, which starts it; leaving waits for its end."""

    def __init__(
        self,
        terms: Terms,
        store: Store,
        id: str | None,
        task: BaseModel | str | None,
        *,
        resume: bool = False,
        in_doubt: InDoubt = "ask",
        attended: bool = True,
        parent: Position | None = None,
        tape: Tape | None = None,
        override: str | None = None,
        command: str | None = None,
        repeated: bool = False,
        to: str | None = None,
    ) -> None:
        self._parent = parent
        self._tape = tape
        self._override = override
        self._command = command
        self._repeated = repeated
        self._to = to
        self._questions = Questions(terms.answerer, stays=attended)
        self._terms = terms
        self._store = store
        self._id = id
        self._task = None if task is None and resume else sayable(task)
        self._resume = resume
        self._in_doubt: InDoubt = in_doubt
        self._manager: Manager | None = None
        self._life = self._live_on()
        self._entered = False
        self._tasks: TaskGroup
        self._lease: Lease | None = None
        self._watches: list[Watch] = []
        self._ended = anyio.Event()
        self._driving = False
        self._error: Exception | None = None

    # life

    async def __aenter__(self) -> Run:
        if self._entered:
            raise ConversationClosed("this run was started before; open or reopen another one")
        self._entered = True
        return await self._life.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._life.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def _live_on(self) -> AsyncIterator[Run]:
        """From the lease to its release. What a task raises comes out as itself, not in a group of one."""
        sandboxes = await _sandboxes(self._terms.agents)
        await (self._load() if self._resume else self._begin())
        manager = self._live
        try:
            for agent in self._terms.agents:
                manager.seat(agent, sandboxes.get(agent.name))
            async with anyio.create_task_group() as self._tasks:
                self._start()
                yield self
                await self._ended.wait()
                self._tasks.cancel_scope.cancel()
            if self._error is not None:
                raise self._error
        except BaseExceptionGroup as group:
            raise only_one(group) from None
        finally:
            manager.leave()
            if self._lease is not None:
                await _let_go(self._store, self._lease)

    @property
    def _live(self) -> Manager:
        if self._manager is None:
            raise ConversationClosed("the run is not started: use `async with`")
        return self._manager

    def _manage(self, id: str, transcript: Transcript) -> Manager:
        terms = self._terms
        self._manager = Manager(
            id,
            transcript,
            store=self._store,
            bus=terms.bus,
            feed=terms.feed,
            clock=terms.clock,
            in_doubt=self._in_doubt,
            judges=terms.judges,
            questions=self._questions,
            tape=self._tape,
        )
        return self._manager

    async def _begin(self) -> None:
        assert self._id is not None
        assert self._task is not None
        manager = self._manage(self._id, Transcript())
        try:
            self._lease = await _taken(self._store, self._id)
        except NoSuchConversation as error:
            held = await only_one_in(self._store)
            raise ConversationExists(
                f"{error}, which holds conversation {held!r} already, and one file holds one conversation; "
                "resume it, or name another file"
            ) from None
        try:
            opened = Opened(conversation=self._id, charter=self._terms.written, parent=self._parent)
            manager.book.epoch = self._lease.epoch
            if await self._exists(self._id):
                raise ConversationExists(f"there is a conversation {self._id!r} already; resume it, or use another id")
            manager.book.enter(opened, 0)
            self._enter_run(self._task)
            await manager.commit()
        except BaseException:
            await _let_go(self._store, self._lease)
            raise

    async def _exists(self, id: str) -> bool:
        try:
            return bool(await self._store.read(id))
        except NoSuchConversation:
            return False

    async def _load(self) -> None:
        id = self._id if self._id is not None else await only_one_in(self._store)
        await self._store.read(id)  # an unknown id or a damaged log is said before a lease is taken
        lease = await _taken(self._store, id)
        self._lease = lease
        try:
            transcript = await load(self._store, id)
            changed = self._changed(transcript)
            if self._command is not None and self._command in commands_in(transcript):
                self._task, self._repeated = None, True  # what became of it is there, or goes on
            if state_of(transcript).board.live and self._in_doubt == "ask":
                _refuse_unsettled(transcript)
            if self._tape is not None:
                self._tape.pass_over(transcript)
            manager = self._manage(id, transcript)
            manager.book.epoch = lease.epoch
            if self._needs_more(transcript):
                taken = manager.book.enter(Taken(owner=lease.owner, epoch=lease.epoch), 0)
                for event in changed:
                    manager.book.enter(event, taken.seq)
                if self._task is not None:
                    _end_what_is_over(manager.book)
                if not state_of(transcript).board.live:
                    self._enter_run(self._task)
                elif self._task is not None:
                    manager.offer(Said(sender=USER, to=self._to, body=self._task, id=self._command))
                await manager.commit()
        except BaseException:
            await _let_go(self._store, lease)
            raise

    def _needs_more(self, transcript: Transcript) -> bool:
        board = state_of(transcript).board
        if board.live or self._task is not None:
            return True
        if board.closed is not None and any(
            isinstance(entry.event, Said) for entry in transcript.since(board.closed.seq)
        ):
            return True  # put in behind the end, by a fork: another run hears it
        return not self._repeated and Result(transcript).outcome.kind != "done"

    def _changed(self, transcript: Transcript) -> list[Event]:
        """What is to be entered for another agreement; raises AgreementChanged where that was not asked for."""
        terms = self._terms
        found = differing(transcript, terms.charter, terms.until, terms.budget)
        if found and self._override is None:
            raise AgreementChanged(
                (
                    "the conversation was opened with another team or other rules; resume it with those, or with "
                    'override="why", which enters the change:'
                ),
                found,
            )
        if not found:
            return []
        why = self._override or ""
        return amendments(transcript, terms.charter, terms.until, terms.budget, author=USER, reason=why)

    def _enter_run(self, task: Body | None) -> None:
        book, terms = self._live.book, self._terms
        board = state_of(book.transcript).board
        started = RunStarted(
            run=board.run + 1, rules=terms.until.written(), budget=terms.budget.written(), policy=POLICY_VERSION
        )
        slot = book.enter(started, 0 if board.closed is None else board.closed.seq)
        if task is not None:
            book.enter(Said(sender=USER, to=self._to, body=task, id=self._command), slot.seq)

    def _start(self) -> None:
        """Start what a live run needs: the manager, its timer, and the store's upkeep."""
        manager = self._live
        self._ended = anyio.Event()
        self._driving = True
        self._tasks.start_soon(self._drive)
        state = state_of(manager.transcript)
        timed = state.budget.seconds is not None or any(isinstance(leaf, Elapsed) for leaf in state.leaves)
        if timed and state.board.live:
            self._tasks.start_soon(self._keep, manager.keep_time)
        if self._store.beat is not None:
            self._tasks.start_soon(self._keep, manager.book.settle)
            self._tasks.start_soon(self._keep, self._beat)

    async def _drive(self) -> None:
        try:
            await self._live.drive()
        except Exception as error:
            self._error = self._error or error
        finally:
            self._driving = False
            self._ended.set()
            for watch in self._watches:
                watch.close()

    async def _keep(self, upkeep: Callable[[], Awaitable[None]]) -> None:
        """Do upkeep beside the run; where it fails, the run cannot go on."""
        try:
            await upkeep()
        except Exception as error:
            self._error = self._error or error
            self._tasks.cancel_scope.cancel()

    async def _beat(self) -> None:
        """Say that this process lives, and look for what others wrote."""
        manager = self._live
        while self._driving:
            assert self._store.beat is not None
            assert self._lease is not None
            await anyio.sleep(self._store.beat)
            if await self._store.renew(self._lease) > manager.book.committed:
                await manager.book.refresh()
                manager.look()

    # taking part

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self._live.conversation

    @property
    def transcript(self) -> Transcript:
        """The record so far."""
        return self._live.transcript

    def before_turns(self, ask: BeforeTurn) -> None:
        """Ask this each time before a turn is given: it may say something, and then answers True."""
        self._live.before_turn = ask

    @property
    def result(self) -> Result:
        """The result, once the run has ended."""
        return Result(self.transcript, self._terms.types)

    async def wait(self) -> Result:
        """Wait for the end of the run. Raises what kept it from going on, such as LeaseLost."""
        result = self.result  # first, for it says so where the run was never started
        await self._ended.wait()
        if self._error is not None:
            raise self._error
        return result

    def __aiter__(self) -> Watch:
        """What was entered before, then everything as it is entered, and text as it arrives, to the run's end."""
        watch = Watch(self.transcript, self._live.book.committed, self._terms.feed.subscribe(self.id))
        self._watches.append(watch)
        if self._ended.is_set():
            watch.close()
        return watch

    async def say(
        self, text: BaseModel | str, *, to: str | None = None, sender: str = USER, id: str | None = None
    ) -> int:
        """Say something into the run; it is heard from the next turn on. Returns its sequence number.

        id: the caller's own of this command; the same id again says nothing more, and returns the first one's number.
        Raises ConversationClosed when the run is over, ConfigurationError for an unknown addressee.
        """
        before = None if id is None else commands_in(self.transcript).get(id)
        if before is not None:
            return before
        said = Said(sender=sender, to=to, body=sayable(text), id=id)
        check_said(self.transcript, said)
        slot = await self._live.put(said)
        return slot.seq

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that wait for an answer, oldest first."""
        return questions_in(self.transcript)

    async def answer(self, question: str | Question, value: object, *, by: str = USER, id: str | None = None) -> None:
        """Answer a question. Raises ConfigurationError where it is not open, or the value does not fit.

        question: one of `questions`, or its id. value: what was asked for; to an act that needs a person's word an
        `Approval`, or just True or False. id: the caller's own of this command; the same id again does nothing.
        """
        if id is not None and id in commands_in(self.transcript):
            return
        pause = pause_of(question)
        answered = Answered(pause=pause, value=answer_of(self.transcript, pause, value), by=by, id=id)
        check_answer(self.transcript, answered)
        await self._live.put(answered)

    async def interrupt(self, reason: str | None = None, *, by: str = USER) -> None:
        """Stop the turn that is going on, keep what has arrived, and close the run."""
        await self._live.put(Interrupted(by=by, reason=reason))

    async def signal(self, name: str, *, by: str = USER) -> None:
        """Send a signal that an `External` rule may wait for."""
        await self._live.put(ExternalSignal(name=name, by=by))


async def _taken(store: Store, conversation: str) -> Lease:
    """The lease. Where this is cancelled from outside while a thread takes it, it is let go of again."""
    owner = this_process(secrets.token_hex(4))
    if store.beat is None:
        return await store.take(conversation, owner)
    taken: list[Lease] = []

    async def take() -> None:
        taken.append(await store.take(conversation, owner))

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take)
    except BaseException as error:
        if taken:
            await _let_go(store, taken[0])
        raise only_one(error) from None
    return taken[0]


async def _let_go(store: Store, lease: Lease) -> None:
    """Release the lease, also where this is cancelled. A full disk must not keep this process from going on later."""
    with anyio.CancelScope(shield=True):
        try:
            await store.release(lease)
        except StoreError:
            is_over(lease.owner)
            raise


async def _sandboxes(agents: Sequence[Agent]) -> dict[str, Sandbox]:
    """The sandbox of each agent that has one, probed. Raises SandboxUnavailable before anything is written."""
    return {agent.name: await choose(agent.sandbox) for agent in agents if agent.sandbox is not None}


async def only_one_in(store: Store) -> str:
    """The id of the one conversation that a file holds. Raises NoSuchConversation for an empty one."""
    heads = await store.heads()
    if not heads:
        raise NoSuchConversation("the file holds no conversation")
    return heads[0].conversation


def _end_what_is_over(book: Book) -> None:
    """Close a run whose end is due and was not written: what somebody says opens another, that hears it."""
    while (due := decide(book.transcript)) is not None and isinstance(due.event, Warned | Overrun | Closed):
        book.enter(due.event, due.cause)


def _refuse_unsettled(transcript: Transcript) -> None:
    """Refuse before anything is written: whether to repeat an act on the outside world is a person's choice."""
    open_calls = unsettled(transcript)
    if open_calls:
        told = "; ".join(
            f"the {started.recipe.call} call of {started.agent} at event {seq}" for seq, started in open_calls
        )
        raise CallUnsettled(
            f"it is unknown whether {told} had its effect before the process ended; "
            "resume with in_doubt='retry' to make it again, or in_doubt='fail' to give it up"
        )
