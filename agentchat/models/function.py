"""A model made of a function: for tests, examples and rules that play a model. It never opens a connection."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from agentchat.errors import ConfigurationError
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.transcript.calls import Reply
from agentchat.transcript.messages import TextPart

Answers: TypeAlias = "Callable[[ModelRequest], str | Reply | Awaitable[str | Reply]]"
"""A function that answers a request, plain or async."""


class FunctionModel:
    """Answers with what `func(request)` returns: a text, or a whole Reply where usage or tool calls matter.

    `func` may be async; what it raises fails the call. `name` is the name on the card, by default the function's own.
    """

    def __init__(self, func: Answers, *, name: str | None = None) -> None:
        if not callable(func):
            raise ConfigurationError(f"FunctionModel takes a function of the request, not {func!r}")
        own = getattr(func, "__name__", type(func).__name__)
        self._func = func
        self._card = named_card(name or (own if own.isidentifier() else "function"))

    def card(self) -> ModelCard:
        """The name; there are no settings."""
        return self._card

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        """Call the function. Nothing is emitted: its text arrives at once."""
        return await answer_of(self._func, request)


def named_card(name: str) -> ModelCard:
    """The card of a model that has a name and no settings."""
    return ModelCard(name=name, tail=f'],"model":{json.dumps(name)}')


def text_reply(text: str) -> Reply:
    """A finished reply of one text; its usage is unknown."""
    return Reply(parts=(TextPart(content=text),), finish="stop")


async def answer_of(func: Answers, request: ModelRequest) -> Reply:
    """The reply of a function. Raises ConfigurationError when it returns neither text nor Reply."""
    answer = func(request)
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, str):
        return text_reply(answer)
    if isinstance(answer, Reply):
        return answer
    raise ConfigurationError(f"a model function must return str or Reply, not {type(answer).__name__}")
