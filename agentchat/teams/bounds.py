"""Limits that are given from outside, such as on a command line: they take the place of a team's own."""

from __future__ import annotations

from typing import NamedTuple

from agentchat.policy.rules import AnyOf, MaxTurns, Never, Rule
from agentchat.policy.spending.budget import Budget


class Bounds(NamedTuple):
    """turns of a run, model calls, tokens of input and output together, US dollars, active seconds; None: as it is."""

    max_turns: int | None = None
    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None

    def rule(self, until: Rule | None) -> Rule:
        """The rule with this many turns in place of its own."""
        if self.max_turns is None:
            return until or Never()
        most = MaxTurns(self.max_turns)
        if until is None or isinstance(until, MaxTurns | Never):
            return most
        rules = until.rules if isinstance(until, AnyOf) else (until,)
        kept = [rule for rule in rules if not isinstance(rule, MaxTurns)]
        return AnyOf(rules=(*kept, most))

    def budget(self, budget: Budget | None) -> Budget:
        """The budget with these caps in place of its own. Raises ConfigurationError for one that makes no sense."""
        own = {} if budget is None else budget.written()
        given = {name: value for name, value in self._asdict().items() if value is not None and name != "max_turns"}
        return Budget.model_validate({**own, **given})
