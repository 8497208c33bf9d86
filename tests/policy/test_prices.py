"""What a call costs, and what it can cost at most: to the nanodollar, never too low."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agentchat.policy.spending.prices import FREE, UNLIMITED, Price, Step, affordable_output, bound, cost, nanos, total
from agentchat.transcript.calls import Usage

MINI = Price(input=0.4, output=1.6, cached_input=0.1, source="test")
LONG = Price(
    input=2.0,
    output=10.0,
    cached_input=0.2,
    cache_write=2.5,
    steps=(Step(above=1000, input=4.0, output=15.0, cached_input=0.4, cache_write=5.0),),
    source="test",
)


def used(given: int | None, written: int | None, cached: int | None = None) -> Usage:
    return Usage(input_tokens=given, output_tokens=written, cached_input_tokens=cached)


@pytest.mark.parametrize(
    ("price", "usage", "usd"),
    [
        (MINI, used(1_000_000, 0), 0.4),
        (MINI, used(0, 1_000_000), 1.6),
        (MINI, used(0, 0), 0.0),
        (MINI, used(1000, 10), 0.000416),
        (MINI, used(1000, 10, 400), 0.000296),
        (MINI, used(1000, 10, 4000), 0.000116),  # more cached than there was: no more than all of it
        (MINI.model_copy(update={"cached_input": None}), used(1000, 10, 400), 0.000416),
        (MINI.model_copy(update={"cached_input": 0.0}), used(1000, 0, 1000), 0.0),
        (MINI.model_copy(update={"call": 0.012}), used(1000, 10), 0.012416),
        (Price(input=0.0, output=0.0, call=0.012, source="t"), used(9, 9), 0.012),
        (LONG, used(1000, 100), 0.0035),  # as if all of it had been written to the cache
        (LONG, used(1001, 100), 0.006505),  # the rates of the step are for every token
        (LONG, used(1001, 100, 1001), 0.0019004),
        (FREE, used(10**9, 10**9), 0.0),
        (FREE, Usage(), 0.0),
        (Price(input=0.0028, output=0.0, source="t"), used(1, 0), 3e-9),  # 2.8 nanodollars, rounded up
    ],
)
def test_what_a_call_has_cost(price: Price, usage: Usage, usd: float) -> None:
    assert cost(price, usage) == usd


@pytest.mark.parametrize("usage", [Usage(), used(None, 5), used(5, None), used(None, None, 5)])
def test_unmeasured_is_unknown_and_never_nothing(usage: Usage) -> None:
    assert cost(MINI, usage) is None
    assert cost(Price(input=0.0, output=1.0, source="t"), usage) is None


def test_what_is_free() -> None:
    assert FREE.free
    assert not MINI.free
    assert not FREE.model_copy(update={"call": 0.01}).free
    assert not FREE.model_copy(update={"cache_write": 0.01}).free
    assert not FREE.model_copy(update={"steps": (Step(above=9, input=0.0, output=0.1),)}).free


def test_a_bound_takes_the_dearest_rate_that_can_be_reached() -> None:
    assert bound(MINI, 1000, 10) == 0.000416
    assert bound(MINI.model_copy(update={"call": 0.012}), 1000, 10) == 0.012416
    assert bound(LONG, 1000, 100) == 0.0035
    assert bound(LONG, 1001, 100) == 0.006505
    falling = Price(input=2.0, output=9.0, cached_input=3.0, steps=(Step(above=10, input=1.0, output=1.0),), source="t")
    assert bound(falling, 20, 10) == 0.00015  # the count is a bound itself: the call may stay below the step


def test_what_is_left_for_output() -> None:
    assert affordable_output(MINI, 1000, 0.0004) == 0
    assert affordable_output(MINI, 1000, 0.0004016) == 1
    assert affordable_output(MINI, 1000, 0.25) == 156_000
    assert affordable_output(MINI, 1000, 0.0003) == 0
    assert affordable_output(MINI, 1000, -1.0) == 0
    assert affordable_output(FREE, 10**9, 0.0) == UNLIMITED
    assert affordable_output(Price(input=1.0, output=0.0, source="t"), 10, 0.0) == 0
    assert affordable_output(Price(input=0.0, output=1e-6, source="t"), 10, 10.0**6) == UNLIMITED


def test_a_sum_has_no_error_of_floating_point() -> None:
    assert 0.1 + 0.2 != 0.3
    assert total([0.1, 0.2]) == 0.3
    assert total([]) == 0.0
    assert total([0.1] * 1000) == 100.0
    assert nanos(0.25) == 250_000_000
    assert nanos(1e-10) == 1


def test_a_price_is_as_short_as_it_can_be_on_paper() -> None:
    assert MINI.model_dump(mode="json", exclude_none=True, exclude_defaults=True) == {
        "input": 0.4,
        "output": 1.6,
        "cached_input": 0.1,
        "source": "test",
    }
    assert Price.model_validate_json(LONG.model_dump_json(exclude_none=True)) == LONG


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": -0.1},
        {"output": float("inf")},
        {"cached_input": float("nan")},
        {"call": 1e7},
        {"steps": (Step(above=5, input=1.0, output=1.0), Step(above=5, input=2.0, output=2.0))},
        {"steps": (Step(above=5, input=1.0, output=1.0), Step(above=4, input=2.0, output=2.0))},
        {"steps": ({"above": -1, "input": 1.0, "output": 1.0},)},
        {"reasoning": 1.0},
    ],
)
def test_a_price_that_makes_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate({"input": 1.0, "output": 1.0, "source": "t", **wrong})


rate = st.one_of(st.just(0.0), st.floats(0, 700), st.decimals(0, 700, places=4).map(float))
maybe = st.none() | rate
tokens = st.integers(0, 3_000_000)


@st.composite
def prices(draw: st.DrawFn) -> Price:
    starts = sorted(draw(st.sets(st.integers(0, 2_000_000), max_size=3)))
    rates = [
        {"input": draw(rate), "output": draw(rate), "cached_input": draw(maybe), "cache_write": draw(maybe)}
        for _ in range(len(starts) + 1)
    ]
    steps = tuple(Step.model_validate({"above": start, **one}) for start, one in zip(starts, rates[1:], strict=True))
    return Price.model_validate({**rates[0], "steps": steps, "call": draw(maybe), "source": "drawn"})


@given(prices(), tokens, tokens, st.none() | tokens, tokens, tokens)
def test_no_call_costs_more_than_its_bound(
    price: Price, given: int, written: int, cached: int | None, more_in: int, more_out: int
) -> None:
    spent = cost(price, used(given, written, cached))
    assert spent is not None
    assert 0.0 <= spent <= bound(price, given, written) <= bound(price, given + more_in, written + more_out)


@given(prices(), tokens, st.floats(0, 1000) | st.decimals(0, 10, places=9).map(float))
def test_as_much_output_as_the_money_pays_and_no_more(price: Price, given: int, usd: float) -> None:
    most = affordable_output(price, given, usd)
    if most:
        assert bound(price, given, most) <= usd
    if most < UNLIMITED:
        assert bound(price, given, most + 1) > usd


@given(st.floats(0, 4e6) | st.integers(0, 4 * 10**15).map(lambda count: count / 10**9))
def test_any_number_of_dollars_is_rounded_up_to_a_nanodollar(usd: float) -> None:
    assert nanos(usd) == (Decimal(repr(usd)) * 10**9).to_integral_value(ROUND_CEILING)


@given(st.lists(st.integers(0, 10**12)))
def test_amounts_come_back_exactly(counts: list[int]) -> None:
    amounts = [float(Decimal(count) / 10**9) for count in counts]
    assert [nanos(amount) for amount in amounts] == counts
    assert nanos(total(amounts)) == sum(counts)


@given(prices(), tokens, tokens)
def test_what_is_paid_is_on_the_grid(price: Price, given: int, written: int) -> None:
    paid = bound(price, given, written)
    assert total([paid]) == paid
