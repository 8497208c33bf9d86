"""Whatever is asked of them, the stores on files answer as the store in memory does."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentchat.errors import AgentChatError, Conflict
from agentchat.seams import Lease, Store
from agentchat.stores.leases import TTL
from agentchat.stores.owners import this_process
from agentchat.transcript.chain import BLOB_LIMIT

from .script import Script, Wall, make_store

OWNERS = (this_process("a"), this_process("b"), "another-host:1:1")

append = st.tuples(st.just("append"), st.integers(0, 3), st.sampled_from((0, 0, 0, 0, -1, 1)), st.booleans())
read = st.tuples(st.just("read"), st.integers(0, 9))
take = st.tuples(st.just("take"), st.sampled_from(OWNERS))
renew = st.tuples(st.just("renew"), st.integers(0, 3))
release = st.tuples(st.just("release"), st.integers(0, 3))
wait = st.tuples(st.just("wait"), st.sampled_from((TTL / 4, TTL / 2, TTL)))
other = st.sampled_from((("heads",), ("blobs",), ("close",), ("reopen",)))
steps = st.lists(st.tuples(st.integers(0, 2), st.one_of(append, read, take, renew, release, wait, other)), max_size=30)

Step = tuple[object, ...]


class Player:
    """Plays steps against one store and writes down what it answered."""

    def __init__(self, kind: str, directory: Path, names: tuple[str, ...]) -> None:
        self.kind = kind
        self.directory = directory
        self.names = names
        self.wall = Wall()
        self.store: Store = make_store(kind, directory, self.wall)
        self.scripts = {name: Script(name) for name in names}
        self.leases: list[Lease] = []

    async def play(self, which: int, step: Step) -> object:
        name = self.names[which % len(self.names)]
        try:
            return await self._play(name, step)
        except Conflict as error:
            return ("Conflict", error.conversation, error.expected, error.actual)
        except (AgentChatError, KeyError) as error:
            return type(error).__name__

    async def _play(self, name: str, step: Step) -> object:
        store = self.store
        match step:
            case ("append", int(count), int(off), bool(large)):
                script = self.scripts[name]
                before = len(script.transcript)
                lines = script.grow(count, "y" * BLOB_LIMIT + "y" if large else "small")
                try:
                    await store.append(name, lines, after=max(0, before + off), blobs=script.blobs)
                except AgentChatError:
                    script.transcript.rewind(before)
                    raise
            case ("read", int(after)):
                return await store.read(name, after=after)
            case ("heads",):
                return await store.heads()
            case ("blobs",):
                return [await store.get_blob(blob) for blob in sorted(self.scripts[name].blobs)]
            case ("take", str(owner)):
                self.leases.append(await store.take(name, owner))
                return self.leases[-1]
            case ("renew", int(back)) if back < len(self.leases):
                return await store.renew(self.leases[-1 - back])
            case ("release", int(back)) if back < len(self.leases):
                await store.release(self.leases[-1 - back])
            case ("wait", float(seconds)):
                self.wall.now += seconds
            case ("close",):
                await store.aclose()
            case ("reopen",) if self.kind != "memory":
                await store.aclose()
                self.store = make_store(self.kind, self.directory, self.wall)
        return None


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("durable", ["sqlite", "jsonl"])
@given(steps=steps)
@settings(max_examples=60, deadline=None)
def test_files_answer_as_memory_does(durable: str, backend: str, steps: list[tuple[int, Step]]) -> None:
    names = ("a", "b", "c") if durable == "sqlite" else ("a",)

    async def play() -> None:
        with tempfile.TemporaryDirectory() as directory:
            memory = Player("memory", Path(directory), names)
            files = Player(durable, Path(directory), names)
            for which, step in steps:
                assert await files.play(which, step) == await memory.play(which, step), (which, step)
            await files.store.aclose()

    anyio.run(play, backend=backend)
