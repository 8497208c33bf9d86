"""The SQLite file: what it refuses to touch, what it costs, and what a look from outside finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agentchat.errors import DamagedTranscript, StoreUnavailable
from agentchat.stores.sqlite import SqliteStore
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


async def test_durable_settings(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "team.db")
    await store.append("c", Script().grow(1), after=0)
    connection = store._database._connection
    assert connection is not None
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    await store.aclose()


async def test_a_changed_line_is_located(tmp_path: Path) -> None:
    script = Script()
    store = SqliteStore(tmp_path / "team.db")
    await store.append("c", script.grow(10), after=0)
    await store.aclose()
    with closing(sqlite3.connect(tmp_path / "team.db")) as connection:
        changed = script.lines[4].replace(b"hello", b"hullo")
        connection.execute("UPDATE lines SET line = ? WHERE seq = 5", (changed,))
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
