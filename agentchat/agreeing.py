"""From agents to the agreement they make: cards with the schemas and forms of their requests, in one charter.

Everything that is wrong with a team is collected here and said at once, before the first token.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal, get_args

from pydantic import BaseModel, ValidationError

from agentchat.agents.assistant import Assistant
from agentchat.agents.supervisor import Chooser, Supervisor
from agentchat.agents.types import BUILT_IN, is_typed, names_of
from agentchat.agents.user_proxy import UserProxy
from agentchat.errors import ConfigurationError
from agentchat.policy.charter import AgentCard, CallLimits, Charter, InDoubt
from agentchat.policy.prompts.wires import answer_tool_field, format_field, tools_field
from agentchat.policy.routing.plans import FINISH, AnyPlan, HandoffsPlan, SupervisedPlan
from agentchat.policy.rules import Rule
from agentchat.policy.spending.budget import Budget
from agentchat.policy.told import findings
from agentchat.policy.typed.schemas import answer_schema, strictable, type_schema
from agentchat.runtime.replying import ANSWER
from agentchat.seams import Agent
from agentchat.transcript.calls import JsonObject, ToolSpec
from agentchat.transcript.messages import HAND_OVER

FULL: Final = 0.8
"""The part of a window that a request may fill before what came before is summed up; the answer needs the rest."""
_PROMPTED: Final = "Answer with one JSON object that fits this JSON schema, and with nothing else:\n"


def charter_for(
    agents: Sequence[Agent], plan: AnyPlan, limits: CallLimits, in_doubt: InDoubt
) -> tuple[Charter, list[str]]:
    """The agreement, and what is wrong with the agents by themselves.

    An agent with which something is wrong has a card in its place that says no more than who it is and which messages
    it takes and gives, so that the rest of the team can be checked all the same.
    """
    faults: dict[str, list[str]] = {}
    cards: list[AgentCard] = []
    for agent in agents:
        card = None
        try:
            card = _card_of(agent)
            cards.append(_finished(agent, card, plan))
        except ConfigurationError as error:
            cards.append(card or _stand_in(agent))
            for told in error.problems:
                faults.setdefault(told, []).append(agent.name)
    schemas, clashes = _schemas(agents)
    written = plan.written()
    charter = Charter(agents=tuple(cards), routing=written, schemas=schemas, limits=limits, in_doubt=in_doubt)
    return charter, [*(_about(names, told) for told, names in faults.items()), *clashes]


def _card_of(agent: Agent) -> AgentCard:
    """An agent's card. Raises ConfigurationError for one that is none, or somebody else's."""
    try:
        card: object = agent.card()
    except ValidationError as error:
        raise ConfigurationError(f"agent {agent.name}: its card cannot be made: {'; '.join(findings(error))}") from None
    if not isinstance(card, AgentCard):
        raise ConfigurationError(f"agent {agent.name}: its card is {card!r}, which is no AgentCard")
    if card.name != agent.name:
        raise ConfigurationError(f"agent {agent.name}: its card is that of {card.name!r}")
    return card


def wrong_terms(until: Rule, budget: Budget, limits: CallLimits, in_doubt: InDoubt, answer: object) -> list[str]:
    """What of the terms is not of its kind, a line each: nothing else can be checked by it."""
    kinds: tuple[tuple[str, object, type, str], ...] = (
        ("until", until, Rule, "a rule, such as MaxTurns(20)"),
        ("budget", budget, Budget, "a Budget, such as Budget(usd=0.25)"),
        ("limits", limits, CallLimits, "a CallLimits(...)"),
    )
    found = [
        f"{key}={given!r}: it must be {wanted}" for key, given, kind, wanted in kinds if not isinstance(given, kind)
    ]
    if found and isinstance(until, list | tuple):
        found[0] += "; several are joined with |"
    elif found and callable(until) and not isinstance(until, type | Rule):
        found[0] += "; a function of the message is one as Rule.function(...)"
    if answer is not None and not callable(answer):
        found.append(f"answer={answer!r}: it must be a function of the question")
    if in_doubt not in get_args(InDoubt):
        found.append(f"in_doubt={in_doubt!r}: it must be one of {', '.join(get_args(InDoubt))}")
    return found


def _stand_in(agent: Agent) -> AgentCard:
    accepts, emits = (names_of(getattr(agent, key, ())) for key in ("accepts", "emits"))
    kind: Literal["assistant", "user-proxy", "function"] = "function"
    if isinstance(agent, Assistant | UserProxy):
        kind = "assistant" if isinstance(agent, Assistant) else "user-proxy"
    return AgentCard(name=agent.name, kind=kind, accepts=accepts, emits=emits)


def _about(names: Sequence[str], told: str) -> str:
    """A problem, with the agents that have it."""
    if len(names) == 1:
        named = told.startswith((f"agent {names[0]}:", f"{names[0]}:"))
        return told if named else f"agent {names[0]}: {told}"
    return f"agents {', '.join(names)}: {told}"


def _finished(agent: Agent, card: AgentCard, plan: AnyPlan) -> AgentCard:
    """A card with what only the team as a whole can tell: forms of requests, whom it may name, when to sum up."""
    update: dict[str, object] = {}
    if isinstance(plan, HandoffsPlan):
        update["team"] = plan.to.get(card.name, ())
    elif isinstance(plan, SupervisedPlan) and plan.supervisor == card.name:
        update["team"] = plan.team
    card = card.model_copy(update=update)
    if card.model is None:
        return card
    wires = {model.wire for model in card.models()}
    if len(wires) > 1:
        raise ConfigurationError(
            f"agent {card.name}: its models speak different wires ({', '.join(sorted(wires))}); give it models of one"
        )
    windows = [model.window for model in card.models() if model.window is not None]
    context = card.context
    if windows and context.compact_at is None and context.turns is None:
        context = context.model_copy(update={"compact_at": max(256, int(FULL * min(windows)))})
    return card.model_copy(update={"forms": _forms(agent, card, plan), "context": context})


def _forms(agent: Agent, card: AgentCard, plan: AnyPlan) -> dict[str, str]:
    """The parts of an agent's requests that stand behind the messages and the settings."""
    assert card.model is not None
    wire, forms = card.model.wire, dict[str, str]()
    tools = [ToolSpec(name=one.name, description=one.description, parameters=one.parameters) for one in card.tools]
    if isinstance(plan, HandoffsPlan):
        tools += [_transfer(name) for name in card.team]
    if tools:
        forms["tools"] = tools_field(wire, tools)
    typed = _typed(agent, card)
    if typed is not None:
        name, schema, strict = typed
        forms["native"] = format_field(wire, name, schema, strict)
        forms["tool"] = answer_tool_field(wire, tools, ANSWER, schema, strict)
        if tools:
            forms["answer"] = answer_tool_field(wire, [], ANSWER, schema, strict)
        forms["prompted"] = _PROMPTED + json.dumps(schema, ensure_ascii=False)
    return forms


def _transfer(name: str) -> ToolSpec:
    schema: JsonObject = {
        "type": "object",
        "properties": {"reason": {"type": "string", "description": "Why, in a sentence."}},
        "required": ["reason"],
        "additionalProperties": False,
    }
    return ToolSpec(name=f"{HAND_OVER}{name}", description=f"Hand the conversation over to {name}.", parameters=schema)


def _typed(agent: Agent, card: AgentCard) -> tuple[str, JsonObject, bool] | None:
    """Name, schema and strictness of an agent's typed answers; None where plain text will do."""
    if isinstance(agent, Supervisor | Chooser) or card.emits == ("Direction",):
        return ("Direction", *_direction(agent, card))
    if not is_typed(card.emits):
        return None
    kinds = [_kind(agent, name) for name in card.emits]
    strict = all(kind is str or strictable(kind) is None for kind in kinds)
    name = kinds[0].__name__ if len(kinds) == 1 else "answer"
    return name, answer_schema(kinds, strict=strict), strict


def _kind(agent: Agent, name: str) -> type:
    return agent.types.get(name) or BUILT_IN.get(name) or str


def _direction(agent: Agent, card: AgentCard) -> tuple[JsonObject, bool]:
    """The schema of a direction, whose `next` is one of the team: nobody else can be named."""
    chooses = isinstance(agent, Chooser)
    properties: JsonObject = {
        "reason": {"type": "string", "description": "Why, in a sentence."},
        "next": {"type": "string", "enum": [*card.team, *([] if chooses else [FINISH])]},
    }
    strict = True
    if not chooses:
        told = f"The final answer to the task, with {FINISH} only."
        output = getattr(agent, "output", None)
        answer: JsonObject = {"type": "string"}
        if isinstance(output, type) and issubclass(output, BaseModel):
            strict = strictable(output) is None
            answer = answer_schema([output], strict=strict)
        definitions = answer.pop("$defs", None)
        properties["instruction"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "What to do."}
        properties["answer"] = {"anyOf": [answer, {"type": "null"}], "description": told}
        if definitions is not None:
            return {"$defs": definitions, **_closed(properties)}, strict
    return _closed(properties), strict


def _closed(properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _schemas(agents: Sequence[Agent]) -> tuple[dict[str, JsonObject], list[str]]:
    """The schema of each of the users' message types, and what is wrong with them."""
    classes: dict[str, type[BaseModel]] = {}
    clashes, found = [], dict[str, JsonObject]()
    for agent in agents:
        for name, kind in agent.types.items():
            other = classes.setdefault(name, kind)
            if other is not kind:
                clashes.append(
                    f"two message types are named {name}: {other.__module__}.{other.__qualname__} and "
                    f"{kind.__module__}.{kind.__qualname__}; rename one"
                )
    for name, kind in classes.items():
        try:
            found[name] = type_schema(kind)
        except ConfigurationError as error:
            clashes += error.problems
    return found, clashes
