"""Which conversations go, in which order, and which stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.catalogue.removing import Removal, aged, named, remove
from agentchat.catalogue.trees import Forest, forest_of
from agentchat.conversation import Conversation
from agentchat.errors import Conflict, HasBranches, LeaseHeld, NoSuchConversation
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.seams import Store
from agentchat.stores.opening import open_store
from agentchat.stores.owners import this_process

from .teams import Time, asks, chat

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite"])
async def store(anyio_backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made = open_store(None if request.param == "memory" else tmp_path / "team.db")
    yield made
    await made.aclose()


async def forest(store: Store) -> Forest:
    return forest_of(await store.glances())


async def fill(store: Store) -> Time:
    """Two conversations, a hundred seconds apart; "a" has the branches "a.x" and, on that one, "a.y"."""
    clock = Time()
    for id in ("a", "b"):
        clock.now += 100
        await chat(store, "one", "two", clock=clock).run("go", id=id)
    for source, name in (("a", "x"), ("a.x", "y")):
        clock.now += 100
        await chat(store, "one", "two", "three", clock=clock, turns=1).fork(source, at=7, say="other", name=name)
    return clock


async def hold_inside(store: Store) -> str:
    inner = chat(store, "found", "DONE").as_tool("research")
    boss = Assistant("boss", model=ScriptedModel([asks("research", '{"task":"find it"}'), "DONE"]), tools=[inner])
    await Conversation([boss], until=Mentions("DONE") | MaxTurns(2), store=store).run("go", id="c")
    return next(head.conversation for head in await store.heads() if head.conversation.startswith("c."))


def ids(removal: Removal) -> list[str]:
    return [node.id for node in removal.nodes]


async def left(store: Store) -> list[str]:
    return [head.conversation for head in await store.heads()]


async def test_what_belongs_to_it_goes_first(store: Store) -> None:
    await fill(store)
    (removal,) = named(await forest(store), ["a"], with_branches=True)
    assert ids(removal) == ["a.y", "a.x", "a"]
    assert await remove(store, removal) is None
    assert await left(store) == ["b"]


async def test_a_parent_is_not_removed_without_its_branches(store: Store) -> None:
    await fill(store)
    found = await forest(store)
    for wanted in (["a"], ["a", "a.x"], ["a", "a.y"], ["b", "a.x"]):
        with pytest.raises(HasBranches) as caught:
            named(found, wanted, with_branches=False)
        assert caught.value.conversation in ("a", "a.x")
    assert await left(store) == ["a", "a.x", "a.y", "b"]
    (removal,) = named(found, ["a", "a.y", "a.x", "a"], with_branches=False)
    assert ids(removal) == ["a.y", "a.x", "a"], "all of them were named"
    assert [ids(one) for one in named(found, ["b", "a.y"], with_branches=False)] == [["b"], ["a.y"]]


async def test_what_is_held_inside_goes_along(store: Store) -> None:
    inside = await hold_inside(store)
    found = await forest(store)
    (removal,) = named(found, ["c"], with_branches=False)
    assert ids(removal) == [inside, "c"]
    assert [ids(one) for one in named(found, [inside], with_branches=False)] == [[inside]]
    assert await remove(store, removal) is None
    assert await left(store) == []


async def test_a_branch_of_what_is_held_inside_is_in_the_way_too(store: Store) -> None:
    inside = await hold_inside(store)
    await chat(store, "found", "DONE", "three").fork(inside, at=5, say="other", name="x")
    with pytest.raises(HasBranches, match=inside):
        named(await forest(store), ["c"], with_branches=False)
    (removal,) = named(await forest(store), ["c"], with_branches=True)
    assert len(removal.nodes) == 3


async def test_what_is_not_there_or_held_is_refused_before_anything_is_removed(store: Store) -> None:
    await fill(store)
    with pytest.raises(NoSuchConversation, match="'nobody'"):
        named(await forest(store), ["b", "nobody"], with_branches=True)
    await store.take("a.y", this_process("me"))
    with pytest.raises(LeaseHeld, match=r"'a\.y'"):
        named(await forest(store), ["b", "a"], with_branches=True)
    assert await left(store) == ["a", "a.x", "a.y", "b"]


async def test_a_conversation_is_as_old_as_the_newest_that_belongs_to_it(store: Store) -> None:
    clock = await fill(store)
    found = await forest(store)
    assert aged(found, before=clock.now - 1000).removals == []
    assert [ids(one) for one in aged(found, before=clock.now - 150).removals] == [["b"]]
    assert [ids(one) for one in aged(found, before=clock.now + 1).removals] == [["a.y", "a.x", "a"], ["b"]]


async def test_the_newest_stay_in_any_case(store: Store) -> None:
    clock = await fill(store)
    found = await forest(store)
    assert [ids(one) for one in aged(found, before=clock.now + 1, keep=1).removals] == [["b"]]
    assert [ids(one) for one in aged(found, before=None, keep=1).removals] == [["b"]]
    assert aged(found, before=None, keep=2).removals == []
    assert aged(found, before=clock.now - 1000, keep=0).removals == []


async def test_an_old_one_that_is_held_stays(store: Store) -> None:
    clock = await fill(store)
    await store.take("a.x", this_process("me"))
    plan = aged(await forest(store), before=clock.now + 1)
    assert [ids(one) for one in plan.removals] == [["b"]]
    assert [(one.node.id, one.owner) for one in plan.held] == [("a", ("a.x", this_process("me")))]


async def test_what_changed_since_it_was_seen_stays(store: Store) -> None:
    await fill(store)
    found = await forest(store)
    removals = {id: named(found, [id], with_branches=True)[0] for id in ("a", "b", "a.y")}
    await chat(store, "one", "two", "three").resume("b", say="more")
    assert isinstance(await remove(store, removals["b"]), Conflict)
    await store.take("a.y", this_process("me"))
    assert isinstance(await remove(store, removals["a.y"]), LeaseHeld)
    await chat(store, "one", "two", "three", "four", turns=1).fork("a.x", at=7, say="more", name="z")
    found = await forest(store)
    assert set(await left(store)) == {"a", "a.x", "a.y", "a.z", "b"}
    await store.remove("b")
    assert await remove(store, removals["b"]) is None, "somebody else was first"
