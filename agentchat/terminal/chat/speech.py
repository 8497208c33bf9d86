"""What a conversation looks like in the chat: from the items of a run to finished rows and a live tail. Pure.

Text of a model is shown as it arrives, once; what is no text for people (a typed answer, a direction, a summary) comes
when it is said. Of several turns at once one is shown as it arrives. The rows go to a `Paper`, which never takes one
back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from rich.console import Group, RenderableType
from rich.text import Text

from agentchat.policy.charter import agreed_in
from agentchat.policy.fitting import PLAIN
from agentchat.policy.prompts.asking import sums_up
from agentchat.run import USER
from agentchat.seams import Delta
from agentchat.terminal.chat.attachments import BYTES_A_TOKEN
from agentchat.terminal.chat.collapsed import result_lines, tool_line
from agentchat.terminal.chat.own import own_words
from agentchat.terminal.chat.status import model_of
from agentchat.terminal.chat.stream import MarkdownStream
from agentchat.terminal.notes import note
from agentchat.terminal.sanitize import Sanitizer, sanitize, sanitize_line
from agentchat.terminal.view import body, heading
from agentchat.transcript.calls import AskRecipe, CodeRecipe, ModelRecipe, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    CALL_OVER,
    Answered,
    CallCancelled,
    CallFailed,
    CallFinished,
    CallStarted,
    Closed,
    Entry,
    Interrupted,
    Opened,
    Paused,
    RunStarted,
    Said,
    Taken,
    TurnCancelled,
)
from agentchat.transcript.messages import Body, CodeResult
from agentchat.transcript.messages import Text as TextBody
from agentchat.transcript.transcript import Transcript

_SILENT: Final = (Opened, RunStarted, Interrupted, TurnCancelled, CallCancelled, Taken, Paused, Answered)
"""What the chat does not tell: the person did it, or is asked in another place."""
STOPPED: Final = "stopped here; what had arrived is kept"


class Paper(Protocol):
    """Where rows go. What was added is never taken back; `tail` is drawn anew each time. A paper need not take in text
    as fast as it arrives: it calls what it was told to `expect` when it is ready."""

    @property
    def width(self) -> int:
        """Columns."""
        ...

    def add(self, *rows: RenderableType) -> None:
        """Add finished rows."""
        ...

    def tail(self, rows: Sequence[Text], doing: str) -> None:
        """What is not finished yet, and who does what."""
        ...

    def expect(self, settle: Callable[[], None]) -> None:
        """Text has arrived: `settle` adds it."""
        ...


class Speech:
    """Shows the items of one conversation in order.

    streams: whether text is shown as it arrives, on a terminal that can. past: whether all of it was said before.
    """

    def __init__(self, paper: Paper, transcript: Transcript, *, streams: bool = True, past: bool = False) -> None:
        self._paper = paper
        self._transcript = transcript
        self._streams = streams and not past
        self._past = past
        self._headed: tuple[str, int] | None = None
        self._call = 0
        self._who = ("", 0)
        self._doing: dict[int, str] = {}
        self._missed = False
        self._streamed = False
        self._blank = True
        self._arrived = 0
        self._pending: list[str] = []
        self._clean = Sanitizer()
        self._stream = MarkdownStream(paper.width)

    def show(self, item: Entry | Delta) -> None:
        """Take in one item."""
        if isinstance(item, Delta):
            if item.call == self._call:
                self._arrive(item)
            return
        self._settle()
        self._enter(item)
        self._paper.tail(self._stream.tail(), self.doing)

    @property
    def doing(self) -> str:
        """Who is at what, in words, with how much has arrived; empty where nobody is."""
        arrived = f" · ~{self._arrived // BYTES_A_TOKEN:,} tokens" if self._streamed else ""
        return ", ".join(dict.fromkeys(self._doing.values())) + arrived

    def _arrive(self, delta: Delta) -> None:
        if not self._streamed:
            self._head(*self._who)
            self._streamed = True
        self._arrived += len(delta.text.encode())
        if delta.missed:
            self._settle()
            self._missed = True
            self._add(*self._stream.close(), Text("[…]", style="dim"))
        self._pending.append(delta.text)
        self._paper.expect(self._settle)

    def _settle(self) -> None:
        """Put what has arrived into rows: once for many pieces, where they come faster than they can be looked at."""
        if not self._pending:
            return
        text = "".join(self._pending)
        self._pending.clear()
        self._stream.width = max(self._paper.width, 1)
        self._add(*self._stream.feed(self._clean.feed(text)))
        self._paper.tail(self._stream.tail(), self.doing)

    def _enter(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, CallStarted):
            self._start(entry.seq, event)
        elif isinstance(event, CALL_OVER):
            self._doing.pop(event.call, None)
        if isinstance(event, Said):
            self._say(entry, event)
        elif isinstance(event, Closed):
            self._doing.clear()
            self._end()
        elif isinstance(event, CallCancelled | CallFailed) and event.call == self._call and self._streamed:
            self._broken_off(event)
        elif isinstance(event, CallCancelled) and event.partial and not self._streams:
            self._stopped(event.call, event.partial)
        elif isinstance(event, CallFinished) and isinstance(event.result, ToolResult):
            line = tool_line(entry, self._transcript)
            if line is not None:
                self._beside(line, self._agent_of(event.call))
        elif not isinstance(event, (*_SILENT, CallStarted)):
            self._tell(entry)

    def _start(self, seq: int, event: CallStarted) -> None:
        recipe = event.recipe
        agent = sanitize_line(event.agent)
        match recipe:
            case ModelRecipe():
                self._doing[seq] = f"{agent} is writing"
                if self._streams and self._call not in self._doing and self._arrives(event, recipe):
                    self._finish_stream()
                    self._call, self._who = seq, (event.agent, event.turn)
                    self._streamed = self._missed = False
                    self._arrived = 0
                    self._clean, self._stream = Sanitizer(), MarkdownStream(self._paper.width)
            case CodeRecipe():
                self._doing[seq] = f"{agent} runs {sanitize_line(recipe.language)} in {sanitize_line(recipe.sandbox)}"
            case ToolRecipe():
                self._doing[seq] = f"{agent} calls {sanitize_line(recipe.name)}"
            case AskRecipe():
                pass

    def _arrives(self, started: CallStarted, recipe: ModelRecipe) -> bool:
        """Whether the text of a call is what its agent says to people."""
        card = agreed_in(self._transcript).cards.get(started.agent)
        if card is None or card.kind not in ("assistant", "supervisor"):
            return False
        return set(card.emits) <= PLAIN and not sums_up(recipe)

    def _say(self, entry: Entry, event: Said) -> None:
        said = self._transcript.body(entry.seq)
        if event.turn is None:
            self._end()
            if not self._streams and event.sender == USER and not self._past:
                return  # it was typed there a moment ago
            self._add(*own_words(said, event), Text(""))
            return
        if isinstance(said, CodeResult):
            for line in result_lines(said, entry.seq):
                self._beside(line, event.sender)
            self._end()
            return
        whole = self._streamed and not self._missed and self._headed == (event.sender, event.turn)
        if not whole:
            self._finish_stream()
            self._head(event.sender, event.turn, to=event.to)
            self._add(*_shown(said, self._paper.width))
        self._end()

    def _broken_off(self, event: CallCancelled | CallFailed) -> None:
        self._add(*self._stream.close())
        if isinstance(event, CallCancelled):
            self._add(Text(f"■ {STOPPED}", style="yellow"))
        else:
            again = "; it is asked again" if event.retryable and self._may_be_again(event.call) else ""
            self._add(Text(sanitize(f"✗ broke off: {event.error.message}{again}"), style="red"))
        self._streamed = False
        self._call = 0
        self._stream = MarkdownStream(self._paper.width)

    def _stopped(self, call: int, partial: str) -> None:
        """What an agent had said when it was stopped, where that was not shown as it arrived."""
        started = self._transcript.started(call)
        if started is not None and isinstance(started.recipe, ModelRecipe) and self._arrives(started, started.recipe):
            self._head(started.agent, started.turn)
            self._add(*_shown(TextBody.of(partial), self._paper.width), Text(f"■ {STOPPED}", style="yellow"))
            self._end()

    def _tell(self, entry: Entry) -> None:
        found = note(entry, self._transcript, partial=not self._streamed)
        if found is None:
            return
        self._finish_stream()
        who = "" if found.who is None or (self._headed and self._headed[0] == found.who) else f"{found.who}: "
        self._add(Text(sanitize(f"· {who}{found.text}"), style=found.style))

    def _beside(self, line: Text, agent: str) -> None:
        """A line about what an agent does within its turn."""
        self._finish_stream()
        named = Text(no_wrap=True, overflow="ellipsis")
        if self._headed is not None and self._headed[0] != agent:
            self._gap()
        if self._headed is None or self._headed[0] != agent:
            named.append_text(heading(agent, self._transcript)).append(" ")
        self._add(named.append_text(line))

    def _may_be_again(self, call: int) -> bool:
        """Whether a call has attempts left."""
        started, charter = self._transcript[call].event, agreed_in(self._transcript).charter
        return isinstance(started, CallStarted) and charter is not None and started.attempt < charter.limits.attempts

    def _agent_of(self, call: int) -> str:
        started = self._transcript[call].event
        return started.agent if isinstance(started, CallStarted) else ""

    # rows

    def _add(self, *rows: RenderableType) -> None:
        if rows:
            self._paper.add(*rows)
            last = rows[-1]
            self._blank = isinstance(last, Text) and not last.plain.strip()

    def _gap(self) -> None:
        """An empty row, unless there is one."""
        if not self._blank:
            self._add(Text(""))

    def _head(self, agent: str, turn: int, *, to: str | None = None) -> None:
        if self._headed == (agent, turn):
            return
        self._gap()
        self._headed = (agent, turn)
        line = heading(agent, self._transcript, to=to)
        model = model_of(agreed_in(self._transcript).cards.get(agent))
        self._add(line.append(f" · {sanitize_line(model)}" if model else "", style="not bold dim"))

    def _finish_stream(self) -> None:
        """What is left of text that was arriving."""
        if self._streamed:
            self._add(*self._stream.close())
            self._stream = MarkdownStream(self._paper.width)
            self._streamed = False

    def _end(self) -> None:
        """A message is over: an empty row behind it."""
        self._finish_stream()
        self._headed, self._call = None, 0
        self._gap()


def _shown(said: Body, width: int) -> list[RenderableType]:
    """A whole message: text as Markdown, everything else as `view` shows it."""
    if isinstance(said, TextBody) and said.text.strip():
        stream = MarkdownStream(width)
        return [*stream.feed(sanitize(said.text)), *stream.close()]
    group: Group = body(said)
    return [group]
