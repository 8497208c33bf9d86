"""Programs on the host itself, as the user who runs us. NO ISOLATION: they read, change and send what the user can.

Only for people who ask for it by its name, "unsafe-host"; nothing chooses it for them. What it does give: an empty
folder to start in, an environment without the user's secrets, capped output, a wall clock, and the death of every
process that the program started.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import anyio
import anyio.to_thread

from agentchat.errors import SandboxError, SandboxUnavailable
from agentchat.sandboxes import pictures, programs
from agentchat.sandboxes.programs import PYTHON, Program
from agentchat.sandboxes.running import Ended, attend, limited, report, start
from agentchat.seams import Limits
from agentchat.transcript.messages import CodeRun

# what programs need, a Python with libraries of its own place among them; keys and tokens have other names
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
MARK = "AGENTCHAT_PROGRAM"
ROUNDS = 100  # looks at the process table; each kills what forked away during the one before


class HostSandbox:
    """Runs Python and shell programs without isolation. `limits.processes` is not applied: it would count everything
    else that the user runs; memory and file size are bounded where `prlimit` is installed.
    """

    name = "unsafe-host"

    def languages(self) -> frozenset[str]:
        """Python, and the shells on the PATH."""
        shells = [shell for shell in ("bash", "sh") if shutil.which(shell)]
        return frozenset(name for name, it in programs.PROGRAMS.items() if it is PYTHON or it.interpreter in shells)

    async def probe(self) -> str | None:
        """None: it needs nothing but processes."""
        return None if os.name == "posix" else "the host sandbox needs a POSIX system"

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        """Run one program. Raises SandboxUnavailable or SandboxError when it could not be started."""
        program = programs.find(language, self.languages())
        if program is None:
            return programs.unsupported(language, self.name, self.languages())
        if (reason := await self.probe()) is not None:
            raise SandboxUnavailable(reason)
        return report(await _run(source, program, limits), language)


async def _run(source: str, program: Program, limits: Limits) -> Ended:
    try:
        with anyio.CancelScope(shield=True):  # or a cancelled call would leave the folder behind
            folder = await anyio.to_thread.run_sync(_prepare, source, program)
    except OSError as error:
        raise SandboxError(f"no folder for the program: {error}") from error
    try:
        return await _start(folder.name, program, limits)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(folder.cleanup)


def _prepare(source: str, program: Program) -> tempfile.TemporaryDirectory[str]:
    # Cleaning up may fail at what a program left behind (an immutable file, a mount): no reason to lose its result.
    folder = tempfile.TemporaryDirectory(prefix="agentchat-", ignore_cleanup_errors=True)
    Path(folder.name, program.file).write_bytes(source.encode("utf-8", "surrogatepass"))
    return folder


async def _start(folder: str, program: Program, limits: Limits) -> Ended:
    mark = f"{MARK}={secrets.token_hex(16)}"
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    env |= {"TMPDIR": folder, **dict([mark.split("=", 1)])}
    interpreter = sys.executable if program is PYTHON else program.interpreter
    file = os.path.join(folder, program.file)
    command = pictures.around([interpreter, *program.options, file])
    if shutil.which("prlimit"):
        command = limited(command, limits, processes=False)
    try:
        started = start(command, env, cwd=folder)
    except OSError as error:
        raise SandboxError(f"{interpreter} cannot be started: {error.strerror}") from error

    async def kill() -> None:
        for _ in range(ROUNDS):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(started.process.pid, signal.SIGKILL)
            strays = _marked(mark.encode())
            for stray in strays:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(stray, signal.SIGKILL)
            if not strays:
                return
            await anyio.sleep(0.01)

    end = await attend(started, kill, limits)
    return end._replace(stderr=end.stderr.replace(file.encode(), program.file.encode()))


def _marked(mark: bytes) -> list[int]:
    """Processes that carry the mark of this run in their environment: those that left the process group too.

    Linux only. A program that wipes its environment and its group at once escapes; isolation is not promised here.
    """
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
    return found
