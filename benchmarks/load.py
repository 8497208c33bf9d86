"""A saved run of 100,000 events: reading it, deciding it again, the memory it takes; and what a fork costs.

Times are those of the processor, so that other programs do not count, and medians; rates stand against parsing and
hashing the same lines, and nothing else.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sqlite3
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import to_thread
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.debug.replay import differences
from agentchat.forking import fork
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.rules import MaxTurns
from agentchat.runtime.clock import SystemClock
from agentchat.seams import Store
from agentchat.stores.sqlite import SqliteStore
from agentchat.transcript.calls import Reply, Usage
from agentchat.transcript.events import Forked, Position
from agentchat.transcript.messages import TextPart, ToolCallPart
from agentchat.transcript.transcript import Transcript
from benchmarks.report import Row
from benchmarks.turns import conversation

PLAIN, TYPED = 25_000, 3_000
"""Turns of the two transcripts: four events a turn, and ten."""
FORKS = 1_000
T = TypeVar("T")


class Line(BaseModel):
    """A part of what the typed turns give."""

    item: str
    count: int


class Report(BaseModel):
    """What the typed turns give."""

    passed: bool
    lines: list[Line]
    note: str


def stock(item: str, most: int) -> dict[str, object]:
    """Look an item up."""
    return {"item": item, "left": most, "places": ["a1", "b2"], "price": 1.5}


def typed(turns: int) -> Conversation:
    """Two agents that call two tools at once, and then give a typed answer."""
    usage = Usage(input_tokens=900, output_tokens=40)
    asked = [
        ToolCallPart(id=f"call_{most}", name="stock", arguments=f'{{"item":"tea","most":{most}}}') for most in (1, 2)
    ]
    look = Reply(parts=(TextPart(content="I look it up."), *asked), finish="tool_calls", usage=usage)
    report = Report(passed=True, lines=[Line(item="tea", count=3)] * 3, note="All happy agents are alike. " * 8)
    answer = Reply(parts=(TextPart(content=report.model_dump_json()),), finish="stop", usage=usage)
    model = ScriptedModel([look, answer] * turns)
    team = [Assistant(name, model=model, tools=[stock], emits=Report) for name in ("ann", "bob")]
    return Conversation(team, until=MaxTurns(turns))


def timed(act: Callable[[], T]) -> tuple[float, T]:
    """Seconds of processor time, and what it gave."""
    gc.collect()
    start = time.process_time()
    given = act()
    return time.process_time() - start, given


def parsed(lines: list[bytes]) -> None:
    """The floor: each line hashed and parsed."""
    for line in lines:
        hashlib.sha256(line).hexdigest()
        json.loads(line)


def checked(transcript: Transcript) -> int:
    return len(list(differences(transcript)))


def of_a_run(what: str, chat: Conversation) -> list[Row]:
    data = anyio.run(chat.run, "Go.").transcript.dumps()
    lines = data.splitlines()
    kilo = len(lines) / 1e3
    bare, read, again = [], [], []
    for _ in range(5):  # in turn, so that all see the same machine
        seconds, _ = timed(lambda: parsed(lines))
        bare.append(kilo / seconds)
        seconds, transcript = timed(lambda: Transcript.loads(data))
        read.append(kilo / seconds)
        seconds, found = timed(partial(checked, transcript))
        again.append(kilo / seconds)
        assert not found
        del transcript
    floor = statistics.median(bare)
    return [
        Row(f"{what}, read", statistics.median(read), "k/s", floor, "parsed and hashed", "50 k events/s"),
        Row(f"{what}, decided again", statistics.median(again), "k/s", floor, "parsed and hashed", "25 k events/s"),
        *memory(what, data),
    ]


def memory(what: str, data: bytes) -> list[Row]:
    """Bytes an event of what is kept of the run when it is read, and of the first fifth of it; the file aside."""
    lines = data.splitlines(keepends=True)
    found = []
    for part in (lines, lines[: len(lines) // 5]):
        joined = b"".join(part)
        tracemalloc.start()
        transcript = Transcript.loads(joined)
        found.append(tracemalloc.get_traced_memory()[0] / len(transcript))
        tracemalloc.stop()
    whole, fifth = found
    return [
        Row(f"{what}, memory an event", whole, "bytes", len(data) / len(lines), "its line", "reported"),
        Row(f"{what}, the same against a fifth of them", whole / fifth, "x", aim="linear: 1.0"),
    ]


async def median_ms(acts: list[Callable[[], Awaitable[object]]]) -> float:
    timings = []
    for act in acts:
        start = time.perf_counter()
        await act()
        timings.append((time.perf_counter() - start) * 1e3)
    return statistics.median(timings)


def committing(folder: Path) -> Callable[[], Awaitable[object]]:
    """The floor of a fork: one line committed in a thread."""
    base = sqlite3.connect(folder / "floor.db", check_same_thread=False, isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute("pragma synchronous=full")
    base.execute("create table line (seq integer primary key, data blob)")
    return partial(to_thread.run_sync, base.execute, "insert into line (data) values (?)", (b"x" * 300,))


async def begin(store: Store, name: str, source: Transcript, at: int) -> None:
    """What the store does for a fork."""
    parent = Position(conversation="c", seq=at)
    log = source.upto(at)
    entry = log.enter(Forked(parent=parent, branch=name, author="user"), at=0.0, active=0.0, cause=at)
    await store.fork(name, [log.line(entry.seq)], parent=parent)


async def forks(folder: Path, events: int) -> list[Row]:
    store = SqliteStore(folder / "forks.db")
    transcript = (
        await conversation(ScriptedModel(["word " * 20] * events), events // 4, store).run("Go.", id="c")
    ).transcript
    at = min(events, len(transcript))
    bare = await median_ms([committing(folder)] * 100)
    own = await median_ms([partial(begin, store, f"b{place}", transcript, at) for place in range(100)])
    whole = await median_ms([partial(fork, store, "c", at=at, clock=SystemClock()) for _ in range(5)])
    rows = [
        Row(f"a fork at event {at:,}, in the store", own, "ms", bare, "one commit", "one commit + 0.5 ms"),
        Row(f"a fork at event {at:,}, its parent read from the store first", whole, "ms"),
    ]
    await store.aclose()
    return rows


async def size(folder: Path) -> list[Row]:
    place = folder / "size.db"
    store = SqliteStore(place)
    transcript = (await conversation(ScriptedModel(["word " * 20] * 25), 25, store).run("Go.", id="c")).transcript
    await store.aclose()
    before, store = place.stat().st_size, SqliteStore(place)
    for number in range(FORKS):
        await begin(store, f"c.{number}", transcript, 50)
    await store.aclose()
    return [Row(f"{FORKS:,} forks", (place.stat().st_size - before) / 1e6, "MB", aim="below 1")]


def rows() -> list[Row]:
    """The figures."""
    found = of_a_run("100,000 events", conversation(ScriptedModel(["word " * 100] * PLAIN), PLAIN))
    found += of_a_run("30,000 events with tools and types", typed(TYPED))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for events in (100, 10_000):
            (folder / str(events)).mkdir()
            found += anyio.run(forks, folder / str(events), events)
        found += anyio.run(size, folder)
    return found
