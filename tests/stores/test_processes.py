"""Stores shared by real processes, killed processes, and users without the right to write."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from agentchat.errors import NoSuchConversation, StoreUnavailable
from agentchat.transcript.transcript import Transcript

from .children import (
    add_lines,
    as_somebody_else,
    fork_and_append,
    fork_under,
    in_child,
    on_a_full_disk,
    remove_all,
    started,
)
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


def stored(kind: str, directory: Path, name: str = "c") -> Transcript:
    async def work() -> list[bytes]:
        store = make_store(kind, directory)
        store = store if name == "c" else store.beside(name)
        try:
            return await store.read(name)
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


def test_four_processes_fork_under_the_same_names(durable: str, tmp_path: Path) -> None:
    parent, names = begin(durable, tmp_path, 3), [f"c.{number}" for number in range(20)]
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(fork_under, durable, tmp_path, f"w{number}", names) for number in range(WORKERS)]
        adding = pool.submit(add_lines, durable, tmp_path, "p", EACH)
        free = {f"w{number}": job.result().split() for number, job in enumerate(jobs)}
        assert int(adding.result()) >= 0
    assert sorted(name for one in free.values() for name in one) == sorted(names), "each name went to one of them"
    for worker, own in free.items():
        for name in own:
            branch = stored(durable, tmp_path, name)
            at = 1 + names.index(name) % 3
            assert [branch.line(seq) for seq in range(1, at + 1)] == parent.lines[:at]
            assert [message.text for message in branch.messages()][-2:] == [worker * 2000] * 2
            assert (branch.conversation, len(branch)) == (name, at + 3)
    assert len(stored(durable, tmp_path)) == 3 + EACH


@pytest.mark.parametrize("forks", [1, 3, 10])
def test_a_fork_that_is_killed_is_whole_or_not_there(durable: str, tmp_path: Path, forks: int) -> None:
    parent = begin(durable, tmp_path, 5)
    with started("fork_for_ever", durable, tmp_path) as child:
        assert child.stdout is not None
        acknowledged = [child.stdout.readline().decode().strip() for _ in range(forks)]
        child.kill()
        acknowledged += [line.decode().strip() for line in child.stdout]
    found = branches_in(durable, tmp_path)
    assert set(found) - set(acknowledged) <= {f"c.{len(acknowledged)}"}
    for name in acknowledged:
        assert name in found
    for name in found:
        branch = stored(durable, tmp_path, name)
        assert (branch.conversation, len(branch)) == (name, 5 + 201)
        assert [branch.line(seq) for seq in range(1, 6)] == parent.lines
    assert len(stored(durable, tmp_path)) == 5


def branches_in(kind: str, directory: Path) -> list[str]:
    async def work() -> list[str]:
        store = make_store(kind, directory)
        names = [head.conversation for head in await store.heads()]
        await store.aclose()
        return [name for name in names if name != "c"]

    if kind == "jsonl":
        return [f"c.{path.name.split('.')[1]}" for path in directory.glob("run.*.jsonl") if path.stat().st_size]
    return anyio.run(work)


def test_removing_and_forking_at_once_leaves_no_branch_without_its_parent(tmp_path: Path) -> None:
    begin("sqlite", tmp_path, 3)
    names = [f"c.{number}" for number in range(40)]
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        forking = [pool.submit(fork_under, "sqlite", tmp_path, f"w{number}", names[number::2]) for number in range(2)]
        removing = [pool.submit(remove_all, "sqlite", tmp_path, [*names, "c"] * 3) for _ in range(2)]
        begun = [name for job in forking for name in ended(job)]
        gone = [name for job in removing for name in ended(job)]
    there = branches_in("sqlite", tmp_path)
    assert len(gone) == len(set(gone)), "each was removed once"
    if "c" in gone:
        assert there == []
    else:
        assert sorted(there) == sorted(set(begun) - set(gone))
        for name in there:
            assert stored("sqlite", tmp_path, name).conversation == name


def ended(job: Future[str]) -> list[str]:
    """What a process answered; nothing where the parent was removed under it."""
    try:
        return job.result().split()
    except NoSuchConversation:
        return []


@pytest.mark.parametrize("removals", [1, 5])
def test_a_removal_that_is_killed_is_whole_or_not_begun(tmp_path: Path, removals: int) -> None:
    kept = begin("sqlite", tmp_path, 3)
    with started("remove_for_ever", "sqlite", tmp_path) as child:
        assert child.stdout is not None
        for _ in range(removals):
            child.stdout.readline()
        child.kill()
    there = branches_in("sqlite", tmp_path)
    with closing(sqlite3.connect(path_of("sqlite", tmp_path))) as connection:
        (blobs,) = connection.execute("SELECT count(*) FROM blobs").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert blobs == len(there), "the payload goes with the conversation"
    if there:
        in_child(remove_all, "sqlite", tmp_path, there)
    assert stored("sqlite", tmp_path).line(3) == kept.lines[2]


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
