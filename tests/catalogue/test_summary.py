"""One conversation in a few words and numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.agents.user_proxy import UserProxy
from agentchat.catalogue.opening import LONGEST, Origin
from agentchat.catalogue.summary import summary_of
from agentchat.conversation import Conversation
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.policy.spending.usage import Count
from agentchat.routing import Selector
from agentchat.stores.memory import MemoryStore
from agentchat.stores.reading import load
from agentchat.transcript.events import Closed
from agentchat.transcript.transcript import Transcript

from .teams import PricedModel, Time, asks, chat, paid

pytestmark = pytest.mark.anyio


async def test_a_conversation_that_is_done() -> None:
    replies = (paid("first"), paid("second DONE"))
    result = await chat(None, *replies, model=PricedModel, turns=9, clock=Time()).run("Plant  a\n tree", id="c")
    summary = summary_of(result.transcript)
    assert (summary.id, summary.words, summary.agents) == ("c", "Plant a tree", ("ann", "bob"))
    assert (summary.turns, summary.calls, summary.events) == (2, 2, len(result.transcript))
    assert (str(summary.usd), summary.tokens) == ("$0.006", Count(3000))
    assert (summary.state, summary.question, summary.origin) == ("done", None, None)
    assert summary.reason == result.outcome.reason
    assert (summary.began, summary.at) == (result.transcript[1].at, result.transcript[len(result.transcript)].at)


async def test_what_is_not_known_is_a_lower_bound_or_unknown() -> None:
    some = await chat(None, paid("one"), paid("two", None, None), model=PricedModel).run("go")
    assert (str(summary_of(some.transcript).usd), str(summary_of(some.transcript).tokens)) == ("≥ $0.003", "≥ 1,500")
    none = await chat(None, "one", "two").run("go")
    assert (str(summary_of(none.transcript).usd), str(summary_of(none.transcript).tokens)) == ("unknown", "unknown")


async def test_a_branch_counts_what_it_did_itself() -> None:
    store = MemoryStore()
    replies = [paid(str(number)) for number in range(8)]
    first = await chat(store, *replies, model=PricedModel, turns=2).run("the task", id="c")
    parent = summary_of(first.transcript)
    more = chat(store, *replies, model=PricedModel, turns=3)
    branch = summary_of((await more.fork("c", at=7, say="and in verse", name="b")).transcript)
    assert (branch.id, branch.words, branch.origin) == ("c.b", "and in verse", Origin("branch", "c", 7))
    assert branch.turns == 2
    assert str(branch.usd) == "$0.006", "one was made before the fork, and two after it"
    assert branch.events == len(await store.read("c.b")) - 7
    again = await more.fork("c.b", name="d", reason="for the record")
    grand = summary_of(again.transcript)
    assert (grand.words, grand.origin) == ("for the record", Origin("branch", "c.b", branch.events + 7))
    assert (parent.turns, str(parent.usd)) == (2, "$0.006")


async def test_a_branch_without_words_of_its_own_has_those_of_its_parent() -> None:
    store = MemoryStore()
    await chat(store, "one", "two", "three").run("the task", id="c")
    branch = await chat(store, "one", "two", "three").fork("c", at=7, name="b")
    assert summary_of(branch.transcript).words == "the task"


async def test_one_that_waits_for_a_person() -> None:
    model = ScriptedModel(["```python\nprint(1)\n```", "DONE"])
    team = [Assistant("coder", model=model), UserProxy("runner", sandbox="monty", human="approve")]
    result = await Conversation(team, until=Mentions("DONE") | MaxTurns(4)).run("go")
    summary = summary_of(result.transcript)
    assert summary.state == "paused"
    assert "print(1)" in str(summary.question)


async def test_one_that_was_cut_off_is_open() -> None:
    whole = (await chat(None, "one", "two").run("go")).transcript
    for upto in range(3, len(whole) + 1):
        expected = "limit" if isinstance(whole[upto].event, Closed) else "open"
        if not any(isinstance(entry.event, Closed) for entry in whole.upto(upto - 1)):
            assert summary_of(whole.upto(upto)).state == expected


async def test_a_second_run_counts_too_and_decides_how_it_stands() -> None:
    store = MemoryStore()
    team = chat(store, "one", "two", "three", "DONE")
    await team.run("go", id="c")
    summary = summary_of((await team.resume("c", say="more")).transcript)
    assert (summary.state, summary.turns, summary.words) == ("done", 4, "go")


async def test_the_turns_of_who_only_chooses_are_not_counted() -> None:
    model = ScriptedModel(['{"next": "ann"}', "one", '{"next": "bob"}', "DONE"])
    team = [Assistant("ann", model=model), Assistant("bob", model=model)]
    result = await Conversation(team, routing=Selector(model=model), until=Mentions("DONE") | MaxTurns(3)).run("go")
    summary = summary_of(result.transcript)
    assert summary.state == "done"
    assert summary.turns == 2
    assert summary.calls == 4


async def test_a_conversation_held_inside_another() -> None:
    store = MemoryStore()
    inner = chat(store, "found", "DONE").as_tool("research")
    boss = Assistant("boss", model=ScriptedModel([asks("research", '{"task":"find it"}'), "DONE"]), tools=[inner])
    await Conversation([boss], until=Mentions("DONE") | MaxTurns(2), store=store).run("go", id="c")
    (id,) = [head.conversation for head in await store.heads() if head.conversation != "c"]
    summary = summary_of(await load(store, id))
    assert summary.words == "find it"
    assert summary.origin is not None
    assert summary.origin[:2] == ("inside", "c")


async def test_long_words_are_cut_off() -> None:
    result = await chat(None, "one", "two").run("word " * 100_000)
    words = summary_of(result.transcript).words
    assert len(words) == LONGEST
    assert words.endswith("…")


def test_a_record_of_every_kind_of_event_is_summed_up() -> None:
    record = Transcript.load(Path(__file__).parents[1] / "fixtures" / "format-1.jsonl")
    summary = summary_of(record)
    assert 0 < summary.events < len(record), "it is a branch"
    assert summary.at == record[len(record)].at
    assert summary.agents
