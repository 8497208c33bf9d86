"""What can be known to be wrong with a graph: names, types along its edges, what cannot be reached, what never ends."""

from __future__ import annotations

from collections.abc import Iterator

from agentchat.policy.charter import Charter
from agentchat.policy.check_rules import rule_problems
from agentchat.policy.fitting import gives, says, takes
from agentchat.policy.naming import unknown
from agentchat.policy.routing.plans import END, EdgePlan, GraphPlan
from agentchat.policy.rules import Emitted, Leaf, Where, read_rule


def graph_problems(charter: Charter, plan: GraphPlan, *, bounded: bool) -> Iterator[str]:
    """All that is wrong with a graph of these agents. `bounded`: whether every run of it ends, by whatever means."""
    wrong = list(_names(charter, plan))
    yield from wrong
    yield from (one for edge in plan.edges for one in rule_problems(charter, _rules_of(edge)))
    yield from _types(charter, plan)
    yield from _joins(plan)
    yield from _dead(plan)
    if wrong:  # where an edge leads is not known, so neither is who is reached and what ends
        return
    yield from _reach(charter, plan)
    if not bounded:
        yield from _endless(plan)


def ends_by_itself(plan: GraphPlan) -> bool:
    """Whether every walk through a graph is finite: each cycle has an edge with a cap."""
    return not _cyclic(dict(_steps(plan, capped=False)))


def _names(charter: Charter, plan: GraphPlan) -> Iterator[str]:
    names = charter.names()
    if not plan.start:
        yield "the graph has no start"
    for name in plan.start:
        if name not in names:
            yield f"the graph starts with {unknown(name, names)}"
    for edge in plan.edges:
        for name in edge.source:
            if name not in names:
                yield f"the edge {edge} leads from {unknown(name, names)}"
        for name in (*edge.to, *([] if edge.on_cap is None else [edge.on_cap])):
            if name not in (*names, END):
                yield f"the edge {edge} leads to {unknown(name, (*names, END))}"


def _reach(charter: Charter, plan: GraphPlan) -> Iterator[str]:
    steps = {name: set(to) for name, to in _steps(plan, capped=True)}
    reached, waiting = set[str](), list(plan.start)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += steps.get(name, ())
    lost = [name for name in charter.names() if name not in reached]
    yield from (f"agent {name} cannot be reached: no edge leads to it" for name in lost)


def _types(charter: Charter, plan: GraphPlan) -> Iterator[str]:
    cards = {card.name: card for card in charter.agents}
    out = {name: sum(name in edge.source for edge in plan.edges) for name in cards}
    for edge in plan.edges:
        for source in edge.source:
            carried = _carried(edge, says(cards[source])) if source in cards else ()
            for to in (*edge.to, *([] if edge.on_cap is None else [edge.on_cap])):
                if to not in cards or not carried:
                    continue
                accepts = cards[to].accepts
                wrong = [name for name in carried if not takes(accepts, name)]
                certain = edge.when is None and edge.rule is None and out[source] == 1
                if wrong and (certain or len(wrong) == len(carried)):
                    yield (
                        f"the edge {edge} does not fit: {source} emits {' or '.join(wrong)}, "
                        f"and {to} accepts {' or '.join(accepts)}"
                    )


def _carried(edge: EdgePlan, emits: tuple[str, ...]) -> tuple[str, ...]:
    """The message types that can go along an edge, as far as they are declared."""
    for rule in _rules_of(edge):
        if isinstance(rule, Emitted | Where):
            return (rule.type,) if gives(emits, rule.type) else ()  # told with the rule
    return emits


def _rules_of(edge: EdgePlan) -> tuple[Leaf, ...]:
    return () if edge.rule is None else read_rule(edge.rule).leaves()


def _joins(plan: GraphPlan) -> Iterator[str]:
    for place, edge in enumerate(plan.edges):
        if len(edge.source) > len(set(edge.source)):
            yield f"the join {edge} names one agent twice"
        for source in edge.source if len(edge.source) > 1 else ():
            before = [other for other in plan.edges[:place] if source in other.source]
            if any(other.when is None and other.rule is None for other in before):
                yield f"the join {edge} waits for {source} in vain: an edge before it always takes its messages"


def _dead(plan: GraphPlan) -> Iterator[str]:
    """Edges that are never tried, for one without a condition stands before them."""
    always: dict[str, EdgePlan] = {}
    for edge in plan.edges:
        if len(edge.source) == 1 and edge.source[0] in always:
            yield (
                f"the edge {edge} is never taken: the edge {always[edge.source[0]]} before it has no "
                "condition, and the first that matches is followed; put it behind, or for both "
                "side by side give one edge several targets: Edge(a, [b, c])"
            )
        if edge.when is None and edge.rule is None:
            for name in edge.source:
                always.setdefault(name, edge)


def _endless(plan: GraphPlan) -> Iterator[str]:
    """Agents from which no way leads to an end: without a rule that ends the run they go round for ever."""
    steps = {name: set(to) for name, to in _steps(plan, capped=True)}
    names = set(steps) | {to for ways in steps.values() for to in ways}
    ending = {END} | {name for name in names if not steps.get(name)}
    for edge in plan.edges:  # a cap that nothing takes over from ends the run as a limit
        if edge.at_most is not None and edge.on_cap is None:
            ending |= set(edge.source)
    while True:
        more = {name for name, ways in steps.items() if name not in ending and ways & ending}
        if not more:
            break
        ending |= more
    stuck = sorted(names - ending)
    if stuck:
        yield f"a cycle without exit or bound: from {', '.join(stuck)} no edge leads to END, and none has at_most"


def _steps(plan: GraphPlan, *, capped: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Where each node leads, by all edges, or by those that can be taken without end."""
    ways: dict[str, list[str]] = {}
    for edge in plan.edges:
        for source in edge.source:
            out = ways.setdefault(source, [])
            if capped or edge.at_most is None:
                out += edge.to
            if edge.on_cap is not None:
                out.append(edge.on_cap)
    return [(source, tuple(to)) for source, to in ways.items()]


def _cyclic(steps: dict[str, tuple[str, ...]]) -> bool:
    """Whether a walk can come back to where it was: some node is left when those without a way on are taken away."""
    left = {name: {to for to in ways if to in steps} for name, ways in steps.items()}
    while True:
        done = {name for name, ways in left.items() if not ways}
        if not done:
            return bool(left)
        left = {name: ways - done for name, ways in left.items() if name not in done}
