"""A model made of a function: for tests, examples and rules that play a model. It never opens a connection."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from agentchat.errors import ConfigurationError
from agentchat.models.replies import KINDS, Answered, is_answer, reply_of
from agentchat.models.settings import checked_price
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.spending.prices import Price
from agentchat.transcript.calls import Reply

Answers: TypeAlias = "Callable[[ModelRequest], Answered | Awaitable[Answered]]"
"""A function that answers a request, plain or async."""


class FunctionModel:
    """Answers with what `func(request)` returns: the same kinds of answer as those of a `ScriptedModel`.

    `request.messages[-1].content` is what was said last, `request.agent` who asks, `request.index` counts this model's
    calls in the conversation from 0. `func` may be async; what it raises fails the call. `name` is that on the card, by
    default the function's own; tier and price: as for `OpenAIModel`, to try budgets out.
    """

    def __init__(
        self,
        func: Answers,
        *,
        name: str | None = None,
        tier: str | None = None,
        price: Price | Literal["free"] | None = None,
    ) -> None:
        if not callable(func):
            raise ConfigurationError(f"FunctionModel takes a function of the request, not {func!r}")
        own = getattr(func, "__name__", type(func).__name__)
        self._func = func
        self._card = named_card(name or (own if own.isidentifier() else "function"), tier, price)

    def card(self) -> ModelCard:
        """The name; there are no settings."""
        return self._card

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        """Call the function. Nothing is emitted: its text arrives at once."""
        return await answer_of(self._func, request)


def named_card(name: str, tier: str | None = None, price: Price | Literal["free"] | None = None) -> ModelCard:
    """The card of a model that has a name and no settings. Raises ConfigurationError for what is no price."""
    if not isinstance(name, str):
        raise ConfigurationError(f"the name of a model must be a text, not {name!r}")
    return ModelCard(name=name, tail=f'],"model":{json.dumps(name)}', tier=tier, price=checked_price(price))


async def answer_of(func: Answers, request: ModelRequest) -> Reply:
    """The reply of a function. Raises ConfigurationError when it returns what is no answer."""
    answer = func(request)
    if inspect.isawaitable(answer):
        answer = await answer
    if is_answer(answer):
        return reply_of(answer, request)
    raise ConfigurationError(f"a model function returned a {type(answer).__name__}; an answer is {KINDS}")
