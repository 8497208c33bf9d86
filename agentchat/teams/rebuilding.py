"""A recorded conversation's team made again from its charter, for going on without the program that made it.

A transcript may come from a stranger: what it says is believed only so far as the team made again agrees to exactly
what was recorded, it can never ask for programs to be run outside a sandbox, and code that it names is loaded only
where the user trusts it. Nothing is run, opened or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.errors import ConfigurationError
from agentchat.policy.charter import AgentCard, Charter, changes, charter_of
from agentchat.policy.routing.plans import (
    FunctionPlan,
    GraphPlan,
    HandoffsPlan,
    RoundRobinPlan,
    SupervisedPlan,
    read_plan,
)
from agentchat.policy.rules import Judge, Leaf, Rule, read_rule
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.routing import Edge, Graph, Handoffs, RoundRobin, Routing, Selector, Supervised
from agentchat.seams import Agent, Model, Store
from agentchat.teams.again import ONLY_THE_PROGRAM, Again, own_words
from agentchat.teams.bounds import Bounds
from agentchat.teams.named_code import NamedCode
from agentchat.transcript.transcript import Transcript

_CHOOSERS: Final = ("supervisor", "selector")


class Change(NamedTuple):
    """What an agent of a recorded team is to be from now on; None: as it was."""

    instructions: str | None = None
    model: Model | None = None


def rebuild_team(
    transcript: Transcript, *, model: Model | None = None, unsafe_host: bool = False, trust: bool = False
) -> list[Agent]:
    """The agents of a recorded conversation, made again from their cards, for going on with it.

    model: used for every agent whose recorded model it is, such as a scripted one. unsafe_host: whether programs may
    run outside a sandbox, where the record says that they did. trust: whether tools and message types that are code of
    somebody's own may be imported by the names in the record. A selector belongs to the routing and is not among them.

    Raises ConfigurationError for agents that only the program that made them can bring back: function agents, models
    and sandboxes of its own.
    """
    return list(_agents(charter_of(transcript), Again(model, NamedCode(trust=trust), unsafe_host)).values())


def rebuild(
    transcript: Transcript,
    *,
    store: Store | None = None,
    model: Model | None = None,
    unsafe_host: bool = False,
    trust: bool = False,
    until: Rule | None = None,
    budget: Budget | None = None,
    bounds: Bounds | None = None,
    changed: Mapping[str, Change] = MappingProxyType({}),
) -> Conversation:
    """The recorded conversation's team with its routing, rules, budget and limits, ready for `resume` or `fork`.

    until, budget: take the place of those of its last run; bounds: then take the place of the limits in these. A run
    that is still going on must keep what it has. changed:
    agents that are to be others from now on, by name, once it is known that all can be made again as they were.
    """
    charter, state, given = charter_of(transcript), state_of(transcript), bounds or Bounds()
    instead = {name: change.model for name, change in changed.items() if change.model is not None}
    again = Again(model, NamedCode(trust=trust), unsafe_host, instead)
    agents = _agents(charter, again)
    rule = state.rule if until is None else until
    for leaf in rule.leaves():
        if isinstance(leaf, Judge):
            what = leaf.name.partition(" ")[0]
            raise ConfigurationError(f"a run ends by the function {what}: {ONLY_THE_PROGRAM}")

    def team() -> Conversation:
        return Conversation(
            list(agents.values()),
            routing=_routing(charter, agents, again),
            until=given.rule(rule),
            budget=given.budget(state.budget if budget is None else budget),
            store=store,
            in_doubt=charter.in_doubt,
            limits=charter.limits,
        )

    made = team()
    differing = changes(_with_models(charter, made.charter, instead), made.charter)
    if differing:
        raise ConfigurationError(
            f"the team cannot be made again as it was recorded ({'; '.join(differing)}): {ONLY_THE_PROGRAM}"
        )
    for name, change in changed.items():
        _change(agents, name, change)
    return team() if changed else made


def _change(agents: Mapping[str, Agent], name: str, change: Change) -> None:
    agent = agents.get(name)
    if not isinstance(agent, Assistant):
        known = ", ".join(one for one, other in agents.items() if isinstance(other, Assistant)) or "none"
        raise ConfigurationError(f"there is no agent {name!r} with a model to change (there are: {known})")
    if change.instructions is not None:
        agent.instructions = change.instructions


def _with_models(charter: Charter, made: Charter, names: Iterable[str]) -> Charter:
    """The recorded agreement with today's models of these agents, and what follows from them."""
    new = {name: made.agent(name) for name in names if name in made.names()}
    agents = tuple(
        card
        if (other := new.get(card.name)) is None
        else card.model_copy(update={"model": other.model, "fallbacks": other.fallbacks, "forms": other.forms})
        for card in charter.agents
    )
    return charter.model_copy(update={"agents": agents})


def _agents(charter: Charter, again: Again) -> dict[str, Agent]:
    """Everyone but selectors, by name, in the order of the roster; supervisors last, for they need their teams."""
    made: dict[str, Agent] = {card.name: again.agent(card) for card in charter.agents if card.kind not in _CHOOSERS}
    waiting = [card for card in charter.agents if card.kind == "supervisor"]
    while waiting:
        ready = [card for card in waiting if all(name in made for name in card.team)]
        if not ready:
            raise ConfigurationError(f"agent {waiting[0].name} directs who is not there: {ONLY_THE_PROGRAM}")
        for card in ready:
            made[card.name] = again.supervisor(card, [made[name] for name in card.team])
        waiting = [card for card in waiting if card.name not in made]
    return {name: made[name] for name in charter.names() if name in made}


def _routing(charter: Charter, agents: Mapping[str, Agent], again: Again) -> Routing:
    plan = read_plan(charter.routing)
    match plan:
        case RoundRobinPlan():
            return RoundRobin()
        case SupervisedPlan(supervisor=name, team=team):
            card = charter.agent(name)
            if card.kind == "selector":
                return _selector(card, [agents[one] for one in team if one in agents], again)
            return Supervised(agents[name], [agents[one] for one in team if one in agents])
        case HandoffsPlan(start=start, to=to):
            return Handoffs(start, to)
        case GraphPlan():
            return _graph(plan, list(agents.values()))
        case FunctionPlan(name=name):
            function = name.partition(" ")[0]
            raise ConfigurationError(f"the function {function} chooses who is next: {ONLY_THE_PROGRAM}")


def _selector(card: AgentCard, team: Sequence[Agent], again: Again) -> Routing:
    bare = Selector(again.models(card), name=card.name)
    (*_, chooser) = bare.agents(team)
    told = str(getattr(chooser, "instructions", ""))
    return Selector(again.models(card), instructions=own_words(card.instructions, told), name=card.name)


def _graph(plan: GraphPlan, agents: Sequence[Agent]) -> Routing:
    edges = []
    for edge in plan.edges:
        if edge.when is not None:
            raise ConfigurationError(f"the edge {edge} asks a function: {ONLY_THE_PROGRAM}")
        rule = None if edge.rule is None else read_rule(edge.rule)
        when = rule if isinstance(rule, Leaf) else None
        edges.append(Edge(edge.source, edge.to, when=when, at_most=edge.at_most, on_cap=edge.on_cap))
    return Graph(start=plan.start, edges=edges, nodes=agents)
