"""What an agent may do in its turn: ask its model, run code, call tools, ask a person, set its state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, Generic, TypeVar, cast

import anyio
from anyio.lowlevel import checkpoint
from pydantic import BaseModel, JsonValue, TypeAdapter
from pydantic_core import to_json

from agentchat.errors import CallDiverged, CallNotAdmitted, ConcurrentCalls, ConfigurationError
from agentchat.policy.answering import unfit
from agentchat.policy.prompts.asking import SUMMARISE, Wish, is_closing, sums_up
from agentchat.policy.prompts.context import context_of
from agentchat.policy.routing.plans import PERSON
from agentchat.policy.state import state_of
from agentchat.policy.visibility import seen_by
from agentchat.runtime.calls import Admitted, Call, Done, Performer
from agentchat.runtime.desk import Desk
from agentchat.runtime.performers.ask import AskPerformer
from agentchat.runtime.performers.code import CodePerformer
from agentchat.runtime.performers.model import ModelPerformer
from agentchat.runtime.performers.tool import ToolPerformer
from agentchat.runtime.replying import reply
from agentchat.runtime.rerun import Record
from agentchat.runtime.saying import said_of
from agentchat.runtime.states import state_before
from agentchat.seams import Agent, CodeAnswer, ModelAnswer, PersonAnswer, Sandbox, Says, Tool, ToolAnswer, TypedAnswer
from agentchat.transcript.calls import Answer, JsonObject, Reply, ToolResult
from agentchat.transcript.events import Compacted, Diverged, Refused, Said, StateSet, TurnGiven
from agentchat.transcript.messages import CodeRun, json_of, read_as
from agentchat.transcript.transcript import Message, Transcript

R = TypeVar("R")


class Act(Generic[R]):
    """A call that is made when it is awaited, or handed to `turn.gather`."""

    __slots__ = ("_turn", "performer", "shape")

    def __init__(self, turn: LiveTurn, performer: Performer, shape: Callable[[Done], R]) -> None:
        self._turn = turn
        self.performer = performer
        self.shape = shape

    def __getattr__(self, name: str) -> object:
        raise AttributeError(f"this call was not made, so it has no {name!r}: `await` it first")

    def __await__(self) -> Generator[Any, Any, R]:
        return self._turn.make(self).__await__()


class LiveTurn:
    """A turn that is going on. It is the `Turn` that an agent is handed."""

    def __init__(self, desk: Desk, agent: Agent, sandbox: Sandbox | None, seq: int, given: TurnGiven) -> None:
        self._desk = desk
        self._agent = agent
        self._sandbox = sandbox
        self._seq = seq
        self._given = given
        self._ordinal = 0
        self._state_ordinal = 0
        self._busy = False
        turn = state_of(desk.transcript).board.open_turns.get(seq)
        # nothing is recorded of a turn that was given just now
        self._record = Record(desk.transcript, seq) if turn is not None and turn.acted else None
        self._refusals = 0
        self._summed = False
        self._state: BaseModel | None = None
        self._state_read = False

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self._agent.name

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return self._desk.transcript.conversation

    @property
    def transcript(self) -> Transcript:
        """The whole record so far."""
        return self._desk.transcript

    @property
    def subject(self) -> Message:
        """The message to answer."""
        return self._desk.transcript.message(self._given.subject)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages this agent sees, oldest first; none that came after the turn was given."""
        transcript = self._desk.transcript
        return seen_by(transcript, self.agent, state_of(transcript).board.said, self._seq)

    @property
    def joined(self) -> tuple[Message, ...]:
        """The messages of a join, in the order of its edge; the subject alone where there is none."""
        seqs = (self._given.why.values or {}).get("joined")
        if not isinstance(seqs, list):
            return (self.subject,)
        return tuple(self._desk.transcript.message(seq) for seq in seqs if isinstance(seq, int))

    @property
    def closing(self) -> bool:
        """Whether this is the last turn of a run whose budget is spent: no tools, an answer from what is there."""
        return is_closing(self._given)

    # state

    @property
    def state(self) -> Any:
        """The agent's state in this conversation: an instance of its state class, or None where it has none."""
        kind = self._agent.state_type
        if kind is None:
            return None
        if not self._state_read:
            recorded = state_before(self._desk.transcript, self.agent, self._seq)
            self._state = kind() if recorded is None else read_as(kind, recorded.state)
            self._state_read = True
        return self._state

    async def set_state(self, state: BaseModel) -> None:
        """Record a new state. It is stored with the next commit."""
        kind = self._agent.state_type
        if kind is None or not isinstance(state, kind):
            name = "none" if kind is None else kind.__name__
            raise ConfigurationError(f"agent {self.agent} declares the state class {name}, got {type(state).__name__}")
        self._check_open()
        value = json_of(state, by_alias=False)
        self._state_ordinal += 1
        recorded = [] if self._record is None else self._record.states
        if self._state_ordinal <= len(recorded):
            self._same_state(recorded[self._state_ordinal - 1], value)
        else:
            self._desk.offer(StateSet(turn=self._seq, agent=self.agent, ordinal=self._state_ordinal, state=value))
        self._state, self._state_read = read_as(kind, value), True

    def _same_state(self, recorded: StateSet, value: Any) -> None:
        if recorded.state != value:
            then, now = repr(recorded.state), repr(value)
            self._desk.offer(Diverged(turn=self._seq, ordinal=recorded.ordinal, recorded=then, now=now))
            raise CallDiverged(f"state {recorded.ordinal} of the turn was {then} and is now {now}")

    # calls

    def model(self, prompt: str | None = None, *, history: bool = True) -> Act[ModelAnswer]:
        """Ask the agent's model. `prompt` is added as a user message; without `history` it is all the model sees."""
        return self.wished(Wish(prompt, history, typed=False))

    def wished(self, wish: Wish, *, stronger: bool = False) -> Act[ModelAnswer]:
        """Ask the agent's model, with all that can be said about how."""
        return Act(self, ModelPerformer(self._desk, self._agent, wish, stronger=stronger), _model_answer)

    async def reply(self) -> Says:
        """Let the agent's model answer, tools and repairs included."""
        return await reply(self, self._agent)

    def code(self, source: str, language: str = "python", *, changed: bool = False) -> Act[CodeAnswer]:
        """Run a program in the agent's sandbox. changed: a person put it in place of the one that was asked for."""
        if self._sandbox is None:
            raise ConfigurationError(f"agent {self.agent} has no sandbox; give it one with sandbox=")
        subject = self._given.subject
        performer = CodePerformer(
            self._desk, self.agent, self._sandbox, source, language, subject=subject, changed=changed
        )
        return Act(self, performer, _code_answer)

    def tool(self, name: str, **arguments: JsonValue) -> Act[ToolAnswer]:
        """Call one of the agent's tools. Raises ConfigurationError for an unknown one, or arguments that do not fit."""
        tool = self.tool_named(name)
        if tool is None:
            known = ", ".join(one.name for one in self._agent.tools) or "none"
            raise ConfigurationError(f"agent {self.agent} has no tool {name!r} (it has: {known})")
        checked = tool.check(to_json(arguments).decode())
        if isinstance(checked, list):
            raise ConfigurationError(f"the tool {name}: {'; '.join(checked)}")
        return self.called(tool, checked)

    def tool_named(self, name: str) -> Tool | None:
        """The agent's tool of this name."""
        return next((tool for tool in self._agent.tools if tool.name == name), None)

    def called(
        self, tool: Tool, arguments: JsonObject, tool_call_id: str | None = None, *, changed: bool = False
    ) -> Act[ToolAnswer]:
        """Call a tool with arguments that it has checked. changed: they are a person's, not the model's."""
        performer = ToolPerformer(self._desk, self.agent, tool, arguments, tool_call_id=tool_call_id, changed=changed)
        return Act(self, performer, _tool_answer)

    def ask(
        self, question: str, answer: type = bool, *, to: str = PERSON, tool_call_id: str | None = None
    ) -> Act[PersonAnswer]:
        """Ask a person; `answer` is what they are to give: bool, str, or a pydantic model."""
        kind: TypeAdapter[Any] = TypeAdapter(answer)
        performer = AskPerformer(self._desk, question, kind.json_schema(), to, tool_call_id=tool_call_id)

        def shape(done: Done) -> PersonAnswer:
            given = cast(Answer, done.result)
            return PersonAnswer(kind.validate_python(given.value), given.by, done.seq)

        return Act(self, performer, shape)

    def refuse(
        self,
        problems: Sequence[str],
        *,
        raw: JsonValue = None,
        call: int | None = None,
        tool_call_id: str | None = None,
    ) -> None:
        """Record that an answer, or a tool call that a model asks for, is not accepted, and why."""
        self._check_open()
        calls = None if call is None else (call,)
        refused = Refused(
            turn=self._seq,
            by="agent",
            raw=raw,
            problems=tuple(problems),
            from_calls=calls,
            tool_call_id=tool_call_id,
        )
        recorded = [] if self._record is None else [one for one in self._record.refused if one.by == "agent"]
        self._refusals += 1
        if self._refusals > len(recorded):
            self._desk.offer(refused)
        elif recorded[self._refusals - 1] != refused:
            then, now = repr(recorded[self._refusals - 1]), repr(refused)
            self._desk.offer(Diverged(turn=self._seq, ordinal=self._ordinal, recorded=then, now=now))
            raise CallDiverged(f"refusal {self._refusals} of the turn was {then} and is now {now}")

    def unsayable(self, answer: TypedAnswer) -> tuple[str, ...]:
        """Why a typed answer would not be delivered, if it were said now."""
        transcript = self._desk.transcript
        said = said_of(transcript, self.agent, self._seq, answer)
        return unfit(transcript, state_of(transcript), said) if isinstance(said, Said) else ()

    async def gather(self, *calls: Awaitable[Any]) -> list[Any]:
        """Make several calls at once; results in the order given.

        All are admitted before any starts, in order. Every call runs to its end; then the first error, if any, is
        raised.
        """
        acts = [call for call in calls if isinstance(call, Act)]
        if len(acts) != len(calls):
            raise ConfigurationError(
                "turn.gather takes calls of this turn (turn.model(...), turn.code(...)), unawaited"
            )
        self._claim()
        try:
            return await self._together(acts)
        finally:
            self._busy = False

    async def _together(self, acts: list[Act[Any]]) -> list[Any]:
        results: list[Any] = [None] * len(acts)
        errors: dict[int, Exception] = {}
        admitted: list[tuple[int, Call, Admitted]] = []
        for place, act in enumerate(acts):
            call = self._call(act.performer)
            try:
                admitted.append((place, call, call.admit(len(acts) - place)))
            except Exception as error:
                errors[place] = error
        await self._desk.commit()
        await checkpoint()

        async def finish(place: int, call: Call, way: Admitted) -> None:
            try:
                results[place] = acts[place].shape(await call.finish(way))
            except Exception as error:
                errors[place] = error

        async with anyio.create_task_group() as tasks:
            for place, call, way in admitted:
                tasks.start_soon(finish, place, call, way)
        if errors:
            raise errors[min(errors)]
        return results

    async def make(self, act: Act[R]) -> R:
        """Make one call."""
        self._claim()
        try:
            if isinstance(act.performer, ModelPerformer) and act.performer.shows_history:
                await self._sum_up()
            call = self._call(act.performer)
            try:
                admitted = call.admit()
            except CallNotAdmitted:
                await checkpoint()  # an agent that asks again and again must not keep the loop to itself
                raise
            finally:
                await self._desk.commit()
            return act.shape(await call.finish(admitted))
        finally:
            self._busy = False

    async def _sum_up(self) -> None:
        """Have the model sum up what came before, where there is too much of it to show whole: once a turn."""
        if self._summed or not self._to_sum_up():
            return
        self._summed = True
        wish = Wish(SUMMARISE, typed=False, tools=False)
        call = self._call(ModelPerformer(self._desk, self._agent, wish))
        try:
            admitted = call.admit()
        finally:
            await self._desk.commit()
        done = await call.finish(admitted)
        if self._record is None or done.seq not in self._record.compacted:
            upto = context_of(self._desk.transcript, self.agent).exchange.fresh - 1
            self._desk.offer(Compacted(agent=self.agent, upto=upto, call=done.seq))

    def _to_sum_up(self) -> bool:
        """Whether a summary comes next: as recorded, and behind the record where the context has grown too long."""
        transcript = self._desk.transcript
        recorded = () if self._record is None else self._record.calls.get(self._ordinal + 1, ())
        if recorded:
            return sums_up(recorded[0].started.recipe)
        return context_of(transcript, self.agent).overfull()

    @property
    def busy(self) -> bool:
        """Whether a call of the turn is under way."""
        return self._busy

    def _check_open(self) -> None:
        if self._seq not in state_of(self._desk.transcript).board.open_turns:
            raise CallNotAdmitted(f"this turn of {self.agent} is over; what it does must be done before it returns")

    def _claim(self) -> None:
        self._check_open()
        if self._busy:
            raise ConcurrentCalls(
                f"agent {self.agent} makes two calls at once; use `await turn.gather(...)`, which keeps their order"
            )
        self._busy = True

    def _call(self, performer: Performer) -> Call:
        self._ordinal += 1
        return Call(self._desk, self.agent, self._seq, self._ordinal, performer, self._record)


def _model_answer(done: Done) -> ModelAnswer:
    return ModelAnswer(cast(Reply, done.result), done.seq)


def _tool_answer(done: Done) -> ToolAnswer:
    return ToolAnswer(cast(ToolResult, done.result), done.seq)


def _code_answer(done: Done) -> CodeAnswer:
    return CodeAnswer(cast(CodeRun, done.result), done.seq)
