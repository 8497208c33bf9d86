"""Why an agent got the turn: who chose it, among whom, by which words, on which values."""

from __future__ import annotations

from collections.abc import Iterator

from agentchat.debug.why.moment import Moment
from agentchat.debug.why.steps import Detail, fact, plain, told
from agentchat.policy.board import CLOSING
from agentchat.policy.charter import agreed_in
from agentchat.policy.routing.plans import EdgePlan, GraphPlan
from agentchat.policy.state import state_of
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Judged, TurnGiven, Why

_ROUTERS = {
    "round_robin": "everyone has the turn in order",
    "addressed": "whoever is asked something by name answers first",
    "supervised": "the supervisor has the turn first, and after each other",
    "handoffs": "whoever has the conversation keeps it until it hands over",
    "graph": "the first edge that matches is taken",
    CLOSING: "the budget is spent, and there is room for one last answer",
}
"""The routers of the policy, each in words. A supervisor and a function stand under names of their own."""

_POINTERS = {
    "direction": "the direction is",
    "handoff": "the handoff is",
    "message": "the message is",
    "spoke": "it spoke last, at",
}
"""Values that are places of messages."""


def turn_given(moment: Moment, event: TurnGiven) -> Iterator[Detail]:
    """Who got the turn and about which message, and by what."""
    yield fact(f"{event.to} got the turn, to answer {moment.message(event.subject)}", subject=event.subject)
    why = event.why
    way = f" ({_ROUTERS[why.router]})" if why.router in _ROUTERS else ""
    yield fact(f"chosen by {why.router}{way}: {why.reason}", router=why.router, reason=why.reason)
    if why.router == "round_robin":
        names = agreed_in(moment.before).names
        yield fact(f"the roster: {', '.join(names)}", roster=list(names))
    elif why.candidates is not None:
        yield fact(f"among {', '.join(why.candidates)}", candidates=list(why.candidates))
    values = told(why.values or {})
    if why.values and values:
        yield fact(f"on these values: {values}", values=why.values)
        yield from _grounds(moment, why, why.values)


def _grounds(moment: Moment, why: Why, values: JsonObject) -> Iterator[Detail]:
    """What the values point to."""
    for name, what in _POINTERS.items():
        seq = values.get(name)
        if isinstance(seq, int):
            yield fact(f"{what} {moment.message(seq)}", 1, event=seq)
    judged = values.get("judged")
    if isinstance(judged, int):
        yield from _verdict(moment, why, judged)
    joined = values.get("joined")
    if isinstance(joined, list):
        yield from (fact(f"joined: {moment.message(seq)}", 1, event=seq) for seq in joined if isinstance(seq, int))
    edge = values.get("edge")
    plan = state_of(moment.before).plan
    if isinstance(edge, int) and isinstance(plan, GraphPlan):
        yield from _edges(plan, edge)


def _verdict(moment: Moment, why: Why, on: int) -> Iterator[Detail]:
    """What the router, a user's function, said."""
    for entry in reversed(moment.before.since(on)):
        judged = entry.event
        if isinstance(judged, Judged) and judged.on == on and judged.name.partition(" ")[0] == why.router:
            yield fact(f"event {entry.seq}: asked about event {on}, it gave {plain(judged.value)}", 1, event=entry.seq)
            return


def _edges(plan: GraphPlan, place: int) -> Iterator[Detail]:
    """The edge that was taken, and those before it that did not match."""
    if not 0 <= place < len(plan.edges):
        return
    taken = plan.edges[place]
    yield fact(f"edge {place + 1} of {len(plan.edges)}: {taken}", 1, edge=str(taken))
    for number, edge in enumerate(plan.edges[:place], 1):
        if _same_way(edge, taken):
            yield fact(f"edge {number} did not match: {edge}", 1, edge=str(edge))


def _same_way(edge: EdgePlan, taken: EdgePlan) -> bool:
    """Whether both edges were to be looked at: an edge from one node is tried before a later one from it."""
    return len(taken.source) == 1 and taken.source[0] in edge.source
