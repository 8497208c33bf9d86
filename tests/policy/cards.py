"""Agents as a charter has them, ready for tests: plain, priced, typed, with tools, routers of all kinds."""

from __future__ import annotations

import json
from typing import Any

from agentchat.policy.cards import ModelCard, ToolCard
from agentchat.policy.charter import AgentCard, CallLimits, Charter
from agentchat.policy.prompts.wires import answer_tool_field, format_field, tools_field
from agentchat.policy.routing.plans import AnyPlan, EdgePlan, GraphPlan, RoundRobinPlan
from agentchat.policy.spending.prices import Price
from agentchat.transcript.calls import JsonObject, ToolSpec, Wire

PRICE = Price(input=1.0, output=4.0, source="test")
LOOK = ToolCard(name="look", description="Looks.", parameters={"type": "object", "properties": {}})
DRAFT: JsonObject = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


def model(name: str = "m", **more: Any) -> ModelCard:
    """A model; `more` are fields of its card."""
    return ModelCard(name=name, tail=f'],"model":"{name}"', **more)


def card(name: str, *, instructions: str | None = "Help.", model: str | ModelCard = "m", **more: Any) -> AgentCard:
    """An assistant; `more` are fields of its card."""
    asked = model_card(model) if isinstance(model, str) else model
    return AgentCard.model_validate(
        {"name": name, "kind": "assistant", "instructions": instructions, "model": asked, **more}
    )


model_card = model


def forms(wire: Wire = "chat", *, tools: bool = True, typed: bool = True) -> dict[str, str]:
    """The forms of the requests of an agent with the tool `look`, whose answers are drafts."""
    specs = [ToolSpec(name=LOOK.name, description=LOOK.description, parameters=LOOK.parameters)] if tools else []
    found = {"tools": tools_field(wire, specs)} if tools else {}
    if typed:
        found["native"] = format_field(wire, "Draft", DRAFT, True)
        found["tool"] = answer_tool_field(wire, specs, "answer", DRAFT, True)
        if tools:
            found["answer"] = answer_tool_field(wire, [], "answer", DRAFT, True)
        found["prompted"] = "Answer with JSON: " + json.dumps(DRAFT)
    return found


def handy(
    name: str, wire: Wire = "chat", *, typed: bool = False, asked: ModelCard | None = None, **more: Any
) -> AgentCard:
    """An assistant with the tool `look`; typed: whose answers are drafts."""
    if typed:
        more.setdefault("emits", ("Draft",))
    return card(name, model=asked or model(wire=wire), tools=(LOOK,), forms=forms(wire, typed=typed), **more)


def typed(name: str, wire: Wire = "chat", **more: Any) -> AgentCard:
    """An assistant whose answers are drafts, without tools."""
    asked = more.pop("model", None) or model(wire=wire)
    return card(name, model=asked, emits=("Draft",), forms=forms(wire, tools=False), **more)


def charter(*names: str, limits: CallLimits | None = None) -> Charter:
    """Plain assistants who have the turn one after the other."""
    return team(*(card(name) for name in names or ("a", "b")), limits=limits)


def team(*agents: AgentCard, plan: AnyPlan | None = None, limits: CallLimits | None = None) -> Charter:
    """An agreement of these agents."""
    return Charter(agents=agents, routing=(plan or RoundRobinPlan()).written(), limits=limits or CallLimits())


def edge(source: str, to: str, **more: Any) -> EdgePlan:
    """An edge; `a+b` are joined, `c,d` are fanned out to."""
    return EdgePlan(source=tuple(source.split("+")), to=tuple(to.split(",")), **more)


def graph(start: str, *edges: EdgePlan) -> GraphPlan:
    """A graph that starts at `start` (several with commas)."""
    return GraphPlan(start=tuple(start.split(",")), edges=edges)
