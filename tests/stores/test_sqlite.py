"""The SQLite file: what it refuses to touch, what it costs, and what a look from outside finds."""

from __future__ import annotations

import gc
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import anyio
import pytest

from agentchat.errors import DamagedTranscript, StoreUnavailable
from agentchat.stores.database import Append, Database
from agentchat.stores.reading import load
from agentchat.stores.sqlite import SqliteStore
from agentchat.stores.sqlite_branches import glances, heads, lines_of
from agentchat.stores.sqlite_file import open_readonly
from agentchat.transcript.chain import BLOB_LIMIT, digest
from agentchat.transcript.events import Position
from agentchat.transcript.transcript import Transcript

from .script import Script, names_in

pytestmark = pytest.mark.anyio


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (x)")
        connection.execute("INSERT INTO mine VALUES (1)")
        connection.commit()


def marked_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 7")


def versioned_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")


FOREIGN: dict[str, tuple[Callable[[Path], object], str]] = {
    "one letter": (lambda path: path.write_bytes(b"x"), "no SQLite database"),
    "a text": (lambda path: path.write_text("Dear diary,\n" * 100), "no SQLite database"),
    "a transcript": (lambda path: path.write_bytes(b"\n".join(Script().grow(30))), "no SQLite database"),
    "noise": (lambda path: path.write_bytes(bytes(range(256)) * 64), "no SQLite database"),
    "another program's": (foreign_database, "another program"),
    "an application's": (marked_database, "another program"),
    "somebody's version": (versioned_database, "another program"),
}


@pytest.mark.parametrize("what", FOREIGN)
async def test_a_foreign_file_is_refused_and_left_alone(what: str, tmp_path: Path) -> None:
    make, why = FOREIGN[what]
    path = tmp_path / "team.db"
    make(path)
    before = path.read_bytes()
    store = SqliteStore(path)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=rf"team\.db.*{why}.*give another path"):
            await store.append("c", Script().grow(1), after=0)
        with pytest.raises(StoreUnavailable, match=why):
            await store.heads()
        with pytest.raises(StoreUnavailable, match=why):
            await store.take("c", "owner")
    await store.aclose()
    assert path.read_bytes() == before
    assert names_in(tmp_path) == ["team.db"]


async def test_a_newer_format(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    store = SqliteStore(path)
    await store.append("c", Script().grow(1), after=0)
    await store.aclose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnavailable, match=r"newer agentchat \(store format 99, .*upgrade agentchat"):
        await store.read("c")
    await store.aclose()


async def test_an_empty_file_and_an_empty_database_become_stores(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with closing(sqlite3.connect(tmp_path / "database")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    for name in ("empty", "database"):
        store = SqliteStore(tmp_path / name)
        assert await store.heads() == []
        await store.append("c", Script().grow(1), after=0)
        await store.aclose()


async def test_a_directory(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    with pytest.raises(StoreUnavailable, match="this is a directory"):
        await store.heads()
    store = SqliteStore(tmp_path / "file" / "team.db")
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="give another path"):
        await store.append("c", Script().grow(1), after=0)


@pytest.mark.parametrize("place", ["/dev/null", "/dev/full", "pipe"])
async def test_what_is_no_file(tmp_path: Path, place: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    store = SqliteStore(tmp_path / place)
    with pytest.raises(StoreUnavailable, match="no regular file; give another path"):
        await store.heads()
    with pytest.raises(StoreUnavailable, match="no regular file; give another path"):
        await store.append("c", Script().grow(1), after=0)


async def test_a_path_with_every_kind_of_letter(tmp_path: Path) -> None:
    path = tmp_path / "file:50% of a?b#c ä.db"
    store = SqliteStore(path)
    await store.append("c", Script().grow(1), after=0)
    await store.aclose()
    assert names_in(tmp_path) == [path.name]


async def test_closed_it_is_one_small_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "team.db")
    line = b"x" * 300
    for after in range(0, 3200, 4):
        await store.append("c", [line] * 4, after=after)
    await store.aclose()
    assert names_in(tmp_path) == ["team.db"]
    assert (tmp_path / "team.db").stat().st_size < 1_300_000


def test_forgotten_it_closes_itself(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db", time.time)
    database.append([Append("c", Script().grow(1), 0, None)])
    connection = database._connection
    assert connection is not None
    del database
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


async def test_durable_settings(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "team.db")
    await store.append("c", Script().grow(1), after=0)
    connection = store._database._connection
    assert connection is not None
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    await store.aclose()


@pytest.mark.parametrize("kind", [bytes, bytes.decode], ids=["bytes", "text, as the sqlite3 shell leaves it"])
async def test_a_changed_line_is_located(tmp_path: Path, kind: Callable[[bytes], object]) -> None:
    script = Script()
    store = SqliteStore(tmp_path / "team.db")
    await store.append("c", script.grow(10), after=0)
    await store.aclose()
    with closing(sqlite3.connect(tmp_path / "team.db")) as connection:
        changed = script.lines[4].replace(b"hello", b"hullo")
        connection.execute("UPDATE lines SET line = ? WHERE seq = 5", (kind(changed),))
        connection.commit()
    with pytest.raises(DamagedTranscript) as caught:
        Transcript.from_lines(await store.read("c"))
    assert caught.value.line == 6, "the one that no longer continues the line before"
    await store.aclose()


async def test_a_missing_line_is_noticed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "team.db")
    await store.append("c", Script().grow(10), after=0)
    await store.aclose()
    with closing(sqlite3.connect(tmp_path / "team.db")) as connection:
        connection.execute("DELETE FROM lines WHERE seq = 10")
        connection.commit()
    with pytest.raises(DamagedTranscript, match="should have 10 entries after 0, but 9 are there"):
        await store.read("c")
    await store.aclose()


async def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    store = SqliteStore(path)
    await store.append("c", Script().grow(100), after=0)
    await store.aclose()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(StoreUnavailable, match=r"damaged.*\.recover"):
        await store.read("c")
    await store.aclose()


# format 1


def format_1(path: Path, scripts: list[Script]) -> None:
    """A store as it was written before there were branches."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in (
            """CREATE TABLE conversations (
                key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, head BLOB NOT NULL)""",
            """CREATE TABLE lines (
                conversation INTEGER NOT NULL, seq INTEGER NOT NULL, line BLOB NOT NULL, UNIQUE (conversation, seq))""",
            "CREATE TABLE blobs (name TEXT PRIMARY KEY, data BLOB NOT NULL)",
            """CREATE TABLE leases (
                conversation TEXT PRIMARY KEY, owner TEXT, epoch INTEGER NOT NULL, renewed REAL NOT NULL)
                WITHOUT ROWID""",
            f"PRAGMA application_id = {0x61676368}",
            "PRAGMA user_version = 1",
            "PRAGMA journal_mode = WAL",
        ):
            connection.execute(statement)
        for key, script in enumerate(scripts, 1):
            head = bytes.fromhex(digest(script.lines[-1]))
            connection.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?)", (key, script.conversation, len(script.lines), head)
            )
            for seq, line in enumerate(script.lines, 1):
                connection.execute("INSERT INTO lines VALUES (?, ?, ?)", (key, seq, line))
            for blob in script.blobs.items():
                connection.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", blob)
            connection.execute("INSERT INTO leases VALUES (?, NULL, 7, 0)", (script.conversation,))
        connection.commit()


def two_conversations() -> list[Script]:
    scripts = [Script("c"), Script("d")]
    for script in scripts:
        script.grow(3, "x" * (BLOB_LIMIT + 1))
    return scripts


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


async def test_a_store_of_format_1_is_brought_up_when_it_is_opened(tmp_path: Path) -> None:
    path, (one, two) = tmp_path / "team.db", two_conversations()
    format_1(path, [one, two])
    store = SqliteStore(path)
    assert await store.read("c") == one.lines
    assert [(head.conversation, head.seq, head.parent) for head in await store.heads()] == [
        ("c", 3, None),
        ("d", 3, None),
    ]
    assert version_of(path) == 2
    branch = one.fork("c.b", 2)
    await branch.begin_in(store)
    assert await store.read("c.b") == branch.lines
    await store.append("d", two.grow(1), after=3)
    assert (await store.take("d", "another-host:1:1")).epoch == 8
    (shared,) = one.blobs
    await store.remove("c.b")
    await store.remove("c")
    assert await store.get_blob(shared) == b"x" * (BLOB_LIMIT + 1), "the other one still refers to it"
    await store.aclose()
    again = SqliteStore(path)
    assert await again.read("d") == two.lines
    await again.aclose()


async def test_a_store_of_format_1_can_be_read_by_who_may_not_write_it(tmp_path: Path) -> None:
    path, scripts = tmp_path / "team.db", two_conversations()
    format_1(path, scripts)
    before = path.read_bytes()
    connection = open_readonly(path)
    with closing(connection):
        assert [head.conversation for head in heads(connection)] == ["c", "d"]
        assert lines_of(connection, 2, 3, 1) == scripts[1].lines[1:]
        assert [glance.last for glance in glances(connection, 1, 0.0)] == [script.lines[-1] for script in scripts]
    assert path.read_bytes() == before


async def test_two_who_bring_up_a_store_at_once(tmp_path: Path) -> None:
    path, scripts = tmp_path / "team.db", two_conversations()
    format_1(path, scripts)
    found = []

    async def look() -> None:
        store = SqliteStore(path)
        found.append(await store.read("d"))
        await store.aclose()

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(look)
    assert found == [scripts[1].lines] * 4


async def test_a_store_of_format_1_is_written_anew_once_half_of_it_is_free(tmp_path: Path) -> None:
    path, scripts = tmp_path / "team.db", [Script("c"), Script("d")]
    for script, count in zip(scripts, (10, 2000), strict=True):
        script.grow(count, "x" * 500)
    format_1(path, scripts)
    store = SqliteStore(path)
    await store.remove("d")
    assert await store.read("c") == scripts[0].lines
    await store.aclose()
    assert path.stat().st_size < 100_000


# branches and removal


def work_of(connection: sqlite3.Connection) -> Callable[[], int]:
    """Count the steps of SQLite's machine from now on: a measure of work without a clock."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    connection.set_progress_handler(step, 1)
    return lambda: steps[0]


class Cost(NamedTuple):
    """What an act took: rows changed, what kind of statements, and steps of SQLite's machine."""

    rows: int
    statements: list[str]
    steps: int


async def cost_of(store: SqliteStore, act: Callable[[], Awaitable[None]]) -> Cost:
    connection = store._database._connection
    assert connection is not None
    told: list[str] = []
    connection.set_trace_callback(told.append)
    rows, steps = connection.total_changes, work_of(connection)
    await act()
    connection.set_trace_callback(None)
    return Cost(connection.total_changes - rows, [one.split()[0] for one in told], steps())


async def test_a_fork_does_the_same_work_at_any_length(tmp_path: Path) -> None:
    costs = []
    for length in (100, 10_000):
        store = SqliteStore(tmp_path / f"{length}.db")
        parent = Script()
        await store.append("c", parent.grow(length), after=0)
        await parent.fork("c.b").begin_in(store)  # the first prepares the statements
        costs.append(await cost_of(store, partial(parent.fork("c.d").begin_in, store)))
        await store.aclose()
    short, long = costs
    assert (short.rows, long.rows) == (3, 3), "a conversation is made and given its head, and one line is written"
    assert short.statements == long.statements
    assert short.statements.count("COMMIT") == 1
    assert abs(long.steps - short.steps) <= 20, "but for what the larger index takes"


async def test_a_thousand_forks_of_a_long_conversation_take_less_than_a_megabyte(tmp_path: Path) -> None:
    path, parent = tmp_path / "team.db", Script()
    store = SqliteStore(path)
    await store.append("c", parent.grow(10_000, "x" * 200), after=0)
    await store.aclose()
    before, forked = path.stat().st_size, parent.fork("c.b", 9_000)
    for number in range(1000):
        name = f"c.{number:x}"
        line = forked.own[0].replace(b'"branch":"c.b"', f'"branch":"{name}"'.encode())
        await store.fork(name, [line], parent=Position(conversation="c", seq=9_000))
    assert len(await store.heads()) == 1001
    assert len(await store.read("c.3e7")) == 9_001
    await store.aclose()
    assert path.stat().st_size - before < 1_000_000


async def test_what_was_removed_is_not_to_be_found_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    store, kept, gone = SqliteStore(path), Script("kept"), Script("gone")
    for count in range(20):
        await store.append("kept", kept.grow(2, "kept"), after=2 * count)
        secret = "small secret" if count % 2 else "large secret" + "x" * BLOB_LIMIT
        await store.append("gone", gone.grow(2, secret), after=2 * count, blobs=gone.blobs)
    await store.remove("gone")
    await store.aclose()
    assert names_in(tmp_path) == ["team.db"]
    assert b"secret" not in path.read_bytes()
    assert await store.read("kept") == kept.lines
    await store.aclose()


async def test_the_room_of_what_was_removed_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    store, small, large = SqliteStore(path), Script("small"), Script("large")
    await store.append("large", large.grow(3000, "x" * 500), after=0)
    await store.append("small", small.grow(10), after=0)
    await store.remove("large")
    assert await store.read("small") == small.lines
    await store.aclose()
    assert path.stat().st_size < 100_000


async def test_a_reader_in_the_middle_of_a_transaction_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    store, script = SqliteStore(path), Script("c")
    await store.append("c", script.grow(2000, "x" * 500), after=0)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM lines").fetchone()
        await store.remove("c")
        assert reader.execute("SELECT count(*) FROM lines").fetchone() == (2000,)
        reader.execute("COMMIT")
        assert reader.execute("SELECT count(*) FROM lines").fetchone() == (0,)
    await store.aclose()


async def test_parents_in_a_circle_are_damage(tmp_path: Path) -> None:
    path, script = tmp_path / "team.db", Script()
    store = SqliteStore(path)
    await store.append("c", script.grow(6), after=0)
    for name in ("c.x", "c.y"):
        await script.fork(name, 3).begin_in(store)
    await store.aclose()
    for change in ("parent = 5 - key", "parent = 99", "fork = 5"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"UPDATE conversations SET {change} WHERE key > 1")
            connection.commit()
        with pytest.raises(DamagedTranscript, match=r"'c\.x' should have 4 entries"):
            await store.read("c.x")
        assert await store.read("c") == script.lines
        await store.aclose()


async def test_a_damaged_page_hides_no_other_conversation(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    store, scripts = SqliteStore(path), [Script("a"), Script("b"), Script("c")]
    for script in scripts:
        await store.append(script.conversation, script.grow(50, "x" * 900), after=0)
    await store.aclose()
    data = path.read_bytes()
    page = data.index(scripts[1].lines[-1]) // 4096 * 4096
    path.write_bytes(data[:page] + b"\xff" * 4096 + data[page + 4096 :])
    glances = {glance.head.conversation: glance for glance in await store.glances()}
    assert glances["a"].last == scripts[0].lines[-1]
    assert glances["b"].last is None
    with pytest.raises(StoreUnavailable, match="damaged"):
        await store.read("b")
    assert await store.read("a") == scripts[0].lines
    await store.aclose()


async def test_a_payload_that_is_missing(tmp_path: Path) -> None:
    path, script = tmp_path / "team.db", Script()
    store = SqliteStore(path)
    await store.append("c", script.grow(2, "x" * BLOB_LIMIT + "x"), after=0, blobs=script.blobs)
    await store.aclose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM blobs")
        connection.commit()
    with pytest.raises(DamagedTranscript, match=r"event 2: the payload [0-9a-f]{12} is missing"):
        await load(store, "c")
    await store.aclose()
