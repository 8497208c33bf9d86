"""Why a call was admitted or not: every cap that concerns it, what was spent and set aside under it, and what it asks.

The same sums as in `policy.spending.admission`, which decides; here each is put into words. A test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agentchat.debug.why.standing import number, shown
from agentchat.debug.why.steps import Detail, amount, fact
from agentchat.policy.charter import charter_of
from agentchat.policy.spending.amounts import UNITS, Unit, amount_of
from agentchat.policy.spending.budget import Caps
from agentchat.policy.spending.ledger import Ledger, ledger_of
from agentchat.policy.state import State, state_of
from agentchat.transcript.calls import ModelRecipe, Reserved
from agentchat.transcript.events import CallDenied, CallStarted
from agentchat.transcript.transcript import Transcript


class Offer(NamedTuple):
    """A call as far as its admission depends on it. model: which one is asked, None for a call of another kind."""

    turn: int
    agent: str
    kind: str
    model: str | None
    reserved: Reserved | None


def offer_of(event: CallStarted | CallDenied) -> Offer:
    """What was offered."""
    if isinstance(event, CallDenied):
        model = event.model or "" if event.call == "model" else None
        return Offer(event.turn, event.agent, event.call, model, event.reserved)
    recipe = event.recipe
    model = recipe.model if isinstance(recipe, ModelRecipe) else None
    return Offer(event.turn, event.agent, recipe.call, model, event.reserved)


def caps(before: Transcript, offer: Offer) -> Iterator[Detail]:
    """Every cap of the budget that concerns a call, then the limit of its turn."""
    state = state_of(before)
    found = list(_budget(state, ledger_of(before), offer))
    yield from found or [fact("budget: no cap concerns it")]
    yield from _turn(before, state, offer)


def _budget(state: State, ledger: Ledger, offer: Offer) -> Iterator[Detail]:
    if offer.model is None and offer.reserved is None:
        return  # a program, a question, a plain tool: they cost neither calls nor tokens
    card = None if offer.model is None else ledger.card(offer.agent, offer.model)
    for scope, own in state.budget.concerning(offer.agent, None if card is None else card.tier):
        for unit in UNITS:
            if own.most(unit) is not None:
                yield _cap(state, ledger, offer, scope, own, unit, card is None or card.price is None)


def _cap(state: State, ledger: Ledger, offer: Offer, scope: str, own: Caps, unit: Unit, unpriced: bool) -> Detail:
    cap = own.most(unit) or 0
    account = ledger.account(scope, state.budget.per)
    spent, held = account.spent.of(unit), account.held.of(unit)
    asked = _asked(offer, unit)
    over = ledger.stopped.get((scope, unit))
    excused = asked is None and unit == "usd" and unpriced and state.budget.excuses(own)
    fits = over is None and (excused or (asked is not None and spent + held + asked <= cap))
    text = f"{scope}, {unit}: {number(unit, spent)} spent + {number(unit, held)} set aside"
    if asked is None:
        text += " + an unknown price, which counts as nothing" if excused else " + an unknown number asked"
        text += f", of {number(unit, cap)}"
    else:
        total = spent + held + asked
        verdict = "fits" if total <= cap else "too much"
        text += f" + {number(unit, asked)} asked = {number(unit, total)} of {number(unit, cap)}: {verdict}"
    text += f"; but call {over} took more than it had set aside" if over is not None else ""
    return fact(
        text,
        scope=scope,
        unit=unit,
        spent=shown(unit, spent),
        reserved=shown(unit, held),
        asked=None if asked is None else shown(unit, asked),
        cap=shown(unit, cap),
        fits=fits,
    )


def _asked(offer: Offer, unit: Unit) -> int | None:
    """What the call sets aside of a unit; None where that is not known."""
    if offer.model is not None and unit == "calls":
        return 1
    known = offer.reserved is not None and getattr(offer.reserved, unit) is not None
    return amount_of(offer.reserved).of(unit) if known else None


def _turn(before: Transcript, state: State, offer: Offer) -> Iterator[Detail]:
    """How many calls the turn had made, of how many it may."""
    turn, limits = state.board.open_turns.get(offer.turn), charter_of(before).limits
    if turn is None or offer.kind == "ask":
        return
    made, most, what = turn.tool_calls, limits.tool_calls, "tool and code calls"
    if offer.model is not None:
        made, most, what = turn.model_calls, limits.model_calls, "model calls"
    fits = made < most
    text = f"its turn: {made} of {most} {what} made before"
    yield fact(text if fits else f"{text}, so none is left", scope="turn", spent=made, asked=1, cap=most, fits=fits)


def set_aside(reserved: Reserved | None) -> str:
    """What a call sets aside, in words; empty where nothing."""
    if reserved is None:
        return ""
    units = ((unit, getattr(reserved, unit)) for unit in UNITS)
    return ", ".join(amount(unit, value) for unit, value in units if value is not None)
