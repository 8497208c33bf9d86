"""The store in one JSONL file: one conversation, in the portable form, durable and shared between processes.

The face only: names are checked and the work goes off the event loop. What is done to the file is in `jsonl_file`,
its lease in `jsonl_lease`; no bytes are written here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from agentchat.seams import Head, Lease
from agentchat.stores.jsonl_file import LineFile
from agentchat.stores.jsonl_lease import read_lease, write_lease
from agentchat.stores.leases import BEAT, released, renewed, taken
from agentchat.stores.names import check_name
from agentchat.stores.worker import Worker


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
        """A file beside this one, for a file holds one conversation: `run.jsonl` has `run.<rest of the id>.jsonl`."""
        rest = conversation.rpartition(".")
        return JsonlStore(self.path.with_name(f"{self.path.stem}.{rest[2]}{self.path.suffix}"), wall=self._wall)

    async def aclose(self) -> None:
        """Nothing to let go of: no file is open between two calls."""

    def _take(self, conversation: str, owner: str) -> Lease:
        with self._file.locked(write=True):
            self._file.check_conversation(conversation)
            record = taken(conversation, owner, read_lease(self.path), self._wall())
            write_lease(self.path, record)
        return Lease(conversation, owner, record.epoch)

    def _renew(self, lease: Lease) -> int:
        with self._file.locked(write=True):
            record = renewed(lease, read_lease(self.path), self._wall())
            if record is not None:
                write_lease(self.path, record)
            return self._file.check_conversation(lease.conversation)

    def _release(self, lease: Lease) -> None:
        if not self.path.exists():
            return
        with self._file.locked(write=True):
            record = released(lease, read_lease(self.path))
            if record is not None:
                write_lease(self.path, record)
