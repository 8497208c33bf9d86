"""Everyone in turn. A message that was addressed to an agent goes to that agent first, in the order they came."""

from __future__ import annotations

from functools import lru_cache

from agentchat.policy.board import Board
from agentchat.policy.charter import Agreed
from agentchat.policy.fitting import subject_for
from agentchat.policy.routing.verdicts import Ending, Route
from agentchat.transcript.events import Said, TurnGiven, Why
from agentchat.transcript.transcript import Transcript


def addressed(transcript: Transcript, board: Board) -> TurnGiven | None:
    """The turn of whoever was asked something by name, and has not answered it yet."""
    if not board.addressed:
        return None
    seq = board.addressed[0]
    said = transcript[seq].event
    assert isinstance(said, Said)
    assert said.to is not None
    reason = f"{said.sender} asked for it"
    why = Why(router="addressed", reason=reason, candidates=(said.to,), values={"message": seq})
    return TurnGiven(to=said.to, subject=seq, why=why)


def round_robin(transcript: Transcript, board: Board, agreed: Agreed) -> Route:
    """The next of the roster, from the first when a person opens the run."""
    names = agreed.names
    known = board.rotate_from in names
    place = names.index(board.rotate_from) + 1 if known and board.rotate_from is not None else 0
    chosen = names[place % len(names)]
    accepts = agreed.cards[chosen].accepts
    subject = subject_for(transcript, board, chosen, accepts)
    if subject is not None:
        place %= len(names)
        return TurnGiven(to=chosen, subject=subject, why=_in_turn(board.rotate_from if known else None, chosen, place))
    return nothing_fits(board, chosen, accepts)


def nothing_fits(board: Board, agent: str, accepts: tuple[str, ...]) -> Ending:
    """The end of a run whose next agent has nothing to answer."""
    if not board.said or not accepts:
        return Ending("stopped", "silence", board.run_at, {"passes": board.passes}, "there is no message to answer")
    wanted = " or ".join(accepts)
    reason = f"no message fits {agent}, which accepts {wanted}"
    return Ending("failed", "types", board.last_said, {"agent": agent, "accepts": list(accepts)}, reason)


@lru_cache(maxsize=1024)
def _in_turn(after: str | None, chosen: str, place: int) -> Why:
    """The one whose place in the roster it is; the same object every time round."""
    reason = "first in the roster" if after is None else f"after {after}"
    return Why(router="round_robin", reason=reason, candidates=(chosen,), values={"place": place})
