"""What the kernel does not add up for us: the memory of all processes of a sandbox together, and its many small files.

Limits count per process, and the size of a tmpfs does not count its inodes. Reads /proc only; stops nothing itself.
"""

from __future__ import annotations

import os

from agentchat.seams import Limits

TOGETHER = 2  # processes may use this many times what one may: room for a parent with children, not for a machine
SMALL_FILES = 50_000  # about 50 MB of kernel memory, which no limit counts
_PAGE = os.sysconf("SC_PAGE_SIZE")


def overrun(first: int, limits: Limits) -> str | None:
    """The limit that the sandbox of this first process (pid 1 inside) has broken, or None."""
    members = _members(first)
    bound = TOGETHER * limits.memory
    # Resident memory counts shared pages once a process; the exact figure is dear, so it is asked only when in doubt.
    if sum(map(_resident, members)) > bound and sum(map(_proportional, members)) > bound:
        return f"its processes together used more than {bound // 1024**2} MiB of memory"
    if members and _inodes(members[-1]) > SMALL_FILES:
        return f"it made more than {SMALL_FILES} files"
    return None


def _members(first: int) -> list[int]:
    """The process and all below it. Orphans inside are adopted by the first process, so none is missed."""
    found = [first]
    for pid in found:
        for task in _names(f"/proc/{pid}/task"):
            found += [int(child) for child in _read(f"/proc/{pid}/task/{task}/children").split()]
    return found


def _resident(pid: int) -> int:
    fields = _read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * _PAGE if len(fields) > 1 else 0


def _proportional(pid: int) -> int:
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return _resident(pid)  # not shown to us, or gone


def _inodes(pid: int) -> int:
    total = 0
    for folder in ("tmp", "dev/shm"):
        try:
            state = os.statvfs(f"/proc/{pid}/root/{folder}")
        except OSError:
            continue
        total += state.f_files - state.f_ffree
    return total


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # ended meanwhile
        return []


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:  # ended meanwhile
        return ""
