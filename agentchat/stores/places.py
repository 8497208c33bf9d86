"""Files and directories as the stores make them: private to their owner, and durable once made.

What is written into a file never enters here.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from agentchat.errors import StoreUnavailable


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
