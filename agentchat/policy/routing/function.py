"""Routing by a user's function, whose verdict is in the log before it is used."""

from __future__ import annotations

from agentchat.policy.board import Board
from agentchat.policy.charter import Agreed
from agentchat.policy.fitting import subject_for
from agentchat.policy.naming import unknown
from agentchat.policy.routing.plans import END, FunctionPlan
from agentchat.policy.routing.round_robin import nothing_fits
from agentchat.policy.routing.verdicts import Ending, Need, Route
from agentchat.transcript.events import TurnGiven, Why
from agentchat.transcript.transcript import Transcript


def by_function(transcript: Transcript, board: Board, agreed: Agreed, plan: FunctionPlan) -> Route:
    """Whom the function names for the message that was said last; `END` or None ends the run."""
    on = board.last_over.seq if board.last_over is not None else board.last_said or board.run_at
    if (plan.name, on) not in board.verdicts:
        return Need(plan.name, on)
    verdict = board.verdicts[plan.name, on]
    short = plan.name.partition(" ")[0]
    chosen, reason = verdict, f"{short} chose it"
    if isinstance(verdict, dict):
        if "next" not in verdict:
            told = f"the router {short} names nobody: it gave {_few(list(verdict))}, and no 'next'"
            return Ending("failed", short, on, {"keys": list(verdict), "candidates": list(agreed.names)}, told)
        chosen, reason = verdict["next"], str(verdict.get("reason") or reason)
    if chosen is None or chosen == END:
        return Ending("done", short, on, {"next": chosen}, f"the router {short} ended it")
    if not isinstance(chosen, str) or chosen not in agreed.cards:
        told = f"the router {short} named {_stranger(chosen, agreed.names)}"
        return Ending("failed", short, on, {"next": chosen, "candidates": list(agreed.names)}, told)
    accepts = agreed.cards[chosen].accepts
    subject = subject_for(transcript, board, chosen, accepts)
    if subject is None:
        return nothing_fits(board, chosen, accepts)
    why = Why(router=short, reason=reason, candidates=agreed.names, values={"judged": on})
    return TurnGiven(to=chosen, subject=subject, why=why)


def _stranger(chosen: object, names: tuple[str, ...]) -> str:
    if isinstance(chosen, str):
        return unknown(chosen, names)
    return f"{chosen!r}, which is no agent here (there are: {', '.join(names)})"


def _few(keys: list[str]) -> str:
    return " and ".join(map(repr, keys[:5])) or "an empty object"
