"""Who is next, by whatever way of choosing was agreed."""

from __future__ import annotations

from agentchat.policy.charter import Agreed
from agentchat.policy.routing.directed import handoffs, supervised
from agentchat.policy.routing.function import by_function
from agentchat.policy.routing.plans import FunctionPlan, HandoffsPlan, SupervisedPlan
from agentchat.policy.routing.round_robin import addressed, round_robin
from agentchat.policy.routing.verdicts import Route
from agentchat.policy.state import State
from agentchat.transcript.transcript import Transcript


def next_turn(transcript: Transcript, state: State, agreed: Agreed) -> Route:
    """The next turn, a verdict that is needed first, an end, or None while other turns must end first.

    A message that was addressed to an agent goes first, but in a graph, where its node sees it in its own time.
    """
    board, plan = state.board, state.plan
    if state.walk is not None:
        return state.walk.next(transcript, board, agreed)
    asked = addressed(transcript, board)
    if asked is not None:
        return asked
    if type(plan) is SupervisedPlan:
        return supervised(transcript, board, agreed, plan)
    if type(plan) is HandoffsPlan:
        return handoffs(transcript, board, agreed, plan)
    if type(plan) is FunctionPlan:
        return by_function(transcript, board, agreed, plan)
    return round_robin(transcript, board, agreed)
