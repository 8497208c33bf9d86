"""How a run that is not simply done has ended, and how to go on. Pure."""

from __future__ import annotations

import math
import shlex
from typing import Final

from rich.text import Text

from agentchat.errors import ConversationClosed
from agentchat.policy.spending.amounts import WHOLE
from agentchat.result import Outcome, Result
from agentchat.terminal.sanitize import sanitize
from agentchat.transcript.events import CallCancelled
from agentchat.transcript.transcript import Transcript

MORE: Final = 2
"""How many times the limit that was reached is proposed, at least."""


def ending(transcript: Transcript, place: str) -> list[Text]:
    """The lines to show. place: how the conversation is named on a command line."""
    try:
        outcome = Result(transcript).outcome
    except ConversationClosed:
        return []
    if outcome.kind == "done":
        return []
    if outcome.kind == "interrupted":
        kept = any(isinstance(entry.event, CallCancelled) and entry.event.partial for entry in transcript.since(0)[-6:])
        return [] if kept else [Text("■ stopped", style="yellow"), Text("")]
    lines = [Text(sanitize(f"● {_reason(outcome)}"), style="yellow")]
    if outcome.kind == "limit":
        more = larger(outcome)
        if more is not None:
            option, value = more
            lines.append(_way(f"/budget {option} {value}", "goes on with more, here"))
            lines.append(_way(f"agentchat resume {shlex.quote(place)} --{option} {value}", "the same in a shell"))
    elif outcome.kind == "failed":
        lines.append(_way("/retry", "tries again, as a branch"))
    return [*lines, Text("")]


def _reason(outcome: Outcome) -> str:
    """Why it ended, in words."""
    turns = outcome.values.get("turns")
    if outcome.rule.startswith("MaxTurns(") and isinstance(turns, int):
        return f"limit: {turns} turns of this run are over"
    return f"{outcome.kind}: {outcome.reason}"


def larger(outcome: Outcome) -> tuple[str, str] | None:
    """The limit that was reached and twice its value, or what the call that was turned down needs where that is more;
    None where no limit of ours was.
    """
    values = outcome.values
    turns, unit, cap = values.get("turns"), values.get("unit"), values.get("cap")
    if outcome.rule.startswith("MaxTurns(") and isinstance(turns, int):
        return "max-turns", str(turns * MORE)
    if not isinstance(cap, int | float) or values.get("scope", WHOLE) != WHOLE:
        return None
    needed = sum(one for name in ("spent", "reserved", "asked") if isinstance(one := values.get(name), int | float))
    if unit in ("calls", "tokens"):
        return str(unit), str(math.ceil(max(cap * MORE, needed)))
    return (str(unit), f"{max(cap * MORE, math.ceil(needed * 1e4) / 1e4):g}") if unit in ("usd", "seconds") else None


def _way(command: str, told: str) -> Text:
    return Text("  ").append(sanitize(command), style="bold").append(f"  {sanitize(told)}", style="dim")
