"""What every agent of the package starts from; a user's own may as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from agentchat.agents.code_policy import code_policy
from agentchat.agents.names import checked_name, checked_text
from agentchat.errors import ConfigurationError
from agentchat.policy.charter import AgentCard
from agentchat.policy.functions import source_of
from agentchat.seams import Limits, Model, Sandbox, Says, Tool, Turn


class BaseAgent:
    """An agent without model, sandbox, tools or state. Override `respond`, and set what the agent has.

    `card` tells of what is set; override it where the agent has more to agree on.
    """

    model: Model | None = None
    fallbacks: Sequence[Model] = ()
    stronger: Model | None = None
    sandbox: Sandbox | str | None = None
    tools: Sequence[Tool] = ()
    check: Callable[[Any], object] | None = None
    state_type: type[BaseModel] | None = None
    types: Mapping[str, type[BaseModel]] = MappingProxyType({})

    def __init__(self, name: str, *, description: str | None = None) -> None:
        self.name = checked_name(name)
        self.description = checked_text(description, f"description of {name}")

    def card(self) -> AgentCard:
        """The agent as the charter records it: its code by name and digest."""
        if type(self).respond is BaseAgent.respond:
            raise ConfigurationError(f"agent {self.name}: its class {type(self).__name__} has no `respond`")
        return AgentCard(
            name=self.name,
            kind="function",
            description=self.description,
            model=None if self.model is None else self.model.card(),
            fallbacks=tuple(model.card() for model in self.fallbacks),
            stronger=None if self.stronger is None else self.stronger.card(),
            tools=tuple(tool.card() for tool in self.tools),
            code=None if self.sandbox is None else code_policy(self.sandbox, Limits()),
            state=None if self.state_type is None else self.state_type.__name__,
            source=source_of(type(self).respond),
        )

    async def respond(self, turn: Turn) -> Says:
        """Act on `turn.subject`."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


def faults_of(*parts: Callable[[], object]) -> list[str]:
    """What is wrong with the parts of an agent that are made with the first look: all of it, not the first alone."""
    found: list[str] = []
    for part in parts:
        try:
            part()
        except ConfigurationError as error:
            found += error.problems
    return found
