"""A store around a real one, for tests that put something in the way of an act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentchat.seams import Glance, Head, Lease, Store
from agentchat.transcript.events import Position


class AroundStore:
    """Hands everything on. It appends as a durable store does, also around memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.beat = store.beat

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        await self._store.append(conversation, lines, after=after, blobs=blobs)

    async def read(self, conversation: str, *, after: int = 0) -> list[bytes]:
        return await self._store.read(conversation, after=after)

    async def heads(self) -> list[Head]:
        return await self._store.heads()

    async def fork(
        self, conversation: str, lines: Sequence[bytes], *, parent: Position, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        await self._store.fork(conversation, lines, parent=parent, blobs=blobs)

    async def remove(self, conversation: str, *, after: int | None = None) -> None:
        await self._store.remove(conversation, after=after)

    async def glances(self, first: int = 1) -> list[Glance]:
        return await self._store.glances(first)

    async def get_blob(self, name: str) -> bytes:
        return await self._store.get_blob(name)

    async def take(self, conversation: str, owner: str) -> Lease:
        return await self._store.take(conversation, owner)

    async def renew(self, lease: Lease) -> int:
        return await self._store.renew(lease)

    async def release(self, lease: Lease) -> None:
        await self._store.release(lease)

    def beside(self, conversation: str) -> Store:
        return self

    async def aclose(self) -> None:
        await self._store.aclose()
