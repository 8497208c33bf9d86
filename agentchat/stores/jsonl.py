"""The store in one JSONL file: one conversation, in the portable form, durable and shared between processes.

The face only: names are checked and the work goes off the event loop. What is done to the file is in `jsonl_file`,
its lease in `jsonl_lease`; no bytes are written here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from agentchat.errors import Conflict, LeaseLost, NoSuchConversation
from agentchat.seams import Glance, Head, Lease
from agentchat.stores.jsonl_file import LineFile
from agentchat.stores.jsonl_lease import forget_lease, read_lease, write_lease
from agentchat.stores.jsonl_lines import branch_id
from agentchat.stores.leases import BEAT, check_free, holder, released, renewed, taken
from agentchat.stores.names import check_fork, check_name, check_position
from agentchat.stores.places import sync_directory
from agentchat.stores.worker import Worker
from agentchat.transcript.chain import blob_line, blob_names
from agentchat.transcript.events import Position


class JsonlStore:
    """Keeps one conversation in a JSONL file, which is made at the first write, for its owner only.

    An append is on disk when it returns. Nothing stays open between two calls. `wall` gives seconds since 1970, for
    leases.
    """

    beat: float | None = BEAT

    def __init__(self, path: str | Path, *, wall: Callable[[], float] = time.time) -> None:
        self.path = Path(path)
        self._wall = wall
        self._worker = Worker()
        self._file = LineFile(self.path)

    @property
    def torn(self) -> int:
        """Bytes of an unfinished last line that were found. Readers pass over them; an append cuts them off."""
        return self._file.torn

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """Write lines behind entry `after`, all or none.

        Raises Conflict, BadName, StoreUnavailable, ConversationExists where the file holds another conversation,
        NotATranscript for a file that is no transcript, or DamagedTranscript. In a cancelled scope nothing is
        written; once begun, it is finished and returns.
        """
        check_name(conversation)
        await self._worker.run(partial(self._file.append, conversation, lines, after, blobs))

    async def read(self, conversation: str, *, after: int = 0) -> list[bytes]:
        """The lines of the entries after `after`.

        Raises NoSuchConversation, StoreUnavailable, NotATranscript, or DamagedTranscript with the line.
        """
        check_name(conversation)
        return await self._worker.run(partial(self._file.read, conversation, after))

    async def heads(self) -> list[Head]:
        """The head of the one conversation, or nothing."""
        return await self._worker.run(self._file.heads)

    async def fork(
        self, conversation: str, lines: Sequence[bytes], *, parent: Position, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """Begin a branch in a file of its own, with a copy of what it goes on from: a file is whole by itself.

        Raises NoSuchConversation, NoSuchEvent, ConversationExists, BadName, StoreUnavailable.
        """
        check_fork(conversation, lines, parent)
        if branch_id(lines[0]) != conversation:
            raise ValueError(f"the first line is not that of a Forked event of {conversation!r}")
        before = await self.read(parent.conversation)
        check_position(parent, len(before))
        whole, payloads = [*before[: parent.seq], *lines], dict(blobs or {})
        for name in {name for line in whole for name in blob_names(line)} - payloads.keys():
            payloads[name] = await self.get_blob(name)
        there = self.beside(conversation)._file
        await self._worker.run(partial(there.begin, [*_portable(whole, payloads)]))

    async def remove(self, conversation: str, *, after: int | None = None) -> None:
        """Remove the file. Branches have files of their own, and stay.

        Raises NoSuchConversation, LeaseHeld, Conflict, BadName, StoreUnavailable, TranscriptError.
        """
        check_name(conversation)
        await self._worker.run(partial(self._remove, conversation, after))

    async def glances(self, first: int = 1) -> list[Glance]:
        """A look at the one conversation, or nothing. Raises StoreUnavailable, TranscriptError."""
        return await self._worker.run(partial(self._file.glances, first, self._holder))

    async def get_blob(self, name: str) -> bytes:
        """The payload. Raises KeyError."""
        return await self._worker.run(partial(self._file.get_blob, name))

    async def take(self, conversation: str, owner: str) -> Lease:
        """Become the holder. Raises LeaseHeld, BadName, StoreUnavailable, or NoSuchConversation for another id."""
        check_name(conversation)
        return await self._worker.run(partial(self._take, conversation, owner))

    async def renew(self, lease: Lease) -> int:
        """Say that the holder lives; answer the sequence number of the head. Raises LeaseLost, StoreUnavailable."""
        return await self._worker.run(partial(self._renew, lease))

    async def release(self, lease: Lease) -> None:
        """Let go, also in a cancelled scope. Releasing what is no longer held does nothing."""
        await self._worker.finish(partial(self._release, lease))

    def beside(self, conversation: str) -> JsonlStore:
        """A file beside this one, for a file holds one conversation: `run.jsonl` has `run.<rest of the id>.jsonl`.

        The rest is what follows this file's own id, else what follows the last dot.
        """
        own, held = self._file.conversation, conversation
        rest = held.removeprefix(f"{own}.") if own and held.startswith(f"{own}.") else held.rpartition(".")[2]
        return JsonlStore(self.path.with_name(f"{self.path.stem}.{rest}{self.path.suffix}"), wall=self._wall)

    async def aclose(self) -> None:
        """Nothing to let go of: no file is open between two calls."""

    def _holder(self) -> str | None:
        return holder(read_lease(self.path), self._wall())

    def _take(self, conversation: str, owner: str) -> Lease:
        with self._file.locked(write=True, create=True):
            self._file.check_conversation(conversation)
            record = taken(conversation, owner, read_lease(self.path), self._wall())
            write_lease(self.path, record)
        return Lease(conversation, owner, record.epoch)

    def _renew(self, lease: Lease) -> int:
        with self._file.locked(write=True) as handle:
            if handle is None:
                raise LeaseLost(lease.conversation, None)
            record = renewed(lease, read_lease(self.path), self._wall())
            if record is not None:
                write_lease(self.path, record)
            return self._file.check_conversation(lease.conversation)

    def _remove(self, conversation: str, after: int | None) -> None:
        with self._file.locked(write=True) as handle:
            if handle is None or self._file.conversation != conversation:
                raise NoSuchConversation(f"there is no conversation {conversation!r} in {self.path}")
            check_free(conversation, read_lease(self.path), self._wall())
            head = self._file.check_conversation(conversation)
            if after not in (None, head):
                raise Conflict(conversation, after or 0, head)
            self.path.unlink()
            forget_lease(self.path)
            sync_directory(self.path.parent)

    def _release(self, lease: Lease) -> None:
        with self._file.locked(write=True) as handle:
            record = None if handle is None else released(lease, read_lease(self.path))
            if record is not None:
                write_lease(self.path, record)


def _portable(lines: Sequence[bytes], payloads: Mapping[str, bytes]) -> Iterator[bytes]:
    """The lines of a file: each payload once, before the first entry that refers to it."""
    told: set[str] = set()
    for line in lines:
        for name in blob_names(line):
            if name not in told:
                told.add(name)
                yield blob_line(payloads[name])
        yield line
