"""Programs in a bubblewrap sandbox: namespaces, a read-only system, no network, no files of the host, hard limits.

The recipe is in `recipe`, the forbidden system calls in `seccomp`. This file starts it, proves once in each process
that it holds on this machine, and ends it. A program never runs where that proof has failed.

Not covered: a hole in the kernel itself; side channels; the names of mounted paths in /proc/self/mountinfo; processor
time of up to `limits.processes` processes until the wall clock ends them.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import anyio

from agentchat.errors import SandboxError, SandboxUnavailable
from agentchat.sandboxes import programs, recipe, seccomp, watching
from agentchat.sandboxes.programs import PYTHON, Program
from agentchat.sandboxes.running import Ended, attend, ended, report, start, text
from agentchat.seams import Limits
from agentchat.transcript.messages import CodeRun

INSTALL = "install it with: apt-get install bubblewrap"
PATIENCE = 5.0  # seconds for the kernel to do what it was told; a process in an uninterruptible wait may need more

PROOF = r"""
import os, socket, subprocess, threading
lines = open("/proc/self/status").read().splitlines()
status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
assert os.getuid() != 0 and os.geteuid() != 0, "the program would be root"
for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
    assert int(status[kind], 16) == 0, "the program would have capabilities: " + kind
assert status["NoNewPrivs"] == "1", "the program could gain privileges"
assert status["Seccomp"] == "2", "the system call filter is not in place"
assert os.getpid() < 100 and not os.path.exists("/etc/passwd"), "the program would see the host"
interfaces = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]
assert set(interfaces) <= {"lo"}, "the program would have a network: " + " ".join(interfaces)
for path in ("/proc/sys/kernel/core_pattern", "/usr/planted", "/planted", "/dev/planted"):
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
    except OSError:
        continue
    raise AssertionError("the program could write " + path)
thread = threading.Thread(target=int)
thread.start()
thread.join()
subprocess.run(["true"], check=True)
"""
"""Run inside before anything else. Its last line says what does not hold; the end of it, that scripts can work."""

_proofs: dict[tuple[int, tuple[recipe.Interpreter, ...]], recipe.Interpreter | str] = {}


class BubblewrapSandbox:
    """Runs Python and shell programs under bubblewrap, as a normal user or as root.

    `interpreters`: the Pythons to try, in order; by default the one that runs us, then the distribution's.
    """

    name = "bubblewrap"

    def __init__(self, interpreters: Sequence[recipe.Interpreter] | None = None) -> None:
        if interpreters is None:
            found = (recipe.own_interpreter(), recipe.system_interpreter())
            interpreters = [interpreter for interpreter in found if interpreter is not None]
        self._interpreters = tuple(dict.fromkeys(interpreters))

    def languages(self) -> frozenset[str]:
        """Python, and the shells of this machine."""
        shells = [shell for shell in ("bash", "sh") if shutil.which(shell, path=recipe.PATH)]
        return frozenset(name for name, it in programs.PROGRAMS.items() if it is PYTHON or it.interpreter in shells)

    async def probe(self) -> str | None:
        """None when a program inside found every wall in place, else what is missing. Found out once a process."""
        proof = await self._proof()
        return proof if isinstance(proof, str) else None

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        """Run one program. Raises SandboxUnavailable when the probe fails, SandboxError when it did not start."""
        program = programs.find(language, self.languages())
        if program is None:
            return programs.unsupported(language, self.name, self.languages())
        interpreter = await self._proof()
        if isinstance(interpreter, str):
            raise SandboxUnavailable(interpreter)
        return report(await _run(source, program, interpreter, limits), language)

    async def _proof(self) -> recipe.Interpreter | str:
        key = (os.geteuid(), self._interpreters)
        if key not in _proofs:
            _proofs[key] = await _prove(self._interpreters)
        return _proofs[key]


async def _prove(interpreters: Sequence[recipe.Interpreter]) -> recipe.Interpreter | str:
    if (missing := _missing(interpreters)) is not None:
        return missing
    reasons = []
    for interpreter in interpreters:
        try:
            proof = await _run(PROOF, PYTHON, interpreter, Limits())
        except SandboxError as error:
            return f"{error}{_hint()}"  # bubblewrap itself: no other interpreter helps
        if proof.returncode == 0:
            return interpreter
        last = text(proof.stderr).strip().splitlines()[-1:] or [f"exit code {proof.returncode}"]
        reasons.append(f"{interpreter.path}: {last[0].removeprefix('AssertionError: ')}")
    return f"the bubblewrap sandbox does not hold on this machine ({'; '.join(reasons)})"


def _missing(interpreters: Sequence[recipe.Interpreter]) -> str | None:
    """What stands in the way before anything is tried."""
    if sys.platform != "linux":
        return "bubblewrap needs Linux"
    if platform.machine() not in seccomp.MACHINES:
        return f"there is no system call filter for {platform.machine()} machines yet"
    if shutil.which("bwrap") is None:
        return f"bubblewrap is not installed; {INSTALL}"
    for tool in ("prlimit", *(["setpriv"] if recipe.as_root() else [])):
        if shutil.which(tool, path=recipe.PATH) is None:
            return f"{tool} is not installed; install it with: apt-get install util-linux"
    return None if interpreters else "no Python was found for the sandbox; apt-get install python3"


def _hint() -> str:
    """Why user namespaces may be closed on this machine, as far as the kernel says so."""
    if recipe.as_root():
        return " (as root it needs CAP_SYS_ADMIN, which containers lack by default; a normal user does not)"
    for path, closed in (
        ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
        ("/proc/sys/kernel/unprivileged_userns_clone", "0"),
        ("/proc/sys/user/max_user_namespaces", "0"),
    ):
        try:
            value = Path(path).read_text().strip()
        except OSError:
            continue
        if value == closed:
            return f" ({path} is {closed}: this machine does not let users make user namespaces)"
    return ""


async def _run(source: str, program: Program, interpreter: recipe.Interpreter, limits: Limits) -> Ended:
    try:
        return await _run_inside(source, program, interpreter, limits)
    except OSError as error:  # too few open files, processes or bytes
        raise SandboxError(f"bubblewrap cannot be started: {error.strerror}") from error


async def _run_inside(source: str, program: Program, interpreter: recipe.Interpreter, limits: Limits) -> Ended:
    work = recipe.work_folder()
    with ExitStack() as files:
        # Files in memory: no pipe that could fill up, no name on the host, gone with the last descriptor.
        code = _in_memory(files, source.encode("utf-8", "surrogatepass"))
        wall = _in_memory(files, seccomp.program(platform.machine()))
        status, status_inside = os.pipe()
        files.callback(os.close, status)
        inside = ExitStack()
        files.push(inside)
        inside.callback(os.close, status_inside)
        options = recipe.options(recipe.Files(code, wall, status_inside), work, program.file, interpreter, limits)
        words = _in_memory(files, "".join(f"{word}\0" for word in options).encode())
        command = ["bwrap", "--args", str(words), "--", *recipe.command(program, work, interpreter, limits)]
        command[0] = shutil.which("bwrap") or command[0]
        started = start(command, recipe.environment(work), cwd="/", pass_fds=(code, wall, status_inside, words))
        inside.close()
        jail = _Jail(started.process, status)
        files.callback(jail.close)
        end = await attend(started, jail.kill, limits, lambda: jail.overrun(limits))
        if not end.timed_out and end.overrun is None and not jail.entered():
            said = text(end.stderr).strip() or f"exit code {end.returncode}"
            old = "; version 0.8 or newer is needed" if "Unknown option" in said else ""
            raise SandboxError(f"bubblewrap could not build the sandbox: {said}{old}")
    # The random folder says nothing to anybody: a traceback names the file alone.
    return end._replace(stderr=end.stderr.replace(f"{work}/{program.file}".encode(), program.file.encode()))


def _in_memory(files: ExitStack, data: bytes) -> int:
    file = os.memfd_create("agentchat")
    files.callback(os.close, file)
    with open(file, "wb", closefd=False) as writer:
        writer.write(data)
    os.lseek(file, 0, os.SEEK_SET)
    return file


class _Jail:
    """One running sandbox, as it is seen from outside: bubblewrap, and the first process inside.

    When the first process of a pid namespace dies, the kernel kills all others in it and only then reports the death.
    So it is the one to kill and to wait for. Killing bubblewrap alone would return while they are still dying.
    """

    def __init__(self, process: subprocess.Popen[bytes], status: int) -> None:
        self._process = process
        self._status = status
        self._said = b""
        self._first: int | None = None
        self._handle: int | None = None
        os.set_blocking(status, False)

    def overrun(self, limits: Limits) -> str | None:
        """The limit that was broken, of those that only a look from outside shows."""
        self._listen()
        return None if self._first is None else watching.overrun(self._first, limits)

    def entered(self) -> bool:
        """Whether the sandbox was built and the program started: only then is an exit code reported."""
        self._listen()
        return b'"exit-code"' in self._said

    async def kill(self) -> None:
        """Kill every process of the sandbox; return when they are gone."""
        self._listen()
        if self._first is None and self._process.poll() is None:
            # bubblewrap names the first process before it lets it go on. Killed earlier, it could leave it behind,
            # waiting for ever.
            with anyio.move_on_after(PATIENCE):
                await anyio.wait_readable(self._status)
            self._listen()
        if self._process.poll() is None:
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
                with anyio.move_on_after(PATIENCE):
                    await ended(self._process)
            self._process.kill()
            await ended(self._process)
        if self._handle is not None:
            with anyio.move_on_after(PATIENCE):
                await anyio.wait_readable(self._handle)
            _reap(self._handle)

    def close(self) -> None:
        """Let go of the descriptor."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _listen(self) -> None:
        try:
            while chunk := os.read(self._status, 4096):
                self._said += chunk
        except BlockingIOError:
            pass
        first, complete, _ = self._said.partition(b"\n")
        if self._first is None and complete:
            self._first = int(json.loads(first)["child-pid"])
            try:
                self._handle = os.pidfd_open(self._first)
            except ProcessLookupError:  # it has ended already
                self._handle = None


def _reap(handle: int) -> None:
    """Where we adopt orphans ourselves (as the first process of a container) nobody else would take it away."""
    try:
        os.waitid(os.P_PIDFD, handle, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        return
