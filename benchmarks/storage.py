"""Turns through SQLite: against commits and thread hops of the same run, many at once, and the size of the file."""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import anyio
from anyio import to_thread

from agentchat.models.scripted import ScriptedModel
from agentchat.stores.reading import load
from agentchat.stores.sqlite import SqliteStore
from benchmarks.report import Row, median_us
from benchmarks.turns import Stamped, conversation


async def _floor(folder: Path, count: int) -> float:
    """Two commits of two lines each, and two thread hops: microseconds, the median."""
    base = sqlite3.connect(folder / "floor.db", check_same_thread=False, isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute("pragma synchronous=full")
    base.execute("create table line (seq integer primary key, data blob)")

    def commit() -> None:
        base.execute("begin immediate")
        base.executemany("insert into line (data) values (?)", [(b"x" * 450,), (b"x" * 450,)])
        base.execute("commit")

    timings = []
    for _ in range(count):
        start = time.perf_counter()
        await to_thread.run_sync(commit)
        await to_thread.run_sync(commit)
        timings.append(time.perf_counter() - start)
    base.close()
    return statistics.median(timings) * 1e6


async def _one(folder: Path) -> list[Row]:
    ratios, turns, floors = [], [], []
    for place in range(3):
        at = folder / f"one{place}"
        at.mkdir()
        floors.append(await _floor(at, 400))
        model = Stamped(400)
        chat = conversation(model, 400, at / "one.db")
        await chat.run("Talk.")
        await chat.store.aclose()
        turns.append(median_us(model.stamps))
        ratios.append(turns[-1] / floors[-1])
    middle = sorted(range(3), key=ratios.__getitem__)[1]
    return [
        Row(
            "turn through SQLite, one conversation",
            turns[middle],
            "us",
            floors[middle],
            "two commits and two hops",
            "at most 1.6 x",
        )
    ]


async def _hundred(folder: Path) -> list[Row]:
    chat = conversation(ScriptedModel(["word " * 20] * 50), 50, folder / "hundred.db")
    best = []
    for _ in range(3):
        start = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(chat.run, "Talk.")
        best.append(100 * 50 / (time.perf_counter() - start))
    await chat.store.aclose()
    return [Row("100 conversations through SQLite (median of 3)", sorted(best)[1], "turns/s", aim="at least 5,000")]


async def _size(folder: Path) -> list[Row]:
    place = folder / "size.db"
    chat = conversation(ScriptedModel(["x" * 500] * 800), 800, place)
    result = await chat.run("Talk.", id="c")
    await chat.store.aclose()
    size = os.stat(place).st_size / 1e6
    timings = []
    for _ in range(5):
        store = SqliteStore(place)
        start = time.perf_counter()
        transcript = await load(store, "c")
        timings.append((time.perf_counter() - start) * 1e3)
        await store.aclose()
        assert transcript.head == result.transcript.head
    return [
        Row("800 messages of 500 bytes, SQLite file", size, "MB", aim="below 2"),
        Row("reopened whole", statistics.median(timings), "ms", aim="below 50"),
    ]


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        return [*anyio.run(_one, path), *anyio.run(_hundred, path), *anyio.run(_size, path)]
