"""A JSONL transcript file under its lock: read, appended to, and cut back to its last whole line.

Every act opens the file, locks it (flock; exclusive to write, shared to read), looks at what grew since the last look,
acts, and closes. Nothing is held between two acts, so any number of processes share the file. A file that is no
transcript is never changed. No event loop enters here; `jsonl.JsonlStore` is the face.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

from agentchat.errors import (
    Conflict,
    ConversationExists,
    NoSuchConversation,
    StoreUnavailable,
    TranscriptError,
)
from agentchat.seams import Glance, Head
from agentchat.stores.jsonl_lines import Lines, opened_id
from agentchat.stores.places import make_parents, sync_directory, unavailable, write_whole
from agentchat.transcript.chain import blob_line, read_blob_line

PATIENCE: Final = 10.0
"""Seconds to wait for another process that has the file locked."""


class LineFile:
    """One file, one conversation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = 0
        self._lock = Lock()
        self._lines = Lines(path)
        self._identity: tuple[int, int] | None = None

    @property
    def conversation(self) -> str | None:
        """The conversation that the file holds, as far as it was looked at."""
        return self._lines.conversation

    def append(self, conversation: str, lines: Sequence[bytes], after: int, blobs: Mapping[str, bytes] | None) -> None:
        """Write payloads and lines at the end, all or none. Raises what `Log.append` does, and ConversationExists."""
        if any(b"\n" in line for line in lines):
            raise ValueError("a line holds a line end")
        with self.locked(write=True, create=after == 0) as handle:
            if handle is None:
                raise Conflict(conversation, after, 0)
            known = self._lines
            if known.conversation is not None and known.conversation != conversation:
                raise ConversationExists(
                    f"{self.path}: the file holds conversation {known.conversation!r} and a file holds one; "
                    f"give another path for {conversation!r}"
                )
            if known.seq != after:
                raise Conflict(conversation, after, known.seq)
            if not lines:
                return
            if after == 0 and opened_id(lines[0]) != conversation:
                raise ValueError(f"the first line is not that of an Opened event of {conversation!r}")
            payloads = [blob_line(data) for name, data in (blobs or {}).items() if name not in known.blobs]
            data = b"".join(line + b"\n" for line in (*payloads, *lines))
            self._write(handle, data)
            known.wrote(conversation, data)

    def begin(self, lines: Sequence[bytes]) -> None:
        """Write the whole file at once, or nothing. Raises ConversationExists where it holds anything already."""
        try:
            with self.locked(write=True, create=True):
                if self._lines.size or self._lines.torn:
                    raise ConversationExists(f"there is a file {self.path} already; use another name")
                try:
                    write_whole(self.path, (line + b"\n" for line in lines))
                except BaseException:
                    self.path.unlink()
                    raise
        except TranscriptError:
            raise ConversationExists(f"there is a file {self.path} already; use another name") from None

    def read(self, conversation: str, after: int) -> list[bytes]:
        """The lines after `after`. Raises what `Log.read` does, and NotATranscript."""
        with self.locked(write=False) as handle:
            if handle is None or self._lines.conversation != conversation:
                raise NoSuchConversation(f"there is no conversation {conversation!r} in {self.path}")
            return self._between(handle, max(0, after), self._lines.seq)

    def _between(self, handle: int, after: int, last: int) -> list[bytes]:
        """The lines of the entries after `after` and up to `last`."""
        start = self._lines.start(after + 1)
        data = _read(handle, start, self._lines.start(last + 1) - start)
        return [line for line in data.split(b"\n")[:-1] if not line.startswith(b'{"blob"')]

    def heads(self) -> list[Head]:
        """The one head, or none."""
        with self.locked(write=False) as handle:
            if handle is None or self._lines.conversation is None:
                return []
            return [Head(self._lines.conversation, self._lines.seq, self._lines.head)]

    def glances(self, first: int, owner: Callable[[], str | None]) -> list[Glance]:
        """A look at the one conversation, or none. `owner` is asked under the lock."""
        with self.locked(write=False) as handle:
            known = self._lines
            if handle is None or known.conversation is None:
                return []
            head = Head(known.conversation, known.seq, known.head)
            beginning = self._between(handle, 0, min(first, known.seq))
            return [Glance(head, tuple(beginning), self._between(handle, known.seq - 1, known.seq)[0], owner())]

    def get_blob(self, name: str) -> bytes:
        """The payload. Raises KeyError, DamagedTranscript."""
        with self.locked(write=False) as handle:
            if handle is None or name not in self._lines.blobs:
                raise KeyError(name)
            kept = read_blob_line(_read(handle, *self._lines.blobs[name]))
        if kept is None or kept[0] != name:
            raise KeyError(name)
        return kept[1]

    def check_conversation(self, conversation: str) -> int:
        """Under the lock: the head of this conversation. Raises NoSuchConversation where the file holds another."""
        if self._lines.conversation not in (None, conversation):
            raise NoSuchConversation(f"there is no conversation {conversation!r} in {self.path}")
        return self._lines.seq

    @contextmanager
    def locked(self, *, write: bool, create: bool = False) -> Iterator[int | None]:
        """The file open and locked, and all it holds taken in; None where there is none and none is to be created.

        Raises StoreUnavailable, TranscriptError.
        """
        with self._lock:
            try:
                handle = self._open_locked(write, create)
                if handle is None:
                    self._identity, self._lines = None, Lines(self.path)
                    yield None
                    return
                try:
                    self._look(handle)
                    yield handle
                finally:
                    os.close(handle)
            except OSError as error:
                raise unavailable(self.path, error) from error

    def _open_locked(self, write: bool, create: bool) -> int | None:
        while True:
            handle = self._open(write, create)
            if handle is None:
                return None
            try:
                self._wait_for_lock(handle, fcntl.LOCK_EX if write else fcntl.LOCK_SH)
                if self._is_in_place(handle):
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)  # it was removed while this waited: what is written to it now would be lost

    def _open(self, write: bool, create: bool) -> int | None:
        # Without O_NONBLOCK, opening a named pipe waits for somebody at its other end.
        flags = os.O_NONBLOCK | os.O_CLOEXEC | (os.O_RDWR if write else os.O_RDONLY)
        try:
            return os.open(self.path, flags)
        except (FileNotFoundError, NotADirectoryError):
            if not create:
                return None
        make_parents(self.path)
        handle = os.open(self.path, flags | os.O_CREAT, 0o600)
        sync_directory(self.path.parent)
        return handle

    def _is_in_place(self, handle: int) -> bool:
        """Whether the open file is still the one of this name."""
        try:
            return os.path.samestat(os.fstat(handle), self.path.stat())
        except FileNotFoundError:
            return False

    def _wait_for_lock(self, handle: int, kind: int) -> None:
        """Polled, for a stopped process may hold the lock for ever."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    raise StoreUnavailable(
                        f"{self.path}: another process has had the file locked for {PATIENCE:g} s; see that it ends"
                    ) from None
            time.sleep(0.001)

    def _look(self, handle: int) -> None:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise StoreUnavailable(f"{self.path}: this is no regular file; give another path as store")
        identity = (facts.st_dev, facts.st_ino)
        if identity != self._identity or facts.st_size < self._lines.size:
            self._identity, self._lines = identity, Lines(self.path)  # another file under the same name
        known = self._lines
        if facts.st_size == known.size:
            known.torn = 0
            return
        try:
            known.take_in(_read(handle, known.size, facts.st_size - known.size))
        except BaseException:
            self._identity = None
            raise
        if known.torn:
            self.torn = known.torn

    def _write(self, handle: int, data: bytes) -> None:
        """Cut a torn tail, write, sync. Where that fails, the file is as it was, the torn tail apart."""
        whole = self._lines.size
        if self._lines.torn:
            os.ftruncate(handle, whole)
        try:
            os.lseek(handle, whole, os.SEEK_SET)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        except BaseException:
            os.ftruncate(handle, whole)
            raise


def _read(handle: int, start: int, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := os.pread(handle, size, start)):
        pieces.append(piece)
        start += len(piece)
        size -= len(piece)
    return b"".join(pieces)
