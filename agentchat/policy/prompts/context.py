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

from agentchat.policy.board import GIVEN_UP
from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import AgentCard, agreed_in
from agentchat.policy.prompts.rendering import render, text_pieces
from agentchat.policy.prompts.request import ChatMessage, escaped, resolve
from agentchat.policy.prompts.shown import IDLE, Context, Exchange, introduce
from agentchat.policy.prompts.wires import answered, called
from agentchat.policy.typed.answers import repair_prompt
from agentchat.policy.visibility import sees
from agentchat.transcript.calls import ModelRecipe, OutputMode, Piece, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Compacted,
    Edited,
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
from agentchat.transcript.messages import ToolCallPart
from agentchat.transcript.transcript import Fold, Transcript

CROWD: Final = 3
"""From this many agents on, a message of another one is headed with its sender's name: with two there is no doubt."""

UNSUPPORTED: Final = "ModelUnsupported"
"""The error of a server that does not know the form of a request, by its name in `errors.py`."""
GO_ON: Final = "Go on."
"""What is said to a model whose own words would come last: some servers take those for the beginning of the answer,
and some take no two in a row."""
STOPPED: Final = "[You were stopped here, in the middle of your answer.]"
"""What a model is told behind the beginning of an answer that a person, or the process, did not let it end."""
UNSAID: Final = "[You were stopped before this was passed on: nobody else has read it.]"
"""What a model is told behind an answer that it had ended, where its turn was stopped before it was said."""
_NEXT_MODE: Final[dict[OutputMode, OutputMode]] = {"native": "tool", "tool": "prompted"}
"""How a typed answer is asked for next where a server rejects a request: each way asks less of it than the last."""


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
    introduce(context)
    return context


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
    pieces = ("=The conversation so far, in short:\n", *text_pieces(finished.result.parts, f"{event.call}/result"))
    context.add(("user", pieces), ChatMessage("user", resolve(log.transcript, pieces)))
    if context.exchange.turn:
        _take_in(log, context, log.transcript[context.exchange.turn])


def _edited(log: _Log, event: Edited) -> None:
    """Something before was changed, and everything here is worked out from the change: the next requests begin anew,
    with all that they show. What was sent before builds on other words."""
    for context in log.contexts.values():
        context.base, context.base_count, context.base_tail = None, 0, None


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
        context.tell(GO_ON)
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
    if isinstance(event, TurnCancelled):
        for seq in exchange.broken:
            _show_broken(log, context, seq)
        if exchange.replies and not exchange.broken and event.reason != GIVEN_UP:
            _show_unsaid(context, *max(exchange.replies.items()))
    context.exchange = IDLE


def _show_broken(log: _Log, context: Context, seq: int) -> None:
    """Show its own model what it had said before it was stopped, so that "go on" is understood."""
    cancelled = log.transcript[seq].event
    assert isinstance(cancelled, CallCancelled)
    assert cancelled.partial is not None
    context.add(("assistant", (f"@{seq}/partial",)), ChatMessage("assistant", cancelled.partial))
    context.tell(STOPPED)


def _show_unsaid(context: Context, seq: int, reply: Reply) -> None:
    """Show its own model the answer that it had ended when its turn was stopped: it is on record, but was not said."""
    if reply.text:
        _show_own(context, seq, reply)
        context.tell(UNSAID)


def _show_own(context: Context, seq: int, reply: Reply) -> None:
    """Show a model the text of its own reply that came back at `seq`."""
    context.add(("assistant", text_pieces(reply.parts, f"{seq}/result")), ChatMessage("assistant", reply.text))


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
        told = ("=a person had it called with ", f"~{event.call}/recipe/arguments", "=: ") if recipe.changed else ()
        _answer(log, started, (*told, value) if result.ok else (*told, "=error: ", value))


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
    elif event.partial and isinstance(started.recipe, ModelRecipe) and started.recipe.context is not None:
        log.contexts[started.agent].exchange.broken.append(log.entry.seq)


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
            _show_own(context, call, reply)
        context.tell(repair_prompt(event.problems))


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
    Edited: _edited,
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
    introduce(context)
    context.tell(prompt)
    return context
