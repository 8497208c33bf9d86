"""A run as it goes on, printed from top to bottom: nothing is ever drawn again, so nothing flickers or scrolls away.

On a terminal the text of a model is appended as it arrives; elsewhere each message comes once, when it is said. It
reads the transcript and writes to one console; it changes and decides nothing.
"""

from __future__ import annotations

from agentchat.policy.charter import charter_of
from agentchat.seams import Delta
from agentchat.terminal.console import Plain
from agentchat.terminal.sanitize import Sanitizer
from agentchat.terminal.view import body, heading, view
from agentchat.terminal.wrapping import Wrapper
from agentchat.transcript.events import CallStarted, Entry, Said
from agentchat.transcript.transcript import Transcript


class LivePrinter:
    """Prints the items of a run in order. `after`: entries up to this place were seen before."""

    def __init__(self, console: Plain, transcript: Transcript, *, after: int = 0) -> None:
        self._console = console
        self._transcript = transcript
        self._after = after
        self._streaming = console.is_terminal
        self._headed: tuple[str, int] | None = None  # agent and turn, where nothing but what they say stands below
        self._call = 0  # the call whose text is appended
        self._streamed = False  # whether any of it was
        self._missed = False  # whether some of it was not
        self._line_open = False
        self._clean = Sanitizer()
        self._wrap = Wrapper(console.width)

    def show(self, item: Entry | Delta) -> None:
        """Print what is to be seen of an item."""
        if isinstance(item, Delta):
            if self._streaming and item.call == self._call:
                self._append(item)
        elif item.seq > self._after:
            self._enter(item)

    def _enter(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, CallStarted):
            if self._streaming and self._speaks(event.agent):
                self._announce(event, entry.seq)
        elif isinstance(event, Said) and event.turn is not None and self._headed == (event.sender, event.turn):
            self._end_line()
            if not self._streamed or self._missed:
                self._console.show(body(self._transcript.body(entry.seq)))
            self._space()
        else:
            headed = None if self._headed is None or self._streamed else self._headed[0]
            shown = view(entry, self._transcript, partial=not self._streamed, under=headed)
            if shown is not None:
                self._end_line()
                self._console.show(shown)
                self._space()

    def _announce(self, started: CallStarted, seq: int) -> None:
        """Say whose turn it is before the text comes: a model may think for long."""
        who = (started.agent, started.turn)
        if self._headed != who:
            self._end_line()
            self._console.show(heading(started.agent, self._transcript))
            self._headed = who
        self._call, self._streamed, self._missed = seq, False, False
        self._clean, self._wrap = Sanitizer(), Wrapper(self._console.width)

    def _append(self, delta: Delta) -> None:
        if self._headed is None:  # something else was printed in between
            started = self._transcript[delta.call].event
            assert isinstance(started, CallStarted)
            self._console.show(heading(delta.agent, self._transcript).append(" …", style="dim"))
            self._headed = (delta.agent, started.turn)
        if delta.missed:
            self._missed = True
            self._raw(f"{self._wrap.close()}\n[…]\n")
        self._raw(self._wrap.feed(self._clean.feed(delta.text)))
        self._streamed = True

    def _speaks(self, agent: str) -> bool:
        """Whether what the agent's calls bring is what it says. A function agent may do anything with it."""
        return charter_of(self._transcript).agent(agent).kind in ("assistant", "user-proxy")

    def _space(self) -> None:
        """Leave a line free behind a message; what follows needs its own heading."""
        self._console.raw("\n")
        self._headed = None

    def _raw(self, text: str) -> None:
        if text:
            self._console.raw(text)
            self._line_open = not text.endswith("\n")

    def _end_line(self) -> None:
        self._raw(self._wrap.close())
        if self._line_open:
            self._console.raw("\n")
            self._line_open = False
