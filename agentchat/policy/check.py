"""What can be known to be wrong before the first token: all of it, in one list."""

from __future__ import annotations

from collections import Counter

from agentchat.errors import ConfigurationError, NoBound
from agentchat.policy.budget import Budget
from agentchat.policy.charter import Charter
from agentchat.policy.rules import Mentions, Rule


def check(charter: Charter, until: Rule, budget: Budget) -> None:
    """Raise NoBound or ConfigurationError for an agreement that makes no sense; say everything that is wrong."""
    problems = [*_roster(charter), *_senders(charter), *_rules(charter, until)]
    if problems:
        raise ConfigurationError(problems[0] if len(problems) == 1 else "".join(f"\n  - {one}" for one in problems))
    if not bounded(charter, until, budget):
        raise NoBound(
            f"nothing limits this conversation: until={until}, budget={budget}. Add a rule that always comes true, "
            "such as `| MaxTurns(20)`, or a budget such as Budget(seconds=300)"
        )


def bounded(charter: Charter, until: Rule, budget: Budget) -> bool:
    """Whether every run must end: by a rule, by time, or by calls where every round of the team makes one."""
    counted = budget.calls is not None and any(card.kind == "assistant" for card in charter.agents)
    return until.bounds() or budget.bounds() or counted


def _roster(charter: Charter) -> list[str]:
    if not charter.agents:
        return ["a conversation needs at least one agent"]
    counts = Counter(charter.names())
    return [f"{count} agents are named {name!r}; names must differ" for name, count in counts.items() if count > 1]


def _senders(charter: Charter) -> list[str]:
    names = {*charter.names(), "user"}
    return [
        f"agent {card.name} runs code from {sender!r}, which is no agent here (there are: {', '.join(sorted(names))})"
        for card in charter.agents
        if card.code is not None
        for sender in card.code.senders or ()
        if sender not in names
    ]


def _rules(charter: Charter, until: Rule) -> list[str]:
    names = charter.names()
    return [
        f"{leaf} waits for {leaf.by!r}, which is no agent here (there are: {', '.join(names)})"
        for leaf in until.leaves()
        if isinstance(leaf, Mentions) and leaf.by is not None and leaf.by not in names
    ]
