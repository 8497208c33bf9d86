"""How what two runs were opened and started with differs: the charter, and each run's rules, budget and policy.

Not `policy.charter.changes`, which is made to refuse going on: here every place counts, prices too, and is given whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from pydantic import JsonValue

from agentchat.debug.comparing.paths import PathChange, changed_paths
from agentchat.errors import ConfigurationError
from agentchat.policy.rules import read_rule
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Opened, RunStarted
from agentchat.transcript.transcript import Transcript


def agreement_changes(a: Transcript, b: Transcript) -> tuple[PathChange, ...]:
    """Every difference, the charter's first."""
    charter_a, charter_b = _charter(a), _charter(b)
    found = [*changed_paths(charter_a, charter_b)]
    agents_a, agents_b = ([*_members(charter.get("agents"))] for charter in (charter_a, charter_b))
    if agents_a != agents_b and set(agents_a) == set(agents_b):
        found.append(PathChange(path="agents: their order", a=", ".join(agents_a), b=", ".join(agents_b)))
    for number, (one, other) in enumerate(zip_longest(_runs(a), _runs(b)), 1):
        if one is not None and other is not None:  # a run that is missing shows as an event
            found += _run_changes(f"run {number}", one, other)
    return tuple(found)


def _charter(transcript: Transcript) -> JsonObject:
    """The charter with its agents by name, so that a changed order is no change of every agent."""
    first = transcript[1].event
    charter = dict(first.charter) if isinstance(first, Opened) else {}
    charter["agents"] = dict(_members(charter.get("agents"))) or charter.get("agents")
    return charter


def _members(agents: JsonValue) -> dict[str, JsonValue]:
    """Agents by name."""
    if isinstance(agents, dict):
        return agents
    cards = agents if isinstance(agents, list) else []
    return {str(card.get("name")): card for card in cards if isinstance(card, dict)}


def _runs(transcript: Transcript) -> list[RunStarted]:
    return [entry.event for entry in transcript if isinstance(entry.event, RunStarted)]


def _run_changes(name: str, a: RunStarted, b: RunStarted) -> Iterator[PathChange]:
    if a.rules != b.rules:
        one, other = _rule(a.rules), _rule(b.rules)
        if one == other:  # they read alike, and are put together otherwise
            yield from changed_paths(a.rules, b.rules, f"{name}: rules")
        else:
            yield PathChange(path=f"{name}: rules", a=one, b=other)
    yield from changed_paths(a.budget, b.budget, f"{name}: budget")
    if a.policy != b.policy:
        yield PathChange(path=f"{name}: policy version", a=a.policy, b=b.policy)


def _rule(written: JsonObject) -> JsonValue:
    """A rule as a program writes it; as it was recorded where this version does not know it."""
    try:
        return str(read_rule(written))
    except ConfigurationError:
        return written
