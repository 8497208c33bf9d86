"""The bus and the feed inside one process."""

from __future__ import annotations

import anyio
import pytest

from agentchat.buses.memory import DELTAS_KEPT, MemoryBus, MemoryFeed
from agentchat.errors import ConfigurationError
from agentchat.seams import Delta, Parcel
from agentchat.transcript.events import CallCancelled, Entry, Event, Said, TurnPassed

pytestmark = pytest.mark.anyio


def entry(seq: int) -> Entry:
    return Entry(seq, 0.0, 0.0, 0, "", Said(sender="ann", turn=seq))


async def test_a_parcel_is_answered_by_whoever_serves_the_address() -> None:
    bus = MemoryBus()

    async def ann(parcel: Parcel) -> Event:
        return TurnPassed(turn=parcel.entry.seq)

    leave = bus.serve("c/ann", ann)
    assert await bus.call("c/ann", Parcel("c", entry(7))) == TurnPassed(turn=7)
    with pytest.raises(ConfigurationError, match="already serves"):
        bus.serve("c/ann", ann)
    leave()
    leave()
    with pytest.raises(ConfigurationError, match="nobody serves"):
        await bus.call("c/ann", Parcel("c", entry(7)))


async def test_delivery_is_a_checkpoint() -> None:
    bus = MemoryBus()
    delivered: list[int] = []

    async def ann(parcel: Parcel) -> Event:
        delivered.append(parcel.entry.seq)
        return TurnPassed(turn=1)

    bus.serve("ann", ann)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await bus.call("ann", Parcel("c", entry(1)))
    assert delivered == []


async def test_entries_arrive_in_order_and_only_for_their_conversation() -> None:
    feed = MemoryFeed()
    mine, other = feed.subscribe("mine"), feed.subscribe("other")
    for seq in range(1, 5):
        feed.publish("mine", entry(seq))
    mine.close()
    other.close()
    assert [item.seq async for item in mine if isinstance(item, Entry)] == [1, 2, 3, 4]
    assert [item async for item in other] == []


async def test_a_listener_that_leaves_breaks_nobody() -> None:
    feed = MemoryFeed()
    leaving, staying = feed.subscribe("c"), feed.subscribe("c")
    feed.publish("c", entry(1))
    leaving.close()
    leaving.close()
    feed.publish("c", entry(2))
    staying.close()
    feed.publish("c", entry(3))
    assert [item.seq async for item in leaving if isinstance(item, Entry)] == [1]
    assert [item.seq async for item in staying if isinstance(item, Entry)] == [1, 2]


async def test_a_slow_listener_loses_deltas_and_is_told_but_never_an_entry() -> None:
    feed = MemoryFeed()
    slow = feed.subscribe("c")
    for number in range(DELTAS_KEPT + 10):
        feed.publish("c", Delta(1, "ann", str(number)))
        feed.publish("c", entry(number + 1))
    read = [await anext(slow) for _ in range(2)]
    assert read[0] == Delta(1, "ann", "0")
    feed.publish("c", Delta(1, "ann", "late"))
    slow.close()
    rest = [item async for item in slow]
    entries = [item for item in [*read, *rest] if isinstance(item, Entry)]
    deltas = [item for item in rest if isinstance(item, Delta)]
    assert [item.seq for item in entries] == list(range(1, DELTAS_KEPT + 11))
    assert deltas[-1] == Delta(1, "ann", "late", missed=True)
    assert not any(delta.missed for delta in deltas[:-1])


async def test_a_listener_waits_for_what_comes() -> None:
    feed = MemoryFeed()
    listener = feed.subscribe("c")
    heard: list[int] = []

    async def listen() -> None:
        async for item in listener:
            assert isinstance(item, Entry)
            heard.append(item.seq)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        for seq in range(1, 4):
            await anyio.wait_all_tasks_blocked()
            feed.publish("c", entry(seq))
        await anyio.wait_all_tasks_blocked()
        assert heard == [1, 2, 3]
        listener.close()


async def test_who_comes_late_is_told_that_a_text_had_begun() -> None:
    feed = MemoryFeed()
    for call in (1, 2):
        feed.publish("c", Delta(call, "ann", "first "))
    feed.publish("c", Entry(3, 0.0, 0.0, 0, "", CallCancelled(call=2, reason="cancelled")))
    listener = feed.subscribe("c")
    later = [Delta(1, "ann", "second "), Delta(1, "ann", "third"), Delta(2, "ann", "anew")]
    for delta in later:
        feed.publish("c", delta)
    listener.close()
    assert [item async for item in listener] == [later[0]._replace(missed=True), *later[1:]]
