"""Agents' private state: the last value set, by agent, as the log has it."""

from __future__ import annotations

from agentchat.transcript.events import Entry, StateSet
from agentchat.transcript.transcript import Fold, Transcript

_States = dict[str, tuple[StateSet | None, StateSet]]
"""For each agent: the last state set before its newest turn with a state, and the last one set at all."""


def _step(states: _States, entry: Entry, _: Transcript) -> _States:
    event = entry.event
    assert isinstance(event, StateSet)
    before, last = states.get(event.agent, (None, None))
    states[event.agent] = (before if last is not None and last.turn == event.turn else last, event)
    return states


_FOLD: Fold[_States] = Fold(dict, _step, on=frozenset({StateSet}))


def state_before(transcript: Transcript, agent: str, turn: int) -> StateSet | None:
    """The agent's state as its turn at `turn` began; None where it was never set."""
    kept = transcript.fold(_FOLD).get(agent)
    if kept is None:
        return None
    before, last = kept
    return before if last.turn == turn else last
