"""A conversation inside another: a team or an agent as a tool, and a team as an agent.

The inner conversation is one of its own, in the same store, with `parent` pointing to the call that holds it; the
call's result names it and what it has cost, which is charged to the outer budget. What it may spend is what the outer
budget had left when it began. An interrupt of the outer one stops the inner one, and what the inner one asks a
person is asked in the outer one. Its id follows from the call, so that a call which is made again after a crash goes on
with the same conversation.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, Protocol

import anyio
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from agentchat.agents.base import BaseAgent
from agentchat.agents.types import names_of
from agentchat.errors import AgentChatError, ToolError, only_one
from agentchat.policy.cards import ToolCard
from agentchat.policy.charter import AgentCard
from agentchat.policy.spending.amounts import WHOLE, Amount
from agentchat.policy.spending.budget import NOTHING
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.spending.prices import NANOS
from agentchat.policy.spending.usage import usage_of
from agentchat.result import Result
from agentchat.runtime.questions import Question
from agentchat.seams import Asks, PersonAnswer, Says, Store, ToolCallContext, Turn
from agentchat.tools.arguments import read_arguments
from agentchat.tools.function import checked_tool_name
from agentchat.transcript.calls import JsonObject, Measured, Reserved, Share, ToolResult
from agentchat.transcript.events import Position
from agentchat.transcript.messages import json_of, read_as
from agentchat.transcript.transcript import Message

TASK: Final = "task"
"""The argument that carries the task of the inner conversation."""
TYPE: Final = "type"
"""The argument that names the type of the task, where it may be one of several."""


class Held(Protocol):
    """A conversation that can be held inside another."""

    @property
    def fingerprint(self) -> str:
        """What the inner team agreed on, as a digest: a change of it is a change of the tool."""
        ...

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers of its models, and of the teams inside it."""
        ...

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The names of the models in it that no cap on money takes, for want of a price."""
        ...

    def hold_inside(
        self, id: str, task: BaseModel | str, parent: Position, most: Reserved | None, store: Store | None
    ) -> Awaitable[Result]:
        """Run it, or go on with it where it was begun already."""
        ...

    async def answer_inside(self, id: str, question: str, answer: PersonAnswer, store: Store | None) -> None:
        """Answer a question that it waits with, if it still does."""
        ...


class ConversationTool:
    """A conversation as a tool: its argument is the task, its result the output of the run.

    tasks, answers: the message types that it takes and gives, where it is an agent; text where there are none. Where
    there are several, an argument and the result name the one.
    """

    def __init__(
        self,
        conversation: Held,
        name: str,
        description: str | None,
        *,
        tasks: tuple[type, ...] = (),
        answers: tuple[type, ...] = (),
    ) -> None:
        self.name = checked_tool_name(name, "of a team")
        self._conversation = conversation
        self._tasks = {kind.__name__: kind for kind in tasks} or {"str": str}
        self._names_answer = len(answers) > 1
        forms = {name: _form(kind) for name, kind in self._tasks.items()}
        properties: JsonObject = {TASK: next(iter(forms.values()))}
        if len(forms) > 1:
            properties = {TYPE: {"enum": list(forms)}, TASK: {"description": f"a message of that {TYPE}"}}
        self._card = ToolCard(
            name=name,
            description=description or f"Hand a task to {name}.",
            parameters={
                "type": "object",
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            },
            idempotent=True,  # made again, it goes on with the same conversation
            source=conversation.fingerprint,
            tiers=conversation.tiers or None,
            unpriced=conversation.unpriced or None,
        )

    def card(self) -> ToolCard:
        """The tool as the charter records it."""
        return self._card

    def check(self, arguments: str) -> JsonObject | list[str]:
        """The task that a model wrote, or what is wrong with it."""
        found = read_arguments(arguments)
        if isinstance(found, list):
            return found
        wanted = (TASK,) if len(self._tasks) == 1 else (TYPE, TASK)
        if set(found) != set(wanted):
            many = "one argument" if len(wanted) == 1 else "two arguments"
            return [f"give {many}, {' and '.join(map(repr, wanted))}"]
        if TYPE in found and found[TYPE] not in self._tasks:
            return [f"{TYPE} must be one of: {', '.join(self._tasks)}"]
        try:
            self._task(found)
        except ValueError as error:
            return [str(error)]
        return found

    def given(self, message: Message) -> JsonObject:
        """The arguments that hand a message over: as the type it is of, or as text where that is taken."""
        said = message.model({kind.__name__: kind for kind in self._tasks.values() if issubclass(kind, BaseModel)})
        for name, kind in self._tasks.items():
            if issubclass(kind, BaseModel) and not isinstance(said, kind):
                continue
            task = json_of(said) if issubclass(kind, BaseModel) else message.text
            return {TASK: task} if len(self._tasks) == 1 else {TYPE: name, TASK: task}
        return {TASK: message.text}  # of no type that is taken: told when the arguments are checked

    def _task(self, arguments: JsonObject) -> BaseModel | str:
        """The task that the arguments hold. Raises ValueError."""
        kind, task = self._tasks[str(arguments.get(TYPE, next(iter(self._tasks))))], arguments[TASK]
        if issubclass(kind, BaseModel):
            return read_as(kind, task)
        if not isinstance(task, str):
            raise ValueError(f"{TASK} must be text")
        return task

    async def call(self, arguments: JsonObject, context: ToolCallContext) -> JsonValue:
        """Refused: it can only be held within a conversation."""
        raise ToolError(f"{self.name} is a conversation, and is held by the turn of an agent")

    async def hold(
        self, arguments: JsonObject, context: ToolCallContext, parent: Position, allowance: Reserved | None
    ) -> ToolResult:
        """Hold it, within what may be spent. What it asks a person is asked outside, and it goes on with the answer."""
        task = self._task(arguments)
        id = f"{context.conversation}.{context.call.partition(':')[2]}"
        while True:
            try:
                result = await self._conversation.hold_inside(id, task, parent, allowance, context.store)
            except AgentChatError as error:
                return ToolResult(ok=False, value=f"{type(error).__name__}: {error}")
            if result.outcome.kind != "paused" or context.ask is None:
                return _told(result, allowance, named=self._names_answer)
            await self._pass_on(id, result.questions, context.ask, context.store)

    async def _pass_on(self, id: str, questions: tuple[Question, ...], ask: Asks, store: Store | None) -> None:
        """Have all that is asked inside answered outside."""

        async def put(question: Question) -> None:
            answer = await ask(question.id, question.text, question.schema, question.to)
            await self._conversation.answer_inside(id, question.id, answer, store)

        try:
            async with anyio.create_task_group() as tasks:
                for question in questions:
                    tasks.start_soon(put, question)
        except BaseExceptionGroup as group:
            raise only_one(group) from None


class TeamAgent(BaseAgent):
    """A conversation as an agent: each of its turns is a run of the inner team on the message of the turn."""

    def __init__(
        self,
        conversation: Held,
        name: str,
        *,
        description: str | None = None,
        accepts: tuple[type, ...] = (),
        emits: tuple[type, ...] = (),
    ) -> None:
        super().__init__(name, description=description)
        self._tool = ConversationTool(conversation, name, description, tasks=accepts, answers=emits)
        self.tools = (self._tool,)
        self.accepts, self.emits = accepts, emits
        self.types = {kind.__name__: kind for kind in (*accepts, *emits) if issubclass(kind, BaseModel)}

    def card(self) -> AgentCard:
        """The agent as the charter records it: the inner team by its digest."""
        return AgentCard(
            name=self.name,
            kind="team",
            description=self.description,
            tools=(self._tool.card(),),
            accepts=names_of(self.accepts),
            emits=names_of(self.emits),
            source=self._tool.card().source,
        )

    async def respond(self, turn: Turn) -> Says:
        """Hold the inner conversation, and say its output."""
        answer = await turn.tool(self.name, **self._tool.given(turn.subject))
        if not answer.ok:
            raise ToolError(str(answer.value))
        named, kinds = answer.result.type, {kind.__name__: kind for kind in self.emits}
        kind = next(iter(kinds.values()), str) if named is None else kinds.get(named)
        if kind is not None and issubclass(kind, BaseModel):
            try:
                return read_as(kind, answer.value)
            except ValidationError as error:
                raise ToolError(f"the output of team {self.name} is no {kind.__name__}: {error}") from None
        if kind is None:
            raise ToolError(f"team {self.name} gave {named}, and it says {', '.join(kinds)} only")
        return answer.value if isinstance(answer.value, str) else TypeAdapter(object).dump_json(answer.value).decode()


def _form(kind: type) -> JsonObject:
    """The schema of a task."""
    return TypeAdapter[object](kind if issubclass(kind, BaseModel) else str).json_schema()


def _told(result: Result, allowance: Reserved | None, *, named: bool = False) -> ToolResult:
    """The result of an inner conversation: its output where it is done or was limited, else why not."""
    outcome, output = result.outcome, result.output
    value = json_of(output) if isinstance(output, BaseModel) else output
    limit = kind = None
    ok = outcome.kind in ("done", "limit") and output is not None
    if ok:
        kind = type(output).__name__ if named else None
    else:
        reason, tiers = outcome.reason, None if allowance is None else allowance.tiers
        for tier, share in (tiers or {}).items():
            if share == NOTHING and outcome.values.get("scope") == f"{_TIER}{tier}":
                reason = f"nothing was left for it of the cap on tier {tier}"
        value = f"{outcome.kind}: {reason}"
        limit = reason if outcome.kind == "limit" else None
    spent, uncounted = spent_in(result)
    return ToolResult(
        ok=ok,
        value=value,
        type=kind,
        child=result.conversation,
        spent=spent,
        uncounted=uncounted or None,
        limit=limit,
    )


def spent_in(result: Result) -> tuple[Reserved, tuple[Measured, ...]]:
    """What an inner conversation has cost in all, as its own ledger has it, and in which units it may be more."""
    accounts = ledger_of(result.transcript).conversation
    whole = ledger_of(result.transcript).account(WHOLE, "conversation").taken
    tiers = {
        scope.removeprefix(_TIER): _share(account.taken)
        for scope, account in accounts.items()
        if scope.startswith(_TIER)
    }
    used = usage_of(result.transcript).total
    complete: dict[Measured, bool] = {"tokens": used.tokens.complete, "usd": used.usd.complete}
    uncounted = tuple(unit for unit, known in complete.items() if not known)
    return Reserved(**_share(whole).model_dump(), tiers=tiers or None), uncounted


_TIER: Final = "tier "


def _share(taken: Amount) -> Share:
    return Share(calls=taken.calls, tokens=taken.tokens, usd=taken.nanos / NANOS)
