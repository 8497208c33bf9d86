"""Whatever is asked of them, the stores on files answer as the store in memory does."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentchat.errors import AgentChatError, Conflict
from agentchat.seams import Glance, Head, Lease, Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.leases import TTL
from agentchat.stores.owners import this_process
from agentchat.transcript.chain import BLOB_LIMIT, blob_names
from agentchat.transcript.events import Position

from .script import Script, Wall, make_store

OWNERS = (this_process("a"), this_process("b"), "another-host:1:1")

ROOTS, FILE = ("a", "b", "c"), ("a",)
BRANCHES = {"a.x": "a", "a.x.y": "a.x", "a.z": "a"}
"""Branches, and what they go on from."""

append = st.tuples(st.just("append"), st.integers(0, 3), st.sampled_from((0, 0, 0, 0, -1, 1)), st.booleans())
read = st.tuples(st.just("read"), st.integers(-1, 9))
fork = st.tuples(st.just("fork"), st.sampled_from(sorted(BRANCHES)), st.integers(0, 5), st.booleans())
remove = st.tuples(st.just("remove"), st.sampled_from((None, None, 0, 1)))
take = st.tuples(st.just("take"), st.sampled_from(OWNERS))
renew = st.tuples(st.just("renew"), st.integers(0, 3))
release = st.tuples(st.just("release"), st.integers(0, 3))
wait = st.tuples(st.just("wait"), st.sampled_from((TTL / 4, TTL / 2, TTL)))
other = st.sampled_from((("heads",), ("glances",), ("blobs",), ("close",), ("reopen",)))
acts = st.one_of(append, append, read, fork, remove, take, renew, release, wait, other)
steps = st.lists(st.tuples(st.integers(0, 5), acts), max_size=40)

Step = tuple[object, ...]


class Player:
    """Plays steps against one store and writes down what it answered.

    files: whether each conversation is to have a file of its own, which is whole by itself.
    """

    def __init__(self, kind: str, directory: Path, *, files: bool) -> None:
        self.kind = kind
        self.directory = directory
        self.files = files
        self.names = (*(FILE if files else ROOTS), *BRANCHES)
        self.wall = Wall()
        self.stores: dict[str, Store] = {}
        self.scripts = {name: Script(name) for name in self.names}
        self.leases: list[Lease] = []

    def store(self, name: str) -> Store:
        place = name if self.kind == "jsonl" else ""
        if place not in self.stores:
            self.stores[place] = self._made(name)
        return self.stores[place]

    def _made(self, name: str) -> Store:
        if self.kind != "jsonl":
            return make_store(self.kind, self.directory, self.wall)
        return JsonlStore(self.directory / f"run{name.removeprefix('a')}.jsonl", wall=self.wall)

    async def play(self, which: int, step: Step) -> object:
        name = self.names[which % len(self.names)]
        try:
            return await self._play(name, step)
        except Conflict as error:
            return ("Conflict", error.conversation, error.expected, error.actual)
        except (AgentChatError, KeyError) as error:
            return type(error).__name__

    async def _play(self, name: str, step: Step) -> object:
        match step:
            case ("append", int(count), int(off), bool(large)):
                await self._append(name, count, off, large)
            case ("fork", str(branch), int(at), bool(large)):
                await self._fork(branch, at, large)
            case ("remove", after):
                return await self._remove(name, after)
            case ("read", int(after)):
                return await self.store(name).read(name, after=after)
            case ("heads",):
                return [head._replace(parent=None if self.files else head.parent) for head in await self._heads()]
            case ("glances",):
                return [(one.head.conversation, one.last, one.owner) for one in await self._glances()]
            case ("blobs",):
                held = {blob for line in self.scripts[name].lines for blob in blob_names(line)}
                return [await self.store(name).get_blob(blob) for blob in sorted(held)]
            case ("take", str(owner)):
                self.leases.append(await self.store(name).take(name, owner))
                return self.leases[-1]
            case ("renew", int(back)) if back < len(self.leases):
                lease = self.leases[-1 - back]
                return await self.store(lease.conversation).renew(lease)
            case ("release", int(back)) if back < len(self.leases):
                lease = self.leases[-1 - back]
                await self.store(lease.conversation).release(lease)
            case ("wait", float(seconds)):
                self.wall.now += seconds
            case ("close",) | ("reopen",):
                await self.close()
                if step == ("reopen",) and self.kind != "memory":
                    self.stores.clear()
        return None

    async def _append(self, name: str, count: int, off: int, large: bool) -> None:
        script = self.scripts[name]
        before = len(script.transcript)
        lines = script.grow(count, "y" * BLOB_LIMIT + name if large else "small")
        try:
            blobs = {blob: data for line in lines for blob, data in script.transcript.blobs_of(line).items()}
            await self.store(name).append(name, lines, after=max(0, before + off), blobs=blobs)
        except AgentChatError:
            script.transcript.rewind(before)
            raise

    async def _fork(self, name: str, at: int, large: bool) -> None:
        parent = self.scripts[BRANCHES[name]]
        branch = parent.fork(name, min(at, len(parent.transcript)))
        branch.grow(1, "y" * BLOB_LIMIT + "forked" if large else "forked")
        blobs = {blob: data for line in branch.own for blob, data in branch.transcript.blobs_of(line).items()}
        position = Position(conversation=parent.conversation, seq=at)
        await self.store(parent.conversation).fork(name, branch.own, parent=position, blobs=blobs)
        self.scripts[name] = branch

    async def _remove(self, name: str, after: object) -> str | None:
        if self.files and any(one.parent is not None and one.parent.conversation == name for one in self._branches()):
            return "a file would not mind"
        at = None if after is None else len(self.scripts[name].transcript) - int(str(after))
        await self.store(name).remove(name, after=at)
        self.scripts[name] = Script(name)
        return None

    def _branches(self) -> list[Script]:
        return [self.scripts[name] for name in BRANCHES]

    async def _heads(self) -> list[Head]:
        if self.kind != "jsonl":
            return await self.store("").heads()
        return [head for name in sorted(self.names) for head in await self.store(name).heads()]

    async def _glances(self) -> list[Glance]:
        if self.kind != "jsonl":
            return await self.store("").glances()
        return [glance for name in sorted(self.names) for glance in await self.store(name).glances()]

    async def close(self) -> None:
        for store in self.stores.values():
            await store.aclose()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("durable", ["sqlite", "jsonl"])
@given(steps=steps)
@settings(max_examples=60, deadline=None)
def test_files_answer_as_memory_does(durable: str, backend: str, steps: list[tuple[int, Step]]) -> None:
    one_each = durable == "jsonl"

    async def play() -> None:
        with tempfile.TemporaryDirectory() as directory:
            memory = Player("memory", Path(directory), files=one_each)
            files = Player(durable, Path(directory), files=one_each)
            for which, step in steps:
                assert await files.play(which, step) == await memory.play(which, step), (which, step)
            for name, script in memory.scripts.items():
                assert files.scripts[name].lines == script.lines
            await files.close()

    anyio.run(play, backend=backend)
