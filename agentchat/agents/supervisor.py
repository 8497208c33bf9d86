"""Agents that choose who is next: a supervisor with instructions of its own, and a bare selector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from agentchat.agents.assistant import Assistant
from agentchat.agents.names import is_model
from agentchat.errors import ConfigurationError
from agentchat.models.choosing import ModelSpec
from agentchat.policy.charter import AgentCard, ContextPolicy
from agentchat.policy.functions import source_of
from agentchat.policy.naming import words
from agentchat.policy.routing.plans import FINISH
from agentchat.policy.told import findings
from agentchat.seams import Agent
from agentchat.transcript.messages import Direction, read_as

_DIRECTS: Final = """You direct a team and do none of its work yourself. Choose who is next:
{team}
Give an instruction that says what to do, and a reason. When the task is done, choose "{finish}" and give the answer."""
_SELECTS: Final = """Choose who speaks next in this conversation:
{team}
Give a reason in one sentence."""


class Supervisor(Assistant):
    """Directs a team: each of its answers is a `Direction` that names the next agent, or "finish" with the answer.

    team: the agents it may choose. instructions: put before the description of the team. output: the type of the final
    answer. It has the first turn, and the one after each of the others. Other arguments: as `Assistant`.
    """

    @words(
        agents="team=",
        participants="team=",
        system_message="instructions=",
        system_prompt="instructions=",
        prompt="instructions=",
        llm_config="model=",
        model_client="model=",
        emits="output=, the type of its final answer",
        max_turns="until=MaxTurns(...) of the Conversation",
    )
    def __init__(
        self,
        name: str = "supervisor",
        *,
        team: Sequence[Agent],
        model: ModelSpec,
        instructions: str | None = None,
        description: str | None = None,
        output: type[BaseModel] | None = None,
        repairs: int = 2,
        stronger: ModelSpec | None = None,
        check: Callable[[Any], object] | None = None,
        context: ContextPolicy | None = None,
    ) -> None:
        if not isinstance(team, list | tuple) or any(isinstance(one, str) or not hasattr(one, "name") for one in team):
            raise ConfigurationError(f"team of {name} is {team!r}; it must be a list of agents: team=[coder, runner]")
        if output is not None and not is_model(output):
            raise ConfigurationError(f"output of {name} is {output!r}; it must be a pydantic model class")
        self.team = tuple(team)
        if not self.team:
            raise ConfigurationError(f"the supervisor {name} has no team; give it agents: team=[coder, runner]")
        told = _DIRECTS.format(team=described(self.team), finish=FINISH)
        super().__init__(
            name,
            model=model,
            instructions=told if instructions is None else f"{instructions}\n\n{told}",
            description=description,
            emits=Direction,
            repairs=repairs,
            stronger=stronger,
            check=check,
            context=context,
        )
        self.output = output
        if output is not None:
            self.types = {**self.types, output.__name__: output}
            self.check = self._checks_output if check is None else self._checks_both
        self._own_check = check

    def _checks_both(self, direction: Direction) -> object:
        """The answer by its type, then by the user's own check."""
        self._checks_output(direction)
        return None if self._own_check is None else self._own_check(direction)

    def _checks_output(self, direction: Direction) -> None:
        assert self.output is not None
        if direction.next != FINISH:
            return
        try:
            read_as(self.output, direction.answer)
        except ValidationError as error:
            raise ValueError(f"answer must be a {self.output.__name__}: {'; '.join(findings(error))}") from None

    def card(self) -> AgentCard:
        """The agent as the charter records it."""
        names = tuple(agent.name for agent in self.team)
        answer = None if self.output is None else self.output.__name__
        update: dict[str, object] = {"kind": "supervisor", "team": names, "answer": answer}
        if self.output is not None and self._own_check is not None:
            update["check"] = source_of(self._own_check)  # the check by the type goes with `answer`
        return super().card().model_copy(update=update)


class Chooser(Assistant):
    """The model behind `Selector`: it names the next agent and says nothing to anybody. Its turns are not counted."""

    def __init__(self, name: str, *, team: Sequence[Agent], model: ModelSpec, instructions: str | None) -> None:
        told = _SELECTS.format(team=described(team))
        super().__init__(
            name,
            model=model,
            instructions=told if instructions is None else f"{instructions}\n\n{told}",
            emits=Direction,
        )
        self.team = tuple(team)

    def card(self) -> AgentCard:
        """The agent as the charter records it."""
        names = tuple(agent.name for agent in self.team)
        return super().card().model_copy(update={"kind": "selector", "team": names})


def described(team: Sequence[Agent]) -> str:
    """The team for a router's instructions: a line for each, with what it is for."""
    lines = []
    for agent in team:
        about = getattr(agent, "description", None)
        lines.append(f"- {agent.name}: {' '.join(about.split())}" if about else f"- {agent.name}")
    return "\n".join(lines)
