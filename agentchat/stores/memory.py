"""The store in memory: the default, and the one all others are compared with.

It keeps what the seam names and no more; no file, no thread and no waiting enters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from agentchat.errors import Conflict, ConversationExists, HasBranches, NoSuchConversation
from agentchat.seams import Glance, Head, Lease
from agentchat.stores.leases import Record, check_free, holder, released, renewed, taken
from agentchat.stores.names import check_fork, check_name, check_position
from agentchat.transcript.chain import blob_names, digest
from agentchat.transcript.events import Position


class MemoryStore:
    """Keeps conversations as long as the object lives. `wall` gives seconds since 1970, for leases."""

    beat: float | None = None

    def __init__(self, *, wall: Callable[[], float] = time.time) -> None:
        self._lines: dict[str, list[bytes]] = {}
        self._parents: dict[str, Position] = {}
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
        actual = 0 if kept is None else self._start(conversation) + len(kept)
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
        here, last, after = conversation, self._head(conversation), max(0, after)
        pieces: list[list[bytes]] = []
        while True:
            start = self._start(here)
            pieces.append(self._lines[here][max(0, after - start) : max(0, last - start)])
            if after >= start:
                break
            here, last = self._parents[here].conversation, min(start, last)
        return [line for lines in reversed(pieces) for line in lines]

    def _start(self, conversation: str) -> int:
        """How many of its entries are kept with another conversation."""
        parent = self._parents.get(conversation) if self._parents else None
        return 0 if parent is None else parent.seq

    def _head(self, conversation: str) -> int:
        kept = self._lines.get(conversation)
        if kept is None:
            raise NoSuchConversation(f"there is no conversation {conversation!r} in memory")
        return self._start(conversation) + len(kept)

    async def heads(self) -> list[Head]:
        """The head of every conversation, in order of their ids."""
        return [
            Head(name, self._head(name), digest(lines[-1]), self._parents.get(name))
            for name, lines in sorted(self._lines.items())
        ]

    async def glances(self, first: int = 1) -> list[Glance]:
        """A look at every conversation, in order of their ids."""
        now = self._wall()
        found = []
        for head in await self.heads():
            lines = self._lines[head.conversation]
            owner = holder(self._leases.get(head.conversation), now)
            found.append(Glance(head, tuple(lines[:first]), lines[-1], owner))
        return found

    async def fork(
        self, conversation: str, lines: Sequence[bytes], *, parent: Position, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """Begin a branch. Raises NoSuchConversation, NoSuchEvent, ConversationExists, BadName."""
        check_fork(conversation, lines, parent)
        check_position(parent, self._head(parent.conversation))
        if conversation in self._lines:
            raise ConversationExists(f"there is a conversation {conversation!r} already; use another name")
        self._parents[conversation] = parent
        self._lines[conversation] = list(lines)
        self._blobs.update(blobs or {})

    async def remove(self, conversation: str, *, after: int | None = None) -> None:
        """Remove a conversation. Raises NoSuchConversation, HasBranches, LeaseHeld, Conflict, BadName."""
        check_name(conversation)
        head = self._head(conversation)
        branches = sorted(name for name, parent in self._parents.items() if parent.conversation == conversation)
        if branches:
            raise HasBranches(conversation, branches)
        check_free(conversation, self._leases.get(conversation), self._wall())
        if after not in (None, head):
            raise Conflict(conversation, after or 0, head)
        lines = self._lines.pop(conversation)
        self._leases.pop(conversation, None)
        self._parents.pop(conversation, None)
        self._forget({name for line in lines for name in blob_names(line)})

    def _forget(self, blobs: set[str]) -> None:
        """Let go of those payloads that no line refers to any more."""
        if blobs:
            kept = {name for lines in self._lines.values() for line in lines for name in blob_names(line)}
            for name in blobs - kept:
                self._blobs.pop(name, None)

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
        return self._head(lease.conversation) if lease.conversation in self._lines else 0

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
