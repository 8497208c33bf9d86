"""The JSONL file: torn, damaged, foreign, shared; and the same bytes as the portable form."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import anyio
import pytest
from pydantic import JsonValue

from agentchat import Assistant, Conversation, MaxTurns, ScriptedModel
from agentchat.errors import (
    Conflict,
    ConversationExists,
    DamagedTranscript,
    LeaseLost,
    NoSuchConversation,
    NotATranscript,
    StoreUnavailable,
    TranscriptError,
)
from agentchat.seams import Lease
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.owners import this_process
from agentchat.transcript.chain import BLOB_LIMIT
from agentchat.transcript.events import Position, Said
from agentchat.transcript.messages import Data
from agentchat.transcript.transcript import Transcript

from .script import Script, names_in, script_of

pytestmark = pytest.mark.anyio


async def test_the_file_is_the_portable_form(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    script = Script()
    store = JsonlStore(path)
    await store.append("c", script.grow(3), after=0)
    await store.append("c", script.grow(1, "x" * BLOB_LIMIT + "x"), after=3, blobs=script.blobs)
    await store.append("c", script.grow(1), after=4)
    assert path.read_bytes() == script.transcript.dumps()
    assert Transcript.load(path).head == script.transcript.head

    saved = script.transcript.save(tmp_path / "saved.jsonl")
    store = JsonlStore(saved)
    assert await store.read("c") == script.lines
    await store.append("c", script.grow(1), after=5)
    assert len(Transcript.load(saved)) == 6


async def test_cut_at_every_byte_of_the_last_three_lines(tmp_path: Path) -> None:
    script = Script()
    script.grow(4)
    script.grow(1, "last")
    data = script.transcript.dumps()
    kept = b"\n".join(script.lines[:2]) + b"\n"
    path = tmp_path / "run.jsonl"
    for cut in range(len(kept), len(data) + 1):
        path.write_bytes(data[:cut])
        whole = data[:cut].count(b"\n")
        torn = cut - (data.rfind(b"\n", 0, cut) + 1)
        store = JsonlStore(path)
        lines = await store.read("c")
        assert lines == script.lines[:whole]
        assert store.torn == torn
        assert path.stat().st_size == cut, "reading changes nothing"
        going_on = script_of(lines)
        await store.append("c", going_on.grow(1, "next"), after=whole)
        assert store.torn == torn
        assert path.read_bytes() == going_on.transcript.dumps()


@pytest.mark.parametrize("cut", [0, 1, 3, 5, 20])
async def test_a_first_line_that_is_torn(tmp_path: Path, cut: int) -> None:
    script = Script()
    path = tmp_path / "run.jsonl"
    path.write_bytes(script.grow(1)[0][:cut])
    store = JsonlStore(path)
    assert await store.heads() == []
    with pytest.raises(NoSuchConversation):
        await store.read("c")
    await store.append("c", script.lines, after=0)
    assert path.read_bytes() == script.transcript.dumps()


async def test_a_changed_bit_is_located(tmp_path: Path) -> None:
    script = Script()
    script.grow(3)
    script.grow(1, "x" * BLOB_LIMIT + "x")
    script.grow(4)
    data = script.transcript.dumps()
    path = tmp_path / "run.jsonl"
    last = data.rfind(b"\n", 0, len(data) - 1) + 1
    ends = [place for place in range(last) if data[place : place + 1] == b"\n"]
    payload = range(ends[2] + 20, ends[3] - 20)
    places = [place for place in range(0, last, 7) if place not in payload] + ends + [payload[500], payload[-1]]
    for number, place in enumerate(places):
        changed = bytearray(data)
        changed[place] ^= 1 << number % 8
        path.write_bytes(changed)
        line = data.count(b"\n", 0, place) + 1
        following = line + 2 if line + 1 == 4 else line + 1  # line 4 is a payload: the chain links entries
        with pytest.raises(TranscriptError) as caught:
            Transcript.from_lines(await JsonlStore(path).read("c"))
        assert caught.value.line in (line, following), (place, line, caught.value)
        assert path.read_bytes() == changed


async def test_damage_in_what_another_process_added(tmp_path: Path) -> None:
    script = Script()
    path = tmp_path / "run.jsonl"
    store = JsonlStore(path)
    await store.append("c", script.grow(3), after=0)
    for garbage in (b"\x00\x00\n", b'{"v":1,"seq":9,"prev":"","event":{}}\n', b"[]\n", script.lines[2] + b"\n"):
        path.write_bytes(script.transcript.dumps() + garbage)
        for _ in range(2):
            with pytest.raises(DamagedTranscript, match="line 4") as caught:
                await store.append("c", script.lines[:1], after=3)
            assert caught.value.line == 4
    path.write_bytes(script.transcript.dumps())
    await store.append("c", script.grow(1), after=3)
    assert await store.read("c") == script.lines


async def test_a_payload_that_was_changed(tmp_path: Path) -> None:
    script = Script()
    path = tmp_path / "run.jsonl"
    script.grow(2, "x" * BLOB_LIMIT + "x")
    path.write_bytes(script.transcript.dumps().replace(b"xxxx", b"xxyx", 1))
    with pytest.raises(DamagedTranscript, match=r"line 2: .*payload"):
        await JsonlStore(path).read("c")


FOREIGN = {
    "a text": b"Dear diary,\nnothing happened.\n",
    "a word": b"x",
    "noise": bytes(range(256)),
    "zeros": bytes(100),
    "blank lines": b"\n\n",
    "other JSON": b'{"messages": []}\n',
    "other JSON lines": b'[1]\n{"v":1}\n',
    "a transcript's middle": b"\n".join(Script().grow(3)[1:]) + b"\n",
    "a database": b"SQLite format 3\x00" + bytes(84),
}


@pytest.mark.parametrize("what", FOREIGN)
async def test_a_foreign_file_is_refused_and_left_alone(what: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(FOREIGN[what])
    store = JsonlStore(path)
    for _ in range(2):
        with pytest.raises(NotATranscript, match=r"run\.jsonl"):
            await store.append("c", Script().grow(1), after=0)
        with pytest.raises(NotATranscript):
            await store.read("c")
        with pytest.raises(NotATranscript):
            await store.heads()
        with pytest.raises(NotATranscript):
            await store.take("c", "owner")
    assert path.read_bytes() == FOREIGN[what]
    assert names_in(tmp_path) == ["run.jsonl"]


async def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="give another path"):
        await JsonlStore(tmp_path).append("c", Script().grow(1), after=0)
    with pytest.raises(StoreUnavailable, match="no regular file"):
        await JsonlStore(tmp_path).read("c")
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(StoreUnavailable, match="no regular file"):
        await JsonlStore(tmp_path / "pipe.jsonl").heads()


async def test_one_file_holds_one_conversation(tmp_path: Path) -> None:
    store = JsonlStore(tmp_path / "run.jsonl")
    await store.append("a", Script("a").grow(2), after=0)
    before = (tmp_path / "run.jsonl").read_bytes()
    for one in (store, JsonlStore(tmp_path / "run.jsonl")):
        with pytest.raises(ConversationExists, match="'a'"):
            await one.append("b", Script("b").grow(2), after=0)
        with pytest.raises(NoSuchConversation):
            await one.read("b")
    assert (tmp_path / "run.jsonl").read_bytes() == before


async def test_lines_that_would_break_the_file(tmp_path: Path) -> None:
    store = JsonlStore(tmp_path / "run.jsonl")
    with pytest.raises(ValueError, match="line end"):
        await store.append("c", [b"a\nb"], after=0)
    for lines in ([b"{}"], Script("other").grow(1)):
        with pytest.raises(ValueError, match="Opened event of 'c'"):
            await store.append("c", lines, after=0)
    assert await store.heads() == []


async def test_another_file_under_the_same_name(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    store = JsonlStore(path)
    await store.append("c", Script().grow(5), after=0)
    script = Script("other")
    script.grow(9)
    script.transcript.save(path)
    assert await store.read("other") == script.lines
    path.write_bytes(b"\n".join(script.lines[:2]) + b"\n")
    assert await store.read("other") == script.lines[:2]
    path.unlink()
    assert await store.heads() == []
    await store.append("c", Script().grow(1), after=0)
    assert [head.conversation for head in await store.heads()] == ["c"]


# branches and removal


async def test_a_branch_is_a_file_that_is_whole_by_itself(tmp_path: Path) -> None:
    script = Script()
    store = JsonlStore(tmp_path / "run.jsonl")
    await store.append("c", script.grow(3, "x" * BLOB_LIMIT + "x"), after=0, blobs=script.blobs)
    await store.append("c", script.grow(1, "y" * BLOB_LIMIT + "y"), after=3, blobs=script.blobs)
    branch = script.fork("c.b", 3)
    branch.grow(1, "z" * BLOB_LIMIT + "z")
    await branch.begin_in(store)
    path = tmp_path / "run.b.jsonl"
    assert names_in(tmp_path) == ["run.b.jsonl", "run.jsonl"]
    assert path.read_bytes() == branch.transcript.dumps()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Transcript.load(path).conversation == "c.b"
    for there in (store.beside("c.b"), JsonlStore(path)):
        await there.append("c.b", branch.grow(1), after=len(branch.lines) - 1)
        assert await there.read("c.b") == branch.lines
        with pytest.raises(NoSuchConversation):
            await there.read("c")
    (tmp_path / "run.jsonl").unlink()
    assert await JsonlStore(path).read("c.b") == branch.lines


async def test_the_files_of_branches_by_their_names(tmp_path: Path) -> None:
    store = JsonlStore(tmp_path / "run.jsonl")
    assert store.beside("None.a.b").path.name == "run.b.jsonl", "it was not looked at: the last part is all there is"
    await store.append("c.d", Script("c.d").grow(1), after=0)
    for name, file in (("c.d.e", "run.e.jsonl"), ("c.d.8.1", "run.8.1.jsonl"), ("c.e", "run.e.jsonl")):
        assert store.beside(name).path.name == file


async def test_a_branch_begins_with_its_forked_line(tmp_path: Path) -> None:
    script = Script()
    store = JsonlStore(tmp_path / "run.jsonl")
    await store.append("c", script.grow(3), after=0)
    for lines in ([b"{}"], script.fork("c.other").own, script.grow(1)):
        with pytest.raises(ValueError, match=r"Forked event of 'c\.b'"):
            await store.fork("c.b", lines, parent=Position(conversation="c", seq=3))
    assert names_in(tmp_path) == ["run.jsonl"]


async def test_a_message_that_looks_like_a_fork_is_none(tmp_path: Path) -> None:
    script = Script()
    script.grow(1)
    looks: JsonValue = {"event": {"kind": "forked", "branch": "x", "parent": {"conversation": "c", "seq": 1}}}
    script.add(Said(sender="user", body=Data(type="Forged", value=looks)))
    path = script.transcript.save(tmp_path / "run.jsonl")
    assert b'"event":{"kind":"forked"' in path.read_bytes()
    assert [head.conversation for head in await JsonlStore(path).heads()] == ["c"]


async def test_a_file_that_is_in_the_way_stays(tmp_path: Path) -> None:
    script = Script()
    store = JsonlStore(tmp_path / "run.jsonl")
    await store.append("c", script.grow(3), after=0)
    for text in ("mine", '{"v":1,', "mine\n", "\n"):
        (tmp_path / "run.b.jsonl").write_text(text)
        with pytest.raises(ConversationExists, match=r"run\.b\.jsonl already; use another name"):
            await script.fork("c.b").begin_in(store)
        assert (tmp_path / "run.b.jsonl").read_text() == text
        assert names_in(tmp_path) == ["run.b.jsonl", "run.jsonl"]


async def test_an_empty_file_is_nobodys(tmp_path: Path) -> None:
    script = Script()
    store = JsonlStore(tmp_path / "run.jsonl")
    await store.append("c", script.grow(3), after=0)
    (tmp_path / "run.b.jsonl").touch()
    (tmp_path / ".run.b.jsonl.partial").write_text("what a process that was killed had written")
    branch = script.fork("c.b")
    await branch.begin_in(store)
    assert (tmp_path / "run.b.jsonl").read_bytes() == branch.transcript.dumps()
    assert names_in(tmp_path) == ["run.b.jsonl", "run.jsonl"]


async def test_what_waits_for_a_file_that_is_removed_meanwhile_writes_nothing(tmp_path: Path) -> None:
    path, script = tmp_path / "run.jsonl", Script()
    await JsonlStore(path).append("c", script.grow(3), after=0)
    lines = script.grow(1)
    ends: list[str] = []

    async def wait(act: Callable[[JsonlStore], Awaitable[object]]) -> None:
        try:
            await act(JsonlStore(path))
        except (Conflict, LeaseLost, NoSuchConversation) as error:
            ends.append(type(error).__name__)

    with path.open("rb+") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait, lambda store: store.append("c", lines, after=3))
            tasks.start_soon(wait, lambda store: store.renew(Lease("c", "owner", 1)))
            tasks.start_soon(wait, lambda store: store.remove("c"))
            tasks.start_soon(wait, lambda store: store.read("c"))
            await waiting_for(path, 4)
            path.unlink()
            fcntl.flock(holder, fcntl.LOCK_UN)
    assert sorted(ends) == ["Conflict", "LeaseLost", "NoSuchConversation", "NoSuchConversation"]
    assert names_in(tmp_path) == []


async def waiting_for(path: Path, count: int) -> None:
    """Wait until so many have opened the file, beside the one who asks."""
    while opened(path) <= count:  # noqa: ASYNC110 - the kernel tells, not an event
        await anyio.sleep(0.001)


def opened(path: Path) -> int:
    return [os.path.realpath(handle) for handle in Path("/proc/self/fd").iterdir()].count(str(path))


async def test_what_comes_while_a_file_is_removed_begins_a_new_one(tmp_path: Path) -> None:
    path, script, other = tmp_path / "run.jsonl", Script(), Script("other")
    await JsonlStore(path).append("c", script.grow(3), after=0)
    with path.open("rb+") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(JsonlStore(path).append, "other", other.grow(2), after=0))
            await waiting_for(path, 1)
            path.unlink()
            fcntl.flock(holder, fcntl.LOCK_UN)
    assert path.read_bytes() == other.transcript.dumps()


async def test_a_removed_file_takes_its_lease_along(tmp_path: Path) -> None:
    path, script = tmp_path / "run.jsonl", Script()
    store = JsonlStore(path)
    await store.append("c", script.grow(3), after=0)
    lease = await store.take("c", this_process())
    await store.release(lease)
    assert names_in(tmp_path) == ["run.jsonl", "run.jsonl.lease"]
    await store.remove("c")
    assert names_in(tmp_path) == []
    await store.release(lease)
    with pytest.raises(LeaseLost):
        await store.renew(lease)
    assert names_in(tmp_path) == [], "nothing of it comes back"


async def test_line_ends_that_were_changed_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    await Conversation([Assistant("a", model=ScriptedModel(["x"]))], until=MaxTurns(1), store=path).run("go", id="a")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(DamagedTranscript, match=r"a.jsonl: line 2: .* CR LF of its line ends"):
        await JsonlStore(path).read("a")
