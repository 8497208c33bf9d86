"""P1: what is said to a conversation, where it is run and from elsewhere; and reading one that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.errors import ConfigurationError, ConversationClosed, NoSuchConversation
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.rules import MaxTurns
from tests.runtime.team import HangingModel, texts

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["run.jsonl", "runs.db", None])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return None if request.param is None else tmp_path / str(request.param)


async def test_only_what_makes_sense_can_be_said(place: Path | None) -> None:
    model = HangingModel()
    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(3), store=place)
    with pytest.raises(NoSuchConversation):
        await chat.say("c", "hello")
    async with chat.open("go", id="c") as run:
        await model.begun.wait()
        with pytest.raises(ConfigurationError, match="no agent 'bob'"):
            await chat.say("c", "hello", to="bob")
        with pytest.raises(ConfigurationError, match="UTF-8"):
            await chat.say("c", "half a \ud800")
        with pytest.raises(ConfigurationError, match="is an agent"):
            await run.say("hello", sender="ann")
        assert await chat.say("c", "from outside", to="ann", sender="eve") > 0
        await run.say("from inside")
        await run.interrupt()
    assert texts(run.transcript) == [("user", "go"), ("eve", "from outside"), ("user", "from inside")]
    with pytest.raises(ConversationClosed, match="resume"):
        await chat.say("c", "too late")
    await chat.store.aclose()


async def test_a_large_message_from_outside_arrives_whole(place: Path | None) -> None:
    model = HangingModel()
    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(3), store=place)
    text = "0123456789" * 20_000
    async with chat.open("go", id="c") as run:
        await model.begun.wait()
        await chat.say("c", text)
        await run.interrupt()
    assert texts(run.transcript)[-1] == ("user", text)
    await chat.store.aclose()


async def test_a_kept_conversation_is_read_as_it_stands(place: Path | None) -> None:
    def team() -> Conversation:
        return Conversation([Assistant("ann", model=ScriptedModel(["yes"]))], until=MaxTurns(1), store=place)

    chat = team()
    result = await chat.run("go", id="c")
    reader = chat if place is None else team()
    assert (await reader.read("c")).dumps() == result.transcript.dumps()
    with pytest.raises(NoSuchConversation):
        await reader.read("d")
    await chat.store.aclose()
    await reader.store.aclose()


async def test_what_was_said_is_in_the_store_when_say_goes_on(place: Path | None) -> None:
    model = HangingModel()
    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(3), store=place)
    async with chat.open("go", id="c") as run:
        await model.begun.wait()
        said = await run.say("from inside")
        assert b"from inside" in (await chat.store.read("c", after=said - 1))[0]
        asked = await chat.say("c", "from outside")
        assert b"from outside" in (await chat.store.read("c", after=asked - 1))[0]
        await run.interrupt()
    await chat.store.aclose()
