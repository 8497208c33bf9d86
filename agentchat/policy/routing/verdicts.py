"""What routing answers: a turn to give, an end, a verdict that is still to be asked for, or nothing for now."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import OutcomeKind, TurnGiven


class Need(NamedTuple):
    """A user's function is to be asked about the message at `on`; its verdict is then entered as `Judged`."""

    name: str
    on: int


class Ending(NamedTuple):
    """Routing ends the run: how, by which rule, because of which event, on which values, and why in words."""

    outcome: OutcomeKind
    rule: str
    event: int
    values: JsonObject
    reason: str


Route: TypeAlias = "TurnGiven | Need | Ending | None"
"""None: others are still going on."""
