"""Message types as agents are given them: classes and unions of classes, and their names."""

from __future__ import annotations

from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from agentchat.errors import ConfigurationError
from agentchat.policy.fitting import PLAIN
from agentchat.transcript.messages import Code, CodeResult, Data, Direction, Handoff, Text
from agentchat.transcript.transcript import Message

Kinds: TypeAlias = Any
"""What may stand for message types: a class (a pydantic model, or str), a union of such, or a sequence of them."""

BUILT_IN: dict[str, type[BaseModel]] = {kind.__name__: kind for kind in (Text, Code, CodeResult, Direction, Handoff)}
"""The package's own bodies by name. A user's class must not be named like one."""


def kinds_of(given: Kinds, what: str) -> tuple[type, ...]:
    """The classes. `what` names the place in errors. Raises ConfigurationError for what is no message type."""
    if given is None:
        return ()
    origin: object = get_origin(given)
    if origin is Annotated:
        return kinds_of(get_args(given)[0], what)
    if origin in (Union, UnionType):
        members = [member for member in get_args(given) if member is not type(None)]
        return tuple(kind for member in members for kind in kinds_of(member, what))
    if isinstance(given, list | tuple):
        return tuple(kind for member in given for kind in kinds_of(member, what))
    if not isinstance(given, type) or get_origin(given) is not None:
        raise ConfigurationError(f"{what} is {given!r}; a message is str, Message or a pydantic model")
    if given is BaseModel:
        raise ConfigurationError(f"{what} is BaseModel, which has no fields; name a class of your own made from it")
    if given not in (str, Message) and not issubclass(given, BaseModel):
        raise ConfigurationError(f"{what} is {given.__name__}; a message is str, Message or a pydantic model")
    if given.__name__ in {*BUILT_IN, "Data"} and given.__module__ != Data.__module__:
        raise ConfigurationError(f"{what}: a message type of your own cannot be named {given.__name__}; rename it")
    return (given,)


def own_types(kinds: Iterable[type]) -> dict[str, type[BaseModel]]:
    """The user's own classes among them, by name."""
    return {kind.__name__: kind for kind in kinds if issubclass(kind, BaseModel) and kind.__module__ != Data.__module__}


def names_of(kinds: Iterable[type]) -> tuple[str, ...]:
    """Their names, as the charter has them."""
    return tuple(kind.__name__ for kind in kinds)


def is_typed(emits: Iterable[str]) -> bool:
    """Whether answers of these types are more than plain text."""
    return not set(emits) <= PLAIN
