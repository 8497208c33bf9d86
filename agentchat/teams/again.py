"""One agent made again from its recorded card: the same card, or a refusal that says who could."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from agentchat.agents.assistant import Assistant
from agentchat.agents.code_policy import UNSAFE
from agentchat.agents.supervisor import Supervisor
from agentchat.agents.user_proxy import UserProxy
from agentchat.demo import DemoModel
from agentchat.errors import ConfigurationError
from agentchat.models.openai import OpenAIModel
from agentchat.policy.cards import ModelCard, ToolCard
from agentchat.policy.charter import AgentCard, CodePolicy
from agentchat.sandboxes.choosing import check_name
from agentchat.seams import Agent, Limits, Model, Tool
from agentchat.teams.named_code import TYPES, NamedCode

ONLY_THE_PROGRAM: Final = (
    "only the program that made it can go on with this conversation, with Conversation(...).resume(...)"
)


class Again:
    """Makes agents again.

    model: for every agent whose recorded model it is. code: finds their tools. unsafe_host: whether programs may run
    outside a sandbox, where they did before. instead: models in place of the recorded ones, by the names of agents.
    """

    def __init__(
        self,
        model: Model | None,
        code: NamedCode,
        unsafe_host: bool,
        instead: Mapping[str, Model] = MappingProxyType({}),
    ) -> None:
        self._instead = instead
        self._model = model
        self._code = code
        self._unsafe_host = unsafe_host

    def agent(self, card: AgentCard) -> Agent:
        """An assistant or a user proxy. Raises ConfigurationError for what only a program can bring back."""
        if card.kind == "assistant" and card.model is not None:
            return self._assistant(card)
        if card.kind == "user-proxy" and (card.code is not None or card.human == "always"):
            return self._proxy(card)
        what = {"function": "a function", "team": "a conversation of its own"}.get(card.kind, f"a {card.kind}")
        raise ConfigurationError(f"agent {card.name} is {what}: {ONLY_THE_PROGRAM}")

    def supervisor(self, card: AgentCard, team: Sequence[Agent]) -> Agent:
        """A supervisor of agents that are there already."""
        if card.answer is not None or card.check is not None:
            raise ConfigurationError(
                f"agent {card.name} checks its answer ({card.answer or 'by a function'}): {ONLY_THE_PROGRAM}"
            )
        boss = Supervisor(
            card.name,
            team=team,
            model=self.models(card),
            description=card.description,
            repairs=card.repairs,
            stronger=None if card.stronger is None else self._model_again(card.name, card.stronger),
            context=card.context,
        )
        boss.instructions = card.instructions
        return boss

    def models(self, card: AgentCard) -> list[Model]:
        """The models that an agent asks, the usual one first."""
        if card.name in self._instead:
            return [self._instead[card.name]]
        own = () if card.model is None else (card.model, *card.fallbacks)
        return [self._model_again(card.name, one) for one in own]

    def _assistant(self, card: AgentCard) -> Agent:
        if card.check is not None:
            function = card.check.partition(" ")[0]
            raise ConfigurationError(f"agent {card.name} has its answers checked by {function}: {ONLY_THE_PROGRAM}")
        return Assistant(
            card.name,
            model=self.models(card),
            instructions=card.instructions,
            description=card.description,
            accepts=self._kinds(card, card.accepts),
            emits=self._kinds(card, card.emits),
            tools=[self._tool(card, tool) for tool in card.tools],
            repairs=card.repairs,
            stronger=None if card.stronger is None else self._model_again(card.name, card.stronger),
            context=card.context,
        )

    def _kinds(self, card: AgentCard, names: Sequence[str]) -> list[type] | None:
        for name in names:
            if name not in TYPES:
                raise ConfigurationError(
                    f"agent {card.name} takes or gives messages of the type {name}: {ONLY_THE_PROGRAM}"
                )
        return [TYPES[name] for name in names] or None

    def _tool(self, card: AgentCard, tool: ToolCard) -> Tool:
        """An installed tool of this name, or the code that the record names, where it is trusted."""
        found: Tool | None = None
        path = (tool.source or "").partition(" ")[0]
        if tool.name in self._code.installed():
            found = self._code.tool(tool.name)
        elif self._code.trust and ":" in path and "<" not in path:
            found = self._code.tool(path, Path())
        if found is None:
            raise ConfigurationError(
                f"the tool {tool.name} of agent {card.name} is not installed here. If it is code that you trust "
                f"({path or 'of unknown origin'}), resume with --trust; else {ONLY_THE_PROGRAM}"
            )
        if found.card() != tool:
            raise ConfigurationError(
                f"the tool {tool.name} of agent {card.name} is no longer what it was: {ONLY_THE_PROGRAM}"
            )
        return found

    def _proxy(self, card: AgentCard) -> UserProxy:
        human = card.human or "never"
        if card.code is None:
            return UserProxy(card.name, human="always", description=card.description)
        policy = card.code
        self._check_sandbox(card, policy)
        return UserProxy(
            card.name,
            sandbox=policy.sandbox,
            senders=policy.senders,
            limits=Limits(policy.seconds, policy.memory, policy.processes, policy.output, policy.files),
            human=human,
            description=card.description,
        )

    def _check_sandbox(self, card: AgentCard, policy: CodePolicy) -> None:
        try:
            check_name(policy.sandbox)
        except ConfigurationError:
            raise ConfigurationError(
                f"agent {card.name} ran code in {policy.sandbox!r}, which is no sandbox of this package: only the "
                "program that made it can go on with this conversation"
            ) from None
        if policy.sandbox == UNSAFE and not self._unsafe_host:
            raise ConfigurationError(
                f"agent {card.name} ran code on this machine without a sandbox, and would again. Look at the "
                "conversation; if you trust it, resume with --unsafe-host (in Python: unsafe_host=True)"
            )

    def _model_again(self, agent: str, card: ModelCard) -> Model:
        if self._model is not None and self._model.card() == card:
            return self._model
        demo = DemoModel()
        if demo.card() == card:
            return demo
        if _is_service(card):
            try:
                return OpenAIModel.of_card(card)
            except ConfigurationError:
                pass
        raise ConfigurationError(
            f"the model {card.name!r} of agent {agent} cannot be made again from the record: {ONLY_THE_PROGRAM}; "
            f"or a branch with another model: agentchat fork ... --edit 'model {agent}: MODEL'"
        )


def own_words(recorded: str | None, told: str) -> str | None:
    """What a user wrote of instructions that end with what the package tells; None where that is nothing."""
    own = (recorded or "").removesuffix(told).removesuffix("\n\n")
    return own or None


def _is_service(card: ModelCard) -> bool:
    """Whether the card is that of a service, not of a scripted or function model of the same form.

    Those name nothing but the model. A card that does the same and has no address may be one of them; taken for a
    service, the conversation would be sent to a stranger.
    """
    try:
        fields: Any = json.loads("{" + card.tail.removeprefix("],") + "}")
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, dict) and ("@http" in card.name or any(name != "model" for name in fields))
