"""The commands: thin, they parse, call and print. No command decides anything that a program could not do as well.

Only `main` lives here. What a command needs is imported when that command runs: `agentchat --help` must come at once.
"""

from __future__ import annotations

import sys


def main() -> None:
    """The program `agentchat`."""
    try:
        # A character that the terminal cannot show must not end a conversation.
        for stream in (sys.stdout, sys.stderr):
            getattr(stream, "reconfigure", _nothing)(errors="replace")
        from agentchat.cli.app import app

        app(prog_name="agentchat")
    except KeyboardInterrupt:
        sys.exit(130)


def _nothing(*, errors: str) -> None:
    """Streams that are no text files of Python's own are left alone."""
