"""The charter: what was agreed when a conversation was opened, in full.

It is written into `Opened` as plain JSON and read back from there, so that a conversation can be understood, checked
and gone on with from its transcript alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from pydantic import Field
from pydantic_core import to_json

from agentchat.errors import ConfigurationError
from agentchat.policy.cards import ModelCard, ToolCard
from agentchat.policy.told import Told
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Entry, Opened, PersonaChanged
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Fold, Transcript

InDoubt = Literal["ask", "retry", "fail"]

_SHOWN: Final = 117
"""Characters of a text that are shown where it was changed."""
_BEFORE: Final = 40
"""Of these, before the place where it begins to differ."""


class CodePolicy(Frozen):
    """How an agent runs code: in which sandbox, from whom, within which limits (seconds, bytes).

    `sandbox` is what was asked for ("auto"); each recorded call names the sandbox that ran it. `isolated`: a program
    can leave nothing behind, so running it again after a crash is safe. `senders` are the names whose code is run;
    None stands for every assistant of the team.
    """

    sandbox: str
    isolated: bool
    senders: tuple[str, ...] | None = None
    seconds: float
    memory: int
    processes: int
    output: int
    files: int


class ContextPolicy(Told):
    """What of the conversation an agent's model is shown.

    senders: only messages of these agents, of people, and its own. turns: only those of the last so many turns.
    compact_at: tokens of the request above which what came before is replaced by a summary; they are counted as the
    provider counted the last request, plus a quarter of the bytes since. Without it: 80 % of the model's window, where
    that is known.
    """

    senders: tuple[str, ...] | None = None
    turns: int | None = Field(default=None, ge=1)
    compact_at: int | None = Field(default=None, ge=256)


class AgentCard(Frozen):
    """One agent as agreed.

    accepts, emits: names of message types; empty stands for any. fallbacks: models to ask where `model` fails, in
    order. stronger: the model for the last repair of an answer. forms: pieces of its requests beside the messages, as
    JSON text ("tools", "native", "tool"), or as words ("prompted"). repairs: how often a wrong answer may be
    put right. team: the agents it may choose from, or hand over to. source: the code of a function agent
    (module:qualname and a digest of its text). check: the same of a user's validator. answer: the type of a
    supervisor's final answer.
    """

    name: str
    kind: Literal["assistant", "user-proxy", "supervisor", "selector", "function", "team"]
    description: str | None = None
    instructions: str | None = None
    model: ModelCard | None = None
    fallbacks: tuple[ModelCard, ...] = ()
    stronger: ModelCard | None = None
    code: CodePolicy | None = None
    human: Literal["never", "approve", "always"] | None = None
    tools: tuple[ToolCard, ...] = ()
    accepts: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()
    forms: dict[str, str] = Field(default_factory=dict)
    repairs: int = Field(default=2, ge=0)
    context: ContextPolicy = ContextPolicy()
    team: tuple[str, ...] = ()
    state: str | None = None
    source: str | None = None
    check: str | None = None
    answer: str | None = None

    def models(self) -> tuple[ModelCard, ...]:
        """Every model it may ask, the usual one first."""
        own = () if self.model is None else (self.model,)
        return (*own, *self.fallbacks, *(() if self.stronger is None else (self.stronger,)))

    def unpriced_inside(self) -> tuple[str, ...]:
        """The names of the models of the teams behind its tools whose price is unknown."""
        return tuple(name for tool in self.tools for name in tool.unpriced or ())

    def without_prices(self) -> AgentCard:
        """The card but for what models cost: prices change by themselves, and are no change of an agreement."""

        def free(card: ModelCard | None) -> ModelCard | None:
            return None if card is None else card.model_copy(update={"price": None})

        return self.model_copy(
            update={
                "model": free(self.model),
                "fallbacks": tuple(map(free, self.fallbacks)),
                "stronger": free(self.stronger),
                "tools": tuple(tool.model_copy(update={"unpriced": None}) for tool in self.tools),
            }
        )

    def known(self, name: str) -> ModelCard | None:
        """Its model of this name, as it was agreed."""
        if self.model is not None and self.model.name == name:  # nearly always
            return self.model
        return next((card for card in self.models() if card.name == name), None)

    def pointer(self, card: ModelCard) -> str:
        """Where one of its models stands, seen from the agent's card."""
        if self.model is not None and card.name == self.model.name:
            return "model"
        names = [one.name for one in self.fallbacks]
        return f"fallbacks/{names.index(card.name)}" if card.name in names else "stronger"

    def tool(self, name: str) -> ToolCard | None:
        """Its tool of this name."""
        return next((tool for tool in self.tools if tool.name == name), None)


class CallLimits(Told):
    """What one turn may hold at most, and how often a failed model call is tried again.

    model_calls: every attempt and repair counted. tool_calls: of tools and programs together. An agent that needs more
    than the usual 16 and 64 in one turn is looping. attempts: of one model call, where it fails in a way that may pass;
    between them it waits half a second, then twice as long each time, up to 8, or what the server asks for, up to 60.
    """

    model_calls: int = Field(default=16, ge=1)
    tool_calls: int = Field(default=64, ge=1)
    attempts: int = Field(default=4, ge=1)


class Charter(Frozen):
    """The whole agreement.

    routing: who chooses the next agent, with its settings (see `policy.routing`). schemas: the JSON schema of each
    message type that the agents name.
    """

    agents: tuple[AgentCard, ...]
    routing: JsonObject
    schemas: dict[str, JsonObject] = Field(default_factory=dict)
    limits: CallLimits = CallLimits()
    in_doubt: InDoubt = "ask"

    def agent(self, name: str) -> AgentCard:
        """The card of an agent. Raises ConfigurationError for an unknown name."""
        for card in self.agents:
            if card.name == name:
                return card
        raise ConfigurationError(f"there is no agent {name!r} in this conversation")

    def names(self) -> tuple[str, ...]:
        """The names of the agents, in the order of the roster."""
        return tuple(card.name for card in self.agents)

    def tiers(self) -> frozenset[str]:
        """The tiers of all models, those of the teams inside among them."""
        own = {card.tier for agent in self.agents for card in agent.models() if card.tier is not None}
        return frozenset(own.union(*(tool.tiers or () for agent in self.agents for tool in agent.tools)))

    def unpriced(self) -> frozenset[str]:
        """The names of all models whose price is unknown, those of the teams inside among them."""
        own = {card.name for agent in self.agents for card in agent.models() if card.price is None}
        return frozenset(own.union(*(agent.unpriced_inside() for agent in self.agents)))

    def without_prices(self) -> Charter:
        """The agreement but for what models cost."""
        return self.model_copy(update={"agents": tuple(card.without_prices() for card in self.agents)})

    def written(self) -> JsonObject:
        """The charter as it stands in `Opened`."""
        dumped: JsonObject = self.model_dump(mode="json", exclude_none=True)
        return dumped


def read_charter(written: JsonObject) -> Charter:
    """The charter of an `Opened`. Conversations of one team share it: nothing in it ever changes."""
    return _read(to_json(written))


@lru_cache(maxsize=32)
def _read(data: bytes) -> Charter:
    return Charter.model_validate_json(data)


class Agreed:
    """The charter in force, ready to be asked.

    names: the roster. cards: each agent's card. pointers: where a card stands in the log (a pointer without its mark).
    """

    __slots__ = ("cards", "charter", "names", "pointers")

    def __init__(self) -> None:
        self.charter: Charter | None = None
        self.names: tuple[str, ...] = ()
        self.cards: dict[str, AgentCard] = {}
        self.pointers: dict[str, str] = {}


def _step(state: Agreed, entry: Entry, _: Transcript) -> Agreed:
    event = entry.event
    if isinstance(event, Opened):
        charter = read_charter(event.charter)
        state.charter, state.names = charter, charter.names()
        state.cards = {card.name: card for card in charter.agents}
        state.pointers = {name: f"{entry.seq}/charter/agents/{place}" for place, name in enumerate(state.names)}
    elif isinstance(event, PersonaChanged) and state.charter is not None:
        card = AgentCard.model_validate(event.card)
        state.cards[event.agent] = card
        agents = tuple(state.cards[name] for name in state.names)
        state.charter = state.charter.model_copy(update={"agents": agents})
        state.pointers[event.agent] = f"{entry.seq}/card"
    return state


_AGREED = Fold(Agreed, _step, on=frozenset({Opened, PersonaChanged}))


def agreed_in(transcript: Transcript) -> Agreed:
    """What is agreed at the end of a transcript."""
    return transcript.fold(_AGREED)


def charter_of(transcript: Transcript) -> Charter:
    """The charter in force at the end of a transcript. Raises ConfigurationError before `Opened`."""
    charter = transcript.fold(_AGREED).charter
    if charter is None:
        raise ConfigurationError("the conversation is not opened yet")
    return charter


def changes(agreed: Charter, offered: Charter) -> list[str]:
    """How `offered` differs from `agreed`, a line each, in words; empty when they are equal."""
    found: list[str] = []
    old, new = {card.name: card for card in agreed.agents}, {card.name: card for card in offered.agents}
    old_types, new_types = agreed.schemas, offered.schemas
    found += [f"agent {name} is missing" for name in old if name not in new]
    found += [f"agent {name} is new" for name in new if name not in old]
    for name in old.keys() & new.keys():
        found += _card_changes(name, old[name], new[name])
    if not found and [card.name for card in agreed.agents] != [card.name for card in offered.agents]:
        found.append("the order of the agents changed")
    found += [
        f"message type {name}: its fields changed"
        for name in old_types.keys() & new_types.keys()
        if old_types[name] != new_types[name]
    ]
    for field in ("routing", "limits", "in_doubt"):
        if getattr(agreed, field) != getattr(offered, field):
            found.append(f"{field}: was {getattr(agreed, field)}, is {getattr(offered, field)}")
    return sorted(found)


def _card_changes(name: str, old: AgentCard, new: AgentCard) -> list[str]:
    """Prices are left out: a conversation goes on with those it was opened with."""
    before, after = (card.without_prices().model_dump(mode="json") for card in (old, new))
    return [
        f"agent {name}, {field}: {_was_and_is(repr(before[field]), repr(after[field]))}"
        for field in before
        if before[field] != after[field]
    ]


def _was_and_is(was: str, now: str) -> str:
    """Both texts; of long ones the part where they begin to differ."""
    shorter = min(len(was), len(now))
    same = next((place for place in range(shorter) if was[place] != now[place]), shorter)
    begin = max(0, same - _BEFORE) if max(len(was), len(now)) > _SHOWN else 0
    return f"was {_part(was, begin)}, is {_part(now, begin)}"


def _part(text: str, begin: int) -> str:
    shown = text[begin : begin + _SHOWN]
    return f"{'...' if begin else ''}{shown}{'...' if begin + _SHOWN < len(text) else ''}"
