"""A conversation as a Markdown document for people: a heading for every turn, and under it what came of it.

What was said is quoted (`quoting`), programs and what they printed stand in fences, refusals, failures and limits are
shown where they happened, and the end says why and what it took. Turns that went on side by side follow one another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from agentchat.exchange.asides import arguments_of, aside, shown
from agentchat.exchange.bodies import blocks_of, run_blocks
from agentchat.exchange.exported import Exported, counted, moment
from agentchat.exchange.quoting import code, fenced, inline
from agentchat.exchange.saved import saved_lost
from agentchat.policy.charter import agreed_in
from agentchat.policy.prompts.request import resolve
from agentchat.policy.spending.usage import Spent, UsageReport, usage_of
from agentchat.transcript.calls import CodeRecipe, ModelRecipe, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import CallFinished, CallStarted, Closed, Entry, RunStarted, Said, TurnGiven
from agentchat.transcript.messages import ROUTING_BODIES, BlobPart, CodeResult, CodeRun, FilePart, Text, UriPart
from agentchat.transcript.transcript import Transcript

_SHORT: Final = 120
"""Characters of a tool's result that still stand within a line."""

_GENERAL: Final = "prompts, causes, digests and the times of events: it is for reading, and cannot be imported"


class Section(NamedTuple):
    """A heading with the blocks under it."""

    heading: str | None
    blocks: list[str]


def markdown(transcript: Transcript) -> Exported:
    """The document."""
    parts = [*_head(transcript)]
    for section in _sections(transcript):
        parts += [one for one in (section.heading, *section.blocks) if one]
    parts += _usage(usage_of(transcript))
    losses = [_GENERAL]
    files = _files(transcript)
    if files:
        losses.append(f"the bytes of {counted(files, 'picture or file')}: each is named in its place")
    losses += saved_lost(transcript)
    return Exported("\n\n".join(parts) + "\n", tuple(losses))


def _head(transcript: Transcript) -> Iterator[str]:
    yield f"# Conversation {inline(transcript.conversation)}"
    begun = moment(transcript[1].at)
    lines = [f"- {'Begun' if begun is None else f'Begun {begun}'}, {counted(len(transcript), 'event')}"]
    for name, card in agreed_in(transcript).cards.items():
        model = "" if card.model is None else f", asks {code(card.model.name)}"
        about = f": {inline(card.description)}" if card.description else ""
        lines.append(f"- **{inline(name)}** ({card.kind}{model}){about}")
    yield "\n".join(lines)


def _sections(transcript: Transcript) -> list[Section]:
    """Turns and what happened between them, in the order in which they began."""
    found: list[Section] = []
    turns: dict[int, Section] = {}
    several = any(isinstance(entry.event, RunStarted) and entry.event.run > 1 for entry in transcript)
    for entry in transcript:
        event = entry.event
        if isinstance(event, TurnGiven):
            turns[entry.seq] = Section(f"### {inline(event.to)} (turn {entry.seq})", [])
            found.append(turns[entry.seq])
        elif isinstance(event, Said) and event.turn is None:
            found.append(Section(_heading(entry, event), blocks_of(transcript.body(entry.seq))))
        elif isinstance(event, RunStarted | Closed):
            found.append(_run_section(entry, event, several))
        else:
            turn, blocks = _blocks(entry, transcript)
            if turn in turns:
                turns[turn].blocks.extend(blocks)
            elif blocks:
                found.append(Section(None, blocks))
    return found


def _heading(entry: Entry, said: Said) -> str:
    to = f" to {inline(said.to)}" if said.to is not None else ""
    return f"### {inline(said.sender)}{to} (event {entry.seq})"


def _run_section(entry: Entry, event: RunStarted | Closed, several: bool) -> Section:
    if isinstance(event, RunStarted):
        return Section(f"## Run {event.run}" if several else None, [])
    reason = f"**{event.outcome}**: {inline(event.reason)} (event {entry.seq})"
    return Section(
        "## Ended" if event.outcome == "done" else f"## Ended: {event.outcome}", [reason, f"*{inline(event.advice)}*"]
    )


def _blocks(entry: Entry, transcript: Transcript) -> tuple[int, list[str]]:
    """What an entry adds to its turn, and which that is (0: none)."""
    event = entry.event
    if isinstance(event, Said):
        return event.turn or 0, _said(entry, event, transcript)
    if isinstance(event, CallStarted):
        return event.turn, _asked(event, transcript)
    if isinstance(event, CallFinished):
        started = transcript.started(event.call)
        return (0, []) if started is None else (started.turn, _came_back(started, event))
    told = aside(entry, transcript)
    if told is None:
        return 0, []
    return told.turn, [f"**{inline(told.text)}**", *([fenced(told.words)] if told.words else [])]


def _said(entry: Entry, said: Said, transcript: Transcript) -> list[str]:
    body = transcript.body(entry.seq)
    private = said.to is not None and not isinstance(body, ROUTING_BODIES)  # a router's message names its target
    to = [f"*to {inline(said.to or '')}*"] if private else []
    if isinstance(body, CodeResult) and said.from_calls:
        return [*to, *([] if not body.skipped else [f"*{counted(body.skipped, 'later block')} not run*"])]
    return [*to, *blocks_of(body)]


def _asked(event: CallStarted, transcript: Transcript) -> list[str]:
    """A tool call; a program where it stands in no message."""
    recipe = event.recipe
    if isinstance(recipe, ToolRecipe):
        call = f"{recipe.name}({arguments_of(recipe)})"
        again = "" if event.attempt == 1 else f" (attempt {event.attempt})"
        if len(call) <= _SHORT and "\n" not in call:
            return [f"**calls** {code(call)}{again}"]
        return [f"**calls** {code(recipe.name)}{again}", fenced(call, "python")]
    if isinstance(recipe, CodeRecipe) and all(piece.startswith("=") for piece in recipe.source):
        return [f"**runs {inline(recipe.language)}**", fenced(resolve(transcript, recipe.source), recipe.language)]
    return []


def _came_back(started: CallStarted, event: CallFinished) -> list[str]:
    recipe, result = started.recipe, event.result
    taken = "" if event.taken_from is None else ", taken from another record"
    if isinstance(result, Reply) and isinstance(recipe, ModelRecipe):
        return [f"*asked {code(recipe.model)} ({_tokens(result)}{taken})*"]
    if isinstance(result, CodeRun):
        return run_blocks(result)
    if isinstance(result, ToolResult) and isinstance(recipe, ToolRecipe):
        return _tool_result(recipe.name, result)
    return []


def _tool_result(name: str, result: ToolResult) -> list[str]:
    text = shown(result.value)
    verb = "gave" if result.ok else "failed:"
    child = "" if result.child is None else f" (conversation {code(result.child)})"
    if len(text) <= _SHORT and "\n" not in text:
        return [f"**{inline(name)} {verb}** {code(text) or 'nothing'}{child}"]
    return [f"**{inline(name)} {verb}**{child}", fenced(text, "text" if isinstance(result.value, str) else "json")]


def _tokens(reply: Reply) -> str:
    usage = reply.usage
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return "tokens not reported"
    into, out = ("?" if one is None else f"{one:,}" for one in (usage.input_tokens, usage.output_tokens))
    return f"{into} tokens in, {out} out"


def _usage(usage: UsageReport) -> Iterator[str]:
    yield "## Usage"
    yield f"{usage}."
    rows = [(inline(name), spent) for name, spent in usage.by_agent.items() if len(usage.by_agent) > 1]
    rows += [(_cell(name), spent) for name, spent in usage.by_model.items() if len(usage.by_model) > 1]
    if rows:
        head = "| | model calls | programs | tools | tokens in | tokens out | cost |\n|---|--:|--:|--:|--:|--:|--:|"
        yield "\n".join((head, *(_row(name, spent) for name, spent in rows)))


def _row(name: str, spent: Spent) -> str:
    cells = (name, spent.calls, spent.programs, spent.tools, spent.input_tokens, spent.output_tokens, spent.usd)
    return f"| {' | '.join(map(str, cells))} |"


def _cell(model: str) -> str:
    """A model's name as code in a table, where a bar would end the cell whatever stands around it."""
    return code(model.replace("|", "\\|"))


def _files(transcript: Transcript) -> int:
    """Parts of messages that are no text."""
    bodies = (transcript.body(entry.seq) for entry in transcript if isinstance(entry.event, Said))
    parts = (part for body in bodies if isinstance(body, Text) for part in body.parts)
    return sum(isinstance(part, BlobPart | FilePart | UriPart) for part in parts)
