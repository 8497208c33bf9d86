"""The store in one SQLite file: durable, for many conversations and many processes.

The face only: names are checked and the work goes off the event loop, appends as a group commit. What a transaction
does is in `database`, what the file is in `sqlite_file`; no SQL enters here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from agentchat.errors import StoreUnavailable
from agentchat.seams import Glance, Head, Lease
from agentchat.stores.database import Append, Database
from agentchat.stores.group import GroupCommit
from agentchat.stores.leases import BEAT
from agentchat.stores.names import check_fork, check_name
from agentchat.stores.worker import Worker
from agentchat.transcript.events import Position


class SqliteStore:
    """Keeps conversations in an SQLite file (WAL, full sync). The file is made at the first write, for its owner only.

    An append is on disk when it returns. `wall` gives seconds since 1970, for leases. Make the object before a fork
    if you like, but use it in one of the two processes only.
    """

    beat: float | None = BEAT

    def __init__(self, path: str | Path, *, wall: Callable[[], float] = time.time) -> None:
        self.path = Path(path)
        self._worker = Worker()
        self._database = Database(self.path, wall)
        self._appends = GroupCommit(self._worker, self._database.append)

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """Write lines behind entry `after`, all or none. Raises Conflict, BadName, StoreUnavailable.

        In a cancelled scope nothing is written; once begun, it is finished and returns.
        """
        check_name(conversation)
        item = Append(conversation, lines, after, blobs)
        await self._appends.write(item)
        if item.error is not None:
            raise item.error
        if not item.settled:
            raise StoreUnavailable(
                f"{self.path}: writing broke off; read {conversation!r} again to see what was written"
            )

    async def read(self, conversation: str, *, after: int = 0) -> list[bytes]:
        """The lines of the entries after `after`. Raises NoSuchConversation, DamagedTranscript, StoreUnavailable."""
        check_name(conversation)
        return await self._worker.run(partial(self._database.read, conversation, after))

    async def heads(self) -> list[Head]:
        """The head of every conversation, in order of their ids. Raises StoreUnavailable."""
        return await self._worker.run(self._database.heads)

    async def fork(
        self, conversation: str, lines: Sequence[bytes], *, parent: Position, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """Begin a branch. Raises NoSuchConversation, NoSuchEvent, ConversationExists, BadName, StoreUnavailable."""
        check_fork(conversation, lines, parent)
        await self._worker.run(partial(self._database.fork, conversation, lines, parent, blobs))

    async def remove(self, conversation: str, *, after: int | None = None) -> None:
        """Remove a conversation, and give back the room it took.

        Raises NoSuchConversation, HasBranches, LeaseHeld, Conflict, BadName, StoreUnavailable.
        """
        check_name(conversation)
        await self._worker.run(partial(self._database.remove, conversation, after))

    async def glances(self, first: int = 1) -> list[Glance]:
        """A look at every conversation, in order of their ids. Raises StoreUnavailable."""
        return await self._worker.run(partial(self._database.glances, first))

    async def get_blob(self, name: str) -> bytes:
        """The payload. Raises KeyError, StoreUnavailable."""
        return await self._worker.run(partial(self._database.get_blob, name))

    async def take(self, conversation: str, owner: str) -> Lease:
        """Become the holder. Raises LeaseHeld, BadName, StoreUnavailable."""
        check_name(conversation)
        return await self._worker.run(partial(self._database.take, conversation, owner))

    async def renew(self, lease: Lease) -> int:
        """Say that the holder lives; answer the sequence number of the head. Raises LeaseLost, StoreUnavailable."""
        return await self._worker.run(partial(self._database.renew, lease))

    async def release(self, lease: Lease) -> None:
        """Let go, also in a cancelled scope. Releasing what is no longer held does nothing."""
        await self._worker.finish(partial(self._database.release, lease))

    def beside(self, conversation: str) -> SqliteStore:
        """This store, which keeps many."""
        return self

    async def aclose(self) -> None:
        """Close the file; the next use opens it again."""
        await self._worker.finish(self._database.close)
