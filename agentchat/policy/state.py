"""The board and the standing of the run's rules, kept together in one pass over the log."""

from __future__ import annotations

from agentchat.policy.board import Board, advance
from agentchat.policy.budget import Budget
from agentchat.policy.charter import agreed_in
from agentchat.policy.rules import Fired, Leaf, Never, Rule, read_rule, verdict
from agentchat.transcript.events import Entry, RunStarted
from agentchat.transcript.transcript import Fold, Transcript


class State:
    """The board, and which leaves of the current run's rules have come true."""

    __slots__ = ("board", "budget", "fired", "leaves", "rule", "time_up")

    def __init__(self) -> None:
        self.board = Board()
        self.rule: Rule = Never()
        self.budget = Budget()
        self.leaves: tuple[Leaf, ...] = ()
        self.fired: dict[int, Fired] = {}
        self.time_up: Entry | None = None
        """The first entry of the run at which the budget's seconds were over."""

    def ending(self, *, urgent: bool) -> Fired | None:
        """The leaf that ends the run now, if the rules say so; with `urgent`, one that may stop an open turn."""
        fired = verdict(self.rule, self.fired, urgent=urgent)
        return None if fired is None or (urgent and not fired.leaf.urgent) else fired


def _step(state: State, entry: Entry, transcript: Transcript) -> State:
    board = state.board
    advance(board, entry)
    event = entry.event
    if isinstance(event, RunStarted):
        board.names = frozenset(agreed_in(transcript).names)
        state.rule, state.budget = read_rule(event.rules), Budget.model_validate(event.budget)
        state.leaves, state.fired, state.time_up = state.rule.leaves(), {}, None
        return state
    seconds = state.budget.seconds
    if seconds is not None and state.time_up is None and entry.active >= seconds:
        state.time_up = entry
    for place, leaf in enumerate(state.leaves):
        if place not in state.fired and (not leaf.on or isinstance(event, leaf.on)):
            values = leaf.seen(entry, board, transcript)
            if values is not None:
                state.fired[place] = Fired(leaf, entry.seq, values)
    return state


_STATE = Fold(State, _step)


def state_of(transcript: Transcript) -> State:
    """Where the conversation stands at the end of the transcript."""
    return transcript.fold(_STATE)
