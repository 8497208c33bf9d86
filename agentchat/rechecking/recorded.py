"""Agents made again from their recorded cards, for acting again on the record: nothing of them can reach the world.

Their models, tools and sandboxes are cards alone. What only the program has that made them (functions, message
classes) is not made up: such an agent is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, create_model

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import FunctionAgent
from agentchat.agents.user_proxy import UserProxy
from agentchat.errors import AgentChatError, ConfigurationError, ModelRejected
from agentchat.nested import TeamAgent
from agentchat.policy.cards import ModelCard, ToolCard
from agentchat.policy.charter import AgentCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.result import Result
from agentchat.runtime.recheck.verdicts import recorded_tool
from agentchat.runtime.recheck.walk import Seat
from agentchat.seams import Agent, PersonAnswer, Store, Tool
from agentchat.teams.named_code import TYPES, NamedCode
from agentchat.transcript.calls import JsonObject, Reply, Reserved
from agentchat.transcript.events import Position

OF_THE_PROGRAM: Final = "only the program that made it has it: replay(..., team=chat)"
_ASKING: Final = ("assistant", "supervisor", "selector")


class CardModel:
    """A model of which only the card is at hand."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card

    def card(self) -> ModelCard:
        """The card."""
        return self._card

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        """Refused: it is not there."""
        raise ModelRejected(f"the model {self._card.name} is known from a record only, and cannot be asked")


def seat_of(card: AgentCard, schemas: Mapping[str, JsonObject], code: NamedCode, *, agents: bool) -> Seat | str:
    """The agent of a card, or why it is not run again.

    schemas: of the message types that were agreed on. code: finds tools, and with `agents` the functions of function
    agents, where code of others is trusted.
    """
    if card.kind in _ASKING and card.model is not None:
        types = _types(card, schemas)
        if isinstance(types, str):
            return types
        checked = card.check is not None or card.answer is not None or bool(types)
        return Seat(_assistant(card, types, code, checked=checked), verdicts=checked)
    if card.kind == "user-proxy" and (card.code is not None or card.human == "always"):
        return Seat(_proxy(card))
    if card.kind == "team" and card.tools:
        return _team(card)
    if card.kind == "function":
        return _function(card, code, agents=agents)
    return f"it is no agent of this package; {OF_THE_PROGRAM}"


def _types(card: AgentCard, schemas: Mapping[str, JsonObject]) -> dict[str, type[BaseModel]] | str:
    """Classes that take any object, in the place of those of the program: the record says what those had against it."""
    unknown = [name for name in card.emits if name not in TYPES]
    other = next((name for name in unknown if schemas.get(name, {}).get("type") != "object"), None)
    if other is not None:
        return f"its answers are of the type {other}, which is no object; {OF_THE_PROGRAM}"
    return {name: create_model(name, __config__=ConfigDict(extra="allow")) for name in unknown}


def _assistant(card: AgentCard, types: dict[str, type[BaseModel]], code: NamedCode, *, checked: bool) -> Agent:
    """Whatever asks a model: instructions, forms and context are taken from the record when it is asked."""
    assert card.model is not None
    made = Assistant(
        card.name,
        model=[CardModel(one) for one in (card.model, *card.fallbacks)],
        stronger=None if card.stronger is None else CardModel(card.stronger),
        tools=[_tool(tool, code) for tool in card.tools],
        check=_passed if checked else None,
    )
    made.types = types
    return made


def _passed(answer: object) -> None:
    """Stands for a check that is not at hand."""


def _proxy(card: AgentCard) -> Agent:
    if card.code is None:
        return UserProxy(card.name, human="always")
    return UserProxy(card.name, sandbox=card.code.sandbox, senders=card.code.senders, human=card.human or "never")


def _team(card: AgentCard) -> Seat | str:
    unknown = [name for name in (*card.accepts, *card.emits) if name not in TYPES]
    if unknown:
        return f"it takes or gives messages of the type {unknown[0]}; {OF_THE_PROGRAM}"
    accepts, emits = (tuple(TYPES[name] for name in names) for names in (card.accepts, card.emits))
    made = TeamAgent(_Elsewhere(card.source or ""), card.name, accepts=accepts, emits=emits)
    return Seat(_with_tools(made, [recorded_tool(card.tools[0])]))


def _with_tools(agent: TeamAgent, tools: Sequence[Tool]) -> Agent:
    agent.tools = tuple(tools)
    return agent


class _Elsewhere:
    """A conversation of which only the digest is at hand."""

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self.tiers: tuple[str, ...] = ()
        self.unpriced: tuple[str, ...] = ()

    def hold_inside(
        self, id: str, task: BaseModel | str, parent: Position, most: Reserved | None, store: Store | None
    ) -> Awaitable[Result]:
        """Refused: it is not there."""
        raise AgentChatError("a team that is known from a record only holds no conversation")

    async def answer_inside(self, id: str, question: str, answer: PersonAnswer, store: Store | None) -> None:
        """Nothing is asked there."""


def _tool(card: ToolCard, code: NamedCode) -> Tool:
    """The tool itself, where it is at hand as it was; it checks its arguments, and is not called. Else its card."""
    path = (card.source or "").partition(" ")[0]
    try:
        if card.name in code.installed():
            found = code.tool(card.name)
        elif code.trust and ":" in path and "<" not in path:
            found = code.tool(path, Path())
        else:
            return recorded_tool(card)
    except ConfigurationError:
        return recorded_tool(card)
    return found if found.card() == card else recorded_tool(card)


def _function(card: AgentCard, code: NamedCode, *, agents: bool) -> Seat | str:
    """The function of a function agent, imported by the name in the record."""
    path = (card.source or "").partition(" ")[0]
    if not agents:
        return "it is a function of a program's own, and is run again with --agents only"
    if not code.trust:
        return f"it is the function {path}, which is imported with --trust only"
    try:
        found = code.thing(path, Path())
    except ConfigurationError as error:
        return f"its function cannot be loaded: {error}"
    if not isinstance(found, FunctionAgent):
        return f"{path} is no function agent"
    return Seat(found, quick=False)
