"""Programs in Monty: a subset of Python in an interpreter of its own, without files, network, environment or processes.

Nothing has to be installed on the machine but a wheel, so this works where bubblewrap does not. The price is the
language: few modules, no packages. Monty interprets in a worker process; one is started for each program and is gone
when the program ends. Not covered: when we are killed outright (SIGKILL), that worker goes on until its own time limit,
one second behind ours.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, Literal

import anyio
import anyio.to_thread

from agentchat.errors import SandboxError, SandboxUnavailable
from agentchat.sandboxes import programs
from agentchat.sandboxes.programs import PYTHON
from agentchat.sandboxes.running import Ended, report, share
from agentchat.seams import Limits
from agentchat.transcript.messages import CodeRun

INSTALL = "pip install 'agentchat[sandbox]'"
BACKSTOP = 1.0  # seconds behind our wall clock, after which the interpreter stops by itself: our loop may be stuck
SLEEPS = ("time.sleep", "asyncio.sleep")

_probed: list[str | None] = []


class MontySandbox:
    """Runs Python programs in Monty. `limits.processes` and `limits.files` have nothing to bound here."""

    name = "monty"

    def languages(self) -> frozenset[str]:
        """Python only."""
        return frozenset(name for name, program in programs.PROGRAMS.items() if program is PYTHON)

    async def probe(self) -> str | None:
        """None when the interpreter is installed and answers. Found out once a process."""
        if not _probed:
            _probed.append(await _probe())
        return _probed[0]

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        """Run one program. Raises SandboxUnavailable when it is not installed, SandboxError when it does not start."""
        if programs.find(language, self.languages()) is None:
            return programs.unsupported(language, self.name, self.languages())
        if (reason := await self.probe()) is not None:
            raise SandboxUnavailable(reason)
        return report(await _attend(source, limits), language)


async def _probe() -> str | None:
    if importlib.util.find_spec("pydantic_monty") is None:
        return f"Monty is not installed; install it with: {INSTALL}"
    try:
        end = await _attend("assert 1 + 1 == 2", Limits())
    except SandboxError as error:
        return f"{error}; install it again with: {INSTALL}"
    return None if end.returncode == 0 else "Monty is installed but does not work on this machine"


async def _attend(source: str, limits: Limits) -> Ended:
    worker = _Worker(source, limits)
    started = anyio.current_time()
    finished = anyio.Event()

    async def interpret() -> None:
        # The thread itself cannot be cancelled; it ends because its worker process is killed.
        await anyio.to_thread.run_sync(worker.interpret, limiter=anyio.CapacityLimiter(1))
        finished.set()

    async with anyio.create_task_group() as group:
        group.start_soon(interpret)
        try:
            with anyio.move_on_after(limits.seconds) as clock:
                await finished.wait()
        finally:
            worker.stop()
    if worker.broken is not None:
        raise SandboxError(worker.broken)
    out, err, cut = share(worker.printed["stdout"], worker.printed["stderr"], limits.output)
    timed_out = clock.cancelled_caught or worker.overslept
    seconds = anyio.current_time() - started
    return Ended(worker.returncode, out, err, cut or worker.cut, timed_out, None, seconds)


class _Worker:
    """One program: `interpret` in a worker thread, `stop` from anywhere and at any time."""

    def __init__(self, source: str, limits: Limits) -> None:
        self._source = source.encode("utf-8", "replace").decode()
        self._limits = limits
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._handle: int | None = None
        self.printed: dict[Literal["stdout", "stderr"], bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self.cut = False
        self.returncode = 0
        self.overslept = False
        self.broken: str | None = None

    def interpret(self) -> None:
        """Run the program to its end; the fields say what it did."""
        try:
            import pydantic_monty as monty
        except ImportError as error:
            self.broken = f"Monty is installed but cannot be imported: {error}"
            return

        allowed: monty.ResourceLimits = {
            "max_memory": self._limits.memory,
            "max_feed_duration_secs": self._limits.seconds + BACKSTOP,
        }
        try:
            with (
                monty.Monty(max_processes=1) as pool,
                pool.checkout(limits=allowed, os_policy={"sleep": "call_host"}) as session,
                self._known(session.worker_pid),
            ):
                self._feed(session)
        except (monty.MontyRuntimeError, monty.MontySyntaxError) as error:
            self.returncode = 1
            self._print("stderr", error.display() + "\n")
            self.overslept = "feed time limit exceeded" in str(error)
        except monty.MontyCrashedError as error:
            self.returncode = -signal.SIGKILL
            self._print("stderr", f"{error}\n")
        except (monty.MontyError, OSError, RuntimeError) as error:
            self.broken = f"Monty cannot be started: {error}"

    def _feed(self, session: Any) -> None:
        import pydantic_monty as monty

        if self._stopped.is_set():
            return
        try:
            # The value of a last expression would be sent to us as an object of any size: the last one is None.
            session.feed_run(self._source + "\n\nNone\n", print_callback=self._print, os=self._answer)
        except monty.MontySyntaxError:  # nothing ran; once more, for a message that names the lines as they are
            session.feed_run(self._source, print_callback=self._print, os=self._answer)

    def stop(self) -> None:
        """Kill the worker process, if it is there; one that starts later finds nothing to do."""
        self._stopped.set()
        with self._lock:
            if self._handle is not None:
                _kill(self._handle)

    @contextlib.contextmanager
    def _known(self, pid: int | None) -> Iterator[None]:
        handle = None if pid is None else _handle(pid)
        with self._lock:
            self._handle = handle
        try:
            yield
        finally:
            with self._lock:
                self._handle = None
            _let_go(handle)

    def _print(self, stream: Literal["stdout", "stderr"], text: str) -> None:
        data = text.encode("utf-8", "replace")
        kept = self.printed[stream]
        room = self._limits.output - len(kept)
        kept += data[:room]
        self.cut = self.cut or len(data) > room

    def _answer(self, *, name: str, args: tuple[Any, ...], **_more: Any) -> Any:
        """The only call out of the sandbox that is answered: to sleep. Ours can be interrupted, Monty's own cannot."""
        import pydantic_monty as monty

        if name not in SLEEPS or not args:
            return monty.NOT_HANDLED
        self._stopped.wait(min(float(args[0]), self._limits.seconds + BACKSTOP))
        return None


# A number of a process may be given to another one at any time; a handle may not. Only Linux has handles.


def _handle(pid: int) -> int:
    return os.pidfd_open(pid) if sys.platform == "linux" else pid


def _kill(handle: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "linux":
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        else:
            os.kill(handle, signal.SIGKILL)


def _let_go(handle: int | None) -> None:
    if handle is not None and sys.platform == "linux":
        os.close(handle)
