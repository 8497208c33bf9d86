"""The SQLite file of a store: made, recognised or refused, and its errors in words. A foreign file is never changed.

Tables, format 2:
  conversations  an integer key for each id, with the head: place and SHA-256 of the last line; for a branch, the key of
                 the conversation that holds its entries up to `fork` (format 1 had no branches)
  lines          in the order of arrival, so that commits of many conversations write few pages; one index finds them,
                 another those that refer to payloads
  blobs          payloads by SHA-256, shared by all conversations; removed with the last line that refers to one
  leases         who holds a conversation, or held it last

The file must not be opened here by other means than SQLite: closing any handle to it would drop the POSIX locks that
other connections of this process hold (see "How To Corrupt An SQLite Database File", 2.2). Nothing about appending or
reading lines enters here.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agentchat.errors import StoreUnavailable
from agentchat.stores.places import check_regular, is_full, make_parents, sync_directory, unavailable

APPLICATION: Final = 0x61676368
"""`PRAGMA application_id` of our files: "agch"."""

FORMAT: Final = 2
"""`PRAGMA user_version`: the format of the tables."""

PATIENCE: Final = 10.0
"""Seconds to wait for another process that is writing."""

_INCREMENTAL: Final = 2
"""`PRAGMA auto_vacuum`: free pages are given back when that is asked for."""

WITH_PAYLOAD: Final = "instr(line, x'24626c6f62') > 0"
"""Lines that hold `$blob`. SQLite itself keeps the index over them, so it cannot say less than the lines do."""

_PAYLOADS: Final = f"CREATE INDEX payloads ON lines (conversation) WHERE {WITH_PAYLOAD}"
_TABLES: Final = (
    """CREATE TABLE conversations (
        key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, head BLOB NOT NULL,
        parent INTEGER, fork INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX branches ON conversations (parent) WHERE parent IS NOT NULL",
    """CREATE TABLE lines (
        conversation INTEGER NOT NULL, seq INTEGER NOT NULL, line BLOB NOT NULL, UNIQUE (conversation, seq))""",
    _PAYLOADS,
    "CREATE TABLE blobs (name TEXT PRIMARY KEY, data BLOB NOT NULL)",
    """CREATE TABLE leases (
        conversation TEXT PRIMARY KEY, owner TEXT, epoch INTEGER NOT NULL, renewed REAL NOT NULL) WITHOUT ROWID""",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {FORMAT}",
)
_FROM_1: Final = (
    "ALTER TABLE conversations ADD COLUMN parent INTEGER",
    "ALTER TABLE conversations ADD COLUMN fork INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX branches ON conversations (parent) WHERE parent IS NOT NULL",
    _PAYLOADS,
    f"PRAGMA user_version = {FORMAT}",
)
"""What makes a store of format 1 one of today."""

_LIKE_2: Final = """CREATE TEMP VIEW conversations AS
    SELECT key, name, seq, head, NULL AS parent, 0 AS fork FROM main.conversations"""
"""What lets a store of format 1 be read as it is."""


def open_writable(path: Path) -> sqlite3.Connection:
    """A connection that may write; the file and its directories are created where missing.

    Raises sqlite3.Error, or StoreUnavailable for a file that is not ours.
    """
    _make_file(path)
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        if not _is_ours(connection, path):
            _make_tables(connection, path)
        elif _version(connection) < FORMAT:
            _bring_up(connection)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what was removed is not to be found in the file
    except BaseException:
        connection.close()
        raise
    return connection


def open_readonly(path: Path) -> sqlite3.Connection:
    """A connection to a file that this process may not write, for one read.

    Raises sqlite3.Error, or StoreUnavailable for a file that is not ours.
    """
    check_regular(path)
    uri = f"{path.absolute().as_uri()}?mode=ro"
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or log.stat().st_size == 0:
        # Nobody has the store open, or nobody wrote to it, and SQLite cannot make the files beside it that reading in
        # WAL mode takes. The connection serves one read only, for once a writer comes the file is immutable no longer.
        uri += "&immutable=1"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        if not _is_ours(connection, path):
            raise StoreUnavailable(
                f"{path}: an empty file that cannot be written to (no right, or no room); give another path as store"
            )
        if _version(connection) < FORMAT:
            connection.execute(_LIKE_2)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """The file as it is now, for several reads. Rolled back, since after a damaged page it could not be committed."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What is done inside is done whole, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def in_words(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    """What went wrong with the file, and what to do."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return StoreUnavailable(f"{path}: this file is no SQLite database, so no store; give another path as store")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreUnavailable(
            f"{path}: cannot be opened or written ({error}); make the file and its directory writable for this user, "
            "or give another path as store"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreUnavailable(
            f"{path}: another process has been writing for {PATIENCE:g} s; try again when it is done"
        )
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and is_full(path)):
        return StoreUnavailable(f"{path}: the disk is full; make room and go on")
    if code == sqlite3.SQLITE_CORRUPT:
        return StoreUnavailable(
            f"{path}: the database is damaged ({error}); save what is left: sqlite3 {path} .recover"
        )
    if code == sqlite3.SQLITE_IOERR:
        return StoreUnavailable(
            f"{path}: {error}; see that the file and those beside it are still there, and that the disk is sound"
        )
    return StoreUnavailable(f"{path}: {error}")


def _make_file(path: Path) -> None:
    """Make the file, private from its first moment: SQLite gives those beside it the same mode."""
    check_regular(path)
    if path.exists():
        # SQLite takes a file of one byte for an empty one (it once wrote such files itself) and would write over it.
        if path.is_file() and path.stat().st_size == 1:
            raise StoreUnavailable(f"{path}: this file is no SQLite database, so no store; give another path as store")
        return
    try:
        make_parents(path)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        sync_directory(path.parent)
    except FileExistsError:
        pass  # another process was first
    except OSError as error:
        raise unavailable(path, error) from None


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """True for a store, False for a database without anything in it. Raises StoreUnavailable for any other."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = _version(connection)
    if application == APPLICATION:
        if version > FORMAT:
            raise StoreUnavailable(
                f"{path}: written by a newer agentchat (store format {version}, this one knows {FORMAT}); "
                "upgrade agentchat"
            )
        return True
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application or version or tables:
        raise StoreUnavailable(f"{path}: an SQLite database of another program; give another path as store")
    return False


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _bring_up(connection: sqlite3.Connection) -> None:
    """Bring a store of format 1 up to today's, keeping all it holds."""
    with transaction(connection):
        if _version(connection) < FORMAT:  # another process may have been first
            for statement in _FROM_1:
                connection.execute(statement)


def give_back(connection: sqlite3.Connection) -> None:
    """Make the file smaller by what was removed, where no other process is in the way; else the next removal does.

    A store of format 1 cannot shrink piece by piece: it is written anew once half of it is free.
    """
    free, pages, mode = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count", "auto_vacuum")
    )
    try:
        if mode == _INCREMENTAL:
            connection.executescript("PRAGMA incremental_vacuum")  # `execute` would give back one page only
        elif free * 2 > pages:
            connection.execute(f"PRAGMA auto_vacuum = {_INCREMENTAL}")
            connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL):
            raise


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute(f"PRAGMA auto_vacuum = {_INCREMENTAL}")  # before the first table, or never
    with transaction(connection):
        if not _is_ours(connection, path):  # another process may have been first
            for statement in _TABLES:
                connection.execute(statement)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. Where the file system cannot, the rollback journal serves as well, slower."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # The switch does not wait for other connections that are opening the new file, so this does.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.005)
