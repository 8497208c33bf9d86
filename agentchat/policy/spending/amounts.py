"""What calls are counted in, and under which names: units, scopes, and exact amounts. Never here: caps, and prices."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from agentchat.policy.spending.prices import nanos
from agentchat.transcript.calls import Share

Unit = Literal["calls", "tokens", "usd"]
UNITS: Final[tuple[Unit, ...]] = ("calls", "tokens", "usd")
WHOLE: Final = "budget"
"""The scope of every call."""


class Amount(NamedTuple):
    """Model calls, tokens of input and output together, and nanodollars (10^-9 USD)."""

    calls: int = 0
    tokens: int = 0
    nanos: int = 0

    def plus(self, other: Amount) -> Amount:
        """The sum."""
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.nanos + other.nanos)

    def minus(self, other: Amount) -> Amount:
        """The difference."""
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.nanos - other.nanos)

    def of(self, unit: Unit) -> int:
        """The part in one unit; money in nanodollars."""
        return self[UNITS.index(unit)]


def amount_of(reserved: Share | None) -> Amount:
    """A reservation as an amount; what it does not count is nothing."""
    if reserved is None:
        return Amount()
    return Amount(reserved.calls or 0, reserved.tokens or 0, nanos(reserved.usd or 0.0))


def scopes_of(agent: str, tier: str | None) -> tuple[str, ...]:
    """The scopes that a call is booked in: the whole, its agent, and the tier of its model."""
    return (WHOLE, f"agent {agent}", *(() if tier is None else (f"tier {tier}",)))
