"""What an agent may do in its turn: ask its model, run code, set its state, and several of these at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar, cast

import anyio
from anyio.lowlevel import checkpoint
from pydantic import BaseModel

from agentchat.errors import CallDiverged, CallNotAdmitted, ConcurrentCalls, ConfigurationError
from agentchat.policy.state import state_of
from agentchat.policy.visibility import seen_by
from agentchat.runtime.calls import Admitted, Call, Done, Performer
from agentchat.runtime.desk import Desk
from agentchat.runtime.performers.code import CodePerformer
from agentchat.runtime.performers.model import ModelPerformer
from agentchat.runtime.rerun import Record
from agentchat.runtime.states import state_before
from agentchat.seams import Agent, CodeAnswer, ModelAnswer, Sandbox
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import Diverged, StateSet, TurnGiven
from agentchat.transcript.messages import CodeRun
from agentchat.transcript.transcript import Message, Transcript

R = TypeVar("R")


class Act(Generic[R]):
    """A call that is made when it is awaited, or handed to `turn.gather`."""

    __slots__ = ("_turn", "performer", "shape")

    def __init__(self, turn: LiveTurn, performer: Performer, shape: Callable[[Done], R]) -> None:
        self._turn = turn
        self.performer = performer
        self.shape = shape

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
        # nothing is recorded of a turn that was given just now
        self._record = Record(desk.transcript, seq) if len(desk.transcript) > seq else None
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

    # state

    @property
    def state(self) -> Any:
        """The agent's state in this conversation: an instance of its state class, or None where it has none."""
        kind = self._agent.state_type
        if kind is None:
            return None
        if not self._state_read:
            recorded = state_before(self._desk.transcript, self.agent, self._seq)
            self._state = kind() if recorded is None else kind.model_validate(recorded.state)
            self._state_read = True
        return self._state

    async def set_state(self, state: BaseModel) -> None:
        """Record a new state. It is stored with the next commit."""
        kind = self._agent.state_type
        if kind is None or not isinstance(state, kind):
            name = "none" if kind is None else kind.__name__
            raise ConfigurationError(f"agent {self.agent} declares the state class {name}, got {type(state).__name__}")
        self._check_open()
        value = state.model_dump(mode="json")
        self._state_ordinal += 1
        recorded = [] if self._record is None else self._record.states
        if self._state_ordinal <= len(recorded):
            self._same_state(recorded[self._state_ordinal - 1], value)
        else:
            self._desk.offer(StateSet(turn=self._seq, agent=self.agent, ordinal=self._state_ordinal, state=value))
        self._state, self._state_read = kind.model_validate(value), True

    def _same_state(self, recorded: StateSet, value: Any) -> None:
        if recorded.state != value:
            then, now = repr(recorded.state), repr(value)
            self._desk.offer(Diverged(turn=self._seq, ordinal=recorded.ordinal, recorded=then, now=now))
            raise CallDiverged(f"state {recorded.ordinal} of the turn was {then} and is now {now}")

    # calls

    def model(self, prompt: str | None = None, *, history: bool = True) -> Act[ModelAnswer]:
        """Ask the agent's model. `prompt` is added as a user message; without `history` it is all the model sees."""
        performer = ModelPerformer(self._desk, self.agent, self._agent.model, prompt, history=history)
        return Act(self, performer, _model_answer)

    def code(self, source: str, language: str = "python") -> Act[CodeAnswer]:
        """Run a program in the agent's sandbox."""
        if self._sandbox is None:
            raise ConfigurationError(f"agent {self.agent} has no sandbox; give it one with sandbox=")
        subject = self._given.subject
        performer = CodePerformer(self._desk, self.agent, self._sandbox, source, language, subject=subject)
        return Act(self, performer, _code_answer)

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
                admitted.append((place, call, call.admit()))
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

    @property
    def busy(self) -> bool:
        """Whether a call of the turn is under way."""
        return self._busy

    def _check_open(self) -> None:
        turn = state_of(self._desk.transcript).board.turn
        if turn is None or turn.seq != self._seq:
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


def _code_answer(done: Done) -> CodeAnswer:
    return CodeAnswer(cast(CodeRun, done.result), done.seq)
