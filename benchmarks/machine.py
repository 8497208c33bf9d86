"""How fast this machine is at what every turn is made of, beside the one that the aims in microseconds were set on.

An aim in absolute time says little without that: shared machines differ by a factor of two from one minute to the next.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import anyio

from benchmarks.report import Row, median_us

COUNT = 1_000


def hop_us() -> float:
    """A message from one task to another through an anyio stream, in microseconds."""
    return anyio.run(_hop)


async def _hop() -> float:
    out, back = anyio.create_memory_object_stream[int](0), anyio.create_memory_object_stream[int](0)

    async def echo() -> None:
        async for one in out[1]:
            await back[0].send(one)

    stamps = [time.perf_counter()]
    with out[0], out[1], back[0], back[1]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(echo)
            for place in range(COUNT):
                await out[0].send(place)
                await back[1].receive()
                stamps.append(time.perf_counter())
            tasks.cancel_scope.cancel()
    return median_us(stamps) / 2


async def _thread_hop() -> float:
    stamps = [time.perf_counter()]
    for _ in range(COUNT):
        await anyio.to_thread.run_sync(int)
        stamps.append(time.perf_counter())
    return median_us(stamps)


def commit_us(folder: Path) -> float:
    """A commit of SQLite that is on the disk when it returns, in microseconds."""
    base = sqlite3.connect(folder / "commits.db", isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE lines (place INTEGER PRIMARY KEY, line BLOB)")
    stamps = [time.perf_counter()]
    for place in range(COUNT):
        base.execute("INSERT INTO lines VALUES (?, ?)", (place, b"x" * 300))
        stamps.append(time.perf_counter())
    base.close()
    return median_us(stamps)


def _middle(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(5))


def rows() -> list[Row]:
    """The figures."""
    with tempfile.TemporaryDirectory() as folder:
        commit = commit_us(Path(folder))
    there = "there"
    return [
        Row("an anyio hop, here and where the aims were set", _middle(hop_us), "us", 13, there),
        Row("a thread hop", _middle(lambda: anyio.run(_thread_hop)), "us", 42, there),
        Row("a commit of SQLite, synchronous=FULL", commit, "us", 65, there),
    ]
