"""A record played again as it looked live: entries in order, the text of replies as it arrives, in the time it took.

Nothing is called and nothing decided: the live printer is given what a listener of the run would have been given. How
text arrived is not recorded, so a reply is spread over the time of its call. Gaps longer than `LONGEST` are cut to
that. What was edited later is seen as it was first, then the edit, then what it made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from agentchat.seams import Delta
from agentchat.terminal.console import Plain
from agentchat.terminal.live import LivePrinter
from agentchat.terminal.notes import note
from agentchat.terminal.playback_who import Who
from agentchat.transcript.calls import CodeRecipe, ModelRecipe, Reply
from agentchat.transcript.events import (
    CallCancelled,
    CallFailed,
    CallFinished,
    CallStarted,
    Closed,
    Edited,
    Entry,
    Forked,
    Said,
)
from agentchat.transcript.transcript import Transcript

LONGEST: Final = 2.0
"""Seconds of the longest gap that is kept."""
TICK: Final = 1 / 30
"""Seconds between two pieces of a text that arrives: faster is not seen."""
_WORDS: Final = re.compile(r"\S+\s*|\s+")


class Beat(NamedTuple):
    """What is shown next, and how many seconds later than what was shown before."""

    wait: float
    item: Entry | Delta


class Playback:
    """A record on its way to be seen again. `shown` grows while it goes on, and is the record as it was at that time.

    only: leave out what other agents said and did. until: stop behind this event.
    """

    def __init__(self, record: Transcript, *, only: str | None = None, until: int | None = None) -> None:
        self._record = record
        self._only = only
        self._until = len(record) if until is None else until
        self.shown = Transcript()

    def beats(self) -> Iterator[Beat]:
        """Everything in order. May be asked once."""
        who = Who()
        waited, before = 0.0, None
        for entry in written(self._record, self._until):
            self.shown.append(entry, self._record.line(entry.seq), self._record.blobs_of(self._record.line(entry.seq)))
            who.take(entry)
            waited += 0.0 if before is None else _between(before, entry)
            before = entry
            if self._only is not None and not who.concerned(entry, self._only):
                continue
            wait = min(waited, LONGEST)
            pieces = _arriving(entry, self.shown, wait)
            seen = bool(pieces) or shows(entry, self.shown) or _announced(entry)
            waited = 0.0 if seen else waited
            yield from pieces
            yield Beat(wait if seen and not pieces else 0.0, entry)
            yield from (Beat(0.0, changed) for changed in changed_by(entry, self.shown, self._only))


def play(playback: Playback, console: Plain, *, speed: float, rest: Callable[[float], None]) -> None:
    """Print it. speed: how many times as fast as it was; 0 leaves all waiting out. rest: lets the seconds pass."""
    printer = LivePrinter(console, playback.shown)
    for wait, item in playback.beats():
        if speed == 0 and (isinstance(item, Delta) or _announced(item)):
            continue  # nobody waits for a message: it comes whole, with its code in colour
        if speed and wait:
            rest(wait / speed)
        if not isinstance(item, Delta) and isinstance(item.event, Forked):
            printer = LivePrinter(console, playback.shown)  # calls that were open count as not made
        printer.show(item)


def written(record: Transcript, until: int) -> Iterator[Entry]:
    """The entries as they were written."""
    return (record.recorded(seq) for seq in range(1, until + 1))


def shows(entry: Entry, transcript: Transcript) -> bool:
    """Whether a reader of the conversation sees something of an entry."""
    return isinstance(entry.event, Said | Closed) or note(entry, transcript) is not None


def changed_by(entry: Entry, shown: Transcript, only: str | None = None) -> list[Entry]:
    """What an edit made of other entries, as they read from then on: a message, or what was said with a result."""
    event = entry.event
    if not isinstance(event, Edited):
        return []
    target = entry.seq if event.act == "insert" else event.target
    return [
        one
        for one in shown
        if isinstance(one.event, Said)
        and (one.seq == target or target in (one.event.from_calls or ()))
        and (only is None or only in (one.event.sender, one.event.to))
    ]


def _announced(entry: Entry) -> bool:
    """Whose turn it is, which is seen before anything is said."""
    return isinstance(entry.event, CallStarted) and isinstance(entry.event.recipe, ModelRecipe | CodeRecipe)


def _between(before: Entry, entry: Entry) -> float:
    """Seconds from one entry to the next. The clock of each run begins anew, and stands while it is parked."""
    if entry.active >= before.active:
        return entry.active - before.active
    return max(0.0, entry.at - before.at)


def _arriving(entry: Entry, shown: Transcript, wait: float) -> list[Beat]:
    """The text of a model's call that ends here, in pieces that take up the time."""
    event = entry.event
    if not isinstance(event, CallFinished | CallFailed | CallCancelled):
        return []
    started = shown.started(event.call)
    if isinstance(event, CallFinished):
        text = event.result.text if isinstance(event.result, Reply) else None
    else:
        text = event.partial
    words = _WORDS.findall(text or "")
    ticks = min(len(words), int(wait / TICK))
    if started is None or not ticks:
        return []
    cuts = [len(words) * tick // ticks for tick in range(ticks + 1)]
    pieces = ("".join(words[start:stop]) for start, stop in pairwise(cuts))
    return [Beat(wait / ticks, Delta(event.call, started.agent, piece)) for piece in pieces]
