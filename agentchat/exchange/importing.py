"""A conversation out of an OpenAI message list: a transcript as a run here would have left it, with nothing called.

The list is played through `decide` like a run: every system prompt at the head becomes the agent's instructions, every
message of a user a message of a person, every answer of the assistant a turn with its model call, its tool calls and
their results. So it can be shown, searched, checked, forked and gone on with like any other. That it was imported is
the first thing its record says (an `imported` signal), and each result names the message it was taken from.

As in a chat, each message of a user begins a run, which the answer ends. Never here: a clock, files, and any claim
about tokens, costs or times, which a list does not tell.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from pydantic import JsonValue
from pydantic_core import to_json

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.errors import ConfigurationError, NotATranscript
from agentchat.exchange.exported import each_once
from agentchat.exchange.import_names import AT, NO_MODEL, Named, named
from agentchat.exchange.message_lists import Given, MessageList
from agentchat.models.choosing import ModelSpec
from agentchat.models.openai import OpenAIModel
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.cards import ToolCard
from agentchat.policy.charter import CallLimits, Charter
from agentchat.policy.decide import POLICY_VERSION, decide, due_in
from agentchat.policy.prompts.asking import Wish, ask
from agentchat.policy.prompts.wires import tools_field
from agentchat.policy.routing.plans import FunctionPlan
from agentchat.policy.routing.verdicts import Need
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.seams import Model
from agentchat.transcript.calls import CallRecipe, JsonObject, Reply, ToolRecipe, ToolResult, ToolSpec
from agentchat.transcript.chain import digest
from agentchat.transcript.events import (
    CallFinished,
    CallStarted,
    Closed,
    Entry,
    Event,
    ExternalSignal,
    Interrupted,
    Judged,
    Opened,
    Position,
    RunStarted,
    Said,
    TurnGiven,
)
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript

SIGNAL: Final = "imported"
"""The name of the signal that says where a conversation comes from."""
ORDER: Final = "imported"
"""Who chooses the next agent of a list with several assistants: the order in which they stand there."""


class Imported(NamedTuple):
    """A conversation made of a message list, and what of the list is not in it, a sentence each."""

    transcript: Transcript
    losses: tuple[str, ...]


def import_messages(given: MessageList, *, id: str, source: str, at: float, model: ModelSpec | None = None) -> Imported:
    """Make a conversation of a message list.

    id: the conversation's. source: what the list is called. at: the wall clock, in seconds since 1970 UTC. model: who
    is asked where the conversation goes on; without it the model that the list names, or none. Raises NotATranscript
    that names the message for what makes no sense, ConfigurationError for a model that makes none.
    """
    names = named(given)
    charter = _charter(given, names, model)
    playing = _Playing(given, names, Transcript(), source, at)
    playing.open(id, charter)
    for message in names.messages:
        try:
            playing.take(message)
        except (ConfigurationError, ValueError) as error:  # a part that no service takes, text that is no UTF-8
            raise NotATranscript(f"{given.where}{message}: {error}") from None
    playing.close()
    return Imported(playing.log, each_once((*given.lost, *names.lost, *playing.lost)))


def _charter(given: MessageList, names: Named, spec: ModelSpec | None) -> Charter:
    """The agreement: what a program would have agreed on, but for tools, whose code is not at hand."""
    try:
        model = spec or _model_of(given)
        team = [Assistant(name, model=model, instructions=names.instructions) for name in names.agents]
        charter = Conversation(team, until=names.rule, limits=_limits(given)).charter
        tools = [ToolSpec(name=one.name, description=one.description, parameters=one.parameters) for one in given.tools]
        wire = charter.agents[0].models()[0].wire
        forms = {"tools": tools_field(wire, tools)} if tools else {}
    except ConfigurationError as error:
        raise ConfigurationError(f"{given.where}{error}") from None
    update = {"tools": (*given.tools, *_undeclared(given)), "forms": forms}
    agents = tuple(card.model_copy(update=update) for card in charter.agents)
    if len(agents) == 1:
        return charter.model_copy(update={"agents": agents})
    return charter.model_copy(update={"agents": agents, "routing": FunctionPlan(name=ORDER).written()})


def _undeclared(given: MessageList) -> list[ToolCard]:
    """Tools that were called and that the list says nothing of: agents may call what is on their card. No model is
    told of them: what they take is not known."""
    known = {tool.name for tool in given.tools}
    names = dict.fromkeys(call.name for one in given.messages for call in one.calls if call.name not in known)
    return [ToolCard(name=name, description="", parameters={"type": "object"}) for name in names]


def _limits(given: MessageList) -> CallLimits:
    """The usual bounds of a turn, or what the longest turn of the list could hold."""
    usual = CallLimits()
    answers = sum(one.role == "assistant" for one in given.messages)
    calls = sum(len(one.calls) for one in given.messages)
    return CallLimits(model_calls=max(usual.model_calls, answers), tool_calls=max(usual.tool_calls, calls))


def _model_of(given: MessageList) -> Model:
    """The model that the list names. An address in it is not taken over: what goes on would be sent to a stranger."""
    if given.model is None or AT in given.model:
        return ScriptedModel([], name=NO_MODEL)
    return OpenAIModel(given.model)


class _Playing:
    """Enters what a run would have entered."""

    def __init__(self, given: MessageList, names: Named, log: Transcript, source: str, at: float) -> None:
        self.log = log
        self.lost: list[str] = []
        self._given = given
        self._names = names
        self._source = source
        self._at = at
        self._ordinal = 0
        self._calls: dict[str, int] = {}  # tool calls that wait for their result, by id
        self._unanswered = False  # whether a person said something since the last answer

    # what comes in

    def open(self, id: str, charter: Charter) -> None:
        """The agreement, the first run, and where all of it comes from."""
        self._enter(Opened(conversation=id, charter=charter.written()), 0)
        self._run()
        value: JsonObject = {"from": self._source, "messages": len(self._given.messages)}
        self._enter(ExternalSignal(name=SIGNAL, value=value, by="import"), len(self.log))

    def take(self, message: Given) -> None:
        """The next message of the list."""
        if message.role == "tool":
            self._result(message)
        elif message.role == "assistant":
            self._answer(message)
        else:
            self._say(message)

    def close(self) -> None:
        """End the last run, where nothing is left to answer."""
        if not self._unanswered and not self._turn and state_of(self.log).board.turns:
            self._end_run()

    # people

    def _say(self, message: Given) -> None:
        if self._turn:  # somebody spoke before the answer came
            self._enter_offer(Interrupted(by=self._names.sender(message)))
            self._enter_due()
        if state_of(self.log).board.turns:
            self._end_run()
            self._run()
        body = Text(parts=message.parts)
        self._enter(Said(sender=self._names.sender(message), body=body), self._cause())
        self._unanswered = True

    def _cause(self) -> int:
        board = state_of(self.log).board
        return len(self.log) if board.messages else board.run_at

    # the assistant

    def _answer(self, message: Given) -> None:
        agent = self._names.agent(message)
        if not self._turn:
            if self._adds(message):
                self._enter(Said(sender=agent, body=Text(parts=message.parts)), self._cause())
                return
            self._begin(agent, message)
        finish = "tool_calls" if message.calls else "stop"
        ended = self._model_call(agent, message, Reply(parts=message.parts, finish=finish))
        if message.calls:
            self._start_tools(agent, message)
            return
        self._enter_offer(Said(sender=agent, from_calls=(ended,), turn=self._turn))
        self._unanswered = False

    def _adds(self, message: Given) -> bool:
        """Whether it is said without a turn: before anybody else spoke, or behind the answer of the same agent."""
        alone = len(self._names.agents) == 1 or not state_of(self.log).board.said
        return alone and not self._unanswered and not message.calls

    def _begin(self, agent: str, message: Given) -> None:
        """Give the agent its turn."""
        board, alone = state_of(self.log).board, len(self._names.agents) == 1
        if not board.said:
            self.lost.append(f"that nobody spoke before {message}: an empty message of a user is put there")
            self._enter(Said(sender="user", body=Text(parts=())), self._cause())
        elif alone and not self._unanswered:
            self.lost.append(f"that nothing stands before {message}: the model is told to go on there")
            if board.turns:
                self._end_run()
                self._run()
        due = due_in(self.log)
        if isinstance(due, Need):
            self._enter(Judged(name=due.name, on=due.on, value={"next": agent, "reason": "so it stands there"}), due.on)
        given = self._enter_due()
        assert isinstance(given.event, TurnGiven)
        self._ordinal = 0

    def _model_call(self, agent: str, message: Given, reply: Reply) -> int:
        """The model call that gave a reply; where its end stands."""
        asked = ask(self.log, agent, Wish())
        started = self._start(agent, asked.recipe, asked.data.digest)
        return self._enter_offer(CallFinished(call=started, result=reply, taken_from=self._place(message))).seq

    def _start_tools(self, agent: str, message: Given) -> None:
        for call in message.calls:
            arguments = _arguments(call.arguments)
            if arguments is None:
                self.lost.append(f"the arguments of {call.name} in {message}, which are no JSON object")
            recipe = ToolRecipe(name=call.name, arguments=arguments or {}, tool_call_id=call.id)
            self._calls[call.id] = self._start(agent, recipe, digest(to_json([call.name, arguments or {}])))

    def _result(self, message: Given) -> None:
        assert message.answers is not None
        call = self._calls.pop(message.answers)
        result = ToolResult(ok=True, value=message.text)
        self._enter_offer(CallFinished(call=call, result=result, taken_from=self._place(message)))

    def _place(self, message: Given) -> Position:
        return Position(conversation=self._source, seq=message.place)

    # the log

    def _start(self, agent: str, recipe: CallRecipe, sha: str) -> int:
        turn = self._turn
        self._ordinal += 1
        ordinal = self._ordinal
        key = f"main:{turn}.{ordinal}"
        started = CallStarted(turn=turn, agent=agent, ordinal=ordinal, attempt=1, key=key, recipe=recipe, digest=sha)
        return self._enter_offer(started).seq

    @property
    def _turn(self) -> int:
        turn = state_of(self.log).board.turn
        return 0 if turn is None else turn.seq

    def _run(self) -> None:
        board = state_of(self.log).board
        rules = self._names.rule.written()
        started = RunStarted(run=board.run + 1, rules=rules, budget=Budget().written(), policy=POLICY_VERSION)
        self._enter(started, 0 if board.closed is None else board.closed.seq)

    def _end_run(self) -> None:
        due = due_in(self.log)
        if isinstance(due, Need):
            self._enter(Judged(name=due.name, on=due.on), due.on)
        closed = self._enter_due()
        assert isinstance(closed.event, Closed)

    def _enter_due(self) -> Entry:
        ruling = decide(self.log)
        assert ruling is not None
        return self._enter(ruling.event, ruling.cause)

    def _enter_offer(self, event: Event) -> Entry:
        ruling = decide(self.log, event)
        assert ruling is not None
        assert type(ruling.event) is type(event)
        return self._enter(ruling.event, ruling.cause)

    def _enter(self, event: Event, cause: int) -> Entry:
        return self.log.enter(event, at=self._at, active=0.0, cause=cause)


def _arguments(text: str) -> JsonObject | None:
    """The arguments of a tool call; None where they are no object."""
    try:
        value: JsonValue = json.loads(text)
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
