"""Conversations: opening one, running it, taking part in it while it goes on, and going on with one that stopped."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType

import anyio
from anyio.abc import TaskGroup
from pydantic import BaseModel

from agentchat.buses.memory import MemoryBus, MemoryFeed
from agentchat.errors import (
    AgreementChanged,
    CallUnsettled,
    ConfigurationError,
    ConversationClosed,
    ConversationExists,
    NoSuchConversation,
)
from agentchat.history import check_said, say
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.budget import Budget
from agentchat.policy.charter import CallLimits, Charter, InDoubt, changes, charter_of
from agentchat.policy.check import check
from agentchat.policy.decide import POLICY_VERSION
from agentchat.policy.routing import ROUND_ROBIN
from agentchat.policy.rules import Elapsed, Never, Rule
from agentchat.policy.state import state_of
from agentchat.result import Result
from agentchat.runtime.clock import SystemClock
from agentchat.runtime.manager import Manager
from agentchat.runtime.rerun import unsettled
from agentchat.runtime.watch import Watch
from agentchat.sandboxes.choosing import choose
from agentchat.seams import Agent, Clock, Lease, Sandbox, Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.opening import open_store
from agentchat.stores.owners import this_process
from agentchat.stores.reading import load
from agentchat.transcript.events import (
    ExternalSignal,
    Interrupted,
    Opened,
    RunStarted,
    Said,
    Taken,
)
from agentchat.transcript.messages import wrap
from agentchat.transcript.transcript import Transcript

USER = "user"
"""The sender of a task and of whatever a person says, unless another name is given."""


class Conversation:
    """A team, the rules that end a run of it, and the store where its conversations are kept.

    agents: who takes part, in turn. until: the rule that ends a run. budget: caps of a run. store: None keeps it in
    memory, a path ending in .jsonl in one file, any other path in a SQLite database. in_doubt: what to do, on resuming,
    about a call with outside effects whose result was lost ("ask", "retry", "fail"). limits: bounds of one turn.

    Raises ConfigurationError or NoBound for a team that makes no sense. One object may run many conversations at once.
    """

    def __init__(
        self,
        agents: Sequence[Agent],
        *,
        until: Rule | None = None,
        budget: Budget | None = None,
        store: Store | str | Path | None = None,
        in_doubt: InDoubt = "ask",
        limits: CallLimits | None = None,
        clock: Clock | None = None,
        ids: Callable[[], str] | None = None,
    ) -> None:
        self.agents = tuple(agents)
        self.until = Never() if until is None else until
        self.budget = Budget() if budget is None else budget
        self.store: Store = open_store(store)
        self.clock: Clock = clock or SystemClock()
        self.new_id = ids or new_id
        self.charter = Charter(
            agents=tuple(agent.card() for agent in self.agents),
            routing=ROUND_ROBIN,
            limits=limits or CallLimits(),
            in_doubt=in_doubt,
        )
        check(self.charter, self.until, self.budget)
        _check_scripts(self.agents)
        self.types: dict[str, type[BaseModel]] = {
            name: kind for agent in self.agents for name, kind in agent.types.items()
        }
        self.bus = MemoryBus()
        self.feed = MemoryFeed()

    async def run(self, task: BaseModel | str, *, id: str | None = None) -> Result:
        """Open a conversation with a task and drive it until it ends."""
        async with self.open(task, id=id) as run:
            return await run.wait()

    def run_sync(self, task: BaseModel | str, *, id: str | None = None) -> Result:
        """`run` for a program that is not async. Inside a running event loop it works in a thread of its own."""
        return _in_own_loop(lambda: self.run(task, id=id))

    def open(self, task: BaseModel | str, *, id: str | None = None) -> Run:
        """A live run: `async with chat.open("...") as run`, then iterate over it, say things, interrupt it."""
        return Run(self, self.store, id or self.new_id(), task)

    async def resume(
        self,
        source: str | Path,
        *,
        say: BaseModel | str | None = None,
        in_doubt: InDoubt | None = None,
    ) -> Result:
        """Go on with a conversation where it stopped, and drive it until it ends.

        source: the id of a conversation in the store, or a transcript file, which is then written on. A run that was
        cut off goes on; one that ended by a limit, an interruption or a failure gets a new run; one that is done stays
        as it is, unless `say` gives it something new.

        Raises LeaseHeld while another process runs it, AgreementChanged when team or rules are not those it was opened
        with, CallUnsettled when a call may or may not have had its effect and in_doubt says to ask.
        """
        async with self.reopen(source, say=say, in_doubt=in_doubt) as run:
            return await run.wait()

    def reopen(self, source: str | Path, *, say: BaseModel | str | None = None, in_doubt: InDoubt | None = None) -> Run:
        """As `resume`, as a live run."""
        store, id = self._located(source)
        return Run(self, store, id, say, resume=True, in_doubt=in_doubt or self.charter.in_doubt)

    async def say(self, source: str | Path, text: BaseModel | str, *, to: str | None = None, sender: str = USER) -> int:
        """Say something to a conversation that another process runs; it is heard from the next turn on.

        Returns its sequence number once it is stored. Raises ConversationClosed when no run is going on there.
        """
        store, id = self._located(source)
        id = await _only(store) if id is None else id
        return await say(store, id, text, to=to, sender=sender, clock=self.clock)

    def _located(self, source: str | Path) -> tuple[Store, str | None]:
        path = Path(source)
        if isinstance(source, Path) or path.suffix == ".jsonl" or path.is_file():
            if not path.is_file():
                raise NoSuchConversation(f"there is no file {path}")
            return JsonlStore(path), None
        return self.store, str(source)


class Run:
    """A live conversation. Use it as an async context manager, which starts it; leaving waits for its end."""

    def __init__(
        self,
        chat: Conversation,
        store: Store,
        id: str | None,
        task: BaseModel | str | None,
        *,
        resume: bool = False,
        in_doubt: InDoubt = "ask",
    ) -> None:
        self._chat = chat
        self._store = store
        self._id = id
        self._task = task
        self._resume = resume
        self._in_doubt: InDoubt = in_doubt
        self._manager: Manager | None = None
        self._life = self._live_on()
        self._tasks: TaskGroup
        self._lease: Lease | None = None
        self._watches: list[Watch] = []
        self._ended = anyio.Event()
        self._driving = False
        self._error: Exception | None = None

    # life

    async def __aenter__(self) -> Run:
        return await self._life.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._life.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def _live_on(self) -> AsyncIterator[Run]:
        """From the lease to its release. What a task raises comes out as itself, not in a group of one."""
        sandboxes = await _sandboxes(self._chat.agents)
        await (self._load() if self._resume else self._begin())
        manager = self._live
        try:
            for agent in self._chat.agents:
                manager.seat(agent, sandboxes.get(agent.name))
            async with anyio.create_task_group() as self._tasks:
                self._start()
                yield self
                await self._ended.wait()
                self._tasks.cancel_scope.cancel()
            if self._error is not None:
                raise self._error
        except BaseExceptionGroup as group:
            raise _only_one(group) from None
        finally:
            manager.leave()
            if self._lease is not None:
                with anyio.CancelScope(shield=True):
                    await self._store.release(self._lease)

    @property
    def _live(self) -> Manager:
        if self._manager is None:
            raise ConversationClosed("the run is not started: use `async with`")
        return self._manager

    def _manage(self, id: str, transcript: Transcript) -> Manager:
        chat = self._chat
        self._manager = Manager(
            id,
            transcript,
            store=self._store,
            bus=chat.bus,
            feed=chat.feed,
            clock=chat.clock,
            in_doubt=self._in_doubt,
        )
        return self._manager

    async def _begin(self) -> None:
        assert self._id is not None
        assert self._task is not None
        manager = self._manage(self._id, Transcript())
        self._lease = await self._store.take(self._id, this_process(secrets.token_hex(4)))
        try:
            opened = Opened(conversation=self._id, charter=self._chat.charter.written())
            manager.book.epoch = self._lease.epoch
            if await self._exists(self._id):
                raise ConversationExists(f"there is a conversation {self._id!r} already; resume it, or use another id")
            manager.book.enter(opened, 0)
            self._enter_run(self._task)
            await manager.commit()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._store.release(self._lease)
            raise

    async def _exists(self, id: str) -> bool:
        try:
            return bool(await self._store.read(id))
        except NoSuchConversation:
            return False

    async def _load(self) -> None:
        id = self._id if self._id is not None else await _only(self._store)
        await self._store.read(id)  # an unknown id or a damaged log is said before a lease is taken
        lease = await self._store.take(id, this_process(secrets.token_hex(4)))
        self._lease = lease
        try:
            transcript = await load(self._store, id)
            self._check_agreement(transcript)
            if state_of(transcript).board.live and self._in_doubt == "ask":
                _refuse_unsettled(transcript)
            manager = self._manage(id, transcript)
            manager.book.epoch = lease.epoch
            if self._needs_more(transcript):
                manager.book.enter(Taken(owner=lease.owner, epoch=lease.epoch), 0)
                if not state_of(transcript).board.live:
                    self._enter_run(self._task)
                elif self._task is not None:
                    manager.offer(Said(sender=USER, body=wrap(self._task)))
                await manager.commit()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._store.release(lease)
            raise

    def _needs_more(self, transcript: Transcript) -> bool:
        board = state_of(transcript).board
        if board.live or self._task is not None:
            return True
        return Result(transcript).outcome.kind in ("limit", "failed", "interrupted")

    def _check_agreement(self, transcript: Transcript) -> None:
        found = changes(charter_of(transcript), self._chat.charter)
        state = state_of(transcript)
        if state.board.live:
            if str(state.rule) != str(self._chat.until):
                found.append(f"until: was {state.rule}, is {self._chat.until}")
            if state.budget != self._chat.budget:
                found.append(f"budget: was {state.budget}, is {self._chat.budget}")
        if found:
            raise AgreementChanged("the conversation was opened with another team or other rules:", found)

    def _enter_run(self, task: BaseModel | str | None) -> None:
        book, chat = self._live.book, self._chat
        board = state_of(book.transcript).board
        started = RunStarted(
            run=board.run + 1, rules=chat.until.written(), budget=chat.budget.written(), policy=POLICY_VERSION
        )
        slot = book.enter(started, 0 if board.closed is None else board.closed.seq)
        if task is not None:
            book.enter(Said(sender=USER, body=wrap(task)), slot.seq)

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

    @property
    def result(self) -> Result:
        """The result, once the run has ended."""
        return Result(self.transcript, self._chat.types)

    async def wait(self) -> Result:
        """Wait for the end of the run. Raises what kept it from going on, such as LeaseLost."""
        await self._ended.wait()
        if self._error is not None:
            raise self._error
        return self.result

    def __aiter__(self) -> Watch:
        """What was entered before, then everything as it is entered, and text as it arrives, to the run's end."""
        watch = Watch(self.transcript, self._live.book.committed, self._chat.feed.subscribe(self.id))
        self._watches.append(watch)
        if self._ended.is_set():
            watch.close()
        return watch

    async def say(self, text: BaseModel | str, *, to: str | None = None, sender: str = USER) -> int:
        """Say something into the run; it is heard from the next turn on. Returns its sequence number.

        Raises ConversationClosed when the run is over, ConfigurationError for an unknown addressee.
        """
        said = Said(sender=sender, to=to, body=wrap(text))
        check_said(self.transcript, said)
        slot = await self._live.put(said)
        return slot.seq

    async def interrupt(self, reason: str | None = None, *, by: str = USER) -> None:
        """Stop the turn that is going on, keep what has arrived, and close the run."""
        await self._live.put(Interrupted(by=by, reason=reason))

    async def signal(self, name: str, *, by: str = USER) -> None:
        """Send a signal that an `External` rule may wait for."""
        await self._live.put(ExternalSignal(name=name, by=by))


def new_id() -> str:
    """An id that sorts by time: date, time of day (UTC), and eight random hex digits."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


def _check_scripts(agents: Sequence[Agent]) -> None:
    """Two scripts of one name would be one script to the record, which counts a model's answers by its name."""
    scripts: dict[str, ScriptedModel] = {}
    for agent in agents:
        model = agent.model
        if isinstance(model, ScriptedModel):
            name = model.card().name
            if scripts.setdefault(name, model) is not model:
                raise ConfigurationError(
                    f"two scripted models are named {name!r}; give each its own: ScriptedModel([...], name='...')"
                )


async def _sandboxes(agents: Sequence[Agent]) -> dict[str, Sandbox]:
    """The sandbox of each agent that has one, probed. Raises SandboxUnavailable before anything is written."""
    return {agent.name: await choose(agent.sandbox) for agent in agents if agent.sandbox is not None}


def _only_one(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The exception that a group holds, where it holds but one."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


async def _only(store: Store) -> str:
    heads = await store.heads()
    if not heads:
        raise NoSuchConversation("the file holds no conversation")
    return heads[0].conversation


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


def _in_own_loop(work: Callable[[], object]) -> Result:
    """Run `work` in an event loop: here where none is running, else in a thread of its own."""
    results: list[Result] = []
    errors: list[BaseException] = []

    async def main() -> None:
        result = await work()  # type: ignore[misc]  # a coroutine of Result
        results.append(result)

    def start() -> None:
        try:
            anyio.run(main)
        except BaseException as error:
            errors.append(error)

    if _loop_running():
        thread = threading.Thread(target=start, name="agentchat-run-sync")
        thread.start()
        thread.join()
    else:
        start()
    if errors:
        raise errors[0]
    return results[0]


def _loop_running() -> bool:
    try:
        anyio.get_current_task()
    except Exception:
        return False
    return True
