"""The SQLite file of a store: made, recognised or refused, and its errors in words. A foreign file is never changed.

Tables, format 1:
  conversations  an integer key for each id, with the head: place and SHA-256 of the last line
  lines          in the order of arrival, so that commits of many conversations write few pages; the index finds them
  blobs          payloads by SHA-256, shared by all conversations
  leases         who holds a conversation, or held it last

The file must not be opened here by other means than SQLite: closing any handle to it would drop the POSIX locks that
other connections of this process hold (see "How To Corrupt An SQLite Database File", 2.2). Nothing about appending or
reading lines enters here.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from agentchat.errors import StoreUnavailable
from agentchat.stores.places import make_parents, sync_directory, unavailable

APPLICATION: Final = 0x61676368
"""`PRAGMA application_id` of our files: "agch"."""

FORMAT: Final = 1
"""`PRAGMA user_version`: the format of the tables."""

PATIENCE: Final = 10.0
"""Seconds to wait for another process that is writing."""

_TABLES: Final = (
    """CREATE TABLE conversations (
        key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, head BLOB NOT NULL)""",
    """CREATE TABLE lines (
        conversation INTEGER NOT NULL, seq INTEGER NOT NULL, line BLOB NOT NULL, UNIQUE (conversation, seq))""",
    "CREATE TABLE blobs (name TEXT PRIMARY KEY, data BLOB NOT NULL)",
    """CREATE TABLE leases (
        conversation TEXT PRIMARY KEY, owner TEXT, epoch INTEGER NOT NULL, renewed REAL NOT NULL) WITHOUT ROWID""",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {FORMAT}",
)


def open_writable(path: Path) -> sqlite3.Connection:
    """A connection that may write; the file and its directories are created where missing.

    Raises sqlite3.Error, or StoreUnavailable for a file that is not ours.
    """
    _make_file(path)
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        if not _is_ours(connection, path):
            _make_tables(connection, path)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def open_readonly(path: Path) -> sqlite3.Connection:
    """A connection to a file that this process may not write, for one read.

    Raises sqlite3.Error, or StoreUnavailable for a file that is not ours.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    if not path.with_name(f"{path.name}-wal").exists():
        # Nobody has the store open, and SQLite cannot make the files beside it that reading in WAL mode takes. The
        # connection serves one read only, for once a writer comes the file is immutable no longer.
        uri += "&immutable=1"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        if not _is_ours(connection, path):
            raise StoreUnavailable(f"{path}: an empty file that this user may not write; give another path as store")
    except BaseException:
        connection.close()
        raise
    return connection


def in_words(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    """What went wrong with the file, and what to do."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return StoreUnavailable(f"{path}: this file is no SQLite database, so no store; give another path as store")
    if path.is_dir():
        return StoreUnavailable(f"{path}: this is a directory; give the path of a file in it as store")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreUnavailable(
            f"{path}: cannot be opened or written ({error}); make the file and its directory writable for this user, "
            "or give another path as store"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreUnavailable(
            f"{path}: another process has been writing for {PATIENCE:g} s; try again when it is done"
        )
    if code == sqlite3.SQLITE_FULL:
        return StoreUnavailable(f"{path}: the disk is full; make room and go on")
    if code == sqlite3.SQLITE_CORRUPT:
        return StoreUnavailable(
            f"{path}: the database is damaged ({error}); save what is left: sqlite3 {path} .recover"
        )
    return StoreUnavailable(f"{path}: {error}")


def _make_file(path: Path) -> None:
    """Make the file, private from its first moment: SQLite gives those beside it the same mode."""
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
    version = connection.execute("PRAGMA user_version").fetchone()[0]
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


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _is_ours(connection, path):  # another process may have been first
            for statement in _TABLES:
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


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
