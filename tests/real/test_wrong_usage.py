"""Servers that count wrongly, or not at all: what they say is not believed blindly, and no budget is passed by it."""

from __future__ import annotations

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.ledger import measured
from agentchat.policy.spending.prices import NANOS, Price, Step, bound, nanos
from agentchat.transcript.events import CallFinished, Overrun
from tests.real.asking import Held, hold
from tests.servers.both_wires import WIRES, Wire, greedy, limit_in, says, silent_on_usage, used
from tests.servers.fake_openai import error

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("wire", WIRES)]

ABSURD: dict[str, tuple[object, object]] = {
    "negative": (-7, -3),
    "one negative": (7, -3),
    "text": ("7", "3"),
    "fractions": (7.5, 3.25),
    "whole fractions": (7.0, 3.0),
    "endless": (10**30, 10**30),
    "more than anybody has": (10**10, 3),
    "booleans": (True, False),
    "lists": ([7], {"tokens": 3}),
    "null": (None, None),
    "nothing at all": (0, 0),
    "half": (7, None),
}
"""Input and output tokens as no server can mean them."""

NO_USAGE: tuple[object, ...] = ("many", 17, [], [7, 3], {}, {"total_tokens": 10}, True)
"""What stands in the place of a usage object."""


def reserved(held: Held) -> list[int]:
    """What each call set aside, in tokens."""
    return [one.reserved.tokens or 0 for one in held.model_calls if one.reserved is not None]


async def test_counts_that_cannot_be_meant_are_unknown(wire: Wire) -> None:
    """They are shown as a lower bound, and the budget holds what the calls had set aside."""
    usages = [*(used(wire, into, out) for into, out in ABSURD.values()), *NO_USAGE]
    server = [says(wire, f"answer {place}", usage=usage) for place, usage in enumerate(usages)]
    budget, until = Budget(tokens=50_000), MaxTurns(len(server))
    held = await hold(server, wire=wire, until=until, budget=budget, model={"max_output": 500})
    assert held.result.output == f"answer {len(server) - 1}"
    believed = [one.result.usage for one in held.events(CallFinished) if measured(one.result.usage) is not None]
    assert believed == []
    total = held.result.usage.total
    assert not total.tokens.complete
    assert total.tokens.known <= 3 * 7 + 3  # of the halves that can be meant
    assert held.events(Overrun) == []
    assert sum(reserved(held)) <= 50_000


async def test_counts_that_cannot_be_meant_use_up_a_budget_as_if_all_was_spent(wire: Wire) -> None:
    absurd = says(wire, "again", usage=used(wire, -1, 10**30))
    held = await hold([absurd], wire=wire, until=MaxTurns(50), budget=Budget(tokens=3_000), model={"max_output": 500})
    assert held.result.outcome.kind == "limit"
    assert held.result.outcome.values["unit"] == "tokens"
    assert 3 <= len(held.bodies) <= 5
    assert sum(reserved(held)) <= 3_000
    assert len(held.result.transcript) < 60


@pytest.mark.parametrize("details", [{"cached_tokens": 10**6}, {"cached_tokens": -5}, "none", [1], None])
async def test_details_that_contradict_the_counts(wire: Wire, details: object) -> None:
    """More from the cache than was read: no call is cheaper than all of its input from the cache."""
    price = Price(input=10.0, output=20.0, cached_input=1.0, source="test")
    field = "prompt_tokens_details" if wire == "chat" else "input_tokens_details"
    server = [says(wire, "one", usage=used(wire, 100, 10, **{field: details}))]
    held = await hold(server, wire=wire, budget=Budget(usd=1.0), model={"price": price, "max_output": 50})
    assert held.result.output == "one"
    assert 0.0003 <= held.result.usage.total.usd.known <= 0.0012


async def test_no_usage_at_all(wire: Wire) -> None:
    held = await hold([silent_on_usage(wire, "one")], wire=wire, until=MaxTurns(40), budget=Budget(tokens=3_000))
    assert held.result.outcome.kind == "limit"
    assert sum(reserved(held)) <= 3_000
    assert str(held.result.usage.total.tokens) == "unknown"


@pytest.mark.parametrize("more", [(10**8, 3), (7, 10**8)], ids=["input", "output"])
async def test_more_than_was_set_aside_is_an_overrun_and_the_last_call(wire: Wire, more: tuple[int, int]) -> None:
    server = [says(wire, "one"), says(wire, "two", usage=used(wire, *more)), says(wire, "three")]
    held = await hold(server, wire=wire, until=MaxTurns(9), budget=Budget(tokens=4_000))
    assert len(held.bodies) == 2
    [overrun] = held.events(Overrun)
    assert overrun.values["unit"] == "tokens"
    assert overrun.values["spent"] == sum(more)
    assert overrun.values["reserved"] == reserved(held)[1]
    assert held.result.outcome.kind == "limit"
    assert held.result.usage.total.tokens.known == sum(more) + 10
    assert held.result.output == "two"  # it was paid for


async def test_an_overrun_of_one_agent_stops_all_that_share_the_budget(wire: Wire) -> None:
    server = [says(wire, "one", usage=used(wire, 10**8, 3)), says(wire, "two")]
    held = await hold(
        server,
        wire=wire,
        until=MaxTurns(9),
        budget=Budget(tokens=4_000),
        others=lambda model: [Assistant("bob", model=model)],
    )
    assert len(held.bodies) == 1
    assert [one.sender for one in held.delivered] == ["ann"]


PRICES = {
    "usual": Price(input=3.0, output=15.0, source="test"),
    "input only": Price(input=40.0, output=0.0, source="test"),
    "odd": Price(input=0.07, output=0.31, call=0.0001, source="test"),
    "steps": Price(input=1.0, output=2.0, steps=(Step(above=300, input=20.0, output=60.0),), source="test"),
}  # fmt: skip


@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES)
@pytest.mark.parametrize("cap", [0.02, 0.0007])
async def test_no_answer_may_be_longer_than_the_rest_of_the_budget_pays(wire: Wire, price: Price, cap: float) -> None:
    """The server takes all it is allowed, each time; money is then spent up to the cap, and never past it."""
    model = {"price": price, "max_output": 300}
    held = await hold([greedy(wire, "again")], wire=wire, until=MaxTurns(12), budget=Budget(usd=cap), model=model)
    left = nanos(cap)
    usages = [one.result.usage for one in held.events(CallFinished)]
    for body, started, usage in zip(held.bodies, held.model_calls, usages, strict=True):
        limit = limit_in(body)
        assert limit is not None
        assert limit <= 300
        assert started.reserved is not None
        assert started.reserved.usd is not None
        worst = nanos(bound(price, usage.input_tokens, limit))
        assert worst <= nanos(started.reserved.usd) <= left
        left -= worst
    assert held.events(Overrun) == []
    assert held.result.usage.total.usd.nanos <= nanos(cap)
    assert held.result.outcome.kind == "limit"
    assert len(held.bodies) == 12 or held.result.outcome.values["unit"] == "usd"


async def test_answers_grow_shorter_as_the_money_runs_out(wire: Wire) -> None:
    price = Price(input=1.0, output=30.0, source="test")
    model = {"price": price, "max_output": 300}
    held = await hold([greedy(wire, "again")], wire=wire, until=MaxTurns(99), budget=Budget(usd=0.025), model=model)
    limits = [limit_in(body) or 0 for body in held.bodies]
    assert limits[0] == 300
    assert 16 <= limits[-1] < 300
    assert limits == sorted(limits, reverse=True)
    assert held.result.outcome.kind == "limit"
    assert 0.02 < held.result.usage.total.usd.nanos / NANOS <= 0.025


async def test_attempts_that_failed_are_paid_for(wire: Wire) -> None:
    """A server that fails behind the request may have asked the model: what was set aside stays spent."""
    price = Price(input=1.0, output=10.0, source="test")
    broken = error(500, "oh", {"Retry-After": "0"})
    budget = Budget(usd=0.008)
    held = await hold([broken], wire=wire, until=MaxTurns(9), budget=budget, model={"price": price, "max_output": 300})
    assert 1 <= len(held.bodies) <= 3  # four would be made without a budget
    kept = sum(nanos(one.reserved.usd) for one in held.model_calls if one.reserved and one.reserved.usd)
    assert kept <= nanos(0.008)
    assert held.result.outcome.kind in ("limit", "failed")
    assert "usd" in str(held.result.outcome)
