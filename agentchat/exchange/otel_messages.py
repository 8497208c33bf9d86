"""Messages as the OpenTelemetry GenAI conventions write them: a role, and parts.

Parts in a transcript are named as the conventions name them already; what a request holds is read back from its recipe.
Pure. Schemas: opentelemetry.io/docs/specs/semconv/gen-ai, gen-ai-input-messages.json and gen-ai-output-messages.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pydantic import JsonValue

from agentchat.exchange.responses_items import chat_messages
from agentchat.policy.prompts.request import encode_message, message_of
from agentchat.transcript.calls import JsonObject, ModelRecipe, Reply
from agentchat.transcript.events import CallStarted
from agentchat.transcript.messages import (
    BlobPart,
    Body,
    FilePart,
    Part,
    ReasoningPart,
    Text,
    TextPart,
    ToolCallPart,
    ToolCallResponsePart,
    UriPart,
)
from agentchat.transcript.transcript import Transcript

MOST: Final = 64 * 1024
LEAST: Final = 8 * 1024
"""Bytes of the input messages of one call, at most: backends cut longer attributes off. With many calls it is less,
for histories only grow, and each call would show the whole of it again."""
ALL: Final = 32 * 1024 * 1024
"""Bytes of the input messages of all calls together."""
_FINISH: Final = {"tool_calls": "tool_call"}
"""Where the conventions have another word than the provider."""
_MODALITIES: Final = ("image", "video", "audio")


class Input(NamedTuple):
    """What a model was asked: the messages, the last ones where all would be too long."""

    messages: list[JsonValue]
    whole: bool


def share_of(calls: int) -> int:
    """Bytes of input messages that each of so many calls may show."""
    return max(LEAST, min(MOST, ALL // max(1, calls)))


def input_of(log: Transcript, recipe: ModelRecipe, most: int) -> Input:
    """The messages of a request, the oldest first. The last is there; before it as many as fit in `most` bytes."""
    found: list[JsonObject] = []
    size = 0
    step: ModelRecipe | None = recipe
    while step is not None:
        for item in reversed(step.add):
            data = encode_message(message_of(log, item), recipe.wire)
            size += len(data)
            if size > most and found:
                return Input(_chat(found, recipe), False)
            found.append(json.loads(data))
        step = _before(log, step)
    return Input(_chat(found, recipe), True)


def output_of(reply: Reply) -> list[JsonValue]:
    """What a model answered."""
    parts = [_part(part) for part in reply.parts]
    return [{"role": "assistant", "parts": parts, "finish_reason": _FINISH.get(reply.finish, reply.finish)}]


def said(body: Body, role: str, name: str | None = None) -> list[JsonValue]:
    """A message of the conversation."""
    parts: list[JsonValue] = [{"type": "text", "content": body.text}]
    if isinstance(body, Text):
        parts = [_part(part) for part in body.parts]
    return [{"role": role, "parts": parts, **({} if name is None else {"name": name})}]


def _before(log: Transcript, step: ModelRecipe) -> ModelRecipe | None:
    if step.base is None:
        return None
    event = log[step.base].event
    return event.recipe if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe) else None


def _chat(newest_first: list[JsonObject], recipe: ModelRecipe) -> list[JsonValue]:
    messages = newest_first[::-1]
    if recipe.wire == "responses":
        messages, _ = chat_messages(messages)
    return [{"role": str(one.get("role")), "parts": list(_parts(one))} for one in messages]


def _parts(message: JsonObject) -> Iterator[JsonValue]:
    """The parts of a chat request's message."""
    content = message.get("content")
    if message.get("role") == "tool":
        yield {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}
        return
    thought = message.get("reasoning_content")
    if isinstance(thought, str):
        yield {"type": "reasoning", "content": thought}
    if isinstance(content, str):
        yield {"type": "text", "content": content}
    elif isinstance(content, list):
        yield from (_content(one) for one in content if isinstance(one, dict))
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        match call:
            case {"id": str(name), "function": {"name": str(function), "arguments": str(arguments)}}:
                yield _part(ToolCallPart(id=name, name=function, arguments=arguments))


def _content(part: JsonObject) -> JsonValue:
    match part:
        case {"type": "text", "text": text}:
            return {"type": "text", "content": text}
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            head, comma, data = url.partition(";base64,")
            if comma and head.startswith("data:"):
                return _blob(head.removeprefix("data:"), data)
            return {"type": "uri", "modality": "image", "uri": url}
        case {"type": "input_audio", "input_audio": {"data": str(data), "format": str(kind)}}:
            return _blob(f"audio/{kind}", data)
        case {"type": "file", "file": {"file_id": held}}:
            return {"type": "file", "modality": "document", "file_id": held}
    return part


def _part(part: Part) -> JsonValue:
    match part:
        case TextPart(content=content):
            return {"type": "text", "content": content}
        case ReasoningPart(content=content):
            return {"type": "reasoning", "content": content}
        case ToolCallPart(id=name, name=function, arguments=arguments):
            return {"type": "tool_call", "id": name, "name": function, "arguments": _object(arguments)}
        case ToolCallResponsePart(id=name, response=response):
            return {"type": "tool_call_response", "id": name, "response": response}
        case BlobPart(mime_type=kind, content=content):
            return _blob(kind, content)
        case FilePart(file_id=held, mime_type=kind):
            return {"type": "file", "modality": _modality(kind), "file_id": held, **_typed(kind)}
        case UriPart(uri=uri, mime_type=kind):
            return {"type": "uri", "modality": _modality(kind), "uri": uri, **_typed(kind)}


def _blob(kind: str, content: str) -> JsonObject:
    return {"type": "blob", "modality": _modality(kind), "content": content, **_typed(kind)}


def _typed(kind: str | None) -> JsonObject:
    return {} if kind is None else {"mime_type": kind}


def _modality(kind: str | None) -> str:
    head = (kind or "").partition("/")[0]
    return head if head in _MODALITIES else "document"


def _object(arguments: str) -> JsonValue:
    """The arguments as an object, where they are one: the conventions want it so."""
    try:
        value: JsonValue = json.loads(arguments, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return arguments
    return value if isinstance(value, dict) else arguments


def _no_number(word: str) -> float:
    raise ValueError(word)


def joined(messages: Iterable[list[JsonValue]]) -> list[JsonValue]:
    """Several as one list."""
    return [one for some in messages for one in some]
