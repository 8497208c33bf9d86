"""Processes as owners of leases, and whether they still live.

An owner is `host:pid:start`, optionally followed by `/label`, which tells the holders inside one process apart.
`start` is when the kernel started the process, so that a number used again by another process is not mistaken for
the owner. Nothing about conversations or stores enters here.
"""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path
from typing import Final

_UNKNOWN: Final = "-"

_over: Final[set[str]] = set()
"""Owners of this process that hold nothing any more, though their store still says so."""


def this_process(label: str = "") -> str:
    """The owner string of the running process."""
    owner = _own(os.getpid())
    return f"{owner}/{label}" if label else owner


@lru_cache(maxsize=1)
def _own(pid: int) -> str:
    """Kept by process number, since a forked child is another process."""
    return owner_of(pid)


def owner_of(pid: int, label: str = "") -> str:
    """The owner string of a process of this host."""
    facts = _facts(pid)
    owner = f"{socket.gethostname()}:{pid}:{facts[1] if facts is not None else _UNKNOWN}"
    return f"{owner}/{label}" if label else owner


def is_over(owner: str) -> None:
    """An owner of this process let go, and its store could not take that in: it counts as dead here from now on."""
    _over.add(owner)


def is_alive(owner: str) -> bool | None:
    """Whether the owner's process lives; None where that cannot be seen from here (another host, another form)."""
    if owner in _over:
        return False
    host, _, rest = owner.partition("/")[0].partition(":")
    pid, _, start = rest.partition(":")
    if host != socket.gethostname() or not pid.isascii() or not pid.isdecimal() or len(pid) > 9 or int(pid) == 0:
        return None
    facts = _facts(int(pid))
    if facts is None:
        return _answers(int(pid))
    state, started = facts
    # A killed process whose parent has not asked for its end yet still has its entry: it runs no code any more.
    return state not in "ZXx" and start in (started, _UNKNOWN)


def _facts(pid: int) -> tuple[str, str] | None:
    """State and start time (fields 3 and 22 of `/proc/<pid>/stat`, see proc(5)); None without such a file."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # Field 2 is the program's name in parentheses; the name itself may hold spaces and parentheses.
    fields = stat[stat.rindex(b")") + 1 :].split()
    return fields[0].decode(), fields[19].decode()


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, and belongs to someone else
    return True
