"""A live conversation: what it enters, how it ends, who may take part."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import anyio
import pytest

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.debug.replay import replay
from agentchat.errors import (
    ConfigurationError,
    ConversationClosed,
    ConversationExists,
    LeaseHeld,
    ModelBusy,
    ModelRejected,
    NoBound,
    SandboxUnavailable,
)
from agentchat.models.scripted import Chunks, ScriptedModel
from agentchat.policy.rules import Elapsed, External, Failures, MaxMessages, MaxTurns, Mentions
from agentchat.policy.spending.budget import Budget
from agentchat.result import Outcome
from agentchat.seams import Delta, Turn
from agentchat.stores.sqlite import SqliteStore
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallStarted,
    Closed,
    Entry,
    Said,
    TimeUp,
    TurnFailed,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript
from tests.runtime.team import EchoSandbox, FixedClock, HangingModel, kinds, only, pair, texts

pytestmark = pytest.mark.anyio


def checked(transcript: Transcript) -> Transcript:
    """Every run of every test must come out the same when it is decided again."""
    assert [str(one) for one in replay(transcript).differences] == []
    assert Transcript.loads(transcript.dumps()).dumps() == transcript.dumps()
    return transcript


async def test_the_walk_of_two_turns() -> None:
    result = await Conversation(pair("hello Bob", "hello Ann"), until=MaxTurns(2)).run("greet each other")
    assert kinds(checked(result.transcript)) == [
        "opened",
        "run_started",
        "said",
        *["turn_given", "call_started", "call_finished", "said"] * 2,
        "closed",
    ]
    assert texts(result.transcript) == [("user", "greet each other"), ("ann", "hello Bob"), ("bob", "hello Ann")]
    assert result.outcome.kind == "limit"
    assert result.outcome.rule == "MaxTurns(turns=2)"
    assert result.output == "hello Ann"
    assert (result.usage.total.calls, str(result.usage.total.input_tokens)) == (2, "unknown")


async def test_code_is_run_and_repaired() -> None:
    sandbox = EchoSandbox()
    model = ScriptedModel(["```\nfail\n```\n```\nnever\n```", "```python\nfine\n```", "DONE"])
    team = [Assistant("coder", model=model), UserProxy("runner", sandbox=sandbox)]
    result = await Conversation(team, until=Mentions("DONE", by="coder") | MaxTurns(9)).run("do it")
    checked(result.transcript)
    assert sandbox.ran == ["fail\n", "fine\n"]
    assert result.outcome.kind == "done"
    assert texts(result.transcript)[2] == ("runner", "[python: failed, exit code 1]\nfail\n1 later block(s) not run.")


async def test_the_runner_says_when_there_is_nothing_to_run() -> None:
    team = [Assistant("coder", model=ScriptedModel(["no code"])), UserProxy("runner", sandbox=EchoSandbox())]
    result = await Conversation(team, until=MaxTurns(2)).run("```python\nprint('the task is not run')\n```")
    assert "no code to run" in texts(checked(result.transcript))[2][1]


async def test_code_of_a_person_is_not_run_unless_allowed() -> None:
    sandbox = EchoSandbox()
    result = await Conversation([UserProxy("runner", sandbox=sandbox)], until=MaxTurns(1)).run("```\nx\n```")
    assert texts(checked(result.transcript))[1] == ("runner", "I run no code from user.")
    allowed = UserProxy("runner", sandbox=sandbox, senders=["user"])
    await Conversation([allowed], until=MaxTurns(1)).run("```\nx\n```")
    assert sandbox.ran == ["x\n"]


async def test_a_language_the_sandbox_does_not_know_is_said() -> None:
    proxy = UserProxy("runner", sandbox=EchoSandbox(), senders=["user"])
    result = await Conversation([proxy], until=MaxTurns(1)).run("```cobol\nx\n```")
    assert "this sandbox (echo) runs python only" in texts(checked(result.transcript))[1][1]


async def test_an_agent_that_raises_fails_its_turn_by_name() -> None:
    @agent
    async def broken(text: str, turn: Turn) -> str:
        raise RuntimeError("out of cheese")

    result = await Conversation([broken], until=MaxTurns(3)).run("go")
    failed = only(checked(result.transcript), TurnFailed)[0].event
    assert isinstance(failed, TurnFailed)
    assert (failed.error.type, failed.error.message) == ("RuntimeError", "out of cheese")
    assert failed.error.where is not None
    assert "test_conversation.py" in failed.error.where
    assert result.outcome.kind == "failed"
    assert "out of cheese" in result.outcome.reason


async def test_failures_are_tolerated_up_to_the_rule() -> None:
    team = pair(ModelRejected("no"), "fine", ModelRejected("no"), ModelRejected("no"), "never")
    result = await Conversation(team, until=Failures(2) | MaxTurns(9)).run("go")
    assert len(only(checked(result.transcript), TurnFailed)) == 3
    assert result.outcome.rule == "Failures(in_a_row=2)"


async def test_a_failure_that_may_pass_is_tried_again_under_the_same_key() -> None:
    team = pair(ModelBusy("wait", retry_after=0.0), ModelBusy("wait", retry_after=0.0), "there")
    result = await Conversation(team, until=MaxTurns(1)).run("go")
    started = [entry.event for entry in only(checked(result.transcript), CallStarted)]
    assert [event.attempt for event in started if isinstance(event, CallStarted)] == [1, 2, 3]
    assert len({event.key for event in started if isinstance(event, CallStarted)}) == 1
    assert len({event.digest for event in started if isinstance(event, CallStarted)}) == 1
    assert len(only(result.transcript, CallFailed)) == 2
    assert result.output == "there"


async def test_attempts_are_bounded_and_every_one_is_recorded() -> None:
    team = pair(*[ModelBusy("wait", retry_after=0.0)] * 9)
    result = await Conversation(team, until=MaxTurns(1)).run("go")
    assert len(only(checked(result.transcript), CallStarted)) == 4
    assert result.outcome.kind == "failed"


async def test_the_budget_of_calls_is_asked_before_the_call() -> None:
    result = await Conversation(pair("a", "b", "c"), until=MaxTurns(9), budget=Budget(calls=2)).run("go")
    assert len(only(checked(result.transcript), CallStarted)) == 2
    assert len(only(result.transcript, CallDenied)) == 1
    assert result.outcome.kind == "limit"
    values = {"scope": "budget", "unit": "calls", "spent": 2, "reserved": 0, "asked": 1, "cap": 2}
    assert result.outcome.values == values
    assert "2 of 2 calls spent" in result.outcome.reason


@pytest.mark.parametrize(
    ("until", "budget"), [(Elapsed(0.05), None), (MaxTurns(9), Budget(seconds=0.05))], ids=["rule", "budget"]
)
async def test_time_stops_a_call_that_hangs_and_keeps_what_arrived(until: MaxTurns, budget: Budget | None) -> None:
    chat = Conversation([Assistant("ann", model=HangingModel())], until=until, budget=budget)
    result = await chat.run("go")
    assert kinds(checked(result.transcript))[-4:] == ["time_up", "call_cancelled", "turn_cancelled", "closed"]
    cancelled = only(result.transcript, CallCancelled)[0].event
    assert isinstance(cancelled, CallCancelled)
    assert cancelled.partial == "I was about to say"
    assert result.outcome.kind == "limit"
    assert only(result.transcript, TimeUp)


async def test_an_interrupt_stops_the_turn_and_keeps_what_arrived() -> None:
    model = HangingModel()
    async with Conversation([Assistant("ann", model=model)], until=MaxTurns(3)).open("go") as run:
        await model.begun.wait()
        await run.interrupt("enough")
        result = await run.wait()
    assert kinds(checked(result.transcript))[-4:] == ["interrupted", "call_cancelled", "turn_cancelled", "closed"]
    assert result.outcome.kind == "interrupted"
    with pytest.raises(ConversationClosed):
        await run.say("too late")


async def test_after_an_interrupt_the_same_agent_is_next() -> None:
    model = HangingModel()
    team = [Assistant("ann", model=model), Assistant("bob", model=model)]
    chat = Conversation(team, until=MaxTurns(3))
    async with chat.open("go", id="c") as run:
        await model.begun.wait()
        await run.interrupt("enough")
    model.begun = anyio.Event()
    async with chat.reopen("c") as again:
        await model.begun.wait()
        await again.interrupt("enough")
    given = [event.to for event in (e.event for e in only(again.transcript, TurnGiven)) if isinstance(event, TurnGiven)]
    assert given == ["ann", "ann"]


async def test_cancellation_from_outside_leaves_a_closed_record() -> None:
    model = HangingModel()
    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(3))
    async with anyio.create_task_group() as tasks:

        async def stop() -> None:
            await model.begun.wait()
            tasks.cancel_scope.cancel()

        tasks.start_soon(stop)
        await chat.run("go", id="stopped")
    transcript = Transcript.from_lines(await chat.store.read("stopped"))
    assert kinds(checked(transcript))[-4:] == ["call_cancelled", "interrupted", "turn_cancelled", "closed"]


async def test_a_signal_ends_a_run_that_waits_for_it() -> None:
    model = HangingModel()
    async with Conversation([Assistant("ann", model=model)], until=External("stop") | MaxTurns(3)).open("go") as run:
        await model.begun.wait()
        await run.signal("something else")
        await run.signal("stop")
        result = await run.wait()
    assert result.outcome.kind == "stopped"
    checked(result.transcript)


async def test_what_is_said_meanwhile_is_heard_at_the_next_turn() -> None:
    asked: list[list[str]] = []
    go_on = anyio.Event()
    begun = anyio.Event()

    @agent
    async def slow(text: str, turn: Turn) -> str:
        asked.append([message.text for message in turn.messages])
        begun.set()
        await go_on.wait()
        return f"heard: {text}"

    async with Conversation([slow], until=MaxTurns(2)).open("first") as run:
        await begun.wait()
        await run.say("second", to="slow")
        go_on.set()
        result = await run.wait()
    assert asked == [["first"], ["first", "second", "heard: first"]]
    given = [entry.event for entry in only(checked(result.transcript), TurnGiven)]
    assert [event.why.router for event in given if isinstance(event, TurnGiven)] == ["round_robin", "addressed"]
    assert result.output == "heard: second"


async def test_a_live_run_tells_every_entry_once_and_text_as_it_arrives() -> None:
    model = ScriptedModel([Chunks(("Hel", "lo")), "bye"])
    seen: list[Entry | Delta] = []
    async with Conversation([Assistant("ann", model=model)], until=MaxTurns(2)).open("go") as run:
        async for item in run:
            seen.append(item)
        result = run.result
    entries = [item for item in seen if isinstance(item, Entry)]
    assert [entry.seq for entry in entries] == list(range(1, len(result.transcript) + 1))
    assert [item.text for item in seen if isinstance(item, Delta)] == ["Hel", "lo"]
    assert "delta" not in result.transcript.dumps().decode()


async def test_leaving_the_iteration_early_breaks_nothing() -> None:
    async with Conversation(pair(*"abcdef"), until=MaxTurns(6)).open("go") as run:
        async for item in run:
            if isinstance(item, Entry) and isinstance(item.event, Said):
                break
        result = await run.wait()
    assert len(texts(result.transcript)) == 7


async def test_one_team_serves_many_conversations_at_once() -> None:
    chat = Conversation(pair("one", "two", "three", "four"), until=MaxTurns(4))
    results = []

    async def one(number: int) -> None:
        results.append(await chat.run(f"task {number}", id=f"c{number}"))

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(one, number)
    for result in results:
        assert [text for _, text in texts(result.transcript)][1:] == ["one", "two", "three", "four"]
    assert len({result.conversation for result in results}) == 50


async def test_a_second_run_on_an_open_conversation_is_refused() -> None:
    model = HangingModel()
    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(3))
    async with chat.open("go", id="mine") as run:
        await model.begun.wait()
        with pytest.raises(LeaseHeld):
            await chat.run("again", id="mine")
        with pytest.raises(LeaseHeld):
            await chat.resume("mine")
        await run.interrupt()
    with pytest.raises(ConversationExists):
        await chat.run("again", id="mine")


async def test_a_scripted_run_is_the_same_to_the_byte() -> None:
    async def once() -> bytes:
        chat = Conversation(pair("a", "b", "c"), until=MaxTurns(3), clock=FixedClock(), ids=lambda: "fixed")
        return (await chat.run("go")).transcript.dumps()

    assert await once() == await once()


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Conversation([], until=MaxTurns(1)), ConfigurationError, "at least one agent"),
        (lambda: Conversation(pair("a") + pair("b"), until=MaxTurns(1)), ConfigurationError, "are named 'ann'"),
        (lambda: Conversation(pair("a")), NoBound, "nothing limits this conversation"),
        (lambda: Conversation(pair("a"), until=Mentions("DONE")), NoBound, "MaxTurns"),
        (lambda: Conversation(pair("a"), until=~MaxTurns(3)), NoBound, "~MaxTurns"),
        (lambda: Conversation([pair("a")[0], pair("b")[1]], until=MaxTurns(1)), ConfigurationError, "scripted models"),
        (lambda: Conversation(pair("a"), until=Mentions("x", by="nobody") | MaxTurns(1)), ConfigurationError, "nobody"),
        (lambda: Assistant("two words", model=ScriptedModel([])), ConfigurationError, "is no name"),
        (lambda: Assistant("user", model=ScriptedModel([])), ConfigurationError, "means something else"),
    ],
)
async def test_a_team_that_makes_no_sense_is_refused(make: object, error: type[Exception], says: str) -> None:
    assert callable(make)
    with pytest.raises(error, match=says):
        make()


async def test_a_sandbox_that_is_not_there_is_said_before_anything_is_written() -> None:
    class Missing(EchoSandbox):
        async def probe(self) -> str | None:
            return "install the missing thing"

    chat = Conversation([UserProxy("runner", sandbox=Missing())], until=MaxTurns(1))
    with pytest.raises(SandboxUnavailable, match="install the missing thing"):
        await chat.run("go")
    assert await chat.store.heads() == []


async def test_max_messages_counts_the_task_and_silence_ends_a_run() -> None:
    result = await Conversation(pair("a", "b", "c"), until=MaxMessages(3)).run("go")
    assert [text for _, text in texts(result.transcript)] == ["go", "a", "b"]

    @agent
    async def mute(text: str, turn: Turn) -> None:
        return None

    result = await Conversation([mute], until=MaxMessages(3)).run("go")
    assert (result.outcome.kind, result.outcome.rule) == ("stopped", "silence")
    checked(result.transcript)


async def test_the_record_is_never_a_partial_closing() -> None:
    result = await Conversation(pair("a"), until=MaxTurns(1)).run("go")
    last = result.transcript[len(result.transcript)].event
    assert isinstance(last, Closed)
    assert (last.event, last.values, bool(last.advice)) == (7, {"turns": 1}, True)


def test_run_sync_works_with_and_without_a_running_loop() -> None:
    chat = Conversation(pair("a", "b"), until=MaxTurns(2))
    assert chat.run_sync("go").output == "b"

    async def inside() -> object:
        return chat.run_sync("go").output

    assert anyio.run(inside) == "b"


async def test_a_spent_budget_is_a_limit_even_where_failures_end_a_run() -> None:
    chat = Conversation(pair("a", "b"), until=Failures(1) | MaxTurns(9), budget=Budget(calls=1))
    assert (await chat.run("go")).outcome.kind == "limit"


async def test_the_output_is_that_of_the_last_run() -> None:
    chat = Conversation(pair("one", ModelRejected("no")), until=MaxTurns(1))
    assert (await chat.run("go", id="c")).output == "one"
    again = await chat.resume("c", say="and now?")
    assert (again.outcome.kind, again.output) == ("failed", None)
    assert again.outcome.reason.startswith("the turn of ann failed: ModelRejected: no")


async def test_what_is_no_agent_is_named() -> None:
    with pytest.raises(ConfigurationError, match="'ann' is no agent"):
        Conversation(["ann"], until=MaxTurns(1))  # type: ignore[list-item]


async def test_a_file_that_holds_another_conversation_is_said(tmp_path: Path) -> None:
    chat = Conversation(pair("one", "two"), until=MaxTurns(1), store=tmp_path / "one.jsonl")
    await chat.run("go", id="first")
    with pytest.raises(ConversationExists, match="holds conversation 'first' already") as told:
        await chat.run("go", id="second")
    assert str(tmp_path / "one.jsonl") in str(told.value)
    assert (await chat.resume("first")).conversation == "first"


async def test_a_turn_that_makes_no_call_is_stored_while_it_goes_on(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    shown, given = anyio.create_memory_object_stream[Entry](9)

    @agent
    async def patient(text: str, turn: Turn) -> str:
        return f"stored as {(await given.receive()).seq}"

    with shown, given:
        async with Conversation([patient], until=MaxTurns(2), store=store).open("go", id="c") as run:
            async for one in run:
                if isinstance(one, Entry) and isinstance(one.event, TurnGiven):
                    assert len(await store.read("c")) >= one.seq
                    await shown.send(one)
            result = await run.wait()
    turns = [entry.seq for entry in result.transcript if isinstance(entry.event, TurnGiven)]
    assert texts(result.transcript)[-2:] == [("patient", f"stored as {seq}") for seq in turns]
    await store.aclose()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_run_that_is_over_is_freed_at_once() -> None:
    """A transcript that waits for a full collection makes a process with many conversations large and slow."""
    chat = Conversation(pair("a", "b"), until=MaxTurns(2))
    result = await chat.run("go")
    seen = weakref.ref(result.transcript)
    gc.disable()
    try:
        del result
        assert seen() is None
    finally:
        gc.enable()


def test_an_outcome_in_words_has_one_full_stop_between_reason_and_advice() -> None:
    for reason, shown in (("stopped by me", "stopped by me."), ("it waits: May a?", "it waits: May a?"), ("x.", "x.")):
        assert str(Outcome("done", "r", 1, {}, reason, "Go on.")) == f"done: {shown} Go on."
