"""Which models a command uses, and what to tell a user who has none."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from types import MappingProxyType
from typing import Final

from agentchat.errors import ConfigurationError
from agentchat.models.catalog import Catalog, load_catalog
from agentchat.models.local import LOCAL, NAME, USUAL, LocalServer
from agentchat.models.local_server import CONTEXT
from agentchat.models.openai import OpenAIModel
from agentchat.models.options import ModelOptions
from agentchat.models.settings import split_name
from agentchat.policy.spending.prices import FREE
from agentchat.seams import Agent
from agentchat.settings import TIERS, no_model
from agentchat.teams import Models

DEFAULT_MODEL: Final = "gpt-4.1-mini"
"""What a bare OPENAI_API_KEY gets: a name that the service has had for long, at a low price."""

NO_MODEL: Final = """no model is set. Do one of these:
  export OPENAI_API_KEY=...                                     for OpenAI's own service
  export AGENTCHAT_MODEL=qwen3@http://127.0.0.1:8080/v1         for a local or other OpenAI-compatible server
  agentchat run --model NAME@URL "..."                          for this one time
  agentchat models pull                                         a small model on this machine; then: --model local
  agentchat demo                                                needs no model; it shows how all of it works"""


def command_models(option: str | None) -> Models:
    """Where a command finds its models: the option for all of them, else what personas and settings name.

    Raises ConfigurationError for an option that names no model, and for a settings file that is wrong.
    """
    if option is not None:
        try:
            split_name(option, None)
        except ConfigurationError as error:
            raise ConfigurationError(f"--model: {error}") from None
    instead = _server().start() if option == LOCAL else option
    return Models(instead=instead, default="smart", catalog=command_catalog(), missing=_missing)


@cache
def _server() -> LocalServer:
    """The local model's server of this process."""
    return LocalServer()


def command_catalog() -> Catalog:
    """The settings, and a model for the usual tiers where nothing is set but a key for OpenAI's own service."""
    catalog = _with_local(load_catalog())
    if not _set("OPENAI_API_KEY") or _set("OPENAI_BASE_URL"):
        return catalog
    tiers = {tier: (DEFAULT_MODEL,) for tier in TIERS if catalog.mapping(tier) is None}
    return catalog._replace(tiers=MappingProxyType({**catalog.tiers, **tiers}))


def _with_local(catalog: Catalog) -> Catalog:
    """The settings, and what is known of the small local model: it costs nothing, and its window is small."""
    names = {USUAL, f"{NAME}@{_server().url}"} if _server().url else {USUAL}
    known = {name: ModelOptions(window=CONTEXT, price=FREE) for name in names}
    return catalog._replace(models=MappingProxyType({**known, **catalog.models}))


def check_keys(agents: Iterable[Agent]) -> None:
    """Raise ConfigurationError where the usual model of an agent is known to need a key, and there is none."""
    if _set("OPENAI_BASE_URL") or _set("OPENAI_API_KEY"):
        return
    for agent in agents:
        if isinstance(agent.model, OpenAIModel):
            name = agent.model.card().name
            if split_name(name, None)[1] is None:
                raise ConfigurationError(
                    f"no key for api.openai.com, where the model {name!r} is looked for. Do one of these:\n"
                    "  - set OPENAI_API_KEY in the environment (with OPENAI_BASE_URL for another service);\n"
                    f"  - name a server that needs no key: {name}@http://127.0.0.1:8080/v1;\n"
                    "  - take a small model on this machine: agentchat models pull, then --model local"
                )


def configured_model() -> str | None:
    """The model that a run without --model would use, or None. Raises ConfigurationError for wrong settings."""
    catalog = command_catalog()
    return None if catalog.mapping("smart") is None else catalog.resolve("smart")[0].name


def _missing(tier: str) -> ConfigurationError:
    """The error of a tier that is not set: the short one where nothing is set at all."""
    catalog = command_catalog()
    unset = all(catalog.mapping(one) is None for one in catalog.known_tiers())
    return ConfigurationError(NO_MODEL) if unset else no_model(tier)


def _set(variable: str) -> bool:
    return bool(os.environ.get(variable, "").strip())
