"""Conversations: a team with its rules, opening one with it and running it. `kept` has what comes after."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import anyio
from anyio.from_thread import start_blocking_portal
from pydantic import BaseModel
from pydantic_core import to_json

from agentchat.agents.types import Kinds, kinds_of
from agentchat.agreeing import charter_for, wrong_terms
from agentchat.buses.memory import MemoryBus, MemoryFeed
from agentchat.errors import ConfigurationError, NoSuchConversation
from agentchat.history import answer as give
from agentchat.kept import Kept
from agentchat.models.scripted import ScriptedModel
from agentchat.nested import ConversationTool, TeamAgent
from agentchat.policy.asked import asked_in
from agentchat.policy.charter import CallLimits, Charter, InDoubt
from agentchat.policy.check import check_bound, problems_in
from agentchat.policy.naming import words
from agentchat.policy.rules import Judge as JudgeRule
from agentchat.policy.rules import Never, Rule
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.result import Result
from agentchat.routing import Graph, Routing, judge_of, routing_of
from agentchat.run import Run, Terms
from agentchat.runtime.clock import SystemClock
from agentchat.runtime.manager import Judge
from agentchat.runtime.questions import Answerer
from agentchat.seams import Agent, Clock, PersonAnswer, Store, lacking
from agentchat.stores.opening import open_store
from agentchat.stores.reading import load
from agentchat.transcript.calls import Reserved
from agentchat.transcript.chain import digest
from agentchat.transcript.events import Position
from agentchat.transcript.transcript import Message, Transcript


class Conversation(Kept):
    """A team, the rules that end a run of it, and the store where its conversations are kept.

    agents: who takes part; a `Supervisor` stands for itself and its team, a `Graph` for all its agents. routing: how
    the next agent is chosen: in turn by default, else `Selector`, `Handoffs`, `Supervised`, a `Graph`, or a function of
    the transcript that names an agent. until: the rule that ends a run. budget: caps of a run. store: None keeps it in
    memory, a path ending in .jsonl in one file, any other path in a SQLite database. in_doubt: what to do, on resuming,
    about a call with outside effects whose result was lost ("ask", "retry", "fail"). limits: bounds of one turn.
    answer: answers questions to people in their place (a function of the `Question`, plain or async); without it a run
    that waits for a person is left, and goes on when it is resumed with the answer. clock, ids: where times and the ids
    of new conversations come from, for tests that are to give the same bytes each time.

    Raises ConfigurationError or NoBound for a team that makes no sense. One object may run many conversations at once.
    """

    @words(
        participants="agents, the first argument",
        max_turns="until=MaxTurns(...)",
        max_round="until=MaxTurns(...)",
        max_rounds="until=MaxTurns(...)",
        termination_condition="until=",
        speaker_selection_method="routing=",
        checkpointer="store=",
        max_cost="budget=Budget(usd=...)",
        model="model= of each agent",
    )
    def __init__(
        self,
        agents: Sequence[Agent] | Agent | Graph,
        *,
        routing: Routing | Callable[[Transcript], object] | None = None,
        until: Rule | None = None,
        budget: Budget | None = None,
        store: Store | str | Path | None = None,
        in_doubt: InDoubt = "ask",
        limits: CallLimits | None = None,
        answer: Answerer | None = None,
        clock: Clock | None = None,
        ids: Callable[[], str] | None = None,
    ) -> None:
        until, budget = Never() if until is None else until, Budget() if budget is None else budget
        limits = CallLimits() if limits is None else limits
        wrong = [*wrong_terms(until, budget, limits, in_doubt, answer), *_wrong_sources(clock, ids)]
        if wrong:
            raise ConfigurationError(*wrong)
        team, way = _team(agents, routing)
        plan = way.plan(team)
        charter, problems = charter_for(team, plan, limits, in_doubt)
        problems += problems_in(charter, until, budget, whole=not problems)
        problems += _same_scripts(team)
        if problems:
            raise ConfigurationError(*problems)
        check_bound(charter, until, budget)
        types = {name: kind for agent in team for name, kind in agent.types.items()}
        self.terms = Terms(
            agents=team,
            charter=charter,
            written=charter.written(),
            until=until,
            budget=budget,
            types=types,
            judges={**way.judges(types), **_judges_of(until, types)},
            answerer=answer,
            bus=MemoryBus(),
            feed=MemoryFeed(),
            clock=clock or SystemClock(),
        )
        self._kept = store is not None
        self.store: Store = open_store(store)
        self._new_id = ids or new_id

    @property
    def charter(self) -> Charter:
        """What the team agrees on: it is written into each conversation, and compared when one is resumed."""
        return self.terms.charter

    async def run(self, task: BaseModel | str, *, id: str | None = None) -> Result:
        """Open a conversation with a task and drive it until it ends. What goes wrong in it is told by the outcome.

        task: text, or a typed message. id: what to call the conversation, for `resume` and the commands; without it
        the time and eight random digits. Raises ConversationExists where the id is taken, and SandboxUnavailable or a
        StoreError before anything is asked.
        """
        run = Run(self.terms, self.store, self._new_id() if id is None else id, task, attended=False)
        async with run:
            return await run.wait()

    def run_sync(self, task: BaseModel | str, *, id: str | None = None) -> Result:
        """`run` for a program that is not async. Inside a running event loop it works in a thread of its own."""
        return _in_own_loop(lambda: self.run(task, id=id))

    def open(
        self, task: BaseModel | str, *, id: str | None = None, to: str | None = None, attended: bool = True
    ) -> Run:
        """A live run: `async with chat.open("...") as run`, then iterate over it, say things, interrupt it.

        task, id: as for `run`. to: the one agent that the task is for, and that alone sees it. attended: whether
        somebody is there to answer questions; else a run in which everything waits for an answer is left, and goes on
        when it is resumed with it.
        """
        return Run(self.terms, self.store, self._new_id() if id is None else id, task, to=to, attended=attended)

    # inside another conversation

    @property
    def fingerprint(self) -> str:
        """A digest of all that was agreed: of the team without its models' prices, its rules and its budget."""
        agreed = [self.charter.without_prices().written(), self.terms.until.written(), self.terms.budget.written()]
        return digest(to_json(agreed))

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers of its models, and of the teams inside it."""
        return tuple(sorted(self.charter.tiers()))

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The names of the models in it that no cap on money takes, for want of a price."""
        budget = self.terms.budget
        return () if budget.excuses(budget) else tuple(sorted(self.charter.unpriced()))

    def as_tool(self, name: str, description: str | None = None) -> ConversationTool:
        """The team as a tool of an agent elsewhere: its argument is the task, its result the output."""
        return ConversationTool(self, name, description)

    def as_agent(
        self, name: str, *, description: str | None = None, accepts: Kinds = None, emits: Kinds = None
    ) -> TeamAgent:
        """The team as an agent elsewhere: each of its turns is a run here. accepts, emits: as `Assistant`."""
        taken, given = kinds_of(accepts, f"accepts of {name}"), kinds_of(emits, f"emits of {name}")
        return TeamAgent(self, name, description=description, accepts=taken, emits=given)

    async def hold_inside(
        self, id: str, task: BaseModel | str, parent: Position, most: Reserved | None, store: Store | None
    ) -> Result:
        """Hold a conversation for a call of another one, or go on with it where it was begun already."""
        kept = self._inside(id, store)
        begun = await _begun(kept, id)
        budget = self.terms.budget if most is None else self.terms.budget.within(most)
        terms = self.terms._replace(budget=budget if begun is None else state_of(begun).budget)
        if begun is not None and not state_of(begun).board.live:
            return Result(begun, terms.types)
        asked = task if begun is None else None
        run = Run(terms, kept, id, asked, resume=begun is not None, in_doubt="retry", attended=False, parent=parent)
        async with run:
            return await run.wait()

    async def answer_inside(self, id: str, question: str, answer: PersonAnswer, store: Store | None) -> None:
        """Answer a question that a conversation held inside another one waits with, if it still does."""
        kept = self._inside(id, store)
        if question in asked_in(await load(kept, id)).open:
            await give(kept, id, question, answer.value, by=answer.by, clock=self.terms.clock)

    def _inside(self, id: str, store: Store | None) -> Store:
        """Where a conversation is kept that is held inside one of `store`: a store of its own comes first."""
        return self.store if self._kept or store is None else store.beside(id)


def new_id() -> str:
    """An id that sorts by time: date, time of day (UTC), and eight random hex digits."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


def _team(
    agents: Sequence[Agent] | Agent | Graph, routing: Routing | Callable[[Transcript], object] | None
) -> tuple[tuple[Agent, ...], Routing]:
    """Everyone who takes part, and how the next is chosen."""
    if isinstance(agents, Graph):
        if routing is not None:
            raise ConfigurationError("a Graph is a routing itself; leave routing= out")
        way: Routing = agents
        given: Sequence[Agent] = ()
    else:
        given = tuple(agents) if isinstance(agents, Sequence) and not isinstance(agents, str) else (agents,)
        strangers = [one for one in given if not callable(getattr(one, "respond", None))]
        if strangers:
            told = ", ".join(map(repr, strangers))
            raise ConfigurationError(f"{told} is no agent; {_instead(strangers[0])}")
        way = routing_of(routing, given)
    team = way.agents(given)
    halves = [
        f"{one!r} is no agent: {missing}; make its class from BaseAgent"
        for one in team
        if (missing := lacking(one, Agent))
    ]
    if halves:
        raise ConfigurationError(*halves)
    return team, way


def _wrong_sources(clock: Clock | None, ids: object) -> list[str]:
    """What is wrong with where times and ids come from."""
    found = []
    if clock is not None and (missing := lacking(clock, Clock)):
        found.append(f"clock={clock!r} is no clock: {missing}")
    if ids is not None and not callable(ids):
        found.append(f"ids={ids!r}: it must be a function that gives a new id")
    return found


def _instead(stranger: object) -> str:
    """What to give in place of something that is no agent."""
    if isinstance(stranger, Conversation):
        return "a conversation is one with chat.as_agent('name')"
    if isinstance(stranger, Iterable) and not isinstance(stranger, str):
        return "agents are given as a list: [coder, runner]"
    return "an agent is an Assistant, a UserProxy, ..."


def _judges_of(until: Rule, types: Mapping[str, type[BaseModel]]) -> dict[str, Judge]:
    """The users' functions among the rules, by the names in the record."""
    return {
        leaf.name: judge_of(leaf.call, types, plain=Message)
        for leaf in until.leaves()
        if isinstance(leaf, JudgeRule) and leaf.call is not None
    }


async def _begun(store: Store, id: str) -> Transcript | None:
    try:
        return await load(store, id)
    except NoSuchConversation:
        return None


def _same_scripts(agents: Sequence[Agent]) -> list[str]:
    """Two scripts of one name would be one script to the record, which counts a model's answers by its name."""
    scripts: dict[str, ScriptedModel] = {}
    problems = []
    for agent in agents:
        try:
            models = (agent.model, *agent.fallbacks, agent.stronger)
        except ConfigurationError:  # told with its card
            continue
        for model in models:
            if isinstance(model, ScriptedModel):
                name = model.card().name
                if scripts.setdefault(name, model) is not model:
                    problems.append(
                        f"two scripted models are named {name!r}; give each its own: ScriptedModel([...], name='...')"
                    )
    return list(dict.fromkeys(problems))


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
