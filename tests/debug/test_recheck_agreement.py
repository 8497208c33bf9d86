"""A team of today held against a recorded agreement: whatever was changed is named, and where it shows first."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.agents.supervisor import Supervisor
from agentchat.conversation import Conversation
from agentchat.forking import Edit
from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import CallLimits
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.prices import Price
from agentchat.rechecking import Replayed, recheck
from agentchat.seams import Tool, Turn
from agentchat.stores.memory import MemoryStore
from agentchat.tools.function import tool
from tests.runtime.team import Recording

pytestmark = pytest.mark.anyio
TOLD = "Write short texts.\nOne at a time.\nIn English."


class Report(BaseModel):
    passed: bool


def look(what: str) -> str:
    """Look something up."""
    return what


def see(what: str) -> str:
    """Look something up."""
    return what.upper()


def chat(**changes: Any) -> Conversation:
    """A team of two, with parts of it as they are given."""
    given = {"instructions": TOLD, "description": "writes", "tools": [look], "emits": None, "model": model(), **changes}
    ann = Assistant("ann", **{name: given[name] for name in ("instructions", "description", "tools", "emits", "model")})
    team = given.get("team", [ann, Assistant("bob", model=model("b"))])
    rules = {name: given[name] for name in ("limits", "in_doubt", "routing") if name in given}
    return Conversation(team, until=given.get("until", MaxTurns(3)), budget=given.get("budget"), **rules)


def model(name: str = "m", **card: Any) -> Recording:
    return Recording("one", "two", "three", "four", name=name, **card)


class Hotter(Recording):
    """The same model with another setting."""

    def card(self) -> ModelCard:
        return ModelCard(name="m", tail='],"model":"m","temperature":0.9')


def see_as_look() -> Tool:
    return tool(see, name="look")


async def held_against(today: Conversation, **more: Any) -> Replayed:
    transcript = (await chat().run("Go.")).transcript
    assert (await recheck(transcript, team=chat())).equal
    return await recheck(transcript, team=today, **more)


@pytest.mark.parametrize(
    ("changes", "what", "shows"),
    [
        ({"instructions": "Write long texts."}, "the agreement: agent ann, instructions", (5, "the prompt of ann")),
        ({"description": "reads"}, "the agreement: agent ann, description", None),
        ({"tools": []}, "the agreement: agent ann, tool look", (5, "the prompt of ann")),
        ({"tools": [see]}, "the agreement: agent ann, tool look", (5, "the prompt of ann")),
        ({"tools": [see_as_look()]}, "the agreement: agent ann, tool look", None),
        ({"emits": Report}, "the agreement: agent ann, emits", (7, "a message")),
        ({"model": model("other")}, "the agreement: agent ann, model", (5, None)),
        ({"model": Hotter("x", name="m")}, "the agreement: agent ann, model", (5, "the prompt of ann")),
        ({"limits": CallLimits(model_calls=3)}, "the agreement: limits", None),
        ({"in_doubt": "fail"}, "the agreement: in_doubt", None),
        ({"team": [Assistant("ann", model=model())]}, "the agreement: agent ann, description", (5, None)),
        ({"until": MaxTurns(2)}, "the rule that ends a run", (12, "the decision")),
        ({"until": MaxTurns(4)}, "the rule that ends a run", (16, "the decision")),
        ({"until": Mentions("one") | MaxTurns(3)}, "the rule that ends a run", (8, "the decision")),
        ({"budget": Budget(calls=2)}, "the budget", (11, None)),
    ],
)
async def test_a_change_is_named_and_where_it_shows(
    changes: dict[str, Any], what: str, shows: tuple[int, str | None] | None
) -> None:
    replayed = await held_against(chat(**changes))
    assert replayed.differences[0].what == what
    later = [one for one in replayed.differences if one.seq]
    if shows is None:
        assert later == []
    else:
        assert later[0].seq == shows[0]
        assert shows[1] is None or later[0].what == shows[1]
        assert later[0].note == "as the team is today; what follows may be other as well"


async def test_changed_instructions_are_shown_as_lines_and_in_the_request() -> None:
    replayed = await held_against(chat(instructions=TOLD.replace("One", "Two")))
    assert str(replayed).split("\n")[1:] == [
        "the agreement: agent ann, instructions",
        "  --- recorded",
        "  +++ now",
        "  @@ -1,3 +1,3 @@",
        "   Write short texts.",
        "  -One at a time.",
        "  +Two at a time.",
        "   In English.",
        "event 5, the prompt of ann",
        "  recorded: messages[0].content: …Write short texts.\\nOne at a time.\\nIn English.'",
        "  now:      messages[0].content: …Write short texts.\\nTwo at a time.\\nIn English.'",
        "  note:     as the team is today; what follows may be other as well",
        "  message 1 (system) differs:",
        "  --- recorded",
        "  +++ now",
        "  @@ -1,3 +1,3 @@",
        "   Write short texts.",
        "  -One at a time.",
        "  +Two at a time.",
        "   In English.",
        "  message 2: the same",
    ]


async def test_a_changed_setting_is_shown_by_its_name() -> None:
    replayed = await held_against(chat(model=Hotter("x", name="m")))
    assert "  temperature: not set → 0.9" in str(replayed).split("\n")


async def test_who_is_new_and_who_is_gone_is_named() -> None:
    whole = chat().terms.agents
    more = Conversation([*whole, Assistant("zoe", model=model("z"))], until=MaxTurns(3))
    fewer = Conversation(whole[:1], until=MaxTurns(3))
    swapped = Conversation(whole[::-1], until=MaxTurns(3))
    assert (await held_against(more)).differences[0].what == "the agreement: agent zoe"
    gone = await held_against(fewer)
    assert str(gone.differences[0]) == "the agreement: agent bob\n  recorded: in the team\n  now:      not in the team"
    order = (await held_against(swapped)).differences
    assert (order[0].what, order[0].recorded, order[0].now) == (
        "the agreement: the order of the agents",
        "ann, bob",
        "bob, ann",
    )
    assert (order[1].seq, order[1].what) == (4, "the decision")


async def test_a_changed_routing_and_a_changed_type_are_found() -> None:
    def typed(kind: type[BaseModel]) -> Conversation:
        answers = Recording('{"passed":true,"note":"x"}', '{"passed":true,"note":"x"}')
        return Conversation([Assistant("ann", model=answers, emits=kind)], until=MaxTurns(1))

    class Noted(BaseModel):
        passed: bool
        note: str

    Noted.__name__ = "Report"
    transcript = (await typed(Report).run("Go.")).transcript
    found = (await recheck(transcript, team=typed(Noted))).differences
    assert "the agreement: message type Report" in [one.what for one in found]
    assert "the agreement: agent ann, form native" in [one.what for one in found]
    directed = Conversation(Supervisor("chief", team=chat().terms.agents, model=model("s")), until=MaxTurns(3))
    assert "the agreement: routing" in [one.what for one in (await held_against(directed)).differences]


async def test_prices_are_no_difference_and_rules_may_be_left_out() -> None:
    priced = chat(model=model(price=Price(input=1.0, output=2.0, source="test")))
    assert (await held_against(priced)).equal
    assert not (await held_against(chat(until=MaxTurns(9)))).equal
    assert (await held_against(chat(until=MaxTurns(9)), bounds=False)).equal


async def test_the_text_of_a_function_counts_unless_it_is_run() -> None:
    def made(loud: bool) -> Conversation:
        if loud:

            @agent
            async def echo(text: str, turn: Turn) -> str:
                return f"{text}!"
        else:

            @agent
            async def echo(text: str, turn: Turn) -> str:
                return text + "!"

        return Conversation([echo], until=MaxTurns(1))

    transcript = (await made(True).run("Go.")).transcript
    (difference,) = (await recheck(transcript, team=made(False))).differences
    assert difference.what == "the agreement: agent echo, source"
    replayed = await recheck(transcript, team=made(False), agents=True)
    assert (replayed.differences, dict(replayed.run_again)) == ([], {"echo": 1})


async def test_an_agreement_that_was_changed_on_the_way_is_held_against_its_last_state() -> None:
    kept = MemoryStore()

    def held(instructions: str) -> Conversation:
        ann = Assistant("ann", instructions=instructions, model=Recording("one", "two", "three", "four"))
        return Conversation([ann], until=MaxTurns(2), store=kept)

    first = await held("Be brief.").run("Go.", id="c")
    said = next(message.seq for message in first.transcript.messages() if message.text == "one")
    branch = await held("Be long.").fork("c", edits=[Edit.replace(said, "eins")])
    assert (await recheck(branch.transcript, team=held("Be long."))).equal
    (difference,) = (await recheck(branch.transcript, team=held("Be brief."))).differences
    assert (difference.what, difference.recorded, difference.now) == (
        "the agreement: agent ann, instructions",
        "Be long.",
        "Be brief.",
    )
