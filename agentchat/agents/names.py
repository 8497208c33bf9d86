"""What an agent is given by its maker, looked at before it is used: its name, texts, whole numbers."""

from __future__ import annotations

import re
from typing import Final

from pydantic import BaseModel

from agentchat.errors import ConfigurationError

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
RESERVED: Final = frozenset({"user", "finish", "system", "END"})


def is_whole(given: object, least: int) -> bool:
    """Whether something is a whole number from `least` on, whatever its annotation promised."""
    return isinstance(given, int) and not isinstance(given, bool) and given >= least


def is_model(given: object) -> bool:
    """Whether something is a pydantic model class, whatever its annotation promised."""
    return isinstance(given, type) and issubclass(given, BaseModel)


def checked_text(given: object, what: str) -> str | None:
    """The text as it is, or None. Raises ConfigurationError for anything else; `what` is its name in the message."""
    if given is None or isinstance(given, str):
        return given
    raise ConfigurationError(f"{what} is {given!r}; it must be a text")


def checked_name(name: object) -> str:
    """The name as it is. Raises ConfigurationError for one that cannot be addressed or means something else."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name for an agent: use a letter, then up to 63 letters, digits, '-' or '_'"
        )
    if name in RESERVED:
        raise ConfigurationError(f"{name!r} means something else in a conversation; choose another name for the agent")
    return name
