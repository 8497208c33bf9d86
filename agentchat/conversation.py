"""Conversations: opening one, running it, taking part in it while it goes on, and going on with one that stopped."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import anyio
from anyio.from_thread import start_blocking_portal
from pydantic import BaseModel

from agentchat.buses.memory import MemoryBus, MemoryFeed
from agentchat.errors import ConfigurationError, NoSuchConversation
from agentchat.history import say
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.budget import Budget
from agentchat.policy.charter import CallLimits, Charter, InDoubt
from agentchat.policy.check import check
from agentchat.policy.routing import ROUND_ROBIN
from agentchat.policy.rules import Never, Rule
from agentchat.result import Result
from agentchat.run import USER, Run, Terms, only_one_in
from agentchat.runtime.clock import SystemClock
from agentchat.seams import Agent, Clock, Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.opening import open_store


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
        strangers = [repr(one) for one in agents if not callable(getattr(one, "respond", None))]
        if strangers:
            raise ConfigurationError(f"{', '.join(strangers)} is no agent; an agent is an Assistant, a UserProxy, ...")
        charter = Charter(
            agents=tuple(agent.card() for agent in agents),
            routing=ROUND_ROBIN,
            limits=limits or CallLimits(),
            in_doubt=in_doubt,
        )
        self.terms = Terms(
            agents=tuple(agents),
            charter=charter,
            written=charter.written(),
            until=Never() if until is None else until,
            budget=Budget() if budget is None else budget,
            types={name: kind for agent in agents for name, kind in agent.types.items()},
            bus=MemoryBus(),
            feed=MemoryFeed(),
            clock=clock or SystemClock(),
        )
        check(charter, self.terms.until, self.terms.budget)
        _check_scripts(agents)
        self.store: Store = open_store(store)
        self._new_id = ids or new_id

    @property
    def charter(self) -> Charter:
        """What the team agrees on: it is written into each conversation, and compared when one is resumed."""
        return self.terms.charter

    async def run(self, task: BaseModel | str, *, id: str | None = None) -> Result:
        """Open a conversation with a task and drive it until it ends."""
        async with self.open(task, id=id) as run:
            return await run.wait()

    def run_sync(self, task: BaseModel | str, *, id: str | None = None) -> Result:
        """`run` for a program that is not async. Inside a running event loop it works in a thread of its own."""
        return _in_own_loop(lambda: self.run(task, id=id))

    def open(self, task: BaseModel | str, *, id: str | None = None) -> Run:
        """A live run: `async with chat.open("...") as run`, then iterate over it, say things, interrupt it."""
        return Run(self.terms, self.store, id or self._new_id(), task)

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
        return Run(self.terms, store, id, say, resume=True, in_doubt=in_doubt or self.charter.in_doubt)

    async def say(self, source: str | Path, text: BaseModel | str, *, to: str | None = None, sender: str = USER) -> int:
        """Say something to a conversation that another process runs; it is heard from the next turn on.

        Returns its sequence number once it is stored. Raises ConversationClosed when no run is going on there.
        """
        store, id = self._located(source)
        id = await only_one_in(store) if id is None else id
        return await say(store, id, text, to=to, sender=sender, clock=self.terms.clock)

    def _located(self, source: str | Path) -> tuple[Store, str | None]:
        path = Path(source)
        if isinstance(source, Path) or path.suffix == ".jsonl" or path.is_file():
            if not path.is_file():
                raise NoSuchConversation(f"there is no file {path}")
            return JsonlStore(path), None
        return self.store, str(source)


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


def _in_own_loop(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run `work` in an event loop: here where none is running, else in a thread of its own."""
    if not _loop_running():
        return anyio.run(work)
    with start_blocking_portal() as portal:
        future = portal.start_task_soon(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C in a notebook: the run is stopped and closed before this returns
            raise


def _loop_running() -> bool:
    try:
        anyio.get_current_task()
    except Exception:
        return False
    return True
