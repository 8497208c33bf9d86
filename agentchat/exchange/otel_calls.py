"""Calls as spans: what was asked of whom, what came back, what it took, and how it failed."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from pydantic import JsonValue

from agentchat.errors import TranscriptError
from agentchat.exchange.otel_messages import input_of, output_of
from agentchat.exchange.otlp import CLIENT, Span
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import resolve, tail_of
from agentchat.policy.spending.prices import cost
from agentchat.policy.spending.roster import Roster
from agentchat.transcript.calls import (
    Answer,
    AskRecipe,
    CodeRecipe,
    JsonObject,
    ModelRecipe,
    Reply,
    ToolRecipe,
    ToolResult,
    Usage,
)
from agentchat.transcript.events import CallCancelled, CallFailed, CallFinished, CallInDoubt, CallOver, CallStarted
from agentchat.transcript.messages import CodeRun
from agentchat.transcript.transcript import Transcript

OWN: Final = "agentchat"
"""The provider of what no service is behind: scripted models, agents."""
PROGRAM: Final = "run_code"
"""The tool's name of a program that is run."""
_SETTINGS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "max_tokens": "max_tokens",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "stream": "stream",
}
"""Settings of a request, and the conventions' names for them behind `gen_ai.request.`."""
_DOUBLES: Final = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty")


def begin_call(conversation: str, seq: int, event: CallStarted, at: int, parent: int, roster: Roster) -> Span:
    """The span of a call that is made."""
    recipe = event.recipe
    card = roster.card(event.agent, recipe.model) if isinstance(recipe, ModelRecipe) else None
    match recipe:
        case ModelRecipe():
            model = recipe.model.partition("@http")[0]
            span = Span(conversation, seq, f"chat {model}", parent=parent, start=at, kind=CLIENT)
            span.attributes |= _model(recipe, model, card)
        case ToolRecipe():
            span = Span(conversation, seq, f"execute_tool {recipe.name}", parent=parent, start=at)
            span.attributes |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": recipe.name}
            span.attributes |= {"gen_ai.tool.call.id": recipe.tool_call_id, "gen_ai.tool.type": "function"}
        case CodeRecipe():
            span = Span(conversation, seq, f"execute_tool {PROGRAM}", parent=parent, start=at)
            span.attributes |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": PROGRAM}
            span.attributes |= {"gen_ai.tool.type": "extension", "agentchat.language": recipe.language}
            span.attributes |= {"agentchat.sandbox": recipe.sandbox}
        case AskRecipe():
            span = Span(conversation, seq, f"ask {recipe.to}", parent=parent, start=at)
            span.attributes |= {"gen_ai.tool.call.id": recipe.tool_call_id}
    span.attributes |= {"gen_ai.conversation.id": conversation, "gen_ai.agent.name": event.agent}
    span.attributes |= {"agentchat.call.key": event.key, "agentchat.call.attempt": event.attempt}
    return span


def end_call(
    span: Span,
    started: CallStarted,
    event: CallOver,
    roster: Roster,
    *,
    content: bool,
) -> None:
    """Say on its span how a call ended."""
    match event:
        case CallFailed(error=error):
            span.fail(error.type, error.message)
        case CallCancelled(reason=reason):
            span.fail("cancelled", reason)
        case CallInDoubt(policy=policy):
            span.fail("in_doubt", f"no result when the process ended: {policy}")
        case CallFinished():
            if event.taken_from is not None:
                span.attributes["agentchat.taken_from"] = f"{event.taken_from.conversation}@{event.taken_from.seq}"
            _result(span, started, event, roster, content=content)


class Asked:
    """What calls were given: settings, and with `most` bytes also messages, arguments, programs and questions.

    cut: calls whose messages did not all fit.
    """

    def __init__(self, most: int | None) -> None:
        self.cut = 0
        self._most = most
        self._settings: dict[int, JsonObject] = {}  # by call: most go on with those of the call they build on

    def tell(self, span: Span, started: CallStarted, log: Transcript) -> None:
        """Say it on the span. A recipe that leads nowhere, in a log that was tampered with, is passed over."""
        with suppress(TranscriptError):
            if isinstance(started.recipe, ModelRecipe):
                self._model(span, started.recipe, log)
            elif self._most is not None:
                span.attributes |= _arguments(started, log)

    def _model(self, span: Span, recipe: ModelRecipe, log: Transcript) -> None:
        fields = self._settings.get(recipe.base or 0) if recipe.tail is None else None
        fields = self._settings[span.seq] = _fields(tail_of(log, recipe)) if fields is None else fields
        for name, value in fields.items():
            if name in _SETTINGS and isinstance(value, int | float):
                span.attributes[f"gen_ai.request.{_SETTINGS[name]}"] = float(value) if name in _DOUBLES else value
        stop, choices = fields.get("stop"), fields.get("n")
        span.attributes["gen_ai.request.stop_sequences"] = [stop] if isinstance(stop, str) else stop
        span.attributes["gen_ai.request.choice.count"] = None if choices == 1 else choices
        if self._most is None:
            return
        given = input_of(log, recipe, self._most)
        self.cut += not given.whole
        span.attributes["gen_ai.input.messages"] = given.messages
        tools = fields.get("tools")
        if isinstance(tools, list):
            span.attributes["gen_ai.tool.definitions"] = [_tool(tool) for tool in tools if isinstance(tool, dict)]


# models


def _model(recipe: ModelRecipe, model: str, card: ModelCard | None) -> JsonObject:
    provider = "openai" if card is not None and _is_service(card) else OWN
    found: JsonObject = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.output.type": None if recipe.output is None else "json",
    }
    if provider == "openai":
        found["openai.api.type"] = "chat_completions" if recipe.wire == "chat" else "responses"
    mark, address = recipe.model.partition("@http")[1:]
    if mark:
        found |= _server(f"http{address}")
    return found


def _server(address: str) -> JsonObject:
    try:
        parts = urlsplit(address)
        return {"server.address": parts.hostname, "server.port": parts.port or (443 if parts.scheme == "https" else 80)}
    except ValueError:  # a port that is none
        return {}


def _is_service(card: ModelCard) -> bool:
    """Whether a service is behind the card: a scripted model has neither an address nor settings."""
    return "@http" in card.name or len(_fields(card.tail + "}")) > 1


def _fields(tail: str) -> JsonObject:
    try:
        fields: JsonValue = json.loads("{" + tail.removeprefix("],"))
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _tool(tool: JsonObject) -> JsonValue:
    function = tool.get("function")
    return {"type": tool.get("type"), **(function if isinstance(function, dict) else tool)}


# results


def _result(span: Span, started: CallStarted, event: CallFinished, roster: Roster, *, content: bool) -> None:
    recipe = started.recipe
    match event.result:
        case Reply() as reply if isinstance(recipe, ModelRecipe):
            card = roster.card(started.agent, recipe.model)
            span.attributes |= {
                "gen_ai.response.model": reply.model,
                "gen_ai.response.id": reply.response_id,
                "gen_ai.response.finish_reasons": [reply.finish],
                **_usage(reply.usage, card),
            }
            if content:
                span.attributes["gen_ai.output.messages"] = output_of(reply)
        case ToolResult() as result:
            if result.child is not None:
                span.attributes["agentchat.conversation"] = result.child
                span.link(result.child, 1, {"agentchat.link": "holds"})
            if content:
                span.attributes["gen_ai.tool.call.result"] = result.value
            if not result.ok:
                span.fail("tool_error", str(result.value) if content else "")
        case CodeRun() as run:
            span.attributes |= {"agentchat.status": run.status, "process.exit.code": run.exit_code}
            if content:
                result_: JsonObject = run.model_dump(mode="json", include={"status", "exit_code", "stdout", "stderr"})
                if run.files:
                    result_ |= {"files": [file.label for file in run.files]}
                span.attributes["gen_ai.tool.call.result"] = result_
            if not run.ok:
                span.fail(run.status, run.detail or "" if content else "")
        case Answer() as answer:
            span.attributes["agentchat.by"] = answer.by
            if content:
                span.attributes["agentchat.answer"] = answer.value


def _usage(usage: Usage | None, card: ModelCard | None) -> JsonObject:
    said = usage or Usage()
    paid = None if card is None or card.price is None else cost(card.price, said)
    return {
        "gen_ai.usage.input_tokens": said.input_tokens,
        "gen_ai.usage.output_tokens": said.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": said.cached_input_tokens,
        "gen_ai.usage.reasoning.output_tokens": said.reasoning_tokens,
        "agentchat.cost.usd": paid,
    }


def _arguments(started: CallStarted, log: Transcript) -> JsonObject:
    """What a tool, a program or a person was given."""
    match started.recipe:
        case ToolRecipe(arguments=arguments):
            return {"gen_ai.tool.call.arguments": arguments}
        case CodeRecipe(language=language, source=source):
            return {"gen_ai.tool.call.arguments": {"language": language, "source": resolve(log, source)}}
        case AskRecipe(question=question):
            return {"agentchat.question": question}
    return {}
