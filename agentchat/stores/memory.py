"""The store in memory: the default, and the one all others are compared with.

It keeps what the seam names and no more; no file, no thread and no waiting enters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from agentchat.errors import Conflict, NoSuchConversation
from agentchat.seams import Head, Lease
from agentchat.stores.leases import Record, released, renewed, taken
from agentchat.stores.names import check_name
from agentchat.transcript.chain import digest


class MemoryStore:
    """Keeps conversations as long as the object lives. `wall` gives seconds since 1970, for leases."""

    beat: float | None = None

    def __init__(self, *, wall: Callable[[], float] = time.time) -> None:
        self._lines: dict[str, list[bytes]] = {}
        self._blobs: dict[str, bytes] = {}
        self._leases: dict[str, Record] = {}
        self._wall = wall

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """Write lines behind entry `after`, all or none. Raises Conflict or BadName."""
        self.append_now(conversation, lines, after=after, blobs=blobs)

    def append_now(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """As `append`, without waiting: memory has nothing to wait for."""
        kept = self._lines.get(conversation)
        if kept is None:
            check_name(conversation)
        actual = 0 if kept is None else len(kept)
        if actual != after:
            raise Conflict(conversation, after, actual)
        if not lines:
            return
        if blobs:
            self._blobs.update(blobs)
        if kept is None:
            self._lines[conversation] = list(lines)
        else:
            kept.extend(lines)

    async def read(self, conversation: str, *, after: int = 0) -> list[bytes]:
        """The lines of the entries after `after`. Raises NoSuchConversation or BadName."""
        check_name(conversation)
        kept = self._lines.get(conversation)
        if kept is None:
            raise NoSuchConversation(f"there is no conversation {conversation!r} in memory")
        return kept[after:]

    async def heads(self) -> list[Head]:
        """The head of every conversation, in order of their ids."""
        return [Head(name, len(lines), digest(lines[-1])) for name, lines in sorted(self._lines.items())]

    async def get_blob(self, name: str) -> bytes:
        """The payload. Raises KeyError."""
        return self._blobs[name]

    async def take(self, conversation: str, owner: str) -> Lease:
        """Become the holder. Raises LeaseHeld or BadName."""
        check_name(conversation)
        record = taken(conversation, owner, self._leases.get(conversation), self._wall())
        self._leases[conversation] = record
        return Lease(conversation, owner, record.epoch)

    async def renew(self, lease: Lease) -> int:
        """Say that the holder lives; answer the sequence number of the head. Raises LeaseLost."""
        record = renewed(lease, self._leases.get(lease.conversation), self._wall())
        if record is not None:
            self._leases[lease.conversation] = record
        return len(self._lines.get(lease.conversation, ()))

    async def release(self, lease: Lease) -> None:
        """Let go. Releasing what is no longer held does nothing."""
        record = released(lease, self._leases.get(lease.conversation))
        if record is not None:
            self._leases[lease.conversation] = record

    def beside(self, conversation: str) -> MemoryStore:
        """This store, which keeps many."""
        return self

    async def aclose(self) -> None:
        """Nothing to let go of: the conversations stay."""
