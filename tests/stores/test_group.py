"""The group commit: who is written with whom, who is told what, and what cancellation leaves."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from agentchat.errors import Conflict
from agentchat.stores.database import Append, Database
from agentchat.stores.group import GroupCommit
from agentchat.stores.sqlite import SqliteStore
from agentchat.stores.worker import Worker

from .script import Script, Wall

pytestmark = pytest.mark.anyio


class Gate:
    """A commit that keeps its batches, and waits for leave before each."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Semaphore(0)
        self.leave = threading.Semaphore(0)
        self.group = GroupCommit(Worker(), self.commit)

    def commit(self, items: list[str]) -> None:
        self.begun.release()
        self.leave.acquire()
        self.batches.append(list(items))

    async def begins(self) -> None:
        await to_thread.run_sync(self.begun.acquire)


async def test_who_comes_during_a_commit_is_written_together() -> None:
    gate = Gate()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.group.write, "first")
        await gate.begins()
        for name in "abcde":
            tasks.start_soon(gate.group.write, name)
        await anyio.wait_all_tasks_blocked()
        assert gate.batches == []
        gate.leave.release(2)
    assert [sorted(batch) for batch in gate.batches] == [["first"], list("abcde")]


async def test_a_cancelled_leader_finishes_its_batch() -> None:
    gate = Gate()
    told = []

    async def write(name: str, scope: anyio.CancelScope) -> None:
        with scope:
            await gate.group.write(name)
            told.append(name)

    scopes = {name: anyio.CancelScope() for name in ("leader", "next", "a", "b")}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write, "leader", scopes["leader"])
        await gate.begins()
        tasks.start_soon(write, "next", scopes["next"])
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(write, "a", scopes["a"])
        tasks.start_soon(write, "b", scopes["b"])
        await anyio.wait_all_tasks_blocked()
        for name in ("leader", "next", "a"):
            scopes[name].cancel()
        await anyio.wait_all_tasks_blocked()
        gate.leave.release(2)
    assert [sorted(batch) for batch in gate.batches] == [["leader"], ["a", "b", "next"]]
    assert sorted(told) == ["a", "b", "leader", "next"], "whoever joined a batch knows that it was written"
    gate.leave.release()
    await gate.group.write("later")
    assert gate.batches[-1] == ["later"]


async def test_cancelled_before_it_joins_nothing_is_written() -> None:
    gate = Gate()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await gate.group.write("never")
    gate.leave.release()
    await gate.group.write("later")
    assert gate.batches == [["later"]]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_cancellation_of_asyncio_itself() -> None:
    gate = Gate()
    leader = asyncio.create_task(gate.group.write("leader"))
    await gate.begins()
    following, follower, joined = (asyncio.create_task(gate.group.write(name)) for name in ("next", "a", "b"))
    await anyio.wait_all_tasks_blocked()
    for task in (leader, following, follower):
        task.cancel()
    await asyncio.sleep(0)
    leader.cancel()
    await asyncio.sleep(0)
    gate.leave.release(2)
    await joined
    for task in (leader, following, follower):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [sorted(batch) for batch in gate.batches] == [["leader"], ["a", "b", "next"]]
    gate.leave.release()
    await gate.group.write("later")
    assert gate.batches[-1] == ["later"]


async def test_a_commit_that_breaks_leaves_nobody_waiting() -> None:
    gate = Gate()

    def broken(items: list[str]) -> None:
        gate.commit(items)
        raise RuntimeError("broken")

    group = GroupCommit(Worker(), broken)
    ends = []

    async def write(name: str) -> None:
        try:
            await group.write(name)
            ends.append("returned")
        except RuntimeError:
            ends.append("raised")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write, "first")
        await gate.begins()
        tasks.start_soon(write, "a")
        tasks.start_soon(write, "b")
        await anyio.wait_all_tasks_blocked()
        gate.leave.release(2)
    assert sorted(ends) == ["raised", "raised", "returned"]


async def test_a_conflict_fails_nobody_else(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "team.db")
    scripts = {name: Script(name) for name in ("a", "b", "c", "d")}
    failed: list[str] = []

    async def write(name: str, after: int) -> None:
        try:
            await store.append(name, scripts[name].grow(2), after=after)
        except Conflict as conflict:
            failed.append(f"{name} {conflict.actual}")

    blocker = sqlite3.connect(tmp_path / "team.db", isolation_level=None)
    await store.append("z", Script("z").grow(1), after=0)
    blocker.execute("BEGIN IMMEDIATE")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write, "a", 0)
        await anyio.wait_all_tasks_blocked()
        for name, after in (("b", 0), ("c", 7), ("d", 0)):
            tasks.start_soon(write, name, after)
        await anyio.wait_all_tasks_blocked()
        blocker.execute("COMMIT")
    blocker.close()
    assert failed == ["c 0"]
    assert [(head.conversation, head.seq) for head in await store.heads()] == [("a", 2), ("b", 2), ("d", 2), ("z", 1)]
    await store.aclose()


def test_one_batch_of_everything(tmp_path: Path) -> None:
    database = Database(tmp_path / "team.db", Wall())
    items = [
        Append("a", [b"1", b"2"], 0, {"x": b"payload"}),
        Append("b", [b"1"], 1, None),
        Append("a", [b"3"], 2, None),
        Append("a", [b"3"], 2, None),
        Append("c", [], 0, None),
    ]
    database.append(items)
    assert [type(item.error) for item in items] == [type(None), Conflict, type(None), Conflict, type(None)]
    assert database.read("a", 0) == [b"1", b"2", b"3"]
    assert database.get_blob("x") == b"payload"
    assert [head.conversation for head in database.heads()] == ["a"]
    database.close()


def test_what_cannot_be_written_fails_by_itself(tmp_path: Path) -> None:
    database = Database(tmp_path / "team.db", Wall())
    broken = Append("b", [object()], 0, None)  # type: ignore[list-item]  # the fault under test
    items = [Append("a", [b"1"], 0, None), broken, Append("c", [b"1"], 0, None)]
    database.append(items)
    assert [item.error is None for item in items] == [True, False, True]
    again = [Append("a", [b"2"], 1, None), Append("b", [b"1"], 0, None)]
    database.append(again)
    assert [item.error for item in again] == [None, None]
    assert [(head.conversation, head.seq) for head in database.heads()] == [("a", 2), ("b", 1), ("c", 1)]
    database.close()
