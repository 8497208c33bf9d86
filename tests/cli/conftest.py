"""The program `agentchat` as users have it: a process of its own, with a home and a store of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.servers.fake_openai import FakeServer, stream

ROOT = Path(__file__).parents[2]
PIECES = ("Let me ", "compute.\n\n", "```python\n", "print(6*7)", "\n```\n")
ANSWER = ("The answer ", "is 42. ", "DONE")


class Said(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


class Cli:
    """Runs commands in a folder of their own. `env` is the whole environment they get."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "state" / "agentchat.db"
        self.env = {
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "AGENTCHAT_STORE": str(self.store),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
        }

    def command(self, *words: str) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "agentchat", *words]

    def __call__(
        self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
    ) -> Said:
        """Run it to its end. Nothing it prints may look like a stack trace of its own."""
        done = subprocess.run(
            [*prefix, *self.command(*words)],
            input=stdin,
            capture_output=True,
            env={**self.env, **(env or {})},
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        said = Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        assert "Traceback" not in said.err.replace('Traceback (most recent call last):\n  File "main.py"', "")
        return said

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start it, with pipes."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(*words), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=self.env, cwd=self.folder
        )


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def model() -> Iterator[str]:
    """A model that writes a program and then knows the answer."""
    with FakeServer([stream(*PIECES), stream(*ANSWER)]) as server:
        yield f"x@{server.base_url}"
