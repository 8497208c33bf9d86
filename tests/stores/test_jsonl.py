"""The JSONL file: torn, damaged, foreign, shared; and the same bytes as the portable form."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentchat.errors import (
    ConversationExists,
    DamagedTranscript,
    NoSuchConversation,
    NotATranscript,
    StoreUnavailable,
    TranscriptError,
)
from agentchat.stores.jsonl import JsonlStore
from agentchat.transcript.chain import BLOB_LIMIT
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
