"""What a run may spend: the caps as they are agreed, and what can be known to be wrong with them.

Whether one more call fits is asked of `admission`, what was spent of `ledger`. Never here: sums, calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from agentchat.errors import ConfigurationError
from agentchat.policy.cards import ModelCard
from agentchat.policy.naming import nearest
from agentchat.policy.spending.amounts import WHOLE, Unit
from agentchat.policy.spending.prices import NANOS
from agentchat.policy.told import Told
from agentchat.transcript.calls import JsonObject, Reserved, Share

MOST_USD: Final = 1_000_000.0
"""US dollars: no cap is higher. Up to four million a sum in dollars names its nanodollars exactly (`prices`)."""

_LESS_THAN_ANYTHING: Final = frozenset({"greater_than", "greater_than_equal"})


@lru_cache(maxsize=256)
def _whole_nanos(usd: float) -> int:
    return int((Decimal(repr(usd)) * NANOS).to_integral_value(ROUND_FLOOR))


class Caps(Told):
    """The base of what caps calls. calls: to models, every attempt. tokens: input and output. usd: US dollars."""

    calls: int | None = Field(default=None, ge=1)
    tokens: int | None = Field(default=None, ge=1)
    usd: float | None = Field(default=None, ge=1 / NANOS, le=MOST_USD)

    @classmethod
    def _problem(cls, one: Mapping[str, Any]) -> str:
        """A cap that is too small is told so."""
        place = ".".join(str(step) for step in one["loc"])
        if place and one["type"] in _LESS_THAN_ANYTHING:
            given = f"{cls.__name__}({place}={one['input']!r})"
            return f"{given}: nothing could be done under it; give more, or leave it out for no cap"
        return super()._problem(one)

    def most(self, unit: Unit) -> int | None:
        """The cap in one unit, or None where there is none; money in whole nanodollars, rounded down."""
        cap = getattr(self, unit)
        if cap is None or unit != "usd":
            return None if cap is None else int(cap)
        return _whole_nanos(cap)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value != field.get_default(call_default_factory=True):
                yield name, value

    def __str__(self) -> str:
        return repr(self)


class Cap(Caps):
    """What one agent, or all calls to the models of one tier, may spend."""

    def model_post_init(self, context: object) -> None:
        """Refuses a cap without any."""
        if self.calls is None and self.tokens is None and self.usd is None:
            raise ConfigurationError("Cap() caps nothing: give calls, tokens or usd")


class Budget(Caps):
    """Caps that are asked before each call, and the time of a run.

    calls: model calls, every attempt counted. tokens: input and output together. usd: US dollars. seconds: active time
    of the run. per: whether calls, tokens and usd are those of each run or of the whole conversation. agents, tiers:
    further caps for single agents and for the models of a tier, which hold beside the whole. unpriced="free": what a
    model without a price costs counts as nothing; without it, money on such a model is refused at construction unless
    a cap on tokens stands beside the cap on money.

        Budget(usd=0.25, agents={"coder": Cap(tokens=50_000)})

    Raises ConfigurationError, in one line, for what makes no sense; a cap of 0 is such: nothing could be done under it.
    """

    seconds: float | None = Field(default=None, gt=0)
    per: Literal["run", "conversation"] = "run"
    agents: dict[str, Cap] = Field(default_factory=dict)
    tiers: dict[str, Cap] = Field(default_factory=dict)
    unpriced: Literal["free"] | None = None

    @field_validator("agents", "tiers", mode="before")
    @classmethod
    def _by_name(cls, given: object, info: ValidationInfo) -> object:
        if not isinstance(given, dict):
            return given
        return {name: _named(f"{info.field_name}.{name}", cap) for name, cap in given.items()}

    def bounds(self) -> bool:
        """Whether it ends every run by itself. Caps on calls do not: agents without a model make none (`counts`)."""
        return self.seconds is not None

    def counts(self, cards: Mapping[str, Sequence[ModelCard]]) -> bool:
        """Whether it ends every run in which each round makes a model call; `cards` are the models of each agent.

        Calls do, and tokens, for no call is booked with none of them. Money does where every model costs some.
        """
        models = [card for own in cards.values() for card in own]
        costly = bool(models) and all(card.price is not None and not card.price.free for card in models)
        return self.calls is not None or self.tokens is not None or (self.usd is not None and costly)

    def excuses(self, caps: Caps) -> bool:
        """Whether a model without a price may be called under these caps on money."""
        return self.unpriced == "free" or caps.tokens is not None

    def concerning(self, agent: str, tier: str | None) -> Iterator[tuple[str, Caps]]:
        """The caps that concern a call, with the name of their scope."""
        yield WHOLE, self
        if agent in self.agents:
            yield f"agent {agent}", self.agents[agent]
        if tier is not None and tier in self.tiers:
            yield f"tier {tier}", self.tiers[tier]

    def scopes(self) -> Iterator[tuple[str, Caps]]:
        """All caps, with the names of their scopes."""
        yield WHOLE, self
        yield from ((f"agent {name}", cap) for name, cap in self.agents.items())
        yield from ((f"tier {name}", cap) for name, cap in self.tiers.items())

    def within(self, given: Reserved) -> Budget:
        """This budget for a conversation that may spend no more than `given`, whatever its own caps say.

        Where money is given and no tokens, models without a price may be called: whoever gives it has agreed to that,
        or there are none (`money_on_unpriced`).
        """
        lower = {
            unit: most if own is None else min(own, most)
            for unit, own, most in (
                ("calls", self.calls, given.calls),
                ("tokens", self.tokens, given.tokens),
                ("usd", self.usd, given.usd),
            )
            if most is not None
        }
        tiers = dict(self.tiers)
        for name, most in (given.tiers or {}).items():
            tiers[name] = _lower(tiers.get(name), most)
        unpriced = "free" if given.usd is not None and given.tokens is None else self.unpriced
        return self.model_copy(update={**lower, "tiers": tiers, "unpriced": unpriced})

    def written(self) -> JsonObject:
        """The budget as plain JSON, as `RunStarted` keeps it."""
        dumped: JsonObject = self.model_dump(mode="json", exclude_defaults=True)
        return dumped


NOTHING: Final = Share(calls=0)
"""What may be spent where nothing may."""


def _lower(own: Cap | None, most: Share) -> Cap:
    """The lower of two caps, unit by unit."""
    if most == NOTHING:
        return Cap(tokens=1)  # no call takes so little, and a cap of 0 is refused as a slip of the user's
    given = {"calls": most.calls, "tokens": most.tokens, "usd": most.usd}
    if own is None:
        return Cap.model_validate(given)
    return Cap.model_validate(
        {
            unit: cap if (mine := getattr(own, unit)) is None else mine if cap is None else min(mine, cap)
            for unit, cap in given.items()
        }
    )


def wrong_with(
    budget: Budget,
    cards: Mapping[str, Sequence[ModelCard]],
    tiers: Iterable[str],
    inside: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[str]:
    """What is wrong with a budget for these agents, a line each.

    cards: the models of every agent, by its name. tiers: those of these models, and of the teams inside. inside: the
    names of the models without a price in the teams that an agent has inside.
    """
    return [*_strangers(budget, cards, tiers), *money_on_unpriced(budget, cards, inside)]


def money_on_unpriced(
    budget: Budget,
    cards: Mapping[str, Sequence[ModelCard]],
    inside: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[str]:
    """The caps on money that cannot be kept, a line each: they concern a model whose price is unknown."""
    found = []
    for scope, caps in budget.scopes():
        if caps.usd is None or budget.excuses(caps):
            continue
        unpriced = {
            card.name: None
            for agent, own in cards.items()
            for card in own
            if card.price is None and scope in (WHOLE, f"agent {agent}", f"tier {card.tier}")
        }
        unpriced |= {
            name: None for agent, names in inside.items() if scope in (WHOLE, f"agent {agent}") for name in names
        }
        if unpriced:
            whose, models = "" if scope == WHOLE else f" of {scope}", " and ".join(map(repr, unpriced))
            found.append(
                f"the cap of ${caps.usd:g}{whose} cannot be kept: what {models} costs is not known. "
                "Give the model a price, or a cap on tokens beside that on usd, or say unpriced='free'"
            )
    return found


def _strangers(budget: Budget, cards: Mapping[str, Sequence[ModelCard]], tiers: Iterable[str]) -> list[str]:
    """Caps that concern nobody: a name mistyped would be no limit at all."""
    known = (("agent", budget.agents, sorted(cards)), ("tier", budget.tiers, sorted(set(tiers))))
    return [
        f"the budget caps {kind} {name!r}, and there is none here{nearest(name, names)} "
        f"(there are: {', '.join(names) or 'none'})"
        for kind, caps, names in known
        for name in caps
        if name not in names
    ]


def _named(place: str, given: object) -> Cap:
    try:
        return Cap.model_validate(given)
    except ConfigurationError as error:
        raise ConfigurationError(f"the budget, {place}: {error}") from None
