"""What can be known to be wrong before the first token: all of it, in one list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from agentchat.errors import NoBound
from agentchat.policy.charter import Charter
from agentchat.policy.check_graph import ends_by_itself, graph_problems
from agentchat.policy.check_rules import rule_problems
from agentchat.policy.fitting import ANY, gives, says, takes
from agentchat.policy.naming import unknown
from agentchat.policy.routing.plans import PERSON, AnyPlan, GraphPlan, HandoffsPlan, SupervisedPlan, read_plan
from agentchat.policy.rules import Rule
from agentchat.policy.spending.budget import Budget, wrong_with


def problems_in(charter: Charter, until: Rule, budget: Budget, *, whole: bool = True) -> list[str]:
    """Everything that is wrong with an agreement, a line each; a conversation without any bound is `check_bound`'s.

    whole: whether every card names all its models. Where one does not, no tier is said to be missing.
    """
    if not charter.agents:
        return ["a conversation needs at least one agent"]
    plan = read_plan(charter.routing)
    models = {card.name: card.models() for card in charter.agents}
    budget = budget if whole else _of_known_tiers(budget, charter.tiers())
    found = [
        *_roster(charter),
        *_senders(charter),
        *rule_problems(charter, until.leaves()),
        *wrong_with(budget, models, charter.tiers(), {card.name: card.unpriced_inside() for card in charter.agents}),
    ]
    found += _shown(charter)
    found += _plan(charter, plan, bounded=bounded(charter, until, budget))
    return found


def check_bound(charter: Charter, until: Rule, budget: Budget) -> None:
    """Raise NoBound where nothing ends every run."""
    if not bounded(charter, until, budget):
        raise NoBound(
            f"nothing limits this conversation: until={until}, budget={budget}. Add a rule that always comes true, "
            "such as `| MaxTurns(20)`, or a budget such as Budget(seconds=300)"
        )


def bounded(charter: Charter, until: Rule, budget: Budget) -> bool:
    """Whether every run must end: by a rule, by time, by a graph that comes to its end, or by what its calls cost."""
    plan = read_plan(charter.routing)
    if until.bounds() or budget.bounds() or (isinstance(plan, GraphPlan) and ends_by_itself(plan)):
        return True
    asks = any(card.kind in ("assistant", "supervisor", "selector") for card in charter.agents)
    if isinstance(plan, GraphPlan):  # a cycle may leave out whoever has a model
        asks = all(card.kind == "assistant" for card in charter.agents)
    return asks and budget.counts({card.name: card.models() for card in charter.agents})


def _of_known_tiers(budget: Budget, known: frozenset[str]) -> Budget:
    return budget.model_copy(update={"tiers": {name: cap for name, cap in budget.tiers.items() if name in known}})


def _roster(charter: Charter) -> list[str]:
    counts = Counter(charter.names())
    return [f"{count} agents are named {name!r}; names must differ" for name, count in counts.items() if count > 1]


def _senders(charter: Charter) -> Iterator[str]:
    names = (*charter.names(), PERSON)
    for card in charter.agents:
        for sender in card.code.senders or () if card.code is not None else ():
            if sender not in names:
                yield f"agent {card.name} runs code from {unknown(sender, names)}"


def _shown(charter: Charter) -> Iterator[str]:
    names = charter.names()
    for card in charter.agents:
        for sender in card.context.senders or ():
            if sender not in names:
                yield f"agent {card.name} is shown what is said by {unknown(sender, names)}"


def _plan(charter: Charter, plan: AnyPlan, *, bounded: bool) -> Iterator[str]:
    if isinstance(plan, GraphPlan):
        yield from graph_problems(charter, plan, bounded=bounded)
        return
    if isinstance(plan, SupervisedPlan):
        yield from _supervised(charter, plan)
    elif isinstance(plan, HandoffsPlan):
        yield from _handoffs(charter, plan)
    yield from _unfed(charter)


def _supervised(charter: Charter, plan: SupervisedPlan) -> Iterator[str]:
    names = charter.names()
    if plan.supervisor not in names:
        yield f"the supervisor is {unknown(plan.supervisor, names)}"
    elif not gives(charter.agent(plan.supervisor).emits, "Direction"):
        yield f"the supervisor {plan.supervisor} does not emit Direction, so it can choose nobody"
    if not plan.team:
        yield f"the supervisor {plan.supervisor} has nobody to choose"
    for name in plan.team:
        if name not in names:
            yield f"the team of {plan.supervisor} names {unknown(name, names)}"
        elif name == plan.supervisor:
            yield f"the supervisor {name} is in its own team, and would choose itself for ever"
    yield from (
        f"agent {name} cannot be reached: it is not in the team of {plan.supervisor}"
        for name in names
        if name != plan.supervisor and name not in plan.team
    )


def _handoffs(charter: Charter, plan: HandoffsPlan) -> Iterator[str]:
    names = charter.names()
    if plan.start not in names:
        yield f"the conversation starts with {unknown(plan.start, names)}"
    for giver, takers in plan.to.items():
        if giver not in names:
            yield f"handoffs are given for {unknown(giver, names)}"
        for taker in takers:
            if taker not in (*names, PERSON):
                yield f"{giver} hands over to {unknown(taker, (*names, PERSON))}"
            elif taker == giver:
                yield f"{giver} hands over to itself"
    reached, waiting = set[str](), [plan.start]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += plan.to.get(name, ())
    yield from (f"agent {name} cannot be reached: nobody hands over to it" for name in names if name not in reached)


def _unfed(charter: Charter) -> Iterator[str]:
    """Agents that nobody says anything to which they accept; the first may be meant for the task."""
    for place, card in enumerate(charter.agents):
        if place == 0 or not card.accepts or not ANY.isdisjoint(card.accepts):
            continue
        others = [other for other in charter.agents if other is not card]
        if not any(_feeds(says(other), card.accepts) for other in others):
            yield (
                f"agent {card.name} accepts {' or '.join(card.accepts)}, and no other agent emits that: "
                "it would never have anything to answer"
            )


def _feeds(emits: Iterable[str], accepts: tuple[str, ...]) -> bool:
    names = tuple(emits)
    return not names or any(takes(accepts, name) for name in names)
