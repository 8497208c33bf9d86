"""One agent's context: the messages that its model is shown, and how its requests are closed.

`context` keeps the contexts of all agents, as a fold over the log; here is what it keeps. Never here: events.
"""

from __future__ import annotations

from typing import Final

from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import AgentCard
from agentchat.policy.prompts.request import ChatMessage, Frame, Growing, raw_message, resolve
from agentchat.policy.prompts.wires import limit_field, merged
from agentchat.transcript.calls import Item, ModelRecipe, OutputMode, Piece, Reply, Wire
from agentchat.transcript.events import (
    Said,
)
from agentchat.transcript.transcript import Transcript


class Exchange:
    """What passes between an agent and its model within one turn, until it is shown to the model.

    replies: the CallFinished of each reply that nothing has referred to yet, by its sequence number. asked: the tool
    calls of the reply that is being worked on, in its order; answers: the results that have come. broken: the
    CallCancelled of each answer to the conversation that was stopped in the middle.
    """

    __slots__ = ("answers", "asked", "before", "broken", "frames", "fresh", "replies", "turn")

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self.replies: dict[int, Reply] = {}
        self.asked: list[str] = []
        self.answers: dict[str, tuple[Piece, ...]] = {}
        self.broken: list[int] = []
        self.frames: dict[int, Frame] = {}
        self.before = 0  # messages of the conversation that were shown before this turn
        self.fresh = 0  # the first message taken in with this turn; 0: none


IDLE: Final = Exchange(0)
"""Between turns there is nothing to keep; nothing is ever put into it."""


class Context:
    """One agent's rolling context: rendered messages with their items, and the call that the next one builds on.

    mode: how a typed answer is asked for; None where the agent's answers are not typed.
    """

    __slots__ = (
        "_closed",
        "agent",
        "base",
        "base_count",
        "base_tail",
        "card",
        "counted",
        "exchange",
        "growing",
        "items",
        "mode",
        "pointer",
        "said",
        "since",
        "waiting",
    )

    def __init__(self, agent: str, card: AgentCard, pointer: str, mode: OutputMode | None) -> None:
        self.agent = agent
        self.card = card
        self.pointer = pointer
        self.mode = mode
        wire: Wire = "chat" if card.model is None else card.model.wire
        self.growing = Growing(wire)
        self.items: list[Item] = []
        self.said = 0  # messages of the conversation among the items
        self.since = 0  # the entry behind which what is shown begins
        self.waiting: list[int] = []
        self.base: int | None = None
        self.base_count = 0
        self.base_tail: tuple[Piece, ...] | None = None
        self.counted: tuple[int, int] | None = None
        self.exchange = IDLE
        self._closed: tuple[object, tuple[Piece, ...], str] | None = None

    def tail(self, model: ModelCard, *, limit: int | None, tools: bool = True, typed: bool = True) -> tuple[Piece, ...]:
        """The pieces that close a request: settings, the limit on the output, the tools, and the form of the answer."""
        where, forms = self.pointer, self.card.forms
        pieces = [f"@{where}/{self.card.pointer(model)}/tail"]
        if limit is not None:
            pieces.append(f"={limit_field(model.wire, limit)}")
        if self.mode == "tool" and typed:
            pieces.append(f"@{where}/forms/{'tool' if tools or 'answer' not in forms else 'answer'}")
        elif tools and "tools" in forms:
            pieces.append(f"@{where}/forms/tools")
        if self.mode == "native" and typed:
            pieces.append(f"@{where}/forms/native")
        return merged([*pieces, "=}"])

    def closing(
        self, transcript: Transcript, model: ModelCard, limit: int | None, *, tools: bool, typed: bool
    ) -> tuple[tuple[Piece, ...], str]:
        """The pieces that close a request, and their text: the same ones for every call that is closed alike."""
        key = (model.name, limit, tools, typed, self.mode)
        if self._closed is None or self._closed[0] != key:
            pieces = self.tail(model, limit=limit, tools=tools, typed=typed)
            self._closed = key, pieces, resolve(transcript, pieces)
        return self._closed[1], self._closed[2]

    def recipe(self, model: ModelCard | None, tail: tuple[Piece, ...], prompt: str | None = None) -> ModelRecipe:
        """The recipe of a call that shows everything so far, and then a prompt of the agent's own."""
        add = tuple(self.items[self.base_count :])
        if prompt is not None:
            add = (*add, ("user", (f"={prompt}",)))
        return ModelRecipe(
            model="" if model is None else model.name,
            wire=self.growing.wire,
            base=self.base,
            add=add,
            tail=None if tail == self.base_tail else tail,
            context="all" if prompt is None else None,
            output=self.mode if prompt is None else None,
        )

    def add(self, item: Item, message: ChatMessage) -> None:
        """Show one more message."""
        self.items.append(item)
        self.growing.add(message)

    def tell(self, text: str) -> None:
        """Show one more message that nobody has said: words of ours, as a user's."""
        self.add(("user", (f"={text}",)), ChatMessage("user", text))

    def add_raw(self, transcript: Transcript, pieces: tuple[Piece, ...]) -> None:
        """Show one more message that is given as its JSON."""
        self.add(("raw", pieces), raw_message(resolve(transcript, pieces)))

    def takes(self, said: Said) -> bool:
        """Whether the agent's model is to see what this sender says."""
        senders = self.card.context.senders
        return senders is None or said.turn is None or said.sender in senders or said.sender == self.agent

    def tokens(self) -> int:
        """About how many tokens the next request has: as counted with the last, and a quarter of the bytes since."""
        if self.counted is None:
            return self.growing.size // 4
        counted, size = self.counted
        return counted + (self.growing.size - size) // 4

    def overfull(self) -> bool:
        """Whether what came before this turn should be replaced by a summary before the next call."""
        limit, exchange = self.card.context.compact_at, self.exchange
        return limit is not None and exchange.before > 0 and exchange.fresh > 0 and self.tokens() > limit


def introduce(context: Context) -> None:
    """Show the system message: the instructions, and how to answer where that must be said in words."""
    card, where = context.card, context.pointer
    prompted = card.forms.get("prompted") if context.mode == "prompted" else None
    texts = [text for text in (card.instructions, prompted) if text]
    if not texts:
        return
    pieces = [f"@{where}/instructions"] if card.instructions else []
    if prompted:
        pieces += [*(["=\n\n"] if pieces else []), f"@{where}/forms/prompted"]
    context.add(("system", tuple(pieces)), ChatMessage("system", "\n\n".join(texts)))
