"""The transcript: an append-only list of entries, the only state there is.

Appending checks that the sequence has no gap and that the chain holds. Questions about the whole are *folds*: a pure
reducer over entries whose state the transcript keeps and carries forward, so that asking again after one more entry
costs one step and nothing walks the history. A fold holds nothing that the entries do not say: throw its state away
and it comes out the same.

From an `Edited` entry on, its target reads as what it was changed into (see `edits`): folds begin anew, once for each
edit. The stored lines stay what they were; `recorded` reads them.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, overload

from pydantic import BaseModel, ValidationError

from agentchat.errors import (
    DamagedTranscript,
    NoSuchEvent,
    NotATranscript,
    OutOfOrder,
    StoreUnavailable,
    TranscriptError,
    WrongType,
)
from agentchat.transcript.calls import Reply
from agentchat.transcript.chain import (
    BLOB_LINE,
    CR_LF,
    NO_LINE,
    blob_line,
    blob_names,
    decode,
    digest,
    encode,
    read_blob_line,
)
from agentchat.transcript.edits import changed
from agentchat.transcript.events import CallFinished, CallStarted, Edited, Entry, Event, Forked, Opened, Said
from agentchat.transcript.messages import Body, CodeResult, CodeRun, Data, Direction, Part, Text, unwrap

S = TypeVar("S")
Kind = TypeVar("Kind", bound=BaseModel)


class Fold(Generic[S]):
    """A reducer. `start` makes the empty state; `step` takes the next entry in and returns the state.

    `on`: the event classes that it looks at; it is not shown others. Without it, all.
    """

    def __init__(
        self,
        start: Callable[[], S],
        step: Callable[[S, Entry, Transcript], S],
        *,
        on: frozenset[type] | None = None,
    ) -> None:
        self.start = start
        self.step = step
        self.on = on


class Message:
    """A `Said` with its body: what a reader of the conversation sees.

    seq: its event. at: when it was said (Unix time). sender: an agent or a person. to: whom it is for alone, or None.
    turn: the event that gave its sender the turn; None for what came from outside. body: `Text` or another body.
    """

    __slots__ = ("at", "body", "sender", "seq", "to", "turn")

    def __init__(self, entry: Entry, said: Said, body: Body) -> None:
        self.seq = entry.seq
        self.at = entry.at
        self.sender = said.sender
        self.to = said.to
        self.turn = said.turn
        self.body = body

    @property
    def text(self) -> str:
        """The message as plain text."""
        return self.body.text

    @overload
    def model(self, known: type[Kind]) -> Kind: ...
    @overload
    def model(self, known: Mapping[str, type[BaseModel]]) -> BaseModel: ...
    def model(self, known: type[BaseModel] | Mapping[str, type[BaseModel]]) -> BaseModel:
        """The body as the user's own model: of this class, or of the one among these that it is named for.

        With one class, raises WrongType for a message of another; with several, it is then the body itself.
        """
        if not isinstance(known, type):
            return unwrap(self.body, known)
        try:
            body = unwrap(self.body, {known.__name__: known})
        except ValidationError as error:
            raise WrongType(f"message {self.seq} of {self.sender} does not fit {known.__name__}: {error}") from None
        if not isinstance(body, known):
            name = self.body.type if isinstance(self.body, Data) else type(self.body).__name__
            raise WrongType(f"message {self.seq} of {self.sender} is a {name}, not a {known.__name__}")
        return body

    def __repr__(self) -> str:
        return f"Message(seq={self.seq}, sender={self.sender!r}, to={self.to!r}, text={self.text[:60]!r})"


class Entries(Sequence[Entry]):
    """A bounded view of a transcript's entries: no copy, and it does not grow when the transcript does."""

    __slots__ = ("_entries", "_start", "_stop")

    def __init__(self, entries: list[Entry], start: int, stop: int) -> None:
        self._entries = entries
        self._start = start
        self._stop = stop

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Entries: ...
    def __getitem__(self, index: int | slice) -> Entry | Entries:
        places = range(self._start, self._stop)[index]
        if isinstance(places, int):
            return self._entries[places]
        if places.step != 1:
            raise ValueError("a view of a transcript goes forward, one by one")
        return Entries(self._entries, places.start, max(places.start, places.stop))

    def __iter__(self) -> Iterator[Entry]:
        for place in range(self._start, self._stop):
            yield self._entries[place]


@contextmanager
def _uncollected() -> Iterator[None]:
    """While a log is read, and no longer, the collector of circles rests.

    It would walk over all that was read, again and again, and find nothing, for no entry refers to itself. That took
    more than a third of the time of 100,000 events.
    """
    resting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if resting:
            gc.enable()


class Transcript:
    """An append-only, ordered, chained log of entries.

    `transcript[7]` is the entry with sequence number 7; `len` counts entries; `since(7)` is a view of all after 7.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lines: list[bytes] = []
        self._blobs: dict[str, bytes] = {}
        self._head: str | None = NO_LINE  # worked out when it is asked for
        self._folds: dict[Fold[Any], tuple[int, Any]] = {}
        self._written: dict[int, Entry] = {}  # entries that were edited since, as they were written
        self._body: tuple[int, Body] | None = None  # the message that was looked at last, for several look at each
        self.torn: int = 0
        """Bytes of an unfinished last line that were cut off when this was loaded."""

    # reading

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.since(0))

    def __getitem__(self, seq: int) -> Entry:
        if 0 < seq <= len(self._entries):
            return self._entries[seq - 1]
        raise IndexError(f"there is no event {seq}; the transcript has events 1 to {len(self._entries)}")

    @property
    def head(self) -> str:
        """SHA-256 of the last stored line; 64 zeros when empty."""
        if self._head is None:
            self._head = digest(self._lines[-1]) if self._lines else NO_LINE
        return self._head

    @property
    def conversation(self) -> str:
        """The conversation's id: that of the branch, where this is one. Raises NotATranscript when empty."""
        first = self._entries[0].event if self._entries else None
        if not isinstance(first, Opened):
            raise NotATranscript("a transcript begins with an Opened event")
        forks = self.fold(_FORKS)
        return forks[-1].branch if forks else first.conversation

    @property
    def forks(self) -> tuple[Forked, ...]:
        """Where this branch left which conversation, the oldest first; empty for a conversation that is no branch."""
        return self.fold(_FORKS)

    def since(self, seq: int) -> Entries:
        """A view of the entries after `seq`."""
        return Entries(self._entries, min(seq, len(self._entries)), len(self._entries))

    def recorded(self, seq: int) -> Entry:
        """The entry as it was written, whatever an edit made of it since."""
        return self._written.get(seq) or self[seq]

    def started(self, call: int) -> CallStarted | None:
        """The start of a call; None where the event of this number is none, or there is no such event."""
        event = self._entries[call - 1].event if 1 <= call <= len(self._entries) else None
        return event if isinstance(event, CallStarted) else None

    def as_written(self) -> Iterator[Entry]:
        """Every entry as it was written, in order."""
        written = self._written
        for entry in self._entries:
            yield written.get(entry.seq, entry) if written else entry

    def upto(self, seq: int) -> Transcript:
        """The transcript as it was when the entry `seq` was its last (a copy of its own; linear)."""
        if not 0 <= seq <= len(self._entries):
            raise NoSuchEvent(f"there is no event {seq}; the transcript has events 1 to {len(self._entries)}")
        prefix = Transcript()
        prefix._blobs = self._blobs
        if self._written:
            for place in range(1, seq + 1):
                prefix.append(self.recorded(place), self.line(place))
        else:
            prefix._entries, prefix._lines = self._entries[:seq], self._lines[:seq]
            prefix._head = None
        return prefix

    def line(self, seq: int) -> bytes:
        """The stored bytes of an entry, without line end."""
        if seq < 1:
            raise IndexError(f"there is no event {seq}; the first is event 1")
        return self._lines[seq - 1]

    def blobs(self) -> Mapping[str, bytes]:
        """The large payloads by digest, as stored."""
        return self._blobs

    def blobs_of(self, line: bytes) -> dict[str, bytes]:
        """The large payloads that a stored line refers to."""
        return {name: self._blobs[name] for name in blob_names(line)} if self._blobs else {}

    def body(self, seq: int) -> Body:
        """The body of the Said at `seq`, put together from the calls it refers to where it holds none itself."""
        kept = self._body
        if kept is not None and kept[0] == seq:
            return kept[1]
        body = self._said(seq)[1]
        self._body = (seq, body)
        return body

    def message(self, seq: int) -> Message:
        """The message at `seq`. Raises TranscriptError when that event is none."""
        return Message(self[seq], *self._said(seq))

    def messages(self) -> tuple[Message, ...]:
        """All messages in order (a copy; linear)."""
        return tuple(
            Message(entry, entry.event, self.body_of(entry.event)) for entry in self if isinstance(entry.event, Said)
        )

    def fold(self, fold: Fold[S]) -> S:
        """The state of a fold over all entries so far. Asked again, only the new entries are taken in.

        The state belongs to the transcript: read it, do not change it.
        """
        kept, entries = self._folds.get(fold), self._entries
        total = len(entries)
        if kept is not None and kept[0] == total:
            result: S = kept[1]
            return result
        upto, state = (0, fold.start()) if kept is None else kept
        step, on = fold.step, fold.on
        try:
            for entry in entries[upto:] if upto else entries:
                if on is None or type(entry.event) in on:
                    state = step(state, entry, self)
        except BaseException:
            self._folds.pop(fold, None)  # half a step may be in the state
            raise
        self._folds[fold] = (total, state)
        return state

    # writing

    def next(self, event: Event, *, at: float, active: float, cause: int) -> Entry:
        """The entry that would hold this event next. Nothing is appended."""
        return Entry(len(self._entries) + 1, at, active, cause, self.head, event)

    def append(self, entry: Entry, line: bytes | None = None, blobs: Mapping[str, bytes] | None = None) -> bytes:
        """Take an entry in and return its stored line. `line` and `blobs` are given where it was read from a store.

        Raises OutOfOrder for a gap or a duplicate, DamagedTranscript where the chain does not hold.
        """
        if entry.seq != len(self._entries) + 1:
            word = "comes twice" if entry.seq <= len(self._entries) else f"follows {len(self._entries)}: a gap"
            raise OutOfOrder(f"event {entry.seq} {word}")
        if entry.prev != self.head:
            how = CR_LF if line is not None and line.endswith(b"\r") else "one was changed"
            raise DamagedTranscript(f"event {entry.seq} does not continue the line before it; {how}")
        if line is None:
            line, blobs = encode(entry)
        self._take(entry, line, blobs)
        return line

    def follow(self, whole: Transcript) -> Entry:
        """Take in, as it was written, the next entry of a log that this is the beginning of, and give it.

        Nothing is checked again. Raises IndexError at the end of the log.
        """
        place = len(self._entries)
        entry = whole._written.get(place + 1) or whole._entries[place]
        self._blobs = whole._blobs
        self._take(entry, whole._lines[place], None)
        return entry

    def enter(self, event: Event, *, at: float, active: float, cause: int) -> Entry:
        """Append an event as the next entry. Raises ValueError where it cannot be written."""
        entry = Entry(len(self._entries) + 1, at, active, cause, self.head, event)
        self._take(entry, *encode(entry))
        return entry

    def _take(self, entry: Entry, line: bytes, blobs: Mapping[str, bytes] | None) -> None:
        if blobs:
            self._blobs.update(blobs)
        self._entries.append(entry)
        self._lines.append(line)
        if type(entry.event) is Edited:
            self._edit(entry.event)
        self._head = None

    def _edit(self, edited: Edited) -> None:
        """Let the target of an edit read as what it was changed into. Raises EditRefused, and nothing was entered."""
        try:
            new = changed(self._entries, edited, lambda seq: digest(self._lines[seq - 1]))
        except BaseException:
            del self._entries[-1], self._lines[-1]
            raise
        self._written.setdefault(new.seq, self._entries[new.seq - 1])
        self._entries[new.seq - 1] = new
        self._forget()

    def rewind(self, seq: int) -> None:
        """Forget every entry after `seq` (they were never stored); folds start anew."""
        if any(isinstance(self.recorded(place).event, Edited) for place in range(seq + 1, len(self._entries) + 1)):
            kept = self.upto(seq)
            self._entries, self._lines, self._written = kept._entries, kept._lines, kept._written
        del self._entries[seq:]
        del self._lines[seq:]
        self._head = None
        self._forget()

    def _forget(self) -> None:
        """Work out anew, when it is asked for, what was worked out from entries that are others now."""
        self._folds.clear()
        self._body = None

    # files

    def dumps(self) -> bytes:
        """The portable form: JSON Lines, each payload line once, before the first entry that refers to it."""
        out = bytearray()
        written: set[str] = set()
        for line in self._lines:
            for name in blob_names(line):
                if name not in written:
                    written.add(name)
                    out += blob_line(self._blobs[name]) + b"\n"
            out += line + b"\n"
        return bytes(out)

    @classmethod
    def loads(cls, data: bytes) -> Transcript:
        """Read the portable form back. An unfinished last line is cut off and counted in `torn`.

        Raises a TranscriptError that names the line.
        """
        for beginning, how in _BEGINNINGS:
            if data.startswith(beginning):
                raise NotATranscript(f"this is no transcript as it was written: {how}")
        lines, torn = split_lines(data)
        if lines and not lines[0].startswith((b'{"v":', b'{"blob":')):
            raise NotATranscript("this is no entry of a transcript", line=1)
        transcript = cls.from_lines(lines)
        transcript.torn = torn
        if not transcript._entries:
            raise NotATranscript("the file holds no complete event")
        return transcript

    @classmethod
    def from_lines(cls, lines: Iterable[bytes], blob: Callable[[str], bytes] | None = None) -> Transcript:
        """A transcript from stored lines; `blob` fetches payloads that are not lines themselves."""
        transcript = cls()
        transcript.extend(lines, blob)
        return transcript

    def extend(self, lines: Iterable[bytes], blob: Callable[[str], bytes] | None = None) -> None:
        """Take in stored lines that follow the last entry."""
        with _uncollected():
            self._extend(lines, blob)

    def _extend(self, lines: Iterable[bytes], blob: Callable[[str], bytes] | None) -> None:
        number = len(self._entries)

        def fetch(name: str) -> bytes:
            if name not in self._blobs:
                if blob is None:
                    raise KeyError(name)
                self._blobs[name] = blob(name)
            return self._blobs[name]

        head = self.head
        for line in lines:
            number += 1
            try:
                kept = read_blob_line(line) if line.startswith(BLOB_LINE) else None
                if kept is not None:
                    self._blobs[kept[0]] = kept[1]
                    continue
                entry = decode(line, fetch)
                if entry.seq == len(self._entries) + 1 and entry.prev == head and type(entry.event) is not Edited:
                    self._entries.append(entry)
                    self._lines.append(line)
                else:
                    self._head = head
                    self.append(entry, line)  # it says what is wrong
            except TranscriptError as error:
                self._head = None
                raise type(error)(str(error), line=number) from None
            head = digest(line)
        self._head = head

    def save(self, path: str | Path) -> Path:
        """Write the portable form to a file, whole or not at all. Returns the path. Raises StoreUnavailable."""
        target = Path(path)
        partial = target.with_name(f".{target.name}.{self.head[:12]}.partial")
        try:
            partial.write_bytes(self.dumps())
            return partial.replace(target)
        except OSError as error:
            raise StoreUnavailable(f"{target}: cannot be written ({error.strerror})") from None

    @classmethod
    def load(cls, path: str | Path) -> Transcript:
        """Read a transcript file. Nothing in it is imported, called or unpickled.

        Raises NotATranscript where there is no such file or it is something else, or another TranscriptError that
        names the line.
        """
        if not isinstance(path, str | Path):
            hint = "; give its .transcript" if isinstance(getattr(path, "transcript", None), cls) else ""
            raise NotATranscript(f"a transcript or the path of its file is needed, not {type(path).__name__}{hint}")
        target = Path(path)
        try:
            data = target.read_bytes()
        except OSError as error:
            hint = "" if target.suffix else f"; {_KEPT}"
            raise NotATranscript(f"{target}: cannot be read ({error.strerror}){hint}") from None
        if data.startswith(b"SQLite format 3\0"):
            raise NotATranscript(f"{target}: this is a store, not a transcript; {_KEPT}")
        try:
            return cls.loads(data)
        except TranscriptError as error:
            named = type(error)(f"{target}: {error}")
            named.line = error.line
            raise named from None

    # helpers

    def _said(self, seq: int) -> tuple[Said, Body]:
        said = self[seq].event
        if not isinstance(said, Said):
            raise TranscriptError(f"event {seq} is {said.kind}, not said")
        return said, self.body_of(said)

    def parts_of(self, said: Said) -> tuple[Part, ...] | None:
        """The parts of an ordinary message, found without building its body; None for any other message."""
        body, calls = said.body, said.from_calls
        if said.type is not None:
            return None
        if body is not None:
            return body.parts if isinstance(body, Text) else None
        result = self._result(calls[0]) if calls is not None and len(calls) == 1 else None
        return result.parts if isinstance(result, Reply) else None

    def body_of(self, said: Said) -> Body:
        """The body of a message, whether it is entered already or not."""
        if said.body is not None:
            return said.body
        parts = self.parts_of(said)
        if parts is not None:
            return Text(parts=parts)
        results = [self._result(call) for call in said.from_calls or ()]
        if said.type is not None and len(results) == 1 and isinstance(results[0], Reply):
            return _typed(said.type, results[0])
        runs = tuple(result for result in results if isinstance(result, CodeRun))
        if len(runs) != len(results) or not runs:
            raise DamagedTranscript(f"a message of {said.sender} has no body and refers to no call that gives one")
        return CodeResult(runs=runs, skipped=said.skipped or 0)

    def _result(self, seq: int) -> object:
        event = self[seq].event if 1 <= seq <= len(self._entries) else None
        return event.result if isinstance(event, CallFinished) else None


def _forked(forks: tuple[Forked, ...], entry: Entry, _: Transcript) -> tuple[Forked, ...]:
    assert isinstance(entry.event, Forked)
    return (*forks, entry.event)


_KEPT: Final = "a conversation that a store keeps is read by its id: `await chat.read(id)`"
_FORKS: Final[Fold[tuple[Forked, ...]]] = Fold(tuple, _forked, on=frozenset({Forked}))


def _typed(name: str, reply: Reply) -> Body:
    """The typed message that a reply holds word for word: the arguments of its last tool call, else its text."""
    calls = reply.tool_calls
    try:
        value = json.loads(calls[-1].arguments if calls else reply.text)
        return Direction.model_validate(value) if name == "Direction" else Data(type=name, value=value)
    except (ValueError, RecursionError):
        raise DamagedTranscript(f"a message says that a reply is a {name}, and the reply is none") from None


_BEGINNINGS: Final = (
    (b"\x1f\x8b", "it is compressed; unpack it with gunzip"),
    (b"\xef\xbb\xbf", "something put a byte order mark before it; save it as UTF-8 without one"),
    (b"\xff\xfe", "something made UTF-16 of it; save it as UTF-8"),
    (b"\xfe\xff", "something made UTF-16 of it; save it as UTF-8"),
)
"""How files begin that were a transcript before a tool went over them, and what puts them right."""


def split_lines(data: bytes) -> tuple[list[bytes], int]:
    """The complete lines of a file, and how many bytes of an unfinished last one stand behind them."""
    lines = data.split(b"\n")
    torn = len(lines.pop())
    return lines, torn
