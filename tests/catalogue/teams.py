"""Conversations that the tests of the catalogue list, search and remove: real ones, of teams that follow a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.models.scripted import Scripted, ScriptedModel
from agentchat.policy.cards import ModelCard
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.policy.spending.prices import Price
from agentchat.seams import Clock, Store
from agentchat.tools.function import tool
from agentchat.transcript.calls import Reply, Usage
from agentchat.transcript.messages import TextPart, ToolCallPart

PRICE = Price(input=1.0, output=4.0, source="test")


class Time:
    """A clock that is set by hand; each reading is a thousandth of a second later."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def wall(self) -> float:
        self.now += 0.001
        return self.now

    def monotonic(self) -> float:
        return self.now


class PricedModel(ScriptedModel):
    """A scripted model whose price is known."""

    def card(self) -> ModelCard:
        return super().card().model_copy(update={"price": PRICE, "max_output": 100})


def paid(text: str, into: int | None = 1000, out: int | None = 500) -> Reply:
    """A reply with what it took: by default $0.003."""
    return Reply(parts=(TextPart(content=text),), finish="stop", usage=Usage(input_tokens=into, output_tokens=out))


def asks(name: str, arguments: str) -> Reply:
    """A reply that asks for a tool."""
    return Reply(parts=(ToolCallPart(id="call_0", name=name, arguments=arguments),), finish="tool_calls")


def look(what: str) -> str:
    """Look something up."""
    return f"nothing about {what}\nbut the WEATHER"


def chat(
    store: Store | None,
    *replies: Scripted,
    turns: int = 2,
    clock: Clock | None = None,
    model: Callable[[Sequence[Scripted]], ScriptedModel] = ScriptedModel,
    tools: bool = False,
) -> Conversation:
    """Ann and Bob, who share a script. What they say holds DONE, or they end after so many turns."""
    shared = model(list(replies))
    team = [
        Assistant("ann", model=shared, instructions="Be Ann, the GARDENER.", tools=[tool(look)] if tools else []),
        Assistant("bob", model=shared, description="Knows about bees."),
    ]
    return Conversation(team, until=Mentions("DONE") | MaxTurns(turns), store=store, clock=clock)
