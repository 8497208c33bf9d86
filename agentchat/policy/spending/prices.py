"""What a model costs, and what a call costs by it: rates in US dollars for a million tokens.

Money is counted in whole nanodollars (10^-9 USD), and what a call costs is rounded up to one: so a sum is exact, and
no cap is passed by rounding. As a number of dollars an amount is the float nearest to that count, from which the count
comes back exactly up to a million dollars (15 digits). Text only: what images, audio and searches cost is not in it.
Never here: where a rate comes from, and which model has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Final, Self

from pydantic import Field, model_validator

from agentchat.transcript.calls import Usage
from agentchat.transcript.frozen import Frozen

MILLION: Final = 1_000_000
NANOS: Final = 1_000_000_000
"""Nanodollars in a dollar."""

_FIFTEEN_DIGITS: Final = 10**15
"""So many decimal digits a float gives back exactly (IEEE 754)."""

MOST: Final = 1_000_000.0
"""US dollars for a million tokens: no rate is higher. The dearest on the market are at 600."""

UNLIMITED: Final = 2**53
"""Tokens of output where money sets no limit: more than any model writes, and exact in every JSON."""


class Rates(Frozen):
    """US dollars for a million tokens.

    cached_input: of input that came from the provider's cache; None: no discount. cache_write: of input that was put
    there, where that costs more than plain input; None: it does not.
    """

    input: float = Field(ge=0, le=MOST)
    output: float = Field(ge=0, le=MOST)
    cached_input: float | None = Field(default=None, ge=0, le=MOST)
    cache_write: float | None = Field(default=None, ge=0, le=MOST)


class Step(Rates):
    """The rates of a call, all its tokens, whose input has more than `above` tokens."""

    above: int = Field(ge=0)


class Price(Rates):
    """What a model costs, as the transcript keeps it: US dollars for a million tokens.

    input, output: what goes in and what comes back. cached_input, cache_write: of the input, what the service had kept
    from before, and what it keeps for later; without them these count as input. steps: other rates for long inputs, the
    largest step that is passed holds. call: US dollars for each call, whatever its size. source: where the figures come
    from ("genai-prices 0.2.3", "agentchat.toml", "free", or the "program" itself).
    """

    steps: tuple[Step, ...] = ()
    call: float | None = Field(default=None, ge=0, le=MOST)
    source: str = "program"

    @model_validator(mode="after")
    def _steps_go_up(self) -> Self:
        starts = [step.above for step in self.steps]
        if starts != sorted(set(starts)):
            raise ValueError("the steps of a price must go up, each with another `above`")
        return self

    @property
    def free(self) -> bool:
        """Whether no call can cost anything."""
        return not self.call and all(_dearest_input(rates) == rates.output == 0 for rates in (self, *self.steps))


FREE: Final = Price(input=0.0, output=0.0, source="free")
"""Costs nothing: a server of one's own."""


def cost(price: Price, usage: Usage) -> float | None:
    """US dollars that a call has cost, or None where the provider did not say how many tokens it took.

    Cached tokens are part of the input. Where writing to the cache costs more, and since usage does not tell how much
    was written, all other input counts as written: the figure is never too low.
    """
    if price.free:
        return 0.0
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    rates = next((step for step in reversed(price.steps) if usage.input_tokens > step.above), price)
    cached = min(usage.cached_input_tokens or 0, usage.input_tokens)
    plain = rates.input if rates.cache_write is None else max(rates.input, rates.cache_write)
    kept = rates.input if rates.cached_input is None else rates.cached_input
    return _dollars(
        _rated(plain, usage.input_tokens - cached)
        + _rated(kept, cached)
        + _rated(rates.output, usage.output_tokens)
        + _exact(price.call or 0.0)
    )


def bound(price: Price, input_tokens: int, output_tokens: int) -> float:
    """US dollars that a call costs at most, whose input and output have at most so many tokens.

    The dearest rate of every step that the input can reach; nothing is taken off for caching.
    """
    fixed, rate = _at_most(price, input_tokens)
    return _dollars(fixed + _rated(rate, output_tokens))


def affordable_output(price: Price, input_tokens: int, usd: float) -> int:
    """The most tokens of output for which `bound` stays within `usd`, at most UNLIMITED.

    0 says that there is no room for output, nor perhaps for the input.
    """
    fixed, rate = _at_most(price, input_tokens)
    rest = Fraction(math.floor(_exact(usd) * NANOS), NANOS) - fixed
    if rest < 0:
        return 0
    return min(UNLIMITED, math.floor(rest * MILLION / _exact(rate))) if rate else UNLIMITED


def nanos(usd: float) -> int:
    """An amount of `cost`, `bound` or `total` as whole nanodollars, exactly; any other is rounded up."""
    near = round(usd * NANOS)
    if near / NANOS == usd and abs(near) < _FIFTEEN_DIGITS:  # so it was written with nine decimals at most
        return near
    return math.ceil(_exact(usd) * NANOS)


def total(amounts: Iterable[float]) -> float:
    """The sum of such amounts, without the errors of floating point."""
    return sum(nanos(usd) for usd in amounts) / NANOS


def _at_most(price: Price, input_tokens: int) -> tuple[Fraction, float]:
    """What all but the output costs at most, in dollars, and the dearest rate of output."""
    reached = (price, *(step for step in price.steps if input_tokens > step.above))
    fixed = _rated(max(_dearest_input(rates) for rates in reached), input_tokens) + _exact(price.call or 0.0)
    return fixed, max(rates.output for rates in reached)


def _dearest_input(rates: Rates) -> float:
    return max(rates.input, rates.cached_input or 0.0, rates.cache_write or 0.0)


@lru_cache(maxsize=1024)
def _exact(number: float) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    return Fraction(repr(number))


def _rated(rate: float, tokens: int) -> Fraction:
    return _exact(rate) * tokens / MILLION


def _dollars(exact: Fraction) -> float:
    """Rounded up to a whole nanodollar."""
    return math.ceil(exact * NANOS) / NANOS
