"""Why a rule has not ended the run: every leaf with the value it stands at, and the joints between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from agentchat.policy.rules.core import AllOf, AnyOf, Leaf, Not, Rule
from agentchat.policy.state import State


def why_not(state: State) -> str:
    """Why the rule of the current run has not come true: one line a leaf, joints above the leaves they join."""
    return "\n".join(unmet(state))


def unmet(state: State) -> list[str]:
    """The lines of `why_not`. Where the rule has come true, the first line says so."""
    ending = state.ending(urgent=False)
    lines = [] if ending is None else [f"the rule holds: {ending.leaf} came true at event {ending.event}"]
    return lines + list(_lines(state, state.rule, count(), ""))


def _lines(state: State, rule: Rule, places: Iterator[int], indent: str) -> Iterator[str]:
    if isinstance(rule, AnyOf | AllOf):
        yield f"{indent}{'any of these' if isinstance(rule, AnyOf) else 'all of these'}:"
        for part in rule.rules:
            yield from _lines(state, part, places, f"{indent}  ")
    elif isinstance(rule, Not):
        yield f"{indent}only while this is not so:"
        yield from _lines(state, rule.of, places, f"{indent}  ")
    else:
        assert isinstance(rule, Leaf)
        place = next(places)
        fired = state.fired.get(place)
        if fired is not None:
            yield f"{indent}{rule}: came true at event {fired.event}"
        else:
            memory = state.memories[place] if state.memories else None
            yield f"{indent}{rule}: {rule.standing(state.board, memory)}"
