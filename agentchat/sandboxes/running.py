"""One process from its start to its certain end: capped readers, a wall clock, and a kill that is always made.

Shared by the sandboxes that start processes. How a whole tree of processes is killed is the caller's business and
comes in as a function. No task and no process outlives `attend`, whatever ends it.
"""

from __future__ import annotations

import codecs
import math
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import anyio

from agentchat.sandboxes import pictures
from agentchat.seams import Limits
from agentchat.transcript.messages import CodeRun, RunStatus

CHUNK = 64 * 1024  # the capacity of a Linux pipe: one read empties it
POLL = 0.1  # seconds between looks at what the kernel does not limit; a fast program allocates about 200 MB meanwhile
GRACE = 1.0  # seconds for output that is still in the pipes when everything is dead
OPEN_FILES = 256  # enough for any script, too few to exhaust the machine's table


class Ended(NamedTuple):
    """How a process ended, and what it had printed. `overrun` names a limit that was watched from outside.

    `saved` are the pictures it left, where the shell of `pictures` was around it.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    truncated: bool
    timed_out: bool
    overrun: str | None
    seconds: float
    saved: pictures.Found = pictures.Found()


class Started(NamedTuple):
    """A process, and the descriptor to read of the pipe that is its standard input."""

    process: subprocess.Popen[bytes]
    saved: int


def limited(command: Sequence[str], limits: Limits, *, processes: bool) -> list[str]:
    """A command under resource limits, set by `prlimit` of util-linux.

    That program rather than a hook between fork and exec: no Python code may run there in a process with threads. And
    rather than a bootstrap in Python: shells get the same limits. `processes` is left out where the limit would count
    everything else that the user runs.
    """
    cpu = math.ceil(limits.seconds) + 1  # per process; behind the wall clock, and there if that should fail
    bounds = {"as": limits.memory, "fsize": limits.files, "nofile": OPEN_FILES, "cpu": cpu, "core": 0}
    if processes:
        bounds["nproc"] = limits.processes
    return ["prlimit", *(f"--{name}={bound}:{bound}" for name, bound in bounds.items()), "--", *command]


def start(
    command: Sequence[str], env: Mapping[str, str], *, cwd: str | None = None, pass_fds: Sequence[int] = ()
) -> Started:
    """Start a process in a session of its own, with exactly this environment.

    Its standard input is a pipe to *write* to, for `pictures`: the command must put that shell around the program.

    `subprocess.Popen` and not `anyio.open_process`: "die with the parent" is tied by the kernel to the parent's
    *thread* (prctl(2), PR_SET_PDEATHSIG). On trio a worker thread would start the process and end after ten idle
    seconds, and the program with it. It takes one or two milliseconds.
    """
    saved, inside = os.pipe()
    try:
        process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            pass_fds=pass_fds,
            stdin=inside,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except BaseException:
        os.close(saved)
        raise
    finally:
        os.close(inside)
    return Started(process, saved)


async def ended(process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has ended, and reap it."""
    if sys.platform == "linux":
        if process.poll() is None:
            handle = os.pidfd_open(process.pid)
            try:
                await anyio.wait_readable(handle)
            finally:
                os.close(handle)
        process.wait()
    else:
        while process.poll() is None:  # noqa: ASYNC110 - the system tells nobody
            await anyio.sleep(POLL / 10)


async def attend(
    running: Started,
    kill: Callable[[], Awaitable[None]],
    limits: Limits,
    overrun: Callable[[], str | None] | None = None,
) -> Ended:
    """Read what the process prints and saves until it ends or its time is up; then kill what is left of it.

    `kill` ends every process of the program and returns when they are gone. It is always called, exactly once, and
    runs to its end even when the caller is cancelled. `overrun` is asked now and then whether a limit was broken.
    """
    started = anyio.current_time()
    process = running.process
    assert process.stdout is not None
    assert process.stderr is not None
    saved = _Stream(running.saved, pictures.STREAM)
    printed = [_Stream(pipe.fileno(), limits.output) for pipe in (process.stdout, process.stderr)]
    streams = [*printed, saved]
    broken: str | None = None
    try:
        async with anyio.create_task_group() as group:
            for stream in streams:
                group.start_soon(stream.fill)
            try:
                with anyio.move_on_after(limits.seconds) as clock:
                    broken = await _until_end(process, overrun)
                seconds = anyio.current_time() - started
            finally:
                with anyio.CancelScope(shield=True):
                    await kill()
                    await ended(process)
            # A process that escaped the kill may still hold the pipe: read what is there, then go.
            with anyio.move_on_after(GRACE):
                for stream in streams:
                    await stream.closed.wait()
            group.cancel_scope.cancel()
    finally:
        process.stdout.close()
        process.stderr.close()
        os.close(running.saved)
    out, err, cut = share(printed[0].kept, printed[1].kept, limits.output)
    cut = cut or any(stream.cut for stream in printed)
    stopped = clock.cancelled_caught
    found = pictures.Found() if stopped or broken else pictures.read(bytes(saved.kept), cut=saved.cut)
    return Ended(process.returncode, out, err, cut, stopped, broken, seconds, found)


async def _until_end(process: subprocess.Popen[bytes], overrun: Callable[[], str | None] | None) -> str | None:
    if overrun is None:
        await ended(process)
        return None
    while True:
        with anyio.move_on_after(POLL):
            await ended(process)
            return None
        if broken := overrun():
            return broken


class _Stream:
    """Reads one pipe to its end and keeps the first bytes of it; the rest is read and dropped, so nobody blocks."""

    def __init__(self, file: int, cap: int) -> None:
        self.kept = bytearray()
        self.cut = False
        self.closed = anyio.Event()
        self._file = file
        self._cap = cap
        os.set_blocking(self._file, False)

    async def fill(self) -> None:
        while True:
            await anyio.wait_readable(self._file)
            try:
                chunk = os.read(self._file, CHUNK)
            except BlockingIOError:
                continue
            if not chunk:
                self.closed.set()
                return
            room = self._cap - len(self.kept)
            self.kept += chunk[:room]
            self.cut = self.cut or len(chunk) > room


def share(out: bytes | bytearray, err: bytes | bytearray, cap: int) -> tuple[bytes, bytes, bool]:
    """Cut both streams to one cap. A quarter is the error stream's, so that a flood does not hide the traceback."""
    room = min(len(err), max(cap // 4, cap - len(out)))
    return bytes(out[: cap - room]), bytes(err[:room]), len(out) + len(err) > cap


def text(data: bytes, *, cut: bool = False) -> str:
    """Bytes as text, with U+FFFD for what is no UTF-8. Half a character at a cut is left out."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(data, final=not cut)


def report(ended: Ended, language: str) -> CodeRun:
    """The result of a program.

    An exit code above 128 counts as death by that signal: shells and bubblewrap pass it on like that, and a program
    that ends so on purpose says the same thing.
    """
    status, code, detail = _verdict(ended)
    files, note = ended.saved
    return CodeRun(
        language=language,
        status=status,
        exit_code=code,
        stdout=text(ended.stdout, cut=ended.truncated),
        stderr=text(ended.stderr, cut=ended.truncated),
        truncated=ended.truncated,
        seconds=ended.seconds,
        detail="; ".join(one for one in (detail, note) if one) or None,
        files=files,
    )


def _verdict(ended: Ended) -> tuple[RunStatus, int | None, str | None]:
    if ended.timed_out:
        return "timeout", None, f"stopped after {ended.seconds:.1f} s"
    if ended.overrun is not None:
        return "killed", None, ended.overrun
    code = ended.returncode if ended.returncode >= 0 else 128 - ended.returncode
    if code == 0:
        return "ok", 0, None
    if code - 128 in _SIGNALS:
        return "killed", code, f"ended by signal {_SIGNALS[code - 128]}"
    return "error", code, None


_SIGNALS = {int(number): number.name for number in signal.Signals}
