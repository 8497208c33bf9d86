"""Forks and edits: a branch from any position, perhaps changed, and the parent as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.errors import (
    AgreementChanged,
    ConfigurationError,
    ConversationExists,
    EditRefused,
    NoSuchEvent,
)
from agentchat.forking import Edit
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.charter import agreed_in
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.ledger import ledger_of
from agentchat.runtime.tape import MIXED
from agentchat.seams import Store
from agentchat.stores.memory import MemoryStore
from agentchat.stores.opening import open_store
from agentchat.stores.reading import load
from agentchat.tools.function import tool
from agentchat.transcript.calls import ToolResult
from agentchat.transcript.events import (
    CallFinished,
    CallStarted,
    Closed,
    Edited,
    Forked,
    PersonaChanged,
    Said,
    TurnCancelled,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

from .checking import checked
from .team import Recording, asks, only, pair, texts

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite", "jsonl"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    names = {"memory": None, "sqlite": tmp_path / "team.db", "jsonl": tmp_path / "run.jsonl"}
    return open_store(names[request.param])


def chat_of(store: Store | None, *replies: str, turns: int = 4, **more: Any) -> Conversation:
    return Conversation(pair(*replies), until=MaxTurns(turns), store=store, **more)


def seq_of(transcript: Transcript, text: str) -> int:
    return next(message.seq for message in transcript.messages() if message.text == text)


# forks


async def test_a_fork_goes_on_from_its_position_and_the_parent_stays(store: Store) -> None:
    chat = chat_of(store, "one", "two", "three", "four", "other three", "other four")
    first = await chat.run("go", id="c")
    before = await store.read("c")
    at = seq_of(first.transcript, "two")
    branch = await chat_of(store, "one", "two", "3", "4").fork("c", at=at, name="b")
    assert branch.conversation == "c.b"
    assert texts(branch.transcript) == [("user", "go"), ("ann", "one"), ("bob", "two"), ("ann", "3"), ("bob", "4")]
    assert await store.read("c") == before
    (forked,) = only(branch.transcript, Forked)
    assert isinstance(forked.event, Forked)
    assert (forked.seq, forked.event.parent.conversation, forked.event.parent.seq) == (at + 1, "c", at)
    assert branch.transcript.line(at) == first.transcript.line(at)
    checked(branch.transcript)
    again = await load(store.beside("c.b"), "c.b")
    assert again.dumps() == branch.transcript.dumps()
    assert again.conversation == "c.b"


async def test_what_is_said_behind_the_last_word_of_a_run_is_answered_by_another(store: Store) -> None:
    agents = pair("one", "DONE", "three", "DONE again")
    chat = Conversation(agents, until=Mentions("DONE") | MaxTurns(4), store=store)
    first = await chat.run("go", id="c")
    at = seq_of(first.transcript, "DONE")
    assert at < len(first.transcript)  # its end is not written there yet
    branch = await chat.fork("c", at=at, say="and now in French", name="b")
    assert texts(branch.transcript)[2:] == [
        ("bob", "DONE"),
        ("user", "and now in French"),
        ("ann", "three"),
        ("bob", "DONE again"),
    ]
    assert [entry.cause for entry in only(branch.transcript, Closed)][:1] == [at]
    checked(branch.transcript)


async def test_what_is_said_at_a_fork_is_heard_at_once() -> None:
    store, model = MemoryStore(), Recording("one", "two", "three", "four")
    chat = Conversation([Assistant("ann", model=model), Assistant("bob", model=model)], until=MaxTurns(4), store=store)
    first = await chat.run("go", id="c")
    given = only(first.transcript, TurnGiven)[2]  # ann's second turn
    branch = await chat.fork("c", at=given.seq + 1, say="try without recursion", name="b")
    checked(branch.transcript)
    (left,) = only(branch.transcript, TurnCancelled)
    assert isinstance(left.event, TurnCancelled)
    assert left.event.turn == given.seq
    said = [text for _, text in texts(branch.transcript)]
    assert said == ["go", "one", "two", "try without recursion", "three", "four"]
    last = [message["content"] for message in model.bodies[-2]["messages"]]
    assert "try without recursion" in last
    turns = [entry.event.to for entry in only(branch.transcript, TurnGiven) if isinstance(entry.event, TurnGiven)]
    assert turns == ["ann", "bob", "ann", "ann", "bob"]  # the one that was given up is given again


async def test_a_fork_in_a_turn_goes_on_with_what_is_recorded_of_it() -> None:
    acted: list[str] = []
    kept = MemoryStore()

    def act(what: str) -> str:
        """Act."""
        acted.append(what)
        return f"did {what}"

    def team() -> Conversation:
        model = Recording(asks(("act", '{"what":"this"}')), "done with this")
        return Conversation([Assistant("ann", model=model, tools=[tool(act)])], until=MaxTurns(1), store=kept)

    first = await team().run("go", id="c")
    result = next(one for one in only(first.transcript, CallFinished) if _is_tool(one.event))
    branch = await team().fork("c", at=result.seq, name="b")
    checked(branch.transcript)
    assert acted == ["this"]
    assert branch.output == "done with this"
    keys = [one.event.key for one in only(branch.transcript, CallStarted) if isinstance(one.event, CallStarted)]
    assert keys == ["main:4.1", "main:4.2", "c.b:4.3"]


def _is_tool(event: object) -> bool:
    return isinstance(event, CallFinished) and isinstance(event.result, ToolResult)


async def test_calls_that_are_open_at_the_fork_count_as_not_made() -> None:
    store = MemoryStore()
    chat = chat_of(store, "one", "two", turns=2, budget=Budget(calls=2))
    first = await chat.run("go", id="c")
    started = only(first.transcript, CallStarted)[1]
    branch = await chat.fork("c", at=started.seq, name="b")
    checked(branch.transcript)
    assert texts(branch.transcript)[-1] == ("bob", "two")
    assert branch.outcome.kind == first.outcome.kind
    assert ledger_of(branch.transcript).account("budget", "run").taken.calls == 2


async def test_the_same_fork_again_is_the_branch_that_is_there() -> None:
    store = MemoryStore()
    chat = chat_of(store, "one", "two", "three", "four", "more", "more")
    await chat.run("go", id="c")
    first = await chat.fork("c", at=4, say="other", name="b")
    again = await chat.fork("c", at=4, say="other", name="b")
    assert again.transcript.dumps() == first.transcript.dumps()
    with pytest.raises(ConversationExists):
        await chat.fork("c", at=5, name="b")


async def test_a_fork_of_a_fork() -> None:
    store = MemoryStore()
    chat = chat_of(store, *"abcdefghijkl", turns=3)
    await chat.run("go", id="c")
    one = await chat.fork("c", say="more", name="x")
    two = await chat.fork("c.x", say="and more", name="y")
    checked(two.transcript)
    assert two.conversation == "c.y"
    assert [fork.branch for fork in two.transcript.forks] == ["c.x", "c.y"]
    assert two.transcript.upto(len(one.transcript)).dumps() == one.transcript.dumps()


@pytest.mark.parametrize("at", [0, -1, 999])
async def test_a_position_that_is_not_there(at: int) -> None:
    chat = chat_of(MemoryStore(), "one", turns=1)
    await chat.run("go", id="c")
    with pytest.raises(NoSuchEvent, match=f"no event {at}"):
        await chat.fork("c", at=at)


async def test_what_is_given_whole_in_place_of_its_number_or_id_is_told() -> None:
    chat: Any = chat_of(MemoryStore(), "one", turns=1)
    result = await chat.run("go", id="c")
    message = result.transcript.messages()[-1]
    for wrong in ({"at": message}, {"edits": [Edit.replace(message, "two")]}):
        with pytest.raises(NoSuchEvent, match=r"^an event is named by its number, as in message\.seq, not by Message$"):
            await chat.fork("c", **wrong)
    with pytest.raises(EditRefused, match=r"^edits is a list: edits=\[Edit\.replace\(\.\.\.\)\]$"):
        await chat.fork("c", edits=Edit.replace(message.seq, "two"))
    for act in (chat.fork, chat.resume):
        with pytest.raises(ConfigurationError, match=r"by its id.*, or a file, not by Transcript$"):
            await act(result.transcript)


# edits


async def test_a_replaced_message_is_what_everyone_sees_from_then_on() -> None:
    store, model = MemoryStore(), Recording("one", "two", "three", "four", "five")
    chat = Conversation([Assistant("ann", model=model), Assistant("bob", model=model)], until=MaxTurns(4), store=store)
    first = await chat.run("go", id="c")
    at = seq_of(first.transcript, "two")
    branch = await chat.fork("c", edits=[Edit.replace(at, "zwei")], name="b", reason="wrong language")
    transcript = checked(branch.transcript)
    assert texts(transcript)[:3] == [("user", "go"), ("ann", "one"), ("bob", "zwei")]
    shown = [message["content"] for message in model.bodies[4]["messages"]]
    assert "zwei" in shown
    assert "two" not in shown
    (edited,) = only(transcript, Edited)
    assert isinstance(edited.event, Edited)
    assert (edited.event.author, edited.event.reason) == ("user", "wrong language")
    original = transcript.recorded(at).event
    assert isinstance(original, Said)
    assert original.body is None  # as it was written: the reply of a call
    assert texts(await load(store, "c"))[2] == ("bob", "two")


async def test_a_rule_looks_at_what_was_edited() -> None:
    store = MemoryStore()
    chat = Conversation(pair("one", "DONE", "three"), until=Mentions("DONE") | MaxTurns(3), store=store)
    first = await chat.run("go", id="c")
    assert first.outcome.rule.startswith("Mentions")
    branch = await chat.fork("c", edits=[Edit.replace(first.outcome.event, "not yet")], name="b")
    checked(branch.transcript)
    assert [text for _, text in texts(branch.transcript)] == ["go", "one", "not yet", "three"]
    assert branch.outcome.rule == "MaxTurns(turns=3)"


async def test_a_removed_message_was_never_said() -> None:
    store, model = MemoryStore(), Recording("one", "two", "three", "four", "five")
    chat = Conversation([Assistant("ann", model=model), Assistant("bob", model=model)], until=MaxTurns(4), store=store)
    first = await chat.run("go", id="c")
    gone = seq_of(first.transcript, "one")
    branch = await chat.fork("c", at=seq_of(first.transcript, "three"), edits=[Edit.remove(gone)], name="b")
    checked(branch.transcript)
    assert [text for _, text in texts(branch.transcript)] == ["go", "two", "three", "four"]
    assert "one" not in [message["content"] for message in model.bodies[-1]["messages"]]


async def test_an_inserted_message_is_heard() -> None:
    store, model = MemoryStore(), Recording("one", "two", "three")
    chat = Conversation([Assistant("ann", model=model), Assistant("bob", model=model)], until=MaxTurns(2), store=store)
    first = await chat.run("go", id="c")
    edits = [Edit.insert("bob", "I would say: stop")]
    branch = await chat.fork("c", at=seq_of(first.transcript, "one"), edits=edits, name="b")
    checked(branch.transcript)
    assert texts(branch.transcript)[2] == ("bob", "I would say: stop")
    assert {"role": "assistant", "content": "I would say: stop"} in model.bodies[-1]["messages"]


async def test_another_result_of_a_tool_is_what_the_model_is_told() -> None:
    looked: list[str] = []
    store = MemoryStore()
    model = Recording(asks(("look", '{"what":"weather"}')), "so it is")
    chat = Conversation([Assistant("ann", model=model, tools=[tool(_look(looked))])], until=MaxTurns(1), store=store)
    first = await chat.run("go", id="c")
    end = next(one.seq for one in only(first.transcript, CallFinished) if _is_tool(one.event))
    branch = await chat.fork("c", edits=[Edit.result(end, "a storm")], name="b")
    checked(branch.transcript)
    assert looked == ["weather"]
    assert model.bodies[-1]["messages"][-1] == {"role": "tool", "tool_call_id": "call_0", "content": "a storm"}


def _look(looked: list[str]) -> Any:
    def look(what: str) -> str:
        """Look."""
        looked.append(what)
        return "sunny"

    return look


async def test_another_reply_of_a_model() -> None:
    store = MemoryStore()
    chat = chat_of(store, "one", "two", turns=2)
    first = await chat.run("go", id="c")
    end = only(first.transcript, CallFinished)[0].seq
    branch = await chat.fork("c", edits=[Edit.result(end, "eins")], name="b")
    checked(branch.transcript)
    assert texts(branch.transcript) == [("user", "go"), ("ann", "eins"), ("bob", "two")]


async def test_a_reply_keeps_the_tool_calls_that_have_results() -> None:
    store = MemoryStore()
    model = Recording(asks(("look", '{"what":"x"}')), "nice", "again")
    chat = Conversation([Assistant("ann", model=model, tools=[tool(_look([]))])], until=MaxTurns(1), store=store)
    first = await chat.run("go", id="c")
    end = only(first.transcript, CallFinished)[0].seq
    with pytest.raises(EditRefused, match="call_0"):
        await chat.fork("c", at=len(first.transcript), edits=[Edit.result(end, "no tools")])
    branch = await chat.fork(
        "c", edits=[Edit.result(end, "no tools")], name="b"
    )  # at that event: nothing was called yet
    checked(branch.transcript)
    assert branch.output == "no tools"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (Edit.replace(1, "x"), "event 1 is opened, not a message"),
        (Edit.remove(4), "event 4 is turn_given, not a message"),
        (Edit.replace(99, "x"), "no event 99"),
        (Edit.result(3, "x"), "event 3 is said, not the end of a call"),
        (Edit.result(6, 5), "give its text"),
        (Edit.result(6, ToolResult(ok=True, value=1)), "ends a model call"),
    ],
)
async def test_an_edit_that_makes_no_sense_is_refused_and_nothing_is_written(edit: Edit, told: str) -> None:
    store = MemoryStore()
    chat = chat_of(store, "one", "two", turns=2)
    await chat.run("go", id="c")
    with pytest.raises((EditRefused, NoSuchEvent), match=told):
        await chat.fork("c", at=8, edits=[edit], name="b")
    assert [head.conversation for head in await store.heads()] == ["c"]


# another team


async def test_a_fork_under_another_persona_rule_and_budget_says_so() -> None:
    store = MemoryStore()
    first = await chat_of(store, "one", "two", "three", "four").run("go", id="c")
    model = Recording("brief", "brief too", "x", "x")
    stern = [Assistant("ann", model=model, instructions="Be stern."), Assistant("bob", model=model)]
    chat = Conversation(stern, until=MaxTurns(3), budget=Budget(calls=9), store=store)
    branch = await chat.fork("c", at=seq_of(first.transcript, "two"), name="b", reason="too soft")
    checked(branch.transcript)
    changed = [one.event for one in only(branch.transcript, PersonaChanged)]
    assert [(one.agent, one.reason) for one in changed if isinstance(one, PersonaChanged)] == [
        ("ann", "too soft"),
        ("bob", "too soft"),
    ]
    assert [one.event.act for one in only(branch.transcript, Edited) if isinstance(one.event, Edited)] == [
        "rules",
        "budget",
    ]
    assert branch.outcome.rule == "MaxTurns(turns=3)"
    assert model.bodies[0]["messages"][0] == {"role": "system", "content": "Be stern."}
    assert agreed_in(branch.transcript).cards["ann"].instructions == "Be stern."


async def test_a_fork_with_one_more_agent() -> None:
    store = MemoryStore()
    first = await chat_of(store, "one", "two", turns=2).run("go", id="c")
    model = ScriptedModel(["one", "two", "three", "four"])
    three = [Assistant(name, model=model) for name in ("ann", "bob", "cyd")]
    chat = Conversation(three, until=MaxTurns(3), store=store)
    branch = await chat.fork("c", at=seq_of(first.transcript, "two"), name="b")
    checked(branch.transcript)
    assert texts(branch.transcript)[-1] == ("cyd", "three")


async def test_who_took_part_cannot_be_left_out() -> None:
    store = MemoryStore()
    await chat_of(store, "one", "two", turns=2).run("go", id="c")
    alone = Conversation([Assistant("ann", model=ScriptedModel(["x"]))], until=MaxTurns(1), store=store)
    with pytest.raises(AgreementChanged, match="bob had turns"):
        await alone.fork("c", name="b")


async def test_a_changed_team_is_refused_on_resuming_or_goes_on_with_the_reason_recorded() -> None:
    store = MemoryStore()
    await chat_of(store, "one", "two", turns=2).run("go", id="c")
    model = Recording("ja", "nein", "ja", "nein")
    german = [Assistant("ann", model=model, instructions="Sprich Deutsch."), Assistant("bob", model=model)]
    chat = Conversation(german, until=MaxTurns(2), store=store)
    with pytest.raises(AgreementChanged, match=r"(?s)override=.*agent ann, instructions: was 'Be Ann"):
        await chat.resume("c", say="weiter")
    result = await chat.resume("c", say="weiter", override="the user speaks German")
    checked(result.transcript)
    assert [
        one.event.reason for one in only(result.transcript, PersonaChanged) if isinstance(one.event, PersonaChanged)
    ] == ["the user speaks German"] * 2
    assert texts(result.transcript)[-2:] == [("ann", "ja"), ("bob", "nein")]


# recorded calls


async def test_a_recorded_fork_makes_no_call() -> None:
    store = MemoryStore()
    model = Recording("one", "two", "three", "four")
    chat = Conversation([Assistant("ann", model=model), Assistant("bob", model=model)], until=MaxTurns(4), store=store)
    first = await chat.run("go", id="c")
    branch = await chat.fork("c", at=seq_of(first.transcript, "one"), calls="recorded", name="b")
    checked(branch.transcript)
    assert len(model.bodies) == 4
    assert texts(branch.transcript) == texts(first.transcript)
    taken = [
        one.event.taken_from for one in only(branch.transcript, CallFinished) if isinstance(one.event, CallFinished)
    ]
    assert [None if one is None else one.conversation for one in taken] == [None, "c", "c", "c"]


async def test_what_is_not_in_the_record_is_a_failure_with_the_nearest_named() -> None:
    store = MemoryStore()
    chat = chat_of(store, "one", "two", "three", "four")
    first = await chat.run("go", id="c")
    at = seq_of(first.transcript, "one")
    branch = await chat.fork("c", at=at, say="in French", calls="recorded", name="b")
    assert branch.outcome.kind == "failed"
    assert "NotRecorded" in branch.outcome.reason
    assert ".py:" not in branch.outcome.reason  # a line of our own tells nobody anything
    assert "messages[" in branch.outcome.reason


async def test_known_calls_are_taken_and_others_made() -> None:
    store, acted = MemoryStore(), []

    def act(what: str) -> str:
        """Act."""
        acted.append(what)
        return f"did {what}"

    model = Recording(asks(("act", '{"what":"this"}')), "done")
    chat = Conversation([Assistant("ann", model=model, tools=[tool(act)])], until=MaxTurns(1), store=store)
    await chat.run("go", id="c")
    branch = await chat.fork("c", at=3, say="politely", calls=MIXED, name="b")
    checked(branch.transcript)
    assert acted == ["this"]
    assert branch.output == "done"


async def test_calls_says_which() -> None:
    chat = chat_of(MemoryStore(), "one", turns=1)
    await chat.run("go", id="c")
    with pytest.raises(ConfigurationError, match="'live', 'recorded' or 'known'"):
        await chat.fork("c", calls="sometimes")  # type: ignore[arg-type]


# commands carry ids


async def test_the_same_command_again_does_nothing() -> None:
    store = MemoryStore()
    chat = chat_of(store, *"abcdefgh", turns=2)
    await chat.run("go", id="c")
    once = await chat.resume("c", say="more", id="m1")
    twice = await chat.resume("c", say="more", id="m1")
    assert [text for _, text in texts(twice.transcript)].count("more") == 1
    assert len(texts(once.transcript)) == 6


async def test_a_question_that_was_open_at_the_fork_is_put_anew(tmp_path: Path) -> None:
    ann = Assistant("ann", model=ScriptedModel(["At nine."]))
    chat = Conversation([UserProxy("me", human="always"), ann], until=MaxTurns(2), store=tmp_path / "team.db")
    first = await chat.run("Which day?", id="c")
    other = await chat.fork("c", name="b")
    old, new = first.questions[0], other.questions[0]
    assert (len(other.questions), new.text) == (1, old.text)
    with pytest.raises(ConfigurationError, match=f"no such question; what waits for an answer is '{new.id}'"):
        await chat.answer("c.b", old.id, "Friday")
    await chat.answer("c.b", new.id, "Friday")
    assert (await chat.resume("c.b")).output == "At nine."
    assert (await chat.resume("c")).questions == (old,)
    await chat.store.aclose()
