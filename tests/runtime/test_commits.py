"""P2: a commit stands before every act on the outside world, and after its result."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentchat.agents.function import agent
from agentchat.conversation import Conversation
from agentchat.models.function import FunctionModel
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import MaxTurns
from agentchat.seams import Turn
from agentchat.stores.opening import open_store

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["run.jsonl", "runs.db"])
@pytest.mark.parametrize("act", ["model", "tool", "several"])
async def test_a_call_is_stored_before_it_is_made_and_its_result_before_it_is_given(
    tmp_path: Path, name: str, act: str
) -> None:
    reader = open_store(tmp_path / name)

    async def stored(kind: str) -> int:
        return sum(f'"kind":"{kind}"'.encode() in line for line in await reader.read("c", after=0))

    before: list[int] = []

    async def answer(request: ModelRequest) -> str:
        before.append(await stored("call_started"))
        return "yes"

    async def look() -> str:
        """Looks into the store while it is called."""
        before.append(await stored("call_started"))
        return "yes"

    after: list[int] = []

    @agent(model=FunctionModel(answer), tools=[look])
    async def ann(task: str, turn: Turn) -> str:
        if act == "model":
            await turn.model()
        elif act == "tool":
            await turn.tool("look")
        else:
            await turn.gather(turn.tool("look"), turn.model())
        after.append(await stored("call_finished"))
        return "done"

    chat = Conversation([ann], until=MaxTurns(1), store=tmp_path / name)
    result = await chat.run("go", id="c")
    calls = 2 if act == "several" else 1
    assert (result.output, before, after) == ("done", [calls] * calls, [calls])
    await chat.store.aclose()
    await reader.aclose()
