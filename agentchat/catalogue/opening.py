"""How a conversation begins: what it was given to do, who takes part, and what it belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from agentchat.errors import TranscriptError
from agentchat.transcript.chain import decode
from agentchat.transcript.events import Entry, Event, Forked, Opened, Position, Said
from agentchat.transcript.transcript import Entries, Transcript

LONGEST: Final = 200
"""Characters of the first words, at most."""


class Origin(NamedTuple):
    """What a conversation belongs to: the one that it is a branch of, or the call that it is held inside of."""

    kind: Literal["branch", "inside"]
    conversation: str
    seq: int


def origin_of(event: Event) -> Origin | None:
    """What the first event of a conversation's own says about it."""
    if isinstance(event, Forked):
        return _origin("branch", event.parent)
    if isinstance(event, Opened) and event.parent is not None:
        return _origin("inside", event.parent)
    return None


def _origin(kind: Literal["branch", "inside"], parent: Position) -> Origin:
    return Origin(kind, parent.conversation, parent.seq)


def agents_in(opened: Opened) -> tuple[str, ...]:
    """The names in a charter, also in one that this version cannot read."""
    cards = opened.charter.get("agents")
    names = (card.get("name") for card in cards if isinstance(card, dict)) if isinstance(cards, list) else ()
    return tuple(str(name) for name in names)


def first_words(entries: Iterable[Entry]) -> str:
    """What a person says first, else why a branch was begun: on one line, cut off where it is long."""
    reason = ""
    for entry in entries:
        event = entry.event
        if isinstance(event, Said) and event.turn is None and event.body is not None:
            return _short(event.body.text)
        if isinstance(event, Forked):
            reason = event.reason or ""
    return _short(reason)


def words_in(lines: Iterable[bytes]) -> str:
    """The first words in stored lines, as far as they can be read one by one and without what is kept beside them."""
    entries: list[Entry] = []
    for line in lines:
        try:
            entries.append(decode(line))
        except TranscriptError:
            continue
    return first_words(entries)


def own_part(transcript: Transcript) -> Entries:
    """What is a conversation's own: all of it, or of a branch what stands behind the fork, its first event included."""
    if not transcript.forks:
        return transcript.since(0)
    return transcript.since(max(entry.seq for entry in transcript if isinstance(entry.event, Forked)) - 1)


def words_of(transcript: Transcript) -> str:
    """The first words of a conversation; of a branch its own, or those that it has from its parent."""
    return first_words(own_part(transcript)) or first_words(transcript)


def _short(text: str) -> str:
    words = " ".join(text[: LONGEST * 10].split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
