"""What the leaves that came true mean together: whether the rule holds, and which leaf to name for it.

The specific ending wins over the generic cap: of several leaves that are true, content rules come before limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from pydantic import JsonValue

from agentchat.policy.rules.core import AllOf, AnyOf, Leaf, Not, Rule


class Fired:
    """A leaf that came true: at which event, on which values."""

    __slots__ = ("event", "leaf", "values")

    def __init__(self, leaf: Leaf, event: int, values: dict[str, JsonValue]) -> None:
        self.leaf = leaf
        self.event = event
        self.values = values


def verdict(rule: Rule, fired: dict[int, Fired], *, urgent: bool) -> Fired | None:
    """The leaf that ends the run, or None. `fired` maps places among the rule's leaves to those that came true.

    A run ends where something came true: `~` alone ends nothing. `urgent`: name an urgent leaf where one holds.
    """
    return _because(rule, count(), fired, urgent)[1] if fired else None


def _because(rule: Rule, places: Iterator[int], fired: dict[int, Fired], urgent: bool) -> tuple[bool, Fired | None]:
    """Whether a rule holds, and the leaf to name for it. Walks all leaves, so that `places` stays in step."""
    if isinstance(rule, Not):
        return not _because(rule.of, places, fired, urgent)[0], None
    if isinstance(rule, AnyOf | AllOf):
        each = [_because(part, places, fired, urgent) for part in rule.rules]
        if not (any if isinstance(rule, AnyOf) else all)(holds for holds, _ in each):
            return False, None
        named = [one for holds, one in each if holds and one is not None]
        newest = -1 if isinstance(rule, AllOf) else 1

        def rank(one: Fired) -> tuple[bool, bool, int]:
            return urgent and not one.leaf.urgent, one.leaf.outcome != "done", newest * one.event

        return True, min(named, key=rank, default=None)
    one = fired.get(next(places))
    return one is not None, one
