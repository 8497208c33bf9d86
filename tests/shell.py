"""A command as a page prints it, run in a shell."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


class Ran(NamedTuple):
    """Its exit code, and all that it printed on either stream."""

    code: int
    text: str


def shell(command: str, folder: Path, env: dict[str, str]) -> Ran:
    """Run it in a folder, with nothing on its standard input."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout)
