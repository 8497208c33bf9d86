"""Stores shared by real processes, killed processes, and users without the right to write."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import anyio
import pytest

from agentchat.errors import StoreUnavailable
from agentchat.transcript.transcript import Transcript

from .children import add_lines, as_somebody_else, fork_and_append, in_child, on_a_full_disk, started
from .script import Script, Wall, make_store, path_of

WORKERS, EACH = 4, 15


def begin(kind: str, directory: Path, count: int = 1) -> Script:
    script = Script()

    async def work() -> None:
        store = make_store(kind, directory, Wall())
        await store.append("c", script.grow(count), after=0)
        await store.aclose()

    anyio.run(work)
    return script


def stored(kind: str, directory: Path) -> Transcript:
    async def work() -> list[bytes]:
        store = make_store(kind, directory)
        try:
            return await store.read("c")
        finally:
            await store.aclose()

    return Transcript.from_lines(anyio.run(work))


def test_four_processes_append_to_one_conversation(durable: str, tmp_path: Path) -> None:
    begin(durable, tmp_path)
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(add_lines, durable, tmp_path, f"w{number}", EACH) for number in range(WORKERS)]
        for job in jobs:
            assert int(job.result()) >= 0
    texts = [message.text for message in stored(durable, tmp_path).messages()]
    assert sorted(texts) == sorted(f"w{number}-{line}" for number in range(WORKERS) for line in range(EACH))
    for number in range(WORKERS):
        assert [text for text in texts if text.startswith(f"w{number}-")] == [f"w{number}-{n}" for n in range(EACH)]


def test_four_processes_open_a_new_store_at_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(fork_and_append, tmp_path, opened=False) for _ in range(WORKERS)]
        ends = [job.result() for job in jobs]
    assert all(end.endswith("[('one', 3), ('two', 3)]") for end in ends)


@pytest.mark.parametrize("appends", [1, 7, 40])
def test_what_was_appended_before_a_kill_is_there(durable: str, tmp_path: Path, appends: int) -> None:
    with started("add_lines_for_ever", durable, tmp_path) as child:
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(appends)]
        child.kill()
        acknowledged += [int(line) for line in child.stdout]
    transcript = stored(durable, tmp_path)
    assert acknowledged[-1] <= len(transcript) <= acknowledged[-1] + 2

    async def go_on() -> None:
        store = make_store(durable, tmp_path)
        script = Script()
        script.transcript = transcript
        at = len(transcript)
        await store.append("c", script.grow(1), after=at)
        await store.aclose()

    anyio.run(go_on)
    assert len(stored(durable, tmp_path)) == len(transcript)


def test_somebody_who_may_only_read(durable: str, open_directory: Path) -> None:
    begin(durable, open_directory, 3)
    for path in open_directory.iterdir():
        path.chmod(0o444)
    open_directory.chmod(0o555)
    said = in_child(as_somebody_else, durable, open_directory).split("\n")
    assert said[0] == "3 lines, head 3"
    assert len(said) == 3
    for line in said[1:]:
        assert line.startswith(f"StoreUnavailable: {path_of(durable, open_directory)}: ")
        assert "make the file and its directory writable for this user, or give another path" in line
    open_directory.chmod(0o755)
    assert sorted(path.name for path in open_directory.iterdir()) == [path_of(durable, open_directory).name]


@pytest.mark.skipif(os.geteuid() != 0, reason="the store of another user takes two users")
def test_somebody_who_may_not_even_read(durable: str, open_directory: Path) -> None:
    begin(durable, open_directory, 3)
    with pytest.raises(StoreUnavailable, match=rf"{path_of(durable, open_directory)}: .*, or give another path"):
        in_child(as_somebody_else, durable, open_directory)


def test_a_full_disk(durable: str, tmp_path: Path) -> None:
    said = in_child(on_a_full_disk, durable, tmp_path).split("\n")
    assert said[0].startswith(f"StoreUnavailable: {path_of(durable, tmp_path)}: ")
    assert said[1:] == ["unchanged True", "2 lines", "12 lines"]


def test_a_store_object_made_before_a_fork(tmp_path: Path) -> None:
    assert in_child(fork_and_append, tmp_path, False) == "[0, 0] [('one', 3), ('two', 3)]"


def test_a_store_used_before_a_fork_is_refused_in_the_child(tmp_path: Path) -> None:
    assert in_child(fork_and_append, tmp_path, True) == "[3, 3] [('parent', 3)]"
