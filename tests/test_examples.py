"""The examples, each run as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.servers.fake_openai import FakeServer, stream

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name: str, *words: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *words],
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", **env},
        timeout=60,
        check=False,
    )
    assert done.stderr.decode() == ""
    assert done.returncode == 0
    return done.stdout.decode()


def test_every_example_is_run_here() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == ["coder_and_runner.py", "function_agent.py"]


def test_coder_and_runner() -> None:
    program = "```python\nprint(sum(range(10)))\n```"
    with FakeServer([stream("Like this:\n", program), stream("It is 45. ", "DONE")]) as server:
        model = f"any@{server.base_url}"
        for out in (run("coder_and_runner.py", AGENTCHAT_MODEL=model),):
            assert "--- runner\n[python: finished, exit code 0]\n45\n--- coder\nIt is 45. DONE\n--- done: " in out
    with FakeServer([stream("DONE")]) as server:
        assert "--- done: " in run("coder_and_runner.py", f"any@{server.base_url}")


def test_function_agent() -> None:
    out = run("function_agent.py")
    assert "checker: That is 15 words; use at most 8.\nwriter: A transcript is" in out
    assert "checker: APPROVED\ndone: " in out
    with FakeServer([stream("Short enough.")]) as server:
        assert "writer: Short enough.\nchecker: APPROVED" in run("function_agent.py", f"any@{server.base_url}")
