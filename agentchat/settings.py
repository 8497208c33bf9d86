"""Settings from the environment, and where the settings file is. Read when asked for, never at import.

What stands in that file is the business of `models.catalog`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from agentchat.errors import ConfigurationError

TIERS: Final = ("fast", "smart")
"""Names that stand for a model of the user's choice: a cheap one and a strong one. They are always known."""

ALL_TIERS: Final = "AGENTCHAT_MODEL"
"""The variable that sets the model of every tier that has no variable of its own."""

NOT_TIERS: Final = ("config", "forbid_real_models", "model", "program", "store")
"""Words whose variable AGENTCHAT_<WORD> means something else, so that no tier can have them as its name."""

CONFIG_FILE: Final = "agentchat.toml"

OPENAI_URL: Final = "https://api.openai.com/v1"
"""The service that a model name without an address is looked for at, unless OPENAI_BASE_URL names another."""

_PLAIN_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")


def home_url() -> str:
    """Where a model name without an address goes: OPENAI_BASE_URL as it is written, else api.openai.com."""
    return os.environ.get("OPENAI_BASE_URL", "").strip() or OPENAI_URL


def tier_variable(tier: str) -> str:
    """The environment variable of a tier: AGENTCHAT_SMART for "smart"."""
    return f"AGENTCHAT_{tier.upper().replace('-', '_')}"


def tier_in_environment(tier: str) -> tuple[str, str] | None:
    """The variable that sets this tier and what it says; its own variable first, then AGENTCHAT_MODEL."""
    own = tier_variable(tier)
    for variable in (ALL_TIERS,) if tier in NOT_TIERS else (own, ALL_TIERS):
        value = os.environ.get(variable, "").strip()
        if value:
            return variable, value
    return None


def tiers_in_environment() -> tuple[str, ...]:
    """The words that are tiers because AGENTCHAT_<WORD> is set, sorted."""
    prefix = tier_variable("")
    words = (name.removeprefix(prefix).lower() for name, value in os.environ.items() if value.strip())
    return tuple(sorted(word for word in words if tier_variable(word) in os.environ and _is_tier_word(word)))


def _is_tier_word(word: str) -> bool:
    return bool(_PLAIN_WORD.fullmatch(word)) and word not in NOT_TIERS


def no_model(tier: str) -> ConfigurationError:
    """The error of a tier that is mapped to nothing."""
    variable = tier_variable(tier)
    return ConfigurationError(
        f"no model is set for the tier {tier!r}.\n"
        f"Set {variable} (or {ALL_TIERS} for all tiers) to a model name, e.g.\n"
        f"  export {variable}=gpt-4.1-mini                        with OPENAI_API_KEY set\n"
        f"  export {variable}=qwen3@http://127.0.0.1:8080/v1      for a local OpenAI-compatible server\n"
        f"or write it into {CONFIG_FILE}, here or in {_user_config()}:\n"
        f"  [tiers]\n"
        f'  {tier} = "gpt-4.1-mini"'
    )


def tier_target(name: str) -> str:
    """The first model that the environment names for a tier; other names as is. `models.catalog` knows the file too.

    Raises ConfigurationError where a tier is mapped to nothing.
    """
    if name not in TIERS:
        return name
    found = tier_in_environment(name)
    first = found[1].split(",")[0].strip() if found is not None else ""
    if not first:
        raise no_model(name)
    return first


def config_file() -> Path | None:
    """The settings file in use: AGENTCHAT_CONFIG, else ./agentchat.toml, else that of the user; None: there is none.

    Raises ConfigurationError where AGENTCHAT_CONFIG names no file.
    """
    given = os.environ.get("AGENTCHAT_CONFIG", "").strip()
    if given:
        path = Path(given)
        if not path.is_file():
            raise ConfigurationError(f"AGENTCHAT_CONFIG names {path}, which is no file; correct it or unset it")
        return path
    return next((path for path in config_places() if path.is_file()), None)


def config_places() -> tuple[Path, ...]:
    """Where a settings file is looked for, unless AGENTCHAT_CONFIG names one; the first that is there is used."""
    return Path(CONFIG_FILE), _user_config() / CONFIG_FILE


def _user_config() -> Path:
    import platformdirs

    return Path(platformdirs.user_config_dir("agentchat", appauthor=False))


def default_store() -> Path:
    """The store that the commands use: AGENTCHAT_STORE, or a file in the user's state directory."""
    given = os.environ.get("AGENTCHAT_STORE")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_state_dir("agentchat", appauthor=False)) / "agentchat.db"
