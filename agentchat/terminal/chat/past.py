"""The end of a conversation that is resumed, shown again; and the conversations that there are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.text import Text

from agentchat.errors import AgentChatError
from agentchat.policy.charter import agreed_in
from agentchat.seams import Store
from agentchat.stores.reading import load
from agentchat.terminal.chat.menu import Item
from agentchat.terminal.chat.speech import Paper, Speech
from agentchat.terminal.chat.turns import own_turns
from agentchat.terminal.sanitize import sanitize_line
from agentchat.transcript.events import Opened
from agentchat.transcript.transcript import Transcript

TURNS: Final = 3
"""Messages of the user's that are shown again, with what followed them."""
MOST: Final = 60
"""Conversations that are looked at for a list."""
FIRST_WORDS: Final = 60


class Kept(NamedTuple):
    """A conversation that can be gone on with."""

    id: str
    at: float
    words: str
    agents: tuple[str, ...]
    turns: int


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


async def kept_in(store: Store) -> list[Kept]:
    """The conversations of a store, the latest first. Those that cannot be read are left out."""
    found = []
    for id in sorted((head.conversation for head in await store.heads()), reverse=True)[:MOST]:
        try:
            transcript = await load(store, id)
        except AgentChatError:
            continue
        first = transcript[1].event
        if not (isinstance(first, Opened) and first.parent is not None):  # one that is held inside another
            found.append(_kept(transcript))
    return sorted(found, key=lambda one: one.at, reverse=True)


def _kept(transcript: Transcript) -> Kept:
    turns = own_turns(transcript)
    words = sanitize_line(turns[0].text if turns else "")
    shown = words if len(words) <= FIRST_WORDS else f"{words[: FIRST_WORDS - 1]}…"
    names = tuple(agreed_in(transcript).names)
    return Kept(transcript.conversation, transcript[len(transcript)].at, shown, names, len(turns))


def items_of(kept: Sequence[Kept]) -> list[Item[object]]:
    """The lines of the list."""
    now = time.time()
    return [
        Item(one.words or "(nothing said)", f"{age(now - one.at)} · {' + '.join(one.agents)} · {one.id}", one.id)
        for one in kept
    ]


def age(seconds: float) -> str:
    """How long ago, in one word."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now"
