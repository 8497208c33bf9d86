"""The charter: what was agreed when a conversation was opened, in full.

It is written into `Opened` as plain JSON and read back from there, so that a conversation can be understood, checked
and gone on with from its transcript alone.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from agentchat.errors import ConfigurationError
from agentchat.transcript.calls import JsonObject, ModelCard
from agentchat.transcript.events import Entry, Opened, PersonaChanged
from agentchat.transcript.messages import Frozen
from agentchat.transcript.transcript import Fold, Transcript

InDoubt = Literal["ask", "retry", "fail"]


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


class AgentCard(Frozen):
    """One agent as agreed. `source` names the code of a function agent (module:qualname and a digest of its text)."""

    name: str
    kind: Literal["assistant", "user-proxy", "supervisor", "function"]
    description: str | None = None
    instructions: str | None = None
    model: ModelCard | None = None
    code: CodePolicy | None = None
    accepts: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()
    state: str | None = None
    source: str | None = None


class CallLimits(Frozen):
    """What one turn may hold at most, and how often a failed model call is tried again.

    The defaults of 16 model and 64 tool or code calls are DESIGN figures: an agent that needs more in one turn is
    looping. Attempts count as calls.
    """

    model_calls: int = Field(default=16, ge=1)
    tool_calls: int = Field(default=64, ge=1)
    attempts: int = Field(default=4, ge=1)


class Charter(Frozen):
    """The whole agreement. `routing` names who chooses the next agent, with its settings."""

    agents: tuple[AgentCard, ...]
    routing: JsonObject
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

    def written(self) -> JsonObject:
        """The charter as it stands in `Opened`."""
        dumped: JsonObject = self.model_dump(mode="json", exclude_none=True)
        return dumped


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
        charter = Charter.model_validate(event.charter)
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
    found += [f"agent {name} is missing" for name in old if name not in new]
    found += [f"agent {name} is new" for name in new if name not in old]
    for name in old.keys() & new.keys():
        found += _card_changes(name, old[name], new[name])
    if not found and [card.name for card in agreed.agents] != [card.name for card in offered.agents]:
        found.append("the order of the agents changed")
    for field in ("routing", "limits", "in_doubt"):
        if getattr(agreed, field) != getattr(offered, field):
            found.append(f"{field}: was {getattr(agreed, field)}, is {getattr(offered, field)}")
    return sorted(found)


def _card_changes(name: str, old: AgentCard, new: AgentCard) -> list[str]:
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    return [
        f"agent {name}, {field}: was {_short(before[field])}, is {_short(after[field])}"
        for field in before
        if before[field] != after[field]
    ]


def _short(value: JsonValue) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
