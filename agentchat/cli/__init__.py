"""The commands: thin, they parse, call and print. No command decides anything that a program could not do as well.

Only `main` lives here. What a command needs is imported when that command runs: `agentchat --help` must come at once.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Final, NoReturn

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
"""Stores tell these in words of their own; what is left is what a command prints."""

_SHORT: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
"""Too few open files, processes or bytes for what a command needs."""

_KEPT: Final = "what a run had recorded is kept (agentchat ls)"


def main() -> None:
    """The program `agentchat`."""
    try:  # around the imports too: Ctrl-C comes at any time
        from agentchat.cli.streams import make_safe

        make_safe()
        from agentchat.cli.app import app

        app(prog_name="agentchat")
    except KeyboardInterrupt:
        sys.exit(130)
    except MemoryError:
        _give_up(f"there is too little memory: raise the limit (ulimit -v); {_KEPT}")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        if error.errno in _NO_ROOM:
            from agentchat.cli.streams import let_go_of_stdout

            let_go_of_stdout()  # what is still to be written would fail again when the process ends
            _give_up(f"standard output cannot be written ({why}): make room; {_KEPT}")
        if error.errno in _SHORT:
            _give_up(f"the system gives this process too little ({why}): raise its limits (ulimit -a); {_KEPT}")
        if error.filename is None:
            raise
        _give_up(f"{os.fsdecode(error.filename)!r}: {why}; name another file, folder or conversation", code=2)


def _give_up(told: str, code: int = 1) -> NoReturn:
    sys.stderr.write(f"agentchat: {told}\n")
    sys.exit(code)
