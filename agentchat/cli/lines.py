"""A run as JSON Lines on stdout: the stored bytes of each entry as it is entered. Together they are a file."""

from __future__ import annotations

import sys
from collections.abc import Callable

from agentchat.run import Run
from agentchat.seams import Delta
from agentchat.transcript.chain import blob_line, blob_names
from agentchat.transcript.events import Entry
from agentchat.transcript.transcript import Transcript


class LinePrinter:
    """Prints lines. A large payload comes as a line of its own before the entry that refers to it."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._told: set[str] = set()

    @classmethod
    def watching(cls, run: Run) -> Callable[[Entry | Delta], None]:
        """The printer of a run."""
        return cls(run.transcript).show

    def show(self, item: Entry | Delta) -> None:
        """Print an entry; text that only arrives is no part of the record."""
        if isinstance(item, Delta):
            return
        line = self._transcript.line(item.seq)
        names = [name for name in blob_names(line) if name not in self._told]
        self._told.update(names)
        out = sys.stdout.buffer
        for data in (*(blob_line(self._transcript.blobs()[name]) for name in names), line):
            out.write(data + b"\n")
        out.flush()
