"""`[routing]` of a team file: who is next. Names of agents are checked with the whole team, when it is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from agentchat.agents.supervisor import Supervisor
from agentchat.errors import ConfigurationError
from agentchat.policy.fitting import gives
from agentchat.policy.naming import unknown
from agentchat.policy.routing.plans import END, PERSON
from agentchat.routing import Edge, Graph, Handoffs, RoundRobin, Routing, Selector, Supervised
from agentchat.seams import Agent
from agentchat.teams.models import Models
from agentchat.teams.problems import nearest
from agentchat.teams.rules import condition_of
from agentchat.teams.toml_file import Section

Team = Mapping[str, Agent]


def routing_of(section: Section, team: Team | None, models: Models) -> Routing | None:
    """The routing of a table; None where it makes no sense, which is noted. Without a team its keys alone are seen."""
    kind = section.text("kind")
    if kind is None:
        if "kind" not in section:
            section.complain(None, f"kind is missing; it is one of {', '.join(_KINDS)}")
        return None
    if kind not in _KINDS:
        section.complain("kind", f"there is no routing {kind!r}{nearest(kind, _KINDS)}")
        return None
    keys, make = _KINDS[kind]
    section.only(("kind", *keys))
    if team is None:
        return None
    if kind != "supervised":
        for agent in team.values():
            if isinstance(agent, Supervisor):
                section.complain("kind", f"{agent.name} is a supervisor, so the routing is supervised, not {kind}")
    return make(section, team, models)


def _round_robin(section: Section, team: Team, models: Models) -> Routing:
    return RoundRobin()


def _supervised(section: Section, team: Team, models: Models) -> Routing | None:
    name = section.text("supervisor")
    bosses = [agent for agent in team.values() if isinstance(agent, Supervisor)]
    if name is None and "supervisor" not in section and bosses:
        return Supervised(bosses[0])
    if name is None:
        if "supervisor" not in section:
            section.complain(None, 'supervisor is missing: supervisor = "NAME"')
        return None
    if name not in team:
        section.complain("supervisor", unknown(name, team))
        return None
    boss = team[name]
    emits = boss.card().emits
    if not emits or not gives(emits, "Direction"):
        section.complain("supervisor", f"{name} directs nobody: its persona needs kind: supervisor")
        return None
    return Supervised(boss)


def _selector(section: Section, team: Team, models: Models) -> Routing | None:
    named, instructions = section.words("model"), section.text("instructions")
    try:
        return Selector(models.of(named or "fast"), instructions=instructions)
    except ConfigurationError as error:
        section.complain("model", str(error))
        return None


def _handoffs(section: Section, team: Team, models: Models) -> Routing:
    start, table = section.text("start"), section.section("to")
    to = None if table is None else {name: table.words(name) or () for name in table.values}
    _check(section, "start", () if start is None else (start,), team)
    for name, others in (to or {}).items():
        _check(section, "to", (name,), team)
        _check(section, "to", others, (*team, PERSON))
    return Handoffs(start, to)


def _graph(section: Section, team: Team, models: Models) -> Routing | None:
    start = section.words("start")
    if start is None and "start" not in section:
        section.complain(None, 'start is missing: start = "NAME"')
    _check(section, "start", start or (), team)
    edges = [edge for one in section.sections("edges") if (edge := _edge(one, team)) is not None]
    if "edges" not in section:
        section.complain(None, "a graph needs edges: [[routing.edges]] with from and to")
    return Graph(start=start or (), edges=edges, nodes=tuple(team.values()))


def _check(section: Section, key: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Note the names that nobody has."""
    there = tuple(known)
    for name in names:
        if name not in there:
            section.complain(key, unknown(name, there))


def _edge(section: Section, team: Team) -> Edge | None:
    section.only(("from", "to", "when", "at_most", "on_cap"))
    source, to = section.words("from"), section.words("to")
    for key, found in (("from", source), ("to", to)):
        if found is None and key not in section:
            section.complain(None, f'{key} is missing: {key} = "NAME"')
    table = section.section("when")
    when = None if table is None else condition_of(table)
    at_most, on_cap = section.whole("at_most"), section.text("on_cap")
    _check(section, "from", source or (), team)
    _check(section, "to", to or (), (*team, END))
    _check(section, "when", () if when is None else when.senders(), team)
    _check(section, "on_cap", () if on_cap is None else (on_cap,), (*team, END))
    if source is None or to is None:
        return None
    try:
        return Edge(source, to, when=when, at_most=at_most, on_cap=on_cap)
    except ConfigurationError as error:
        section.complain(None, str(error))
        return None


_KINDS: Final[dict[str, tuple[tuple[str, ...], Callable[[Section, Team, Models], Routing | None]]]] = {
    "round-robin": ((), _round_robin),
    "supervised": (("supervisor",), _supervised),
    "selector": (("model", "instructions"), _selector),
    "handoffs": (("start", "to"), _handoffs),
    "graph": (("start", "edges"), _graph),
}
"""Each way of routing: the keys that it takes, and what makes it."""
