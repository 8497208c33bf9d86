"""Settings from the environment. Read when asked for, never at import."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import platformdirs

from agentchat.errors import ConfigurationError

TIERS: Final = ("fast", "smart")
"""Names that stand for a model of the user's choice: a cheap one and a strong one."""


def tier_target(name: str) -> str:
    """The model that a tier stands for (AGENTCHAT_SMART, AGENTCHAT_FAST, else AGENTCHAT_MODEL); other names as is.

    Raises ConfigurationError where a tier is mapped to nothing.
    """
    if name not in TIERS:
        return name
    variable = f"AGENTCHAT_{name.upper()}"
    target = os.environ.get(variable) or os.environ.get("AGENTCHAT_MODEL")
    if not target:
        raise ConfigurationError(
            f"no model is set for the tier {name!r}.\n"
            f"Set {variable} (or AGENTCHAT_MODEL for all tiers) to a model name, e.g.\n"
            f"  export {variable}=gpt-4.1-mini                        with OPENAI_API_KEY set\n"
            f"  export {variable}=qwen3@http://127.0.0.1:8080/v1      for a local OpenAI-compatible server"
        )
    return target


def default_store() -> Path:
    """The store that the commands use: AGENTCHAT_STORE, or a file in the user's state directory."""
    given = os.environ.get("AGENTCHAT_STORE")
    if given:
        return Path(given)
    return Path(platformdirs.user_state_dir("agentchat", appauthor=False)) / "agentchat.db"
