"""Whether what is sent has the shapes that the `openai` package knows, down to the last field."""

from __future__ import annotations

import json
from collections.abc import Iterator

from openai.types.chat import ChatCompletionMessageParam
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.responses import ResponseInputItemParam
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import JsonValue, TypeAdapter

from agentchat.policy.prompts.request import resolve
from agentchat.transcript.calls import Piece, Reply, Wire
from agentchat.transcript.events import CallFinished, Opened, Said
from agentchat.transcript.messages import Part, Text
from agentchat.transcript.transcript import Transcript

MESSAGES: dict[Wire, TypeAdapter[object]] = {
    "chat": TypeAdapter(ChatCompletionMessageParam),
    "responses": TypeAdapter(ResponseInputItemParam),
}
REQUESTS: dict[Wire, TypeAdapter[object]] = {
    "chat": TypeAdapter(CompletionCreateParamsNonStreaming),
    "responses": TypeAdapter(ResponseCreateParamsNonStreaming),
}
FIRST: dict[Wire, str] = {"chat": '{"messages":[],"model":"m"', "responses": '{"input":[],"model":"m"'}


def record(parts: tuple[Part, ...]) -> Transcript:
    """A transcript whose second event is a message of these parts, and the third a reply of them."""
    transcript = Transcript()
    reply = Reply(parts=parts, finish="stop")
    for event in (
        Opened(conversation="c", charter={}),
        Said(sender="user", body=Text(parts=parts)),
        CallFinished(call=2, result=reply),
    ):
        transcript.append(transcript.next(event, at=0.0, active=0.0, cause=0))
    return transcript


def message(wire: Wire, transcript: Transcript, pieces: tuple[Piece, ...]) -> dict[str, JsonValue]:
    """The message that pieces make. Fails where it is none that the wire knows, or has a field too many."""
    return _known(MESSAGES[wire], json.loads(resolve(transcript, pieces)))


def request(wire: Wire, *fields: str) -> dict[str, JsonValue]:
    """The request that fields close, without what is in every one. Fails as `message` does."""
    value = _known(REQUESTS[wire], json.loads(FIRST[wire] + "".join(fields) + "}"))
    return {name: field for name, field in value.items() if name not in ("messages", "input", "model")}


def _known(adapter: TypeAdapter[object], value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    # The types leave out fields that they do not know: what is equal has none.
    assert _plain(adapter.validate_python(value)) == value
    return value


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | Iterator) else value
