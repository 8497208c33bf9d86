"""The commands: thin, they parse, call and print. No command decides anything that a program could not do as well.

Only `main` lives here. What a command needs is imported when that command runs: `agentchat --help` must come at once.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Final

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
"""Stores tell these in words of their own; what is left is what a command prints."""


def main() -> None:
    """The program `agentchat`."""
    try:
        _fill_in()
        # A character that the terminal cannot show must not end a conversation.
        for stream in (sys.stdout, sys.stderr):
            getattr(stream, "reconfigure", _nothing)(errors="replace")
        from agentchat.cli.app import app

        app(prog_name="agentchat")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        # what is still to be written would fail again when the process ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        told = f"standard output cannot be written ({os.strerror(error.errno).lower()}): make room"
        sys.stderr.write(f"agentchat: {told}; what a run had recorded is kept (agentchat ls)\n")
        sys.exit(1)


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
