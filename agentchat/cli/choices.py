"""Which model a command uses, and what to tell a user who has none."""

from __future__ import annotations

import os
from typing import Final

from agentchat.errors import ConfigurationError
from agentchat.models.settings import split_name
from agentchat.settings import TIERS, tier_target

DEFAULT_MODEL: Final = "gpt-4.1-mini"
"""What a bare OPENAI_API_KEY gets: a name that the service has had for long, at a low price."""

NO_MODEL: Final = """no model is set. Do one of these:
  export OPENAI_API_KEY=...                                     for OpenAI's own service
  export AGENTCHAT_MODEL=qwen3@http://127.0.0.1:8080/v1         for a local or other OpenAI-compatible server
  agentchat run --model NAME@URL "..."                          for this one time
  agentchat demo                                                needs no model; it shows how all of it works"""


def chosen_model(option: str | None) -> str:
    """The model's name: the option, else the tier "smart", else the default where only a key is set.

    Raises ConfigurationError where there is none, or where its service is known to need a key and there is none.
    """
    name = _named(option)
    _, url = split_name(name, None)
    if url is None and not _set("OPENAI_BASE_URL") and not _set("OPENAI_API_KEY"):
        raise ConfigurationError(
            f"no key for api.openai.com, where the model {name!r} is looked for. Do one of these:\n"
            "  - set OPENAI_API_KEY in the environment (with OPENAI_BASE_URL for another service);\n"
            f"  - name a server that needs no key: {name}@http://127.0.0.1:8080/v1"
        )
    return name


def configured_model() -> str | None:
    """The model that a run without --model would use, or None."""
    try:
        return _named(None)
    except ConfigurationError:
        return None


def _named(option: str | None) -> str:
    if option is not None and option not in TIERS:
        return option
    if any(_set(name) for name in ("AGENTCHAT_MODEL", f"AGENTCHAT_{(option or 'smart').upper()}")):
        return tier_target(option or "smart")
    if _set("OPENAI_API_KEY") and not _set("OPENAI_BASE_URL"):
        return DEFAULT_MODEL
    raise ConfigurationError(NO_MODEL)


def _set(variable: str) -> bool:
    return bool(os.environ.get(variable, "").strip())
