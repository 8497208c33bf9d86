"""The bus inside one process: delivery is a direct call with a checkpoint, listening is a queue of one's own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import anyio
from anyio.lowlevel import checkpoint

from agentchat.errors import ConfigurationError
from agentchat.seams import Delta, Handler, Parcel
from agentchat.transcript.events import CALL_ENDS, Closed, Entry, Event

DELTAS_KEPT: Final = 1_000
"""Deltas that wait for a slow listener before further ones are dropped. Entries are never dropped."""


class MemoryBus:
    """Hosts by address, in this process."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def serve(self, address: str, handler: Handler) -> Callable[[], None]:
        """Take what is sent to an address; the returned act leaves it."""
        if address in self._handlers:
            raise ConfigurationError(f"someone already serves {address!r}")
        self._handlers[address] = handler

        def leave() -> None:
            self._handlers.pop(address, None)

        return leave

    async def call(self, address: str, parcel: Parcel) -> Event:
        """Send and wait for the answer."""
        handler = self._handlers.get(address)
        if handler is None:
            raise ConfigurationError(f"nobody serves {address!r}")
        await checkpoint()
        return await handler(parcel)


class MemoryFeed:
    """Listeners by conversation, in this process."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[MemorySubscription]] = {}
        self._arriving: dict[str, set[int]] = {}

    def publish(self, conversation: str, item: Entry | Delta) -> None:
        """Tell everyone who listens; never waits, and no listener can make it fail."""
        if isinstance(item, Delta):
            self._arriving.setdefault(conversation, set()).add(item.call)
        elif (arriving := self._arriving.get(conversation)) is not None:
            if isinstance(item.event, CALL_ENDS):
                arriving.discard(item.event.call)
            if not arriving or isinstance(item.event, Closed):
                del self._arriving[conversation]
        listeners = self._listeners.get(conversation)
        if listeners:
            for listener in tuple(listeners):
                listener.put(item)

    def subscribe(self, conversation: str) -> MemorySubscription:
        """Listen from now on. Of a text that is arriving, the first piece to come is marked: others were before it."""
        listeners = self._listeners.setdefault(conversation, [])

        def leave(listener: MemorySubscription) -> None:
            if listener in listeners:
                listeners.remove(listener)
            if not listeners:
                self._listeners.pop(conversation, None)

        listener = MemorySubscription(leave, self._arriving.get(conversation, ()))
        listeners.append(listener)
        return listener


class MemorySubscription:
    """One listener's queue. Iterate to read; `close` to leave. begun: calls whose first pieces it did not hear."""

    def __init__(self, leave: Callable[[MemorySubscription], None], begun: Iterable[int] = ()) -> None:
        self._leave = leave
        self._begun = set(begun)
        self._items: deque[Entry | Delta] = deque()
        self._deltas = 0
        self._missed = False
        self._closed = False
        self._news = anyio.Event()

    def put(self, item: Entry | Delta) -> None:
        """Take an item in."""
        if isinstance(item, Delta):
            if self._deltas >= DELTAS_KEPT:
                self._missed = True
                return
            if self._missed or item.call in self._begun:
                item = item._replace(missed=True)
                self._begun.discard(item.call)
            self._missed = False
            self._deltas += 1
        self._items.append(item)
        self._news.set()

    def close(self) -> None:
        """Stop listening. What was published before is still delivered."""
        self._closed = True
        self._leave(self)
        self._news.set()

    def __aiter__(self) -> MemorySubscription:
        return self

    async def __anext__(self) -> Entry | Delta:
        while not self._items:
            if self._closed:
                raise StopAsyncIteration
            self._news = anyio.Event()
            await self._news.wait()
        item = self._items.popleft()
        if isinstance(item, Delta):
            self._deltas -= 1
        return item
