"""A real model: real server, real sampling, real tokens."""

from __future__ import annotations

import json

import anyio
import pytest

from agentchat import Assistant, Conversation, MaxTurns
from agentchat.models.local import LocalServer
from agentchat.models.openai import OpenAIModel
from agentchat.transcript.calls import JsonObject
from tests.models.asking import Heard, ask, request_for

pytestmark = [pytest.mark.anyio, pytest.mark.local_model]


async def test_a_streamed_answer_with_its_usage(local_model_url: str) -> None:
    model = OpenAIModel("smollm2", base_url=local_model_url, seed=1, max_output=12, temperature=0.8)
    reply, heard = await ask(model, "Tell me about the sea.")
    assert reply.text == heard.text != ""
    assert len(heard) > 1
    assert reply.finish == "length"
    assert reply.usage is not None
    assert reply.usage.output_tokens == 12
    assert (reply.usage.input_tokens or 0) > 10


async def test_the_same_seed_gives_the_same_answer(local_model_url: str) -> None:
    model = OpenAIModel("smollm2", base_url=local_model_url, seed=5, max_output=16, temperature=1.0)
    first, second = [(await ask(model, "Name a colour."))[0].text for _ in range(2)]
    assert first == second


async def test_a_schema_is_kept_to(local_model_url: str) -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}, "large": {"type": "boolean"}},
        "required": ["city", "large"],
        "additionalProperties": False,
    }
    model = OpenAIModel(
        "smollm2",
        base_url=local_model_url,
        seed=1,
        max_output=64,
        temperature=0,
        extra={"response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": schema}}},
    )
    reply, _ = await ask(model, "Is Paris a large city?")
    value = json.loads(reply.text)
    assert set(value) == {"city", "large"}
    assert isinstance(value["large"], bool)


async def test_cancellation_in_the_middle_frees_the_server(local_model_url: str) -> None:
    model = OpenAIModel("smollm2", base_url=local_model_url, seed=1, max_output=2000)
    heard = Heard()
    with anyio.CancelScope() as scope:

        def emit(text: str) -> None:
            heard.append(text)
            if len(heard) == 3:
                scope.cancel()

        await model.complete(request_for(model, "Tell a very long story."), emit)
    assert scope.cancelled_caught
    assert len(heard) < 100
    short = OpenAIModel("smollm2", base_url=local_model_url, max_output=3)
    replies: list[str] = []

    async def one() -> None:
        replies.append((await ask(short, "Hi"))[0].text)

    # More at once than the server has places: they would wait for a story that still went on.
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(one)
    assert len(replies) == 3


@pytest.mark.usefixtures("local_model_url")
async def test_a_program_has_it_for_as_long_as_a_block_lasts() -> None:
    server = LocalServer(port=0)
    with server as name:
        ann = Assistant("ann", model=OpenAIModel(name, max_output=4, price="free"))
        result = await Conversation([ann], until=MaxTurns(1)).run("Say hello.")
        assert result.output
    assert server.url == ""


@pytest.mark.usefixtures("local_model_url")
async def test_an_answer_has_an_end_where_none_is_set() -> None:
    with LocalServer(port=0, longest=8) as name:
        model = OpenAIModel(name, price="free", extra={"ignore_eos": True})
        result = await Conversation([Assistant("ann", model=model)], until=MaxTurns(1)).run("Say hello.")
        assert str(result.usage.total.output_tokens) == "8"
