"""Runs under a budget, decided again: denials, warnings, overruns and closing turns come out as they were recorded."""

from __future__ import annotations

import pytest

from agentchat.debug.replay import differences
from agentchat.policy.board import CLOSING
from agentchat.policy.charter import CallLimits
from agentchat.policy.decide import decide
from agentchat.policy.rules import External, Failures, MaxTurns
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.transcript.calls import AskRecipe, ToolRecipe, Usage
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallInDoubt,
    Event,
    Interrupted,
    Overrun,
    TurnGiven,
    Warned,
)
from agentchat.transcript.transcript import Transcript
from tests.policy.acts import acts
from tests.policy.cards import PRICE, card, handy, model, team
from tests.policy.play import Play, problem, text

PRICED = model(price=PRICE, tier="fast")


def same(play: Play) -> None:
    assert list(differences(play.log)) == []
    assert list(differences(Transcript.loads(play.log.dumps()))) == []


def kinds(play: Play) -> list[str]:
    return [entry.event.kind for entry in play.log]


@pytest.mark.parametrize(
    ("budget", "scope", "unit"),
    [
        (Budget(calls=1), "budget", "calls"),
        (Budget(tokens=100), "budget", "tokens"),
        (Budget(usd=0.00001), "budget", "usd"),
        (Budget(calls=9, agents={"a": Cap(calls=1)}), "agent a", "calls"),
        (Budget(calls=9, agents={"a": Cap(tokens=100)}), "agent a", "tokens"),
        (Budget(calls=9, tiers={"fast": Cap(calls=1)}), "tier fast", "calls"),
        (Budget(calls=9, tiers={"fast": Cap(tokens=400, usd=1)}), "tier fast", "tokens"),
    ],
)
def test_denials_are_decided_the_same_again(budget: Budget, scope: str, unit: str) -> None:
    play = Play(agreed=team(card("a", model=PRICED))).start(MaxTurns(3), budget)
    play.run(acts("twice"))
    denied = next(entry.event for entry in play.log if isinstance(entry.event, CallDenied))
    assert (denied.reason, denied.values["scope"], denied.values["unit"]) == ("budget", scope, unit)
    same(play)


@pytest.mark.parametrize(
    "recipe",
    [
        ToolRecipe(name="look", arguments={}, tool_call_id="x"),
        AskRecipe(question="?", answer_schema={}, to="user", tool_call_id="x"),
    ],
)
def test_denials_of_what_a_model_asked_for_are_too(recipe: ToolRecipe | AskRecipe) -> None:
    play = Play(agreed=team(handy("a"), limits=CallLimits(tool_calls=1))).start(External() | MaxTurns(3))
    play.give()
    play.call_code()
    if isinstance(recipe, AskRecipe):
        play.offer(Interrupted(by="user"))
    assert isinstance(play.begin(recipe, "d").event, CallDenied)
    play.decided()
    same(play)


def test_a_delegation_that_is_denied() -> None:
    play = Play(agreed=team(card("a", model=PRICED))).start(MaxTurns(3), Budget(calls=1))
    play.give()
    play.call_model()
    denied = play.tool("x", holds=True).event
    assert isinstance(denied, CallDenied)
    assert (denied.call, denied.values["asked"]) == ("tool", 1)
    same(play)


def test_a_warning_comes_before_a_stop() -> None:
    play = Play(agreed=team(card("a"))).start(MaxTurns(9), Budget(calls=2, seconds=5))
    play.run(acts("twice"))
    told = [entry for entry in play.log if isinstance(entry.event, Warned)]
    assert [entry.event.values["percent"] for entry in told if isinstance(entry.event, Warned)] == [90]
    assert kinds(play)[-2:] == ["turn_cancelled", "closed"]
    same(play)


@pytest.mark.parametrize(
    "lost",
    [
        CallFailed(call=5, error=problem("ModelServerError"), retryable=True),
        CallCancelled(call=5, reason="stop"),
        CallInDoubt(call=5, policy="retry"),
    ],
)
def test_lost_calls_bring_their_warning(lost: Event) -> None:
    play = Play(agreed=team(card("a", model=PRICED.model_copy(update={"max_output": 900})))).start(
        MaxTurns(9), Budget(tokens=1000)
    )
    play.give()
    assert play.ask().seq == 5
    assert decide(play.log) is None  # asked already: what comes then must not hang on it
    ended = play.offer(lost)
    warned = play.log[ended.seq + 1].event
    assert isinstance(warned, Warned)
    assert (warned.values["unit"], warned.values["percent"], warned.values["cap"]) == ("tokens", 90, 1000)
    play.fail()
    same(play)


def test_a_call_that_takes_more_than_it_reserved_ends_all_calls() -> None:
    play = Play(agreed=team(card("a", model=PRICED), card("b", model=PRICED))).start(
        MaxTurns(9) | Failures(9), Budget(tokens=100_000)
    )
    play.give()
    ended = play.call_model(reply=text("much", Usage(input_tokens=90_000, output_tokens=50_000)))
    over = play.log[ended.seq + 1].event
    assert isinstance(over, Overrun)
    assert over.call == ended.seq - 1
    assert over.values["spent"] == 140_000
    play.say(calls=(ended.seq,))
    play.give()
    denied = play.call_model().event
    assert isinstance(denied, CallDenied)
    assert denied.values["overrun"] == ended.seq - 1
    play.fail("CallNotAdmitted")
    assert play.close().outcome == "limit"
    same(play)


def test_a_warning_is_told_once_a_run() -> None:
    play = Play(agreed=team(card("a"))).start(MaxTurns(9), Budget(calls=10))
    play.run(acts("model"))
    play.start(MaxTurns(9), Budget(calls=10), task=None)
    play.run(acts("model"))
    told = [entry.event.values["percent"] for entry in play.log if isinstance(entry.event, Warned)]
    assert told == [70, 90, 70, 90]
    same(play)


def test_a_spent_budget_leaves_room_for_last_words() -> None:
    """One agent has nothing left; who spoke last and still has something says what there is to say."""
    agreed = team(card("a", model=PRICED), card("b", model=PRICED))
    play = Play(agreed=agreed).start(MaxTurns(9), Budget(calls=9, agents={"b": Cap(calls=1)}))
    play.run(acts("model", "twice", "paid"))
    closing = [entry for entry in play.log if isinstance(entry.event, TurnGiven) and entry.event.why.router == CLOSING]
    assert [entry.event.to for entry in closing if isinstance(entry.event, TurnGiven)] == ["a"]
    assert kinds(play)[closing[0].seq - 1 :] == ["turn_given", "call_started", "call_finished", "said", "closed"]
    same(play)
