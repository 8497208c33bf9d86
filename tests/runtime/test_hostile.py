"""What a hostile reader found: each of these once lost, doubled or wedged something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.conversation import Conversation
from agentchat.debug.replay import replay
from agentchat.errors import (
    BadName,
    CallNotAdmitted,
    ConfigurationError,
    ConversationClosed,
    LeaseLost,
    StoreError,
    StoreUnavailable,
)
from agentchat.models.function import FunctionModel
from agentchat.models.scripted import Chunks, ScriptedModel
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import Failures, MaxTurns
from agentchat.policy.spending.budget import Budget
from agentchat.seams import CodeAnswers, Lease, ModelAnswer, Store, Turn
from agentchat.stores.memory import MemoryStore
from agentchat.stores.opening import open_store
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallDenied, CallStarted, Said, Taken, TurnFailed
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.runtime.team import HangingModel, kinds, only, pair, texts
from tests.stores.around import AroundStore

pytestmark = pytest.mark.anyio


class Wrapped(AroundStore):
    """A real store with something in the way of its appends. It waits like a durable one."""

    def __init__(self, store: Store, before: Callable[[Sequence[bytes]], Awaitable[None]]) -> None:
        super().__init__(store)
        self.beat = 60.0
        self._before = before

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        await self._before(lines)
        await super().append(conversation, lines, after=after, blobs=blobs)


async def write(store: Store, event: Said | Taken) -> None:
    """Append an event as another process would."""
    mine = Transcript.from_lines(await store.read("c"))
    entry = mine.enter(event, at=1.0, active=0.0, cause=0)
    await store.append("c", [mine.line(entry.seq)], after=entry.seq - 1)


async def test_a_holder_that_was_replaced_writes_nothing_more() -> None:
    """Its agent even swallows the error and answers something."""
    kept = MemoryStore()
    replaced = anyio.Event()

    async def before(lines: Sequence[bytes]) -> None:
        if any(b'"call_started"' in line for line in lines) and not replaced.is_set():
            replaced.set()
            await write(kept, Taken(owner="another", epoch=9))

    @agent(model=ScriptedModel(["never"]))
    async def stubborn(text: str, turn: Turn) -> str:
        try:
            return (await turn.model()).text
        except Exception:
            return "fallback"

    chat = Conversation([stubborn], until=MaxTurns(2), store=Wrapped(kept, before))
    with pytest.raises(LeaseLost, match="another"):
        await chat.run("go", id="c")
    assert kinds(Transcript.from_lines(await kept.read("c")))[-1] == "taken"


async def test_a_superseded_call_is_not_made() -> None:
    kept = MemoryStore()
    asked: list[int] = []
    said = anyio.Event()

    class Eager(ScriptedModel):
        async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
            asked.append(request.index)
            return await super().complete(request, emit)

    async def before(lines: Sequence[bytes]) -> None:
        if any(b'"turn_given"' in line for line in lines) and not said.is_set():
            said.set()
            await write(kept, Said(sender="visitor", body=Text.of("wait")))

    ann = Assistant("ann", model=Eager(["one", "two"]))
    result = await Conversation([ann], until=MaxTurns(2), store=Wrapped(kept, before)).run("go", id="c")
    assert asked == [0, 1]
    assert len(only(result.transcript, CallStarted)) == 2
    assert [text for _, text in texts(result.transcript)] == ["go", "wait", "one", "two"]
    assert replay(result.transcript).differences == []


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_write_that_asyncio_cancelled_is_not_written_again() -> None:
    """asyncio's own cancellation breaks through every shield; what was written all the same is recognised."""
    kept = MemoryStore()
    model = HangingModel()

    class Late(Wrapped):
        async def append(
            self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
        ) -> None:
            await super().append(conversation, lines, after=after, blobs=blobs)
            if any(b"pay 100" in line for line in lines):
                await anyio.sleep_forever()

    async def before(lines: Sequence[bytes]) -> None:
        return None

    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(1), store=Late(kept, before))
    async with chat.open("go", id="c") as run:
        await model.begun.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run.say("pay 100"), 0.01)
        await run.interrupt()
    assert [text for _, text in texts(run.transcript)] == ["go", "pay 100"]
    assert await kept.read("c") == [run.transcript.line(seq) for seq in range(1, len(run.transcript) + 1)]
    assert replay(run.transcript).differences == []


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_lease_taken_while_asyncio_cancels_is_let_go_of(tmp_path: Path) -> None:
    for place in range(20):
        chat = Conversation(pair("a"), until=MaxTurns(1), store=tmp_path / f"{place}.db")
        with suppress(TimeoutError):  # at some of these times it is done, at others it is in the middle
            await asyncio.wait_for(chat.run("go", id="first"), 0.0002 * place)
        result = await chat.run("go", id="second")
        assert result.output == "a"
        lease = await chat.store.take("first", "someone:1:1")
        await chat.store.release(lease)
        await chat.store.aclose()


async def test_nothing_is_done_in_a_turn_that_is_over() -> None:
    kept: list[Turn] = []

    @agent(model=ScriptedModel(["a", "b"]))
    async def keeper(text: str, turn: Turn) -> str:
        kept.append(turn)
        return "done"

    result = await Conversation([keeper], until=MaxTurns(1)).run("go")
    before = result.transcript.dumps()
    with pytest.raises(CallNotAdmitted, match="over"):
        await kept[0].model()
    assert result.transcript.dumps() == before
    assert result.outcome.kind == "limit"


async def test_a_turn_that_returns_while_a_call_is_under_way_fails() -> None:
    late = anyio.Event()
    outside = anyio.create_task_group()

    @agent(model=ScriptedModel([Chunks(("a", "b", "c"))]))
    async def hasty(text: str, turn: Turn) -> str:
        async def ask() -> None:
            with pytest.raises(CallNotAdmitted):
                await turn.model()
            late.set()

        outside.start_soon(ask)
        await anyio.lowlevel.checkpoint()
        return "done"

    async with outside:
        result = await Conversation([hasty], until=MaxTurns(1)).run("go")
    assert late.is_set() or "turn_failed" in kinds(result.transcript)
    assert result.transcript[len(result.transcript)].event.kind == "closed"
    assert replay(result.transcript).differences == []


async def test_an_agent_that_never_heeds_a_denial_is_stopped() -> None:
    @agent(model=ScriptedModel(["a"] * 9))
    async def deaf(text: str, turn: Turn) -> str:
        while True:
            try:
                await turn.model()
            except CallNotAdmitted:
                continue

    with anyio.fail_after(30):
        result = await Conversation([deaf], until=MaxTurns(5), budget=Budget(calls=2)).run("go")
    assert len(only(result.transcript, CallDenied)) == 16
    assert result.outcome.kind == "limit"
    assert kinds(result.transcript)[-2:] == ["turn_cancelled", "closed"]
    assert replay(result.transcript).differences == []


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


@pytest.mark.parametrize("what", ["text", "error", "unspeakable", "empty", "forged", "type"])
async def test_what_cannot_be_entered_fails_the_turn(what: str) -> None:
    @agent
    async def odd(text: str, turn: Turn) -> object:
        if what == "error":
            raise ValueError("bad \ud800")
        if what == "unspeakable":
            raise Unspeakable
        answers: dict[str, object] = {
            "text": "bad \ud800",
            "empty": CodeAnswers(()),
            "forged": ModelAnswer(Reply(parts=(), finish="stop"), 2),
            "type": 7,
        }
        return answers[what]

    result = await Conversation([odd], until=Failures(2) | MaxTurns(5)).run("go")
    assert len(only(result.transcript, TurnFailed)) == 2
    assert result.outcome.kind == "failed"
    assert replay(result.transcript).differences == []


async def test_a_message_whose_store_failed_is_not_delivered_later() -> None:
    kept = MemoryStore()
    model = HangingModel()

    async def before(lines: Sequence[bytes]) -> None:
        if any(b"pay 100" in line for line in lines):
            raise StoreUnavailable("the disk is full")

    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(1), store=Wrapped(kept, before))

    async def talk() -> None:
        async with chat.open("go", id="c") as run:
            await model.begun.wait()
            with pytest.raises(StoreUnavailable):
                await run.say("pay 100")
            await run.interrupt()

    with pytest.raises(StoreUnavailable, match="disk is full"):
        await talk()
    assert not any(b"pay 100" in line for line in await kept.read("c"))


class Full(AroundStore):
    """A real store whose disk has no room while `full` is set: nothing is written, a lease's end neither."""

    full = False

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        self.full = self.full or after > 0
        self._check()
        await super().append(conversation, lines, after=after, blobs=blobs)

    async def release(self, lease: Lease) -> None:
        self._check()
        await super().release(lease)

    def _check(self) -> None:
        if self.full:
            raise StoreUnavailable("the disk is full")


@pytest.mark.parametrize("name", ["run.jsonl", "runs.db"])
async def test_after_a_full_disk_the_same_process_goes_on(tmp_path: Path, name: str) -> None:
    kept = open_store(tmp_path / name)
    with pytest.raises(StoreUnavailable, match="disk is full"):
        await Conversation(pair("a", "b"), until=MaxTurns(2), store=Full(kept)).run("go", id="c")
    result = await Conversation(pair("a", "b"), until=MaxTurns(2), store=kept).resume("c")
    assert (result.outcome.kind, texts(result.transcript)) == ("limit", [("user", "go"), ("ann", "a"), ("bob", "b")])
    await kept.aclose()


def cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 200)


@pytest.mark.parametrize(
    ("name", "act", "told"),
    [
        ("run.jsonl", cut_off, "the store holds [1-9] of the [1-9] events"),
        ("run.jsonl", Path.unlink, "something cut the file off, removed or exchanged it"),
        ("runs.db", Path.unlink, "removed or exchanged while it was in use"),
    ],
)
async def test_a_file_that_is_cut_off_or_removed_ends_the_run(
    tmp_path: Path, name: str, act: Callable[[Path], None], told: str
) -> None:
    path = tmp_path / name

    async def reply(request: ModelRequest) -> str:
        act(path)
        return "a"

    team = [Assistant("ann", model=FunctionModel(reply)), *pair("a", "b")[1:]]
    chat = Conversation(team, until=MaxTurns(2), store=path)
    with pytest.raises(StoreError, match=told), anyio.fail_after(20):
        await chat.run("go", id="c")
    await chat.store.aclose()


async def test_a_bad_task_burns_no_id() -> None:
    chat = Conversation(pair("a", "b"), until=MaxTurns(1))
    for task in ("\ud800", 5, None):
        with pytest.raises(ConfigurationError):
            await chat.run(task, id="y")  # type: ignore[arg-type]
    assert (await chat.run("fine", id="y")).output == "a"


async def test_an_empty_id_is_no_id() -> None:
    chat = Conversation(pair("a", "b"), until=MaxTurns(1))
    with pytest.raises(BadName, match="'' is no conversation id"):
        await chat.run("go", id="")


async def test_a_run_is_used_in_a_with_and_once() -> None:
    run = Conversation(pair("a", "b"), until=MaxTurns(1)).open("go")
    with pytest.raises(ConversationClosed, match="async with"):
        await run.wait()
    async with run:
        pass
    with pytest.raises(ConversationClosed, match="before"):
        async with run:
            pass


async def test_a_typed_task_is_seen_by_a_function_of_text() -> None:
    class Task(BaseModel):
        title: str

    @agent
    async def reader(text: str, turn: Turn) -> str:
        return text

    assert (await Conversation([reader], until=MaxTurns(1)).run(Task(title="Grüße"))).output == '{"title": "Grüße"}'


@pytest.mark.parametrize("hint", [list[int], dict[str, int], "Missing"])
async def test_an_annotation_that_no_message_fits_is_refused(hint: object) -> None:
    async def odd(text: object, turn: Turn) -> str:
        return ""

    odd.__annotations__["text"] = hint
    with pytest.raises(ConfigurationError):
        agent(odd)
