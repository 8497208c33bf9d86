"""Any entry on one line, for those who look for causes. Pure, as `view` is."""

from __future__ import annotations

from typing import Final

from pydantic_core import to_json
from rich.text import Text

from agentchat.terminal.notes import arguments_of, compact
from agentchat.terminal.sanitize import sanitize_line
from agentchat.transcript.calls import (
    AskRecipe,
    CallRecipe,
    CallResult,
    CodeRecipe,
    ModelRecipe,
    Reply,
    ToolRecipe,
    ToolResult,
)
from agentchat.transcript.events import CallFinished, CallStarted, Entry, Opened, RunStarted, Said, TurnGiven
from agentchat.transcript.messages import CodeRun, Direction, Handoff
from agentchat.transcript.transcript import Transcript

LONGEST: Final = 160
"""Characters of the account of an event."""


def event_line(entry: Entry, transcript: Transcript) -> Text:
    """Place, the place of the cause, seconds of the run, kind, and what it says in short."""
    told = sanitize_line(_account(entry, transcript))
    told = told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"
    cause = str(entry.cause) if entry.cause else "-"
    text = Text(f"{entry.seq:>4} {cause:>4} ", style="dim")
    text.append(f"{entry.active:>8.3f} ", style="dim")
    return text.append(f"{entry.event.kind:<14} ", style="not dim bold").append(told, style="not dim")


def _account(entry: Entry, transcript: Transcript) -> str:
    event = entry.event
    match event:
        case Opened(conversation=conversation, charter=charter):
            agents = charter.get("agents")
            names = (
                [str(card.get("name")) for card in agents if isinstance(card, dict)] if isinstance(agents, list) else []
            )
            return f"{conversation}: {', '.join(names)}"
        case RunStarted(run=run, rules=rules, budget=budget, policy=policy):
            return f"run {run}, policy {policy}, rules {to_json(rules).decode()}, budget {to_json(budget).decode()}"
        case Said(sender=sender, to=to):
            body = transcript.body(entry.seq)
            route = (
                f"→ {body.next} "
                if isinstance(body, Direction)
                else f"→ {body.to} "
                if isinstance(body, Handoff)
                else ""
            )
            return f"{sender}{f' to {to}' if to else ''}: {route}{body.text}"
        case TurnGiven(to=to, subject=subject, why=why):
            return f"to {to}, about event {subject}: {why.reason}"
        case CallStarted(agent=agent, recipe=recipe, ordinal=ordinal, attempt=attempt):
            return f"{agent}, {recipe.call} call {ordinal}, attempt {attempt}: {_target(recipe)}"
        case CallFinished(call=call, result=result):
            return f"of call {call}: {_result(result)}"
    fields = ((name, getattr(event, name)) for name in type(event).model_fields if name != "kind")
    return ", ".join(f"{name} {_short(value)}" for name, value in fields if value is not None)


def _target(recipe: CallRecipe) -> str:
    """What a call goes to."""
    match recipe:
        case ModelRecipe():
            return recipe.model if recipe.output is None else f"{recipe.model}, typed by {recipe.output}"
        case CodeRecipe():
            return recipe.sandbox
        case ToolRecipe():
            return f"{recipe.name}({arguments_of(recipe)})"
        case AskRecipe():
            return f"{recipe.to}: {recipe.question}"


def _result(result: CallResult) -> str:
    """What came back, in short."""
    if isinstance(result, Reply):
        asked = [f"{part.name}({compact(part.arguments)})" for part in result.tool_calls]
        return " ".join((result.text, *asked)).strip()
    if isinstance(result, ToolResult):
        return f"{'' if result.ok else 'failed: '}{compact(result.value)}"
    if isinstance(result, CodeRun):
        return result.model_dump_json(exclude={"files": {"__all__": {"content"}}})
    return to_json(result).decode()


def _short(value: object) -> str:
    return value if isinstance(value, str) else to_json(value).decode()
