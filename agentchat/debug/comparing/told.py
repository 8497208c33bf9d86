"""Any event in one short sentence, as data for those who compare runs. Texts are cut, and not made harmless: whoever
shows them does that.
"""

from __future__ import annotations

import json
from typing import Final

from pydantic import JsonValue
from pydantic_core import to_json

from agentchat.debug.comparing.marks import target_of
from agentchat.transcript.calls import CallResult, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    Answered,
    CallDenied,
    CallFailed,
    CallFinished,
    CallStarted,
    Closed,
    Edited,
    Paused,
    Refused,
    RunStarted,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)
from agentchat.transcript.messages import Body, CodeRun, Direction, Handoff, outcome_line, saved_line
from agentchat.transcript.transcript import Transcript

LONGEST: Final = 200
"""Characters of a sentence."""


def told(seq: int, transcript: Transcript) -> str:
    """What happened at this place."""
    event = transcript[seq].event
    match event:
        case RunStarted(run=run):
            return f"run {run} begins"
        case Said():
            return _short(_said(event, transcript))
        case TurnGiven(to=to, subject=subject, why=why):
            among = f"; among {', '.join(why.candidates)}" if why.candidates else ""
            return _short(f"{to} gets the turn on event {subject} ({why.router}: {why.reason}{among})")
        case TurnPassed():
            return "the turn ends with nothing to say"
        case TurnFailed(error=error):
            return _short(f"the turn fails: {error.type}: {error.message}")
        case TurnCancelled(reason=reason):
            return _short(f"the turn is stopped: {reason}")
        case Refused(problems=problems):
            return _short(f"an answer is refused: {'; '.join(problems)}")
        case Closed(outcome=outcome, reason=reason):
            return _short(f"the run ends, {outcome}: {reason}")
        case Edited(act=act, author=author, reason=reason):
            return _short(f"edited by {author} ({act}): {reason}")
    return _short(_call(seq, transcript) or _fields(seq, transcript))


def whole_text(body: Body) -> str:
    """All that a message says to a reader: of one that steers also to whom, of one that ends the work the answer."""
    if isinstance(body, Direction):
        answer = "" if body.answer is None else f"\n{_value(body.answer)}"
        return f"→ {body.next}: {body.text}{answer}"
    return f"→ {body.to}: {body.text}" if isinstance(body, Handoff) else body.text


def _said(said: Said, transcript: Transcript) -> str:
    to = f" to {said.to}" if said.to else ""
    return f"{said.sender}{to} says: {whole_text(transcript.body_of(said))}"


def _call(seq: int, transcript: Transcript) -> str | None:
    """What concerns a call; None for other events."""
    match transcript[seq].event:
        case CallStarted(agent=agent, recipe=recipe, attempt=attempt):
            acts = {"model": "asks", "code": "runs", "tool": "calls", "ask": "asks"}
            again = "" if attempt == 1 else f" (attempt {attempt})"
            given = f"({_value(recipe.arguments)})" if isinstance(recipe, ToolRecipe) else ""
            return f"{agent} {acts[recipe.call]} {target_of(recipe)}{given}{again}"
        case CallFinished(call=call, result=result):
            return f"{_target(call, transcript)} gives back: {_result(result)}"
        case CallFailed(call=call, error=error):
            return f"{_target(call, transcript)} fails: {error.type}: {error.message}"
        case CallDenied(agent=agent, call=kind, reason=reason):
            return f"a {kind} call of {agent} is not admitted: {reason}"
        case Paused(question=question, to=to):
            return f"a question to {to}: {question}"
        case Answered(by=by, value=value):
            return f"{by} answers: {_value(value)}"
    return None


def _target(call: int, transcript: Transcript) -> str:
    started = transcript[call].event if 1 <= call <= len(transcript) else None
    return target_of(started.recipe) if isinstance(started, CallStarted) else f"call {call}"


def _result(result: CallResult) -> str:
    if isinstance(result, Reply):
        asked = [f"{part.name}({part.arguments})" for part in result.tool_calls]
        return " ".join((result.text, *asked)).strip() or "nothing"
    if isinstance(result, CodeRun):
        saved = "".join(f" {saved_line(file)}" for file in result.files)
        return f"{outcome_line(result)} {result.stdout}{result.stderr}{saved}"
    if isinstance(result, ToolResult) and not result.ok:
        return f"failed: {_value(result.value)}"
    return _value(result.value)


def _fields(seq: int, transcript: Transcript) -> str:
    """Any other event, field by field."""
    event = transcript[seq].event
    given = ((name, value) for name, value in event if name != "kind" and value is not None)
    said = ", ".join(f"{name} {value if isinstance(value, str) else to_json(value).decode()}" for name, value in given)
    return f"{event.kind.replace('_', ' ')}: {said}"


def _value(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    line = " ".join(text[: 4 * LONGEST].split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
