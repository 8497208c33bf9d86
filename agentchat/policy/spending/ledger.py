"""What was spent, and what is set aside for calls that are still out: sums over the log, kept by one pass.

A budget asks the ledger before each call. What is kept here are counts and the calls that are open, nothing that the
entries do not say; no clock, no cap, no decision may enter. Every call is booked in up to three scopes, the whole
("budget"), its agent ("agent coder") and the tier of its model ("tier fast"), each for the run and for the whole
conversation. Money is whole nanodollars, so a sum is exact (see `policy.spending.prices`).

A model call counts when it starts, every attempt. What it reserved stays set aside until it ends, and then is booked

    finished, usage reported         what the provider counted; money by the price on the model's card
    finished, usage missing          what was reserved
    failed, cancelled, in doubt      what was reserved; nothing where no model can have seen it (`unsent`)
    a tool that reports `spent`      that: it held a conversation of its own; any other, what was reserved
    open when the next run begins    what was reserved: its process is lost
    open at a fork                   nothing: in the new branch it was never made

`Taken` books nothing: what the lost process left open stays set aside until it is settled one way or the other.
Where neither a reservation nor a report says how many tokens a call took, nothing is booked: no cap stood then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from agentchat.policy.cards import ModelCard
from agentchat.policy.spending.amounts import UNITS, Amount, Unit, amount_of, scopes_of
from agentchat.policy.spending.prices import Price, cost, nanos
from agentchat.policy.spending.roster import Roster
from agentchat.transcript.calls import ModelRecipe, Reply, Reserved, ToolRecipe, ToolResult, Usage
from agentchat.transcript.events import (
    CallCancelled,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Entry,
    Forked,
    Opened,
    Overrun,
    PersonaChanged,
    RunStarted,
    Warned,
)
from agentchat.transcript.transcript import Fold, Transcript

_TURNED_AWAY: Final = frozenset({"ModelBusy", "ModelRejected", "ModelUnsupported"})
_UNSENT: Final = frozenset({"ModelUnreachable", "ModelKeyMissing", "RealModelForbidden"})
"""Errors of calls that never left, by the names in `errors.py`."""


_NO_TIERS: Final[Mapping[str, Amount]] = MappingProxyType({})


class Account:
    """One scope: what its calls have cost, and what is set aside for those that are out."""

    __slots__ = ("held", "spent")

    def __init__(self) -> None:
        self.spent = Amount()
        self.held = Amount()

    @property
    def taken(self) -> Amount:
        """Both together: what no further call can have."""
        return self.spent.plus(self.held)


class Out(NamedTuple):
    """A call that is out: what it set aside in which scopes, and the price it goes by.

    tiers: what a conversation inside set aside of it for single tiers.
    """

    model: bool
    reserved: Reserved | None
    held: Amount
    price: Price | None
    scopes: tuple[str, ...]
    accounts: tuple[Account, ...]
    tiers: Mapping[str, Amount] = _NO_TIERS


class Excess(NamedTuple):
    """A call that has cost more than it had reserved, in `unit`."""

    unit: Unit
    reserved: int
    spent: int
    scopes: tuple[str, ...]


class Ledger:
    """The sums after some entry.

    run, conversation: an account for each scope. out: the open calls. stopped: the scopes and units in which a call of
    this run cost more than it had reserved, with that call. excesses: those that no `Overrun` tells of yet. warned:
    the highest percentage that was warned of in this run.
    """

    __slots__ = ("conversation", "excesses", "out", "roster", "run", "stopped", "warned")

    def __init__(self) -> None:
        self.roster = Roster()
        self.run: dict[str, Account] = {}
        self.conversation: dict[str, Account] = {}
        self.out: dict[int, Out] = {}
        self.stopped: dict[tuple[str, Unit], int] = {}
        self.excesses: dict[int, tuple[Excess, ...]] = {}
        self.warned: dict[tuple[str, str], int] = {}

    def account(self, scope: str, per: Literal["run", "conversation"]) -> Account:
        """The account of a scope; an empty one where nothing was booked. Read it, do not change it."""
        return (self.run if per == "run" else self.conversation).get(scope) or Account()

    def card(self, agent: str, model: str) -> ModelCard | None:
        """The card by which a call to `model` is booked."""
        return self.roster.card(agent, model)


def unsent(failed: CallFailed) -> bool:
    """Whether a failed model call costs nothing, for no model saw it.

    It never left, or was turned away with 4xx, for which no service charges. After a partial text it did arrive.
    """
    return failed.error.type in _UNSENT or (failed.error.type in _TURNED_AWAY and not failed.partial)


def measured(usage: Usage | None) -> int | None:
    """The tokens of a call as the provider counted them, or None where it did not say both numbers.

    Nought of both is no measurement either, for no request is empty: some servers fill in what they do not count.
    """
    if usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    if usage.input_tokens < 0 or usage.output_tokens < 0:
        return None
    return usage.input_tokens + usage.output_tokens or None


def advance(ledger: Ledger, entry: Entry) -> None:
    """Take one entry in. The same cost at the ten-thousandth entry as at the first."""
    act = _ACTS.get(type(entry.event))
    if act is not None:
        act(ledger, entry, entry.event)


def _agreed(ledger: Ledger, entry: Entry, event: Opened | PersonaChanged) -> None:
    ledger.roster.take(event)


def _run_started(ledger: Ledger, entry: Entry, event: RunStarted) -> None:
    for call in tuple(ledger.out):
        _settle(ledger, call)
    ledger.run = {}
    ledger.stopped, ledger.excesses, ledger.warned = {}, {}, {}


def _started(ledger: Ledger, entry: Entry, event: CallStarted) -> None:
    recipe = event.recipe
    model = isinstance(recipe, ModelRecipe)
    card = ledger.card(event.agent, recipe.model) if isinstance(recipe, ModelRecipe) else None
    if not model and not isinstance(recipe, ToolRecipe):
        return  # programs and questions to people cost neither calls nor tokens
    scopes = scopes_of(event.agent, None if card is None else card.tier)
    accounts = _accounts(ledger, scopes)
    held = amount_of(event.reserved)
    if model:
        held = held._replace(calls=0)  # it counts as made from now on, whatever comes of it
    for account in accounts:
        account.held = account.held.plus(held)
        if model:
            account.spent = account.spent.plus(Amount(calls=1))
    price = None if card is None else card.price
    tiers = _NO_TIERS if model or event.reserved is None else _by_tier(event.reserved)
    for scope, amount in tiers.items():
        for account in _accounts(ledger, (scope,)):
            account.held = account.held.plus(amount)
    ledger.out[entry.seq] = Out(model, event.reserved, held, price, scopes, accounts, tiers)


def _by_tier(reserved: Reserved) -> Mapping[str, Amount]:
    """The amounts that go to single tiers, by the names of their scopes."""
    return {f"tier {tier}": amount_of(share) for tier, share in (reserved.tiers or {}).items()}


def _accounts(ledger: Ledger, scopes: tuple[str, ...]) -> tuple[Account, ...]:
    found = []
    for book in (ledger.run, ledger.conversation):
        for scope in scopes:
            if scope not in book:
                book[scope] = Account()
            found.append(book[scope])
    return tuple(found)


def _finished(ledger: Ledger, entry: Entry, event: CallFinished) -> None:
    out = ledger.out.get(event.call)
    if out is None:
        return
    if isinstance(event.result, Reply) and out.model:
        _settle(ledger, event.call, _reported(out, event.result.usage))
    elif isinstance(event.result, ToolResult) and event.result.spent is not None:
        _settle(ledger, event.call, _told(out, event.result.spent), _by_tier(event.result.spent))
    else:
        _settle(ledger, event.call)


def _failed(ledger: Ledger, entry: Entry, event: CallFailed) -> None:
    out = ledger.out.get(event.call)
    _settle(ledger, event.call, Amount() if out is not None and out.model and unsent(event) else None)


def _lost(ledger: Ledger, entry: Entry, event: CallCancelled | CallInDoubt) -> None:
    _settle(ledger, event.call)


def _forked(ledger: Ledger, entry: Entry, event: Forked) -> None:
    for call in tuple(ledger.out):
        _settle(ledger, call, Amount(calls=-1) if ledger.out[call].model else Amount())


def _overrun(ledger: Ledger, entry: Entry, event: Overrun) -> None:
    ledger.excesses.pop(event.call, None)


def _warned(ledger: Ledger, entry: Entry, event: Warned) -> None:
    scope, unit, percent = (event.values.get(name) for name in ("scope", "unit", "percent"))
    if isinstance(scope, str) and isinstance(unit, str) and isinstance(percent, int):
        ledger.warned[scope, unit] = max(percent, ledger.warned.get((scope, unit), 0))


def _reported(out: Out, usage: Usage | None) -> Amount:
    """What a model call has cost by the provider's count; what it leaves open, by the reservation."""
    if usage is None:
        return out.held
    tokens = measured(usage)
    if tokens is None:  # what it does say is still a lower bound
        known = max(usage.input_tokens or 0, 0) + max(usage.output_tokens or 0, 0)
        return Amount(0, max(known, out.held.tokens), out.held.nanos)
    paid = None if out.price is None else cost(out.price, usage)
    return Amount(0, tokens, out.held.nanos if paid is None else nanos(paid))


def _told(out: Out, spent: Reserved) -> Amount:
    """What a conversation behind a tool has cost by its own account; what it leaves open, by the reservation."""
    told = amount_of(spent)
    return Amount(
        out.held.calls if spent.calls is None else told.calls,
        out.held.tokens if spent.tokens is None else told.tokens,
        out.held.nanos if spent.usd is None else told.nanos,
    )


def _settle(ledger: Ledger, call: int, paid: Amount | None = None, by_tier: Mapping[str, Amount] | None = None) -> None:
    """Book what a call has cost, by default what it had reserved, and give the reservation back."""
    out = ledger.out.pop(call, None)
    if out is None:
        return
    if out.tiers or by_tier:
        _settle_tiers(ledger, out, out.tiers if paid is None else by_tier or _NO_TIERS)
    paid = out.held if paid is None else paid
    for account in out.accounts:
        account.held = account.held.minus(out.held)
        account.spent = account.spent.plus(paid)
    more = tuple(
        Excess(unit, out.held.of(unit), paid.of(unit), out.scopes)
        for unit in UNITS
        if paid.of(unit) > out.held.of(unit) and _counted(out, unit)
    )
    if more:
        ledger.excesses[call] = more
        for excess in more:
            for scope in out.scopes:
                ledger.stopped.setdefault((scope, excess.unit), call)


def _settle_tiers(ledger: Ledger, out: Out, paid: Mapping[str, Amount]) -> None:
    """Book what a conversation inside has spent on single tiers, whether a cap stood there or not."""
    for scope in {**out.tiers, **paid}:
        for account in _accounts(ledger, (scope,)):
            account.held = account.held.minus(out.tiers.get(scope, Amount()))
            account.spent = account.spent.plus(paid.get(scope, Amount()))


def _counted(out: Out, unit: Unit) -> bool:
    """Whether a reservation stood that can be passed. A tool that reserved nothing was to spend nothing."""
    return not out.model or (out.reserved is not None and getattr(out.reserved, unit) is not None)


_ACTS: Final[dict[type, Callable[[Ledger, Entry, Any], None]]] = {
    Opened: _agreed,
    PersonaChanged: _agreed,
    RunStarted: _run_started,
    CallStarted: _started,
    CallFinished: _finished,
    CallFailed: _failed,
    CallCancelled: _lost,
    CallInDoubt: _lost,
    Forked: _forked,
    Overrun: _overrun,
    Warned: _warned,
}


def _step(ledger: Ledger, entry: Entry, _: Transcript) -> Ledger:
    advance(ledger, entry)
    return ledger


_LEDGER: Final = Fold(Ledger, _step, on=frozenset(_ACTS))


def ledger_of(transcript: Transcript) -> Ledger:
    """The sums at the end of a transcript. Kept from the first question on: a run without caps never asks."""
    return transcript.fold(_LEDGER)
