"""Rules that count: turns, messages, seconds, failures; and the signal from outside.

They look at the board alone, never at what was said.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from pydantic import Field

from agentchat.policy.board import Board
from agentchat.policy.rules.core import Leaf
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import (
    Entry,
    ExternalSignal,
    OutcomeKind,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnPassed,
)
from agentchat.transcript.transcript import Transcript

TURN_ENDS: Final = (Said, TurnPassed, TurnFailed, TurnCancelled)


class MaxTurns(Leaf):
    """Ends after `turns` turns of the run have ended, of agents, people and supervisors alike."""

    outcome: ClassVar[OutcomeKind] = "limit"
    on: ClassVar[tuple[type, ...]] = TURN_ENDS
    rule: Literal["max_turns"] = "max_turns"
    turns: int = Field(ge=1)

    def __init__(self, turns: int, **given: object) -> None:
        super().__init__(turns=turns, **given)

    def bounds(self) -> bool:
        """It does."""
        return True

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True once that many turns ended."""
        return {"turns": board.turns} if board.turns >= self.turns else None

    def standing(self, board: Board, memory: object = None) -> str:
        """How many turns have ended."""
        return f"{board.turns} of {self.turns} turns"


class MaxMessages(Leaf):
    """Ends once the run holds `messages` messages, the task included."""

    outcome: ClassVar[OutcomeKind] = "limit"
    on: ClassVar[tuple[type, ...]] = (Said,)
    rule: Literal["max_messages"] = "max_messages"
    messages: int = Field(ge=1)

    def __init__(self, messages: int, **given: object) -> None:
        super().__init__(messages=messages, **given)

    def bounds(self) -> bool:
        """It does: a run in which nobody speaks any more ends by itself."""
        return True

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True once that many were said."""
        return {"messages": board.messages} if board.messages >= self.messages else None

    def standing(self, board: Board, memory: object = None) -> str:
        """How many messages there are."""
        return f"{board.messages} of {self.messages} messages"


class Elapsed(Leaf):
    """Ends when the run has been active for `seconds`; a turn that is still going is cancelled."""

    outcome: ClassVar[OutcomeKind] = "limit"
    urgent: ClassVar[bool] = True
    rule: Literal["elapsed"] = "elapsed"
    seconds: float = Field(gt=0, allow_inf_nan=False)

    def __init__(self, seconds: float, **given: object) -> None:
        super().__init__(seconds=seconds, **given)

    def bounds(self) -> bool:
        """It does."""
        return True

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True at the first entry that is so late."""
        return {"active": entry.active} if entry.active >= self.seconds else None

    def standing(self, board: Board, memory: object = None) -> str:
        """How long the run has been active."""
        return f"{board.active:.3g} of {self.seconds:g} seconds"


class Failures(Leaf):
    """Ends when `in_a_row` turns failed with no message between. Without this rule the first failure ends the run."""

    outcome: ClassVar[OutcomeKind] = "failed"
    on: ClassVar[tuple[type, ...]] = (TurnFailed,)
    rule: Literal["failures"] = "failures"
    in_a_row: int = Field(ge=1)

    def __init__(self, in_a_row: int, **given: object) -> None:
        super().__init__(in_a_row=in_a_row, **given)

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True once that many failed in a row."""
        return {"failures": board.failures} if board.failures >= self.in_a_row else None

    def standing(self, board: Board, memory: object = None) -> str:
        """How many turns failed since the last message of an agent."""
        return f"{board.failures} of {self.in_a_row} failures in a row"


class External(Leaf):
    """Ends when a program outside sends the signal `name` (`Run.signal`); any signal where no name is given."""

    outcome: ClassVar[OutcomeKind] = "stopped"
    urgent: ClassVar[bool] = True
    on: ClassVar[tuple[type, ...]] = (ExternalSignal,)
    rule: Literal["external"] = "external"
    name: str | None = None

    def __init__(self, name: str | None = None, **given: object) -> None:
        super().__init__(name=name, **given)

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True at such a signal."""
        signal = entry.event
        if not isinstance(signal, ExternalSignal) or (self.name is not None and signal.name != self.name):
            return None
        return {"name": signal.name, "value": signal.value}

    def standing(self, board: Board, memory: object = None) -> str:
        """That no signal came."""
        return "no signal has come" if self.name is None else f"no signal {self.name!r} has come"


class Never(Leaf):
    """Ends nothing: stands where a run has a budget and no rules."""

    on: ClassVar[tuple[type, ...]] = (ExternalSignal,)
    rule: Literal["never"] = "never"

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """Never true."""
        return None

    def standing(self, board: Board, memory: object = None) -> str:
        """That it never will."""
        return "never comes true"
