"""Files and directories as the stores make them: private to their owner, and durable once made.

What is written into a file never enters here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from agentchat.errors import StoreUnavailable

_PAGES: Final = 64 * 1024
"""Bytes that SQLite may want at once for the index of its log (32 KiB) and a page or two."""


def make_parents(path: Path) -> None:
    """Create the missing directories above a path, each for its owner only. Raises OSError."""
    missing = [parent for parent in path.parents if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)


def sync_directory(directory: Path) -> None:
    """Make a new name in a directory durable. Raises OSError."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_writable(path: Path) -> bool:
    """Whether this process may change the file and make others beside it."""
    effective = os.access in os.supports_effective_ids
    return os.access(path, os.W_OK, effective_ids=effective) and os.access(
        path.parent, os.W_OK | os.X_OK, effective_ids=effective
    )


def check_regular(path: Path) -> None:
    """Raise StoreUnavailable for what is there and no regular file: a store kept in a device or a pipe is lost."""
    try:
        mode = path.stat().st_mode
    except OSError:  # not there yet; anything else comes up when it is opened
        return
    if stat.S_ISDIR(mode):
        raise StoreUnavailable(f"{path}: this is a directory; give the path of a file in it as store")
    if not stat.S_ISREG(mode):
        raise StoreUnavailable(f"{path}: this is no regular file; give another path as store")


def identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, under whatever name; None where none is there."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def is_full(path: Path) -> bool:
    """Whether the disk that holds the path has no room for a page more."""
    try:
        facts = os.statvfs(path.parent)
    except OSError:
        return False
    return facts.f_bavail * facts.f_frsize < _PAGES


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file and put it in its place at once, durably. Raises OSError, and the place is as it was."""
    partial = path.with_name(f".{path.name}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink()
        raise
    sync_directory(path.parent)


def unavailable(path: Path, error: OSError) -> StoreUnavailable:
    """The error to raise for what the operating system said about a store's file."""
    why = (error.strerror or str(error)).lower()
    if isinstance(error, PermissionError):
        return StoreUnavailable(
            f"{path}: {why}; make the file and its directory writable for this user, or give another path as store"
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreUnavailable(f"{path}: {why}; nothing was written: make room and go on")
    return StoreUnavailable(f"{path}: {why}; give another path as store")
