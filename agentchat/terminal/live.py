"""A run as it goes on, printed from top to bottom: nothing is ever drawn again, so nothing flickers or scrolls away.

On a terminal the text of a model is appended as it arrives; elsewhere each message comes once, when it is said. What is
no text for people (a typed answer, a supervisor's direction, a summary for the model itself) never arrives in pieces.
Of several turns at once one is shown as it arrives, the others when they have said something. It reads the transcript
and writes to one console; it changes and decides nothing.
"""

from __future__ import annotations

from agentchat.policy.charter import charter_of
from agentchat.policy.fitting import PLAIN
from agentchat.policy.prompts.asking import sums_up
from agentchat.seams import Delta
from agentchat.terminal.console import Plain
from agentchat.terminal.sanitize import Sanitizer
from agentchat.terminal.view import body, heading, view
from agentchat.terminal.wrapping import Wrapper
from agentchat.transcript.calls import CodeRecipe, ModelRecipe, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    CALL_OVER,
    CallFinished,
    CallStarted,
    Entry,
    Refused,
    Said,
)
from agentchat.transcript.transcript import Transcript


class LivePrinter:
    """Prints the items of a run in order. `after`: entries up to this place were seen before."""

    def __init__(self, console: Plain, transcript: Transcript, *, after: int = 0) -> None:
        self._console = console
        self._transcript = transcript
        self._after = after
        self._streaming = console.is_terminal
        self._headed: tuple[str, int] | None = None  # agent and turn, where nothing but what they do stands below
        self._call = 0  # the call whose text is appended
        self._under_way = False  # whether it still is
        self._streamed = False  # whether any of it was
        self._missed = False  # whether some of it was not
        self._line_open = False
        self._listing = False  # whether a line about a turn without heading stands last
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
        if isinstance(event, CALL_OVER) and event.call == self._call:
            self._under_way = False
        if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe | CodeRecipe):
            if self._streaming and not self._under_way:
                self._announce(event, entry.seq)
        elif isinstance(event, Said) and event.turn is not None and self._headed == (event.sender, event.turn):
            self._end_line()
            if not self._streamed or self._missed:
                self._console.show(body(self._transcript.body(entry.seq)))
            self._space()
        else:
            self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        """An entry that is no part of what is arriving."""
        headed = None if self._headed is None or self._streamed else self._headed[0]
        shown = view(entry, self._transcript, partial=not self._streamed, under=headed)
        if shown is None:
            return
        self._end_line()
        beside = _beside(entry) and (self._headed is None or self._headed[0] == self._agent(entry))
        if not beside:
            self._leave_list()
        self._console.show(shown)
        self._listing = beside and self._headed is None
        if beside:
            self._streamed = False  # a line about the turn: what is said in the end comes below it, whole
        else:
            self._space()

    def _announce(self, started: CallStarted, seq: int) -> None:
        """Say whose turn it is before the text comes: a model may think for long."""
        if not self._heads(started.agent):
            return
        who = (started.agent, started.turn)
        if self._headed != who:
            self._end_line()
            self._leave_list()
            self._console.show(heading(started.agent, self._transcript))
            self._headed = who
        arrives = self._arrives(started)
        self._call, self._under_way = (seq, True) if arrives else (0, False)
        self._streamed = self._missed = False
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

    def _heads(self, agent: str) -> bool:
        """Whether what the agent's calls bring is what it says. A function agent may do anything with it."""
        return charter_of(self._transcript).agent(agent).kind in ("assistant", "user-proxy", "supervisor")

    def _arrives(self, started: CallStarted) -> bool:
        """Whether the text of a call is text for people."""
        recipe = started.recipe
        if not isinstance(recipe, ModelRecipe):
            return False
        return set(charter_of(self._transcript).agent(started.agent).emits) <= PLAIN and not sums_up(recipe)

    def _agent(self, entry: Entry) -> str | None:
        """Whose call or turn an entry is about."""
        event = entry.event
        start = getattr(event, "call", None)
        about = self._transcript[start].event if isinstance(start, int) else event
        turn = getattr(about, "turn", None)
        given = self._transcript[turn].event if isinstance(turn, int) else None
        return getattr(given, "to", None)

    def _space(self) -> None:
        """Leave a line free behind a message; what follows needs its own heading."""
        self._console.raw("\n")
        self._headed = None

    def _leave_list(self) -> None:
        """Leave a line free behind lines about a turn that has no heading."""
        if self._listing:
            self._console.raw("\n")
        self._listing = False

    def _raw(self, text: str) -> None:
        if text:
            self._console.raw(text)
            self._line_open = not text.endswith("\n")

    def _end_line(self) -> None:
        self._raw(self._wrap.close())
        if self._line_open:
            self._console.raw("\n")
            self._line_open = False


def _beside(entry: Entry) -> bool:
    """Lines that stand within a turn: tool calls, their results, and what was refused."""
    event = entry.event
    if isinstance(event, CallStarted):
        return isinstance(event.recipe, ToolRecipe)
    return isinstance(event, Refused) or (isinstance(event, CallFinished) and isinstance(event.result, ToolResult))
