"""What a bubblewrap sandbox is made of: its mounts, its environment, its options. Words only; nothing is started here.

Every line closes a hole that was measured. Two recipes, because the two ways of starting fail in different ways:

- A normal user gets a user namespace, in which no further one can be made.
- Root must not: in a user namespace made by root, the program still owns what the host's root owns, such as
  /proc/sys/kernel/core_pattern (a way out), and limits on processes do not count for it. So root makes the other
  namespaces only, and becomes a user nobody else is before the program starts.
"""

from __future__ import annotations

import os
import secrets
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agentchat.sandboxes import pictures
from agentchat.sandboxes.programs import PYTHON, Program
from agentchat.sandboxes.running import limited
from agentchat.seams import Limits

PATH = "/usr/bin:/bin"
NOBODY = 65534
SPARE_USERS = (0x70000000, 0x7FFFFFFE)  # numbers that no distribution and no container tool hands out (systemd's list)
ROOM = "/opt/python"  # where an interpreter is mounted that does not live in /usr
NOT_SYSTEM = ("/usr/local", "/usr/src", "/usr/home")  # people keep their own programs and data there
LINKED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")


class Interpreter(NamedTuple):
    """A Python for the sandbox: its path inside, the mounts it needs, words to put in front of the command."""

    path: str
    mounts: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()


def own_interpreter() -> Interpreter | None:
    """The interpreter that runs us, without its virtual environment; None when it is laid out in an unknown way.

    Outside /usr it is mounted at a neutral place, the program and its libraries only: its own path may be in a home
    that the sandbox's user cannot enter, and tells a name.
    """
    prefix = os.path.realpath(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    program, library = f"{prefix}/bin/{version}", f"{prefix}/lib"
    if prefix == "/usr":
        return Interpreter(program) if os.access(program, os.X_OK) else None
    if not os.access(program, os.X_OK) or not os.path.isfile(f"{library}/{version}/os.py"):
        return None
    folders = [word for folder in ("/opt", ROOM, f"{ROOM}/bin") for word in ("--perms", "0755", "--dir", folder)]
    inside = f"{ROOM}/bin/python3"
    mounts = (*folders, "--ro-bind", library, f"{ROOM}/lib", "--ro-bind", os.path.realpath(program), inside)
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    return Interpreter(inside, mounts, ("env", f"LD_LIBRARY_PATH={ROOM}/lib") if shared else ())


def system_interpreter() -> Interpreter | None:
    """The distribution's Python, where there is one."""
    path = os.path.realpath("/usr/bin/python3")
    return Interpreter(path) if path.startswith("/usr/bin/") and os.access(path, os.X_OK) else None


def as_root() -> bool:
    """Whether the recipe for root applies."""
    return os.getuid() == 0 or os.geteuid() == 0


class Files(NamedTuple):
    """The descriptors that bubblewrap reads from and writes to."""

    source: int
    filter: int
    status: int


def environment(work: str) -> dict[str, str]:
    """All variables that bubblewrap and the program get.

    bubblewrap itself is started with these: `--clearenv` would leave the parent's in /proc/1/environ.
    """
    return {"PATH": PATH, "HOME": work, "LANG": "C.UTF-8"}


def work_folder() -> str:
    """A new name for the folder a program starts in; no program can count on it."""
    return f"/tmp/{secrets.token_hex(6)}"


def options(files: Files, work: str, source_file: str, interpreter: Interpreter, limits: Limits) -> list[str]:
    """The options of bubblewrap, to be passed through `--args`."""
    size = str(limits.files)
    return [
        *(_ROOT if as_root() else _USER),
        *("--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *_system(),
        *interpreter.mounts,
        *("--proc", "/proc", "--dev", "/dev"),
        # Its own namespaces' settings would be writable for a user; and root's must not depend on one wall alone.
        *("--ro-bind", "/proc/sys", "/proc/sys"),
        # Memory is the only disk: capped, gone after the run, nothing planted for the next one.
        *("--perms", "1777", "--size", size, "--tmpfs", "/dev/shm"),
        *("--perms", "1777", "--size", size, "--tmpfs", "/tmp"),
        *("--perms", "0777", "--dir", work),
        *("--perms", "0444", "--file", str(files.source), f"{work}/{source_file}"),
        *("--chdir", work),
        *("--seccomp", str(files.filter), "--json-status-fd", str(files.status)),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
    ]


_USER = (
    *("--unshare-user", "--unshare-all", "--disable-userns"),
    *("--uid", str(NOBODY), "--gid", str(NOBODY), "--cap-drop", "ALL"),
)

_ROOT = (
    *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
    *("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"),
)


def _system() -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for folder in NOT_SYSTEM:
        if os.path.isdir(folder) and not os.path.islink(folder):
            words += ["--perms", "0755", "--size", "4096", "--tmpfs", folder, "--remount-ro", folder]
    for link in LINKED:
        if os.path.islink(link):
            words += ["--symlink", os.readlink(link), link]
        elif os.path.isdir(link):  # a system without merged /usr
            words += ["--ro-bind", link, link]
    return words


def command(program: Program, work: str, interpreter: Interpreter, limits: Limits) -> list[str]:
    """What runs inside: the drop to another user (root only), the limits, a shell, the interpreter, the file."""
    run = [program.interpreter]
    if program is PYTHON:
        run = [*interpreter.prefix, interpreter.path]
    whole = pictures.around([*run, *program.options, f"{work}/{program.file}"])
    within = limits._replace(processes=limits.processes + 1)  # the shell is no process of the program's
    return [*_other_user(), *limited(whole, within, processes=True)]


def _other_user() -> Sequence[str]:
    if not as_root():
        return ()
    user = str(_spare_user())
    return (
        *("setpriv", "--reuid", user, "--regid", user, "--clear-groups"),
        *("--inh-caps=-all", "--no-new-privs", "--"),
    )


def _spare_user() -> int:
    """A user of this run alone: the kernel counts processes by user, over all sandboxes and services of the host.

    In a container without those numbers it is the shared `nobody`, and runs at the same time share one limit.
    """
    first, last = SPARE_USERS
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        start, _, length = (int(word) for word in line.split())
        if start <= first and start + length > last:
            return first + secrets.randbelow(last - first)
    return NOBODY
