"""What the tests run in other processes. Every function is started by name in a fresh interpreter and answers text."""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import anyio
from anyio import to_thread

from agentchat.errors import AgentChatError, Conflict, ConversationExists, HasBranches, NoSuchConversation
from agentchat.stores.owners import this_process

from .script import Script, Wall, make_store, path_of, script_of

NOBODY = 65534


def in_child(work: Callable[..., str], *args: object) -> str:
    """Run a function of this module in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *args).result()


def started(function: str, kind: str, directory: Path) -> subprocess.Popen[bytes]:
    """A process that runs a function of this module until it is killed."""
    program = f"import sys; from {__name__} import {function} as run; run(*sys.argv[1:])"
    return subprocess.Popen(
        [sys.executable, "-c", program, kind, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def add_lines(kind: str, directory: Path, worker: str, count: int) -> str:
    """Add messages to conversation "c", each under compare-and-set; answer how many conflicts there were."""

    async def work() -> int:
        store = make_store(kind, directory)
        script = script_of(await store.read("c"))
        conflicts = done = 0
        while done < count:
            lines = script.grow(1, f"{worker}-{done}")
            try:
                await store.append("c", lines, after=len(script.transcript) - 1)
                done += 1
            except Conflict as conflict:
                conflicts += 1
                script.transcript.rewind(conflict.expected)
                script.transcript.extend(await store.read("c", after=conflict.expected))
        await store.aclose()
        return conflicts

    return str(anyio.run(work))


def add_lines_for_ever(kind: str, directory: str) -> None:
    """Append two lines at a time and print the head after each, until killed."""

    async def work() -> None:
        store = make_store(kind, Path(directory))
        script = Script()
        await store.append("c", script.grow(1), after=0)
        while True:
            await store.append("c", script.grow(2, "x" * 500), after=len(script.transcript) - 2)
            os.write(1, f"{len(script.transcript)}\n".encode())

    anyio.run(work)


def fork_under(kind: str, directory: Path, worker: str, names: list[str]) -> str:
    """Fork "c" under each of these names, at places of its own; answer the names that were free."""

    async def work() -> list[str]:
        store = make_store(kind, directory)
        parent = script_of(await store.read("c"))
        free = []
        for number, name in enumerate(names):
            branch = parent.fork(name, 1 + number % 3)
            branch.grow(2, worker * 2000)
            try:
                await branch.begin_in(store)
                free.append(name)
            except ConversationExists:
                continue
        await store.aclose()
        return free

    return " ".join(anyio.run(work))


def fork_for_ever(kind: str, directory: str) -> None:
    """Fork "c" under one name after the other, with 200 lines each, and print each name, until killed."""

    async def work() -> None:
        store = make_store(kind, Path(directory))
        parent = script_of(await store.read("c"))
        number = 0
        while True:
            branch = parent.fork(f"c.{number}")
            branch.grow(200, "x" * 500)
            await branch.begin_in(store)
            os.write(1, f"{branch.conversation}\n".encode())
            number += 1

    anyio.run(work)


def remove_all(kind: str, directory: Path, names: list[str]) -> str:
    """Remove these as far as it is allowed; answer which are gone."""

    async def work() -> list[str]:
        store = make_store(kind, directory)
        gone = []
        for name in names:
            try:
                await store.remove(name)
                gone.append(name)
            except (HasBranches, NoSuchConversation):
                continue
        await store.aclose()
        return gone

    return " ".join(anyio.run(work))


def remove_for_ever(kind: str, directory: str) -> None:
    """Begin a conversation with large payloads and remove it, again and again, until killed."""

    async def work() -> None:
        store = make_store(kind, Path(directory))
        while True:
            script = Script("gone")
            lines = script.grow(20, "x" * 100_000)
            await store.append("gone", lines, after=0, blobs=script.blobs)
            await store.remove("gone")
            os.write(1, b"gone\n")

    anyio.run(work)


def hold_for_ever(kind: str, directory: str) -> None:
    """Take the lease of "c", print the owner, and wait for the end of stdin."""

    async def work() -> None:
        store = make_store(kind, Path(directory), Wall())
        await store.take("c", this_process("child"))
        os.write(1, f"{this_process('child')}\n".encode())
        sys.stdin.read()

    anyio.run(work)


def as_somebody_else(kind: str, directory: Path) -> str:
    """Try everything on a store that this user may only read."""

    async def work() -> str:
        store = make_store(kind, directory)
        script = script_of(await store.read("c"))
        said = [f"{len(script.transcript)} lines, head {(await store.heads())[0].seq}"]
        for attempt in (
            lambda: store.append("c", script.grow(1), after=len(script.transcript) - 1),
            lambda: store.take("c", this_process()),
        ):
            try:
                await attempt()
            except AgentChatError as error:
                said.append(f"{type(error).__name__}: {error}")
        await store.aclose()
        return "\n".join(said)

    async def warm_up() -> None:
        await to_thread.run_sync(os.getpid)

    anyio.run(warm_up)  # what is imported at the first use may lie where this user cannot read
    directory.absolute().as_uri()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return anyio.run(work)


def on_a_full_disk(kind: str, directory: Path) -> str:
    """Append more than the largest file that this process may write, then less once it may write more."""

    async def work() -> str:
        store = make_store(kind, directory)
        script = Script()
        await store.append("c", script.grow(2), after=0)
        await store.aclose()
        path = path_of(kind, directory)
        before = path.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 5000, resource.RLIM_INFINITY))
        lines = script.grow(10, "much " * 5000)
        said = []
        try:
            await store.append("c", lines, after=2)
        except AgentChatError as error:
            said.append(f"{type(error).__name__}: {error}")
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        said.append(f"unchanged {kind != 'jsonl' or path.read_bytes() == before}")
        said.append(f"{len(await store.read('c'))} lines")
        await store.append("c", lines, after=2)
        said.append(f"{len(await store.read('c'))} lines")
        await store.aclose()
        return "\n".join(said)

    return anyio.run(work)


def fork_and_append(directory: Path, opened: bool) -> str:
    """Append from two forked children through a store object made, and perhaps used, before the fork."""
    store = make_store("sqlite", directory)

    async def append(conversation: str) -> None:
        await store.append(conversation, Script(conversation).grow(3), after=0)

    if opened:
        anyio.run(append, "parent")
    children = []
    for name in ("one", "two"):
        child = os.fork()
        if child == 0:
            try:
                anyio.run(append, name)
            except AgentChatError:
                os._exit(3)
            os._exit(0)
        children.append(child)
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    heads = anyio.run(store.heads)
    anyio.run(store.aclose)
    return f"{ends} {[(head.conversation, head.seq) for head in heads]}"
