"""Entering events: into the transcript at once, into the store at the next commit, to listeners after that.

Rulings may wait for company, since they can be decided again; a commit is forced before an outside act and after its
result. Whoever stored something first keeps the place: a pending entry that lost the race is moved behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

import anyio
from pydantic_core import PydanticSerializationError

from agentchat.errors import AgentChatError, Conflict, LeaseLost, StoreError, StoreUnavailable
from agentchat.runtime.rebase import moved, surviving
from agentchat.seams import Clock, Feed, Store
from agentchat.stores.reading import payloads
from agentchat.transcript.events import Entry, Event, RunStarted, Taken
from agentchat.transcript.transcript import Transcript

COMPANY: Final = 0.1
"""Seconds that a ruling waits at least for the commit of a call before it is stored, and shown, by itself; it never
waits twice as long."""


@runtime_checkable
class InstantLog(Protocol):
    """A store whose append needs no waiting: memory."""

    def append_now(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        """As `Log.append`."""
        ...


class Placed(Protocol):
    """An event that was entered, and its sequence number: final once it is committed."""

    @property
    def seq(self) -> int:
        """Its place."""
        ...

    @property
    def event(self) -> Event:
        """What was entered."""
        ...


class Slot:
    """The place of a pending event. `seq` changes where the entry had to move before it was stored; 0: given up."""

    __slots__ = ("event", "seq")

    def __init__(self, seq: int, event: Event) -> None:
        self.seq = seq
        self.event = event


class Book:
    """One conversation's transcript together with its store and its listeners."""

    def __init__(
        self,
        conversation: str,
        transcript: Transcript,
        store: Store,
        feed: Feed,
        clock: Clock,
        *,
        on_superseded: Callable[[set[int]], None],
    ) -> None:
        self.conversation = conversation
        self.transcript = transcript
        self.committed = len(transcript)
        self.epoch = 0
        self.dirty = anyio.Event()
        self._store = store
        self._instant = store if isinstance(store, InstantLog) else None
        self._feed = feed
        self._clock = clock
        self._on_superseded = on_superseded
        self._lock = anyio.Lock(fast_acquire=True)
        self._slots: list[Slot] = []
        self.lost: StoreError | None = None
        """Why nothing more may be written: the store failed, or another process took over."""
        self._base = transcript[len(transcript)].active if len(transcript) else 0.0
        self._started = clock.monotonic()

    def close(self) -> None:
        """Let go of the manager, so that a run that is over is freed at once and not by the next full collection."""
        self._on_superseded = _nothing

    @property
    def active(self) -> float:
        """Seconds that the current run has been active, to the microsecond."""
        return round((self._base + self._clock.monotonic() - self._started) * 1e6) / 1e6

    def enter(self, event: Event, cause: int) -> Placed:
        """Take an event into the transcript. It is stored by the next commit, or at once where that costs nothing.

        Raises AgentChatError for text that cannot be written, and what ended the book's life (`lost`).
        """
        if self.lost is not None:
            raise self.lost
        if isinstance(event, RunStarted):
            self._base, self._started = 0.0, self._clock.monotonic()
        transcript = self.transcript
        try:
            entry = transcript.enter(event, at=self._clock.wall(), active=self.active, cause=cause)
        except (ValueError, PydanticSerializationError) as error:
            raise AgentChatError(f"this cannot be written as UTF-8 JSON: {error}") from None
        if self._instant is not None and self.committed == entry.seq - 1:
            try:
                line = transcript.line(entry.seq)
                blobs = transcript.blobs_of(line)
                self._instant.append_now(self.conversation, [line], after=self.committed, blobs=blobs)
            except Conflict:
                pass  # the next commit moves it behind what came first
            else:
                self.committed = entry.seq
                self._feed.publish(self.conversation, entry)
                return entry
        slot = Slot(entry.seq, event)
        self._slots.append(slot)
        self.dirty.set()
        return slot

    async def commit(self) -> None:
        """Make everything entered so far durable, then tell the listeners.

        Raises LeaseLost where another process took the conversation over, StoreUnavailable where it cannot be stored.
        """
        if self.lost is not None:
            raise self.lost
        if self.committed == len(self.transcript):
            return
        async with self._lock:  # cancelled here, nothing was written and everything is still pending
            while self.committed < len(self.transcript):
                await self._write()

    async def refresh(self) -> None:
        """Take in what others stored."""
        if self.lost is not None:
            raise self.lost
        async with self._lock:
            await (self._write() if self.committed < len(self.transcript) else self._merge())

    async def settle(self) -> None:
        """Commit what waited long enough for company; runs until cancelled."""
        while True:
            await self.dirty.wait()
            while (entered := len(self.transcript)) > self.committed:
                await anyio.sleep(COMPANY)
                if self.committed < entered:
                    await self.commit()
            self.dirty = anyio.Event()

    async def _write(self) -> None:
        start, stop = self.committed, len(self.transcript)
        lines = [self.transcript.line(seq) for seq in range(start + 1, stop + 1)]
        try:
            await self._store.append(self.conversation, lines, after=start, blobs=self._blobs(lines))
        except Conflict as conflict:
            if conflict.actual < start:  # no merge helps: what this run had stored is gone
                self.lost = StoreUnavailable(
                    f"the store holds {conflict.actual} of the {start} events of conversation {self.conversation!r} "
                    "that were written to it: something cut the file off, removed or exchanged it; "
                    "put it back, then resume"
                )
                raise self.lost from None
            await self._merge()
            return
        except StoreError as error:
            self.lost = error
            raise
        self._stored(stop)

    def _stored(self, upto: int) -> None:
        fresh = self.transcript.since(self.committed)[: upto - self.committed]
        self.committed = upto
        self._slots = [slot for slot in self._slots if slot.seq > upto]
        for entry in fresh:
            self._feed.publish(self.conversation, entry)

    async def _merge(self) -> None:
        """Put what others stored in its place, and what was pending behind it."""
        lines = await self._store.read(self.conversation, after=self.committed)
        blobs = await payloads(self._store, lines)
        # from here on nothing waits: a cancellation finds the pending entries before the move or after it
        lines = self._others(lines)
        if not lines:
            return
        transcript, pending = self.transcript, self._slots
        waiting = [(slot, transcript[slot.seq]) for slot in pending]
        transcript.rewind(self.committed)
        transcript.extend(lines, blobs.__getitem__)
        self._slots = []
        self._stored(len(transcript))
        keep = surviving([(slot.seq, slot.event) for slot in pending])
        places: dict[int, int] = {}
        places_before = [slot.seq for slot in pending]
        for (slot, entry), kept in zip(waiting, keep, strict=True):
            if kept:
                self._reenter(slot, entry, places)
            else:
                slot.seq = 0
        gone = {seq for seq, kept in zip(places_before, keep, strict=True) if not kept}
        if gone:
            self._on_superseded(gone)
        self._check_epoch(len(lines))

    def _others(self, lines: list[bytes]) -> list[bytes]:
        """The lines behind our own. A write that asyncio cancelled from outside may have been done all the same."""
        start, mine = self.committed, 0
        while mine < min(len(lines), len(self.transcript) - start):
            if self.transcript.line(start + mine + 1) != lines[mine]:
                break
            mine += 1
        if mine:
            self._stored(start + mine)
        return lines[mine:]

    def _reenter(self, slot: Slot, entry: Entry, places: dict[int, int]) -> None:
        event = moved(slot.event, places)
        cause = places.get(entry.cause, entry.cause)
        again = self.transcript.enter(event, at=entry.at, active=entry.active, cause=cause)
        places[slot.seq] = again.seq
        slot.seq, slot.event = again.seq, event
        self._slots.append(slot)

    def _check_epoch(self, merged: int) -> None:
        for entry in self.transcript.since(self.committed - merged)[:merged]:
            if isinstance(entry.event, Taken) and entry.event.epoch > self.epoch:
                self.lost = LeaseLost(self.conversation, entry.event.owner)
                self._slots.clear()
                raise self.lost

    def _blobs(self, lines: list[bytes]) -> dict[str, bytes]:
        if not self.transcript.blobs():
            return {}
        return {name: data for line in lines for name, data in self.transcript.blobs_of(line).items()}


def _nothing(_: set[int]) -> None:
    """Stands for a manager that is gone."""
