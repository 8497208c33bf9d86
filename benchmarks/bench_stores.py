"""What an append costs, against what the machine asks for the same: one thread hop and one commit, in the same run.

    python benchmarks/bench_stores.py [asyncio|trio]

Quote medians, and the ratio rather than the microseconds: disks differ.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import anyio
from anyio import to_thread

from agentchat.seams import Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.memory import MemoryStore
from agentchat.stores.sqlite import SqliteStore
from agentchat.transcript.events import Opened
from agentchat.transcript.transcript import Transcript

LINE = os.urandom(150).hex().encode()
ROUNDS = 2000
CONVERSATIONS, APPENDS = 100, 100


async def timed(times: list[float], act: Callable[[], Awaitable[object]]) -> None:
    begin = perf_counter()
    await act()
    times.append(perf_counter() - begin)


async def one_conversation(directory: Path) -> None:
    """Floors and stores take turns, so that both see the same machine."""
    connection = sqlite3.connect(directory / "floor.db", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE lines (id INTEGER PRIMARY KEY, line BLOB)")
    handle = os.open(directory / "floor.jsonl", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def commit() -> None:
        connection.execute("INSERT INTO lines (line) VALUES (?)", (LINE,))

    def sync() -> None:
        os.write(handle, LINE + b"\n")
        os.fsync(handle)

    transcript = Transcript()
    opened = transcript.append(transcript.next(Opened(conversation="c", charter={}), at=0.0, active=0.0, cause=0))
    stores: dict[str, Store] = {
        "memory": MemoryStore(),
        "sqlite": SqliteStore(directory / "one.db"),
        "jsonl": JsonlStore(directory / "one.jsonl"),
    }
    for store in stores.values():
        await store.append("c", [opened], after=0)
    floors: dict[str, Callable[[], object]] = {"hop": os.getpid, "hop+commit": commit, "hop+fsync": sync}
    times: dict[str, list[float]] = {name: [] for name in (*floors, *stores)}
    for after in range(1, ROUNDS + 1):
        for name, floor in floors.items():
            await timed(times[name], partial(to_thread.run_sync, floor))
        for name, store in stores.items():
            await timed(times[name], partial(store.append, "c", [LINE], after=after))
    for store in stores.values():
        await store.aclose()
    connection.close()
    os.close(handle)
    micros = {name: median(values) * 1e6 for name, values in times.items()}
    print("median us: " + ", ".join(f"{name} {value:.1f}" for name, value in micros.items()))
    print(f"sqlite append / (hop+commit): {micros['sqlite'] / micros['hop+commit']:.2f}")
    print(f"jsonl append / (hop+fsync):   {micros['jsonl'] / micros['hop+fsync']:.2f}")


async def many_conversations(directory: Path) -> None:
    store = SqliteStore(directory / "many.db")
    await store.append("warm", [LINE], after=0)

    async def converse(name: str) -> None:
        for turn in range(APPENDS):
            await store.append(name, [LINE, LINE], after=2 * turn)

    begin = perf_counter()
    async with anyio.create_task_group() as tasks:
        for number in range(CONVERSATIONS):
            tasks.start_soon(converse, f"conversation-{number}")
    rate = CONVERSATIONS * APPENDS / (perf_counter() - begin)
    await store.aclose()
    print(f"{CONVERSATIONS} conversations at once: {rate:,.0f} appends/s of 2 lines")


async def size(directory: Path) -> None:
    path = directory / "size.db"
    store = SqliteStore(path)
    for after in range(0, 3200, 2):
        await store.append("c", [LINE, LINE], after=after)
    await store.aclose()
    print(f"3200 lines of {len(LINE)} bytes: {path.stat().st_size / 1e6:.2f} MB")


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        await one_conversation(Path(directory))
        await many_conversations(Path(directory))
        await size(Path(directory))


if __name__ == "__main__":
    anyio.run(main, backend=sys.argv[1] if len(sys.argv) > 1 else "asyncio")
