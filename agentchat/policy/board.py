"""Where a conversation stands: counts and open ends, kept by one pass over the log.

The board holds sums over entries and nothing else. It is what routing, rules and budgets look at, so that deciding
costs the same at the ten-thousandth turn as at the first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Entry,
    Interrupted,
    Opened,
    RunStarted,
    Said,
    Taken,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)


class Board:
    """The standing of a conversation after some entry. Counts are of the current run unless said otherwise."""

    __slots__ = (
        "active",
        "addressed",
        "agent_before",
        "closed",
        "conversation",
        "denied",
        "epoch",
        "failed",
        "failures",
        "interrupted",
        "last_agent",
        "messages",
        "model_calls",
        "model_turn_calls",
        "names",
        "open_calls",
        "passes",
        "rotate_from",
        "run",
        "run_at",
        "said",
        "served",
        "started",
        "tool_turn_calls",
        "turn",
        "turn_denials",
        "turn_denied",
        "turns",
    )

    def __init__(self) -> None:
        self.conversation: str | None = None
        self.run = 0
        self.run_at = 0
        self.started: RunStarted | None = None
        self.closed: Entry | None = None
        self.active = 0.0
        self.turns = 0
        self.messages = 0
        self.model_calls = 0
        self.failures = 0  # failed turns since the last message of an agent
        self.passes = 0  # turns without a message since the last one of anybody
        self.failed: Entry | None = None
        self.denied: Entry | None = None
        self.interrupted: Entry | None = None
        self.turn: Entry | None = None
        self.turn_denials = 0
        self.turn_denied: Entry | None = None
        self.model_turn_calls = 0
        self.tool_turn_calls = 0
        self.open_calls: dict[int, CallStarted] = {}
        self.last_agent: str | None = None
        self.agent_before: str | None = None
        self.rotate_from: str | None = None
        # whole conversation
        self.names: frozenset[str] = frozenset()
        self.said: list[int] = []
        self.addressed: list[int] = []
        self.served: dict[str, int] = {}
        self.epoch = 0

    @property
    def last_said(self) -> int:
        """The sequence number of the last message; 0 before the first."""
        return self.said[-1] if self.said else 0

    @property
    def live(self) -> bool:
        """Whether a run is going on."""
        return self.started is not None and self.closed is None


def advance(board: Board, entry: Entry) -> None:
    """Take one entry in."""
    board.active = entry.active
    act = _ACTS.get(type(entry.event))
    if act is not None:
        act(board, entry, entry.event)


def _opened(board: Board, entry: Entry, event: Opened) -> None:
    board.conversation = event.conversation


def _run_started(board: Board, entry: Entry, event: RunStarted) -> None:
    board.run, board.run_at, board.started = event.run, entry.seq, event
    board.closed = board.failed = board.denied = board.interrupted = None
    board.turns = board.messages = board.model_calls = board.failures = board.passes = 0
    board.turn_denials = 0
    board.rotate_from = board.last_agent


def _said(board: Board, entry: Entry, event: Said) -> None:
    board.messages += 1
    board.passes = 0
    board.said.append(entry.seq)
    if event.to in board.names:
        board.addressed.append(entry.seq)
    if event.turn is not None:
        board.failures = 0
        _turn_over(board)
    elif board.turns == 0 and board.turn is None:
        board.rotate_from = None  # a person opens the run: the rotation begins anew


def _turn_given(board: Board, entry: Entry, event: TurnGiven) -> None:
    board.turn = entry
    board.model_turn_calls = board.tool_turn_calls = board.turn_denials = 0
    board.agent_before = board.last_agent
    board.last_agent = board.rotate_from = event.to
    if event.subject in board.addressed:
        board.addressed.remove(event.subject)


def _turn_over(board: Board) -> None:
    board.turn = None
    board.turns += 1
    board.open_calls.clear()  # what a lost process left open ends with its turn


def _turn_passed(board: Board, entry: Entry, event: TurnPassed) -> None:
    board.passes += 1
    _turn_over(board)


def _turn_failed(board: Board, entry: Entry, event: TurnFailed) -> None:
    board.failures += 1
    board.failed = entry
    board.last_agent = board.agent_before  # the next run begins with the agent whose turn came to nothing
    _turn_over(board)


def _turn_cancelled(board: Board, entry: Entry, event: TurnCancelled) -> None:
    board.last_agent = board.agent_before
    _turn_over(board)


def _call_started(board: Board, entry: Entry, event: CallStarted) -> None:
    board.open_calls[entry.seq] = event
    if isinstance(event.recipe, ModelRecipe):
        board.model_calls += 1
        board.model_turn_calls += 1
        name = event.recipe.model
        board.served[name] = board.served.get(name, 0) + 1
    else:
        board.tool_turn_calls += 1


def _call_over(board: Board, entry: Entry, event: CallFinished | CallFailed | CallCancelled) -> None:
    board.open_calls.pop(event.call, None)


def _call_in_doubt(board: Board, entry: Entry, event: CallInDoubt) -> None:
    started = board.open_calls.pop(event.call, None)
    if started is not None and isinstance(started.recipe, ModelRecipe):
        board.served[started.recipe.model] -= 1


def _call_denied(board: Board, entry: Entry, event: CallDenied) -> None:
    board.turn_denials += 1
    board.turn_denied = entry
    if event.reason == "budget":
        board.denied = entry


def _interrupted(board: Board, entry: Entry, event: Interrupted) -> None:
    board.interrupted = entry


def _taken(board: Board, entry: Entry, event: Taken) -> None:
    board.epoch = event.epoch


def _closed(board: Board, entry: Entry, event: Closed) -> None:
    board.closed = entry


_ACTS: Final[dict[type, Callable[[Board, Entry, Any], None]]] = {
    Opened: _opened,
    RunStarted: _run_started,
    Said: _said,
    TurnGiven: _turn_given,
    TurnPassed: _turn_passed,
    TurnFailed: _turn_failed,
    TurnCancelled: _turn_cancelled,
    CallStarted: _call_started,
    CallFinished: _call_over,
    CallFailed: _call_over,
    CallCancelled: _call_over,
    CallInDoubt: _call_in_doubt,
    CallDenied: _call_denied,
    Interrupted: _interrupted,
    Taken: _taken,
    Closed: _closed,
}
