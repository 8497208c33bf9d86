"""What is known of a JSONL transcript file: where its lines are, how far they were read, and what the head is.

Pure bookkeeping over bytes: it is fed what the file holds, in pieces that follow each other, and no file enters here.
A line is looked at as far as the store must, which is its place and its link to the line before; what the event says
is the transcript's business.
"""

from __future__ import annotations

from array import array
from pathlib import Path

from pydantic_core import from_json

from agentchat.errors import DamagedTranscript, NotATranscript, TranscriptError
from agentchat.transcript.chain import CR_LF, NO_LINE, digest, read_blob_line

_BEGINNINGS = (b'{"v":', b'{"blob":')


def opened_id(line: bytes) -> str | None:
    """The conversation that the line of an Opened entry names; None for any other line."""
    try:
        event = from_json(line)["event"]
        return str(event["conversation"]) if event["kind"] == "opened" else None
    except (ValueError, KeyError, TypeError):
        return None


def branch_id(line: bytes) -> str | None:
    """The branch that the line of a Forked entry begins; None for any other line."""
    if b'"event":{"kind":"forked"' not in line:
        return None
    try:
        return str(from_json(line)["event"]["branch"])
    except (ValueError, KeyError, TypeError):
        return None


class Lines:
    """The complete lines of one file, as far as they were taken in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        """Bytes of complete lines taken in."""
        self.count = 0
        """Lines taken in, payload lines included."""
        self.conversation: str | None = None
        self.head = NO_LINE
        self.torn = 0
        """Bytes of an unfinished last line behind the complete ones."""
        self.blobs: dict[str, tuple[int, int]] = {}
        """Where payload lines are: offset and length."""
        self._starts = array("Q")

    @property
    def seq(self) -> int:
        """The sequence number of the last entry."""
        return len(self._starts)

    def start(self, seq: int) -> int:
        """The offset of an entry's line; of the end for the entry after the last."""
        return self._starts[seq - 1] if seq <= len(self._starts) else self.size

    def take_in(self, data: bytes) -> None:
        """Take in what follows. Raises NotATranscript, or DamagedTranscript with the line."""
        complete = data.rfind(b"\n") + 1
        for line in data[: complete - 1].split(b"\n") if complete else ():
            try:
                self._take_line(line)
            except TranscriptError as error:
                named = type(error)(f"{self.path}: line {self.count + 1}: {error}")
                named.line = self.count + 1
                raise named from None
            self.size += len(line) + 1
            self.count += 1
        self.torn = len(data) - complete
        tail = data[complete:]
        if not self.size and tail and not any(tail.startswith(b) or b.startswith(tail) for b in _BEGINNINGS):
            raise NotATranscript(f"{self.path}: this file is no transcript; give another path as store")

    def wrote(self, conversation: str, data: bytes) -> None:
        """Take in what this process has just written itself."""
        self.conversation = conversation
        for line in data[:-1].split(b"\n"):
            if line.startswith(b'{"blob"'):
                self._note_blob(line)
            else:
                self._starts.append(self.size)
                self.head = digest(line)
            self.size += len(line) + 1
            self.count += 1
        self.torn = 0

    def _take_line(self, line: bytes) -> None:
        if line.startswith(b'{"blob"'):
            read_blob_line(line)
            self._note_blob(line)
            return
        if self.conversation is None:
            self.conversation = opened_id(line)
            if self.conversation is None:
                raise NotATranscript("a transcript begins with an Opened event; give another path as store")
        else:
            self.conversation = branch_id(line) or self.conversation
        try:
            raw = from_json(line)
            seq, prev = raw["seq"], raw["prev"]
        except (ValueError, KeyError, TypeError):
            raise DamagedTranscript("this is no entry of a transcript") from None
        if seq != self.seq + 1:
            raise DamagedTranscript(f"event {seq!r} where event {self.seq + 1} should be")
        if prev != self.head:
            how = CR_LF if line.endswith(b"\r") else "one of the two was changed"
            raise DamagedTranscript(f"this does not continue the line before it: {how}")
        self._starts.append(self.size)
        self.head = digest(line)

    def _note_blob(self, line: bytes) -> None:
        # {"blob": "<64 hex digits>", ...: the name is at a fixed place, and was checked where it is not our own.
        name = line.split(b'"', 4)[3].decode()
        self.blobs.setdefault(name, (self.size, len(line)))
