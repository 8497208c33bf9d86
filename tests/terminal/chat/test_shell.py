"""Lines for the shell: what they give back, and that nothing they started outlives the process."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from agentchat.terminal.chat.shell import Ran, run_line

KILLED = """
import os, signal, anyio
from agentchat.terminal.chat.shell import run_line

async def main():
    ran = await run_line("sleep 300 >/dev/null 2>&1 & echo $!")
    print(ran.output.strip(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

anyio.run(main)
"""


def test_a_line_gets_nothing_on_its_standard_input_and_its_code_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/sh")
    assert anyio.run(run_line, "cat; echo out; echo err >&2; exit 4") == Ran("out\nerr\n", 4)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not its own")
def test_what_runs_in_the_background_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    done = subprocess.run([sys.executable, script], capture_output=True, timeout=60, check=False)
    assert done.returncode == -9, done.stderr.decode()
    try:
        handle = os.pidfd_open(int(done.stdout))
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    gone = poll.poll(10_000)
    os.close(handle)
    assert gone
