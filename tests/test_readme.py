"""Every Python program of the README runs as it stands, against a server on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import fake_openai as fake
from tests.servers.fake_openai import FakeServer

ROOT = Path(__file__).parent.parent
PROGRAMS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
REPLIES = [
    fake.stream("```python\nprint(29)\n```"),
    fake.stream("It is 29. DONE"),
    fake.stream("Sandwiches."),
    fake.stream("Lemonade."),
]


def test_the_readme_has_programs() -> None:
    assert len(PROGRAMS) == 4


@pytest.mark.bwrap
@pytest.mark.parametrize("place", range(len(PROGRAMS)))
def test_a_program_of_the_readme_runs(place: int, tmp_path: Path) -> None:
    with FakeServer(REPLIES) as server:
        environment = {**os.environ, "AGENTCHAT_SMART": f"m@{server.base_url}"}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAMS[place]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
