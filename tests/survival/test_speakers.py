"""P2: four processes talk into one conversation while a fifth runs it; nothing is lost, doubled or interleaved."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.debug.replay import replay
from agentchat.models.function import FunctionModel
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import External, MaxTurns
from agentchat.transcript.transcript import Transcript

pytestmark = pytest.mark.anyio

SPEAKERS, EACH = 4, 15


async def _chatter(request: ModelRequest) -> str:
    await anyio.sleep(0.005)
    return f"turn {request.index}"


@pytest.mark.parametrize("name", ["runs.db", "run.jsonl"])
async def test_each_message_is_in_once_or_its_sender_was_told(tmp_path: Path, name: str) -> None:
    store = tmp_path / name
    model = FunctionModel(_chatter, name="chatter")
    chat = Conversation(
        [Assistant("ann", model=model), Assistant("bob", model=model)],
        until=External("enough") | MaxTurns(5_000),
        store=store,
    )
    async with chat.open("go", id="c") as run:
        speakers = [
            subprocess.Popen(  # noqa: ASYNC220 - started once, waited for in threads
                [sys.executable, "-m", "tests.survival.speaker", str(store), str(number), str(EACH)],
                stdout=subprocess.PIPE,
            )
            for number in range(SPEAKERS)
        ]
        told: list[dict[str, Any]] = []
        for speaker in speakers:
            out, _ = await to_thread.run_sync(speaker.communicate)
            assert speaker.returncode == 0
            told.append(json.loads(out))
        await run.signal("enough")
        result = await run.wait()
    lines = await chat.store.read("c")
    await chat.store.aclose()
    transcript = Transcript.from_lines(lines)
    assert transcript.dumps() == result.transcript.dumps()
    counts = Counter(message.text for message in transcript.messages())
    for one in told:
        assert one["refused"] == []
        assert len(one["entered"]) == EACH
        for text, seq in one["entered"].items():
            assert counts[text] == 1
            assert transcript.message(seq).text == text
    assert [str(one) for one in replay(transcript).differences] == []
