"""What every agent of the package starts from; a user's own may as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from agentchat.agents.names import checked_name
from agentchat.errors import ConfigurationError
from agentchat.policy.charter import AgentCard
from agentchat.seams import Model, Sandbox, Says, Tool, Turn


class BaseAgent:
    """An agent without model, sandbox, tools or state. Override `card` and `respond`, and set what the agent has."""

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
        self.description = description

    def card(self) -> AgentCard:
        """The agent as the charter records it."""
        raise NotImplementedError

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
