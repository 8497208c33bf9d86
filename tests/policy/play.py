"""A conversation played through `decide` alone, by hand or by scripts: no task, no clock, no model.

`Play` does to its log what a manager and its hosts would do: it enters what is due, answers for the users' functions,
and lets agents act in the turns that are open. Ready-made agents are in `cards`, scripts for whole turns in `acts`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from pydantic import JsonValue

from agentchat.errors import ConfigurationError
from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import Charter
from agentchat.policy.decide import POLICY_VERSION, decide, due_in
from agentchat.policy.prompts.asking import SUMMARISE, Wish, ask
from agentchat.policy.prompts.context import context_of
from agentchat.policy.routing.verdicts import Need
from agentchat.policy.rules import Never, Rule
from agentchat.policy.spending.admission import Denied, rest
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.state import state_of
from agentchat.transcript.calls import (
    CallRecipe,
    CodeRecipe,
    JsonObject,
    Problem,
    Reply,
    Reserved,
    ToolRecipe,
    ToolResult,
    Usage,
)
from agentchat.transcript.chain import digest
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Compacted,
    Entry,
    Event,
    Judged,
    Opened,
    Overrun,
    Refused,
    RunStarted,
    Said,
    TurnFailed,
    TurnGiven,
    TurnPassed,
    Warned,
)
from agentchat.transcript.messages import Body, CodeRun, Part, Text, TextPart, ToolCallPart
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import charter

OK = CodeRun(language="python", status="ok", exit_code=0, stdout="1\n")
_SPENDS = (CallStarted, CallFinished, CallFailed, CallCancelled, CallInDoubt)
Script = Callable[["Play"], Iterator[None]]
"""What an agent does in its turn; it stops at each `yield`, and others may act."""
Input = Callable[["Play"], Event]
Judging = Callable[[str, int], JsonValue | Problem]
"""What the users' functions answer, by name and event; a Problem where one raises."""


def text(content: str, usage: Usage | None = None) -> Reply:
    return Reply(parts=(TextPart(content=content),), finish="stop", usage=usage)


def wants(*calls: tuple[str, str], say: str = "", usage: Usage | None = None) -> Reply:
    """A reply that asks for tools: ids and the arguments as the model wrote them; all tools are named `look`."""
    said: tuple[Part, ...] = (TextPart(content=say),) if say else ()
    asked = tuple(ToolCallPart(id=name, name="look", arguments=arguments) for name, arguments in calls)
    return Reply(parts=(*said, *asked), finish="tool_calls", usage=usage)


def problem(name: str, message: str = "no") -> Problem:
    return Problem(type=name, message=message)


class Play:
    """A transcript, and everything that a manager and its hosts would do to it."""

    def __init__(
        self,
        *names: str,
        agreed: Charter | None = None,
        pace: float = 1.0,
        judge: Judging = lambda name, on: False,
    ) -> None:
        self.log = Transcript()
        self.active = 0.0
        self.pace = pace
        self.judge = judge
        self.focus = 0
        self.ordinals: dict[int, int] = {}
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
        entry = self.enter(ruling.event, ruling.cause)
        if isinstance(entry.event, _SPENDS):
            while (due := decide(self.log)) is not None and isinstance(due.event, Warned | Overrun):
                self.enter(due.event, due.cause)
        return entry

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
        """Enter what is due, the verdict of a user's function too; None when nothing is."""
        due = due_in(self.log)
        if isinstance(due, Need):
            verdict = self.judge(due.name, due.on)
            told = {"error": verdict} if isinstance(verdict, Problem) else {"value": verdict}
            return self.enter(Judged.model_validate({"name": due.name, "on": due.on, **told}), due.on).event
        return None if due is None else self.enter(due.event, due.cause).event

    def decided(self) -> Event | None:
        """Enter what is due up to a turn, a stop or an end."""
        event = self.rule()
        while isinstance(event, Judged | Warned | Overrun):
            event = self.rule()
        return event

    def give(self) -> TurnGiven:
        event = self.decided()
        assert isinstance(event, TurnGiven), event
        self.focus = len(self.log)
        return event

    def give_all(self) -> list[str]:
        """Give every turn that can be given now; to whom."""
        names = []
        while isinstance(event := self.decided(), TurnGiven):
            names.append(event.to)
        assert event is None, event
        return names

    def close(self) -> Closed:
        event = self.decided()
        assert isinstance(event, Closed), event
        return event

    def by(self, agent: str) -> Play:
        """Go on in the open turn of this agent."""
        turns = state_of(self.log).board.open_turns
        self.focus = next(seq for seq, turn in turns.items() if turn.given.to == agent)
        return self

    @property
    def turn(self) -> Entry:
        board = state_of(self.log).board
        if self.focus in board.open_turns:
            return board.open_turns[self.focus].entry
        assert board.turn is not None
        return board.turn

    @property
    def agent(self) -> str:
        given = self.turn.event
        assert isinstance(given, TurnGiven)
        return given.to

    # what agents do in a turn that is open

    def say(
        self,
        body: str | Body = "hello",
        *,
        to: str | None = None,
        calls: tuple[int, ...] | None = None,
        kind: str | None = None,
    ) -> Entry:
        """Say something; with `calls` what they gave, with `kind` the typed answer that their reply is."""
        given = (Text.of(body) if isinstance(body, str) else body) if calls is None else None
        return self.offer(Said(sender=self.agent, to=to, body=given, from_calls=calls, type=kind, turn=self.turn.seq))

    def skip(self) -> Entry:
        return self.offer(TurnPassed(turn=self.turn.seq))

    def fail(self, name: str = "ValueError") -> Entry:
        return self.offer(TurnFailed(turn=self.turn.seq, error=problem(name)))

    def refuse(self, *problems: str, call: int | None = None, tool: str | None = None) -> Entry:
        """Record that the agent itself does not take an answer, or a tool call that its model asks for."""
        calls = None if call is None else (call,)
        return self.offer(
            Refused(turn=self.turn.seq, by="agent", problems=problems, from_calls=calls, tool_call_id=tool)
        )

    def ask(self, wish: Wish | None = None, ordinal: int | None = None) -> Entry:
        """Offer a model call; give back its CallStarted, or the CallDenied."""
        made = ask(self.log, self.agent, wish or Wish(typed=True))
        return self.begin(made.recipe, made.data.digest, ordinal, made.reserved)

    def answer(self, started: Entry, result: Reply | Problem, *, retryable: bool = False) -> Entry:
        """What comes back of a model call."""
        if isinstance(result, Problem):
            return self.offer(CallFailed(call=started.seq, error=result, retryable=retryable))
        return self.offer(CallFinished(call=started.seq, result=result))

    def call_model(
        self,
        ordinal: int | None = None,
        prompt: str | None = None,
        *,
        history: bool = True,
        reply: Reply | Problem | None = None,
        model: ModelCard | None = None,
    ) -> Entry:
        """Ask for a model call; give back its end, or the CallDenied."""
        if history and prompt is None and context_of(self.log, self.agent).overfull():
            self.sum_up()
        started = self.ask(Wish(prompt, history, model, typed=prompt is None), ordinal)
        if isinstance(started.event, CallDenied):
            return started
        return self.answer(started, reply or text(f"answer {started.seq}"))

    def sum_up(self) -> Entry:
        """Let the model sum up what came before this turn; the CallDenied where it may not."""
        ended = self.call_model(prompt=SUMMARISE, reply=text("In short: much."))
        if isinstance(ended.event, CallDenied):
            return ended
        upto = context_of(self.log, self.agent).exchange.fresh - 1
        return self.offer(Compacted(agent=self.agent, upto=upto, call=ended.seq))

    def call_code(self, ordinal: int | None = None, source: str = "print(1)") -> Entry:
        recipe = CodeRecipe(language="python", source=(f"={source}",), sandbox="none")
        started = self.begin(recipe, digest(f"python\n{source}".encode()), ordinal)
        if isinstance(started.event, CallDenied):
            return started
        return self.offer(CallFinished(call=started.seq, result=OK))

    def tool(self, name: str | None, arguments: JsonObject | None = None, *, holds: bool = False) -> Entry:
        """Call a tool by the id of the tool call that asks for it. holds: it holds a conversation of its own."""
        given = arguments or {}
        reserved = None
        state = state_of(self.log)
        if holds and state.capped:
            left = rest(state.budget, ledger_of(self.log), self.agent, len(state.board.open_turns))
            reserved = Reserved(calls=1) if isinstance(left, Denied) else left
        recipe = ToolRecipe(name="look", arguments=given, tool_call_id=name)
        return self.begin(recipe, digest(json.dumps(["look", given]).encode()), None, reserved)

    def back(
        self,
        started: Entry,
        value: JsonValue,
        *,
        ok: bool = True,
        spent: Reserved | None = None,
        limit: str | None = None,
    ) -> Entry:
        """What a tool gives back."""
        result = ToolResult(ok=ok, value=value, spent=spent, limit=limit)
        return self.offer(CallFinished(call=started.seq, result=result))

    def begin(
        self, recipe: CallRecipe, sha: str, ordinal: int | None = None, reserved: Reserved | None = None
    ) -> Entry:
        """Offer the first attempt of a call."""
        turn = self.turn.seq
        if ordinal is None:
            ordinal = self.ordinals.get(turn, 0) + 1
        self.ordinals[turn] = ordinal
        return self.offer(
            CallStarted(
                turn=turn,
                agent=self.agent,
                ordinal=ordinal,
                attempt=1,
                key=f"main:{turn}.{ordinal}",
                recipe=recipe,
                digest=sha,
                reserved=reserved,
            )
        )

    # whole runs

    def run(
        self,
        scripts: Sequence[Script],
        inputs: Sequence[Input | None] = (),
        *,
        order: Sequence[int] = (0,),
        most: int = 2000,
    ) -> Closed:
        """Play to the end of the run: each turn takes the next of the scripts, over and over.

        Before each turn the next input comes, if one is left. `order` says which of several open turns goes on.
        """
        waiting: Iterator[Input | None] = iter(inputs)
        going: dict[int, Iterator[None]] = {}
        begun = 0
        for step in range(most):
            event = self.rule()
            if isinstance(event, Closed):
                return event
            turns = list(state_of(self.log).board.open_turns)
            if isinstance(event, TurnGiven):
                going[turns[-1]] = scripts[begun % len(scripts)](self)
                begun += 1
                happens = next(waiting, None)
                if happens is not None:
                    self.offer(happens(self))
            elif event is None:
                self.focus = turns[order[step % len(order)] % len(turns)]
                try:
                    next(going[self.focus], None)
                except ConfigurationError:  # an agent without a model that is to ask one
                    self.fail("ConfigurationError")
        raise AssertionError("the run does not end")
