"""Conversations as `agentchat ls` shows them: two lines on a terminal, one with tabs in a pipe, or JSON. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue
from rich.cells import cell_len
from rich.text import Text

from agentchat.catalogue.listing import Row
from agentchat.catalogue.opening import Origin
from agentchat.catalogue.summary import Summary
from agentchat.terminal.ages import ago
from agentchat.terminal.sanitize import sanitize_line
from agentchat.terminal.usage_text import many

_STYLES: Final = {"failed": "red", "damaged": "red", "limit": "yellow", "interrupted": "yellow", "paused": "yellow"}
_TOLD: Final = {"paused": "waits for an answer", "open": "not ended"}
_DEEPEST: Final = 6
"""Levels that are moved in; what lies deeper stands below those."""
_LEVEL: Final = 2


def shown(row: Row, now: float, width: int) -> Iterator[Text]:
    """The lines of a conversation on a terminal: id and first words, then when, how it stands, who, how much."""
    indent = " " * (_LEVEL * min(row.depth, _DEEPEST))
    line = Text(indent, no_wrap=True, overflow="ellipsis").append(sanitize_line(row.id), style="bold")
    words = sanitize_line(row.words)
    yield line.append("  ").append(words) if words else line
    indent += " " * _LEVEL
    for facts in _broken(list(_facts(row, now)), max(width - len(indent), 1)):
        told = Text(indent, no_wrap=True, overflow="ellipsis")
        for place, (fact, style) in enumerate(facts):
            told.append(" · " if place else "", style="dim").append(fact, style=style)
        yield told


def tabbed(row: Row) -> str:
    """One line for programs: id, time, state, agents, turns, events, cost, origin, first words; - for nothing."""
    summary = row.summary
    cells = [row.id, moment(row.at), state_of(row)]
    if summary is None:
        cells += [
            "-",
            "-",
            str(row.events),
            "-",
            _from(row.origin) or "-",
            ": ".join(filter(None, (row.words, row.damage))),
        ]
    else:
        cells += [",".join(summary.agents), str(summary.turns), str(summary.events), str(summary.usd)]
        cells += [_from(summary.origin) or "-", row.words or "-"]
    return "\t".join(sanitize_line(cell) for cell in cells)


def data(row: Row) -> dict[str, JsonValue]:
    """The same as data."""
    summary, origin = row.summary, row.origin
    found: dict[str, JsonValue] = {"id": row.id, "state": state_of(row), "at": moment(row.at), "events": row.events}
    found["origin"] = None if origin is None else dict(origin._asdict())
    found |= {"owner": row.owner, "words": row.words}
    if summary is None:
        return found | {"damage": row.damage}
    return found | {
        "agents": list(summary.agents),
        "began": moment(summary.began),
        "turns": summary.turns,
        "calls": summary.calls,
        "tokens": {"known": summary.tokens.known, "complete": summary.tokens.complete},
        "usd": {"known": summary.usd.known, "complete": summary.usd.complete},
        "question": summary.question,
        "reason": summary.reason,
    }


def state_of(row: Row) -> str:
    """In one word: how it ended, or paused, open, running, damaged."""
    if row.summary is None:
        return "damaged"
    return "running" if row.owner is not None else row.summary.state


def moment(at: float) -> str:
    """A wall time for programs; - where it is lost."""
    return "-" if not at else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _facts(row: Row, now: float) -> Iterator[tuple[str, str]]:
    """What there is to say, each with its style."""
    state, summary = state_of(row), row.summary
    yield (ago(now - row.at) if row.at else "of unknown age"), "dim"
    style = _STYLES.get(state, "dim")
    if summary is None:
        yield f"{state}: {sanitize_line(row.damage or '')}", style
        return
    yield _TOLD.get(state, state), style
    if row.origin is not None:
        yield _from(row.origin if row.depth == 0 else row.origin._replace(conversation="")), "dim"
    if row.depth == 0 or (row.origin is not None and row.origin.kind == "inside"):
        yield sanitize_line(", ".join(summary.agents)), "dim"
    yield many(summary.turns, "turn"), "dim"
    if summary.calls:
        yield _cost(summary), "dim"


def _cost(summary: Summary) -> str:
    cost = str(summary.usd)
    return "cost unknown" if cost == "unknown" else cost


def _from(origin: Origin | None) -> str:
    if origin is None:
        return ""
    of = f" of {origin.conversation}" if origin.conversation else ""
    return f"from event {origin.seq}{of}" if origin.kind == "branch" else f"held for event {origin.seq}{of}"


def _fitting(facts: list[tuple[str, str]], width: int) -> Iterator[tuple[str, str]]:
    """The facts, each that is longer than a line in several."""
    for text, style in facts:
        pieces = textwrap.wrap(text, width) if cell_len(text) > width else [text]
        yield from ((piece, style) for piece in pieces)


def _broken(facts: list[tuple[str, str]], width: int) -> Iterator[list[tuple[str, str]]]:
    """The facts in lines that are not broken within one."""
    line: list[tuple[str, str]] = []
    wide = 0
    for fact in _fitting(facts, width):
        own = cell_len(fact[0]) + (3 if line else 0)
        if line and wide + own > width:
            yield line
            line, wide, own = [], 0, own - 3
        line.append(fact)
        wide += own
    yield line
