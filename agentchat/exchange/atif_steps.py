"""The steps of a trajectory, one after the other as the log goes on."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from pydantic import JsonValue

from agentchat.errors import TranscriptError
from agentchat.exchange.asides import aside, shown, whose
from agentchat.exchange.atif_content import content_of
from agentchat.exchange.exported import moment
from agentchat.policy.charter import AgentCard, Charter
from agentchat.policy.prompts.request import resolve
from agentchat.policy.spending.prices import cost
from agentchat.policy.spending.roster import Roster
from agentchat.policy.visibility import sees
from agentchat.transcript.calls import AskRecipe, CodeRecipe, JsonObject, ModelRecipe, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    CallDenied,
    CallFailed,
    CallFinished,
    CallStarted,
    Closed,
    Compacted,
    Entry,
    Opened,
    PersonaChanged,
    Refused,
    Said,
)
from agentchat.transcript.messages import CodeRun, ReasoningPart, outcome_line, saved_line
from agentchat.transcript.transcript import Transcript

PROGRAM: Final = "run_code"
PERSON: Final = "ask_person"
"""The functions that stand for a program that is run, and for a question to a person."""


class Steps:
    """The steps so far; with an agent, as that agent went through them. lost: what has no place, and how often."""

    def __init__(self, agent: str | None) -> None:
        self.lost: Counter[str] = Counter()
        self._agent = agent
        self._steps: list[JsonObject] = []
        self._roster = Roster()
        self._replies: dict[int, JsonObject] = {}  # by the entry that ended the call
        self._asking: dict[tuple[int, str], JsonObject] = {}  # the step that asks for a tool call, by turn and id

    def finished(self) -> list[JsonObject]:
        """The steps, numbered."""
        return [{"step_id": number, **step} for number, step in enumerate(self._steps, 1)]

    def take(self, entry: Entry, transcript: Transcript) -> None:
        """The next entry."""
        match entry.event:
            case Opened() as event:
                self._roster.take(event)
                for card in Charter.model_validate(event.charter).agents:
                    self._instruct(entry, card)
            case PersonaChanged() as event:
                self._roster.take(event)
                self._instruct(entry, AgentCard.model_validate(event.card))
            case Said() as event:
                self._said(entry, event, transcript)
            case CallFinished() as event:
                started = transcript.started(event.call)
                if started is not None and self._agent in (None, started.agent):
                    self._came_back(entry, started, event, transcript)
            case Closed() as event:
                self._system(entry, f"{event.outcome}: {event.reason}", {"outcome": event.outcome, "rule": event.rule})
            case _:
                self._aside(entry, transcript)

    # kinds of steps

    def _add(self, entry: Entry, source: str, message: JsonValue, extra: JsonObject, **fields: JsonValue) -> JsonObject:
        step: JsonObject = {"source": source, "message": message, **fields}
        at = moment(entry.at)
        if at is not None:
            step = {"timestamp": at, **step}
        step["extra"] = {"event": entry.seq, **extra}
        self._steps.append(step)
        return step

    def _system(self, entry: Entry, text: str, extra: JsonObject) -> None:
        self._add(entry, "system", text, extra)

    def _instruct(self, entry: Entry, card: AgentCard) -> None:
        """The system prompt of an agent."""
        if card.instructions and card.model is not None and self._agent in (None, card.name):
            self._system(entry, card.instructions, {"agent": card.name, "prompt": True})

    def _act(self, entry: Entry, agent: str, function: str, arguments: JsonObject, result: JsonValue) -> JsonObject:
        """Something that was done without a model."""
        call: JsonObject = {"tool_call_id": f"call-{entry.seq}", "function_name": function, "arguments": arguments}
        observed: JsonObject = {"results": [{"source_call_id": f"call-{entry.seq}", "content": shown(result)}]}
        fields: JsonObject = {"tool_calls": [call], "observation": observed, "llm_call_count": 0}
        return self._add(entry, "agent", "", {"agent": agent}, **fields)

    # messages

    def _said(self, entry: Entry, said: Said, transcript: Transcript) -> None:
        if self._agent is not None and not sees(self._agent, said):
            return
        about: JsonObject = {"agent" if said.turn else "sender": said.sender}
        about |= {"to": said.to} if said.to is not None else {}
        body = transcript.body(entry.seq)
        if said.turn is not None and self._agent in (None, said.sender):
            step = self._replies.get(said.from_calls[-1]) if said.from_calls else None
            if step is not None:  # the reply is the message
                extra = step["extra"]
                assert isinstance(extra, dict)
                step["extra"] = {**extra, "said": entry.seq, **about}
                return
            content = content_of(body, self.lost)
            self._add(entry, "agent", content, {"said": entry.seq, **about}, llm_call_count=0)
        else:
            self._add(entry, "user", content_of(body, self.lost), about)

    # calls

    def _came_back(self, entry: Entry, started: CallStarted, event: CallFinished, transcript: Transcript) -> None:
        recipe, result = started.recipe, event.result
        if isinstance(recipe, ModelRecipe) and isinstance(result, Reply):
            self._replies[entry.seq] = self._reply(entry, started, recipe, result)
        elif isinstance(recipe, ToolRecipe) and isinstance(result, ToolResult):
            self._tool(entry, started, recipe, result)
        elif isinstance(recipe, CodeRecipe) and isinstance(result, CodeRun):
            arguments: JsonObject = {"language": recipe.language, "source": _source(recipe, transcript)}
            step = self._act(entry, started.agent, PROGRAM, arguments, _account(result))
            self._replies[entry.seq] = step
            if result.files:
                self.lost["bytes of pictures that programs saved: each is named in its place"] += len(result.files)
        elif isinstance(recipe, AskRecipe):
            value: JsonValue = getattr(result, "value", None)
            self._act(entry, started.agent, PERSON, {"question": recipe.question, "to": recipe.to}, value)

    def _reply(self, entry: Entry, started: CallStarted, recipe: ModelRecipe, reply: Reply) -> JsonObject:
        fields: JsonObject = {"model_name": reply.model or recipe.model.partition("@http")[0]}
        thoughts = [part.content for part in reply.parts if isinstance(part, ReasoningPart) and part.content]
        if thoughts:
            fields["reasoning_content"] = "\n".join(thoughts)
        if reply.tool_calls:
            fields["tool_calls"] = [self._call(part.id, part.name, part.arguments) for part in reply.tool_calls]
        metrics = self._metrics(started, recipe, reply)
        if metrics:
            fields["metrics"] = metrics
        about: JsonObject = {"agent": started.agent, "turn": started.turn, "finish": reply.finish}
        step = self._add(entry, "agent", reply.text, about, **fields, llm_call_count=1)
        for part in reply.tool_calls:
            self._asking[started.turn, part.id] = step
        return step

    def _call(self, id: str, name: str, arguments: str) -> JsonValue:
        made: JsonObject = {"tool_call_id": id, "function_name": name}
        try:
            value: JsonValue = json.loads(arguments, parse_constant=_no_number)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return {**made, "arguments": value}
        return {**made, "arguments": {}, "extra": {"arguments": arguments}}

    def _metrics(self, started: CallStarted, recipe: ModelRecipe, reply: Reply) -> JsonObject:
        usage = reply.usage
        if usage is None:
            return {}
        card = self._roster.card(started.agent, recipe.model)
        paid = None if card is None or card.price is None else cost(card.price, usage)
        figures = {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "cached_tokens": usage.cached_input_tokens,
            "cost_usd": paid,
        }
        made: JsonObject = {name: value for name, value in figures.items() if value is not None}
        if usage.reasoning_tokens is not None:
            made["extra"] = {"reasoning_tokens": usage.reasoning_tokens}
        return made

    def _tool(self, entry: Entry, started: CallStarted, recipe: ToolRecipe, result: ToolResult) -> None:
        extra: JsonObject = {} if result.ok else {"failed": True}
        if result.child is not None:
            extra["conversation"] = result.child
            self.lost["conversations that were held inside it"] += 1
        if not self._observe(started.turn, recipe.tool_call_id, shown(result.value), extra):
            self._act(entry, started.agent, recipe.name, recipe.arguments, result.value)

    def _observe(self, turn: int, id: str | None, content: str, extra: JsonObject) -> bool:
        """Put what came of a tool call beside it; False where no step asks for it."""
        step = self._asking.get((turn, id or ""))
        if step is None:
            return False
        made: JsonObject = {"source_call_id": id, "content": content, **({"extra": extra} if extra else {})}
        before = step.get("observation")
        results = before["results"] if isinstance(before, dict) else []
        assert isinstance(results, list)
        step["observation"] = {"results": [*results, made]}
        return True

    # what happens beside

    def _aside(self, entry: Entry, transcript: Transcript) -> None:
        event, told = entry.event, aside(entry, transcript)
        if told is None or (self._agent is not None and told.turn and whose(told.turn, transcript) != self._agent):
            return
        if isinstance(event, Refused):
            if event.from_calls and event.from_calls[-1] in self._replies and event.tool_call_id is None:
                step = self._replies[event.from_calls[-1]]
                extra = step["extra"]
                assert isinstance(extra, dict)
                step["extra"] = {**extra, "refused": list(event.problems)}
                return
            if self._observe(event.turn, event.tool_call_id, "; ".join(event.problems), {"refused": True}):
                return
        if isinstance(event, CallDenied) and self._observe(event.turn, event.tool_call_id, told.text, {"denied": True}):
            return
        if isinstance(event, CallFailed):
            started = transcript.started(event.call)
            id = None if started is None else getattr(started.recipe, "tool_call_id", None)
            if self._observe(told.turn, id, told.text, {"failed": True}):
                return
        about: JsonObject = {"kind": event.kind}
        if told.turn:
            about |= {"agent": whose(told.turn, transcript), "turn": told.turn}
        if told.words is not None:
            about["words"] = told.words
        if isinstance(event, Compacted):  # RFC, context management: what stood before is replaced
            about |= {"agent": event.agent, "context_management": {"type": "compaction", "boundary": "replace"}}
        self._system(entry, told.text, about)


def _source(recipe: CodeRecipe, transcript: Transcript) -> str:
    try:
        return resolve(transcript, recipe.source)
    except TranscriptError:  # a pointer to nothing, in a log that was tampered with
        return ""


def _account(run: CodeRun) -> str:
    lines = [outcome_line(run), run.stdout.rstrip("\n"), run.stderr.rstrip("\n"), *map(saved_line, run.files)]
    return "\n".join(line for line in lines if line)


def _no_number(word: str) -> float:
    raise ValueError(word)
