"""What two runs came to, number by number: turns, calls, tokens, money, time; in all, by agent and by model.

A number that is not known is None, and one of which only a part is known is a lower bound; neither is ever shown as 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agentchat.policy.spending.usage import Count, Money, Spent, usage_of
from agentchat.transcript.events import RunStarted, Said, TurnGiven
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Transcript

TIME: Final = frozenset({"active seconds", "wall seconds"})
"""What no two runs share, and no difference."""

_NO_MODELS: Final = frozenset({"programs", "tool calls"})


class Number(Frozen):
    """A sum. value: None where nothing of it is known. at_least: a part of it is unknown, so it is a lower bound."""

    value: int | float | None
    at_least: bool = False

    def __str__(self) -> str:
        return "unknown" if self.value is None else f"{'≥ ' if self.at_least else ''}{self.value:,}"


class Measure(Frozen):
    """A number of both runs; None where there is none. of: "agent NAME", "model NAME", or empty for the whole."""

    what: str
    of: str = ""
    a: Number | None
    b: Number | None

    @property
    def differs(self) -> bool:
        """Whether this tells the runs apart; time never does."""
        return self.a != self.b and self.what not in TIME


def measures(a: Transcript, b: Transcript) -> tuple[Measure, ...]:
    """The numbers of two runs side by side: all of them together, then each agent's, then each model's."""
    numbers_a, numbers_b = _numbers(a), _numbers(b)
    names = list(dict.fromkeys((*numbers_a, *numbers_b)))
    names.sort(key=lambda name: 0 if not name[0] else 1 if name[0].startswith("agent ") else 2)
    return tuple(
        Measure(what=what, of=of, a=numbers_a.get((of, what)), b=numbers_b.get((of, what))) for of, what in names
    )


def _numbers(transcript: Transcript) -> dict[tuple[str, str], Number]:
    usage = usage_of(transcript)
    found = {("", what): number for what, number in (*_lengths(transcript), *_spent(usage.total), *_times(transcript))}
    for agent, spent in usage.by_agent.items():
        found.update(((f"agent {agent}", what), number) for what, number in _spent(spent))
    for model, spent in usage.by_model.items():
        found.update(((f"model {model}", what), number) for what, number in _spent(spent) if what not in _NO_MODELS)
    return found


def _lengths(transcript: Transcript) -> Iterator[tuple[str, Number]]:
    kinds = [type(entry.event) for entry in transcript]
    yield "runs", Number(value=kinds.count(RunStarted))
    yield "turns", Number(value=kinds.count(TurnGiven))
    yield "messages", Number(value=kinds.count(Said))


def _spent(spent: Spent) -> Iterator[tuple[str, Number]]:
    yield "model calls", Number(value=spent.calls)
    yield "programs", Number(value=spent.programs)
    yield "tool calls", Number(value=spent.tools)
    yield "tokens in", _count(spent.input_tokens)
    yield "tokens out", _count(spent.output_tokens)
    if spent.child_tokens != Count():
        yield "tokens inside", _count(spent.child_tokens)
    yield "US dollars", _money(spent.usd)


def _count(count: Count) -> Number:
    return Number(value=count.known if count.complete or count.known else None, at_least=not count.complete)


def _money(money: Money) -> Number:
    return Number(value=money.known if money.complete or money.nanos else None, at_least=not money.complete)


def _times(transcript: Transcript) -> Iterator[tuple[str, Number]]:
    """Active seconds of all runs, and seconds from the first event to the last."""
    active, latest = 0.0, 0.0
    for entry in transcript:
        if isinstance(entry.event, RunStarted):
            active, latest = active + latest, 0.0
        latest = max(latest, entry.active)
    entries = transcript.since(0)
    wall = entries[-1].at - entries[0].at if entries else 0.0
    yield "active seconds", Number(value=round(active + latest, 6))
    yield "wall seconds", Number(value=round(wall, 3))
