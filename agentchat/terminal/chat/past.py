"""The end of a conversation that is resumed, shown again; and the conversations that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.text import Text

from agentchat.catalogue.listing import Listing, Row, listing
from agentchat.catalogue.trees import forest_of
from agentchat.seams import Store
from agentchat.terminal.ages import ago
from agentchat.terminal.chat.menu import Item
from agentchat.terminal.chat.speech import Paper, Speech
from agentchat.terminal.chat.turns import own_turns
from agentchat.terminal.sanitize import sanitize_line
from agentchat.terminal.usage_text import many
from agentchat.transcript.transcript import Transcript

TURNS: Final = 3
"""Messages of the user's that are shown again, with what followed them."""
MOST: Final = 60
"""Conversations that are read for a list to choose from."""
FIRST_WORDS: Final = 40


def show_end(paper: Paper, transcript: Transcript) -> None:
    """The last few turns, and how much there is before them."""
    turns = own_turns(transcript)
    first = turns[-TURNS] if len(turns) > TURNS else None
    start = 0 if first is None else first.before
    if first is not None:
        hidden = len(turns) - TURNS
        paper.add(Text(f"… {hidden} earlier turn{'' if hidden == 1 else 's'}: /show all", style="dim"), Text(""))
    speech = Speech(paper, transcript, past=True)
    for entry in transcript.since(start):
        speech.show(entry)
    paper.tail((), "")


async def kept_in(store: Store) -> Listing:
    """The newest conversations of a store, branches below what they left; those that cannot be read say why."""
    return await listing(store, limit=MOST)


async def latest_in(store: Store) -> str | None:
    """The id of the one in which something happened last; None where there is none."""
    nodes = forest_of(await store.glances()).nodes.values()
    talks = [node for node in nodes if node.origin is None or node.origin.kind == "branch"]
    return max(talks, key=lambda node: (node.at, node.id)).id if talks else None


def titled(title: str, kept: Listing) -> str:
    """The title of the list: with how much of it there is, where that is not all."""
    return title if kept.total <= MOST else f"{title} (the newest {MOST} of {kept.total}; /resume ID takes any)"


def items_of(rows: Iterable[Row], now: float) -> list[Item[object]]:
    """The lines of a list."""
    talks = [row for row in rows if row.origin is None or row.origin.kind == "branch"]
    return [Item(label(row), " · ".join(_facts(row, now)), row.id) for row in talks]


def label(row: Row) -> str:
    """The first words, a branch moved in below what it left."""
    words = sanitize_line(row.words) or "(nothing said)"
    shown = words if len(words) <= FIRST_WORDS else f"{words[: FIRST_WORDS - 1]}…"
    return f"{'  ' * (row.depth - 1)}⑂ {shown}" if row.depth else shown


def _facts(row: Row, now: float) -> Iterator[str]:
    """When, how much, who; or what is wrong with it."""
    yield ago(now - row.at) if row.at else "of unknown age"
    summary = row.summary
    if summary is None:
        yield f"cannot be read: {sanitize_line(row.damage or '')}"
    else:
        yield many(summary.turns, "turn")
        if summary.calls:
            cost = str(summary.usd)
            yield "cost unknown" if cost == "unknown" else cost
        if row.owner is not None:
            yield "in use"
        if not row.depth:
            yield sanitize_line(" + ".join(summary.agents))
    yield sanitize_line(row.id)
