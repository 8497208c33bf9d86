"""From an entry to what a person reads: who speaks, what was said, what became of code, and everything that went wrong.

Pure: an entry and its transcript go in, a rich renderable comes out, the same for live and for old conversations. No
text of a message is ever parsed as markup, and none gets out unsanitised. No clock, no file, no terminal.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from rich.console import Group
from rich.text import Text

from agentchat.policy.charter import charter_of
from agentchat.policy.usage import Count, UsageReport
from agentchat.terminal.highlight import blocks, coloured, verbatim
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.transcript.calls import CodeRecipe, ModelRecipe, Reply, Usage
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Compacted,
    Diverged,
    Edited,
    Entry,
    ExternalSignal,
    Forked,
    Interrupted,
    Overrun,
    Paused,
    PersonaChanged,
    Refused,
    RunStarted,
    Said,
    Scrubbed,
    Taken,
    TimeUp,
    TurnFailed,
    TurnPassed,
    Warned,
)
from agentchat.transcript.messages import Body, Code, CodeResult, CodeRun, Data, Direction, Handoff, TextPart
from agentchat.transcript.messages import Text as TextBody
from agentchat.transcript.transcript import Transcript

_COLOURS: Final = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_yellow")
_OUTCOMES: Final = {
    "done": "bold green",
    "limit": "bold yellow",
    "stopped": "bold yellow",
    "interrupted": "bold yellow",
}
_QUIET: Final = "dim"
_BAD: Final = "red"
_ODD: Final = "yellow"


class Note(NamedTuple):
    """Something that happened beside the messages: a paragraph, its style, and the agent that it is about."""

    text: str
    style: str
    who: str | None = None


def view(entry: Entry, transcript: Transcript, *, partial: bool = True, under: str | None = None) -> Group | None:
    """What a reader of the conversation is shown of an entry; None for what only `event_line` tells.

    partial: whether text that had arrived before a call broke off is shown with it, or was seen already. under: the
    agent whose heading stands right above, and need not be named again.
    """
    event = entry.event
    if isinstance(event, Said):
        return Group(heading(event.sender, transcript, to=event.to), body(transcript.body(entry.seq)))
    if isinstance(event, Closed):
        return _closed(event)
    note = _about_call(entry, transcript, partial) or _about_turn(entry, transcript) or _about_record(entry)
    if note is None:
        return None
    who = "" if note.who in (None, under) else f"{note.who}: "
    return Group(Text(sanitize(f"{who}{note.text}"), style=note.style))


def heading(sender: str, transcript: Transcript, *, to: str | None = None) -> Text:
    """The line above a message: who speaks, in a colour of their own, and to whom where not to everyone."""
    text = Text(sanitize_line(sender), style=f"bold {_colour(sender, transcript)}".strip())
    if to is not None:
        text.append(f" to {sanitize_line(to)}", style=f"not bold {_QUIET}")
    return text


def body(said: Body) -> Group:
    """A message body."""
    if isinstance(said, CodeResult):
        return Group(*_code_result(said))
    if isinstance(said, Code):
        return Group(coloured(sanitize(said.source), said.language.lower()))
    if isinstance(said, Direction | Handoff):
        target = said.next if isinstance(said, Direction) else said.to
        return Group(Text(f"→ {sanitize_line(target)}: {sanitize(said.text)}", style=_QUIET))
    if isinstance(said, Data):
        shown = json.dumps(said.value, ensure_ascii=False, indent=2)
        return Group(Text(sanitize_line(said.type), style=_QUIET), verbatim(sanitize(shown)))
    return Group(*_text(said))


def call_line(entry: Entry, transcript: Transcript) -> Text | None:
    """A call that came back, on one line; None for other entries."""
    event = entry.event
    if not isinstance(event, CallFinished):
        return None
    started = _started(event.call, transcript)
    if started is None:
        return None
    agent, recipe, result = started.agent, started.recipe, event.result
    if isinstance(result, Reply) and isinstance(recipe, ModelRecipe):
        told = f"{agent} asked {recipe.model} ({_tokens(result.usage)})"
    elif isinstance(result, CodeRun) and isinstance(recipe, CodeRecipe):
        told = f"{agent} ran {recipe.language} in {recipe.sandbox} ({result.seconds:.2f} s)"
    else:
        told = f"{agent} made a {recipe.call} call"
    return Text(f"· {sanitize_line(told)}", style=_QUIET)


def usage_line(usage: UsageReport) -> str:
    """What was used, in words."""
    total = usage.total
    calls = f"{_many(total.calls, 'model call')}, {_many(total.programs, 'program')} run"
    into, out = total.input_tokens, total.output_tokens
    if not total.calls:
        return calls
    if not (into.complete or into.known or out.complete or out.known):
        return f"{calls}, tokens not reported"
    return f"{calls}, {_count(into)} tokens in, {_count(out)} out"


# parts of messages


def _text(said: TextBody) -> list[Text]:
    found: list[Text] = []
    for part in said.parts:
        if isinstance(part, TextPart):
            found += blocks(part.content)
        else:
            found.append(Text(f"[{part.type}]", style=_QUIET))
    return found if any(text.plain for text in found) else [Text("(an empty message)", style=_QUIET)]


def _code_result(result: CodeResult) -> list[Text]:
    pieces: list[Text] = []
    for run in result.runs:
        pieces.append(Text(_ending(run), style="green" if run.ok else _BAD))
        pieces += [
            verbatim(sanitize(stream).rstrip("\n"), style)
            for stream, style in ((run.stdout, ""), (run.stderr, _BAD))
            if stream.strip()
        ]
        if run.ok and not (run.stdout.strip() or run.stderr.strip()):
            pieces.append(Text("(no output)", style=_QUIET))
    if result.skipped:
        pieces.append(Text(f"{_many(result.skipped, 'later block')} not run", style=_ODD))
    return pieces


def _ending(run: CodeRun) -> str:
    ending = {
        "ok": "finished with exit code 0",
        "error": f"failed with exit code {run.exit_code}",
        "timeout": "was stopped: it took too long",
        "killed": "was killed by a limit or a signal",
        "unsupported": "was not run",
    }[run.status]
    took = "" if run.status == "unsupported" else f" after {run.seconds:.2f} s"
    notes = [note for note in (run.detail, "output cut off" if run.truncated else None) if note]
    return sanitize_line(f"{run.language} {ending}{took}{''.join(f'; {note}' for note in notes)}")


def _closed(event: Closed) -> Group:
    text = Text(event.outcome, style=_OUTCOMES.get(event.outcome, "bold red"))
    text.append(f": {sanitize(event.reason)}", style="not bold default")
    return Group(text, Text(sanitize(event.advice), style=_QUIET))


# what happens beside messages


def _about_call(entry: Entry, transcript: Transcript, partial: bool) -> Note | None:
    event = entry.event
    if isinstance(event, CallDenied):
        values = event.values
        room = f"{values['spent']} of {values['cap']} {values['unit']} spent" if "cap" in values else f"{values}"
        return Note(f"a {event.call} call was not admitted by the {event.reason}: {room}", _ODD, event.agent)
    if not isinstance(event, CallFailed | CallCancelled | CallInDoubt | Overrun):
        return None
    started = _started(event.call, transcript)
    who = None if started is None else started.agent
    what = f"call {event.call}" if started is None else f"the {started.recipe.call} call"
    if isinstance(event, CallFailed):
        attempts = charter_of(transcript).limits.attempts
        again = "" if started is None or not event.retryable else f" (attempt {started.attempt} of {attempts})"
        arrived = _arrived(event.partial if partial else None)
        return Note(f"{what} failed{again}: {event.error.message}{arrived}", _BAD, who)
    if isinstance(event, CallCancelled):
        why = "" if event.reason == "cancelled" else f" ({event.reason})"
        return Note(f"{what} was stopped{why}{_arrived(event.partial if partial else None)}", _ODD, who)
    if isinstance(event, CallInDoubt):
        done = {"retry": "it is made again", "fail": "it counts as failed"}.get(event.policy, "a person is asked")
        told = f"{what} had no result when the process ended, and may have had its effect: {done}"
        return Note(told, _ODD, who)
    return Note(f"{what} cost more than it had reserved; no further call is admitted", _BAD, who)


def _about_turn(entry: Entry, transcript: Transcript) -> Note | None:
    event = entry.event
    if not isinstance(event, TurnPassed | TurnFailed | Refused | Diverged):
        return None
    who = _agent(event.turn, transcript)
    if isinstance(event, TurnPassed):
        return Note("nothing to say", _QUIET, who)
    if isinstance(event, TurnFailed):
        before = transcript[entry.seq - 1].event if entry.seq > 1 else None
        if isinstance(before, CallFailed) and before.error.message == event.error.message:
            return None  # told by the call
        where = f" ({event.error.where})" if event.error.where else ""
        return Note(f"the turn failed: {event.error.type}: {event.error.message}{where}", _BAD, who)
    if isinstance(event, Refused):
        raw = event.raw if isinstance(event.raw, str) else json.dumps(event.raw, ensure_ascii=False)
        return Note(f"an answer was refused: {'; '.join(event.problems)}\n{raw}", _ODD, who)
    told = f"call {event.ordinal} of the turn was recorded as {event.recorded}, and is now {event.now}"
    return Note(f"on going on, {told}", _BAD, who)


def _about_record(entry: Entry) -> Note | None:
    """People, time, and those who hold or change the record."""
    match entry.event:
        case RunStarted(run=run) if run > 1:
            return Note(f"run {run} begins", _QUIET)
        case Taken(owner=owner):
            return Note(f"resumed by {owner}", _QUIET)
        case Interrupted(by=by, reason=reason):
            return Note(f"interrupted by {by}{f': {reason}' if reason else ''}", _ODD)
        case ExternalSignal(name=name, by=by):
            return Note(f"signal {name!r}{f' from {by}' if by else ''}", _QUIET)
        case TimeUp(rule=rule, active=active):
            return Note(f"time is up after {active:.1f} s: {rule}", _ODD)
        case Warned(reason=reason):
            return Note(f"warning: {reason}", _ODD)
        case Paused(question=question, to=to):
            return Note(f"a question to {to}: {question}", _ODD)
        case Answered(by=by, value=value):
            return Note(f"{by} answered: {json.dumps(value, ensure_ascii=False)}", _QUIET)
        case Compacted(agent=agent, upto=upto):
            return Note(f"{agent}: everything up to event {upto} is now a summary", _QUIET)
        case PersonaChanged(agent=agent, author=author, reason=reason):
            return Note(f"{agent} was changed by {author}: {reason}", _ODD)
        case Forked(parent=parent):
            return Note(f"forked from event {parent.seq} of {parent.conversation}", _QUIET)
        case Edited(act=act, author=author, reason=reason):
            return Note(f"edited by {author} ({act}): {reason}", _ODD)
        case Scrubbed(target=target, author=author, reason=reason):
            return Note(f"event {target} was removed by {author}: {reason}", _ODD)
    return None


# small things


def _colour(name: str, transcript: Transcript) -> str:
    names = charter_of(transcript).names()
    return _COLOURS[names.index(name) % len(_COLOURS)] if name in names else ""


def _started(call: int, transcript: Transcript) -> CallStarted | None:
    event = transcript[call].event if 1 <= call <= len(transcript) else None
    return event if isinstance(event, CallStarted) else None


def _agent(turn: int, transcript: Transcript) -> str:
    event = transcript[turn].event if 1 <= turn <= len(transcript) else None
    return str(getattr(event, "to", "someone"))


def _arrived(partial: str | None) -> str:
    return f"\nwhat had arrived of the answer:\n{partial}" if partial else ""


def _tokens(usage: Usage | None) -> str:
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return "tokens not reported"
    into, out = (("?" if n is None else f"{n:,}") for n in (usage.input_tokens, usage.output_tokens))
    return f"{into} tokens in, {out} out"


def _count(count: Count) -> str:
    return f"{count.known:,}" if count.complete else f"at least {count.known:,}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
