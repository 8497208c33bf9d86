"""What every store does alike with branches, with the end of conversations, and when all of them are looked at."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agentchat.errors import (
    BadName,
    Conflict,
    ConversationExists,
    HasBranches,
    LeaseHeld,
    NoSuchConversation,
    NoSuchEvent,
)
from agentchat.seams import Glance, Head, Store
from agentchat.stores.owners import this_process
from agentchat.transcript.chain import BLOB_LIMIT, digest
from agentchat.transcript.events import Opened, Position
from agentchat.transcript.transcript import Transcript

from .script import Script, Wall, make_store, names_in

pytestmark = pytest.mark.anyio
LARGE = "é" * BLOB_LIMIT


async def parent_in(store: Store, count: int = 6, text: str = "hello") -> Script:
    script = Script()
    await store.append("c", script.grow(count, text), after=0, blobs=script.blobs)
    return script


# forks


@pytest.mark.parametrize("at", [1, 3, 6])
async def test_a_branch_is_the_parents_lines_and_its_own(store: Store, at: int) -> None:
    parent = await parent_in(store)
    branch = parent.fork("c.b", at)
    await branch.begin_in(store)
    there = store.beside("c.b")
    await there.append("c.b", branch.grow(3, "mine"), after=at + 1)
    assert await there.read("c.b") == branch.lines
    for after in (-1, 0, 1, at - 1, at, at + 1, at + 3, at + 4, 99):
        assert await there.read("c.b", after=after) == branch.lines[max(0, after) :], after
    assert Transcript.from_lines(await there.read("c.b")).conversation == "c.b"
    assert await store.read("c") == parent.lines


async def test_the_parent_goes_on_and_the_branch_does_not_see_it(store: Store) -> None:
    parent = await parent_in(store, 3)
    branch = parent.fork("c.b", 3)
    await branch.begin_in(store)
    there = store.beside("c.b")
    await store.append("c", parent.grow(2, "of the parent"), after=3)
    await there.append("c.b", branch.grow(2, "of the branch"), after=4)
    assert await store.read("c") == parent.lines
    assert await there.read("c.b") == branch.lines
    with pytest.raises(Conflict) as caught:
        await there.append("c.b", branch.grow(1), after=5)
    assert (caught.value.expected, caught.value.actual) == (5, 6)


async def test_a_branch_of_a_branch(store: Store) -> None:
    parent = await parent_in(store)
    one = parent.fork("c.x", 4)
    one.grow(3, "one")
    await one.begin_in(store)
    before = store.beside("c.x")
    two = one.fork("c.x.y", 7)
    two.grow(2, "two")
    await two.begin_in(before)
    assert await before.beside("c.x.y").read("c.x.y") == two.lines
    for after in range(10):
        assert await before.beside("c.x.y").read("c.x.y", after=after) == two.lines[after:]


@pytest.mark.parametrize("at", [1, 2, 4])
async def test_a_branch_of_what_a_branch_has_from_its_parent(store: Store, at: int) -> None:
    parent = await parent_in(store)
    one = parent.fork("c.x", 4)
    one.grow(3, "one")
    await one.begin_in(store)
    two = one.fork("c.x.y", at)
    two.grow(2, "two")
    await two.begin_in(store.beside("c.x"))
    assert await store.beside("c.x").beside("c.x.y").read("c.x.y") == two.lines


async def test_a_long_line_of_branches(many: str, tmp_path: Path) -> None:
    store = make_store(many, tmp_path)
    script = await parent_in(store, 1)
    for number in range(1200):
        script = script.fork(f"b{number}")
        await script.begin_in(store)
    assert await store.read("b1199") == script.lines
    assert len(script.lines) == 1201
    await store.aclose()


async def test_heads_of_branches(store: Store) -> None:
    parent = await parent_in(store)
    branch = parent.fork("c.b", 4)
    branch.grow(1)
    await branch.begin_in(store)
    (head,) = [head for head in await store.beside("c.b").heads() if head.conversation == "c.b"]
    # a file is whole by itself, so nothing of the branch is kept elsewhere
    where = None if head.parent is None else Position(conversation="c", seq=4)
    assert head == Head("c.b", 6, digest(branch.lines[-1]), where)
    assert Head("c", 6, digest(parent.lines[-1])) in await store.heads()


async def test_the_lease_of_a_branch_is_its_own(store: Store) -> None:
    parent = await parent_in(store, 4)
    await store.take("c", this_process("a"))
    branch = parent.fork("c.b", 2)
    await branch.begin_in(store)
    there = store.beside("c.b")
    lease = await there.take("c.b", this_process("b"))
    assert lease.epoch == 1
    assert await there.renew(lease) == 3
    await there.append("c.b", branch.grow(2), after=3)
    assert await there.renew(lease) == 5


async def test_payloads_of_a_branch_and_of_its_parent(store: Store) -> None:
    parent = await parent_in(store, 2, LARGE)
    branch = parent.fork("c.b", 2)
    branch.grow(1, LARGE + "!")
    await branch.begin_in(store)
    there = store.beside("c.b")
    assert await there.read("c.b") == branch.lines
    assert len(branch.blobs) == 2
    for name, data in branch.blobs.items():
        assert await there.get_blob(name) == data


@pytest.mark.parametrize("at", [-1, 0, 7])
async def test_a_position_that_is_not_there(store: Store, at: int) -> None:
    parent = await parent_in(store)
    lines = parent.fork("c.b", 3).own
    with pytest.raises(NoSuchEvent, match=f"'c' has events 1 to 6; there is no event {at}"):
        await store.fork("c.b", lines, parent=Position(conversation="c", seq=at))
    assert await store.beside("c.b").heads() in ([], await store.heads())


async def test_names_that_are_taken_unknown_or_bad(store: Store) -> None:
    parent = await parent_in(store)
    branch = parent.fork("c.b", 3)
    await branch.begin_in(store)
    with pytest.raises(ConversationExists, match="use another name"):
        await parent.fork("c.b", 4).begin_in(store)
    assert await store.beside("c.b").read("c.b") == branch.lines
    with pytest.raises(NoSuchConversation, match="nobody"):
        await store.fork("c.d", parent.fork("c.d").own, parent=Position(conversation="nobody", seq=1))
    for name, of in (("../x", "c"), ("c.d", "../c")):
        with pytest.raises(BadName):
            await store.fork(name, parent.fork("c.d").own, parent=Position(conversation=of, seq=1))
    with pytest.raises(ValueError, match="Forked"):
        await store.fork("c.d", [], parent=Position(conversation="c", seq=1))


async def test_nobody_forks_what_is_not_there_yet(store: Store) -> None:
    script = Script()
    script.grow(1)
    with pytest.raises(NoSuchConversation):
        await script.fork("c.b").begin_in(store)
    assert await store.heads() == []


async def test_a_fork_in_a_cancelled_scope_is_not_begun(durable: str, tmp_path: Path) -> None:
    store = make_store(durable, tmp_path)
    parent = await parent_in(store)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await parent.fork("c.b").begin_in(store)
    assert scope.cancelled_caught
    with pytest.raises(NoSuchConversation):
        await store.beside("c.b").read("c.b")
    await store.aclose()


async def test_tasks_that_fork_under_one_name(store: Store) -> None:
    parent = await parent_in(store)
    won, lost = [], []

    async def fork(at: int) -> None:
        branch = parent.fork("c.b", at)
        branch.grow(2, "x" * 20_000 * at)
        try:
            await branch.begin_in(store)
            won.append(branch)
        except ConversationExists:
            lost.append(at)

    async with anyio.create_task_group() as tasks:
        for at in range(1, 7):
            tasks.start_soon(fork, at)
    assert (len(won), len(lost)) == (1, 5)
    assert await store.beside("c.b").read("c.b") == won[0].lines


# removal


async def test_what_is_removed_is_gone_and_its_name_is_free(store: Store, tmp_path: Path) -> None:
    await parent_in(store)
    lease = await store.take("c", this_process("a"))
    await store.release(lease)
    await store.remove("c")
    assert await store.heads() == []
    assert await store.glances() == []
    with pytest.raises(NoSuchConversation):
        await store.read("c")
    with pytest.raises(NoSuchConversation):
        await store.remove("c")
    assert not [name for name in names_in(tmp_path) if name.startswith("run")]
    again = await parent_in(store, 2, "again")
    assert await store.read("c") == again.lines
    assert (await store.take("c", this_process("a"))).epoch == 1


@pytest.mark.parametrize("name", ["nobody", "c.b"])
async def test_what_is_not_there_cannot_be_removed(store: Store, name: str) -> None:
    with pytest.raises(NoSuchConversation, match=name):
        await store.remove(name)
    await parent_in(store)
    with pytest.raises(NoSuchConversation, match=name):
        await store.remove(name)
    with pytest.raises(BadName):
        await store.remove("../c")


async def test_a_conversation_that_is_held_stays(anyio_backend: str, kind: str, tmp_path: Path) -> None:
    wall = Wall()
    store = make_store(kind, tmp_path, wall)
    parent = await parent_in(store)
    lease = await store.take("c", this_process("a"))
    with pytest.raises(LeaseHeld, match="is being run by"):
        await store.remove("c")
    assert await store.read("c") == parent.lines
    await store.release(lease)
    await store.take("c", "another-host:1:1")
    with pytest.raises(LeaseHeld):
        await store.remove("c")
    wall.now += 60
    await store.remove("c")
    assert await store.heads() == []
    await store.aclose()


async def test_only_while_the_head_is_where_it_was_seen(store: Store) -> None:
    parent = await parent_in(store, 3)
    await store.append("c", parent.grow(1), after=3)
    with pytest.raises(Conflict) as caught:
        await store.remove("c", after=3)
    assert (caught.value.expected, caught.value.actual) == (3, 4)
    assert await store.read("c") == parent.lines
    await store.remove("c", after=4)
    assert await store.heads() == []


async def test_a_parent_stays_while_branches_go_on_from_it(kind: str, tmp_path: Path) -> None:
    store = make_store(kind, tmp_path)
    parent = await parent_in(store)
    branches = [parent.fork(f"c.{name}", 2) for name in "zxy"]
    for branch in branches:
        await branch.begin_in(store)
    if kind == "jsonl":  # a file is whole by itself
        await store.remove("c")
    else:
        with pytest.raises(HasBranches, match=r"c\.x, c\.y, c\.z .*'c'") as caught:
            await store.remove("c")
        assert caught.value.branches == ("c.x", "c.y", "c.z")
        assert await store.read("c") == parent.lines
    for branch in branches:
        there = store.beside(branch.conversation)
        assert await there.read(branch.conversation) == branch.lines
        await there.remove(branch.conversation)
    if kind != "jsonl":
        await store.remove("c")
    assert await store.heads() == []
    await store.aclose()


async def test_payloads_go_with_the_last_who_refers_to_them(many: str, tmp_path: Path) -> None:
    store = make_store(many, tmp_path)
    one, two = Script("one"), Script("two")
    await store.append("one", one.grow(2, LARGE), after=0, blobs=one.blobs)
    await store.append("two", two.grow(2, LARGE), after=0, blobs=two.blobs)
    await store.append("two", two.grow(1, LARGE + "2"), after=2, blobs=two.blobs)
    branch = two.fork("two.b", 1)
    branch.grow(1, LARGE + "b")
    await branch.begin_in(store)
    shared, own, of_branch = (digest(text.encode()) for text in (LARGE, LARGE + "2", LARGE + "b"))
    await store.remove("one")
    assert await store.get_blob(shared) == LARGE.encode()
    await store.remove("two.b")
    with pytest.raises(KeyError):
        await store.get_blob(of_branch)
    assert await store.get_blob(own)
    await store.remove("two")
    for name in (shared, own):
        with pytest.raises(KeyError):
            await store.get_blob(name)
    await store.aclose()


# looks


async def test_a_look_at_a_conversation(store: Store) -> None:
    assert await store.glances() == []
    script = await parent_in(store, 5, LARGE)
    (head,) = await store.heads()
    assert await store.glances() == [Glance(head, (script.lines[0],), script.lines[-1])]
    assert await store.glances(3) == [Glance(head, tuple(script.lines[:3]), script.lines[-1])]
    assert await store.glances(0) == [Glance(head, (), script.lines[-1])]
    assert await store.glances(9) == [Glance(head, tuple(script.lines), script.lines[-1])]


async def test_who_holds_a_conversation(kind: str, tmp_path: Path) -> None:
    wall = Wall()
    store = make_store(kind, tmp_path, wall)
    await parent_in(store)
    lease = await store.take("c", this_process("a"))
    assert [glance.owner for glance in await store.glances()] == [this_process("a")]
    await store.release(lease)
    assert [glance.owner for glance in await store.glances()] == [None]
    await store.take("c", "another-host:1:1")
    assert [glance.owner for glance in await store.glances()] == ["another-host:1:1"]
    wall.now += 60
    assert [glance.owner for glance in await store.glances()] == [None]
    await store.aclose()


async def test_a_look_at_many(many: str, tmp_path: Path) -> None:
    store = make_store(many, tmp_path)
    scripts = {name: Script(name) for name in ("b", "a")}
    for name, script in scripts.items():
        script.add(Opened(conversation=name, charter={}))
        await store.append(name, [*script.lines, *script.grow(3)], after=0)
    scripts["a.x"] = scripts["a"].fork("a.x", 2)
    scripts["a.x"].grow(2, "mine")
    await scripts["a.x"].begin_in(store)
    glances = await store.glances(2)
    assert [glance.head for glance in glances] == await store.heads()
    assert [glance.head.conversation for glance in glances] == ["a", "a.x", "b"]
    for glance in glances:
        script = scripts[glance.head.conversation]
        assert glance.first == tuple(script.own[:2])
        assert glance.last == script.lines[-1]
    await store.aclose()
