"""Looking on at a live run: what was entered before, then everything as it is entered, and text as it arrives."""

from __future__ import annotations

from agentchat.seams import Delta, Subscription
from agentchat.transcript.events import Entry
from agentchat.transcript.transcript import Transcript


class Watch:
    """An async iterator over a conversation, from its first entry to the end of the run. It may be left at any time."""

    def __init__(self, transcript: Transcript, upto: int, subscription: Subscription) -> None:
        self._transcript = transcript
        self._subscription = subscription
        self._next = 1
        self._upto = upto

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Entry | Delta:
        if self._next <= self._upto:
            self._next += 1
            return self._transcript[self._next - 1]
        while True:
            item = await self._subscription.__anext__()
            if isinstance(item, Delta) or item.seq > self._upto:
                return item

    def close(self) -> None:
        """Stop looking on."""
        self._subscription.close()
