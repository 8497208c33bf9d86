"""A real server on the wire "responses", and what a reply with tool calls goes back as, on both wires.

The small model's own template knows no tools, so it asks for none; its server reads those that went before.
"""

from __future__ import annotations

from typing import get_args

import pytest

from agentchat.models.openai import OpenAIModel
from agentchat.policy.prompts.request import ChatMessage, raw_message, resolve
from agentchat.policy.prompts.wires import answered, called, tools_field
from agentchat.transcript.calls import JsonObject, ToolSpec, Wire
from agentchat.transcript.messages import TextPart, ToolCallPart
from tests.models.asking import Heard, ask, request_for
from tests.policy.wire_shapes import record

pytestmark = [pytest.mark.anyio, pytest.mark.local_model]
WIRES: tuple[Wire, ...] = get_args(Wire)
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}, "large": {"type": "boolean"}},
    "required": ["city", "large"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_with_its_usage(local_model_url: str, stream: bool) -> None:
    model = OpenAIModel("smollm2", base_url=local_model_url, wire="responses", max_output=12, stream=stream)
    reply, heard = await ask(model, "Tell me about the sea.")
    assert reply.text == heard.text != ""
    assert (len(heard) > 1) is stream
    assert reply.usage is not None
    assert reply.usage.output_tokens == 12
    assert (reply.usage.input_tokens or 0) > 10


@pytest.mark.parametrize("wire", WIRES)
async def test_calls_and_results_that_go_back(local_model_url: str, wire: Wire) -> None:
    model = OpenAIModel("smollm2", base_url=local_model_url, wire=wire, max_output=4)
    parts = (
        TextPart(content="I look."),
        ToolCallPart(id="a", name="look", arguments='{"city":"Paris"}'),
        ToolCallPart(id="b", name="look", arguments='{"city":'),
    )
    transcript = record(parts)
    pieces = [
        *called(wire, 3, parts, reasoning=True),
        answered(wire, "a", ("=large",)),
        answered(wire, "b", ("=the arguments are no JSON",)),
    ]
    then: tuple[ChatMessage, ...] = tuple(raw_message(resolve(transcript, one)) for one in pieces)
    tools = tools_field(wire, [ToolSpec(name="look", description="Looks.", parameters=SCHEMA)])
    reply = await model.complete(request_for(model, "Is Paris large?", then=then, more=tools), Heard().append)
    assert reply.usage is not None
    assert (reply.usage.input_tokens or 0) > 40
