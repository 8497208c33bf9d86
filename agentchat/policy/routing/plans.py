"""The ways of choosing who is next, as data: written into the charter, read back from there."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from agentchat.errors import ConfigurationError
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.frozen import Frozen

END: Final = "END"
"""Where a graph ends."""
MOST_NAMED: Final = 8
"""Agents that an edge names in words: a reason is written with every turn."""
FINISH: Final = "finish"
"""What a supervisor names when the work is finished."""
PERSON: Final = "user"
"""The name under which a person is handed the conversation."""


class _Plan(Frozen):
    """The base of every plan."""

    def written(self) -> JsonObject:
        """The plan as plain JSON, as the charter keeps it."""
        dumped: JsonObject = self.model_dump(mode="json", exclude_none=True)
        return dumped


class RoundRobinPlan(_Plan):
    """Everyone in turn, in the order of the roster."""

    router: Literal["round_robin"] = "round_robin"


class SupervisedPlan(_Plan):
    """One agent chooses among its team by saying a `Direction`; it has the first turn and the one after each other."""

    router: Literal["supervised"] = "supervised"
    supervisor: str
    team: tuple[str, ...]


class HandoffsPlan(_Plan):
    """The agent that has the conversation keeps it until it hands over by a `Handoff`. `to`: who may hand to whom."""

    router: Literal["handoffs"] = "handoffs"
    start: str
    to: dict[str, tuple[str, ...]]


class EdgePlan(Frozen):
    """One edge: from one node, or from several that are waited for; to one or several, or to the end.

    when: the name of a user's function that is asked about the message. rule: a condition as data. at_most: how often
    it is taken in one run; on_cap: where to go after that, the end of the run where there is none.
    """

    source: tuple[str, ...]
    to: tuple[str, ...]
    when: str | None = None
    rule: JsonObject | None = None
    at_most: int | None = Field(default=None, ge=1)
    on_cap: str | None = None

    def __str__(self) -> str:
        shown = f"{_few(self.source, ' + ')} -> {_few(self.to, ', ')}"
        if self.when is not None:
            shown += f" when {self.when.partition(' ')[0]}"
        if self.rule is not None:
            shown += f" when {self.rule.get('rule')}"
        return shown if self.at_most is None else f"{shown}, at most {self.at_most} times"


def _few(names: tuple[str, ...], between: str) -> str:
    """Names in words; of many, the first."""
    return between.join(names) if len(names) <= MOST_NAMED else f"{between.join(names[:3])}{between}... ({len(names)})"


class GraphPlan(_Plan):
    """Edges lead from node to node. The first that matches is taken."""

    router: Literal["graph"] = "graph"
    start: tuple[str, ...]
    edges: tuple[EdgePlan, ...]


class FunctionPlan(_Plan):
    """A user's function chooses. `name`: module:qualname and a digest of its text."""

    router: Literal["function"] = "function"
    name: str


Plan = Annotated[
    RoundRobinPlan | SupervisedPlan | HandoffsPlan | GraphPlan | FunctionPlan, Field(discriminator="router")
]
AnyPlan = RoundRobinPlan | SupervisedPlan | HandoffsPlan | GraphPlan | FunctionPlan
_ADAPTER: Final[TypeAdapter[AnyPlan]] = TypeAdapter(Plan)


def read_plan(written: JsonObject) -> AnyPlan:
    """A plan from its plain JSON. Raises ConfigurationError for what is none."""
    try:
        return _ADAPTER.validate_python(written)
    except ValidationError as error:
        raise ConfigurationError(f"this is no way of routing: {error}") from None
