"""A disk that gets full in the middle of a run."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROOM = 7 * 1024
"""Bytes that a file may have: enough for the beginning of the demo, and not for all of it."""


def _no_more_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))


def test_a_full_disk_names_the_command_that_goes_on(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "agentchat", "demo", "--save", "run.jsonl"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, preexec_fn=_no_more_room, check=False)
    assert done.returncode == 2
    assert "make room and go on" in done.stderr
    assert done.stderr.rstrip().endswith("Then: agentchat resume run.jsonl")
    assert "Traceback" not in done.stderr
    again = subprocess.run(
        [*words[:3], "resume", "run.jsonl"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert "29" in again.stdout
