"""The three standard streams, made safe for a run: closed ones lead nowhere, and what stderr cannot take is dropped.

The answer goes to stdout; a reader of stderr that went away, or a full disk behind it, must not stop a run in the
middle. What stdout cannot take is an error, and told by `main` and `app`. Nothing heavy is imported here, for the
program starts with it.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Final

from typing_extensions import Buffer

_LOST: Final = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Unheard(io.FileIO):
    """A file whose reader may go away, and whose disk may be full: what it cannot take is dropped."""

    def write(self, data: Buffer, /) -> int:
        """Write, or drop."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in _LOST:
                raise
            return memoryview(data).nbytes


def make_safe() -> None:
    """Prepare the streams of the process."""
    _fill_in()
    # A character that the terminal cannot show must not end a conversation.
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", _nothing)(errors="replace")
    if isinstance(sys.stderr, io.TextIOWrapper):
        raw: io.RawIOBase = _Unheard(sys.stderr.fileno(), "w", closefd=False)
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(raw), sys.stderr.encoding, "replace", line_buffering=True)


def let_go_of_stdout() -> None:
    """What is still to be written to stdout goes nowhere, without a word at the end of the process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _fill_in() -> None:
    """Streams that the caller had closed lead nowhere: their numbers must not fall to a store or a transcript."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115 - for the process


def _nothing(*, errors: str) -> None:
    """Streams that are no text files of Python's own are left alone."""
