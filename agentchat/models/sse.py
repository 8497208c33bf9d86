"""Server-sent events from bytes: bytes in, events out, no I/O. It knows nothing of what the events say.

Follows the WHATWG HTML standard, section 9.2.6 (lines end in LF, CR or CRLF; `data` lines of one event are joined by
LF; other fields and comments are skipped), except at the end of the stream: the standard drops an event without its
closing empty line, while here a whole one is handed out and a torn one is an error.
Time is linear in the bytes, however they are cut.
"""

from __future__ import annotations

from typing import NamedTuple

from agentchat.errors import ModelBadReply


class Event(NamedTuple):
    """One event: its name (empty where it has none) and its data."""

    name: bytes
    data: bytes


class EventReader:
    """Reads one stream. `limit` is the most bytes that one event may have. Raises ModelBadReply above it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._line: list[bytes] = []
        self._waiting = 0
        self._held = 0
        self._data: list[bytes] = []
        self._name = b""
        self._after_cr = False
        self._start = True

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes; the events that they complete."""
        if self._after_cr and chunk:
            # A CRLF cut between two chunks is one line end, not two.
            self._after_cr = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        if not chunk:
            return []
        self._after_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines()
        rest = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
        if lines and self._line:
            lines[0] = b"".join((*self._line, lines[0]))
            self._line.clear()
            self._waiting = 0
        events = [event for line in lines if (event := self._take(line))]
        if rest:
            self._line.append(rest)
            self._waiting += len(rest)
        if self._waiting + self._held > self._limit:
            raise ModelBadReply(f"the server sent one event of more than {self._limit} bytes")
        return events

    def close(self) -> Event | None:
        """The stream is over: the last event if it came whole but for its closing line.

        Raises ModelBadReply when the stream ended inside a line that cannot be read as one.
        """
        rest = b"".join(self._line)
        if rest and not rest.startswith((b"data:", b":")):
            raise ModelBadReply("the answer broke off inside an event")
        if rest:
            self._take(rest)
        return self._take(b"")

    def _take(self, line: bytes) -> Event | None:
        if self._start:
            self._start = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.startswith(b"data:"):
            self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            self._held += len(line)
        elif line.startswith(b"event:"):
            self._name = line[6:].strip()
        elif not line:
            name, self._name, self._held = self._name, b"", 0
            if self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                self._data.clear()
                return Event(name, data)
        return None
