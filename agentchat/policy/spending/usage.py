"""What a conversation used: calls, tokens and money by agent, by model and by tier, summed over the log.

A provider that does not say how many tokens a call took leaves the sum unknown, and so does a model without a price: a
`Count` or `Money` then is a lower bound, shown as `≥`. Unknown is never counted as nothing. What a budget holds against
its caps is another sum, where unknown counts as all that was reserved (`policy.spending.ledger`).
"""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from agentchat.policy.spending.ledger import measured, unsent
from agentchat.policy.spending.prices import NANOS, Price, cost, nanos
from agentchat.policy.spending.roster import Roster
from agentchat.transcript.calls import (
    CallResult,
    CodeRecipe,
    ModelRecipe,
    Reply,
    Reserved,
    ToolRecipe,
    ToolResult,
    Usage,
)
from agentchat.transcript.events import (
    CALL_OVER,
    CallCancelled,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Entry,
    Forked,
    Opened,
    PersonaChanged,
)
from agentchat.transcript.transcript import Fold, Transcript

_CENTS: Final = Decimal("0.01")
_FINE: Final = Decimal("0.0001")


class Count(NamedTuple):
    """A sum of tokens; with `complete` False some calls did not report, and it is a lower bound."""

    known: int = 0
    complete: bool = True

    def __str__(self) -> str:
        if self.complete:
            return f"{self.known:,}"
        return f"≥ {self.known:,}" if self.known else "unknown"

    def plus(self, value: int | None) -> Count:
        """The sum with one more call."""
        return Count(self.known, False) if value is None else Count(self.known + value, self.complete)


class Money(NamedTuple):
    """A sum of nanodollars (10^-9 USD); with `complete` False some calls have no known cost: it is a lower bound."""

    nanos: int = 0
    complete: bool = True

    @property
    def known(self) -> float:
        """US dollars."""
        return self.nanos / NANOS

    def __str__(self) -> str:
        exact = Decimal(self.nanos) / NANOS
        # a lower bound is rounded down, or it would be none
        fine = exact.quantize(_FINE, ROUND_HALF_EVEN if self.complete else ROUND_FLOOR)
        shown = f"${fine.normalize() if fine % _CENTS else fine.quantize(_CENTS):,f}"
        if self.complete:
            return shown if fine or not self.nanos else "< $0.0001"
        return f"≥ {shown}" if fine else "unknown"


class Spent(NamedTuple):
    """Calls to models (attempts counted), programs run, tokens, US dollars, and tools called.

    cached_tokens are part of the input, reasoning_tokens of the output. calls and usd hold those of child
    conversations too; child_tokens are their tokens, input and output together, and in no other field.
    """

    calls: int = 0
    programs: int = 0
    input_tokens: Count = Count()
    output_tokens: Count = Count()
    cached_tokens: Count = Count()
    reasoning_tokens: Count = Count()
    usd: Money = Money()
    tools: int = 0
    child_tokens: Count = Count()

    @property
    def tokens(self) -> Count:
        """All tokens: input, output, and those of child conversations."""
        parts = (self.input_tokens, self.output_tokens, self.child_tokens)
        return Count(sum(part.known for part in parts), all(part.complete for part in parts))

    def __str__(self) -> str:
        said = [_count(self.calls, "model call"), f"{_count(self.programs, 'program')} run"]
        said += [f"{_count(self.tools, 'tool')} called"] if self.tools else []
        inside = self.child_tokens != Count()  # nobody knows what of them went in, and what came out
        said += [f"{self.tokens} tokens"] if inside else [f"{self.input_tokens} tokens in", f"{self.output_tokens} out"]
        return ", ".join((*said, _cost(self.usd)) if self.calls else said)

    def __repr__(self) -> str:
        nothing = type(self)._field_defaults
        told = [f"{name}={value}" for name, value in self._asdict().items() if value != nothing[name]]
        return f"Spent({', '.join(told)})"


class UsageReport(NamedTuple):
    """What was used in all, by agent, by model, and by tier, for models that were named by one.

    delegated: the part of the total that went into child conversations. inherited: what a fork found already spent.
    """

    total: Spent
    by_agent: dict[str, Spent]
    by_model: dict[str, Spent]
    by_tier: dict[str, Spent]
    delegated: Spent
    inherited: Spent

    def __str__(self) -> str:
        child = self.delegated
        if child == Spent():
            return str(self.total)
        inside = f"{_count(child.calls, 'model call')}, {child.tokens} tokens, {_cost(child.usd)}"
        return f"{self.total}, of which delegated {inside}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _cost(money: Money) -> str:
    return "cost unknown" if str(money) == "unknown" else str(money)


def usage_of(transcript: Transcript) -> UsageReport:
    """Sum up a transcript, all runs of it. Asked again, only what is new is added."""
    return transcript.fold(_USAGE).report()


_MODEL: Final = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "usd")
"""What a model call that is out, or did not report, leaves unknown."""
_CHILD: Final = ("child_tokens", "usd")
"""The same of a tool that may hold a conversation of its own."""


class _Sums:
    """The sums of one column: what is known, what stays unknown, and what is not known yet."""

    __slots__ = ("known", "unknown", "waiting")

    def __init__(self) -> None:
        self.known: Counter[str] = Counter()
        self.unknown: set[str] = set()
        self.waiting: Counter[tuple[str, ...]] = Counter()

    def add(self, name: str, value: int | None) -> None:
        if value is None:
            self.unknown.add(name)
        else:
            self.known[name] += value

    def spent(self) -> Spent:
        unknown = self.unknown.union(*(names for names, calls in self.waiting.items() if calls))
        count = {name: Count(self.known[name], name not in unknown) for name in (*_MODEL, *_CHILD)}
        return Spent(
            calls=self.known["calls"],
            programs=self.known["programs"],
            input_tokens=count["input_tokens"],
            output_tokens=count["output_tokens"],
            cached_tokens=count["cached_tokens"],
            reasoning_tokens=count["reasoning_tokens"],
            usd=Money(*count["usd"]),
            tools=self.known["tools"],
            child_tokens=count["child_tokens"],
        )


class _Out(NamedTuple):
    """A call that is out: what it counts as, what it leaves unknown, its price, and the columns that it goes into."""

    counts_as: str
    leaves: tuple[str, ...]
    price: Price | None
    columns: tuple[_Sums, ...]


class _Tally:
    """All columns, and the calls that are out."""

    def __init__(self) -> None:
        self.roster = Roster()
        self.total, self.delegated = _Sums(), _Sums()
        self.agents: dict[str, _Sums] = {}
        self.models: dict[str, _Sums] = {}
        self.tiers: dict[str, _Sums] = {}
        self.inherited = Spent()
        self.out: dict[int, _Out] = {}

    def report(self) -> UsageReport:
        by_agent, by_model, by_tier = (
            {name: sums.spent() for name, sums in columns.items()} for columns in (self.agents, self.models, self.tiers)
        )
        return UsageReport(self.total.spent(), by_agent, by_model, by_tier, self.delegated.spent(), self.inherited)

    def start(self, seq: int, event: CallStarted) -> None:
        recipe, agent = event.recipe, self.agents.setdefault(event.agent, _Sums())
        if isinstance(recipe, ModelRecipe):
            card = self.roster.card(event.agent, recipe.model)
            columns = [self.total, agent, self.models.setdefault(recipe.model, _Sums())]
            if card is not None and card.tier is not None:
                columns.append(self.tiers.setdefault(card.tier, _Sums()))
            out = _Out("calls", _MODEL, None if card is None else card.price, tuple(columns))
        elif isinstance(recipe, ToolRecipe):
            leaves, child = ((), ()) if event.reserved is None else (_CHILD, (self.delegated,))
            out = _Out("tools", leaves, None, (self.total, agent, *child))
        elif isinstance(recipe, CodeRecipe):
            out = _Out("programs", (), None, (self.total, agent))
        else:
            return  # a question to a person
        for sums in out.columns:
            sums.known[out.counts_as] += sums is not self.delegated
            sums.waiting[out.leaves] += 1
        self.out[seq] = out

    def end(self, call: int, result: CallResult | None, *, nothing: bool = False) -> None:
        """A call is over: with a result, without one, or with nothing spent."""
        out = self.out.pop(call, None)
        if out is None:
            return
        for sums in out.columns:
            sums.waiting[out.leaves] -= 1
        if nothing:
            return
        if isinstance(result, Reply) and out.leaves is _MODEL:
            values = _values(result.usage, out.price)
            columns = out.columns
        elif isinstance(result, ToolResult) and (result.spent is not None or result.child is not None):
            values = _child(result.spent or Reserved())
            columns = (*out.columns[:2], self.delegated)
            for sums in columns:
                sums.unknown.update("child_tokens" if unit == "tokens" else unit for unit in result.uncounted or ())
        else:
            values, columns = dict.fromkeys(out.leaves), out.columns
            if out.price is not None and out.price.free:
                values["usd"] = 0
        for sums in columns:
            for name, value in values.items():
                sums.add(name, value)

    def fork(self) -> None:
        """Calls that were out count as not made here."""
        for call, out in tuple(self.out.items()):
            for sums in out.columns:
                sums.known[out.counts_as] -= sums is not self.delegated
            self.end(call, None, nothing=True)
        self.inherited = self.total.spent()


def _values(usage: Usage | None, price: Price | None) -> dict[str, int | None]:
    """What a model call took, None for what is not known; numbers that cannot be meant are not (see `measured`)."""
    said = usage or Usage()
    if said.input_tokens is not None and said.output_tokens is not None and measured(said) is None:
        said = Usage()
    paid = None if price is None else cost(price, said)
    counts = (said.input_tokens, said.output_tokens, said.cached_input_tokens, said.reasoning_tokens)
    return dict(zip(_MODEL, (*counts, None if paid is None else nanos(paid)), strict=True))


def _child(spent: Reserved) -> dict[str, int | None]:
    """What a child conversation took, by its own account."""
    usd = None if spent.usd is None else nanos(spent.usd)
    return {"calls": spent.calls or 0, "child_tokens": spent.tokens, "usd": usd}


def _step(tally: _Tally, entry: Entry, _: Transcript) -> _Tally:
    match entry.event:
        case Opened() | PersonaChanged() as event:
            tally.roster.take(event)
        case CallStarted() as event:
            tally.start(entry.seq, event)
        case CallFinished(call=call, result=result):
            tally.end(call, result)
        case CallFailed() as event:
            out = tally.out.get(event.call)
            tally.end(event.call, None, nothing=out is not None and out.leaves is _MODEL and unsent(event))
        case CallCancelled(call=call) | CallInDoubt(call=call):
            tally.end(call, None)
        case _:  # Forked
            tally.fork()
    return tally


_USAGE: Final = Fold(
    _Tally,
    _step,
    on=frozenset({Opened, PersonaChanged, CallStarted, *CALL_OVER, Forked}),
)
