"""Whether one more call fits, and how much it may cost: a budget and a ledger in, a yes with its limits or a no.

Before each call, spent + reserved + the most that the call can cost must fit under every cap that concerns it: that of
the whole, of its agent, of the tier of its model. A call is bounded by the bytes of its messages, for no tokenizer
makes more tokens of a text than it has bytes, and by the limit on the output that is sent with it; so that limit is
chosen here, from what the caps leave. What does not fit is not made.

`room` chooses before a call is offered; `admits` is the plain check that decides on the offer, and on the recorded
call when a log is checked. What `room` allows, `admits` takes. Never here: what anything has cost (`ledger`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentchat.policy.spending.amounts import UNITS, Unit, amount_of
from agentchat.policy.spending.budget import NOTHING, Budget, Caps
from agentchat.policy.spending.ledger import Account, Ledger
from agentchat.policy.spending.prices import NANOS, UNLIMITED, Price, affordable_output, bound, nanos
from agentchat.transcript.calls import JsonObject, ModelRecipe, Reserved, Share
from agentchat.transcript.events import CallStarted, Overrun

LEAST_OUTPUT: Final = 16
"""Tokens of output. A call that may answer with less is not made: it would be paid for and cut off in its first words.
The Responses API takes no lower `max_output_tokens` either."""

MOST_OUTPUT: Final = 16_384
"""Tokens of output for a call under a cap whose model names no limit of its own. Every call must have one to be
bounded; this is what the commonest chat models can write at most, so it seldom cuts an answer short, and it does not
set aside a whole budget for one call where that is larger."""

WARN_AT: Final = (90, 70)
"""Percent of a cap at which its drawing near is told, the higher first."""


class Allowed(NamedTuple):
    """A call that fits: the limit on its output to be sent (None: none is needed), and what it sets aside."""

    output: int | None
    reserved: Reserved | None


class Denied(NamedTuple):
    """A call that does not fit: the scope, the unit, what was spent, reserved and asked for, and the cap."""

    values: JsonObject


def room(
    budget: Budget,
    ledger: Ledger,
    agent: str,
    tier: str | None,
    price: Price | None,
    input_bound: int,
    wanted_output: int | None,
    share: int = 1,
) -> Allowed | Denied:
    """How much output a model call may ask for, in tokens, and what it has to set aside.

    input_bound: the most tokens that its input can have, from its bytes. wanted_output: the limit on the output as set
    for the model; None: none is set. share: how many calls are to divide what is left, where several start at once.
    """
    least = LEAST_OUTPUT if wanted_output is None else min(LEAST_OUTPUT, wanted_output)
    most = MOST_OUTPUT if wanted_output is None else wanted_output
    limited, in_tokens, in_usd = False, False, False
    for scope, caps, unit, cap in _caps(budget, agent, tier):
        account = ledger.account(scope, budget.per)
        left = cap - account.taken.of(unit)
        stopped = ledger.stopped.get((scope, unit))
        if unit == "calls":
            fits = left >= 1
        elif unit == "tokens":
            in_tokens = limited = True
            most = min(most, left // share - input_bound)
            fits = most >= least
        elif price is not None:
            paid = 0 if left < 0 else affordable_output(price, input_bound, left // share / NANOS)
            in_usd, limited = True, limited or paid < UNLIMITED
            most = min(most, paid)
            fits = most >= least
        else:
            fits = budget.excuses(caps)
        if not fits or stopped is not None:
            asked = _asked(unit, price, input_bound, least)
            return Denied(_values(scope, unit, account, asked, cap, stopped, share))
    output = most if limited else wanted_output
    if not in_tokens and not in_usd:
        return Allowed(output, None)
    return Allowed(
        output,
        Reserved(
            tokens=input_bound + most if in_tokens else None,
            usd=bound(price, input_bound, most) if in_usd and price is not None else None,
        ),
    )


def rest(budget: Budget, ledger: Ledger, agent: str, share: int = 1) -> Reserved | Denied | None:
    """What a conversation that this agent starts may spend at most; None where no cap concerns it."""
    left: dict[Unit, int] = {}
    for scope, _, unit, cap in _caps(budget, agent, None):
        account = ledger.account(scope, budget.per)
        own = (cap - account.taken.of(unit)) // share
        stopped = ledger.stopped.get((scope, unit))
        if own < 1 or stopped is not None:
            return Denied(_values(scope, unit, account, 1, cap, stopped, share))
        left[unit] = min(own, left.get(unit, own))
    tiers = {name: _rest_of_tier(budget, ledger, name, caps, share) for name, caps in budget.tiers.items()}
    if not left and not tiers:
        return None
    return Reserved(**_share(left).model_dump(), tiers=tiers or None)


def _rest_of_tier(budget: Budget, ledger: Ledger, tier: str, caps: Caps, share: int) -> Share:
    """What a conversation may spend on one tier; no call at all, where one of its caps is spent."""
    scope = f"tier {tier}"
    left: dict[Unit, int] = {}
    for unit in UNITS:
        cap = caps.most(unit)
        if cap is not None:
            own = (cap - ledger.account(scope, budget.per).taken.of(unit)) // share
            if own < 1 or (scope, unit) in ledger.stopped:
                return NOTHING
            left[unit] = own
    return _share(left)


def _share(left: Mapping[Unit, int]) -> Share:
    usd = left.get("usd")
    return Share(calls=left.get("calls"), tokens=left.get("tokens"), usd=None if usd is None else usd / NANOS)


def admits(
    budget: Budget,
    ledger: Ledger,
    agent: str,
    tier: str | None,
    reserved: Reserved | None,
    *,
    price: Price | None = None,
    model: bool = True,
) -> JsonObject | None:
    """None where a call fits that sets aside `reserved`, else the values that say why not.

    price: that of the model, None where it is unknown. model: whether it is a model call, which counts as one; another
    that sets nothing aside always fits. A cap on what the call does not set aside has no room for it: its bound is
    not known.
    """
    if not model and reserved is None:
        return None
    amount = amount_of(reserved)._replace(calls=1) if model else amount_of(reserved)
    for scope, caps, unit, cap in _caps(budget, agent, tier):
        account = ledger.account(scope, budget.per)
        stopped = ledger.stopped.get((scope, unit))
        known = (model and unit == "calls") or (reserved is not None and getattr(reserved, unit) is not None)
        if not known and stopped is None and unit == "usd" and price is None and budget.excuses(caps):
            continue
        asked = amount.of(unit) if known else None
        if asked is None or stopped is not None or account.taken.of(unit) + asked > cap:
            return _values(scope, unit, account, asked, cap, stopped)
    return None if model or reserved is None else _tiers_admit(budget, ledger, reserved)


def _tiers_admit(budget: Budget, ledger: Ledger, reserved: Reserved) -> JsonObject | None:
    """Whether what a conversation inside sets aside for single tiers fits as well."""
    for tier, share in (reserved.tiers or {}).items():
        amount, scope = amount_of(share), f"tier {tier}"
        for unit in UNITS:
            cap = budget.tiers[tier].most(unit) if tier in budget.tiers else None
            account = ledger.account(scope, budget.per)
            if cap is not None and amount.of(unit) and account.taken.of(unit) + amount.of(unit) > cap:
                return _values(scope, unit, account, amount.of(unit), cap, None)
    return None


def refusal(budget: Budget, ledger: Ledger, started: CallStarted) -> JsonObject | None:
    """`admits` for an offered or a recorded call: by its agent, its model's card, and what it sets aside."""
    recipe = started.recipe
    if not isinstance(recipe, ModelRecipe):
        return admits(budget, ledger, started.agent, None, started.reserved, model=False)
    card = ledger.card(started.agent, recipe.model)
    if card is None:
        return admits(budget, ledger, started.agent, None, started.reserved)
    return admits(budget, ledger, started.agent, card.tier, started.reserved, price=card.price)


def overrun(budget: Budget, ledger: Ledger) -> Overrun | None:
    """The `Overrun` that is due: a call took more than it had set aside, of something that a cap counts."""
    if not ledger.excesses:
        return None
    capped = {(scope, unit) for scope, caps in budget.scopes() for unit in UNITS if caps.most(unit) is not None}
    for call, excesses in ledger.excesses.items():
        for one in excesses:
            for scope in one.scopes:
                if (scope, one.unit) in capped:
                    reserved, spent = _shown(one.unit, one.reserved), _shown(one.unit, one.spent)
                    values: JsonObject = {"scope": scope, "unit": one.unit, "reserved": reserved, "spent": spent}
                    return Overrun(call=call, values=values)
    return None


def warnings(budget: Budget, ledger: Ledger) -> list[tuple[str, JsonObject]]:
    """The reasons and values of the `Warned` that are due: a cap is 70 or 90 % spent, each told once a run.

    What is only set aside does not count: one call may set aside all that is left, and mostly gives it back.
    """
    due: list[tuple[str, JsonObject]] = []
    for scope, caps in budget.scopes():
        for unit in UNITS:
            cap = caps.most(unit)
            if cap is None:
                continue
            spent = ledger.account(scope, budget.per).spent.of(unit)
            percent = next((at for at in WARN_AT if spent * 100 >= cap * at), 0)
            if percent > ledger.warned.get((scope, unit), 0):
                most = f"${_shown(unit, cap):g}" if unit == "usd" else f"{cap} {unit if cap > 1 else unit[:-1]}"
                part = "all" if spent >= cap else f"{percent} %"
                values: JsonObject = {"scope": scope, "unit": unit, "percent": percent}
                values |= {"spent": _shown(unit, spent), "cap": _shown(unit, cap)}
                due.append((f"{scope}: {part} of {most} spent", values))
    return due


def _caps(budget: Budget, agent: str, tier: str | None) -> list[tuple[str, Caps, Unit, int]]:
    """Each single cap that concerns a call: its scope, the caps it stands among, its unit, and how much it is."""
    return [
        (scope, caps, unit, cap)
        for scope, caps in budget.concerning(agent, tier)
        for unit in UNITS
        if (cap := caps.most(unit)) is not None
    ]


def _asked(unit: Unit, price: Price | None, input_tokens: int, output_tokens: int) -> int | None:
    """The least that a model call asks of a cap; None where its price is not known."""
    if unit != "usd":
        return 1 if unit == "calls" else input_tokens + output_tokens
    return None if price is None else nanos(bound(price, input_tokens, output_tokens))


def _shown(unit: Unit, amount: int) -> int | float:
    return amount / NANOS if unit == "usd" else amount


def _values(
    scope: str, unit: Unit, account: Account, asked: int | None, cap: int, stopped: int | None, share: int = 1
) -> JsonObject:
    """Why not: `asked` is None where it is not known; `overrun` is the call that took more than it had set aside."""
    values: JsonObject = {
        "scope": scope,
        "unit": unit,
        "spent": _shown(unit, account.spent.of(unit)),
        "reserved": _shown(unit, account.held.of(unit)),
        "asked": None if asked is None else _shown(unit, asked),
        "cap": _shown(unit, cap),
    }
    if share > 1:
        values["share"] = share
    if stopped is not None:
        values["overrun"] = stopped
    return values
