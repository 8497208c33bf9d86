"""How to go on with a run that ended: what to type, and what to type for a larger limit. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agentchat.cli.places import Place
from agentchat.policy.state import state_of
from agentchat.result import Outcome, Result
from agentchat.terminal.chat.endings import larger as proposed


def ways_on(result: Result, place: Place) -> Iterator[tuple[str, str]]:
    """What each way is for, and its command; none for a run that is done."""
    outcome = result.outcome
    if outcome.kind == "done":
        return
    resume = f"agentchat resume {place.words}"
    if outcome.kind == "paused":
        yield "Answer it:", f"agentchat answer {place.words} {outcome.values['question']} VALUE"
    more = larger(outcome)
    again = state_of(result.transcript).budget.per == "run" and not _never_fits(outcome)
    if more is None or again or more.startswith("--max-turns"):
        yield "Go on:", resume
    if more is not None:
        yield "With more:", f"{resume} {more}"


def larger(outcome: Outcome) -> str | None:
    """The option that raises the limit which was reached; None where no option does."""
    if outcome.kind != "limit":
        return None
    more = proposed(outcome)
    return None if more is None else f"--{more[0]} {more[1]}"


def _never_fits(outcome: Outcome) -> bool:
    """Whether the call that found no room would find none in a run of its own either."""
    cap, asked = outcome.values.get("cap"), outcome.values.get("asked")
    return isinstance(cap, int | float) and isinstance(asked, int | float) and asked > cap
