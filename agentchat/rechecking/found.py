"""What a check finds: a difference with the texts that differ, and turns that it left out."""

from __future__ import annotations

from typing import NamedTuple

from agentchat.debug.replay import Difference


class Found(NamedTuple):
    """A difference, and what differs as two whole texts: a request as JSON, instructions, a message; None: no text."""

    difference: Difference
    texts: tuple[str, str] | None = None


class LeftOut(NamedTuple):
    """Turns of an agent that were decided again but did not act again, and why."""

    agent: str
    turns: int
    reason: str
