"""What happens beside the messages, each as a paragraph: calls, tools, refusals, limits, people, the record itself.

Pure, as `view` is. Texts are not sanitised here: whoever shows a note does that.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from agentchat import errors
from agentchat.policy import doubt
from agentchat.policy.trying import again_in
from agentchat.transcript.calls import AskRecipe, CallResult, CodeRecipe, ModelRecipe, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Compacted,
    Diverged,
    Edited,
    Entry,
    ExternalSignal,
    Forked,
    Interrupted,
    Judged,
    Opened,
    Overrun,
    Paused,
    PersonaChanged,
    Refused,
    RunStarted,
    Scrubbed,
    Taken,
    TimeUp,
    TurnFailed,
    TurnPassed,
    Warned,
)
from agentchat.transcript.transcript import Transcript

QUIET: Final = "dim"
BAD: Final = "red"
ODD: Final = "yellow"

LONGEST: Final = 160
"""Characters of what stands for the arguments or the result of a tool."""


class Note(NamedTuple):
    """Something that happened: a paragraph, its style, and the agent that it is about."""

    text: str
    style: str
    who: str | None = None


def note(entry: Entry, transcript: Transcript, *, partial: bool = True) -> Note | None:
    """What there is to say of an entry; None for what only `event_line` tells.

    partial: whether text that had arrived before a call broke off, or that was refused, is shown with it.
    """
    return (
        _about_tool(entry, transcript)
        or _about_call(entry, transcript, partial)
        or _about_turn(entry, transcript, partial)
        or _about_people(entry)
        or _about_record(entry)
    )


def compact(value: object, longest: int = LONGEST) -> str:
    """A JSON value on one line, cut off where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def arguments_of(recipe: ToolRecipe) -> str:
    """The arguments of a tool call as they are written in Python, cut off where they are long."""
    return compact(", ".join(f"{name}={value!r}" for name, value in recipe.arguments.items()))


def _about_tool(entry: Entry, transcript: Transcript) -> Note | None:
    """A tool call on one line, and its result on another."""
    event = entry.event
    if isinstance(event, CallStarted) and isinstance(event.recipe, ToolRecipe):
        again = "" if event.attempt == 1 else f" (attempt {event.attempt})"
        return Note(f"calls {event.recipe.name}({arguments_of(event.recipe)}){again}", QUIET, event.agent)
    if not isinstance(event, CallFinished) or not isinstance(event.result, ToolResult):
        return None
    started = transcript.started(event.call)
    if started is None or not isinstance(started.recipe, ToolRecipe):
        return None
    return _tool_result(started, started.recipe.name, event.result)


def _tool_result(started: CallStarted, name: str, result: ToolResult) -> Note:
    child = "" if result.child is None else f" (conversation {result.child})"
    if result.ok:
        return Note(f"{name} gave {compact(result.value) or 'nothing'}{child}", QUIET, started.agent)
    return Note(f"{name} failed: {compact(result.value)}{child}", BAD, started.agent)


def _what(call: int, started: CallStarted | None) -> str:
    if started is None:
        return f"call {call}"
    if isinstance(started.recipe, ToolRecipe):
        return f"the call of {started.recipe.name}"
    if isinstance(started.recipe, AskRecipe):
        return "the question"
    return f"the {started.recipe.call} call"


def _next(event: CallFailed, transcript: Transcript) -> str:
    """When the next attempt is made, where somebody who looks on would wonder."""
    seconds = again_in(transcript, event)
    return "" if seconds is None or seconds < 1.0 else f", the next in {seconds:g} s"


def _about_call(entry: Entry, transcript: Transcript, partial: bool) -> Note | None:
    event = entry.event
    if isinstance(event, CallDenied):
        return _denied(event)
    if not isinstance(event, CallFailed | CallCancelled | CallInDoubt | Overrun):
        return None
    started = transcript.started(event.call)
    who = None if started is None else started.agent
    what = _what(event.call, started)
    if isinstance(event, CallFailed):
        again = (
            "" if started is None or not event.retryable else f" (attempt {started.attempt}{_next(event, transcript)})"
        )
        arrived = _arrived(event.partial if partial else None)
        return Note(f"{what} failed{again}: {event.error.message}{arrived}", BAD, who)
    if isinstance(event, CallCancelled):
        why = "" if event.reason == "cancelled" else f" ({event.reason})"
        return Note(f"{what} was stopped{why}{_arrived(event.partial if partial else None)}", ODD, who)
    if isinstance(event, CallInDoubt):
        return Note(f"{what} {doubt.told(event, transcript)}", ODD, who)
    values = event.values
    how = f" ({values['spent']} {values.get('unit')}, {values.get('reserved')} reserved)" if "spent" in values else ""
    return Note(f"{what} cost more than it had reserved{how}; no further call is admitted", BAD, who)


def _denied(event: CallDenied) -> Note:
    values = event.values
    room = f"{values['spent']} of {values['cap']} {values['unit']} spent" if "cap" in values else f"{values}"
    return Note(f"a {event.call} call was not admitted by the {event.reason}: {room}", ODD, event.agent)


def _about_turn(entry: Entry, transcript: Transcript, partial: bool) -> Note | None:
    event = entry.event
    if not isinstance(event, TurnPassed | TurnFailed | Refused | Diverged):
        return None
    given = transcript[event.turn].event if 1 <= event.turn <= len(transcript) else None
    who = str(getattr(given, "to", "someone"))
    if isinstance(event, TurnPassed):
        return Note("nothing to say", QUIET, who)
    if isinstance(event, TurnFailed):
        before = transcript[entry.seq - 1].event if entry.seq > 1 else None
        if isinstance(before, CallFailed) and before.error.message == event.error.message:
            return None  # told by the call
        ours = hasattr(errors, event.error.type)  # the line of ours that raised it helps nobody
        where = f" ({event.error.where})" if event.error.where and not ours else ""
        return Note(f"the turn failed: {event.error.type}: {event.error.message}{where}", BAD, who)
    if isinstance(event, Refused):
        return _refused(entry, event, transcript, who, partial)
    told = f"call {event.ordinal} of the turn was recorded as {event.recorded}, and is now {event.now}"
    return Note(f"on going on, {told}", BAD, who)


def _refused(entry: Entry, event: Refused, transcript: Transcript, who: str, partial: bool) -> Note:
    """An answer with what is wrong with it, or a tool call that was not made."""
    problems = "; ".join(event.problems)
    if event.tool_call_id is not None and event.from_calls is None:
        asked = _tool_asked(entry, event, transcript)
        return Note(f"the call of {asked or 'a tool'} was refused: {problems}", ODD, who)
    raw = event.raw if event.from_calls is None else _said_in(event.from_calls[-1], transcript)
    shown = raw if isinstance(raw, str) else "" if raw is None else json.dumps(raw, ensure_ascii=False)
    return Note(f"an answer was refused: {problems}{f'{chr(10)}{shown}' if shown and partial else ''}", ODD, who)


def _tool_asked(entry: Entry, event: Refused, transcript: Transcript) -> str | None:
    """Name and arguments of the tool call that a model asked for, by its id."""
    for seq in range(entry.seq - 1, event.turn, -1):
        before = transcript[seq].event
        if isinstance(before, CallFinished) and isinstance(before.result, Reply):
            for part in before.result.tool_calls:
                if part.id == event.tool_call_id:
                    return f"{part.name}({compact(part.arguments)})"
    return None


def _said_in(call: int, transcript: Transcript) -> str | None:
    """The text of a reply, or the arguments of the tool that took the answer."""
    event = transcript[call].event if 1 <= call <= len(transcript) else None
    result: CallResult | None = event.result if isinstance(event, CallFinished) else None
    if not isinstance(result, Reply):
        return None
    return result.text or "\n".join(part.arguments for part in result.tool_calls)


def _about_people(entry: Entry) -> Note | None:
    """People, time, limits and functions of theirs."""
    match entry.event:
        case Interrupted(by=by, reason=reason):
            return Note(f"interrupted by {by}{f': {reason}' if reason else ''}", ODD)
        case ExternalSignal(name="imported", value={"from": str(source), "messages": int(many)}):
            return Note(f"imported from {source} ({many} message{'' if many == 1 else 's'})", QUIET)
        case ExternalSignal(name=name, by=by):
            return Note(f"signal {name!r}{f' from {by}' if by else ''}", QUIET)
        case TimeUp(rule=rule, active=active):
            return Note(f"time is up after {active:.1f} s: {rule}", ODD)
        case Warned(reason=reason):
            return Note(f"warning: {reason}", ODD)
        case Paused(question=question, to=to):
            return Note(f"a question to {to}: {question}", ODD)
        case Answered(by=by, value=value):
            return Note(f"{by} answered: {_answer(value)}", QUIET)
        case Judged(name=name, on=on, error=error) if error is not None:
            return Note(
                f"the function {name.partition(' ')[0]} failed on event {on}: {error.type}: {error.message}", BAD
            )
    return None


def _answer(value: object) -> str:
    """An answer; of an approval yes or no, and why."""
    if isinstance(value, dict) and isinstance(value.get("yes"), bool) and set(value) <= {"yes", "reason"}:
        reason = value.get("reason")
        return ("yes" if value["yes"] else "no") + (f": {reason}" if reason else "")
    return json.dumps(value, ensure_ascii=False)


def _about_record(entry: Entry) -> Note | None:
    """Those who hold or change the record."""
    match entry.event:
        case Opened(parent=parent) if parent is not None:
            return Note(f"held for event {parent.seq} of {parent.conversation}", QUIET)
        case RunStarted(run=run) if run > 1:
            return Note(f"run {run} begins", QUIET)
        case Taken(owner=owner):
            return Note(f"resumed by {owner}", QUIET)
        case Compacted(agent=agent, upto=upto):
            return Note(f"{agent}: everything up to event {upto} is now a summary", QUIET)
        case PersonaChanged(agent=agent, author=author, reason=reason):
            return Note(f"{agent} was changed by {author}: {reason}", ODD)
        case Forked(parent=parent):
            return Note(f"forked from event {parent.seq} of {parent.conversation}", QUIET)
        case Edited(act=act, author=author, reason=reason):
            return Note(f"edited by {author} ({act}): {reason}", ODD)
        case Scrubbed(target=target, author=author, reason=reason):
            return Note(f"event {target} was removed by {author}: {reason}", ODD)
    return None


def _arrived(partial: str | None) -> str:
    return f"\nwhat had arrived of the answer:\n{partial}" if partial else ""


def call_told(entry: Entry, transcript: Transcript) -> str | None:
    """A model's or a program's call that came back, on one line; tools have notes of their own."""
    event = entry.event
    started = transcript.started(event.call) if isinstance(event, CallFinished) else None
    if started is None or not isinstance(event, CallFinished):
        return None
    agent, recipe, result = started.agent, started.recipe, event.result
    if isinstance(result, Reply) and isinstance(recipe, ModelRecipe):
        return f"{agent} asked {recipe.model} ({_tokens(result)})"
    if isinstance(recipe, CodeRecipe):
        seconds = getattr(result, "seconds", 0.0)
        return f"{agent} ran {recipe.language} in {recipe.sandbox} ({seconds:.2f} s)"
    return None


def _tokens(reply: Reply) -> str:
    usage = reply.usage
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return "tokens not reported"
    into, out = (("?" if n is None else f"{n:,}") for n in (usage.input_tokens, usage.output_tokens))
    return f"{into} tokens in, {out} out"
