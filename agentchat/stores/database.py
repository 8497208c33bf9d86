"""The store's SQLite database, from any thread: lines, heads, payloads and leases, each act one transaction.

One connection behind a lock, opened at the first use. No event loop enters here; `sqlite.SqliteStore` is the face.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

from agentchat.errors import (
    Conflict,
    ConversationExists,
    DamagedTranscript,
    NoSuchConversation,
    StoreUnavailable,
)
from agentchat.seams import Glance, Head, Lease
from agentchat.stores import sqlite_branches as branches
from agentchat.stores.leases import Record, check_free, released, renewed, taken
from agentchat.stores.names import check_position
from agentchat.stores.places import identity, is_full, is_writable
from agentchat.stores.sqlite_file import (
    give_back,
    in_words,
    open_readonly,
    open_writable,
    snapshot,
    transaction,
)
from agentchat.transcript.chain import digest
from agentchat.transcript.events import Position

_HEAD: Final = "SELECT key, seq FROM conversations WHERE name = ?"


class Append:
    """One append on its way, and how it fared."""

    __slots__ = ("after", "blobs", "conversation", "error", "lines", "settled")

    def __init__(
        self, conversation: str, lines: Sequence[bytes], after: int, blobs: Mapping[str, bytes] | None
    ) -> None:
        self.conversation = conversation
        self.lines = lines
        self.after = after
        self.blobs = blobs
        self.settled = False
        self.error: Exception | None = None


class Database:
    """All that is done to the file. `wall` gives seconds since 1970, for leases."""

    def __init__(self, path: Path, wall: Callable[[], float]) -> None:
        self.path = path
        self._wall = wall
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._let_go: Callable[[], object] = _nothing
        self._process = 0
        self._identity: tuple[int, int] | None = None
        self._version = 0
        self._known: dict[str, tuple[int, int]] = {}
        """Key and head of conversations, as of the last commit of any connection that this one has seen."""

    def append(self, items: list[Append]) -> None:
        """Write many appends in one transaction. Never raises: each item says how it fared."""
        with self._lock:
            try:
                self._append(items)
            except Exception as error:
                self._known.clear()
                if len(items) > 1:
                    # One of them may be at fault for all. Nothing was written, so each is tried by itself.
                    for item in items:
                        self._append_one(item)
                else:
                    items[0].error = error
            for item in items:
                item.settled = True

    def read(self, conversation: str, after: int) -> list[bytes]:
        """The lines after `after`. Raises NoSuchConversation, DamagedTranscript, StoreUnavailable."""
        with self._reading() as connection:
            if connection is None:
                raise NoSuchConversation(f"there is no conversation {conversation!r}: there is no {self.path} yet")
            with snapshot(connection):
                key, seq = self._there(connection, conversation)
                lines = branches.lines_of(connection, key, seq, after)
        if len(lines) != max(0, seq - max(0, after)):
            raise DamagedTranscript(
                f"{self.path}: conversation {conversation!r} should have {seq - after} entries after {after}, "
                f"but {len(lines)} are there"
            )
        return lines

    def heads(self) -> list[Head]:
        """The head of every conversation, in order of their ids. Raises StoreUnavailable."""
        with self._reading() as connection:
            if connection is None:
                return []
            return branches.heads(connection)

    def glances(self, first: int) -> list[Glance]:
        """A look at every conversation, in order of their ids. Raises StoreUnavailable."""
        with self._reading() as connection:
            if connection is None:
                return []
            with snapshot(connection):
                return branches.glances(connection, first, self._wall())

    def fork(
        self, conversation: str, lines: Sequence[bytes], parent: Position, blobs: Mapping[str, bytes] | None
    ) -> None:
        """Begin a branch. Raises NoSuchConversation, NoSuchEvent, ConversationExists, StoreUnavailable."""
        with self._writing() as connection:
            key, seq = self._there(connection, parent.conversation)
            check_position(parent, seq)
            if connection.execute(_HEAD, (conversation,)).fetchone() is not None:
                raise ConversationExists(f"there is a conversation {conversation!r} already; use another name")
            branches.begin_branch(connection, conversation, lines, key, parent.seq, blobs)

    def remove(self, conversation: str, after: int | None) -> None:
        """Remove a conversation. Raises NoSuchConversation, HasBranches, LeaseHeld, Conflict, StoreUnavailable."""
        with self._writing() as connection:
            key, seq = self._there(connection, conversation)
            branches.check_no_branches(connection, conversation, key)
            check_free(conversation, _lease(connection, conversation), self._wall())
            if after not in (None, seq):
                raise Conflict(conversation, after or 0, seq)
            branches.remove(connection, conversation, key)
            self._known.pop(conversation, None)
        with self._lock, self._telling():
            give_back(self._connected())

    def get_blob(self, name: str) -> bytes:
        """The payload. Raises KeyError, StoreUnavailable."""
        with self._reading() as connection:
            row: tuple[bytes] | None = None
            if connection is not None:
                row = connection.execute("SELECT data FROM blobs WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        return row[0]

    def take(self, conversation: str, owner: str) -> Lease:
        """Become the holder. Raises LeaseHeld, StoreUnavailable."""
        with self._writing() as connection:
            record = taken(conversation, owner, _lease(connection, conversation), self._wall())
            _put_lease(connection, conversation, record)
        return Lease(conversation, owner, record.epoch)

    def renew(self, lease: Lease) -> int:
        """Renew, and answer the place of the head. Raises LeaseLost, StoreUnavailable."""
        with self._lock, self._telling():
            connection = self._connected()
            late = renewed(lease, _lease(connection, lease.conversation), self._wall())
            if late is not None:
                with transaction(connection):
                    late = renewed(lease, _lease(connection, lease.conversation), self._wall())
                    if late is not None:
                        _put_lease(connection, lease.conversation, late)
            head = connection.execute(_HEAD, (lease.conversation,)).fetchone()
        return 0 if head is None else int(head[1])

    def release(self, lease: Lease) -> None:
        """Let go, where it is still held. Raises StoreUnavailable."""
        with self._writing() as connection:
            record = released(lease, _lease(connection, lease.conversation))
            if record is not None:
                _put_lease(connection, lease.conversation, record)

    def close(self) -> None:
        """Close the connection; the next use opens it again."""
        with self._lock, self._telling():
            self._connection = None
            self._let_go()

    def _there(self, connection: sqlite3.Connection, conversation: str) -> tuple[int, int]:
        """Key and head of a conversation. Raises NoSuchConversation."""
        row: tuple[int, int] | None = connection.execute(_HEAD, (conversation,)).fetchone()
        if row is None:
            raise NoSuchConversation(f"there is no conversation {conversation!r} in {self.path}")
        return row

    def _append_one(self, item: Append) -> None:
        try:
            self._append([item])
        except Exception as error:
            self._known.clear()
            item.error = error

    def _append(self, items: list[Append]) -> None:
        with self._telling():
            connection = self._connected()
            with transaction(connection):
                self._forget_what_others_changed(connection)
                rows: list[tuple[int, int, bytes]] = []
                heads: dict[int, tuple[int, bytes, int]] = {}
                for item in items:
                    item.error = None
                    key, seq = self._head(connection, item.conversation)
                    if seq != item.after:
                        item.error = Conflict(item.conversation, item.after, seq)
                        continue
                    if not item.lines:
                        continue
                    if key == 0:
                        key = branches.begin(connection, item.conversation)
                    if item.blobs:
                        connection.executemany("INSERT OR IGNORE INTO blobs VALUES (?, ?)", item.blobs.items())
                    rows += [(key, place, line) for place, line in enumerate(item.lines, seq + 1)]
                    seq += len(item.lines)
                    heads[key] = (seq, bytes.fromhex(digest(item.lines[-1])), key)
                    self._known[item.conversation] = (key, seq)
                connection.executemany("INSERT INTO lines VALUES (?, ?, ?)", rows)
                connection.executemany("UPDATE conversations SET seq = ?, head = ? WHERE key = ?", heads.values())

    def _head(self, connection: sqlite3.Connection, conversation: str) -> tuple[int, int]:
        """Key and head of a conversation; (0, 0) for none. Inside a transaction."""
        known = self._known.get(conversation)
        if known is None:
            row = connection.execute(_HEAD, (conversation,)).fetchone()
            if row is None:
                return 0, 0
            known = self._known[conversation] = (row[0], row[1])
        return known

    def _forget_what_others_changed(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._known.clear()
            self._version = version

    def _connected(self) -> sqlite3.Connection:
        """The connection, under the lock. Raises sqlite3.Error, StoreUnavailable."""
        if self._connection is None:
            self._known.clear()
            self._connection = open_writable(self.path)
            self._process = os.getpid()
            self._identity = identity(self.path)
            # a store that nobody closed closes itself when it goes, and at the end of the process
            self._let_go = weakref.finalize(self, _close, self._connection, self._process)
        elif self._process != os.getpid():
            # SQLite's locks do not survive a fork; using the parent's connection could damage the file.
            raise StoreUnavailable(f"{self.path}: opened before this process was forked; make a new store object here")
        elif identity(self.path) != self._identity:
            # SQLite would go on writing to a file that has no name any more.
            raise StoreUnavailable(
                f"{self.path}: the file was removed or exchanged while it was in use, and nothing more is written; "
                "put it back, or give another path as store"
            )
        return self._connection

    def _connected_to_read(self) -> sqlite3.Connection | None:
        """The connection; None where this process may not write, or where the disk has no room for what that takes."""
        if self._connection is None and not is_writable(self.path):
            return None
        try:
            return self._connected()
        except sqlite3.Error:
            if is_full(self.path):
                return None
            raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise in_words(self.path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._telling():
            connection = self._connected()
            with transaction(connection):
                yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection for one read, None where there is no file yet. Reading makes no file and needs no right to."""
        with self._lock, self._telling():
            connection = self._connected_to_read()
            if connection is not None:
                yield connection
            elif not self.path.exists():
                yield None
            else:
                connection = open_readonly(self.path)
                try:
                    yield connection
                finally:
                    connection.close()


def _nothing() -> None:
    """There is no connection to let go of."""


def _close(connection: sqlite3.Connection, process: int) -> None:
    if process == os.getpid():  # a forked child must not touch what its parent has open
        connection.close()


def _lease(connection: sqlite3.Connection, conversation: str) -> Record | None:
    row = connection.execute(
        "SELECT owner, epoch, renewed FROM leases WHERE conversation = ?", (conversation,)
    ).fetchone()
    return None if row is None else Record(*row)


def _put_lease(connection: sqlite3.Connection, conversation: str, record: Record) -> None:
    connection.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)", (conversation, *record))
