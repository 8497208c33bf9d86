"""A conversation as a trajectory in the Agent Trajectory Interchange Format (ATIF), the JSON of the Harbor framework.

Each model call is a step of its own, with its tool calls, what came back of them, and what it took; programs and
questions to people are tool calls of steps without a model; what people said are the user's steps; failures, limits and
endings are steps of the system. With an agent, the trajectory is that of the agent alone: what it could not see is left
out, and what others said to it comes from the user.

Specification: Harbor, rfcs/0001-trajectory-format.md, version 1.7.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from pydantic import JsonValue

from agentchat.exchange.atif_steps import Steps
from agentchat.exchange.exported import Exported
from agentchat.policy.charter import AgentCard, agreed_in
from agentchat.policy.spending.usage import Count, Spent, usage_of
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.transcript import Transcript

VERSION: Final = "ATIF-v1.7"
"""The oldest version that has all that is used here, so that most readers take it."""
_GENERAL: Final = "causes, digests, rules and budgets, agents' states, and why an agent had the turn"


def atif(transcript: Transcript, agent: str | None = None, *, version: str = "") -> Exported:
    """The trajectory of the conversation, or of one agent. version: that of the program that writes it."""
    steps = Steps(agent)
    for entry in transcript:
        steps.take(entry, transcript)
    cards = [card for name, card in agreed_in(transcript).cards.items() if agent in (None, name)]
    id = transcript.conversation
    usage = usage_of(transcript)
    spent = usage.total if agent is None else usage.by_agent.get(agent, Spent())
    document: JsonObject = {
        "schema_version": VERSION,
        "session_id": id,
        "trajectory_id": id if agent is None else f"{id}/{agent}",
        "agent": _agent(cards, agent, version),
        "steps": [*steps.finished()],
        "final_metrics": _metrics(spent, len(steps.finished())),
    }
    losses = [_GENERAL]
    losses += [f"{what} ({count:,} of them)" for what, count in steps.lost.items()]
    return Exported(json.dumps(document, ensure_ascii=False, indent=2) + "\n", tuple(losses))


def _agent(cards: list[AgentCard], agent: str | None, version: str) -> JsonObject:
    """The system that made the trajectory: the team, or the agent."""
    models = list(dict.fromkeys(card.model.name for card in cards if card.model is not None))
    made: JsonObject = {"name": agent or "agentchat", "version": version or "unknown"}
    if len(models) == 1:
        made["model_name"] = models[0]
    tools = {tool.name: tool for card in cards for tool in card.tools}
    if tools:
        made["tool_definitions"] = [_tool(one.name, one.description, one.parameters) for one in tools.values()]
    team: list[JsonValue] = [
        {"name": card.name, "kind": card.kind, **({} if card.model is None else {"model": card.model.name})}
        for card in cards
    ]
    return {**made, "extra": {"agents": team}}


def _tool(name: str, description: str, parameters: JsonObject) -> JsonValue:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _metrics(spent: Spent, steps: int) -> JsonObject:
    """The sums. One of which a part is unknown is no total: it stands in `extra`, as what it is at least."""
    sums: dict[str, Count] = {
        "total_prompt_tokens": spent.input_tokens,
        "total_completion_tokens": spent.output_tokens,
        "total_cached_tokens": spent.cached_tokens,
    }
    made: JsonObject = {name: count.known for name, count in sums.items() if count.complete}
    least: JsonObject = {f"{name}_at_least": count.known for name, count in sums.items() if not count.complete}
    if spent.usd.complete:
        made["total_cost_usd"] = spent.usd.known
    else:
        least["total_cost_usd_at_least"] = spent.usd.known
    return {**made, "total_steps": steps, **_extra(least.items())}


def _extra(items: Iterable[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(items)
    return {"extra": found} if found else {}
