"""Many conversations at once, on a model that takes 50 ms."""

from __future__ import annotations

import gc
import time
import tracemalloc

import anyio

from agentchat.conversation import Conversation
from agentchat.models.scripted import ScriptedModel
from agentchat.result import Result
from benchmarks.report import Row
from benchmarks.turns import conversation

CONVERSATIONS, TURNS, DELAY = 1_000, 10, 0.05


async def _all(chat: Conversation, kept: list[Result]) -> None:
    async def one() -> None:
        kept.append(await chat.run("Talk."))

    async with anyio.create_task_group() as tasks:
        for _ in range(CONVERSATIONS):
            tasks.start_soon(one)


async def _bare() -> None:
    """The same number of tasks and sleeps with nothing else: the floor."""

    async def one() -> None:
        for _ in range(TURNS):
            await anyio.sleep(DELAY)

    async with anyio.create_task_group() as tasks:
        for _ in range(CONVERSATIONS):
            tasks.start_soon(one)


def _timed(act: object, *given: object) -> float:
    gc.collect()
    start = time.perf_counter()
    anyio.run(act, *given)  # type: ignore[arg-type]
    return time.perf_counter() - start


def rows() -> list[Row]:
    chat = conversation(ScriptedModel(["word " * 20] * TURNS, delay=DELAY), TURNS)
    _timed(_all, chat, [])
    floors, times = [], []
    for _ in range(3):
        floors.append(_timed(_bare))
        times.append(_timed(_all, chat, []))
    found = [
        Row(
            "1,000 conversations of 10 turns on a 50 ms model",
            sorted(times)[1],
            "s",
            sorted(floors)[1],
            "as many bare sleeps",
            "below 3 x 0.5 s",
        )
    ]
    kept: list[Result] = []
    fresh = conversation(ScriptedModel(["word " * 20] * TURNS), TURNS)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    anyio.run(_all, fresh, kept)
    gc.collect()
    size = (tracemalloc.get_traced_memory()[0] - before) / len(kept) / 1024
    tracemalloc.stop()
    found.append(Row("memory of a conversation of 10 turns, kept whole", size, "KiB", aim="below 100"))
    return found
