"""What an agent's model is shown: every message the agent sees, in order, each rendered once and kept.

The contexts of all agents are one fold over the log like any other. At a `TurnGiven` an agent's takes in the messages
said since its last turn; what happens in the turn between the agent and its model (tools called and their results,
answers refused and why) is added as it comes; at a recorded call of the agent the base moves that the next recipe
builds on. So a live run, a resumed one and a check of a saved one put the same request together, by the same code.

A context begins anew, from the system message, when a summary takes the place of what came before, when only the last
turns are shown, when the agent's card changes, and when typed answers must be asked for in words from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from agentchat.policy.answers import repair_prompt
from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import AgentCard, agreed_in
from agentchat.policy.rendering import render
from agentchat.policy.request import ChatMessage, Frame, Growing, escaped, raw_message, resolve
from agentchat.policy.visibility import sees
from agentchat.policy.wires import answered, called, limit_field, merged
from agentchat.transcript.calls import Item, ModelRecipe, OutputMode, Piece, Reply, ToolRecipe, ToolResult, Wire
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Compacted,
    Entry,
    Opened,
    PersonaChanged,
    Refused,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)
from agentchat.transcript.messages import TextPart, ToolCallPart
from agentchat.transcript.transcript import Fold, Transcript

CROWD: Final = 3
"""From this many agents on, a message of another one is headed with its sender's name: with two there is no doubt."""

UNSUPPORTED: Final = "ModelUnsupported"
"""The error of a server that does not know the form of a request, by its name in `errors.py`."""
GO_ON: Final = "Go on."
"""What is said to a model whose own words would come last: some servers take those for the beginning of the answer,
and some take no two in a row."""
_NEXT_MODE: Final[dict[OutputMode, OutputMode]] = {"native": "tool", "tool": "prompted"}
"""How a typed answer is asked for next where a server rejects a request: each way asks less of it than the last."""


class Exchange:
    """What passes between an agent and its model within one turn, until it is shown to the model.

    replies: the CallFinished of each reply that nothing has referred to yet, by its sequence number. asked: the tool
    calls of the reply that is being worked on, in its order; answers: the results that have come.
    """

    __slots__ = ("answers", "asked", "before", "frames", "fresh", "replies", "turn")

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self.replies: dict[int, Reply] = {}
        self.asked: list[str] = []
        self.answers: dict[str, tuple[Piece, ...]] = {}
        self.frames: dict[int, Frame] = {}
        self.before = 0  # messages of the conversation that were shown before this turn
        self.fresh = 0  # the first message taken in with this turn; 0: none


_IDLE: Final = Exchange(0)
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
        self.exchange = _IDLE
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


_Contexts = dict[str, Context]


class _Log:
    """What a step looks at."""

    __slots__ = ("contexts", "entry", "transcript")

    def __init__(self, contexts: _Contexts, entry: Entry, transcript: Transcript) -> None:
        self.contexts = contexts
        self.entry = entry
        self.transcript = transcript


def _step(contexts: _Contexts, entry: Entry, transcript: Transcript) -> _Contexts:
    _ACTS[type(entry.event)](_Log(contexts, entry, transcript), entry.event)
    return contexts


# beginnings


def _opened(log: _Log, event: Opened) -> None:
    agreed = agreed_in(log.transcript)
    for name in agreed.names:
        log.contexts[name] = _begun(log, name, _first_mode(agreed.cards[name]))


def _first_mode(card: AgentCard) -> OutputMode | None:
    if card.model is None or "native" not in card.forms:
        return None
    return "native" if card.model.output == "auto" else card.model.output


def _begun(log: _Log, name: str, mode: OutputMode | None) -> Context:
    """An empty context, but for the system message."""
    agreed = agreed_in(log.transcript)
    context = Context(name, agreed.cards[name], agreed.pointers[name], mode)
    _introduce(context)
    return context


def _introduce(context: Context) -> None:
    card, where = context.card, context.pointer
    prompted = card.forms.get("prompted") if context.mode == "prompted" else None
    texts = [text for text in (card.instructions, prompted) if text]
    if not texts:
        return
    pieces = [f"@{where}/instructions"] if card.instructions else []
    if prompted:
        pieces += [*(["=\n\n"] if pieces else []), f"@{where}/forms/prompted"]
    context.add(("system", tuple(pieces)), ChatMessage("system", "\n\n".join(texts)))


def _again(log: _Log, name: str, mode: OutputMode | None, after: int = 0) -> Context:
    """A context begun anew, with the messages after entry `after` waiting; its exchange goes on."""
    old = log.contexts[name]
    fresh = log.contexts[name] = _begun(log, name, mode)
    fresh.exchange, fresh.since = old.exchange, after
    fresh.waiting = [
        one.seq
        for one in log.transcript.since(after)[: log.entry.seq - after]
        if isinstance(one.event, Said) and sees(name, one.event) and fresh.takes(one.event)
    ]
    return fresh


def _persona_changed(log: _Log, event: PersonaChanged) -> None:
    context = _again(log, event.agent, _first_mode(agreed_in(log.transcript).cards[event.agent]))
    if context.exchange.turn:
        _take_in(log, context, log.transcript[context.exchange.turn])


def _compacted(log: _Log, event: Compacted) -> None:
    context = _again(log, event.agent, log.contexts[event.agent].mode, after=event.upto)
    finished = log.transcript[event.call].event
    assert isinstance(finished, CallFinished)
    assert isinstance(finished.result, Reply)
    pieces = ("=The conversation so far, in short:\n", *_texts(event.call, finished.result))
    context.add(("user", pieces), ChatMessage("user", resolve(log.transcript, pieces)))
    if context.exchange.turn:
        _take_in(log, context, log.transcript[context.exchange.turn])


def _texts(seq: int, reply: Reply) -> tuple[Piece, ...]:
    where = f"{seq}/result/parts"
    return tuple(f"@{where}/{place}/content" for place, part in enumerate(reply.parts) if isinstance(part, TextPart))


# messages and turns


def _said(log: _Log, event: Said) -> None:
    seq = log.entry.seq
    for context in log.contexts.values():
        if (event.to is None or sees(context.agent, event)) and context.takes(event):
            context.waiting.append(seq)
    if event.turn is not None:
        _turn_over(log, event)


def _turn_given(log: _Log, event: TurnGiven) -> None:
    context = log.contexts[event.to]
    turns = context.card.context.turns
    if turns is not None:
        context = _again(log, event.to, context.mode, after=_turns_back(log, turns))
    context.exchange = Exchange(log.entry.seq)
    _take_in(log, context, log.entry)


def _take_in(log: _Log, context: Context, given: Entry) -> None:
    """Show the messages that wait; those of a join in the order of its edge, not in that of their coming."""
    event = given.event
    assert isinstance(event, TurnGiven)
    waiting = [seq for seq in context.waiting if seq < given.seq]
    joined = (event.why.values or {}).get("joined")
    if isinstance(joined, list):
        order = {seq: place for place, seq in enumerate(joined)}
        places = [place for place, seq in enumerate(waiting) if seq in order]
        in_order = sorted((waiting[place] for place in places), key=order.__getitem__)
        for place, seq in zip(places, in_order, strict=True):
            waiting[place] = seq
    crowd = len(log.contexts) >= CROWD
    context.exchange.before = context.said
    for seq in waiting:
        shown = render(log.transcript, seq, context.agent, context.growing.wire, crowd=crowd)
        if shown is not None:
            context.add(*shown)
            context.said += 1
    if context.items and context.items[-1][0] == "assistant":
        context.add(("user", (f"={GO_ON}",)), ChatMessage("user", GO_ON))
    context.exchange.fresh = waiting[0] if waiting else 0
    context.waiting = [seq for seq in context.waiting if seq > given.seq]


def _turns_back(log: _Log, turns: int) -> int:
    """The entry behind which the last so many turns lie."""
    left = turns
    for entry in reversed(log.transcript.since(0)[: log.entry.seq - 1]):
        if isinstance(entry.event, Said) and entry.event.turn is not None:
            left -= 1
            if left < 0:
                return entry.seq
    return 0


def _turn_over(log: _Log, event: Said | TurnPassed | TurnFailed | TurnCancelled) -> None:
    assert event.turn is not None
    given = log.transcript[event.turn].event
    context = log.contexts.get(given.to) if isinstance(given, TurnGiven) else None
    if context is None or context.exchange.turn != event.turn:
        return
    exchange = context.exchange
    for name in exchange.asked:  # a model that sees its own call must see what became of it
        exchange.answers.setdefault(name, ("=cancelled",))
    _flush(log, context)
    context.exchange = _IDLE


# the exchange with the model


def _call_started(log: _Log, event: CallStarted) -> None:
    context, recipe = log.contexts[event.agent], event.recipe
    exchange = context.exchange
    if isinstance(recipe, ToolRecipe):
        if recipe.tool_call_id is not None:
            _asked(log, context, recipe.tool_call_id)
    elif isinstance(recipe, ModelRecipe) and (recipe.context is not None or recipe.base is not None or recipe.add):
        exchange.frames[log.entry.seq] = context.growing.frame()
        if recipe.context is not None:
            context.base, context.base_count = log.entry.seq, len(context.items)
            if recipe.tail is not None:
                context.base_tail = recipe.tail


def _call_finished(log: _Log, event: CallFinished) -> None:
    started = log.transcript[event.call].event
    assert isinstance(started, CallStarted)
    context, seq = log.contexts[started.agent], log.entry.seq
    result, recipe = event.result, started.recipe
    if isinstance(recipe, ModelRecipe) and isinstance(result, Reply):
        frame = context.exchange.frames.get(event.call)
        if recipe.context is not None and frame is not None:
            context.exchange.replies[seq] = result
            usage = result.usage
            if usage is not None and usage.input_tokens:
                context.counted = (usage.input_tokens, frame.size)
    elif isinstance(recipe, ToolRecipe) and isinstance(result, ToolResult):
        value = f"~{seq}/result/value"
        _answer(log, started, (value,) if result.ok else ("=error: ", value))


def _call_failed(log: _Log, event: CallFailed) -> None:
    started = log.transcript[event.call].event
    assert isinstance(started, CallStarted)
    recipe = started.recipe
    if isinstance(recipe, ToolRecipe):
        _answer(log, started, ("=error: ", f"~{log.entry.seq}/error/message"))
        return
    context = log.contexts[started.agent]
    if not isinstance(recipe, ModelRecipe) or recipe.output != context.mode or event.error.type != UNSUPPORTED:
        return
    mode = None if context.mode is None else _NEXT_MODE.get(context.mode)
    model = context.card.model
    if mode is None or model is None or model.output != "auto" or recipe.model != model.name:
        return
    if mode == "prompted":
        context = _again(log, started.agent, mode, after=context.since)
        _take_in(log, context, log.transcript[context.exchange.turn])
    context.mode = mode


def _call_cancelled(log: _Log, event: CallCancelled) -> None:
    started = log.transcript[event.call].event
    assert isinstance(started, CallStarted)
    if isinstance(started.recipe, ToolRecipe):
        _answer(log, started, ("=cancelled",))


def _call_in_doubt(log: _Log, event: CallInDoubt) -> None:
    started = log.transcript[event.call].event
    assert isinstance(started, CallStarted)
    if isinstance(started.recipe, ToolRecipe) and event.policy == "fail":
        _answer(log, started, ("=error: it is unknown whether this was done",))


def _call_denied(log: _Log, event: CallDenied) -> None:
    if event.tool_call_id is not None:
        context = log.contexts[event.agent]
        _asked(log, context, event.tool_call_id)
        context.exchange.answers[event.tool_call_id] = (f"=not called: the {escaped(event.reason)} has no room for it",)
        _flush_if_whole(log, context)


def _refused(log: _Log, event: Refused) -> None:
    given = log.transcript[event.turn].event
    assert isinstance(given, TurnGiven)
    context = log.contexts[given.to]
    if context.exchange.turn != event.turn:
        return
    problems = "\n".join(event.problems)
    if event.tool_call_id is not None:
        _asked(log, context, event.tool_call_id)
        if event.from_calls:  # an answer, given by a tool: what else was asked for beside it is not called
            for name in context.exchange.asked:
                context.exchange.answers.setdefault(name, ("=not called: an answer was given beside it",))
        context.exchange.answers[event.tool_call_id] = (f"=error: {escaped(problems)}",)
        _flush_if_whole(log, context)
    for call in event.from_calls or ():
        reply = context.exchange.replies.pop(call, None)
        if reply is None or event.tool_call_id is not None:
            continue
        if reply.text:
            pieces = _texts(call, reply)
            context.add(("assistant", pieces), ChatMessage("assistant", reply.text))
        told = repair_prompt(event.problems)
        context.add(("user", (f"={told}",)), ChatMessage("user", told))


def _asked(log: _Log, context: Context, name: str) -> None:
    """Show the reply that asks for this tool call, if it is not shown yet."""
    exchange = context.exchange
    if name in exchange.asked:
        return
    for seq, reply in exchange.replies.items():
        calls = [part.id for part in reply.parts if isinstance(part, ToolCallPart)]
        if name in calls:
            thought = _model_of(log, seq) == context.card.model
            for pieces in called(context.growing.wire, seq, reply.parts, reasoning=thought):
                context.add_raw(log.transcript, pieces)
            exchange.asked = calls
            del exchange.replies[seq]
            return


def _model_of(log: _Log, finished: int) -> ModelCard | None:
    """The card of the model that gave a reply: only it can read what it thought."""
    ended = log.transcript[finished].event
    assert isinstance(ended, CallFinished)
    started = log.transcript[ended.call].event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    return log.contexts[started.agent].card.known(started.recipe.model)


def _answer(log: _Log, started: CallStarted, pieces: tuple[Piece, ...]) -> None:
    recipe, context = started.recipe, log.contexts[started.agent]
    if isinstance(recipe, ToolRecipe) and recipe.tool_call_id in context.exchange.asked:
        context.exchange.answers[recipe.tool_call_id] = pieces
        _flush_if_whole(log, context)


def _flush_if_whole(log: _Log, context: Context) -> None:
    if all(name in context.exchange.answers for name in context.exchange.asked):
        _flush(log, context)


def _flush(log: _Log, context: Context) -> None:
    """Show the results of the tool calls, in the order in which they were asked for."""
    exchange = context.exchange
    for name in exchange.asked:
        context.add_raw(log.transcript, answered(context.growing.wire, name, exchange.answers[name]))
    exchange.asked, exchange.answers = [], {}


_ACTS: Final[dict[type, Callable[[_Log, Any], None]]] = {
    Opened: _opened,
    Said: _said,
    TurnGiven: _turn_given,
    TurnPassed: _turn_over,
    TurnFailed: _turn_over,
    TurnCancelled: _turn_over,
    CallStarted: _call_started,
    CallFinished: _call_finished,
    CallFailed: _call_failed,
    CallCancelled: _call_cancelled,
    CallInDoubt: _call_in_doubt,
    CallDenied: _call_denied,
    Refused: _refused,
    PersonaChanged: _persona_changed,
    Compacted: _compacted,
}

_CONTEXTS: Final[Fold[_Contexts]] = Fold(dict, _step, on=frozenset(_ACTS))


def context_of(transcript: Transcript, agent: str) -> Context:
    """The context of an agent as of the end of the transcript."""
    return transcript.fold(_CONTEXTS)[agent]


def bare(transcript: Transcript, agent: str, prompt: str) -> Context:
    """A context that shows the agent's instructions and one prompt, and nothing of the conversation."""
    agreed = agreed_in(transcript)
    context = Context(agent, agreed.cards[agent], agreed.pointers[agent], None)
    _introduce(context)
    context.add(("user", (f"={prompt}",)), ChatMessage("user", prompt))
    return context
