"""At most one live holder a conversation, in every store; and which processes count as alive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentchat.errors import LeaseHeld, LeaseLost, NoSuchConversation, StoreUnavailable
from agentchat.seams import Store
from agentchat.stores.leases import TTL
from agentchat.stores.owners import is_alive, owner_of, this_process

from .children import started
from .script import Script, Wall, make_store

pytestmark = pytest.mark.anyio

AFAR = "another-host:17:4711"


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)


async def test_the_epoch_rises_with_every_holder(store: Store) -> None:
    first = await store.take("c", this_process("a"))
    assert first == ("c", this_process("a"), 1)
    await store.release(first)
    second = await store.take("c", this_process("b"))
    assert second.epoch == 2
    await store.release(second)
    await store.release(second)
    await store.release(first)
    assert (await store.take("c", this_process("a"))).epoch == 3


async def test_a_live_holder_keeps_it(store: Store) -> None:
    lease = await store.take("c", this_process("a"))
    with pytest.raises(LeaseHeld) as caught:
        await store.take("c", this_process("b"))
    assert caught.value.owner == this_process("a")
    assert await store.renew(lease) == 0


async def test_the_holder_itself_may_take_again(store: Store) -> None:
    old = await store.take("c", this_process("a"))
    new = await store.take("c", this_process("a"))
    assert new.epoch == old.epoch + 1
    with pytest.raises(LeaseLost):
        await store.renew(old)
    await store.release(old)
    assert await store.renew(new) == 0


async def test_renewing_tells_the_head(store: Store) -> None:
    lease = await store.take("c", this_process())
    assert await store.renew(lease) == 0
    await store.append("c", Script().grow(3), after=0)
    assert await store.renew(lease) == 3


async def test_renewing_what_was_released(store: Store) -> None:
    lease = await store.take("c", this_process())
    await store.release(lease)
    with pytest.raises(LeaseLost):
        await store.renew(lease)


async def test_a_killed_holder_is_succeeded(store: Store) -> None:
    child = sleeper()
    owner = owner_of(child.pid, "child")
    lease = await store.take("c", owner)
    with pytest.raises(LeaseHeld) as caught:
        await store.take("c", this_process())
    assert caught.value.owner == owner
    child.kill()
    child.communicate()
    mine = await store.take("c", this_process())
    assert mine.epoch == 2
    with pytest.raises(LeaseLost) as lost:
        await store.renew(lease)
    assert lost.value.owner == this_process()
    await store.release(lease)
    assert await store.renew(mine) == 0


async def test_a_holder_in_another_process(durable: str, tmp_path: Path) -> None:
    store = make_store(durable, tmp_path)
    child = started("hold_for_ever", durable, tmp_path)
    assert child.stdout is not None
    owner = child.stdout.readline().decode().strip()
    with pytest.raises(LeaseHeld, match=owner):
        await store.take("c", this_process())
    child.kill()
    child.communicate()
    assert (await store.take("c", this_process())).epoch == 2
    await store.aclose()


async def test_another_host_is_alive_until_its_renewal_is_old(kind: str, tmp_path: Path) -> None:
    wall = Wall()
    store = make_store(kind, tmp_path, wall)
    lease = await store.take("c", AFAR)
    wall.now += TTL - 1
    with pytest.raises(LeaseHeld):
        await store.take("c", this_process())
    await store.renew(lease)
    wall.now += TTL - 1
    with pytest.raises(LeaseHeld):
        await store.take("c", this_process())
    wall.now += 1
    assert (await store.take("c", this_process())).epoch == 2
    with pytest.raises(LeaseLost):
        await store.renew(lease)
    await store.aclose()


async def test_this_process_needs_no_renewal(kind: str, tmp_path: Path) -> None:
    wall = Wall()
    store = make_store(kind, tmp_path, wall)
    await store.take("c", this_process("a"))
    wall.now += 100 * TTL
    with pytest.raises(LeaseHeld):
        await store.take("c", this_process("b"))
    await store.aclose()


async def test_a_lease_outlives_the_object(durable: str, tmp_path: Path) -> None:
    one, two = make_store(durable, tmp_path), make_store(durable, tmp_path)
    lease = await one.take("c", this_process("a"))
    await one.aclose()
    with pytest.raises(LeaseHeld):
        await two.take("c", this_process("b"))
    await two.release(lease)
    assert (await one.take("c", this_process("b"))).epoch == 2
    await one.aclose()
    await two.aclose()


async def test_conversations_have_leases_of_their_own(tmp_path: Path) -> None:
    for kind in ("memory", "sqlite"):
        store = make_store(kind, tmp_path)
        assert (await store.take("a", this_process("a"))).epoch == 1
        assert (await store.take("b", this_process("b"))).epoch == 1
        await store.aclose()


async def test_a_file_lends_only_the_conversation_it_holds(tmp_path: Path) -> None:
    store = make_store("jsonl", tmp_path)
    await store.append("c", Script().grow(1), after=0)
    with pytest.raises(NoSuchConversation):
        await store.take("other", this_process())
    assert (await store.take("c", this_process())).epoch == 1


async def test_a_lease_file_that_is_none(tmp_path: Path) -> None:
    store = make_store("jsonl", tmp_path)
    await store.append("c", Script().grow(1), after=0)
    (tmp_path / "run.jsonl.lease").write_bytes(b"\x00" * 40)
    with pytest.raises(StoreUnavailable, match=r"run\.jsonl\.lease.*delete it"):
        await store.take("c", this_process())


async def test_releasing_for_a_file_that_is_gone(tmp_path: Path) -> None:
    store = make_store("jsonl", tmp_path)
    lease = await store.take("c", this_process())
    (tmp_path / "run.jsonl").unlink()
    await store.release(lease)
    assert not (tmp_path / "run.jsonl").exists()


def test_which_owners_live() -> None:
    assert is_alive(this_process())
    assert is_alive(this_process("label: with / and :"))
    child = sleeper()
    owner = owner_of(child.pid)
    assert is_alive(owner)
    host, pid, start = owner.split(":")
    assert not is_alive(f"{host}:{pid}:{int(start) + 1}"), "another process under the number of an old one"
    assert is_alive(f"{host}:{pid}:-"), "a start that could not be seen"
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(owner), "killed, and its parent has not asked yet"
    child.communicate()
    assert not is_alive(owner)


@pytest.mark.parametrize(
    "owner", [AFAR, "", "alice", "{host}", "{host}:0:1", "{host}:-1:1", "{host}:1x:1", "{host}:²:1"]
)
def test_owners_that_cannot_be_seen(owner: str) -> None:
    assert is_alive(owner.format(host=this_process().split(":")[0])) is None


def test_a_program_with_an_awkward_name(tmp_path: Path) -> None:
    program = tmp_path / "a) R (b c"
    program.symlink_to("/bin/sleep")
    child = subprocess.Popen([program, "600"])
    assert is_alive(owner_of(child.pid))
    child.kill()
    child.wait()
