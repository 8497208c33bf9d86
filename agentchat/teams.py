"""From descriptions to agents: personas make a new team, a recorded charter makes the old one again.

Here descriptions meet the classes that do the work. Nothing is run, opened or written, and nothing that a file names
is imported. A transcript may come from a stranger: what it says is believed only so far as the rebuilt agents have
exactly the recorded cards, and it can never ask for programs to be run outside a sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from agentchat.agents.assistant import Assistant
from agentchat.agents.code_policy import UNSAFE
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.demo import demo_model
from agentchat.errors import ConfigurationError
from agentchat.models.openai import OpenAIModel
from agentchat.personas import Persona
from agentchat.policy.charter import AgentCard, CodePolicy, charter_of
from agentchat.policy.state import state_of
from agentchat.sandboxes.choosing import check_name
from agentchat.seams import Agent, Limits, Model, Store
from agentchat.transcript.calls import ModelCard
from agentchat.transcript.transcript import Transcript

_SETTINGS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "max_completion_tokens": "max_output",
    "reasoning_effort": "reasoning_effort",
    "stop": "stop",
}
"""Fields of a request, and the options of `OpenAIModel` that set them."""


def team_of(personas: Iterable[Persona], *, model: Model | str | None = None) -> list[Agent]:
    """An agent for each persona, in order. `model` takes the place of what the personas name.

    Raises ConfigurationError for an assistant without a model, or a name that no agent may have.
    """
    return [_agent_of(persona, model) for persona in personas]


def rebuild_team(transcript: Transcript, *, model: Model | None = None, unsafe_host: bool = False) -> list[Agent]:
    """The agents of a recorded conversation, made again from their cards, for going on with it.

    model: used for every assistant whose recorded model it is, such as a scripted one. unsafe_host: whether programs
    may run outside a sandbox, where the record says that they did.

    Raises ConfigurationError for agents that only the program that made them can bring back: function agents, models
    and sandboxes of its own.
    """
    return [_again(card, model, unsafe_host) for card in charter_of(transcript).agents]


def rebuild(
    transcript: Transcript,
    *,
    store: Store | None = None,
    model: Model | None = None,
    unsafe_host: bool = False,
) -> Conversation:
    """The recorded conversation's team with its rules, budget and limits, ready for `resume`."""
    charter, state = charter_of(transcript), state_of(transcript)
    return Conversation(
        rebuild_team(transcript, model=model, unsafe_host=unsafe_host),
        until=state.rule,
        budget=state.budget,
        store=store,
        in_doubt=charter.in_doubt,
        limits=charter.limits,
    )


def _agent_of(persona: Persona, model: Model | str | None) -> Agent:
    if persona.kind == "user-proxy":
        return UserProxy(persona.name, sandbox=persona.sandbox or "auto", description=persona.description)
    chosen = model or persona.model
    if chosen is None:
        raise ConfigurationError(f"the persona {persona.name!r} names no model, and none was given")
    return Assistant(
        persona.name, model=chosen, instructions=persona.instructions or None, description=persona.description
    )


def _again(card: AgentCard, model: Model | None, unsafe_host: bool) -> Agent:
    agent: Agent
    if card.kind == "assistant" and card.model is not None:
        agent = Assistant(
            card.name,
            model=_model_again(card.name, card.model, model),
            instructions=card.instructions,
            description=card.description,
        )
    elif card.kind == "user-proxy" and card.code is not None:
        agent = _proxy_again(card, card.code, unsafe_host)
    else:
        what = "a function" if card.kind == "function" else f"of the kind {card.kind!r}"
        raise ConfigurationError(
            f"agent {card.name} is {what}: only the program that made it can go on with this conversation, "
            "with Conversation(...).resume(...)"
        )
    if agent.card() != card:
        raise ConfigurationError(
            f"agent {card.name} cannot be made again as it was recorded: only the program that made it can go on with "
            "this conversation, with Conversation(...).resume(...)"
        )
    return agent


def _proxy_again(card: AgentCard, policy: CodePolicy, unsafe_host: bool) -> UserProxy:
    try:
        check_name(policy.sandbox)
    except ConfigurationError:
        raise ConfigurationError(
            f"agent {card.name} ran code in {policy.sandbox!r}, which is no sandbox of this package: only the program "
            "that made it can go on with this conversation"
        ) from None
    if policy.sandbox == UNSAFE and not unsafe_host:
        raise ConfigurationError(
            f"agent {card.name} ran code on this machine without a sandbox, and would again. Look at the conversation; "
            "if you trust it, resume with --unsafe-host (in Python: unsafe_host=True)"
        )
    return UserProxy(
        card.name,
        sandbox=policy.sandbox,
        senders=policy.senders,
        limits=Limits(policy.seconds, policy.memory, policy.processes, policy.output, policy.files),
        description=card.description,
    )


def _model_again(agent: str, card: ModelCard, given: Model | None) -> Model:
    if given is not None and given.card() == card:
        return given
    demo = demo_model()
    if demo.card() == card:
        return demo
    fields = _fields(card)
    if fields is not None and _is_service(card, fields):
        extra = {name: value for name, value in fields.items() if name not in _SETTINGS and name not in _FIXED}
        options = {option: fields[name] for name, option in _SETTINGS.items() if name in fields}
        try:
            made = OpenAIModel(card.name, stream=fields.get("stream", False), extra=extra or None, **options)
        except ConfigurationError:
            made = None
        if made is not None and made.card() == card:
            return made
    raise ConfigurationError(
        f"the model {card.name!r} of agent {agent} cannot be made again from the record: "
        "only the program that made it can go on with this conversation, with Conversation(...).resume(...)"
    )


_FIXED: Final = ("model", "stream", "stream_options")


def _fields(card: ModelCard) -> dict[str, Any] | None:
    """The fields that close every request of a recorded model, or None where they cannot be read."""
    try:
        fields = json.loads("{" + card.tail.removeprefix("],"))
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _is_service(card: ModelCard, fields: dict[str, Any]) -> bool:
    """Whether the card is that of a service, not of a scripted or function model of the same form.

    Those name nothing but the model. A card that does the same and has no address may be one of them; taken for a
    service, the conversation would be sent to a stranger.
    """
    return "@http" in card.name or any(name != "model" for name in fields)
