"""From an entry to what a person reads: who speaks, what was said, what became of code, and everything that went wrong.

Pure: an entry and its transcript go in, a rich renderable comes out, the same for live and for old conversations. No
text of a message is ever parsed as markup, and none gets out unsanitised. No clock, no file, no terminal.
"""

from __future__ import annotations

import json
from typing import Final

from rich.console import Group
from rich.text import Text

from agentchat.policy.charter import charter_of
from agentchat.policy.routing.plans import FINISH
from agentchat.terminal.highlight import blocks, coloured, verbatim
from agentchat.terminal.notes import BAD, ODD, QUIET, call_told, note
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.terminal.usage_text import many
from agentchat.transcript.events import Closed, Entry, Said
from agentchat.transcript.messages import (
    Body,
    Code,
    CodeResult,
    Data,
    Direction,
    Handoff,
    TextPart,
    ending_of,
    saved_line,
)
from agentchat.transcript.messages import Text as TextBody
from agentchat.transcript.transcript import Transcript

_COLOURS: Final = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_yellow")
_OUTCOMES: Final = {
    "done": "bold green",
    "limit": "bold yellow",
    "stopped": "bold yellow",
    "interrupted": "bold yellow",
}
_ONE_LINE: Final = 100
"""Characters of typed data that still stand on one line."""


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
    found = note(entry, transcript, partial=partial)
    if found is None:
        return None
    who = "" if found.who in (None, under) else f"{found.who}: "
    return Group(Text(sanitize(f"{who}{found.text}"), style=found.style))


def heading(sender: str, transcript: Transcript, *, to: str | None = None) -> Text:
    """The line above a message: who speaks, in a colour of their own, and to whom where not to everyone."""
    text = Text(sanitize_line(sender), style=f"bold {_colour(sender, transcript)}".strip())
    if to is not None:
        text.append(f" to {sanitize_line(to)}", style=f"not bold {QUIET}")
    return text


def body(said: Body) -> Group:
    """A message body."""
    if isinstance(said, CodeResult):
        return Group(*_code_result(said))
    if isinstance(said, Code):
        return Group(coloured(sanitize(said.source), said.language.lower()))
    if isinstance(said, Direction):
        return Group(*_direction(said))
    if isinstance(said, Handoff):
        return Group(_arrow(said.to, said.text))
    if isinstance(said, Data):
        return Group(*_data(said))
    return Group(*_text(said))


def call_line(entry: Entry, transcript: Transcript) -> Text | None:
    """A model's or program's call that came back, on one line; None for other entries."""
    told = call_told(entry, transcript)
    return None if told is None else Text(f"· {sanitize_line(told)}", style=QUIET)


# parts of messages


def _text(said: TextBody) -> list[Text]:
    found: list[Text] = []
    for part in said.parts:
        if isinstance(part, TextPart):
            found += blocks(part.content)
        else:
            found.append(Text(f"[{part.type}]", style=QUIET))
    return found if any(text.plain for text in found) else [Text("(an empty message)", style=QUIET)]


def _direction(said: Direction) -> list[Text]:
    """Who is next and what to do; at the end the answer, where there is one."""
    if said.next != FINISH:
        return [_arrow(said.next, said.text)]
    done = Text(sanitize(f"finished: {said.reason}" if said.reason else "finished"), style=QUIET)
    if said.answer is None:
        return [done]
    answer = said.answer if isinstance(said.answer, str) else json.dumps(said.answer, ensure_ascii=False, indent=2)
    return [done, *blocks(answer)]


def _arrow(target: str, told: str) -> Text:
    return Text(f"→ {sanitize_line(target)}{f': {sanitize(told)}' if told else ''}", style=QUIET)


def _data(said: Data) -> list[Text]:
    """Typed data as JSON: on one line with its type where it is short."""
    short = json.dumps(said.value, ensure_ascii=False)
    name = sanitize_line(said.type)
    if len(name) + len(short) < _ONE_LINE:
        return [Text(f"{name} ", style=QUIET).append(sanitize(short), style="not dim")]
    long = json.dumps(said.value, ensure_ascii=False, indent=2)
    return [Text(name, style=QUIET), verbatim(sanitize(long))]


def _code_result(result: CodeResult) -> list[Text]:
    pieces: list[Text] = []
    for run in result.runs:
        pieces.append(Text(sanitize_line(ending_of(run)), style="green" if run.ok else BAD))
        pieces += [
            verbatim(sanitize(stream).rstrip("\n"), style)
            for stream, style in ((run.stdout, ""), (run.stderr, BAD))
            if stream.strip()
        ]
        pieces += [Text(sanitize_line(saved_line(file)), style=QUIET) for file in run.files]
        if run.ok and not (run.stdout.strip() or run.stderr.strip() or run.files):
            pieces.append(Text("(no output)", style=QUIET))
    if result.skipped:
        pieces.append(Text(f"{many(result.skipped, 'later block')} not run", style=ODD))
    return pieces


def _closed(event: Closed) -> Group:
    text = Text(event.outcome, style=_OUTCOMES.get(event.outcome, "bold red"))
    text.append(f": {sanitize(event.reason)}", style="not bold default")
    return Group(text, Text(sanitize(event.advice), style=QUIET))


def _colour(name: str, transcript: Transcript) -> str:
    names = charter_of(transcript).names()
    return _COLOURS[names.index(name) % len(_COLOURS)] if name in names else ""
