"""What of an event makes two runs the same: its mark. Two events with equal marks did the same.

A mark leaves out what two runs that do the same never share: places in the log, clocks, how long something took, keys,
and ids that servers and stores make up. Of a request it holds the digest of the bytes, so an equal mark is an equal
prompt. What a run was opened and started with is compared by itself (see `setup`).
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Final

from pydantic import BaseModel, JsonValue
from pydantic_core import to_json

from agentchat.transcript.calls import (
    CallRecipe,
    CallResult,
    CodeRecipe,
    ModelRecipe,
    Reply,
    ToolRecipe,
    ToolResult,
)
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallStarted,
    Closed,
    Entry,
    Judged,
    Opened,
    Overrun,
    Refused,
    RunStarted,
    Said,
    Scrubbed,
    TimeUp,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    Warned,
)
from agentchat.transcript.messages import Body, CodeResult, CodeRun, Direction
from agentchat.transcript.transcript import Transcript

_PLACE: Final = re.compile(r"\bevents? \d+")
_PLACES: Final = {"turn", "call", "on", "upto", "target", "pause", "id", "at", "ordinal"}
"""Fields that say where something stands or how it is named in this one log."""


def mark_of(entry: Entry, transcript: Transcript) -> Hashable:
    """The mark of an event."""
    event = entry.event
    match event:
        case Opened():
            return event.kind
        case RunStarted(run=run):
            return event.kind, run
        case Said(sender=sender, to=to):
            return event.kind, sender, to, body_mark(transcript.body_of(event))
        case TurnGiven(to=to, why=why):  # what it is about is a place: see `units`
            return event.kind, to, why.router, _unplaced(why.reason)
        case Closed(outcome=outcome, rule=rule):
            return event.kind, outcome, _unplaced(rule)
        case TurnFailed(error=error):
            return event.kind, error.type, error.message
        case TurnCancelled(reason=reason) | Warned(reason=reason):
            return event.kind, _unplaced(reason)
        case TimeUp(rule=rule):
            return event.kind, rule
        case Judged(name=name, value=value, error=error):
            return event.kind, name, _json(value), error and (error.type, error.message)
        case Overrun() | Scrubbed():
            return event.kind
    mark = _call_mark(event, transcript)
    return _plain(event) if mark is None else mark


def target_of(recipe: CallRecipe) -> str:
    """What a call goes to: a model, a language in a sandbox, a tool, a person."""
    match recipe:
        case ModelRecipe(model=model):
            return model
        case CodeRecipe(language=language, sandbox=sandbox):
            return f"{language} in {sandbox}"
        case ToolRecipe(name=name):
            return name
        case _:  # a question
            return recipe.to


def body_mark(body: Body) -> Hashable:
    """The mark of a message."""
    if isinstance(body, CodeResult):
        return body.kind, tuple(_run_mark(run) for run in body.runs), body.skipped
    if isinstance(body, Direction):
        return body.kind, body.next, body.instruction, body.reason, _json(body.answer)
    return to_json(body, exclude_none=True)


def _call_mark(event: BaseModel, transcript: Transcript) -> Hashable | None:
    """The mark of what concerns one call; None for other events."""
    match event:
        case CallStarted(agent=agent, recipe=recipe, digest=digest):
            return event.kind, agent, recipe.call, target_of(recipe), digest
        case CallFinished(result=result):
            return event.kind, _result_mark(result)
        case CallFailed(error=error, retryable=retryable):
            return event.kind, error.type, error.message, retryable
        case CallCancelled(reason=reason):
            return event.kind, reason
        case CallDenied(agent=agent, call=call, reason=reason, model=model):
            return event.kind, agent, call, reason, model
        case Refused(problems=problems, raw=raw, type=kind, by=by):
            results = [transcript[seq].event for seq in event.from_calls or () if 1 <= seq <= len(transcript)]
            replies = tuple(_result_mark(one.result) for one in results if isinstance(one, CallFinished))
            return event.kind, problems, _json(raw), replies, kind, by
    return None


def _result_mark(result: CallResult) -> Hashable:
    if isinstance(result, Reply):
        parts = [part.model_dump(exclude_none=True) for part in result.parts]
        for part in parts:
            part.pop("id", None)  # of a tool call: made up by the server
        return to_json(parts), result.finish
    if isinstance(result, CodeRun):
        return _run_mark(result)
    if isinstance(result, ToolResult):
        return result.ok, _json(result.value)
    return _json(result.value), result.by


def _run_mark(run: CodeRun) -> Hashable:
    return run.language, run.status, run.exit_code, run.stdout, run.stderr, run.truncated, run.files


def _plain(event: BaseModel) -> Hashable:
    """Everything an event says, but places and names of this one log."""
    return to_json({name: value for name, value in event if name not in _PLACES})


def _unplaced(text: str) -> str:
    """A sentence without the numbers of events that it names."""
    return _PLACE.sub("event", text)


def _json(value: JsonValue) -> bytes:
    return to_json(value)
