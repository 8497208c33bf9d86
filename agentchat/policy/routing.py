"""Who is next, and which message they answer. A choice carries its reason, its candidates and the values behind it."""

from __future__ import annotations

from functools import lru_cache

from agentchat.policy.board import Board
from agentchat.policy.visibility import sees
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Said, TurnGiven, Why
from agentchat.transcript.transcript import Transcript

ROUND_ROBIN: JsonObject = {"router": "round_robin"}


def next_turn(transcript: Transcript, board: Board, names: tuple[str, ...]) -> TurnGiven | None:
    """The next turn, or None where there is no message to answer.

    A message that was addressed to an agent goes to that agent first, in the order they came; else the roster's order
    goes round, from the first agent when a person opens the run.
    """
    if board.addressed:
        seq = board.addressed[0]
        said = transcript[seq].event
        assert isinstance(said, Said)
        assert said.to is not None
        return TurnGiven(to=said.to, subject=seq, why=Why(router="addressed", reason=f"{said.sender} asked for it"))
    place = names.index(board.rotate_from) + 1 if board.rotate_from in names else 0
    chosen = names[place % len(names)]
    subject = _last_seen(transcript, board, chosen)
    if subject is None:
        return None
    return TurnGiven(to=chosen, subject=subject, why=_in_turn(board.rotate_from if place else None))


@lru_cache(maxsize=256)
def _in_turn(after: str | None) -> Why:
    return Why(router="round_robin", reason="first in the roster" if after is None else f"after {after}")


def _last_seen(transcript: Transcript, board: Board, agent: str) -> int | None:
    """The newest message the agent sees that is not its own; its own newest where it sees no other."""
    own = None
    for seq in reversed(board.said):
        said = transcript[seq].event
        if isinstance(said, Said) and sees(agent, said):
            if said.sender != agent:
                return seq
            own = own or seq
    return own
