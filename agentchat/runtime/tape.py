"""Recorded results in place of calls: for going on from a fork, or running a team again, without the world outside.

A call is met by its kind and by the digest of what it asks for; equal calls are answered in the order of the record.
What is given says where it was taken from. A tape never lets a call through that is to be recorded and is not: that is
`NotRecorded`, with the nearest recorded one and where the two part.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from agentchat.debug.nearest import asked, nearest
from agentchat.errors import ConfigurationError, NotRecorded
from agentchat.transcript.events import CallFailed, CallFinished, CallStarted, Position
from agentchat.transcript.transcript import Transcript

Source: TypeAlias = Literal["live", "recorded", "known"]
"""Where the results of calls come from: they are made; or from the record, and nothing else; or from there where they
are known, else they are made."""
Kind: TypeAlias = Literal["model", "code", "tool", "ask"]
KINDS: Final[tuple[Kind, ...]] = ("model", "code", "tool", "ask")
Sources: TypeAlias = Source | Mapping[Kind, Source]
MIXED: Final[dict[Kind, Source]] = {"model": "live", "code": "recorded", "tool": "recorded", "ask": "recorded"}
"""Models are asked; everything that acts on the world outside is taken from the record."""


class Tape:
    """The results of a record behind entry `after`, each to be given once."""

    def __init__(self, record: Transcript, sources: Sources = "recorded", *, after: int = 0) -> None:
        self._record = record
        self._after = after
        self._sources = sources_of(sources)
        self._results: dict[tuple[str, str], deque[tuple[int, CallFinished | CallFailed]]] = {}
        started: dict[int, tuple[str, str]] = {}
        for entry in record.since(after):
            event = entry.event
            if isinstance(event, CallStarted):
                started[entry.seq] = (event.recipe.call, event.digest)
            elif isinstance(event, CallFinished | CallFailed) and event.call in started:
                self._results.setdefault(started[event.call], deque()).append((entry.seq, event))

    def pass_over(self, transcript: Transcript) -> None:
        """Leave out what a conversation took before: it goes on from where its process ended."""
        gone = {
            taken.seq
            for entry in transcript
            if isinstance(entry.event, CallFinished | CallFailed)
            and (taken := entry.event.taken_from) is not None
            and taken.conversation == self._record.conversation
        }
        for key, results in self._results.items():
            self._results[key] = deque(one for one in results if one[0] not in gone)

    def take(self, transcript: Transcript, started: CallStarted, seq: int) -> CallFinished | CallFailed | None:
        """The end of the call that was started at `seq`; None where it is to be made.

        Raises NotRecorded where it may come from the record only, and is not there.
        """
        recipe = started.recipe
        source = self._sources[recipe.call]
        if source == "live":
            return None
        results = self._results.get((recipe.call, started.digest))
        if results:
            place, end = results.popleft()
            taken_from = Position(conversation=self._record.conversation, seq=place)
            return end.model_copy(update={"call": seq, "taken_from": taken_from})
        if source == "known":
            return None
        near = nearest(self._record, asked(transcript, recipe), recipe, self._after)
        hint = "it holds no such call" if near is None else str(near)
        raise NotRecorded(f"this {recipe.call} call of {started.agent} is not in the record; {hint}")


def sources_of(sources: Sources) -> dict[Kind, Source]:
    """The source of each kind of call. Raises ConfigurationError for a word that is none."""
    given: dict[Kind, Source] = {}
    for kind in KINDS:
        source = sources if isinstance(sources, str) else sources.get(kind, "live")
        if source not in ("live", "recorded", "known"):
            raise ConfigurationError(f"calls={source!r}: say 'live', 'recorded' or 'known', or which for each kind")
        given[kind] = source
    return given
