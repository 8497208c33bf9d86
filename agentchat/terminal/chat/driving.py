"""Running the conversation behind the prompt: one run after the other, each message delivered when it can be heard.

A message that is sent while somebody has the turn waits here, and can be taken back, until the turn is over; then it
goes into the run, or, where that has ended meanwhile, begins the next one. Whatever goes wrong is told; the chat goes
on.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final, Protocol

import anyio
import anyio.lowlevel
from rich.text import Text

from agentchat.errors import AgentChatError, ConversationClosed
from agentchat.policy.state import state_of
from agentchat.run import USER, Run
from agentchat.seams import Delta
from agentchat.terminal.chat.endings import ending
from agentchat.terminal.chat.line import Line, Outgoing
from agentchat.terminal.chat.screen import Screen
from agentchat.terminal.chat.speech import Speech
from agentchat.terminal.sanitize import sanitize
from agentchat.transcript.events import (
    Closed,
    Entry,
    Paused,
    Said,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

STUBBORN: Final = 2.0
"""Seconds after which a run that was interrupted and did not end is cancelled."""

Start = Callable[[], "Run | Awaitable[Run]"]


class Listener(Protocol):
    """Who is told of questions, and when a person is needed."""

    def asked(self, run: Run, paused: Paused) -> None:
        """A question was put."""
        ...

    def over(self) -> None:
        """A run has ended."""
        ...

    def failed(self, out: Outgoing) -> None:
        """A message could not be delivered."""
        ...


class Driver:
    """Drives the runs of one chat."""

    def __init__(self, line: Line, screen: Screen, listener: Listener, *, streams: bool = True) -> None:
        self.line = line
        self.queue: list[Outgoing] = []
        self.run: Run | None = None
        self.since: float | None = None
        self._screen = screen
        self._listener = listener
        self._streams = streams
        self._starts: list[Start] = []
        self._sending: list[Outgoing] = []
        self._scope: anyio.CancelScope | None = None
        self._stopping = False
        self._news = anyio.Event()
        self.idle = anyio.Event()
        """Set where nothing is going on."""
        self.idle.set()
        self._last: tuple[Speech, int] | None = None

    # from the session

    def send(self, out: Outgoing) -> None:
        """Say this as soon as it can be heard."""
        self.queue.append(out)
        self._news.set()

    def start(self, start: Start) -> None:
        """Begin a run of another kind: going on, going back."""
        self._starts.append(start)
        self._news.set()

    def take_back(self) -> Outgoing | None:
        """The message that was queued last, no longer to be said."""
        return self.queue.pop() if self.queue else None

    @property
    def waiting(self) -> list[str]:
        """What is shown above the prompt as not said yet."""
        return [f"@{one.to} {one.text}" if one.to else one.text for one in (*self._sending, *self.queue)]

    @property
    def busy(self) -> bool:
        """Whether a run is going on."""
        return self._scope is not None

    @property
    def at_work(self) -> bool:
        """Whether a run is going on or waits to begin."""
        return bool(self.queue or self._starts or self.busy)

    async def done(self) -> None:
        """Wait until nothing is going on and nothing waits."""
        while self.at_work:
            await anyio.lowlevel.checkpoint()
            await self.idle.wait()

    async def stop(self) -> None:
        """Stop what goes on, and keep what has arrived; asked again, or where that takes too long, cancel it."""
        scope, run = self._scope, self.run
        if scope is None:
            return
        if run is None or self._stopping:
            scope.cancel()
            return
        self._stopping = True
        with suppress(AgentChatError):  # it may end by itself meanwhile
            await run.interrupt("stopped at the keyboard")
        await anyio.sleep(STUBBORN)
        if self.run is run:
            scope.cancel()

    # runs

    async def drive(self) -> None:
        """Run what comes, until cancelled."""
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            while (start := self._next()) is not None:
                await self._carry(start)

    def _next(self) -> Start | None:
        if self._starts:
            return self._starts.pop(0)
        if not self.queue:
            return None
        out = self.queue.pop(0)
        self._sending.append(out)
        return lambda: self.line.say(out)

    async def _carry(self, start: Start) -> None:
        self.since, self._stopping = time.monotonic(), False
        self.idle = anyio.Event()
        self._screen.wake.set()
        with anyio.CancelScope() as self._scope:
            try:
                made = start()
                await self._live(made if isinstance(made, Run) else await made)
            except AgentChatError as error:
                self._screen.add(Text(sanitize(f"✗ {error}"), style="red"), Text(""))
            except Exception as error:  # a bug of ours is told, and ends no chat
                self._screen.add(Text(sanitize(f"✗ {type(error).__name__}: {error}"), style="red"), Text(""))
        if self.run is not None:
            self._tell_end(self.run)
        self.run, self.since, self._scope = None, None, None
        for out in self._sending:
            self._listener.failed(out)
        self._sending.clear()
        self._screen.tail((), "")
        self.idle.set()
        self._listener.over()

    async def _live(self, run: Run) -> None:
        async with run:
            self.run = run
            run.before_turns(partial(self._deliver, run))
            before = last = self.line.entered(run)
            speech = Speech(self._screen, run.transcript, streams=self._streams)
            try:
                async for item in run:
                    if isinstance(item, Delta):
                        speech.show(item)
                    elif item.seq > before:
                        last = item.seq
                        self._notice(run, item)
                        speech.show(item)
            finally:
                self._last = (speech, last)
        self._tell_end(run)

    def _tell_end(self, run: Run) -> None:
        """How the run was closed, also where it was cancelled and nobody looked on any more."""
        if self._last is None:
            return
        (speech, last), self._last = self._last, None
        for entry in run.transcript.since(last):
            speech.show(entry)
        self._screen.add(*ending(run.transcript, self.line.place))
        self.queue[:0] = unheard(run.transcript)

    def _notice(self, run: Run, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, Said) and event.turn is None and event.sender == USER and self._sending:
            self._sending.pop(0)
        elif isinstance(event, Paused):
            self._listener.asked(run, event)

    async def _deliver(self, run: Run) -> bool:
        """The next turn is about to be given: what waits goes into the run first."""
        if self._stopping or not self.queue:
            return False
        while self.queue:
            out = self.queue.pop(0)
            self._sending.append(out)
            try:
                await run.say(out.text, to=out.to)
            except ConversationClosed:
                self._sending.remove(out)
                self.queue.insert(0, out)
                return False
        return True


def unheard(transcript: Transcript) -> Iterator[Outgoing]:
    """A message that came into a run behind its last turn, which nobody was given: it is said again."""
    closed = state_of(transcript).board.closed
    if closed is None or not isinstance(closed.event, Closed) or closed.event.outcome == "interrupted":
        return
    for entry in reversed(transcript.since(0)):
        event = entry.event
        if isinstance(event, TurnGiven):
            return
        if isinstance(event, Said) and event.turn is None and event.sender == USER:
            message = transcript.message(entry.seq)
            yield Outgoing(message.text, event.to)
            return
