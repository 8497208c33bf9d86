"""From the name of a model to a model."""

from __future__ import annotations

from agentchat.models.openai import OpenAIModel
from agentchat.seams import Model
from agentchat.settings import tier_target


def model_for(model: Model | str) -> Model:
    """A model as it is, or an `OpenAIModel` for a name: a tier ("smart"), "name", or "name@http://host:port/v1".

    Raises ConfigurationError for a tier that is mapped to nothing.
    """
    if not isinstance(model, str):
        return model
    return OpenAIModel(tier_target(model))
