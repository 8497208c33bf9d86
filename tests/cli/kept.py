"""A store with conversations of every sort, for the commands that list, search and remove."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import anyio

from agentchat.seams import Lease
from agentchat.stores.owners import this_process
from agentchat.stores.sqlite import SqliteStore
from tests.catalogue.teams import PricedModel, Time, chat, paid

HOSTILE = "Clear \x1b[2J the\tscreen \x1b]52;c;aGk=\x07 [bold]now[/bold] \u202eevil"
DAY = 86400.0


def fill(path: Path, now: float) -> None:
    """Four conversations: "poem" with a branch, done yesterday; "hostile", 40 days old; "bad", damaged, older still."""

    async def work() -> None:
        store, clock = SqliteStore(path), Time()
        clock.now = now - 50 * DAY
        await chat(store, "one", "two", clock=clock).run("will be damaged", id="bad")
        clock.now = now - 40 * DAY
        await chat(store, HOSTILE, "DONE", clock=clock).run(HOSTILE, id="hostile")
        clock.now = now - 2 * DAY
        replies = [paid("Roses are red,\nships are blue"), paid("Lovely. DONE"), paid("Kurz. DONE")]
        team = chat(store, *replies, clock=clock, model=PricedModel, turns=9)
        await team.run("Write a poem about ships", id="poem")
        clock.now = now - DAY
        await team.fork("poem", at=7, say="make it shorter", name="short")
        await store.aclose()

    anyio.run(work)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            """UPDATE lines SET line = replace(line, 'will be', 'was be') WHERE seq = 3 AND conversation =
            (SELECT key FROM conversations WHERE name = 'bad')"""
        )
        connection.commit()


@contextmanager
def held(path: Path, id: str) -> Iterator[None]:
    """A conversation that a living process is at: this one."""

    async def take() -> Lease:
        store = SqliteStore(path)
        lease = await store.take(id, this_process("test"))
        await store.aclose()
        return lease

    async def release(lease: Lease) -> None:
        store = SqliteStore(path)
        await store.release(lease)
        await store.aclose()

    lease = anyio.run(take)
    try:
        yield
    finally:
        anyio.run(release, lease)
