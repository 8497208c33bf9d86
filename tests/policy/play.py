"""A conversation played by scripted agents through `decide` alone: no task, no clock, no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from agentchat.policy.budget import Budget
from agentchat.policy.charter import AgentCard, CallLimits, Charter
from agentchat.policy.context import bare, context_of
from agentchat.policy.decide import POLICY_VERSION, decide
from agentchat.policy.request import ChatMessage
from agentchat.policy.rules import Never, Rule
from agentchat.policy.state import state_of
from agentchat.transcript.calls import CodeRecipe, ModelCard, ModelRecipe, Problem, Reply
from agentchat.transcript.chain import digest
from agentchat.transcript.events import (
    CallDenied,
    CallFinished,
    CallStarted,
    Closed,
    Entry,
    Event,
    Opened,
    RunStarted,
    Said,
    StateSet,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)
from agentchat.transcript.messages import Body, CodeRun, Text, TextPart
from agentchat.transcript.transcript import Transcript

OK = CodeRun(language="python", status="ok", exit_code=0, stdout="1\n")
Act = Literal["text", "private", "model", "twice", "prompt", "bare", "code", "pass", "fail", "state"]
Input = Callable[["Play"], Event]


def card(name: str, *, instructions: str | None = "Help.", model: str = "m") -> AgentCard:
    tail = f'],"model":"{model}"}}'
    return AgentCard(name=name, kind="assistant", instructions=instructions, model=ModelCard(name=model, tail=tail))


def charter(*names: str, limits: CallLimits | None = None) -> Charter:
    agents = tuple(card(name) for name in names or ("a", "b"))
    return Charter(agents=agents, routing={"router": "round_robin"}, limits=limits or CallLimits())


class Play:
    """A transcript, and everything that a manager and its hosts would do to it, by hand."""

    def __init__(self, *names: str, agreed: Charter | None = None, pace: float = 1.0) -> None:
        self.log = Transcript()
        self.active = 0.0
        self.pace = pace
        self.charter = agreed or charter(*names)
        self.enter(Opened(conversation="c", charter=self.charter.written()), 0)

    # entering

    def enter(self, event: Event, cause: int) -> Entry:
        entry = self.log.enter(event, at=0.0, active=self.active, cause=cause)
        self.active += self.pace
        return entry

    def offer(self, event: Event) -> Entry:
        ruling = decide(self.log, event)
        assert ruling is not None
        return self.enter(ruling.event, ruling.cause)

    def start(self, rules: Rule | None = None, budget: Budget | None = None, *, task: str | None = "Do it.") -> Play:
        board = state_of(self.log).board
        self.active = 0.0
        started = self.enter(
            RunStarted(
                run=board.run + 1,
                rules=(rules or Never()).written(),
                budget=(budget or Budget()).written(),
                policy=POLICY_VERSION,
            ),
            0 if board.closed is None else board.closed.seq,
        )
        if task is not None:
            self.enter(Said(sender="user", body=Text.of(task)), started.seq)
        return self

    # what is due

    def rule(self) -> Event | None:
        """Enter what is due; None when nothing is."""
        ruling = decide(self.log)
        return None if ruling is None else self.enter(ruling.event, ruling.cause).event

    def give(self) -> TurnGiven:
        event = self.rule()
        assert isinstance(event, TurnGiven), event
        return event

    def close(self) -> Closed:
        event = self.rule()
        assert isinstance(event, Closed), event
        return event

    @property
    def turn(self) -> Entry:
        turn = state_of(self.log).board.turn
        assert turn is not None
        return turn

    @property
    def agent(self) -> str:
        given = self.turn.event
        assert isinstance(given, TurnGiven)
        return given.to

    # what agents do in the turn that is open

    def say(self, body: str | Body = "hello", *, to: str | None = None, calls: tuple[int, ...] | None = None) -> Entry:
        given = (Text.of(body) if isinstance(body, str) else body) if calls is None else None
        return self.offer(Said(sender=self.agent, to=to, body=given, from_calls=calls, turn=self.turn.seq))

    def skip(self) -> Entry:
        return self.offer(TurnPassed(turn=self.turn.seq))

    def fail(self, name: str = "ValueError") -> Entry:
        return self.offer(TurnFailed(turn=self.turn.seq, error=Problem(type=name, message="no")))

    def call_model(self, ordinal: int = 1, prompt: str | None = None, *, history: bool = True) -> Entry:
        """Ask for a model call; give back its CallFinished, or the CallDenied."""
        context = context_of(self.log, self.agent)
        recipe, growing = context.recipe(prompt), context.growing
        extra = () if prompt is None else (ChatMessage("user", prompt),)
        if not history:
            recipe, growing = bare(self.log, self.agent, prompt or "")
            extra = ()
        return self._call(ordinal, recipe, growing.request(context.tail, extra).digest)

    def call_code(self, ordinal: int = 1, source: str = "print(1)") -> Entry:
        recipe = CodeRecipe(language="python", source=(f"={source}",), sandbox="none")
        return self._call(ordinal, recipe, digest(f"python\n{source}".encode()))

    def _call(self, ordinal: int, recipe: ModelRecipe | CodeRecipe, sha: str) -> Entry:
        turn = self.turn.seq
        key = f"main:{turn}.{ordinal}"
        started = CallStarted(
            turn=turn, agent=self.agent, ordinal=ordinal, attempt=1, key=key, recipe=recipe, digest=sha
        )
        entry = self.offer(started)
        if isinstance(entry.event, CallDenied):
            return entry
        if isinstance(recipe, CodeRecipe):
            return self.offer(CallFinished(call=entry.seq, result=OK))
        reply = Reply(parts=(TextPart(content=f"answer {entry.seq}"),), finish="stop")
        return self.offer(CallFinished(call=entry.seq, result=reply))

    def act(self, act: Act) -> None:
        """Do what a scripted agent does in the turn that is open, from its first call to its end."""
        match act:
            case "text":
                self.say()
            case "private":
                self.say(to=self.charter.names()[0])
            case "pass":
                self.skip()
            case "fail":
                self.fail()
            case "state":
                self.offer(StateSet(turn=self.turn.seq, agent=self.agent, ordinal=1, state={"n": self.turn.seq}))
                self.skip()
            case "code":
                self._said_from(self.call_code())
            case "model":
                self._said_from(self.call_model())
            case "twice":
                self.call_model()
                self._said_from(self.call_model(2))
            case "prompt":
                self._said_from(self.call_model(1, "Think."))
            case "bare":
                self._said_from(self.call_model(1, "Think.", history=False))

    def _said_from(self, ended: Entry) -> None:
        if isinstance(ended.event, CallDenied):
            self.fail("CallNotAdmitted")
        else:
            self.say(calls=(ended.seq,))

    def run(self, acts: Sequence[Act], inputs: Sequence[Input | None] = (), most: int = 500) -> Closed:
        """Play to the end of the run, the acts over and over; before each act the next input, if one is left."""
        waiting: Iterator[Input | None] = iter(inputs)
        for step in range(most):
            event = self.rule()
            if isinstance(event, Closed):
                return event
            if isinstance(event, TurnGiven):
                happens = next(waiting, None)
                if happens is not None:
                    self.offer(happens(self))
                if decide(self.log) is None:
                    self.act(acts[step % len(acts)])
        raise AssertionError("the run does not end")
