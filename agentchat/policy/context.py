"""What an agent's model is shown: every message the agent sees, in order, each rendered once and kept.

The contexts of all agents are one fold over the log like any other. At a `TurnGiven` an agent's takes in the messages
said since its last turn; at a recorded call of the agent it moves the base that the next recipe builds on. So a live
run, a resumed one and a check of a saved one put the same request together, by the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from agentchat.policy.charter import Agreed, agreed_in
from agentchat.policy.request import ChatMessage, Growing, resolve
from agentchat.policy.visibility import sees
from agentchat.transcript.calls import Item, ModelRecipe, Piece, Reply
from agentchat.transcript.events import CallFinished, CallStarted, Entry, Opened, PersonaChanged, Said, TurnGiven
from agentchat.transcript.messages import (
    Body,
    Code,
    CodeResult,
    CodeRun,
    Data,
    Direction,
    Handoff,
    Part,
    Text,
    TextPart,
    outcome_line,
    text_of,
)
from agentchat.transcript.transcript import Fold, Transcript

CROWD: Final = 3
"""From this many agents on, a message of another one is headed with its sender's name: with two there is no doubt."""


class Context:
    """One agent's rolling context: rendered messages with their items, and the call that the next one builds on.

    model: the name of the agent's model; "" without one. tail: the JSON that closes its requests, and where it stands.
    """

    __slots__ = ("agent", "base", "base_count", "growing", "items", "model", "tail", "tail_piece", "waiting")

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.growing = Growing()
        self.items: list[Item] = []
        self.waiting: list[int] = []
        self.base: int | None = None
        self.base_count = 0
        self.model: str | None = None
        self.tail = ""
        self.tail_piece: Piece = "="

    def recipe(self, prompt: str | None = None) -> ModelRecipe:
        """The recipe of a call that shows everything so far, and then a prompt of the agent's own."""
        add = tuple(self.items[self.base_count :])
        if prompt is not None:
            add = (*add, ("user", (f"={prompt}",)))
        return ModelRecipe(
            model=self.model or "",
            base=self.base,
            add=add,
            tail=self.tail_piece if self.base is None else None,
            context="all" if prompt is None else None,
        )

    def add(self, item: Item, content: str) -> None:
        """Show one more message."""
        self.items.append(item)
        self.growing.add(ChatMessage(item[0], content))


_Contexts = dict[str, Context]


def _step(contexts: _Contexts, entry: Entry, transcript: Transcript) -> _Contexts:
    _ACTS[type(entry.event)](contexts, entry, entry.event, transcript)
    return contexts


def _opened(contexts: _Contexts, entry: Entry, event: Opened, transcript: Transcript) -> None:
    for name in agreed_in(transcript).names:
        contexts[name] = Context(name)


def _said(contexts: _Contexts, entry: Entry, event: Said, transcript: Transcript) -> None:
    for context in contexts.values():
        if event.to is None or sees(context.agent, event):
            context.waiting.append(entry.seq)


def _turn_given(contexts: _Contexts, entry: Entry, event: TurnGiven, transcript: Transcript) -> None:
    context = contexts[event.to]
    agreed = agreed_in(transcript)
    if context.model is None:
        _open(context, agreed, transcript)
    crowd = len(agreed.names) >= CROWD
    for seq in context.waiting:
        context.add(*render(transcript, seq, event.to, crowd=crowd))
    context.waiting.clear()


def _call_started(contexts: _Contexts, entry: Entry, event: CallStarted, transcript: Transcript) -> None:
    if isinstance(event.recipe, ModelRecipe) and event.recipe.context == "all":
        context = contexts[event.agent]
        context.base, context.base_count = entry.seq, len(context.items)


def _persona_changed(contexts: _Contexts, entry: Entry, event: PersonaChanged, transcript: Transcript) -> None:
    fresh = contexts[event.agent] = Context(event.agent)
    for one in transcript.since(0)[: entry.seq]:
        if isinstance(one.event, Said) and sees(event.agent, one.event):
            fresh.waiting.append(one.seq)


_ACTS: Final[dict[type, Callable[[_Contexts, Entry, Any, Transcript], None]]] = {
    Opened: _opened,
    Said: _said,
    TurnGiven: _turn_given,
    CallStarted: _call_started,
    PersonaChanged: _persona_changed,
}


def _open(context: Context, agreed: Agreed, transcript: Transcript) -> None:
    card, pointer = agreed.cards[context.agent], agreed.pointers[context.agent]
    context.model = ""
    if card.model is not None:
        context.model, context.tail, context.tail_piece = card.model.name, card.model.tail, f"@{pointer}/model/tail"
    if card.instructions:
        context.add(("system", (f"@{pointer}/instructions",)), card.instructions)


_CONTEXTS: Final[Fold[_Contexts]] = Fold(dict, _step, on=frozenset(_ACTS))


def context_of(transcript: Transcript, agent: str) -> Context:
    """The context of an agent as of the end of the transcript."""
    return transcript.fold(_CONTEXTS)[agent]


def bare(transcript: Transcript, agent: str, prompt: str) -> tuple[ModelRecipe, Growing]:
    """A request that shows the agent's instructions and one prompt, and nothing of the conversation."""
    context = Context(agent)
    _open(context, agreed_in(transcript), transcript)
    context.add(("user", (f"={prompt}",)), prompt)
    recipe = ModelRecipe(model=context.model or "", add=tuple(context.items), tail=context.tail_piece)
    return recipe, context.growing


def prompt_message(prompt: str) -> ChatMessage:
    """A prompt of the agent's own, as its model gets it."""
    return ChatMessage("user", prompt)


def render(transcript: Transcript, seq: int, viewer: str, *, crowd: bool) -> tuple[Item, str]:
    """A message as one viewer's model is shown it, and its text: its own words as the assistant's, others' as a user's.

    With a crowd, others' messages are headed with the sender's name.
    """
    said = transcript[seq].event
    if not isinstance(said, Said):
        raise TypeError(f"event {seq} is {said.kind}, not said")
    role: Literal["user", "assistant"] = "assistant" if said.sender == viewer else "user"
    head = f"{said.sender}:\n" if crowd and role == "user" else ""
    parts, where = _text_in(transcript, seq, said)
    if parts is not None:
        pieces, content = _text_pieces(parts, where), head + text_of(parts)
    else:
        pieces = _pieces(said, seq, transcript.body(seq))
        content = head + resolve(transcript, pieces)
    return (role, (f"={head}", *pieces) if head else pieces), content


def _text_in(transcript: Transcript, seq: int, said: Said) -> tuple[tuple[Part, ...] | None, str]:
    """The parts of a message that is a text, and where they stand. The usual case, found without building a body."""
    body, calls = said.body, said.from_calls
    if body is not None:
        return (body.parts, f"{seq}/body") if isinstance(body, Text) else (None, "")
    if calls is not None and len(calls) == 1:
        event = transcript[calls[0]].event
        if isinstance(event, CallFinished) and isinstance(event.result, Reply):
            return event.result.parts, f"{calls[0]}/result"
    return None, ""


def _pieces(said: Said, seq: int, body: Body) -> tuple[Piece, ...]:
    if said.body is None and said.from_calls is not None:
        where = [f"{call}/result" for call in said.from_calls]
    else:
        where = [f"{seq}/body"]
    if isinstance(body, CodeResult):
        runs = where if said.body is None else [f"{seq}/body/runs/{place}" for place in range(len(body.runs))]
        pieces = [piece for run, at in zip(body.runs, runs, strict=True) for piece in _run_pieces(run, at)]
        if body.skipped:
            pieces.append(f"={body.skipped} later block(s) not run.\n")
        return tuple(pieces)
    if isinstance(body, Code):
        return (f"=```{body.language}\n", f"@{where[0]}/source", "=\n```")
    if isinstance(body, Direction):
        return (f"%{where[0]}",)
    if isinstance(body, Handoff):
        return (f"=Over to {body.to}.",) if body.reason is None else (f"@{where[0]}/reason",)
    return (f"%{where[0]}/value",) if isinstance(body, Data) else (f"@{where[0]}/parts/0/content",)


def _text_pieces(parts: tuple[Part, ...], where: str) -> tuple[Piece, ...]:
    return tuple(f"@{where}/parts/{place}/content" for place, part in enumerate(parts) if isinstance(part, TextPart))


def _run_pieces(run: CodeRun, where: str) -> list[Piece]:
    pieces = [f"={outcome_line(run)}\n"]
    for stream in ("stdout", "stderr"):
        text: str = getattr(run, stream)
        if text:
            pieces.append(f"@{where}/{stream}")
            if not text.endswith("\n"):
                pieces.append("=\n")
    return pieces


def shown_source(transcript: Transcript, seq: int, source: str) -> tuple[Piece, ...]:
    """A program as pieces: a slice of the message at `seq` where it stands there word for word, else itself."""
    said = transcript[seq].event
    if isinstance(said, Said):
        where = f"{said.from_calls[0]}/result" if said.body is None and said.from_calls else f"{seq}/body"
        body = transcript.body(seq)
        if isinstance(body, Code) and body.source == source:
            return (f"@{where}/source",)
        for place, part in enumerate(body.parts if isinstance(body, Text) else ()):
            start = part.content.find(source) if isinstance(part, TextPart) and source else -1
            if start >= 0:
                return (f"@{where}/parts/{place}/content[{start}:{start + len(source)}]",)
    return (f"={source}",)
