"""Which conversations are listed, in which order, and what is told of one that cannot be read."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.catalogue.listing import Listing, listing
from agentchat.catalogue.trees import forest_of
from agentchat.conversation import Conversation
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.seams import Glance, Head, Store
from agentchat.stores.opening import open_store
from agentchat.stores.owners import this_process
from agentchat.stores.sqlite import SqliteStore
from agentchat.transcript.events import Opened, Position
from tests.stores.around import AroundStore
from tests.stores.script import Script

from .teams import Time, asks, chat

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite"])
async def store(anyio_backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made = open_store(None if request.param == "memory" else tmp_path / "team.db")
    yield made
    await made.aclose()


def shape(found: Listing) -> list[tuple[str, int]]:
    return [(row.id, row.depth) for row in found.rows]


async def hold(store: Store, *ids: str) -> Time:
    """Hold conversations, one every hundred seconds."""
    clock = Time()
    for id in ids:
        clock.now += 100
        await chat(store, "one", "two", clock=clock).run(f"the task of {id}", id=id)
    clock.now += 100
    return clock


async def branch(store: Store, source: str, name: str, clock: Time, say: str = "other") -> None:
    clock.now += 100
    await chat(store, "one", "two", "three", "four", clock=clock, turns=1).fork(source, at=7, say=say, name=name)


async def test_an_empty_store(store: Store) -> None:
    assert await listing(store) == Listing([], 0)


async def test_the_newest_first(store: Store) -> None:
    await hold(store, "b", "c", "a")
    found = await listing(store)
    assert shape(found) == [("a", 0), ("c", 0), ("b", 0)]
    row = found.rows[0]
    assert row.summary is not None
    assert (row.words, row.summary.turns, row.damage, row.owner) == ("the task of a", 2, None, None)
    assert row.events == len(await store.read("a"))
    limited = await listing(store, limit=2)
    assert (shape(limited), limited.total) == ([("a", 0), ("c", 0)], 3)


async def test_branches_stand_below_their_parent_which_counts_as_new_as_they_are(store: Store) -> None:
    clock = await hold(store, "a", "b")
    await branch(store, "a", "x", clock)
    await branch(store, "a", "z", clock)
    await branch(store, "a.x", "y", clock)
    assert shape(await listing(store)) == [("a", 0), ("a.z", 1), ("a.x", 1), ("a.y", 2), ("b", 0)]


async def test_what_is_held_inside_stands_below_its_outer_one(store: Store) -> None:
    inner = chat(store, "found", "DONE").as_tool("research")
    boss = Assistant("boss", model=ScriptedModel([asks("research", '{"task":"find it"}'), "DONE"]), tools=[inner])
    await Conversation([boss], until=Mentions("DONE") | MaxTurns(2), store=store).run("go", id="c")
    outer, held = (await listing(store)).rows
    assert (outer.id, outer.depth, held.depth, held.words) == ("c", 0, 1, "find it")
    assert held.origin is not None
    assert held.origin.kind == "inside"


async def test_text_is_looked_for_in_ids_words_and_agents_of_any_case(store: Store) -> None:
    clock = await hold(store, "first", "second")
    await branch(store, "second", "x", clock, say="and a POEM")
    solo = Conversation([Assistant("poet", model=ScriptedModel(["DONE"]))], until=MaxTurns(1), store=store)
    await solo.run("nothing", id="third")
    assert {id for id, _ in shape(await listing(store, text="poem"))} == {"second.x"}
    assert shape(await listing(store, text="poem"))[0] == ("second.x", 0), "its parent is not listed"
    assert {id for id, _ in shape(await listing(store, text="POET"))} == {"third"}
    assert shape(await listing(store, text="of Second")) == [("second", 0), ("second.x", 1)]
    assert {id for id, _ in shape(await listing(store, text="firs"))} == {"first"}
    assert (await listing(store, text="one")) == Listing([], 0), "what was answered is for grep"


async def test_a_long_task_is_looked_at_where_it_is_kept(store: Store) -> None:
    await chat(store, "one", "two").run("needle " + "x" * 100_000, id="c")
    assert shape(await listing(store, text="needle")) == [("c", 0)]


async def test_who_is_at_it(store: Store) -> None:
    await hold(store, "a", "b")
    await store.take("a", this_process("me"))
    assert {row.id: row.owner for row in (await listing(store)).rows} == {"a": this_process("me"), "b": None}


async def test_a_conversation_that_is_removed_while_it_is_listed(store: Store) -> None:
    class Vanishing(AroundStore):
        async def read(self, conversation: str, *, after: int = 0) -> list[bytes]:
            if conversation == "a":
                await store.remove("a")
            return await super().read(conversation, after=after)

    await hold(store, "a", "b")
    rows = (await listing(Vanishing(store))).rows
    assert [(row.id, row.damage) for row in rows] == [("b", None), ("a", "it was removed meanwhile")]


DAMAGES = {
    "a changed line": "UPDATE lines SET line = replace(line, 'the task', 'a task') WHERE conversation = 2 AND seq = 3",
    "a lost line": "DELETE FROM lines WHERE conversation = 2 AND seq = 5",
    "no line at all": "DELETE FROM lines WHERE conversation = 2",
    "no last line": "DELETE FROM lines WHERE conversation = 2 AND seq > 8",
    "noise": "UPDATE lines SET line = x'ff00ff' WHERE conversation = 2",
    "nothing": "UPDATE lines SET line = x'' WHERE conversation = 2",
    "a newer format": """UPDATE lines SET line = replace(line, '{"v":1,', '{"v":99,') WHERE conversation = 2""",
    "an unknown kind": "UPDATE lines SET line = replace(line, 'turn_given', 'turn_lent') WHERE conversation = 2",
    "another charter": """UPDATE lines SET line = replace(line, '"agents":[', '"agents":[7,')
        WHERE conversation = 2 AND seq = 1""",
    "a time that is none": """UPDATE lines SET line = replace(line, '"at":1', '"at":"x') WHERE conversation = 2""",
}


@pytest.mark.parametrize("what", DAMAGES)
async def test_a_damaged_conversation_hides_no_other(what: str, tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    store = SqliteStore(path)
    await hold(store, "a", "b", "c")
    await store.aclose()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(DAMAGES[what]).rowcount > 0
        connection.commit()
    rows = {row.id: row for row in (await listing(store)).rows}
    assert {id for id, row in rows.items() if row.damage is None} == {"a", "c"}
    assert set(rows) == {"a", "b", "c"}
    assert rows["b"].damage
    assert rows["b"].summary is None
    if what == "a changed line":
        assert rows["b"].damage == "line 4: event 4 does not continue the line before it; one was changed"
        assert rows["b"].words == "a task of b"
    assert {id for id, _ in shape(await listing(store, text="task"))} >= {"a", "c"}
    await store.aclose()


def glance(id: str, parent: str | None = None, at: float = 1.5) -> Glance:
    script = Script(id)
    inside = None if parent is None else Position(conversation=parent, seq=1)
    script.add(Opened(conversation=id, charter={}, parent=inside))
    line = script.lines[0].replace(b'"at":1.5', f'"at":{at}'.encode())
    return Glance(Head(id, 1, ""), (line,), line)


def test_conversations_in_a_circle_belong_to_nobody() -> None:
    forest = forest_of([glance("a", "b"), glance("b", "a"), glance("c", "b"), glance("d", "d"), glance("e", "nobody")])
    assert {top.id for top in forest.tops} == {"a", "b", "d", "e"}
    assert [(node.id, depth) for node, depth in forest.tree(forest.nodes["b"])] == [("b", 0), ("c", 1)]


def test_a_long_line_of_conversations_each_inside_the_last() -> None:
    forest = forest_of([glance(f"c{number}", f"c{number - 1}", at=number) for number in range(5000)])
    assert [top.id for top in forest.tops] == ["c0"]
    assert forest.newest(forest.tops[0]) == 4999
    assert [depth for _, depth in forest.tree(forest.tops[0])] == list(range(5000))
