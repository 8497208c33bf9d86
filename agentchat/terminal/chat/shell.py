"""Commands of the user's own, run beside the chat: a line for the shell, or one of our own commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import anyio
import anyio.abc

LARGEST: Final = 1024 * 1024
"""Bytes of output that are kept."""


class Ran(NamedTuple):
    """What a command printed, out and err together, and its exit code; None where it was stopped."""

    output: str
    code: int | None


_WATCHED: Final = 'exec 3<&0 </dev/null; (read -r _ <&3; kill -9 0) >/dev/null 2>&1 & exec 3<&-; exec "$1" -c "$2"'
"""A shell beside the command reads from a pipe that only this process holds open: when we end, however we end, it kills
their process group, and with it what runs on in the background.
"""


@cache
def _alive() -> int:
    """The end to read from of a pipe whose other end is never written to, and closes with this process."""
    return os.pipe()[0]


async def run_line(line: str) -> Ran:
    """Run a line in the user's shell, with nothing on its standard input. What it leaves running ends with us."""
    shell = os.environ.get("SHELL") or "/bin/sh"
    return await _run(["/bin/sh", "-c", _WATCHED, "sh", shell, line], None, stdin=_alive())


async def run_own(words: Sequence[str], width: int, *, plain: bool = False) -> Ran:
    """Run one of our commands, with its colours but for a plain terminal."""
    env = {**os.environ, "COLUMNS": str(width), "FORCE_COLOR": "1"}
    if plain or "NO_COLOR" in os.environ:
        env.pop("FORCE_COLOR")
    return await _run([sys.executable, "-m", "agentchat", *words], env)


async def _run(words: Sequence[str], env: dict[str, str] | None, *, stdin: int = subprocess.DEVNULL) -> Ran:
    """Run it to its end. Cancellation kills it with all that it started."""
    process = await anyio.open_process(words, stdin=stdin, stderr=subprocess.STDOUT, env=env, start_new_session=True)
    kept = bytearray()
    cut = False
    try:
        assert process.stdout is not None
        async for piece in process.stdout:
            room = LARGEST - len(kept)
            cut = cut or len(piece) > room
            kept += piece[:room]
        code = await process.wait()
    except BaseException:
        _kill(process)
        with anyio.CancelScope(shield=True):
            await process.wait()
        raise
    finally:
        with anyio.CancelScope(shield=True):
            await process.aclose()
    return Ran(kept.decode(errors="replace") + ("\n[the rest was left out]\n" if cut else ""), code)


def _kill(process: anyio.abc.Process) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        process.kill()
