"""Answers from the record: what an open turn had already done when its process ended.

A turn that is taken up again runs its agent from the start. Each call it makes is met by its place in program order
and checked by its digest; what has a result gets that result, and is not made again.
"""

from __future__ import annotations

from typing import NamedTuple

from agentchat.policy.charter import charter_of
from agentchat.policy.doubt import harmless
from agentchat.policy.state import state_of
from agentchat.transcript.events import (
    CallOver,
    CallStarted,
    Compacted,
    Forked,
    Refused,
    StateSet,
)
from agentchat.transcript.transcript import Transcript


class Attempt(NamedTuple):
    """One recorded attempt of a call: where it started, and its end (None: it was open when the process ended)."""

    seq: int
    started: CallStarted
    end: CallOver | None
    end_seq: int


class Record:
    """What is recorded of one turn: attempts by ordinal, in order, states that were set, and answers refused.

    compacted: the ends of the calls whose summary took the place of what came before.
    """

    def __init__(self, transcript: Transcript, turn: int) -> None:
        self.calls: dict[int, list[Attempt]] = {}
        self.states: list[StateSet] = []
        self.refused: list[Refused] = []
        self.compacted: set[int] = set()
        places: dict[int, tuple[int, int]] = {}
        ends: set[int] = set()
        for entry in transcript.since(turn):
            event = entry.event
            if isinstance(event, CallStarted):
                if event.turn != turn:
                    continue
                attempts = self.calls.setdefault(event.ordinal, [])
                places[entry.seq] = (event.ordinal, len(attempts))
                attempts.append(Attempt(entry.seq, event, None, 0))
            elif isinstance(event, CallOver):
                if event.call not in places:
                    continue
                ordinal, place = places[event.call]
                attempt = self.calls[ordinal][place]
                self.calls[ordinal][place] = attempt._replace(end=event, end_seq=entry.seq)
                ends.add(entry.seq)
            elif isinstance(event, StateSet) and event.turn == turn:
                self.states.append(event)
            elif isinstance(event, Refused) and event.turn == turn:
                self.refused.append(event)
            elif isinstance(event, Compacted) and event.call in ends:
                self.compacted.add(event.call)
            elif isinstance(event, Forked):
                self._forget_open_calls(places)

    def _forget_open_calls(self, places: dict[int, tuple[int, int]]) -> None:
        """What was open at a fork counts as not made."""
        for ordinal, attempts in tuple(self.calls.items()):
            for attempt in attempts:
                if attempt.end is None:
                    del places[attempt.seq]
            self.calls[ordinal] = [attempt for attempt in attempts if attempt.end is not None]


def unsettled(transcript: Transcript) -> list[tuple[int, CallStarted]]:
    """The open calls that may have had an effect outside and may not be made again without asking."""
    found = []
    for seq, started in state_of(transcript).board.open_calls.items():
        if not harmless(charter_of(transcript).agent(started.agent), started.recipe):
            found.append((seq, started))
    return found
