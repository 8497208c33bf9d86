"""What is spent and what is set aside: every way in which a call ends, in every scope."""

from __future__ import annotations

import pytest

from agentchat.policy.spending.amounts import Amount, amount_of, scopes_of
from agentchat.policy.spending.ledger import Ledger, measured
from agentchat.policy.spending.prices import cost, nanos
from agentchat.transcript.calls import JsonObject, Reserved, Usage
from agentchat.transcript.events import Forked, Interrupted, Overrun, PersonaChanged, Position, Taken, Warned
from tests.policy.spending import DEAR, Spending, again, agent, figures, model, usage

SOME = Reserved(tokens=100, usd=0.002)
ALL = ("budget", "agent coder", "tier smart")


def spent(play: Spending, scope: str = "budget") -> tuple[Amount, Amount]:
    account = play.ledger.account(scope, "run")
    assert figures(again(play.log)) == figures(play.ledger)
    return account.spent, account.held


def test_a_call_sets_aside_until_it_is_over() -> None:
    play = Spending()
    call = play.ask("coder", "big", SOME)
    for scope in ALL:
        assert spent(play, scope) == (Amount(calls=1), Amount(0, 100, 2_000_000))
        assert play.ledger.account(scope, "run").taken == Amount(1, 100, 2_000_000)
    play.reply(call, usage(50, 10, cached=20))
    paid = cost(DEAR, usage(50, 10, cached=20))
    assert paid is not None
    for scope in ALL:
        assert spent(play, scope) == (Amount(1, 60, nanos(paid)), Amount())
    assert spent(play, "agent boss") == (Amount(), Amount())
    assert play.ledger.out == {}


@pytest.mark.parametrize(
    ("told", "tokens", "usd"),
    [
        (None, 100, 2_000_000),
        (Usage(), 100, 2_000_000),
        (usage(30, None), 100, 2_000_000),
        (usage(None, 30), 100, 2_000_000),
        (usage(0, 0), 100, 2_000_000),
        (usage(-50, 70), 100, 2_000_000),
        (usage(5, -1), 100, 2_000_000),
        (usage(1, 0), 1, 10_000),
    ],
)
def test_usage_that_is_missing_or_cannot_be_meant_costs_what_was_reserved(
    told: Usage | None, tokens: int, usd: int
) -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", SOME), told)
    assert spent(play) == (Amount(1, tokens, usd), Amount())
    assert play.ledger.excesses == {}


def test_half_a_report_above_the_reservation_is_a_lower_bound_all_the_same() -> None:
    play = Spending()
    call = play.ask("coder", "big", SOME)
    play.reply(call, usage(150, None))
    assert spent(play) == (Amount(1, 150, 2_000_000), Amount())
    assert play.ledger.stopped == {(scope, "tokens"): call for scope in ALL}


@pytest.mark.parametrize("end", ["fail", "cancel", "doubt"])
def test_what_became_of_a_call_is_unknown_so_it_costs_what_was_reserved(end: str) -> None:
    play = Spending()
    getattr(play, end)(play.ask("coder", "big", SOME))
    assert spent(play) == (Amount(1, 100, 2_000_000), Amount())


@pytest.mark.parametrize(
    ("error", "partial", "tokens"),
    [
        ("ModelUnreachable", None, 0),
        ("ModelKeyMissing", None, 0),
        ("RealModelForbidden", None, 0),
        ("ModelBusy", None, 0),
        ("ModelBusy", "Well", 100),
        ("ModelRejected", None, 0),
        ("ModelUnsupported", None, 0),
        ("ModelRejected", "Well", 100),
        ("ModelTimeout", None, 100),
        ("ModelBadReply", None, 100),
    ],
)
def test_a_call_that_no_model_saw_costs_the_attempt_alone(error: str, partial: str | None, tokens: int) -> None:
    play = Spending()
    play.fail(play.ask("coder", "big", SOME), error, partial)
    now, held = spent(play)
    assert (now.calls, now.tokens, held) == (1, tokens, Amount())


def test_a_tool_that_failed_for_want_of_a_connection_had_a_conversation_before() -> None:
    play = Spending()
    play.fail(play.delegate("boss", Reserved(calls=2, tokens=9)), "ModelUnreachable")
    assert spent(play) == (Amount(2, 9, 0), Amount())


def test_what_a_child_conversation_spent_counts_and_what_it_does_not_say_is_what_was_reserved() -> None:
    play = Spending()
    call = play.delegate("boss", Reserved(calls=5, tokens=1000, usd=0.5))
    assert spent(play, "agent boss") == (Amount(), Amount(5, 1000, 500_000_000))
    play.back(call, Reserved(calls=2, tokens=10, usd=0.25), child="d")
    assert spent(play, "agent boss") == (Amount(2, 10, 250_000_000), Amount())
    play.back(play.delegate("boss", Reserved(calls=5, tokens=1000, usd=0.5)), Reserved(tokens=7))
    assert spent(play) == (Amount(7, 17, 750_000_000), Amount())
    play.back(play.delegate("boss", Reserved(calls=1)))
    assert spent(play) == (Amount(8, 17, 750_000_000), Amount())
    play.back(play.delegate("boss", Reserved(tokens=1)), Reserved(calls=0, usd=0.0))
    assert spent(play) == (Amount(8, 18, 750_000_000), Amount())
    assert play.ledger.stopped == {}


def test_a_tool_that_reserved_nothing_was_to_spend_nothing() -> None:
    play = Spending()
    play.back(play.delegate("boss"))
    assert (spent(play), play.ledger.stopped) == ((Amount(), Amount()), {})
    call = play.delegate("boss")
    play.back(call, Reserved(calls=1))
    assert spent(play) == (Amount(calls=1), Amount())
    assert play.ledger.stopped == {("budget", "calls"): call, ("agent boss", "calls"): call}


def test_programs_questions_and_ends_of_nothing_cost_nothing() -> None:
    play = Spending()
    play.ran(play.code("boss"))
    play.question("boss")
    play.reply(99, usage(1, 1))
    play.fail(99, "ModelUnreachable")
    play.enter(Interrupted(by="user"))
    call = play.ask("boss", "small")
    play.cancel(call)
    play.reply(call, usage(10, 10))  # too late: it is settled
    assert spent(play) == (Amount(calls=1), Amount())
    play.ran(play.ask("boss", "small", SOME))  # a result of another kind tells nothing
    play.reply(play.delegate("boss", SOME), usage(1, 1))
    assert spent(play)[0].tokens == 200


def test_a_call_without_a_reservation_costs_what_is_reported_and_passes_no_bound() -> None:
    play = Spending()
    play.reply(play.ask("odd", "new"), usage(5, 5))
    play.reply(play.ask("odd", "a model of its own"), usage(1, 1))
    play.reply(play.ask("nobody", "new", Reserved(usd=0.5)), usage(1, 1))
    assert spent(play) == (Amount(3, 14, 500_000_000), Amount())
    assert play.ledger.stopped == {}


def test_more_than_reserved_stops_the_scopes_of_the_call_until_the_next_run() -> None:
    play = Spending()
    call = play.ask("coder", "big", Reserved(tokens=10))
    play.reply(call, usage(6, 5))
    assert play.ledger.stopped == {(scope, "tokens"): call for scope in ALL}
    later = play.ask("boss", "small", Reserved(tokens=1))
    play.reply(later, usage(6, 5))
    assert play.ledger.stopped["budget", "tokens"] == call
    assert list(play.ledger.excesses) == [call, later]
    play.enter(Overrun(call=call, values={}))
    assert list(play.ledger.excesses) == [later]
    assert ("budget", "tokens") in play.ledger.stopped
    play.run()
    assert (play.ledger.stopped, play.ledger.excesses) == ({}, {})
    assert play.ledger.account("budget", "conversation").spent == Amount(2, 22, nanos(cost_of(6, 5)) + 2_600)
    assert figures(again(play.log)) == figures(play.ledger)


def cost_of(into: int, out: int) -> float:
    paid = cost(DEAR, usage(into, out))
    assert paid is not None
    return paid


def test_a_new_run_begins_with_nothing_and_what_was_out_costs_the_conversation_its_reservation() -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", SOME), usage(1, 1))
    lost = play.ask("coder", "big", SOME)
    play.enter(Taken(owner="me", epoch=2))
    assert spent(play) == (Amount(2, 2, 40_000), Amount(0, 100, 2_000_000))
    play.run()
    assert spent(play) == (Amount(), Amount())
    assert play.ledger.account("tier smart", "conversation").spent == Amount(2, 102, 2_040_000)
    play.reply(lost, usage(9999, 1))  # nothing waits for it any more
    play.ask("coder", "big")
    assert spent(play) == (Amount(calls=1), Amount())
    assert play.ledger.account("budget", "conversation").spent == Amount(3, 102, 2_040_000)


def test_in_a_fork_the_calls_that_were_out_are_not_made() -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", SOME), usage(1, 1))
    play.ask("coder", "big", SOME)
    play.delegate("boss", Reserved(calls=3, tokens=5))
    play.enter(Forked(parent=Position(conversation="c", seq=5), branch="b"))
    assert spent(play) == (Amount(1, 2, 40_000), Amount())
    assert play.ledger.account("budget", "conversation").spent == Amount(1, 2, 40_000)
    assert play.ledger.out == {}


def test_a_call_is_priced_by_the_card_of_its_moment() -> None:
    play = Spending()
    play.reply(play.ask("boss", "small"), usage(1000, 0))
    assert spent(play)[0].nanos == 100_000
    card = agent("boss", model("small", "slow", DEAR)).model_dump(mode="json", exclude_none=True)
    play.enter(PersonaChanged(agent="boss", card=card, author="me", reason="why not"))
    play.reply(play.ask("boss", "small"), usage(1000, 0))
    assert spent(play)[0].nanos == 100_000 + 10_000_000
    assert spent(play, "tier slow")[0].calls == spent(play, "tier fast")[0].calls == 1
    early = Spending(run=False)
    early.enter(PersonaChanged(agent="boss", card=card, author="me", reason="before any call"))
    known = early.ledger.card("boss", "small")
    assert known is not None
    assert known.tier == "slow"
    assert early.ledger.card("nobody", "small") is None
    assert Ledger().card("boss", "small") is None


def test_warnings_are_kept_by_their_highest_percentage() -> None:
    play = Spending()
    told: JsonObject = {"scope": "budget", "unit": "usd", "percent": 90}
    strange: list[JsonObject] = [{"scope": 1}, {"scope": "a"}, {"scope": "a", "unit": "usd"}]
    for values in (told, {**told, "percent": 70}, *strange):
        play.enter(Warned(reason="near", values=values))
    assert play.ledger.warned == {("budget", "usd"): 90}
    play.run()
    assert play.ledger.warned == {}


def test_amounts() -> None:
    assert amount_of(None) == amount_of(Reserved()) == Amount()
    assert Amount(1, 2, 3).plus(Amount(4, 5, 6)).minus(Amount(1, 1, 1)) == Amount(4, 6, 8)
    assert [Amount(1, 2, 3).of(unit) for unit in ("calls", "tokens", "usd")] == [1, 2, 3]
    assert scopes_of("a", None) == ("budget", "agent a")
    assert measured(usage(3, 4)) == 7
