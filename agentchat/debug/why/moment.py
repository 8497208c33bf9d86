"""An event at its time: the log before it as it read then, and the whole log, which knows what came of it.

An edit changes how the log before it reads, so what is said of an earlier event needs the log as it was: `Past` goes
through it once, whatever number of events is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agentchat.debug.why.steps import Detail, quoted, short
from agentchat.errors import AgentChatError
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFinished, CallStarted, Entry, Event, Said, TurnGiven
from agentchat.transcript.messages import Direction, Handoff, ToolCallPart
from agentchat.transcript.transcript import Transcript


class Past:
    """The transcript as it was at one event after the other."""

    def __init__(self, whole: Transcript, seq: int) -> None:
        self._whole = whole
        self.log = whole.upto(seq)

    def upto(self, seq: int) -> Transcript:
        """Go on to the event `seq`, which must not lie before those that were asked for already."""
        for place in range(len(self.log) + 1, seq + 1):
            self.log.append(self._whole.recorded(place), self._whole.line(place))
        return self.log


class Moment:
    """One entry as it was written, with the log before it and the whole log.

    tell: the sentence about another event.
    """

    __slots__ = ("_tell", "before", "entry", "whole")

    def __init__(
        self, entry: Entry, before: Transcript, whole: Transcript, tell: Callable[[Moment], Iterator[Detail]]
    ) -> None:
        self.entry = entry
        self.before = before
        self.whole = whole
        self._tell = tell

    def event(self, seq: int) -> Event | None:
        """An earlier event as it read at the time."""
        return self.before[seq].event if 1 <= seq < self.entry.seq else None

    def later(self, seq: int) -> Iterator[Entry]:
        """The entries after `seq`, as they were written."""
        for place in range(max(seq, 0) + 1, len(self.whole) + 1):
            yield self.whole.recorded(place)

    def sentence(self, entry: Entry) -> str:
        """What there is to say of another event, in one sentence."""
        return next(self._tell(Moment(entry, self.before, self.whole, self._tell))).text

    def agent_in(self, turn: int) -> str:
        """Whose turn it is."""
        given = self.event(turn)
        return given.to if isinstance(given, TurnGiven) else "an agent"

    def started(self, call: int) -> CallStarted | None:
        """The start of a call."""
        event = self.event(call)
        return event if isinstance(event, CallStarted) else None

    def asked_for(self, turn: int, tool_call_id: str) -> tuple[int, ToolCallPart] | None:
        """The last reply of a turn that asks for the tool call of this id, and the call."""
        for place in range(len(self.before), max(turn, 0), -1):
            end = self.before[place].event
            reply = end.result if isinstance(end, CallFinished) else None
            for part in reply.tool_calls if isinstance(reply, Reply) else ():
                if part.id == tool_call_id:
                    return place, part
        return None

    def text(self, said: Said) -> str:
        """What a message says, in quotes; of one that steers, where it leads."""
        try:
            body = self.before.body_of(said)
        except (AgentChatError, LookupError, ValueError):  # a log that was made by hand may refer to anything
            return "something that cannot be read"
        if isinstance(body, Direction | Handoff):
            to = body.next if isinstance(body, Direction) else body.to
            return f"→ {short(to)}{f': {quoted(body.text)}' if body.text else ''}"
        return quoted(body.text)

    def message(self, seq: int) -> str:
        """An earlier message, named by its place: `event 7 (coder: “...”)`."""
        said = self.event(seq)
        return f"event {seq} ({said.sender}: {self.text(said)})" if isinstance(said, Said) else f"event {seq}"
