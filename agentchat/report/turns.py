"""The turns of a run, and what people said between them: the steps by which two runs are laid side by side."""

from __future__ import annotations

from typing import Literal

from agentchat.transcript.events import (
    CallDenied,
    CallStarted,
    Entry,
    Refused,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)
from agentchat.transcript.frozen import Frozen

Ending = Literal["said", "passed", "failed", "cancelled", "open"]


class Step(Frozen):
    """A turn (`given` is its TurnGiven), or a message that answers no turn (`given` is 0).

    end: the entry that ended it: the message, where one was said. calls: how many were admitted. troubles: how many
    were denied, and how many answers refused.
    """

    who: str
    given: int
    how: Ending = "open"
    end: int = 0
    calls: int = 0
    troubles: int = 0

    @property
    def seq(self) -> int:
        """Where it begins."""
        return self.given or self.end


class Turns:
    """Collects the steps, entry by entry."""

    def __init__(self) -> None:
        self.made: list[Step] = []
        self._places: dict[int, int] = {}

    def take(self, entry: Entry) -> None:
        """Take an entry in."""
        event = entry.event
        match event:
            case TurnGiven(to=who):
                self._places[entry.seq] = len(self.made)
                self.made.append(Step(who=who, given=entry.seq))
            case Said(turn=None, sender=who):
                self.made.append(Step(who=who, given=0, how="said", end=entry.seq))
            case Said(turn=turn) if turn is not None:
                self._change(turn, how="said", end=entry.seq)
            case TurnPassed(turn=turn):
                self._change(turn, how="passed", end=entry.seq)
            case TurnFailed(turn=turn):
                self._change(turn, how="failed", end=entry.seq)
            case TurnCancelled(turn=turn):
                self._change(turn, how="cancelled", end=entry.seq)
            case CallStarted(turn=turn):
                self._count(turn, calls=1)
            case CallDenied(turn=turn) | Refused(turn=turn):
                self._count(turn, troubles=1)

    def _change(self, turn: int, *, how: Ending, end: int) -> None:
        place = self._places.get(turn)
        if place is not None:
            self.made[place] = self.made[place].model_copy(update={"how": how, "end": end})

    def _count(self, turn: int, *, calls: int = 0, troubles: int = 0) -> None:
        place = self._places.get(turn)
        if place is not None:
            step = self.made[place]
            counts = {"calls": step.calls + calls, "troubles": step.troubles + troubles}
            self.made[place] = step.model_copy(update=counts)
