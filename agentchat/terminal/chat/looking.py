"""Commands that only look: who takes part, what was used, what an event holds, why something happened."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from agentchat.catalogue.listing import family
from agentchat.errors import ConfigurationError
from agentchat.policy.rules.explain import why_not
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.usage import Spent, usage_of
from agentchat.policy.state import state_of
from agentchat.terminal.chat import keys as key_table
from agentchat.terminal.chat.commands import Command, Desk
from agentchat.terminal.chat.past import items_of
from agentchat.terminal.chat.status import sandbox_of, short_name
from agentchat.terminal.event_line import event_line
from agentchat.terminal.highlight import blocks, coloured, verbatim
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.terminal.usage_text import many, usage_line
from agentchat.terminal.view import body, view
from agentchat.transcript.calls import Answer, CallResult, ModelRecipe, Reply, ToolResult
from agentchat.transcript.events import CallFinished, CallStarted
from agentchat.transcript.messages import CodeResult, CodeRun
from agentchat.transcript.transcript import Transcript

ALL: Final = "all"


async def agents(desk: Desk, rest: str) -> None:
    """Who takes part, on which models."""
    for card in desk.line.chat.charter.agents:
        models = " | ".join(short_name(one.name) for one in card.models()) or card.kind
        line = Text(f"@{sanitize_line(card.name)}", style="bold").append(f"  {sanitize_line(models)}", style="not bold")
        places = "".join(f" · {one}" for one in sandbox_of([card]))
        told = f"{places}{' · asks before it runs' if card.human == 'approve' else ''}"
        line.append(told, style="not bold")
        if card.description:
            line.append(f"  {sanitize_line(card.description)}", style="not bold dim")
        desk.tell(line)
    desk.tell(Text(""))


async def usage(desk: Desk, rest: str) -> None:
    """What was used, in all and by agent and model."""
    transcript = _transcript(desk)
    report = usage_of(transcript)
    desk.tell(Text(usage_line(report)))
    for kind, column in (("agent", report.by_agent), ("model", report.by_model)):
        for name, spent in column.items():
            desk.tell(Text(f"  {kind} {sanitize_line(short_name(name))}  ", style="dim").append(_spent(spent)))
    desk.tell(Text(""))


def _spent(spent: Spent) -> str:
    parts = [many(spent.calls, "call")] if spent.calls else []
    parts += [f"{spent.tokens} tokens", str(spent.usd)] if spent.calls else []
    parts += [f"{many(spent.programs, 'program')} run"] if spent.programs else []
    return ", ".join(parts) or "nothing"


def budget_lines(desk: Desk) -> list[Text]:
    """The limits of a run, and how far the last one is."""
    terms = desk.line.chat.terms
    most = "anything" if terms.budget == Budget() else str(terms.budget)
    lines = [Text(sanitize(f"a run ends by: {terms.until}")), Text(sanitize(f"and may spend: {most}"))]
    transcript = desk.line.transcript
    if transcript is not None:
        lines.append(Text(sanitize(f"the conversation so far: {usage_line(usage_of(transcript))}")))
        lines += [Text(sanitize(line), style="dim") for line in why_not(state_of(transcript)).splitlines()]
    lines.append(Text("/budget max-turns N · calls N · tokens N · usd X · seconds S changes it", style="dim"))
    return lines


async def show(desk: Desk, rest: str) -> None:
    """An event in full, or all that was said."""
    transcript = _transcript(desk)
    if rest in ("", ALL, "events"):
        await desk.own("show", *(["--events"] if rest == "events" else []))
        return
    seq = _event(rest, transcript)
    entry = transcript[seq]
    desk.tell(event_line(entry, transcript))
    if isinstance(entry.event, CallFinished):
        desk.tell(*_result(entry.event.result))
    elif (whole := view(entry, transcript)) is not None:
        desk.tell(whole)
    desk.tell(Text(""))


def _result(result: CallResult) -> list[RenderableType]:
    """What came back from a call."""
    if isinstance(result, CodeRun):
        return [body(CodeResult(runs=(result,)))]
    if isinstance(result, Reply) and result.text:
        return list(blocks(result.text))
    if isinstance(result, ToolResult) and isinstance(result.value, str):
        return [verbatim(sanitize(result.value))]
    value = result.value if isinstance(result, ToolResult | Answer) else result.model_dump(mode="json")
    return [coloured(sanitize(json.dumps(value, indent=2, ensure_ascii=False)), "json")]


async def branches(desk: Desk, rest: str) -> None:
    """What branches off from what, with this one marked."""
    transcript = _transcript(desk)
    for fork in transcript.forks:
        why = f" ({sanitize_line(fork.reason)})" if fork.reason else ""
        desk.tell(Text(f"⑂ {fork.branch} left {fork.parent.conversation} behind event {fork.parent.seq}{why}"))
    items = items_of(await family(desk.line.store, transcript.conversation), time.time())
    for item in items if len(items) > 1 else []:
        here = item.value == transcript.conversation
        line = Text("❯ " if here else "  ", style="bold").append(item.label, style="bold" if here else "not bold")
        desk.tell(line.append(f"  {item.detail}", style="not bold dim"))
    if len(items) > 1:
        desk.tell(Text("/resume ID goes to another", style="dim"))
    elif not transcript.forks:
        desk.tell(Text("there are no branches; /rewind, /undo, /retry, /edit and /fork make one", style="dim"))
    desk.tell(Text(""))


async def save(desk: Desk, rest: str) -> None:
    """The transcript as a file."""
    if not rest:
        raise ConfigurationError("name a file: /save talk.jsonl")
    desk.tell(Text(_saved(_transcript(desk), shlex.split(rest)[0]), style="dim"))


def _saved(transcript: Transcript, name: str) -> str:
    path = Path(name).expanduser()
    if path.exists():
        raise ConfigurationError(f"{path} exists already; name another")
    transcript.save(path)
    return sanitize_line(f"saved {len(transcript)} events to {path}")


def own(verb: str) -> Command:
    """A command of the command line, on this conversation."""

    async def act(desk: Desk, rest: str) -> None:
        transcript = _transcript(desk)
        words = shlex.split(rest)
        if verb == "diff" and not words:
            raise ConfigurationError(
                "name the other one: /diff ID, or /diff FILE; /branches shows those beside this one"
            )
        await desk.own(verb, *(words or (last_call(transcript) if verb == "request" else [])))

    helps = {
        "why": ("why an event came about: its causes", "[EVENT]"),
        "request": ("the exact request behind a call", "[CALL]"),
        "export": ("the conversation in another format", "[-f NAME] [-o FILE]"),
        "diff": ("against another run, or a branch", "OTHER"),
    }
    told, usage = helps[verb]
    return Command(verb, told, act, True, usage)


def last_call(transcript: Transcript) -> list[str]:
    """The last model call, as a word; nothing where there was none."""
    for entry in reversed(transcript.since(0)):
        if isinstance(entry.event, CallStarted) and isinstance(entry.event.recipe, ModelRecipe):
            return [str(entry.seq)]
    return []


async def keys(desk: Desk, rest: str) -> None:
    """The keys."""
    for line in (key_table.__doc__ or "").splitlines()[2:]:
        desk.tell(Text(line))
    desk.tell(Text(""))


def _transcript(desk: Desk) -> Transcript:
    if desk.line.transcript is None:
        raise ConfigurationError("nothing was said yet")
    return desk.line.transcript


def _event(word: str, transcript: Transcript) -> int:
    if not word.isdigit() or not 1 <= int(word) <= len(transcript):
        raise ConfigurationError(f"name an event from 1 to {len(transcript)}, or: /show all, /show events")
    return int(word)


LOOKING: Final = (
    Command("agents", "who takes part, on which models", agents, True),
    Command("usage", "tokens and money, by agent and model", usage, True),
    Command("show", "an event in full; all; events", show, True, "[EVENT|all|events]", (ALL, "events")),
    own("why"),
    own("request"),
    own("diff"),
    Command("branches", "where this conversation forked", branches, True),
    Command("keys", "what the keys do", keys, True),
    Command("save", "the transcript as a file", save, True, "FILE"),
    own("export"),
)
