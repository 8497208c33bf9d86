"""Budgets as they are agreed: what makes no sense is refused, in one line that says what to do."""

from __future__ import annotations

import pytest

from agentchat.errors import ConfigurationError
from agentchat.policy.cards import ModelCard
from agentchat.policy.spending.budget import Budget, Cap, Caps, money_on_unpriced, wrong_with
from agentchat.transcript.calls import Reserved, Share
from tests.policy.spending import BIG, CARDS, NEW, OWN, SMALL

NOTHING = "nothing could be done under it; give more, or leave it out for no cap"
SETTINGS = "calls, tokens, usd, seconds, per, agents, tiers, unpriced"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"calls": 0}, f"Budget(calls=0): {NOTHING}"),
        ({"tokens": -3}, f"Budget(tokens=-3): {NOTHING}"),
        ({"usd": 0}, f"Budget(usd=0): {NOTHING}"),
        ({"usd": 1e-10}, f"Budget(usd=1e-10): {NOTHING}"),
        ({"seconds": 0}, f"Budget(seconds=0): {NOTHING}"),
        ({"calls": 0, "usd": 0}, f"Budget(calls=0): {NOTHING}; Budget(usd=0): {NOTHING}"),
        ({"seconds": float("inf")}, "Budget(seconds=inf): Input should be a finite number"),
        ({"usd": 2e6}, "Budget(usd=2000000.0): Input should be less than or equal to 1000000"),
        ({"per": "day"}, "Budget(per='day'): Input should be 'run' or 'conversation'"),
        ({"dollars": 3}, f"Budget takes no 'dollars' (it takes: {SETTINGS})"),
        ({"agents": 3}, "Budget(agents=3): Input should be a valid dictionary"),
        ({"agents": {"a": {"calls": 0}}}, f"the budget, agents.a: Cap(calls=0): {NOTHING}"),
        ({"agents": {"a": {"seconds": 1}}}, "the budget, agents.a: Cap takes no 'seconds' (it takes: calls, "),
        ({"tiers": {"t": {}}}, "the budget, tiers.t: Cap() caps nothing: give calls, tokens or usd"),
        ({"tiers": {"t": 1}}, "the budget, tiers.t: Cap(): Input should be a valid dictionary or instance of Cap"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_in_one_line(given: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Budget.model_validate(given)
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


def test_refused_by_its_constructor_too() -> None:
    with pytest.raises(ConfigurationError, match="nothing could be done under it"):
        Budget(calls=0)
    with pytest.raises(ConfigurationError, match="caps nothing"):
        Cap()


def test_a_budget_says_what_it_caps_and_reads_back() -> None:
    full = Budget(
        usd=0.25,
        seconds=9,
        per="conversation",
        agents={"coder": Cap(tokens=50_000)},
        tiers={"smart": Cap(calls=2, usd=1)},
        unpriced="free",
    )
    assert str(full) == (
        "Budget(usd=0.25, seconds=9.0, per='conversation', agents={'coder': Cap(tokens=50000)}, "
        "tiers={'smart': Cap(calls=2, usd=1.0)}, unpriced='free')"
    )
    assert Budget.model_validate(full.written()) == full
    assert full.written()["agents"] == {"coder": {"tokens": 50_000}}
    assert Budget().written() == {}
    assert (str(Budget()), repr(Budget(calls=3))) == ("Budget()", "Budget(calls=3)")


def test_a_cap_in_nanodollars_is_rounded_down() -> None:
    assert Caps(usd=0.25).most("usd") == 250_000_000
    assert Caps(usd=0.1 + 0.2).most("usd") == 300_000_000
    assert Caps(usd=1.9999e-9).most("usd") == 1
    assert Caps(calls=3).most("calls") == 3
    assert Caps(calls=3).most("tokens") is Caps(calls=3).most("usd") is None


def test_which_caps_concern_a_call() -> None:
    budget = Budget(calls=1, agents={"a": Cap(calls=2)}, tiers={"t": Cap(calls=3)})
    assert [scope for scope, _ in budget.concerning("a", "t")] == ["budget", "agent a", "tier t"]
    assert [scope for scope, _ in budget.concerning("b", "u")] == ["budget"]
    assert [scope for scope, _ in budget.concerning("a", None)] == ["budget", "agent a"]
    assert [caps.calls for _, caps in budget.scopes()] == [1, 2, 3]


def test_tiers_within_what_is_left_for_them() -> None:
    budget = Budget(calls=5, tiers={"fast": Cap(calls=4, usd=1), "smart": Cap(tokens=50)})
    given = Reserved(tiers={"fast": Share(calls=2), "smart": Share(tokens=90, usd=2), "new": Share(calls=3)})
    assert budget.within(given).tiers == {
        "fast": Cap(calls=2, usd=1),
        "smart": Cap(tokens=50, usd=2),
        "new": Cap(calls=3),
    }
    assert budget.within(Reserved(tiers={"fast": Share(calls=0)})).tiers["fast"] == Cap(tokens=1)


def test_a_budget_within_what_is_left() -> None:
    budget = Budget(calls=5, usd=2, seconds=7)
    assert budget.within(Reserved()) == budget
    assert budget.within(Reserved(calls=9, tokens=100, usd=0.5)) == Budget(calls=5, tokens=100, usd=0.5, seconds=7)
    assert budget.within(Reserved(usd=0.5)).unpriced == "free"
    assert budget.within(Reserved(tokens=9)).unpriced is None


@pytest.mark.parametrize(
    ("budget", "cards", "counts"),
    [
        (Budget(), [BIG], False),
        (Budget(seconds=1), [BIG], False),
        (Budget(calls=1), [], True),
        (Budget(tokens=1), [NEW], True),
        (Budget(usd=1), [BIG, SMALL], True),
        (Budget(usd=1), [BIG, OWN], False),
        (Budget(usd=1, unpriced="free"), [BIG, NEW], False),
        (Budget(usd=1), [], False),
        (Budget(agents={"a": Cap(calls=1)}), [BIG], False),
    ],
)
def test_what_ends_a_team_that_calls_a_model_each_round(budget: Budget, cards: list[ModelCard], counts: bool) -> None:
    assert budget.counts({"a": cards}) is counts
    assert budget.bounds() is (budget.seconds is not None)


TIERS = ("smart", "fast")


def test_money_on_a_model_without_a_price_is_refused() -> None:
    (line,) = wrong_with(Budget(usd=0.5), CARDS, TIERS)
    assert line == (
        "the cap of $0.5 cannot be kept: what 'new' costs is not known. "
        "Give the model a price, or a cap on tokens beside that on usd, or say unpriced='free'"
    )
    new = {"odd": (NEW, model_of("other"), NEW)}
    (line,) = money_on_unpriced(Budget(agents={"odd": Cap(usd=1)}), new)
    assert line.startswith("the cap of $1 of agent odd cannot be kept: what 'new' and 'other' costs is not known.")
    tiered = {"odd": (model_of("other", "smart"),), "coder": (BIG,)}
    (line,) = money_on_unpriced(Budget(tiers={"smart": Cap(usd=1)}), tiered)
    assert line.startswith("the cap of $1 of tier smart cannot be kept: what 'other' costs")
    both = Budget(usd=1, agents={"odd": Cap(usd=1, tokens=5)}, tiers={"smart": Cap(usd=1)})
    assert len(money_on_unpriced(both, tiered)) == 2


@pytest.mark.parametrize(
    "budget",
    [
        Budget(calls=1, tokens=1),
        Budget(usd=1, tokens=1),
        Budget(usd=1, unpriced="free"),
        Budget(agents={"coder": Cap(usd=1)}, tiers={"smart": Cap(usd=1), "fast": Cap(usd=1)}),
    ],
)
def test_money_that_can_be_kept(budget: Budget) -> None:
    assert wrong_with(budget, CARDS, TIERS) == []


def test_a_cap_on_nobody_is_refused() -> None:
    budget = Budget(agents={"codr": Cap(calls=1)}, tiers={"quick": Cap(calls=1)})
    assert wrong_with(budget, CARDS, TIERS) == [
        "the budget caps agent 'codr', and there is none here; did you mean 'coder'? "
        "(there are: boss, coder, local, odd)",
        "the budget caps tier 'quick', and there is none here (there are: fast, smart)",
    ]
    assert wrong_with(Budget(tiers={"quick": Cap(calls=1)}), {"a": (NEW,)}, ()) == [
        "the budget caps tier 'quick', and there is none here (there are: none)"
    ]


def model_of(name: str, tier: str | None = None) -> ModelCard:
    return NEW.model_copy(update={"name": name, "tier": tier})
