"""What is said just before a turn is given is heard in that turn."""

from __future__ import annotations

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.policy.rules import MaxTurns

from .checking import checked
from .team import Recording, texts

pytestmark = pytest.mark.anyio


async def test_what_waits_is_heard_by_the_very_next_turn() -> None:
    model = Recording("one", "two", "three")
    chat = Conversation([Assistant("ann", model=model), Assistant("bob", model=model)], until=MaxTurns(2))
    waiting = ["mind the gap"]
    async with chat.open("go") as run:

        async def say() -> bool:
            if not waiting or len(run.transcript.messages()) < 2:
                return False
            await run.say(waiting.pop())
            return True

        run.before_turns(say)
        result = await run.wait()
    checked(result.transcript)
    said = [("user", "go"), ("ann", "one"), ("user", "mind the gap"), ("bob", "two")]
    assert texts(result.transcript) == said
    assert "mind the gap" in model.bodies[1]["messages"][-1]["content"]


async def test_nobody_is_asked_where_no_turn_follows() -> None:
    asked = 0
    model = Recording("one")
    async with Conversation([Assistant("ann", model=model)], until=MaxTurns(1)).open("go") as run:

        async def count() -> bool:
            nonlocal asked
            asked += 1
            return False

        run.before_turns(count)
        await run.wait()
    assert asked <= 1
