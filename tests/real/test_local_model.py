"""The whole spine on a real model: a real server, a real client, real sampling, no key and no network."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.debug.replay import replay
from agentchat.models.openai import OpenAIModel
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.seams import Delta
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFinished, CallInDoubt, CallStarted, Closed
from tests.runtime.team import kinds, only, texts

pytestmark = [pytest.mark.anyio, pytest.mark.local_model]


def team(url: str) -> list[Assistant]:
    model = OpenAIModel(f"smollm2@{url}", temperature=0.0, seed=7, max_output=24)
    return [
        Assistant("ann", model=model, instructions="You are Ann. Answer in one short sentence."),
        Assistant("bob", model=model, instructions="You are Bob. Answer in one short sentence."),
    ]


async def test_two_agents_stream_and_end_by_rule(local_model_url: str) -> None:
    chat = Conversation(team(local_model_url), until=Mentions("NEVERMORE") | MaxTurns(3))
    said: dict[int, str] = {}
    async with chat.open("What is the colour of the sky?") as run:
        async for item in run:
            if isinstance(item, Delta):
                said[item.call] = said.get(item.call, "") + item.text
        result = run.result
    assert (result.outcome.kind, result.outcome.rule) == ("limit", "MaxTurns(turns=3)")
    assert len(texts(result.transcript)) == 4
    for entry in only(result.transcript, CallFinished):
        event = entry.event
        assert isinstance(event, CallFinished)
        assert isinstance(event.result, Reply)
        assert said[event.call] == event.result.text
        # a busy server may drop a connection; the attempt is then made again, and only finished ones report usage
        assert event.result.usage is not None
        assert event.result.usage.input_tokens
        assert event.result.usage.output_tokens
    assert replay(result.transcript).differences == []


async def test_a_run_cut_in_the_middle_of_a_reply_goes_on(local_model_url: str, tmp_path: Path) -> None:
    """The file is cut behind the start of the second reply, as a crash in the middle of its stream leaves it."""
    place = tmp_path / "run.jsonl"
    whole = Conversation(team(local_model_url), until=MaxTurns(3), store=place)
    first = await whole.run("Name a fruit.", id="c")
    await whole.store.aclose()
    second = only(first.transcript, CallStarted)[1]
    _cut(place, second.seq)
    again = Conversation(team(local_model_url), until=MaxTurns(3), store=place)
    result = await again.resume("c")
    await again.store.aclose()
    assert "call_in_doubt" in kinds(result.transcript)
    assert len(only(result.transcript, CallInDoubt)) == 1
    assert len(only(result.transcript, CallFinished)) == 3
    assert texts(result.transcript)[:2] == texts(first.transcript)[:2]
    last = result.transcript[len(result.transcript)].event
    assert isinstance(last, Closed)
    assert replay(result.transcript).differences == []


def _cut(path: Path, lines: int) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))


async def test_an_interrupted_stream_keeps_what_arrived(local_model_url: str) -> None:
    model = OpenAIModel(f"smollm2@{local_model_url}", temperature=0.0, max_output=400)
    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(1))
    arrived = ""
    with anyio.fail_after(60):
        async with chat.open("Tell me a very long story about the sea.") as run:
            async for item in run:
                if isinstance(item, Delta):
                    arrived += item.text
                    if len(arrived) > 20:
                        await run.interrupt("enough")
            result = await run.wait()
    assert kinds(result.transcript)[-4:] == ["interrupted", "call_cancelled", "turn_cancelled", "closed"]
    cancelled = result.transcript[len(result.transcript) - 2].event
    assert cancelled.kind == "call_cancelled"
    assert cancelled.partial
    assert cancelled.partial.startswith(arrived[:20])
