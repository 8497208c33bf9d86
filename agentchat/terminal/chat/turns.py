"""What the user has said in a conversation: the places that one can go back to. Pure."""

from __future__ import annotations

from typing import NamedTuple

from agentchat.transcript.events import Entry, RunStarted, Said
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Fold, Transcript


class OwnTurn(NamedTuple):
    """A message of the user's. seq: its place. before: the entry that a branch without it goes on from; 0 for the first
    message, before which there is only an empty conversation. run: the RunStarted that it came with, if it did.
    """

    seq: int
    before: int
    text: str
    to: str | None
    run: RunStarted | None


class _Turns:
    def __init__(self) -> None:
        self.turns: list[OwnTurn] = []
        self.started: Entry | None = None


def _step(turns: _Turns, entry: Entry, transcript: Transcript) -> _Turns:
    event = entry.event
    if isinstance(event, RunStarted):
        turns.started = entry
        return turns
    if not isinstance(event, Said) or event.turn is not None:
        return turns
    started = turns.started
    turns.started = None
    run = started.event if started is not None and isinstance(started.event, RunStarted) else None
    before = entry.seq - 1 if started is None else 0 if run is not None and run.run == 1 else started.seq - 1
    body = transcript.body(entry.seq)
    text = (
        (body.parts[-1].content if body.parts and body.parts[-1].type == "text" else body.text)
        if isinstance(body, Text)
        else body.model_dump_json()
    )
    turns.turns.append(OwnTurn(entry.seq, before, text, event.to, run))
    return turns


_OWN = Fold(_Turns, _step, on=frozenset({RunStarted, Said}))


def own_turns(transcript: Transcript) -> list[OwnTurn]:
    """The user's messages, in order."""
    return transcript.fold(_OWN).turns
