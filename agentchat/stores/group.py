"""Group commit: what many tasks want written at the same time is written at once.

The first to come opens a batch and leads it; whoever comes until the batch begins to be written joins. The leader
waits for the batch before its own, goes to a thread once, and everyone in the batch wakes together. So a lone writer
waits for nobody, and under load one thread hop and one commit carry all that came during the commit before.

An item says itself how it fared: one that fails must not fail its neighbours. What an item is, and how it is
written, never enters here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from threading import Lock
from typing import Final, Generic, TypeVar

from anyio import CancelScope, Event, get_cancelled_exc_class
from anyio.lowlevel import RunVar, checkpoint_if_cancelled

from agentchat.stores.worker import Worker

T = TypeVar("T")

_numbers: Final = itertools.count(1)


class _Batch(Generic[T]):
    def __init__(self, first: T) -> None:
        self.items = [first]
        self.written = False
        self.over = Event()


class _Row(Generic[T]):
    """The batches of one event loop: the one that takes items, and the newest, which the next has to wait for."""

    def __init__(self) -> None:
        self.open: _Batch[T] | None = None
        self.newest: _Batch[T] | None = None


class GroupCommit(Generic[T]):
    """Hands items to `commit` in batches. `commit` runs in a thread, never twice at once, and must not raise."""

    def __init__(self, worker: Worker, commit: Callable[[list[T]], None]) -> None:
        self._worker = worker
        self._commit = commit
        self._rows: RunVar[_Row[T]] = RunVar(f"agentchat.stores.group.{next(_numbers)}")
        self._joining = Lock()
        self._writing = Lock()

    async def write(self, item: T) -> None:
        """Return when the item's batch was handed to `commit` and that returned.

        In a scope already cancelled nothing is written. Once an item has joined a batch it is waited for, so that a
        cancelled writer knows that nothing was written, and one that returns, that it was. (asyncio's own
        `Task.cancel` breaks through this: the item is written or not, the batch is in any case.)
        """
        await checkpoint_if_cancelled()
        row = self._row()
        with self._joining:
            batch = row.open
            if batch is not None:
                batch.items.append(item)
            else:
                mine = row.open = _Batch(item)
                before, row.newest = row.newest, mine
        with CancelScope(shield=True):
            if batch is not None:
                await batch.over.wait()
            else:
                await self._lead(row, mine, before)

    async def _lead(self, row: _Row[T], batch: _Batch[T], before: _Batch[T] | None) -> None:
        cancelled: BaseException | None = None
        try:
            while not batch.written:
                try:
                    if before is not None:
                        await before.over.wait()
                    await self._worker.run(lambda: self._write(row, batch))
                except get_cancelled_exc_class() as error:
                    # Only asyncio's own Task.cancel comes through the shield. The others in the batch need their
                    # answer first: the second _write waits for the first, or does what the first never began.
                    cancelled = error
        finally:
            with self._joining:
                if row.open is batch:
                    row.open = None
                if row.newest is batch:
                    row.newest = None
            batch.over.set()
        if cancelled is not None:
            raise cancelled

    def _write(self, row: _Row[T], batch: _Batch[T]) -> None:
        with self._writing:
            if batch.written:
                return
            with self._joining:
                if row.open is batch:
                    row.open = None
            self._commit(batch.items)
            batch.written = True

    def _row(self) -> _Row[T]:
        row = self._rows.get(None)
        if row is None:
            row = _Row()
            self._rows.set(row)
        return row
