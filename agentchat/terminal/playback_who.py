"""Whom each entry of a record is about. Pure."""

from __future__ import annotations

from difflib import get_close_matches

from agentchat.errors import ConfigurationError
from agentchat.policy.charter import charter_of
from agentchat.transcript.events import (
    Answered,
    CallStarted,
    Closed,
    Edited,
    Entry,
    Forked,
    Interrupted,
    Paused,
    RunStarted,
    Said,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

_EVERYBODY = (RunStarted, Closed, Interrupted, Forked, Edited)
"""What concerns the conversation as a whole."""


def names_in(record: Transcript) -> list[str]:
    """The agents, and the people who said something or were asked."""
    people = [
        entry.event.sender if isinstance(entry.event, Said) else entry.event.to
        for entry in record
        if isinstance(entry.event, Said | Paused)
    ]
    return list(dict.fromkeys((*charter_of(record).names(), *people)))


def check_name(record: Transcript, name: str) -> None:
    """Raise ConfigurationError, with the nearest name, for one that is not in the record."""
    names = names_in(record)
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    there = f"there are: {', '.join(names)}"
    told = f"did you mean {near[0]!r}? T{there[1:]}" if near else there
    raise ConfigurationError(f"there is nobody called {name!r} in this conversation; {told}")


class Who:
    """Is shown the entries in order."""

    def __init__(self) -> None:
        self._turns: dict[int, str] = {}
        self._calls: dict[int, str] = {}
        self._pauses: dict[str, Paused] = {}

    def take(self, entry: Entry) -> None:
        """Remember who has which turn, and whose call is which."""
        event = entry.event
        if isinstance(event, TurnGiven):
            self._turns[entry.seq] = event.to
        elif isinstance(event, CallStarted):
            self._calls[entry.seq] = event.agent
        elif isinstance(event, Paused):
            self._pauses[event.pause] = event

    def concerned(self, entry: Entry, name: str) -> bool:
        """Whether an entry is about this agent, or about everybody."""
        event = entry.event
        if isinstance(event, _EVERYBODY):
            return True
        if isinstance(event, Said):
            return name in (event.sender, event.to)
        if isinstance(event, Answered):
            asked = self._pauses.get(event.pause)
            return name == event.by or (asked is not None and name in (asked.to, self._calls.get(asked.call)))
        if isinstance(event, Paused) and name == event.to:
            return True
        turn, call = getattr(event, "turn", None), getattr(event, "call", None)
        whose = (
            getattr(event, "agent", None),
            self._turns.get(turn) if isinstance(turn, int) else None,
            self._calls.get(call) if isinstance(call, int) else None,
        )
        return name in whose or (isinstance(event, TurnGiven) and event.to == name)
