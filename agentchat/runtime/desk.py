"""What a host needs of the conversation it works for: the log, a way to enter events, and the listeners."""

from __future__ import annotations

from typing import Protocol

from agentchat.policy.charter import InDoubt
from agentchat.runtime.book import Placed
from agentchat.runtime.tape import Tape
from agentchat.seams import Delta, Store
from agentchat.transcript.events import Answered, Event, Paused
from agentchat.transcript.transcript import Transcript


class Desk(Protocol):
    """The manager as its hosts know it."""

    @property
    def transcript(self) -> Transcript:
        """The log, as far as it is entered."""
        ...

    @property
    def in_doubt(self) -> InDoubt:
        """What to do about calls of an earlier process that have no result."""
        ...

    @property
    def store(self) -> Store:
        """Where the conversation is kept."""
        ...

    @property
    def tape(self) -> Tape | None:
        """Recorded results that stand in for calls, if any."""
        ...

    @property
    def parking(self) -> bool:
        """Whether the run is being left because everything in it waits for a person."""
        ...

    async def ask(self, paused: Paused) -> Answered:
        """Put a question to a person, and wait for the answer."""
        ...

    def offer(self, event: Event) -> Placed:
        """Let the policy decide on an offer, and enter what it rules."""
        ...

    async def commit(self) -> None:
        """Make everything entered so far durable."""
        ...

    def tell(self, delta: Delta) -> None:
        """Pass text on to whoever listens."""
        ...
