"""What happens beside the messages, in words for readers of an export: refusals, failures, limits, people, the record.

Pure. The texts are not made fit for any format here: whoever writes them does that.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from agentchat.policy import doubt
from agentchat.transcript.calls import AskRecipe, Reply, ToolRecipe
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    Compacted,
    Diverged,
    Edited,
    Entry,
    ExternalSignal,
    Forked,
    Interrupted,
    Judged,
    Overrun,
    Paused,
    PersonaChanged,
    Refused,
    Scrubbed,
    Taken,
    TimeUp,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
    Warned,
)
from agentchat.transcript.transcript import Transcript


class Aside(NamedTuple):
    """Something that happened: a sentence, the turn that it is part of (0: none), and words that belong to it.

    words: an answer that was refused, or what had arrived of one that broke off.
    """

    text: str
    turn: int = 0
    words: str | None = None


def aside(entry: Entry, transcript: Transcript) -> Aside | None:
    """What there is to say of an entry; None for messages, calls that went well, and the record's own upkeep."""
    told = _TOLD.get(type(entry.event))
    return None if told is None else told(entry.event, transcript)


def whose(turn: int, transcript: Transcript) -> str:
    """The agent that has a turn."""
    given = transcript[turn].event if 1 <= turn <= len(transcript) else None
    return given.to if isinstance(given, TurnGiven) else "someone"


def shown(value: JsonValue) -> str:
    """A value as text: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def arguments_of(recipe: ToolRecipe) -> str:
    """The arguments of a tool call, as they are written in Python."""
    return ", ".join(f"{name}={value!r}" for name, value in recipe.arguments.items())


def _call(call: int, transcript: Transcript) -> tuple[str, int]:
    """What a call is called, and its turn."""
    started = transcript.started(call)
    if started is None:
        return f"call {call}", 0
    if isinstance(started.recipe, ToolRecipe):
        return f"the call of {started.recipe.name}", started.turn
    what = "question" if isinstance(started.recipe, AskRecipe) else f"{started.recipe.call} call"
    return f"the {what}", started.turn


def _failed(event: CallFailed, transcript: Transcript) -> Aside:
    what, turn = _call(event.call, transcript)
    started = transcript.started(event.call)
    again = f" (attempt {started.attempt})" if started is not None and event.retryable else ""
    return Aside(f"{what} failed{again}: {event.error.message}", turn, event.partial)


def _cancelled(event: CallCancelled, transcript: Transcript) -> Aside:
    what, turn = _call(event.call, transcript)
    why = "" if event.reason == "cancelled" else f" ({event.reason})"
    return Aside(f"{what} was stopped{why}", turn, event.partial)


def _in_doubt(event: CallInDoubt, transcript: Transcript) -> Aside:
    what, turn = _call(event.call, transcript)
    return Aside(f"{what} {doubt.told(event, transcript)}", turn)


def _overrun(event: Overrun, transcript: Transcript) -> Aside:
    what, turn = _call(event.call, transcript)
    return Aside(f"{what} took more than was set aside for it; no further call is admitted", turn)


def _denied(event: CallDenied, _: Transcript) -> Aside:
    values = event.values
    room = f"{values['spent']} of {values['cap']} {values.get('unit')} spent" if "cap" in values else shown(values)
    return Aside(f"a {event.call} call was not admitted, for the {event.reason} has no room: {room}", event.turn)


def _refused(event: Refused, transcript: Transcript) -> Aside:
    problems = "; ".join(event.problems)
    if event.tool_call_id is not None and event.from_calls is None:
        return Aside(f"a tool call was refused: {problems}", event.turn, _asked(event, transcript))
    if event.from_calls:
        return Aside(f"an answer was refused: {problems}", event.turn, _reply(event.from_calls[-1], transcript))
    return Aside(f"an answer was refused: {problems}", event.turn, None if event.raw is None else shown(event.raw))


def _asked(event: Refused, transcript: Transcript) -> str | None:
    """The tool call that was not made, as the model wrote it."""
    for entry in transcript.since(event.turn):
        if isinstance(entry.event, CallFinished) and isinstance(entry.event.result, Reply):
            for part in entry.event.result.tool_calls:
                if part.id == event.tool_call_id:
                    return f"{part.name}({part.arguments})"
    return None


def _reply(call: int, transcript: Transcript) -> str | None:
    event = transcript[call].event if 1 <= call <= len(transcript) else None
    if not isinstance(event, CallFinished) or not isinstance(event.result, Reply):
        return None
    return event.result.text or "\n".join(part.arguments for part in event.result.tool_calls)


def _turn_failed(event: TurnFailed, _: Transcript) -> Aside:
    where = f" ({event.error.where})" if event.error.where else ""
    return Aside(f"the turn failed: {event.error.type}: {event.error.message}{where}", event.turn)


def _diverged(event: Diverged, _: Transcript) -> Aside:
    told = f"call {event.ordinal} was recorded as {event.recorded}, and is now {event.now}"
    return Aside(f"on going on, {told}", event.turn)


def _judged(event: Judged, _: Transcript) -> Aside | None:
    name, error = event.name.partition(" ")[0], event.error
    if error is None:
        return None
    return Aside(f"the function {name} failed on event {event.on}: {error.type}: {error.message}")


def _question(event: Paused, transcript: Transcript) -> Aside:
    return Aside(f"a question to {event.to}: {event.question}", _call(event.call, transcript)[1])


def _interrupted(event: Interrupted, _: Transcript) -> Aside:
    return Aside(f"interrupted by {event.by}{f': {event.reason}' if event.reason else ''}")


def _signal(event: ExternalSignal, _: Transcript) -> Aside:
    told = event.value
    if isinstance(told, dict):
        told = ", ".join(f"{name} {shown(one)}" for name, one in told.items())
    value = "" if told is None else f" ({shown(told)})"
    return Aside(f"the signal {event.name!r} came{f' from {event.by}' if event.by else ''}{value}")


def _edited(event: Edited, _: Transcript) -> Aside:
    about = "" if event.target is None else f" of event {event.target}"
    return Aside(f"edited by {event.author} ({event.act}{about}): {event.reason}")


def _forked(event: Forked, _: Transcript) -> Aside:
    by = f" by {event.author}" if event.author else ""
    why = f": {event.reason}" if event.reason else ""
    return Aside(f"forked{by} from event {event.parent.seq} of {event.parent.conversation}{why}")


_TOLD: Final[dict[type, Callable[[Any, Transcript], Aside | None]]] = {
    CallFailed: _failed,
    CallCancelled: _cancelled,
    CallInDoubt: _in_doubt,
    Overrun: _overrun,
    CallDenied: _denied,
    Refused: _refused,
    TurnFailed: _turn_failed,
    TurnPassed: lambda event, _: Aside("nothing to say", event.turn),
    TurnCancelled: lambda event, _: Aside(f"the turn was stopped: {event.reason}", event.turn),
    Diverged: _diverged,
    Judged: _judged,
    Paused: _question,
    Answered: lambda event, _: Aside(f"{event.by} answered: {shown(event.value)}"),
    Interrupted: _interrupted,
    ExternalSignal: _signal,
    TimeUp: lambda event, _: Aside(f"time is up after {event.active:.1f} s: {event.rule}"),
    Warned: lambda event, _: Aside(f"warning: {event.reason}"),
    Taken: lambda event, _: Aside(f"resumed by {event.owner}"),
    Compacted: lambda event, _: Aside(f"{event.agent}: what came up to event {event.upto} is now a summary"),
    PersonaChanged: lambda event, _: Aside(f"{event.agent} was changed by {event.author}: {event.reason}"),
    Forked: _forked,
    Edited: _edited,
    Scrubbed: lambda event, _: Aside(
        f"the payload of event {event.target} was removed by {event.author}: {event.reason}"
    ),
}
