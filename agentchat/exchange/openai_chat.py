"""Conversations as OpenAI chat requests, one line of JSON for each agent: what its model was shown, to the end.

A line is the agent's last request with what it answered behind it: `messages`, `model`, `tools` and the other settings,
so that it can be sent to the Chat Completions API as it stands. `metadata` names the conversation and the agent. The
messages are the agent's own context (`policy.prompts.context`), not a rendering of the log: what was never shown to a
model is not in them. Never here: sending anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import JsonValue

from agentchat.exchange.exported import Exported, counted, each_once
from agentchat.exchange.responses_items import chat_messages, chat_settings
from agentchat.exchange.saved import saved_lost
from agentchat.policy.charter import agreed_in
from agentchat.policy.prompts.context import context_of
from agentchat.policy.prompts.rendering import render
from agentchat.policy.prompts.request import ChatMessage, encode_message, resolve, tail_of
from agentchat.policy.prompts.shown import Context
from agentchat.transcript.calls import JsonObject, ModelRecipe
from agentchat.transcript.events import CallStarted, Compacted, Entry, Said
from agentchat.transcript.transcript import Transcript

_OF_ONE_CALL: Final = ("max_completion_tokens", "stream", "stream_options")
"""Settings of the call that was made, not of the conversation: its limit follows from what the budget had left."""

_GENERAL: Final = (
    "who had the turn and why, times, causes, costs, programs, what the policy refused and how runs ended: it holds "
    "what each model was shown"
)


class View(NamedTuple):
    """One agent's view: the fields of its line, and what of the conversation is not in them."""

    fields: JsonObject
    losses: tuple[str, ...]


def openai_chat(transcript: Transcript, agent: str | None = None) -> Exported:
    """Every agent's view, or that of one, a line each. Agents without a model, or who did nothing, have none."""
    calls = _last_calls(transcript)
    spoke = {_sender(entry) for entry in transcript}
    lines: list[str] = []
    losses = [_GENERAL]
    for name, card in agreed_in(transcript).cards.items():
        if agent not in (None, name):
            continue
        if card.model is None:
            losses.append(f"a line for {name}, which asks no model")
        elif name not in calls and name not in spoke:
            losses.append(f"a line for {name}, who was never asked")
        else:
            view = view_of(transcript, name, calls.get(name))
            lines.append(json.dumps(view.fields, ensure_ascii=False, separators=(",", ":")))
            losses += [f"{loss} ({name})" for loss in view.losses]
    losses += saved_lost(transcript)
    return Exported("".join(f"{line}\n" for line in lines), each_once(losses))


def view_of(transcript: Transcript, agent: str, last: ModelRecipe | None) -> View:
    """The view of an agent whose last model call is `last`; of one that made none, as its first would have been."""
    context = context_of(transcript, agent)
    shown = [*context.growing.messages, *_answers(transcript, context)]
    items: list[JsonObject] = [json.loads(encode_message(message, context.growing.wire)) for message in shown]
    settings: JsonObject = json.loads("{" + _tail(transcript, context, last).removeprefix("],"))
    losses = list(_unseen(transcript, context))
    if context.growing.wire == "responses":
        messages, lost = chat_messages(items)
        settings, unsaid = chat_settings(settings)
        losses += [f"{counted(count, what)} of the Responses API" for what, count in lost.items()]
        losses += [f"the setting {name} of the Responses API" for name in unsaid if name not in _UNSAID]
    else:
        messages = items
    if _is_waiting(messages):
        messages.pop()
        losses.append("tool calls at the end that have no result yet")
    kept = {name: value for name, value in settings.items() if name not in _OF_ONE_CALL}
    named = kept.pop("metadata", None)
    metadata: JsonObject = {**(named if isinstance(named, dict) else {}), "conversation": transcript.conversation}
    return View({"messages": [*messages], **kept, "metadata": {**metadata, "agent": agent}}, tuple(losses))


_UNSAID: Final = ("stream", "store", "include", "max_output_tokens")
"""Settings of the Responses API that say how one call is carried."""


def _tail(transcript: Transcript, context: Context, last: ModelRecipe | None) -> str:
    """How a request of the agent is closed."""
    if last is not None:
        return tail_of(transcript, last)
    assert context.card.model is not None
    return resolve(transcript, context.tail(context.card.model, limit=None))


def _last_calls(transcript: Transcript) -> dict[str, ModelRecipe]:
    """The last request of each agent that showed it the conversation; else the last of all."""
    found: dict[str, ModelRecipe] = {}
    for entry in transcript:
        event = entry.event
        if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe):
            before = found.get(event.agent)
            if event.recipe.context is not None or before is None or before.context is None:
                found[event.agent] = event.recipe
    return found


def _answers(transcript: Transcript, context: Context) -> Iterator[ChatMessage]:
    """What the agent said in its last turn: its model is shown it with the next one only."""
    for seq in context.waiting:
        said = transcript[seq].event
        if isinstance(said, Said) and said.sender == context.agent:
            own = render(transcript, seq, context.agent, context.growing.wire, crowd=False)
            if own is not None:
                yield own[1]


def _unseen(transcript: Transcript, context: Context) -> Iterator[str]:
    """What the agent could have seen and its model was not shown."""
    later = sum(_sender(transcript[seq]) != context.agent for seq in context.waiting)
    if later:
        yield f"{counted(later, 'message')} that came after its last request"
    if any(isinstance(one.event, Compacted) and one.event.agent == context.agent for one in transcript):
        yield f"what was said up to event {context.since}, but for the summary that took its place"
    policy = context.card.context
    if policy.turns is not None:
        yield f"all but the last {counted(policy.turns, 'turn')}, which is all it is shown"
    if policy.senders is not None:
        yield f"messages of others than {', '.join(policy.senders)}, which it is not shown"
    own = sum(
        isinstance(one.event, CallStarted)
        and one.event.agent == context.agent
        and isinstance(one.event.recipe, ModelRecipe)
        and one.event.recipe.context is None
        for one in transcript
    )
    if own:
        yield f"{counted(own, 'request')} of its own making, with a prompt beside the conversation"


def _sender(entry: Entry) -> str:
    return entry.event.sender if isinstance(entry.event, Said) else ""


def _is_waiting(messages: list[JsonObject]) -> bool:
    """Whether the last message asks for tools: no service takes a request that leaves a call without its result."""
    calls: JsonValue = messages[-1].get("tool_calls") if messages else None
    return bool(calls)
