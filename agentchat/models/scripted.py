"""A model that answers from a list: for tests, demos and dry runs. It never opens a connection and invents no usage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import anyio
from anyio.lowlevel import checkpoint

from agentchat.errors import ConfigurationError, ModelRejected
from agentchat.models.function import Answers, answer_of, named_card
from agentchat.models.replies import KINDS, Answered, is_answer, reply_of, text_reply
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.spending.prices import Price
from agentchat.transcript.calls import Reply, Usage


class Chunks(NamedTuple):
    """A text that arrives in pieces, `Chunks(("Good ", "day."))`; the reply is all of them joined."""

    pieces: tuple[str, ...]


Scripted: TypeAlias = "Answered | Exception | Chunks | Answers"
"""One answer; an exception to raise, a text in pieces, or a function of the request."""


class ScriptedModel:
    """Answers the n-th request of every conversation with the n-th of `replies`.

    A reply is a text; a pydantic model, which is a typed answer (`Direction(next="coder")`; `Text.of("...")` for text
    where that is one of several types); `ToolCallPart.of("refund", order=4711)` or a list of such, which calls tools;
    `Handoff(to="desk")`; a whole `Reply`, where usage matters; `Chunks` for text that arrives in pieces; an exception,
    which is raised; or a function of the request that gives one of these.

    The place is `request.index`, so one object serves many conversations at once, and a resumed one goes on where it
    was. `delay` is the seconds each answer takes. A request beyond the end raises ModelRejected.

    usage: what each reply is said to have used, but for one that says so itself (a `Reply`). Without it nothing is
    reported, and a cap on tokens counts what was set aside for each call. tier, price: as for `OpenAIModel`; a script
    with price="free" goes with a cap on money.
    """

    def __init__(
        self,
        replies: Sequence[Scripted],
        *,
        name: str = "scripted",
        delay: float = 0.0,
        usage: Usage | None = None,
        tier: str | None = None,
        price: Price | Literal["free"] | None = None,
    ) -> None:
        if not _is_list(replies):
            what = "one text" if isinstance(replies, str) else f"a {type(replies).__name__}"
            raise ConfigurationError(f"ScriptedModel takes a list of replies, not {what}")
        if not isinstance(usage, Usage | None):
            raise ConfigurationError(f"usage must be a Usage(input_tokens=..., output_tokens=...), not {usage!r}")
        for place, reply in enumerate(replies):
            known = is_answer(reply) or isinstance(reply, Exception | Chunks) or callable(reply)
            if not known or isinstance(reply, type):
                what = f"the class {reply.__name__}" if isinstance(reply, type) else f"a {type(reply).__name__}"
                raise ConfigurationError(
                    f"reply {place} of {name!r} is {what}; a reply is {KINDS}, an exception, "
                    "Chunks, or a function of the request"
                )
        self._replies = tuple(replies)
        self._card = named_card(name, tier, price)
        self._usage = usage
        self._delay = delay
        # Kept for `assert_complete` alone; no answer depends on it.
        self._asked: dict[str, int] = {}

    def card(self) -> ModelCard:
        """The name; there are no settings."""
        return self._card

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        """Give the answer of this place. Only `Chunks` emit: other answers arrive at once."""
        index = request.index
        if index >= len(self._replies):
            raise ModelRejected(
                f"the scripted model {self._card.name!r} has {len(self._replies)} replies and was asked for "
                f"number {index + 1}; add replies, or end the conversation earlier"
            )
        if self._asked.get(request.conversation, 0) <= index:
            self._asked[request.conversation] = index + 1
        if self._delay > 0:
            await anyio.sleep(self._delay)
        reply = self._replies[index]
        if isinstance(reply, Exception):
            # One object may be raised many times: without this its traceback would grow with each.
            raise reply.with_traceback(None)
        if isinstance(reply, Chunks):
            for piece in reply.pieces:
                emit(piece)
                await checkpoint()
            return self._used(text_reply("".join(reply.pieces)))
        return self._used(await answer_of(reply, request) if callable(reply) else reply_of(reply, request))

    def _used(self, reply: Reply) -> Reply:
        """The reply with what it used, where it does not say so itself."""
        if self._usage is None or reply.usage is not None:
            return reply
        return reply.model_copy(update={"usage": self._usage})

    def assert_complete(self, conversation: str | None = None) -> None:
        """Raise AssertionError naming the replies that were not asked for, by one conversation or by any."""
        counts = self._asked.values() if conversation is None else [self._asked.get(conversation, 0)]
        asked = max(counts, default=0)
        unused = [f"{place}: {_shown(reply)}" for place, reply in enumerate(self._replies) if place >= asked]
        if unused:
            raise AssertionError(
                f"{len(unused)} of {len(self._replies)} replies of {self._card.name!r} were not used:\n  "
                + "\n  ".join(unused)
            )


def _shown(reply: Scripted) -> str:
    shown = repr(reply.text if isinstance(reply, Reply) else reply)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _is_list(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str)
