"""What concerns several conversations of the SQLite file at once: branches, looks at all of them, and removal.

Functions over a connection, inside a transaction that the caller holds (see `database`). A branch has lines of its own
only, those behind its fork; what stands before it is read from the conversations it goes on from.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from agentchat.errors import HasBranches
from agentchat.seams import Glance, Head
from agentchat.stores.leases import Record, holder
from agentchat.stores.sqlite_file import WITH_PAYLOAD
from agentchat.transcript.chain import blob_names, digest
from agentchat.transcript.events import Position

_LINES: Final = "SELECT CAST(line AS BLOB) FROM lines WHERE conversation = ? AND seq > ? AND seq <= ? ORDER BY seq"
"""Cast, for somebody who changed a line by hand will have left text."""
_ALL: Final = """
    SELECT one.key, one.name, one.seq, one.head, parent.name, one.fork, held.owner, held.epoch, held.renewed
    FROM conversations AS one LEFT JOIN conversations AS parent ON parent.key = one.parent
    LEFT JOIN leases AS held ON held.conversation = one.name ORDER BY one.name"""


class _Kept(NamedTuple):
    """A row of all that is known of a conversation, but for its lines."""

    key: int
    name: str
    seq: int
    digest: bytes
    parent: str | None
    fork: int
    owner: str | None
    epoch: int | None
    renewed: float | None

    def head(self) -> Head:
        position = None if self.parent is None else Position(conversation=self.parent, seq=self.fork)
        return Head(self.name, self.seq, self.digest.hex(), position)

    def lease(self) -> Record | None:
        return None if self.epoch is None else Record(self.owner, self.epoch, self.renewed or 0.0)


def lines_of(connection: sqlite3.Connection, key: int, last: int, after: int) -> list[bytes]:
    """The lines of a conversation after `after` and up to `last`, as far as they are there."""
    found: list[list[bytes]] = []
    while True:
        row = connection.execute("SELECT parent, fork FROM conversations WHERE key = ?", (key,)).fetchone()
        parent, fork = row or (None, 0)
        found.append([line for (line,) in connection.execute(_LINES, (key, max(after, fork), last))])
        if parent is None or after >= fork or parent >= key:  # a parent was there first; anything else is damage
            return [line for lines in reversed(found) for line in lines]
        key, last = parent, min(fork, last)


def begin(connection: sqlite3.Connection, conversation: str) -> int:
    """Make a conversation without any line; answer its key."""
    cursor = connection.execute("INSERT INTO conversations (name, seq, head) VALUES (?, 0, x'')", (conversation,))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def begin_branch(
    connection: sqlite3.Connection,
    conversation: str,
    lines: Sequence[bytes],
    parent: int,
    fork: int,
    blobs: Mapping[str, bytes] | None,
) -> None:
    """Make a branch: `parent` is the key of the conversation that it goes on from behind entry `fork`."""
    key = begin(connection, conversation)
    if blobs:
        connection.executemany("INSERT OR IGNORE INTO blobs VALUES (?, ?)", blobs.items())
    places = enumerate(lines, fork + 1)
    connection.executemany("INSERT INTO lines VALUES (?, ?, ?)", [(key, seq, line) for seq, line in places])
    connection.execute(
        "UPDATE conversations SET seq = ?, head = ?, parent = ?, fork = ? WHERE key = ?",
        (fork + len(lines), bytes.fromhex(digest(lines[-1])), parent, fork, key),
    )


def check_no_branches(connection: sqlite3.Connection, conversation: str, key: int) -> None:
    """Raise HasBranches where others go on from it."""
    rows = connection.execute("SELECT name FROM conversations WHERE parent = ? ORDER BY name", (key,))
    names = [name for (name,) in rows]
    if names:
        raise HasBranches(conversation, names)


def remove(connection: sqlite3.Connection, conversation: str, key: int) -> None:
    """Remove a conversation's lines, and the payloads that no other line refers to."""
    held = _payloads(connection, "conversation = ?", (key,))
    connection.execute("DELETE FROM lines WHERE conversation = ?", (key,))
    connection.execute("DELETE FROM conversations WHERE key = ?", (key,))
    connection.execute("DELETE FROM leases WHERE conversation = ?", (conversation,))
    if held:
        lost = held - _payloads(connection, "true", ())
        connection.executemany("DELETE FROM blobs WHERE name = ?", [(name,) for name in lost])


def _payloads(connection: sqlite3.Connection, which: str, values: tuple[int, ...]) -> set[str]:
    rows = connection.execute(f"SELECT CAST(line AS BLOB) FROM lines WHERE {which} AND {WITH_PAYLOAD}", values)
    return {name for (line,) in rows for name in blob_names(line)}


def heads(connection: sqlite3.Connection) -> list[Head]:
    """The head of every conversation, in order of their ids."""
    return [_Kept(*row).head() for row in connection.execute(_ALL)]


def glances(connection: sqlite3.Connection, first: int, now: float) -> list[Glance]:
    """A look at every conversation, in order of their ids. Lines that cannot be read are left out."""
    found = []
    for one in [_Kept(*row) for row in connection.execute(_ALL)]:
        beginning = _readable(connection, one.key, one.fork, one.fork + first)
        end = _readable(connection, one.key, one.seq - 1, one.seq)
        found.append(Glance(one.head(), tuple(beginning), end[0] if end else None, holder(one.lease(), now)))
    return found


def _readable(connection: sqlite3.Connection, key: int, after: int, last: int) -> list[bytes]:
    """Lines of its own; none where the file is damaged there, which must not hide the other conversations."""
    try:
        return [line for (line,) in connection.execute(_LINES, (key, after, last))]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        return []
