"""How a conversation goes from agent to agent, as a program writes it. The decisions are in `policy/routing`."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, get_type_hints

from pydantic import BaseModel

from agentchat.agents.names import is_whole
from agentchat.agents.supervisor import Chooser, Supervisor
from agentchat.errors import ConfigurationError
from agentchat.models.choosing import ModelSpec
from agentchat.policy.functions import named
from agentchat.policy.routing.plans import (
    END,
    PERSON,
    AnyPlan,
    EdgePlan,
    FunctionPlan,
    GraphPlan,
    HandoffsPlan,
    RoundRobinPlan,
    SupervisedPlan,
)
from agentchat.policy.rules import Leaf, Rule
from agentchat.runtime.manager import Judge
from agentchat.seams import Agent
from agentchat.transcript.events import Said
from agentchat.transcript.messages import Data, Text
from agentchat.transcript.transcript import Message, Transcript

Types: TypeAlias = Mapping[str, type[BaseModel]]
Node: TypeAlias = "Agent | str"
"""An agent, or its name."""
_NO_NAMES: Final = "a condition gives True or False: one edge for each target, each with a condition of its own"


class Routing(Protocol):
    """A way of choosing who is next."""

    def agents(self, given: Sequence[Agent]) -> tuple[Agent, ...]:
        """Everyone who takes part, those that the routing itself brings included."""
        ...

    def plan(self, agents: Sequence[Agent]) -> AnyPlan:
        """The choice as data. Raises ConfigurationError."""
        ...

    def judges(self, types: Types) -> dict[str, Judge]:
        """The user's functions that it asks, by the names in the plan."""
        ...


class RoundRobin:
    """Everyone in turn, in the order given."""

    def agents(self, given: Sequence[Agent]) -> tuple[Agent, ...]:
        """Those given."""
        return tuple(given)

    def plan(self, agents: Sequence[Agent]) -> AnyPlan:
        """The plan."""
        return RoundRobinPlan()

    def judges(self, types: Types) -> dict[str, Judge]:
        """None."""
        return {}


class Supervised(RoundRobin):
    """A supervisor directs; `Conversation(boss)` and a list with a `Supervisor` in it mean this.

    supervisor: a `Supervisor`, or any agent that emits `Direction`; team: whom it may name, by default all others.
    """

    def __init__(self, supervisor: Agent, team: Sequence[Agent] | None = None) -> None:
        self.supervisor = supervisor
        self.team = tuple(team) if team is not None else tuple(getattr(supervisor, "team", ()))

    def agents(self, given: Sequence[Agent]) -> tuple[Agent, ...]:
        """The supervisor, then its team, then whoever else was given."""
        return _unique((self.supervisor, *self.team, *given))

    def plan(self, agents: Sequence[Agent]) -> AnyPlan:
        """The plan."""
        names = [agent.name for agent in self.team] or [agent.name for agent in agents]
        team = tuple(name for name in names if name != self.supervisor.name)
        return SupervisedPlan(supervisor=self.supervisor.name, team=team)


class Selector(RoundRobin):
    """A model reads the conversation and chooses the next speaker, by schema; it says nothing itself.

    model: a cheap one will do ("fast"). instructions: put before the list of who can be chosen.
    """

    def __init__(self, model: ModelSpec, *, instructions: str | None = None, name: str = "selector") -> None:
        self._model, self._instructions, self._name = model, instructions, name

    def agents(self, given: Sequence[Agent]) -> tuple[Agent, ...]:
        """Those given, and the chooser."""
        return (*given, Chooser(self._name, team=given, model=self._model, instructions=self._instructions))

    def plan(self, agents: Sequence[Agent]) -> AnyPlan:
        """The plan."""
        return SupervisedPlan(supervisor=self._name, team=tuple(one.name for one in agents if one.name != self._name))


class Handoffs(RoundRobin):
    """The agent that has the conversation keeps it until its model hands over, by a tool that it is given for each.

    start: who has it first; by default the first agent. to: who may hand over to whom ("user" is a person); by default
    everyone to everyone and to a person. A plain answer gives the conversation back to the person: the run is done.
    """

    def __init__(self, start: Node | None = None, to: Mapping[str, Node | Sequence[Node]] | None = None) -> None:
        if to is not None and not _is_by_name(to):
            raise ConfigurationError(
                f"to of Handoffs is {to!r}; it says for each agent, by name, to whom it may hand over: "
                "to={'desk': ['billing']}"
            )
        self._start = start
        self._to = None if to is None else {name: [*map(_name, _nodes(others))] for name, others in to.items()}

    def plan(self, agents: Sequence[Agent]) -> AnyPlan:
        """The plan."""
        names = [agent.name for agent in agents]
        to = self._to
        if to is None:
            to = {name: [*(other for other in names if other != name), PERSON] for name in names}
        start = names[0] if self._start is None and names else _name(self._start) if self._start is not None else ""
        return HandoffsPlan(start=start, to={name: tuple(others) for name, others in to.items()})


class Edge:
    """One edge of a graph.

    source: an agent, or several: the edge is then a join that is taken once, after the last of them. to: an agent,
    several (they have their turns side by side), or END. when: a function of the message, or a rule about one message
    (`Emitted`, `Where`, `Says`, `Mentions`); without it the edge always matches. at_most: how often it is taken in one
    run; on_cap: where to go after that, else the run ends as a limit. name: for a lambda.
    """

    def __init__(
        self,
        source: Node | Sequence[Node],
        to: Node | Sequence[Node],
        *,
        when: Callable[..., object] | Leaf | None = None,
        at_most: int | None = None,
        on_cap: Node | None = None,
        name: str | None = None,
    ) -> None:
        self.source = _nodes(source)
        self.to = _nodes(to)
        self.when = when
        self.on_cap = on_cap
        shown = f"the edge {' + '.join(map(_name, self.source))} -> {', '.join(map(_name, self.to))}"
        if not self.source or not self.to:
            raise ConfigurationError(f"{shown} needs an agent at both ends")
        if isinstance(when, Rule) and getattr(when, "on", ()) != (Said,):
            raise ConfigurationError(
                f"{shown}: {when} is no condition; one is a function of the message, "
                "or one rule about it: Emitted, Where, Says, Mentions"
            )
        if at_most is not None and not is_whole(at_most, 1):
            raise ConfigurationError(f"{shown}: at_most must be a whole number from 1 on, not {at_most!r}")
        if on_cap is not None and at_most is None:
            raise ConfigurationError(f"{shown}: on_cap means nothing without at_most")
        if len(self.source) > 1 and (when is not None or at_most is not None):
            raise ConfigurationError(f"{shown} is a join, which waits for all; it takes no when and no at_most")
        self.at_most = at_most
        self.function = None if when is None or isinstance(when, Leaf) else named(when, name, shown)
        if self.function is not None and _hints(when).get("return") is str:
            raise ConfigurationError(f"{shown} asks {self.function.partition(' ')[0]}, which returns str; {_NO_NAMES}")

    def plan(self) -> EdgePlan:
        """The edge as data."""
        return EdgePlan(
            source=tuple(map(_name, self.source)),
            to=tuple(map(_name, self.to)),
            when=self.function,
            rule=self.when.written() if isinstance(self.when, Leaf) else None,
            at_most=self.at_most,
            on_cap=None if self.on_cap is None else _name(self.on_cap),
        )


class Graph:
    """A state machine of agents: after each turn the first edge that matches is followed.

    start: the first agent, or several. edges: in the order in which they are tried. An agent without an edge from it
    ends the run. Agents named by strings are looked up among `nodes`.
    """

    def __init__(self, *, start: Node | Sequence[Node], edges: Sequence[Edge], nodes: Sequence[Agent] = ()) -> None:
        self.start = _nodes(start)
        if not isinstance(edges, list | tuple) or not all(isinstance(edge, Edge) for edge in edges):
            raise ConfigurationError(f"edges of a Graph are a list of Edge(...), not {edges!r}")
        self.edges = tuple(edges)
        self.nodes = tuple(nodes)

    def agents(self, given: Sequence[Agent]) -> tuple[Agent, ...]:
        """Every agent at an end of an edge, in the order of their coming, and those given."""
        found: list[Node] = [*self.start]
        for edge in self.edges:
            found += [*edge.source, *edge.to, *([] if edge.on_cap is None else [edge.on_cap])]
        agents = _unique((*given, *self.nodes, *(one for one in found if not isinstance(one, str))))
        if not agents:
            names = ", ".join(sorted({_name(one) for one in found} - {END}))
            raise ConfigurationError(f"the graph has names for its agents only ({names}); give them as nodes=[...]")
        return agents

    def plan(self, agents: Sequence[Agent]) -> AnyPlan:
        """The plan."""
        return GraphPlan(start=tuple(map(_name, self.start)), edges=tuple(edge.plan() for edge in self.edges))

    def judges(self, types: Types) -> dict[str, Judge]:
        """The conditions of its edges."""
        return {
            edge.function: _condition(edge.function, judge_of(edge.when, types))
            for edge in self.edges
            if edge.function is not None and edge.when is not None and not isinstance(edge.when, Leaf)
        }


class ByFunction(RoundRobin):
    """A function of the transcript names the next agent, or gives it; None or END ends the run.

    It may give `{"next": name, "reason": text}` instead of a name, and may be async.
    """

    def __init__(self, function: Callable[[Transcript], object], *, name: str | None = None) -> None:
        self._function = function
        self._name = named(function, name, "the router")

    def plan(self, agents: Sequence[Agent]) -> AnyPlan:
        """The plan."""
        return FunctionPlan(name=self._name)

    def judges(self, types: Types) -> dict[str, Judge]:
        """The function."""
        return {self._name: self._asked}

    async def _asked(self, transcript: Transcript, on: int) -> object:
        """What the function gives; an agent stands for its name."""
        given = self._function(transcript)
        if isinstance(given, Awaitable):
            given = await given
        name = getattr(given, "name", None)
        return name if callable(getattr(given, "respond", None)) else given


def routing_of(given: Routing | Callable[[Transcript], object] | None, agents: Sequence[Agent]) -> Routing:
    """The routing that was asked for; without one, supervised where a supervisor is among the agents, else in turn."""
    if given is None:
        bosses = [agent for agent in agents if isinstance(agent, Supervisor)]
        return Supervised(bosses[0]) if bosses else RoundRobin()
    if isinstance(given, RoundRobin | Graph):
        return given
    if isinstance(given, type):
        raise ConfigurationError(f"routing is the class {given.__name__}; make one: routing={given.__name__}(...)")
    if callable(given):
        return ByFunction(given)
    if all(callable(getattr(given, part, None)) for part in ("agents", "plan", "judges")):
        return given
    raise ConfigurationError(
        f"{given!r} is no way of routing; use RoundRobin(), Selector(...), Handoffs(), a Graph, ..."
    )


def judge_of(function: Callable[..., object], types: Types, *, plain: type | None = None) -> Judge:
    """A condition, made to be asked about a message: it gets the `Message`, the text, or the model, as annotated.

    Without an annotation it gets what `plain` says; where that says nothing either, the text of a text message, else
    its model. A turn in which nothing was said gives no.
    """
    wanted = _wanted(function) or plain

    def judge(transcript: Transcript, on: int) -> object:
        if not isinstance(transcript[on].event, Said):
            return False
        message = transcript.message(on)
        if wanted is Message:
            return function(message)
        if wanted is str or (wanted is None and isinstance(message.body, Text)):
            return function(message.text)
        body = message.model(types) if isinstance(message.body, Data) else message.body
        return function(body)

    return judge


def _condition(name: str, judge: Judge) -> Judge:
    """A condition whose answer is no text: a name of the next agent would count as True."""

    async def judged(transcript: Transcript, on: int) -> object:
        value = judge(transcript, on)
        if isinstance(value, Awaitable):
            value = await value
        if isinstance(value, str):
            raise TypeError(f"{name.partition(' ')[0]} gave {value!r}; {_NO_NAMES}")
        return value

    return judged


def _wanted(function: Callable[..., object]) -> object:
    """The annotation of the one parameter of a condition; None where there is none."""
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None
    return _hints(function).get(parameters[0]) if parameters else None


def _hints(function: object) -> dict[str, Any]:
    """The annotations of a function; none where they cannot be read."""
    try:
        return get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _nodes(given: Node | Sequence[Node]) -> tuple[Node, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        return (given,)
    return tuple(given)


def _name(node: Node) -> str:
    if isinstance(node, str):
        return node
    name = getattr(node, "name", None)
    if not isinstance(name, str):
        raise ConfigurationError(f"{node!r} is no agent, and no name of one")
    return name


def _is_by_name(given: object) -> bool:
    return isinstance(given, Mapping) and all(isinstance(name, str) for name in given)


def _unique(agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """The agents without repetition. Two agents of one name stay two, so that the check can name them."""
    found: list[Agent] = []
    for agent in agents:
        if not any(agent is one for one in found):
            found.append(agent)
    return tuple(found)


__all__ = [
    "END",
    "ByFunction",
    "Edge",
    "Graph",
    "Handoffs",
    "RoundRobin",
    "Routing",
    "Selector",
    "Supervised",
    "judge_of",
    "routing_of",
]
