"""Text looked for in conversations: where it is found, as what, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from agentchat.agents.assistant import Assistant
from agentchat.agents.user_proxy import UserProxy
from agentchat.catalogue.looking import Found, search
from agentchat.catalogue.passages import KINDS, Kind, passages
from agentchat.catalogue.searching import matches, query
from agentchat.conversation import Conversation
from agentchat.errors import ConfigurationError, ModelRejected
from agentchat.forking import Edit
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.runtime.questions import Question
from agentchat.seams import Store
from agentchat.stores.memory import MemoryStore
from agentchat.stores.opening import open_store
from agentchat.transcript.events import Opened, Said
from agentchat.transcript.messages import Data, Direction, Text
from agentchat.transcript.transcript import Transcript
from tests.runtime.team import EchoSandbox
from tests.stores.around import AroundStore

from .teams import asks, chat

pytestmark = pytest.mark.anyio
RECORD = Path(__file__).parents[1] / "fixtures" / "format-1.jsonl"


async def found(store: Store, text: str, **more: object) -> list[Found]:
    return [one async for one in search(store, query(text, **more))]  # type: ignore[arg-type]  # passed on as it is


def told(one: Found) -> list[tuple[str, str, str]]:
    return [(match.kind, match.who, match.line) for match in one.matches]


async def with_a_program(answer: object) -> Transcript:
    model = ScriptedModel(["Look:\n```python\nprint('hidden')\n```", "DONE"])
    runner = UserProxy("runner", sandbox=EchoSandbox(), human="approve")
    team = [Assistant("coder", model=model), runner]
    asked: list[Question] = []

    def reply(question: Question) -> object:
        asked.append(question)
        return answer

    chat = Conversation(team, until=Mentions("DONE") | MaxTurns(4), answer=reply)
    return (await chat.run("Print something", id="c")).transcript


def kinds(transcript: Transcript, text: str, *asked: Kind, agent: str | None = None) -> list[tuple[str, str]]:
    wanted = query(text, kinds=asked, agent=agent)
    return [(match.kind, match.who) for match in matches(transcript, wanted)]


async def test_a_program_is_found_as_what_it_was_each_time() -> None:
    record = await with_a_program({"yes": True, "reason": "it looks harmless"})
    assert kinds(record, "hidden") == [
        ("said", "coder"),
        ("question", "user"),
        ("result", "runner"),
    ]
    assert kinds(record, "hidden", "code") == [("code", "runner")]
    assert kinds(record, "hidden", "reply", "said") == [("reply", "coder"), ("said", "coder")]
    assert kinds(record, "harmless") == [("answer", "user")]
    assert kinds(record, "hidden", agent="coder") == [("said", "coder")]
    assert kinds(record, "Print something", agent="user") == [("said", "user")]
    assert kinds(record, "nowhere") == []


async def test_tools_arguments_and_results_line_by_line() -> None:
    replies = (asks("look", '{"what":"the weather"}'), "fine", "DONE")
    record = (await chat(None, *replies, tools=True).run("go")).transcript
    (call,) = matches(record, query("the weather", kinds=("call",)))
    assert (call.who, call.line, call.line[call.start : call.end]) == ("ann", "what: the weather", "the weather")
    (result,) = matches(record, query("WEATHER"))
    assert (result.kind, result.line) == ("result", "but the WEATHER")
    assert kinds(record, "look", "call") == [("call", "ann")]
    assert kinds(record, "GARDENER") == []
    assert kinds(record, "GARDENER", "persona") == [("persona", "ann")]
    assert kinds(record, "bees", "persona") == [("persona", "bob")]


async def test_refusals_failures_and_endings() -> None:
    record = (await chat(None, ModelRejected("the needle broke")).run("go")).transcript
    assert kinds(record, "needle") == [("error", "ann"), ("error", "ann"), ("reason", "")]
    record = (await chat(None, asks("look", '{"needle":1}'), "x", tools=True).run("go")).transcript
    assert ("refused", "ann") in kinds(record, "what: ") + kinds(record, "needle")


def said(body: Text | Data | Direction) -> Transcript:
    record = Transcript()
    for event in (Opened(conversation="c", charter={}), Said(sender="user", body=body)):
        record.enter(event, at=1.0, active=0.0, cause=0)
    return record


def lines_in(body: Text | Data | Direction, text: str, *, ignore_case: bool = False) -> list[str]:
    return [match.line for match in matches(said(body), query(text, regex=True, ignore_case=ignore_case))]


def test_every_line_with_a_match_comes_once() -> None:
    text = Text.of("one two\r\none one\n\nnone\ttwo")
    record = said(text)
    lines = [(match.line, match.start, match.end) for match in matches(record, query("one"))]
    assert lines == [("one two\r", 0, 3), ("one one", 0, 3), ("none\ttwo", 1, 4)]
    assert lines_in(text, "^none|two$") == ["none\ttwo"]
    assert lines_in(text, "ONE", ignore_case=True) == ["one two\r", "one one", "none\ttwo"]
    (over,) = matches(record, query("one\n\nnone"))
    assert (over.line, over.start, over.end) == ("one one", 4, 7), "a match of several lines stands in its first"
    assert list(matches(record, query("x*", regex=True))) == []
    assert [match.seq for match in matches(record, query("one"), after=2)] == []


def test_typed_messages_and_directions_are_searched_leaf_by_leaf() -> None:
    notes: JsonValue = ["first\nsecond", {"count": 3, "none": None}]
    report = Data(type="Report", value={"title": "Bees", "notes": notes, "ok": True})
    assert lines_in(report, ".") == ["title: Bees", "notes: first", "second", "notes: count: 3", "ok: true"]
    direction = Direction(next="ann", instruction="dig", reason="it is dry", answer={"plan": "wait"})
    assert lines_in(direction, "i") == ["dig", "it is dry", "plan: wait"]


async def test_what_a_branch_has_from_its_parent_is_found_in_the_parent() -> None:
    store = MemoryStore()
    await chat(store, "bees hum", "two", "three").run("about bees", id="c")
    await chat(store, "bees hum", "bees sting", "three").fork("c", at=7, say="more bees", name="b")
    results = {one.id: told(one) for one in await found(store, "bees")}
    assert results["c"] == [("said", "user", "about bees"), ("said", "ann", "bees hum")]
    assert results["c.b"] == [("said", "user", "more bees"), ("said", "bob", "bees sting")]


async def test_what_was_edited_is_found_in_the_branch() -> None:
    store = MemoryStore()
    first = await chat(store, "bees hum", "two", "three").run("go", id="c")
    (seq,) = [message.seq for message in first.transcript.messages() if message.text == "bees hum"]
    team = chat(store, "bees hum", "two", "three")
    await team.fork("c", edits=[Edit.replace(seq, "wasps hum")], name="b", reason="they were wasps")
    assert [one.id for one in await found(store, "bees")] == ["c"]
    ((branch),) = await found(store, "wasps")
    assert {kind for kind, _, _ in told(branch)} == {"said", "reason"}


async def test_what_cannot_hold_the_text_is_not_read_any_further(tmp_path: Path) -> None:
    store = open_store(tmp_path / "team.db")
    await chat(store, "hives", "two").run("x" * 100_000 + "\nneedle", id="a")
    await chat(store, "wasps", "two").run("go", id="b")
    reads: list[tuple[str, int]] = []

    class Counting(AroundStore):
        async def read(self, conversation: str, *, after: int = 0) -> list[bytes]:
            reads.append((conversation, after))
            return await super().read(conversation, after=after)

    for text, ids in (("wasps", ["b"]), ("needle", ["a"]), ("nothing of it", []), ("hives", ["a"])):
        reads.clear()
        assert [one.id for one in await found(Counting(store), text)] == ids
        assert sorted(name for name, _ in reads) == sorted(["a", "b", *ids]), "a second time where it may be"
    await store.aclose()


async def test_one_that_cannot_be_read_is_told_and_hides_no_other() -> None:
    store = MemoryStore()
    for id in "abc":
        await chat(store, "bees", "two").run("go", id=id)
    store._lines["b"][3] = store._lines["b"][3].replace(b"go", b"no").replace(b"ann", b"bob")
    results = {one.id: one for one in await found(store, "bees")}
    assert {id for id, one in results.items() if one.matches} == {"a", "c"}
    assert "does not continue" in str(results["b"].damage)


@pytest.mark.parametrize("text", ["", "("])
def test_what_cannot_be_looked_for(text: str) -> None:
    with pytest.raises(ConfigurationError, match="nothing to look for" if not text else "no regular expression"):
        query(text, regex=True)


def test_every_event_of_every_kind_can_be_searched() -> None:
    record = Transcript.load(RECORD)
    seen = {passage.kind for entry in record for passage in passages(record, entry)}
    assert seen == set(KINDS)


@given(st.text(min_size=1), st.text(), st.text())
def test_a_text_is_found_where_it_stands_and_never_ruled_out(text: str, before: str, after: str) -> None:
    try:
        record = said(Text.of(before + text + after))
    except ValueError:  # a lone surrogate cannot be written
        return
    wanted = query(text)
    first = next(matches(record, wanted))
    assert first.line[first.start : first.end] == text.split("\n", maxsplit=1)[0][: first.end - first.start]
    assert wanted.may_be_in(record.line(2))
    assert next(matches(record, query(text, ignore_case=True)))
