"""What rules and budget stood at: every leaf with its value against its bound, every cap with what was spent of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from agentchat.debug.why.steps import Detail, fact, figure, told
from agentchat.policy.rules import AllOf, AnyOf, Never, Not, Rule
from agentchat.policy.spending.amounts import UNITS, Unit
from agentchat.policy.spending.ledger import Ledger
from agentchat.policy.spending.prices import NANOS
from agentchat.policy.state import State


def rules(state: State) -> Iterator[Detail]:
    """The rules of the run, a line each; joints above what they join."""
    if isinstance(state.rule, Never):
        yield fact("rules: none", fired=False)
        return
    yield fact("rules:")
    yield from _rules(state, state.rule, count(), 1)


def _rules(state: State, rule: Rule, places: Iterator[int], depth: int) -> Iterator[Detail]:
    if isinstance(rule, AnyOf | AllOf):
        yield fact(f"{'any' if isinstance(rule, AnyOf) else 'all'} of these:", depth)
        for part in rule.rules:
            yield from _rules(state, part, places, depth + 1)
    elif isinstance(rule, Not):
        yield fact("only while this is not so:", depth)
        yield from _rules(state, rule.of, places, depth + 1)
    else:
        place = next(places)
        yield _leaf(state, place, depth)


def _leaf(state: State, place: int, depth: int) -> Detail:
    leaf, fired = state.leaves[place], state.fired.get(place)
    if fired is not None:
        saw = f" ({told(fired.values)})" if fired.values else ""
        text = f"{leaf}: came true at event {fired.event}{saw}"
        return fact(text, depth, rule=str(leaf), fired=True, event=fired.event, saw=fired.values)
    standing = leaf.standing(state.board, state.memories[place])
    return fact(f"{leaf}: {standing}", depth, rule=str(leaf), fired=False, standing=standing)


def budget(state: State, ledger: Ledger) -> Iterator[Detail]:
    """The caps of the budget, a line each."""
    found = [*_caps(state, ledger), *_seconds(state)]
    if not found:
        yield fact("budget: no cap")
        return
    whose = "the whole conversation" if state.budget.per == "conversation" else "this run"
    yield fact(f"budget of {whose}:", per=state.budget.per)
    yield from found


def _caps(state: State, ledger: Ledger) -> Iterator[Detail]:
    for scope, caps in state.budget.scopes():
        for unit in UNITS:
            cap = caps.most(unit)
            if cap is None:
                continue
            account = ledger.account(scope, state.budget.per)
            spent, held = account.spent.of(unit), account.held.of(unit)
            text = f"{scope}, {unit}: {number(unit, spent)} of {number(unit, cap)} spent"
            text += f", {number(unit, held)} set aside for open calls" if held else ""
            over = ledger.stopped.get((scope, unit))
            text += f"; no further call, for call {over} took more than it had set aside" if over is not None else ""
            yield fact(
                text,
                1,
                scope=scope,
                unit=unit,
                spent=shown(unit, spent),
                reserved=shown(unit, held),
                cap=shown(unit, cap),
                overrun=over,
            )


def _seconds(state: State) -> Iterator[Detail]:
    cap = state.budget.seconds
    if cap is not None:
        over = f": over at event {state.time_up.seq}" if state.time_up is not None else ""
        active = state.board.active
        yield fact(f"budget, seconds: {active:.3g} of {cap:g}{over}", 1, unit="seconds", spent=active, cap=cap)


def shown(unit: Unit, value: int) -> int | float:
    """An amount as it stands in the record: money in dollars."""
    return value / NANOS if unit == "usd" else value


def number(unit: Unit, value: int) -> str:
    """An amount in figures."""
    return figure(unit, shown(unit, value))
