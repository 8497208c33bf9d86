"""Before each call: what fits, how much it may answer, and why not. No prefix of a log passes a cap."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.policy.spending.admission import (
    LEAST_OUTPUT,
    MOST_OUTPUT,
    Allowed,
    Denied,
    admits,
    overrun,
    refusal,
    rest,
    room,
    warnings,
)
from agentchat.policy.spending.amounts import UNITS, Amount, amount_of
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.policy.spending.ledger import Ledger
from agentchat.policy.spending.prices import FREE, Price, bound, cost, nanos
from agentchat.transcript.calls import CodeRecipe, JsonObject, ModelRecipe, Reserved, Share, ToolRecipe, Usage
from agentchat.transcript.events import CallStarted, Overrun, Taken, Warned
from tests.policy.spending import BIG, CHEAP, DEAR, NEW, OWN, SMALL, Spending, again, figures, offer, usage

FLAT = Price(input=1.0, output=1.0, source="test")
"""A dollar for a million tokens: a token is a thousand nanodollars."""


def ask(
    budget: Budget, play: Spending | None = None, into: int = 100, wanted: int | None = None, share: int = 1
) -> Allowed | Denied:
    ledger = Ledger() if play is None else play.ledger
    return room(budget, ledger, "coder", "smart", FLAT, into, wanted, share)


# how much a call may answer


def test_without_a_cap_on_tokens_or_money_a_call_asks_for_what_is_set() -> None:
    for budget in (Budget(), Budget(calls=1), Budget(seconds=1), Budget(agents={"boss": Cap(tokens=1)})):
        assert ask(budget) == Allowed(None, None)
        assert ask(budget, wanted=4) == Allowed(4, None)


def test_under_a_cap_every_call_has_a_limit() -> None:
    assert ask(Budget(tokens=10**6)) == Allowed(MOST_OUTPUT, Reserved(tokens=100 + MOST_OUTPUT))
    assert ask(Budget(tokens=10**6), wanted=5) == Allowed(5, Reserved(tokens=105))
    assert ask(Budget(tokens=1100)) == Allowed(1000, Reserved(tokens=1100))
    assert ask(Budget(usd=0.0011)) == Allowed(1000, Reserved(usd=0.0011))
    assert ask(Budget(tokens=1100), share=3) == Allowed(266, Reserved(tokens=366))
    assert ask(Budget(usd=0.0011), share=3) == Allowed(266, Reserved(usd=0.000366))


def test_the_tightest_cap_says_how_much() -> None:
    budget = Budget(tokens=900, agents={"coder": Cap(usd=0.0003)}, tiers={"smart": Cap(tokens=500)})
    assert ask(budget) == Allowed(200, Reserved(tokens=300, usd=0.0003))
    assert ask(Budget(usd=0.0003, tokens=250)) == Allowed(150, Reserved(tokens=250, usd=0.00025))


def test_a_call_that_could_only_begin_to_answer_is_denied() -> None:
    values: JsonObject = {
        "scope": "budget",
        "unit": "tokens",
        "spent": 0,
        "reserved": 0,
        "asked": 100 + LEAST_OUTPUT,
        "cap": 115,
    }
    assert ask(Budget(tokens=115)) == Denied(values)
    assert ask(Budget(tokens=116)) == Allowed(16, Reserved(tokens=116))
    assert ask(Budget(tokens=115), wanted=15) == Allowed(15, Reserved(tokens=115))
    assert ask(Budget(tokens=231), share=2) == Denied({**values, "cap": 231, "share": 2})
    money: JsonObject = {**values, "unit": "usd", "asked": 0.000116, "cap": 0.000115}
    assert ask(Budget(usd=0.000115)) == Denied(money)
    assert ask(Budget(usd=0.00005)) == Denied({**money, "cap": 0.00005})
    assert ask(Budget(tiers={"smart": Cap(tokens=50)})) == Denied({**values, "scope": "tier smart", "cap": 50})


def test_what_is_spent_and_what_is_set_aside_are_both_gone() -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", Reserved(tokens=300)), usage(100, 100))
    play.ask("boss", "small", Reserved(tokens=300))
    assert ask(Budget(tokens=1000), play) == Allowed(400, Reserved(tokens=500))
    assert ask(Budget(calls=3), play) == Allowed(None, None)
    assert ask(Budget(calls=2), play) == Denied(
        {"scope": "budget", "unit": "calls", "spent": 2, "reserved": 0, "asked": 1, "cap": 2}
    )
    assert ask(Budget(agents={"coder": Cap(calls=2)}), play) == Allowed(None, None)
    assert isinstance(ask(Budget(agents={"coder": Cap(calls=1)}), play), Denied)
    assert ask(Budget(tokens=500), play) == Denied(
        {"scope": "budget", "unit": "tokens", "spent": 200, "reserved": 300, "asked": 116, "cap": 500}
    )


def test_a_model_that_costs_nothing_needs_no_limit_for_money() -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", Reserved(usd=0.001)), usage(100, 0))
    budget = Budget(usd=0.001)
    assert room(budget, play.ledger, "local", None, FREE, 10**6, None) == Allowed(None, Reserved(usd=0.0))
    assert isinstance(ask(budget, play), Denied)
    assert room(Budget(usd=1, tokens=50), play.ledger, "coder", None, FREE, 10, None) == Denied(
        {"scope": "budget", "unit": "tokens", "spent": 100, "reserved": 0, "asked": 26, "cap": 50}
    )


def test_a_model_without_a_price_needs_another_cap_or_a_word() -> None:
    ledger = Ledger()
    assert room(Budget(usd=1, tokens=300), ledger, "odd", None, None, 100, None) == Allowed(200, Reserved(tokens=300))
    assert room(Budget(usd=1, unpriced="free"), ledger, "odd", None, None, 9, 7) == Allowed(7, None)
    unknown: JsonObject = {"scope": "budget", "unit": "usd", "spent": 0.0, "reserved": 0.0, "asked": None, "cap": 1.0}
    assert room(Budget(usd=1), ledger, "odd", None, None, 100, None) == Denied(unknown)


def test_once_more_was_taken_than_set_aside_there_is_no_room() -> None:
    play = Spending()
    call = play.ask("coder", "big", Reserved(tokens=10))
    play.reply(call, usage(10, 10))
    stopped = ask(Budget(tokens=10**6), play)
    assert isinstance(stopped, Denied)
    assert (stopped.values["overrun"], stopped.values["spent"]) == (call, 20)
    assert isinstance(ask(Budget(usd=1), play), Allowed)
    assert isinstance(rest(Budget(tokens=10**6), play.ledger, "coder"), Denied)
    # past its cap, the conversation has no room for anything, not even for what is free
    play.run()
    budget = Budget(usd=0.0001, per="conversation")
    denied = room(budget, play.ledger, "local", None, FREE, 1, 1)
    assert isinstance(denied, Denied)
    assert (denied.values["spent"], denied.values["cap"]) == (0.0004, 0.0001)


def test_what_a_child_conversation_may_spend() -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", Reserved(tokens=300)), usage(100, 100))
    assert rest(Budget(seconds=9), play.ledger, "coder") is None
    assert rest(Budget(tokens=1001), play.ledger, "coder", share=2) == Reserved(tokens=400)
    budget = Budget(calls=9, usd=0.5, agents={"coder": Cap(calls=3)})
    assert rest(budget, play.ledger, "coder") == Reserved(calls=2, usd=0.496)
    assert rest(budget, play.ledger, "boss") == Reserved(calls=8, usd=0.496)
    assert rest(Budget(calls=1), play.ledger, "coder") == Denied(
        {"scope": "budget", "unit": "calls", "spent": 1, "reserved": 0, "asked": 1, "cap": 1}
    )


def test_of_a_tier_that_is_spent_a_child_conversation_gets_no_call_at_all() -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", Reserved(tokens=300)), usage(100, 100))
    left = rest(Budget(tiers={"smart": Cap(tokens=200), "fast": Cap(calls=2)}), play.ledger, "coder")
    assert isinstance(left, Reserved)
    assert left.tiers == {"smart": Share(calls=0), "fast": Share(calls=2)}


def test_what_a_child_conversation_may_spend_on_single_tiers() -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", Reserved(tokens=300)), usage(100, 100))
    budget = Budget(tokens=1000, tiers={"smart": Cap(tokens=250)})

    def asked(tokens: int) -> object:
        reserved = Reserved(tokens=tokens, tiers={"smart": Share(tokens=tokens), "other": Share(calls=1)})
        recipe = ToolRecipe(name="team", arguments={})
        return refusal(budget, play.ledger, offer("coder", recipe, reserved))

    assert asked(50) is None
    assert asked(51) == {"scope": "tier smart", "unit": "tokens", "spent": 200, "reserved": 0, "asked": 51, "cap": 250}


# the plain check


@pytest.mark.parametrize(
    ("budget", "reserved", "price", "fits"),
    [
        (Budget(), None, DEAR, True),
        (Budget(calls=1), None, DEAR, True),
        (Budget(tokens=10), Reserved(tokens=10), DEAR, True),
        (Budget(tokens=10), Reserved(tokens=11), DEAR, False),
        (Budget(tokens=10), Reserved(usd=1), DEAR, False),
        (Budget(tokens=10), None, DEAR, False),
        (Budget(usd=1), Reserved(usd=1), DEAR, True),
        (Budget(usd=1), Reserved(usd=1.000000001), DEAR, False),
        (Budget(usd=1), None, DEAR, False),
        (Budget(usd=1), None, None, False),
        (Budget(usd=1, unpriced="free"), None, None, True),
        (Budget(usd=1, unpriced="free"), None, DEAR, False),
        (Budget(usd=1, tokens=9), Reserved(tokens=9), None, True),
        (Budget(agents={"coder": Cap(tokens=1)}), Reserved(tokens=2), DEAR, False),
        (Budget(agents={"boss": Cap(tokens=1)}), Reserved(tokens=2), DEAR, True),
        (Budget(tiers={"smart": Cap(tokens=1)}), Reserved(tokens=2), DEAR, False),
    ],
)
def test_a_call_fits_or_not(budget: Budget, reserved: Reserved | None, price: Price | None, fits: bool) -> None:
    assert (admits(budget, Ledger(), "coder", "smart", reserved, price=price) is None) is fits


def test_a_call_that_sets_nothing_aside_and_asks_no_model_always_fits() -> None:
    play = Spending()
    play.reply(play.ask("coder", "big", Reserved(tokens=1)), usage(1, 1))
    budget = Budget(calls=1, tokens=1, usd=1e-9)
    assert admits(budget, play.ledger, "coder", None, None, model=False) is None
    assert admits(budget, play.ledger, "coder", None, Reserved(calls=1), model=False) is not None
    assert admits(Budget(calls=2), play.ledger, "coder", None, Reserved(calls=1), model=False) is None
    assert admits(Budget(calls=2), play.ledger, "coder", None, Reserved(tokens=1), model=False) is not None


def test_an_offered_call_is_judged_by_its_card() -> None:
    play = Spending()

    def fits(budget: Budget, who: str, name: str, reserved: Reserved | None = None) -> bool:
        return refusal(budget, play.ledger, offer(who, ModelRecipe(model=name), reserved)) is None

    tiers = Budget(tiers={"smart": Cap(tokens=1)})
    assert not fits(tiers, "coder", "big")
    assert fits(tiers, "coder", "small")
    assert fits(tiers, "boss", "big")  # boss has no such model: nothing is known of it
    assert not fits(Budget(usd=1, unpriced="free"), "coder", "big")
    assert fits(Budget(usd=1, unpriced="free"), "odd", "new")
    assert fits(Budget(usd=1, unpriced="free"), "odd", "unheard of")
    code = offer("coder", CodeRecipe(language="python", source=(), sandbox="none"))
    assert refusal(Budget(calls=1, tokens=1), play.ledger, code) is None
    child = offer("coder", ToolRecipe(name="t", arguments={}), Reserved(tokens=2))
    assert refusal(Budget(tokens=1), play.ledger, child) is not None
    assert refusal(Budget(tokens=2), play.ledger, child) is None


# what is due


def test_an_overrun_is_due_where_a_cap_counts_what_was_passed() -> None:
    play = Spending()
    assert overrun(Budget(tokens=1), play.ledger) is None
    call = play.ask("coder", "big", Reserved(tokens=10, usd=0.0001))
    play.reply(call, usage(8, 8))
    assert overrun(Budget(calls=1), play.ledger) is None
    assert overrun(Budget(agents={"boss": Cap(tokens=1)}), play.ledger) is None
    due = overrun(Budget(tokens=999), play.ledger)
    assert due == Overrun(call=call, values={"scope": "budget", "unit": "tokens", "reserved": 10, "spent": 16})
    money = overrun(Budget(tiers={"smart": Cap(usd=1)}), play.ledger)
    assert money is not None
    assert money.values == {"scope": "tier smart", "unit": "usd", "reserved": 0.0001, "spent": 0.00032}
    play.enter(due)
    assert overrun(Budget(tokens=999), play.ledger) is None


def test_warnings_come_once_at_70_and_at_90_percent() -> None:
    play = Spending()
    budget = Budget(calls=10, usd=0.01, agents={"coder": Cap(tokens=100)})
    for _ in range(6):
        play.reply(play.ask("coder", "big", Reserved(tokens=10, usd=0.0001)), usage(10, 0))
    assert warnings(budget, play.ledger) == []
    play.ask("boss", "small", Reserved(tokens=1000, usd=1.0))
    told: JsonObject = {"scope": "budget", "unit": "calls", "percent": 70, "spent": 7, "cap": 10}
    assert warnings(budget, play.ledger) == [("budget: 70 % of 10 calls spent", told)]
    play.enter(Warned(reason="budget: 70 % of 10 calls spent", values=told))
    assert warnings(budget, play.ledger) == []
    for _ in range(3):
        play.reply(play.ask("coder", "big", Reserved(tokens=10, usd=0.0001)), usage(10, 0))
    assert [reason for reason, _ in warnings(budget, play.ledger)] == [
        "budget: all of 10 calls spent",
        "agent coder: 90 % of 100 tokens spent",
    ]
    for reason, values in warnings(budget, play.ledger):
        play.enter(Warned(reason=reason, values=values))
    play.reply(play.ask("coder", "big", Reserved(usd=0.0061)), usage(610, 0))
    assert warnings(budget, play.ledger) == [
        (
            "budget: 70 % of $0.01 spent",
            {"scope": "budget", "unit": "usd", "percent": 70, "spent": 0.007, "cap": 0.01},
        )
    ]
    play.run()
    assert warnings(budget, play.ledger) == []
    whole = Budget(calls=10, per="conversation")
    assert [reason for reason, _ in warnings(whole, play.ledger)] == ["budget: all of 10 calls spent"]
    assert [reason for reason, _ in warnings(Budget(calls=1, per="conversation"), play.ledger)] == [
        "budget: all of 1 call spent"
    ]


# every prefix of every log

CALLERS = (("boss", SMALL), ("coder", BIG), ("coder", SMALL), ("local", OWN), ("odd", NEW))
UNSENT = ("ModelUnreachable", "ModelServerError")


class Made(NamedTuple):
    """A call as the test itself remembers it: the run, its scopes, and what it is to be booked with."""

    run: int
    scopes: tuple[str, ...]
    model: bool
    reserved: Reserved | None
    price: Price | None
    paid: Amount | None = None
    tiers: tuple[tuple[str, Amount], ...] | None = None

    def share(self, scope: str) -> Amount:
        """What a conversation inside set aside for a tier."""
        tiers = self.reserved.tiers if self.reserved is not None else None
        return amount_of((tiers or {}).get(scope.removeprefix("tier ")))


def _caps(draw: st.DrawFn) -> dict[str, float | int | None]:
    units = draw(st.sets(st.sampled_from(UNITS), min_size=1, max_size=2))
    return {
        "calls": draw(st.integers(1, 12)) if "calls" in units else None,
        "tokens": draw(st.integers(100, 6000)) if "tokens" in units else None,
        "usd": draw(st.integers(100, 60_000)) / 1_000_000 if "usd" in units else None,
    }


@st.composite
def budgets(draw: st.DrawFn) -> Budget:
    data: dict[str, object] = {**_caps(draw)}
    for field, names in (("agents", ("boss", "coder")), ("tiers", ("fast", "smart"))):
        data[field] = {name: _caps(draw) for name in draw(st.sets(st.sampled_from(names), max_size=1))}
    data["per"] = draw(st.sampled_from(("run", "conversation")))
    data["unpriced"] = draw(st.sampled_from((None, "free")))
    return Budget.model_validate(data)


Step = tuple[str, int, int, int | None, int]
"""What happens, to which caller or open call, then the size of the input, the limit that is set, and the share."""


def _steps(
    kinds: tuple[str, ...], wanted: st.SearchStrategy[int | None], most_share: int = 1
) -> st.SearchStrategy[Step]:
    return st.tuples(st.sampled_from(kinds), st.integers(0, 9), st.integers(0, 100), wanted, st.integers(1, most_share))


STEPS = st.lists(
    st.one_of(
        _steps(("ask",), st.none() | st.integers(1, 300), 3),
        _steps(("ask",), st.integers(1, 60)),
        _steps(("ask", "ask", "delegate"), st.integers(1, 60), 3),
        _steps(("reply", "reply", "reply", "more", "mute", "half"), st.none() | st.integers(1, 100)),
        _steps(("reply", "fail", "cancel", "doubt", "run", "taken"), st.none()),
    ),
    min_size=10,
    max_size=40,
)


class Machine:
    """Plays steps under a budget as a manager would, and remembers by itself what each call costs."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.play = Spending()
        self.made: dict[int, Made] = {}
        self.passed: set[tuple[str, str]] = set()
        """Scopes and units in which some call took more than it had set aside, in the span of the budget."""

    def step(self, step: Step) -> None:
        kind, which, *_ = step
        if kind == "ask":
            self._ask(step)
        elif kind == "delegate":
            self._delegate(step)
        elif kind == "run":
            for seq, made in self.made.items():
                if made.paid is None:
                    self.made[seq] = made._replace(paid=amount_of(made.reserved))
            self.play.run()
            if self.budget.per == "run":
                self.passed.clear()
        elif kind == "taken":
            self.play.enter(Taken(owner="me", epoch=2))
        else:
            waiting = [seq for seq, made in self.made.items() if made.paid is None]
            if waiting:
                self._end(step, waiting[which % len(waiting)])
        self._tell()

    def _ask(self, step: Step) -> None:
        _, which, into, wanted, share = step
        who, card = CALLERS[which % len(CALLERS)]
        ledger, budget = self.play.ledger, self.budget
        found = room(budget, ledger, who, card.tier, card.price, into, wanted, share)
        if isinstance(found, Denied):
            least = min(LEAST_OUTPUT, wanted or LEAST_OUTPUT)
            usd = None if card.price is None else bound(card.price, into, least)
            lowest = Reserved(tokens=into + least, usd=usd)
            assert share > 1 or admits(budget, ledger, who, card.tier, lowest, price=card.price) is not None
            return
        assert found.output is None or 1 <= found.output <= (wanted or MOST_OUTPUT)
        started = offer(who, ModelRecipe(model=card.name), found.reserved)
        self._start(started, card.tier, card.price)

    def _delegate(self, step: Step) -> None:
        who, _ = CALLERS[step[1] % len(CALLERS)]
        reserved = rest(self.budget, self.play.ledger, who, step[4])
        if not isinstance(reserved, Denied):
            self._start(offer(who, ToolRecipe(name="team", arguments={}), reserved), None, None)

    def _start(self, started: CallStarted, tier: str | None, price: Price | None) -> None:
        assert refusal(self.budget, self.play.ledger, started) is None
        scopes = ("budget", f"agent {started.agent}", *(() if tier is None else (f"tier {tier}",)))
        seq = self.play.enter(started)
        model = isinstance(started.recipe, ModelRecipe)
        self.made[seq] = Made(self.play.runs, scopes, model, started.reserved, price)

    def _end(self, step: Step, call: int) -> None:
        kind, which, part, other, _ = step
        made = self.made[call]
        held = amount_of(made.reserved)
        paid = held
        if kind in ("fail", "cancel", "doubt"):
            if kind == "fail":
                error = UNSENT[which % 2]
                self.play.fail(call, error)
                paid = Amount() if made.model and error == UNSENT[0] else held
            else:
                getattr(self.play, kind)(call)
        elif made.model:
            told = self._told(kind, held.tokens or 200, part, other)
            self.play.reply(call, told)
            paid = self._paid(made, held, told)
        else:
            more = 1 if kind == "more" else 0
            shares = {} if made.reserved is None else made.reserved.tiers or {}
            told_tiers = {tier: Share(calls=(share.calls or 0) * part // 100) for tier, share in shares.items()}
            tokens = held.tokens * part // 100 + more * (held.tokens + 1)
            spent = None if kind == "mute" else Reserved(tokens=tokens, tiers=told_tiers or None)
            self.play.back(call, spent)
            paid = held if spent is None else held._replace(tokens=spent.tokens or 0)
            if spent is not None:
                tiers = tuple((f"tier {tier}", amount_of(share)) for tier, share in told_tiers.items())
                made = made._replace(tiers=tiers)
        self._book(call, made, held, paid)

    @staticmethod
    def _told(kind: str, most: int, part: int, other: int | None) -> Usage | None:
        if kind == "mute":
            return None
        if kind == "half":
            return usage(most * part // 100, None)
        if kind == "more":
            return usage(most, part + 1, cached=other)
        return usage(most * part // 100, 0, cached=other)

    @staticmethod
    def _paid(made: Made, held: Amount, told: Usage | None) -> Amount:
        if told is None or told.output_tokens is None or not told.input_tokens:
            return held._replace(tokens=max(held.tokens, (told and told.input_tokens) or 0))
        usd = None if made.price is None else cost(made.price, told)
        return Amount(0, told.input_tokens + told.output_tokens, held.nanos if usd is None else nanos(usd))

    def _book(self, call: int, made: Made, held: Amount, paid: Amount) -> None:
        self.made[call] = made._replace(paid=paid)
        for unit in UNITS:
            promised = not made.model or getattr(made.reserved or Reserved(), unit) is not None
            if paid.of(unit) > held.of(unit) and promised:
                self.passed |= {(scope, unit) for scope in made.scopes}

    def _tell(self) -> None:
        while (due := overrun(self.budget, self.play.ledger)) is not None:
            assert (due.values["scope"], due.values["unit"]) in self.passed
            self.play.enter(due)
        for reason, values in warnings(self.budget, self.play.ledger):
            self.play.enter(Warned(reason=reason, values=values))
        assert warnings(self.budget, self.play.ledger) == []

    # what must hold at every step

    def check(self) -> None:
        ledger = self.play.ledger
        for scope, caps in self.budget.scopes():
            taken = ledger.account(scope, self.budget.per).taken
            assert min(ledger.account(scope, self.budget.per).held) >= 0
            for unit in UNITS:
                cap = caps.most(unit)
                assert cap is None or (scope, unit) in self.passed or taken.of(unit) <= cap
                if (scope, unit) in ledger.stopped:
                    assert (scope, unit) in self.passed
        assert figures(again(self.play.log)) == figures(ledger)

    def check_sums(self) -> None:
        """The ledger's figures are what one gets by adding up what the test remembers."""
        for per, book in (("run", self.play.ledger.run), ("conversation", self.play.ledger.conversation)):
            for scope, account in book.items():
                spent, held = Amount(), Amount()
                for made in self.made.values():
                    if scope in made.scopes and (per == "conversation" or made.run == self.play.runs):
                        spent = spent.plus(Amount(calls=int(made.model))).plus(made.paid or Amount())
                        held = held if made.paid is not None else held.plus(amount_of(made.reserved))
                    elif per == "conversation" or made.run == self.play.runs:
                        share = made.share(scope)
                        held = held.plus(share) if made.paid is None else held
                        told = share if made.tiers is None else dict(made.tiers).get(scope, Amount())
                        spent = spent if made.paid is None else spent.plus(told)
                assert (account.spent, account.held) == (spent, held)


@given(budgets(), STEPS)
def test_no_prefix_passes_a_cap_and_every_figure_is_a_sum_over_the_log(budget: Budget, steps: list[Step]) -> None:
    machine = Machine(budget)
    for step in steps:
        machine.step(step)
        machine.check()
        machine.check_sums()


@given(st.integers(0, 500), st.integers(1, 10**5), st.sampled_from((DEAR, CHEAP, FLAT)), st.integers(1, 9))
def test_calls_that_divide_what_is_left_all_fit(into: int, cap: int, price: Price, share: int) -> None:
    budget = Budget(tokens=cap * 3, usd=cap / 1_000_000)
    play = Spending()
    found = room(budget, play.ledger, "coder", "smart", price, into, None, share)
    if isinstance(found, Allowed):
        for _ in range(share):
            assert admits(budget, play.ledger, "coder", "smart", found.reserved, price=price) is None
            play.ask("coder", "big", found.reserved)
        assert play.ledger.account("budget", "run").held.tokens <= cap * 3
