"""From names of models to models: tiers, lists of fallbacks, and what `agentchat.toml` says of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from agentchat.errors import ConfigurationError
from agentchat.models.catalog import load_catalog
from agentchat.models.openai import OpenAIModel
from agentchat.seams import Model, lacking

ModelSpec: TypeAlias = "Model | str | Sequence[Model | str]"
"""A model, a name (a tier, "name", or "name@http://host:port/v1"), or several of these in the order of trying."""


def models_for(spec: ModelSpec) -> tuple[Model, ...]:
    """The models of a specification, the usual one first. Raises ConfigurationError for a tier mapped to nothing."""
    if isinstance(spec, str):
        choices = load_catalog().resolve(spec)
        return tuple(
            OpenAIModel(choice.name, tier=choice.tier, **choice.options)  # type: ignore[misc]  # its config is no key
            for choice in choices
        )
    if isinstance(spec, Sequence):
        return tuple(model for one in spec for model in models_for(one))
    if not callable(getattr(spec, "complete", None)):
        raise ConfigurationError(
            f"{spec!r} is no model: give a tier, a name, name@url, or an object such as OpenAIModel"
        )
    if missing := lacking(spec, Model):
        raise ConfigurationError(f"{spec!r} is no model: {missing}")
    return (spec,)


def model_for(spec: Model | str) -> Model:
    """The first model of a specification."""
    return models_for(spec)[0]
