"""Routing by what agents say: a supervisor's directions, and agents that hand over."""

from __future__ import annotations

from agentchat.policy.board import Board
from agentchat.policy.charter import Agreed
from agentchat.policy.fitting import subject_for, takes, type_of
from agentchat.policy.routing.plans import FINISH, PERSON, HandoffsPlan, SupervisedPlan
from agentchat.policy.routing.round_robin import nothing_fits
from agentchat.policy.routing.verdicts import Ending, Route
from agentchat.policy.visibility import sees
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Said, TurnGiven, Why
from agentchat.transcript.messages import Direction, Handoff
from agentchat.transcript.transcript import Transcript


def supervised(transcript: Transcript, board: Board, agreed: Agreed, plan: SupervisedPlan) -> Route:
    """Whom the supervisor named, else the supervisor."""
    if board.directed is not None:
        direction = transcript.body(board.directed)
        assert isinstance(direction, Direction)
        return _follow(transcript, board, agreed, plan, direction, board.directed)
    boss = plan.supervisor
    last = transcript[board.last_said].event if board.said else None
    after = last.sender if isinstance(last, Said) and last.turn is not None else None
    reason = "first, with the task" if after is None else f"after {after}"
    why = Why(router="supervised", reason=reason, candidates=(boss,))
    return _turn(transcript, board, agreed, boss, None, why)


def _follow(
    transcript: Transcript, board: Board, agreed: Agreed, plan: SupervisedPlan, direction: Direction, seq: int
) -> Route:
    boss = plan.supervisor
    if direction.next == FINISH:
        reason = f"{boss} finished" + (f": {direction.reason}" if direction.reason else "")
        return Ending("done", f"Direction(next={FINISH!r}, by={boss!r})", seq, {"supervisor": boss}, reason)
    reason = direction.reason or f"{boss} named it"
    why = Why(router=boss, reason=reason, candidates=(*plan.team, FINISH), values={"direction": seq})
    return _turn(transcript, board, agreed, direction.next, direction.about, why)


def handoffs(transcript: Transcript, board: Board, agreed: Agreed, plan: HandoffsPlan) -> Route:
    """Whom the conversation was handed to; a plain answer gives it back to the person, and the run is done."""
    if board.directed is not None:
        handoff = transcript.body(board.directed)
        assert isinstance(handoff, Handoff)
        said = transcript[board.directed].event
        giver = said.sender if isinstance(said, Said) else ""
        why_told = f": {handoff.reason}" if handoff.reason else ""
        if handoff.to == PERSON:
            reason = f"{giver} handed over to a person{why_told}"
            return Ending("stopped", f"Handoff(to={PERSON!r})", board.directed, {"by": giver}, reason)
        allowed = plan.to.get(giver, ())
        values: JsonObject = {"handoff": board.directed}
        why = Why(router="handoffs", reason=f"{giver} handed over{why_told}", candidates=allowed, values=values)
        return _turn(transcript, board, agreed, handoff.to, None, why)
    last = transcript[board.last_said].event if board.said else None
    if isinstance(last, Said) and last.turn is not None and board.turns:
        reason = f"{last.sender} answered without handing over"
        return Ending("done", "Handoffs", board.last_said, {"by": last.sender}, reason)
    holder = board.last_agent if board.last_agent in agreed.cards else plan.start
    why = Why(router="handoffs", reason=f"{holder} has the conversation", candidates=(holder,))
    return _turn(transcript, board, agreed, holder, None, why)


def _turn(
    transcript: Transcript, board: Board, agreed: Agreed, to: str, about: int | None, why: Why
) -> TurnGiven | Ending:
    """A turn on the message asked for, else on the last that fits."""
    accepts = agreed.cards[to].accepts
    if about is not None and 1 <= about <= len(transcript):
        said = transcript[about].event
        if isinstance(said, Said) and sees(to, said) and takes(accepts, type_of(transcript, said)):
            return TurnGiven(to=to, subject=about, why=why)
    subject = subject_for(transcript, board, to, accepts)
    return nothing_fits(board, to, accepts) if subject is None else TurnGiven(to=to, subject=subject, why=why)
