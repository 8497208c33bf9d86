"""What every store does alike: memory, SQLite and JSONL."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agentchat.errors import BadName, Conflict, NoSuchConversation
from agentchat.seams import Head, Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.memory import MemoryStore
from agentchat.stores.opening import open_store
from agentchat.stores.sqlite import SqliteStore
from agentchat.transcript.chain import BLOB_LIMIT, digest
from agentchat.transcript.transcript import Transcript

from .script import Script, make_store, names_in

pytestmark = pytest.mark.anyio


async def test_lines_come_back_as_they_were_written(store: Store) -> None:
    script = Script()
    await store.append("c", script.grow(3), after=0)
    await store.append("c", script.grow(2, "grüße\n\x00 \u2028 😀"), after=3)
    assert await store.read("c") == script.lines
    assert Transcript.from_lines(await store.read("c")).head == script.transcript.head


@pytest.mark.parametrize("after", [0, 1, 4, 5, 99])
async def test_read_after(store: Store, after: int) -> None:
    script = Script()
    await store.append("c", script.grow(5), after=0)
    assert await store.read("c", after=after) == script.lines[after:]


@pytest.mark.parametrize("after", [0, 2, 4, 100])
async def test_append_behind_another_head_is_a_conflict(store: Store, after: int) -> None:
    script = Script()
    await store.append("c", script.grow(3), after=0)
    kept = script.lines
    with pytest.raises(Conflict) as caught:
        await store.append("c", script.grow(1), after=after)
    assert (caught.value.conversation, caught.value.expected, caught.value.actual) == ("c", after, 3)
    assert await store.read("c") == kept


async def test_a_conversation_begins_at_zero(store: Store) -> None:
    with pytest.raises(Conflict) as caught:
        await store.append("c", Script().grow(2), after=1)
    assert caught.value.actual == 0
    assert await store.heads() == []
    with pytest.raises(NoSuchConversation):
        await store.read("c")


async def test_no_lines_write_nothing(store: Store) -> None:
    await store.append("c", [], after=0)
    assert await store.heads() == []
    script = Script()
    await store.append("c", script.grow(1), after=0)
    await store.append("c", [], after=1)
    with pytest.raises(Conflict):
        await store.append("c", [], after=0)
    assert await store.read("c") == script.lines


async def test_heads(store: Store) -> None:
    assert await store.heads() == []
    script = Script()
    await store.append("c", script.grow(1), after=0)
    await store.append("c", script.grow(4), after=1)
    assert await store.heads() == [Head("c", 5, digest(script.lines[-1]))]


async def test_an_unknown_conversation(store: Store) -> None:
    with pytest.raises(NoSuchConversation, match="nobody"):
        await store.read("nobody")
    await store.append("c", Script().grow(1), after=0)
    with pytest.raises(NoSuchConversation, match="nobody"):
        await store.read("nobody")


@pytest.mark.parametrize("name", ["", ".hidden", "-x", "a/b", "../a", "a b", "a\n", "ä", "x" * 129, "\ud800"])
async def test_bad_names(store: Store, name: str) -> None:
    with pytest.raises(BadName, match="1 to 128 characters"):
        await store.append(name, [b"{}"], after=0)
    with pytest.raises(BadName):
        await store.read(name)
    with pytest.raises(BadName):
        await store.take(name, "owner")
    assert await store.heads() == []


@pytest.mark.parametrize("name", ["a", "_", "7", "A-b.c_9", "x" * 128])
async def test_good_names(store: Store, name: str) -> None:
    await store.append(name, Script(name).grow(1), after=0)
    assert [head.conversation for head in await store.heads()] == [name]


async def test_payloads(store: Store) -> None:
    script = Script()
    lines = script.grow(3, "é" * BLOB_LIMIT)
    assert len(script.blobs) == 1
    await store.append("c", lines, after=0, blobs=script.blobs)
    await store.append("c", script.grow(1, "é" * BLOB_LIMIT), after=3, blobs=script.blobs)
    for name, data in script.blobs.items():
        assert await store.get_blob(name) == data
    assert await store.read("c") == script.lines
    assert await store.read("c", after=2) == script.lines[2:]
    with pytest.raises(KeyError):
        await store.get_blob("0" * 64)


async def test_a_payload_of_a_refused_append_is_not_needed(store: Store) -> None:
    script = Script()
    await store.append("c", script.grow(1), after=0)
    lines = script.grow(1, "x" * BLOB_LIMIT + "x")
    with pytest.raises(Conflict):
        await store.append("c", lines, after=0, blobs=script.blobs)
    with pytest.raises(KeyError):
        await store.get_blob(next(iter(script.blobs)))


async def test_closing_lets_go_and_use_opens_again(store: Store) -> None:
    script = Script()
    await store.aclose()
    await store.append("c", script.grow(2), after=0)
    await store.aclose()
    await store.aclose()
    assert await store.read("c") == script.lines
    await store.append("c", script.grow(1), after=2)
    assert len(await store.read("c")) == 3


async def test_tasks_that_append_at_once(store: Store) -> None:
    script = Script()
    await store.append("c", script.grow(1), after=0)
    conflicts = []

    async def add(number: int) -> None:
        lines = Script("c")
        while True:
            lines.transcript = Transcript.from_lines(await store.read("c"))
            at = len(lines.transcript)
            try:
                return await store.append("c", lines.grow(1, str(number)), after=at)
            except Conflict:
                conflicts.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(add, number)
    told = Transcript.from_lines(await store.read("c"))
    assert sorted(message.text for message in told.messages()) == sorted(str(number) for number in range(10))


async def test_in_a_cancelled_scope_nothing_is_written_to_a_file(durable: str, tmp_path: Path) -> None:
    store = make_store(durable, tmp_path)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await store.append("c", Script().grow(1), after=0)
    assert scope.cancelled_caught
    assert await store.heads() == []
    assert names_in(tmp_path) == []
    await store.aclose()


async def test_letting_go_in_a_cancelled_scope(store: Store) -> None:
    lease = await store.take("c", "somewhere:1:1")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await store.release(lease)
        await store.aclose()
    assert (await store.take("c", "elsewhere:1:1")).epoch == 2


async def test_two_objects_on_one_file(durable: str, tmp_path: Path) -> None:
    one, two = make_store(durable, tmp_path), make_store(durable, tmp_path)
    script = Script()
    for turn in range(6):
        store, other = (one, two) if turn % 2 else (two, one)
        await store.append("c", script.grow(1, "x" * BLOB_LIMIT + str(turn)), after=turn, blobs=script.blobs)
        assert await other.read("c") == script.lines
        with pytest.raises(Conflict):
            await other.append("c", script.lines[-1:], after=turn)
        assert await other.heads() == await store.heads()
    for name in script.blobs:
        assert await one.get_blob(name) == await two.get_blob(name)
    await one.aclose()
    await two.aclose()


async def test_files_are_private(durable: str, tmp_path: Path) -> None:
    store = make_store(durable, tmp_path / "a" / "b")
    assert await store.heads() == []
    assert not (tmp_path / "a").exists(), "reading makes no file"
    await store.append("c", Script().grow(2), after=0)
    await store.take("c", "somewhere:1:1")
    for path in (tmp_path / "a").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    await store.aclose()


async def test_one_object_in_one_event_loop_after_the_other(anyio_backend: str, kind: str, tmp_path: Path) -> None:
    store = make_store(kind, tmp_path)
    script = Script()
    await store.append("c", script.grow(1), after=0)

    async def go_on() -> None:
        for after in range(1, 20):
            await store.append("c", script.grow(1), after=after)

    await anyio.to_thread.run_sync(lambda: anyio.run(go_on, backend=anyio_backend))
    assert await store.read("c") == script.lines
    await store.aclose()


def test_the_store_for_a_path(tmp_path: Path) -> None:
    memory = open_store(None)
    assert isinstance(memory, MemoryStore)
    assert open_store(memory) is memory
    assert isinstance(open_store(str(tmp_path / "run.jsonl")), JsonlStore)
    assert isinstance(open_store(tmp_path / "team.db"), SqliteStore)
    assert isinstance(open_store(tmp_path / "team"), SqliteStore)
    assert list(tmp_path.iterdir()) == []
