"""What a conversation used: calls and tokens by agent and by model, summed over the log.

A provider that does not say how many tokens a call took leaves the sum unknown: a `Count` then is a lower bound, shown
as `≥`. Unknown is never counted as nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from agentchat.transcript.calls import ModelRecipe, Reply
from agentchat.transcript.events import CallFinished, CallStarted
from agentchat.transcript.transcript import Transcript


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


class Spent(NamedTuple):
    """Calls to models (attempts counted), programs run, and tokens."""

    calls: int = 0
    programs: int = 0
    input_tokens: Count = Count()
    output_tokens: Count = Count()


class UsageReport(NamedTuple):
    """What was used in all, by agent, and by model."""

    total: Spent
    by_agent: dict[str, Spent]
    by_model: dict[str, Spent]

    def __str__(self) -> str:
        total = self.total
        return (
            f"{_count(total.calls, 'model call')}, {_count(total.programs, 'program')} run, "
            f"{total.input_tokens} tokens in, {total.output_tokens} out"
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def usage_of(transcript: Transcript) -> UsageReport:
    """Sum up a transcript, all runs of it."""
    total, by_agent, by_model = Spent(), dict[str, Spent](), dict[str, Spent]()
    for entry in transcript:
        started = entry.event
        if not isinstance(started, CallStarted):
            continue
        by_agent.setdefault(started.agent, Spent())
        if isinstance(started.recipe, ModelRecipe):
            name = started.recipe.model
            total = total._replace(calls=total.calls + 1)
            by_agent[started.agent] = _add_call(by_agent[started.agent])
            by_model[name] = _add_call(by_model.get(name, Spent()))
        else:
            total = total._replace(programs=total.programs + 1)
            kept = by_agent[started.agent]
            by_agent[started.agent] = kept._replace(programs=kept.programs + 1)
    for agent, model, reply in _replies(transcript):
        total = _add_tokens(total, reply)
        by_agent[agent] = _add_tokens(by_agent[agent], reply)
        by_model[model] = _add_tokens(by_model[model], reply)
    return UsageReport(total, by_agent, by_model)


def _replies(transcript: Transcript) -> list[tuple[str, str, Reply | None]]:
    """Each model call's agent, model and reply; None for a reply that never came."""
    found: dict[int, tuple[str, str, Reply | None]] = {}
    for entry in transcript:
        event = entry.event
        if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe):
            found[entry.seq] = (event.agent, event.recipe.model, None)
        elif isinstance(event, CallFinished) and event.call in found and isinstance(event.result, Reply):
            agent, model, _ = found[event.call]
            found[event.call] = (agent, model, event.result)
    return list(found.values())


def _add_call(spent: Spent) -> Spent:
    return spent._replace(calls=spent.calls + 1)


def _add_tokens(spent: Spent, reply: Reply | None) -> Spent:
    usage = None if reply is None else reply.usage
    return spent._replace(
        input_tokens=spent.input_tokens.plus(None if usage is None else usage.input_tokens),
        output_tokens=spent.output_tokens.plus(None if usage is None else usage.output_tokens),
    )
