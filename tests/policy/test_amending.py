"""Going on under another agreement: what differs, and which events say so."""

from __future__ import annotations

import pytest

from agentchat.errors import AgreementChanged
from agentchat.policy.amending import amendments, differing
from agentchat.policy.charter import CallLimits, Charter
from agentchat.policy.rules import MaxTurns, Rule
from agentchat.policy.spending.budget import Budget
from agentchat.transcript.events import Edited, Event, PersonaChanged
from tests.policy.cards import DRAFT, card, charter, team
from tests.policy.play import Play

RULE, BUDGET = MaxTurns(9), Budget()


def begun() -> Play:
    play = Play("a", "b").start(RULE)
    play.give()
    play.say()
    return play


def amended(play: Play, agreed: Charter, rule: Rule = RULE, budget: Budget = BUDGET) -> list[Event]:
    return amendments(play.log, agreed, rule, budget, author="eve", reason="so")


def acts(events: list[Event]) -> list[str]:
    return [event.act for event in events if isinstance(event, Edited)]


def test_nothing_is_entered_where_nothing_changed() -> None:
    play = begun()
    assert differing(play.log, charter("a", "b"), RULE, BUDGET) == []
    assert amended(play, charter("a", "b")) == []


def test_rules_and_budget_of_a_run_that_goes_on_are_edits() -> None:
    play, rule, budget = begun(), MaxTurns(3), Budget(calls=7)
    assert differing(play.log, charter("a", "b"), rule, budget) == [
        "until: was MaxTurns(turns=9), is MaxTurns(turns=3)",
        "budget: was Budget(), is Budget(calls=7)",
    ]
    events = amended(play, charter("a", "b"), rule, budget)
    assert acts(events) == ["rules", "budget"]
    assert {(event.author, event.reason) for event in events if isinstance(event, Edited)} == {("eve", "so")}


def test_a_run_that_is_over_keeps_its_own() -> None:
    play = Play("a", "b").start(MaxTurns(1))
    play.give()
    play.say()
    play.close()
    assert differing(play.log, charter("a", "b"), MaxTurns(3), Budget(calls=7)) == []
    assert amended(play, charter("a", "b"), MaxTurns(3), Budget(calls=7)) == []


def test_a_changed_card_is_that_agents_alone() -> None:
    (event,) = amended(begun(), team(card("a"), card("b", instructions="Be brief.")))
    assert isinstance(event, PersonaChanged)
    assert (event.agent, event.card["instructions"]) == ("b", "Be brief.")


@pytest.mark.parametrize(
    "other",
    [
        team(card("b"), card("a")),
        team(card("a"), card("b"), card("c")),
        team(card("a", instructions="Else."), card("b"), limits=CallLimits(model_calls=3)),
        team(card("a", instructions="Else."), card("b")).model_copy(update={"schemas": {"Draft": DRAFT}}),
    ],
)
def test_anything_else_changes_the_agreement_as_a_whole(other: Charter) -> None:
    events = amended(begun(), other)
    assert acts(events) == ["agreement"]
    assert len(events) == 1


def test_who_took_part_cannot_be_left_out() -> None:
    play = begun()
    with pytest.raises(AgreementChanged, match="agent a had turns, and is not in the team"):
        amended(play, charter("b", "c"))
    assert acts(amended(play, charter("a", "c"))) == ["agreement"]
