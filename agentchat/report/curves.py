"""How calls, tokens and money added up, against the caps that stood: what a budget counts, as the ledger counts it.

What a provider does not report counts as what was reserved for it, and is marked: such a sum is no measurement. Never
here: what was used by agent and by model (`policy.spending.usage`), which keeps unknown apart.
"""

from __future__ import annotations

from typing import Final

from agentchat.policy.spending.amounts import UNITS, WHOLE, Unit
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.ledger import Account, ledger_of, unsent
from agentchat.policy.spending.prices import NANOS
from agentchat.report.calls import Call
from agentchat.transcript.events import (
    CALL_OVER,
    CallFailed,
    CallStarted,
    Edited,
    Entry,
    Forked,
    RunStarted,
)
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Transcript

_MOVES: Final = (CallStarted, *CALL_OVER, Forked)

Point = tuple[int, float, int, int, float, int, float]
"""Entry, seconds on the time axis, calls, tokens and dollars booked, tokens and dollars set aside beside them."""


class Curve(Frozen):
    """The sums from one entry to the next that changes the caps: a run, or a changed budget.

    tokens, usd, calls, seconds: the caps of the whole; None where there is none. unmeasured: the first entry from which
    on some call's tokens are not known, unpriced: the same of its cost; None where all are.
    """

    since: int
    begun: float
    per: str
    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None
    points: tuple[Point, ...] = ()
    unmeasured: int | None = None
    unpriced: int | None = None


class Standing(Frozen):
    """What stands against one cap at the end: the scope, the unit, what was spent and is set aside, and the cap."""

    scope: str
    unit: str
    spent: float
    held: float
    cap: float


class Curves:
    """Collects the curves, entry by entry."""

    def __init__(self) -> None:
        self._closed: list[Curve] = []
        self._curve: Curve | None = None
        self._points: list[Point] = []
        self._budget = Budget()
        self._run = 0

    def take(self, prefix: Transcript, entry: Entry, time: float, ended: Call | None) -> None:
        """Take an entry in. prefix: the transcript with it. ended: the call that it ended."""
        event = entry.event
        if isinstance(event, RunStarted):
            self._run = entry.seq
        if isinstance(event, RunStarted | Edited) and self._run:
            self._begin(prefix, entry.seq, time, anew=isinstance(event, RunStarted))
        if self._curve is None or not isinstance(event, (*_MOVES, RunStarted)):
            return
        account = ledger_of(prefix).account(WHOLE, self._budget.per)
        self._points.append(_point(entry.seq, time, account))
        free = isinstance(event, CallFailed) and unsent(event)
        if ended is not None and ended.kind == "model" and not free:
            self._curve = _marked(self._curve, entry.seq, ended)

    def _begin(self, prefix: Transcript, seq: int, time: float, *, anew: bool) -> None:
        started = prefix[self._run].event
        budget = Budget.model_validate(started.budget) if isinstance(started, RunStarted) else Budget()
        if not anew and budget == self._budget:
            return
        self._finish()
        self._budget = budget
        caps = {"calls": budget.calls, "tokens": budget.tokens, "usd": budget.usd, "seconds": budget.seconds}
        self._curve = Curve.model_validate({"since": seq, "begun": time, "per": budget.per, **caps})

    def _finish(self) -> None:
        if self._curve is not None:
            self._closed.append(self._curve.model_copy(update={"points": tuple(self._points)}))
        self._points = []

    def made(self) -> tuple[Curve, ...]:
        """All curves, in order."""
        current = () if self._curve is None else (self._curve.model_copy(update={"points": tuple(self._points)}),)
        return (*self._closed, *current)

    def standing(self, transcript: Transcript) -> tuple[Standing, ...]:
        """What stands against each cap at the end, those of agents and tiers too."""
        ledger = ledger_of(transcript)
        found = []
        for scope, caps in self._budget.scopes():
            account = ledger.account(scope, self._budget.per)
            for unit in UNITS:
                cap = caps.most(unit)
                if cap is not None:
                    spent, held = _number(unit, account.spent.of(unit)), _number(unit, account.held.of(unit))
                    found.append(Standing(scope=scope, unit=unit, spent=spent, held=held, cap=_number(unit, cap)))
        return tuple(found)


def _number(unit: Unit, amount: int) -> float:
    return amount / NANOS if unit == "usd" else amount


def _point(seq: int, time: float, account: Account) -> Point:
    spent, held = account.spent, account.held
    return seq, time, spent.calls, spent.tokens, spent.nanos / NANOS, held.tokens, held.nanos / NANOS


def _marked(curve: Curve, seq: int, ended: Call) -> Curve:
    """A curve with the places from which on something is not known."""
    found: dict[str, int] = {}
    if curve.unmeasured is None and (ended.input is None or ended.output is None):
        found["unmeasured"] = seq
    if curve.unpriced is None and ended.usd is None:
        found["unpriced"] = seq
    return curve.model_copy(update=found) if found else curve
