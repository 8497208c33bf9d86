"""What every sandbox does with a program, on both event loops. `sandbox` comes from the conftest."""

from __future__ import annotations

import os
import re

import anyio
import pytest

from agentchat.sandboxes.host import HostSandbox
from agentchat.seams import Limits, Sandbox
from agentchat.transcript.messages import CodeRun

from .looking import children, lasting, running, until

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

LIMITS = Limits(seconds=20, memory=512 * 1024**2)


async def test_it_is_there(sandbox: Sandbox) -> None:
    assert await sandbox.probe() is None
    assert "python" in sandbox.languages()


async def test_prints(sandbox: Sandbox) -> None:
    run = await sandbox.run("print('hello')", "python", LIMITS)
    assert run == CodeRun(language="python", status="ok", exit_code=0, stdout="hello\n", seconds=run.seconds)
    assert run.seconds > 0


async def test_language_is_taken_in_any_case_and_kept_as_given(sandbox: Sandbox) -> None:
    run = await sandbox.run("print(1)", "Python", LIMITS)
    assert (run.status, run.language, run.stdout) == ("ok", "Python", "1\n")


async def test_both_streams(sandbox: Sandbox) -> None:
    run = await sandbox.run("import sys\nprint('out')\nprint('err', file=sys.stderr)", "python", LIMITS)
    assert (run.stdout, run.stderr) == ("out\n", "err\n")


async def test_exception_names_a_friendly_file_the_line_and_the_source(sandbox: Sandbox) -> None:
    run = await sandbox.run("print('before')\ndef f():\n    1 / 0\nf()", "python", LIMITS)
    assert (run.status, run.exit_code, run.stdout) == ("error", 1, "before\n")
    assert run.stderr.startswith("Traceback (most recent call last):")
    assert "line 3, in f\n    1 / 0" in run.stderr
    assert run.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "/tmp" not in run.stderr


async def test_syntax_error(sandbox: Sandbox) -> None:
    run = await sandbox.run("x = (", "python", LIMITS)
    assert (run.status, run.exit_code, run.stdout) == ("error", 1, "")
    assert "SyntaxError" in run.stderr
    assert "line 1" in run.stderr


async def test_time_is_up(sandbox: Sandbox) -> None:
    run = await sandbox.run("print('started')\nwhile True: pass", "python", LIMITS._replace(seconds=1))
    assert (run.status, run.exit_code, run.stdout) == ("timeout", None, "started\n")
    assert run.detail is not None
    assert re.fullmatch(r"stopped after [0-9]+\.[0-9] s", run.detail)


async def test_sleeping_is_no_way_around_the_clock(sandbox: Sandbox) -> None:
    run = await sandbox.run("import time\ntime.sleep(600)", "python", LIMITS._replace(seconds=0.5))
    assert run.status == "timeout"


async def test_sleeps(sandbox: Sandbox) -> None:
    run = await sandbox.run("import time\ntime.sleep(0.2)\nprint('awake')", "python", LIMITS)
    assert (run.status, run.stdout) == ("ok", "awake\n")
    assert run.seconds >= 0.2


async def test_flood_is_capped_and_drained(sandbox: Sandbox) -> None:
    source = "for _ in range(5000):\n    print('x' * 999)\n1 / 0"
    run = await sandbox.run(source, "python", LIMITS._replace(output=10_000))
    assert run.status == "error"
    assert run.truncated
    assert len(run.stdout) + len(run.stderr) <= 10_000
    assert run.stdout.startswith("x" * 999 + "\nxxx")
    assert "ZeroDivisionError" in run.stderr


async def test_exactly_at_the_cap_is_not_cut(sandbox: Sandbox) -> None:
    run = await sandbox.run("print('x' * 99)", "python", LIMITS._replace(output=100))
    assert (len(run.stdout), run.truncated) == (100, False)


async def test_a_cut_splits_no_character(sandbox: Sandbox) -> None:
    run = await sandbox.run("print('é' * 100)", "python", LIMITS._replace(output=101))
    assert (run.stdout, run.truncated) == ("é" * 50, True)


async def test_unknown_language(sandbox: Sandbox) -> None:
    run = await sandbox.run("PRINT 1", "cobol", LIMITS)
    assert (run.status, run.exit_code, run.language) == ("unsupported", None, "cobol")
    assert run.detail is not None
    assert "python" in run.detail


async def test_unicode(sandbox: Sandbox) -> None:
    run = await sandbox.run("print('é 你好 🎉 \\u202e')", "python", LIMITS)
    assert run.stdout == "é 你好 🎉 \u202e\n"


async def test_empty_program(sandbox: Sandbox) -> None:
    for source in ("", "\n", "# nothing"):
        run = await sandbox.run(source, "python", LIMITS)
        assert (run.status, run.stdout, run.stderr) == ("ok", "", "")


async def test_source_of_a_megabyte(sandbox: Sandbox) -> None:
    run = await sandbox.run("# " + "é" * 500_000 + "\nprint('end')", "python", LIMITS)
    assert (run.status, run.stdout) == ("ok", "end\n")


async def test_source_that_is_no_text(sandbox: Sandbox) -> None:
    run = await sandbox.run("print('\ud800')", "python", LIMITS)
    assert run.status in ("ok", "error")
    run.model_dump_json()


async def test_memory(sandbox: Sandbox) -> None:
    run = await sandbox.run("x = 'y' * 10**9\nprint(len(x))", "python", LIMITS._replace(memory=256 * 1024**2))
    assert run.status in ("error", "killed")
    assert run.stdout == ""


async def test_keeps_nothing_between_runs(sandbox: Sandbox) -> None:
    await sandbox.run("x = 1", "python", LIMITS)
    run = await sandbox.run("print(x)", "python", LIMITS)
    assert run.status == "error"


async def test_many_at_once(sandbox: Sandbox) -> None:
    runs: dict[int, CodeRun] = {}

    async def one(number: int) -> None:
        runs[number] = await sandbox.run(f"print({number})", "python", LIMITS)

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(one, number)
    assert [runs[number].stdout for number in range(8)] == [f"{number}\n" for number in range(8)]


async def test_cancellation_leaves_no_process(sandbox: Sandbox) -> None:
    await sandbox.probe()
    before = children()
    async with anyio.create_task_group() as group:
        group.start_soon(sandbox.run, "while True: pass", "python", LIMITS)
        await until(lambda: children() != before)
        group.cancel_scope.cancel()
    assert children() == before


async def test_cancelled_before_it_starts(sandbox: Sandbox) -> None:
    await sandbox.probe()
    before = children()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await sandbox.run("while True: pass", "python", LIMITS)
    assert scope.cancelled_caught
    assert children() == before


DAEMON = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        subprocess.run(["sleep", "{seconds}"])
    os._exit(0)
"""


@pytest.mark.parametrize("ending", ["", "while True: pass", "os.kill(os.getpid(), 9)"])
async def test_daemons_end_with_the_program(processes: Sandbox, ending: str) -> None:
    token = lasting()
    wait = "while not os.path.exists('up'): time.sleep(0.01)\n"
    daemon = DAEMON.format(seconds=token).replace("subprocess.run", "open('up', 'w').close(); subprocess.run")
    run = await processes.run(daemon + wait + ending, "python", LIMITS._replace(seconds=3))
    assert run.status == {"": "ok", "while True: pass": "timeout"}.get(ending, "killed")
    assert running(token) == []


async def test_cancellation_kills_daemons(processes: Sandbox) -> None:
    token = lasting()
    async with anyio.create_task_group() as group:
        group.start_soon(processes.run, DAEMON.format(seconds=token) + "time.sleep(600)", "python", LIMITS)
        await until(lambda: running(token) != [])
        group.cancel_scope.cancel()
    assert running(token) == []


async def test_invalid_utf8(processes: Sandbox) -> None:
    run = await processes.run("import os\nos.write(1, b'a\\xff\\xfeb\\n')", "python", LIMITS)
    assert run.stdout == "a\ufffd\ufffdb\n"


async def test_shells(processes: Sandbox) -> None:
    for shell in ("bash", "sh"):
        run = await processes.run("echo out; echo err >&2; exit 3", shell, LIMITS)
        assert (run.status, run.exit_code, run.stdout, run.stderr) == ("error", 3, "out\n", "err\n")


async def test_signals(processes: Sandbox) -> None:
    run = await processes.run("import os\nos.kill(os.getpid(), 11)", "python", LIMITS)
    assert (run.status, run.exit_code, run.detail) == ("killed", 139, "ended by signal SIGSEGV")


async def test_standard_input_is_empty(processes: Sandbox) -> None:
    run = await processes.run("import sys\nprint(repr(sys.stdin.read()))", "python", LIMITS)
    assert run.stdout == "''\n"


async def test_no_descriptor_of_ours_is_passed_on(processes: Sandbox) -> None:
    run = await processes.run("import os\nprint(sorted(os.listdir('/proc/self/fd'), key=int))", "python", LIMITS)
    assert run.stdout == "['0', '1', '2', '3']\n"  # 3 is the listing itself


async def test_closed_streams_do_not_end_the_run(processes: Sandbox) -> None:
    source = "import os, time\nos.close(1)\nos.close(2)\ntime.sleep(0.3)\nos._exit(4)"
    run = await processes.run(source, "python", LIMITS)
    assert (run.status, run.exit_code) == ("error", 4)


async def test_a_host_program_is_shown_where_the_libraries_of_its_interpreter_lie(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some Pythons start only where LD_LIBRARY_PATH leads to them."""
    path = f"{os.environ.get('LD_LIBRARY_PATH', '')}:/nowhere/lib"
    monkeypatch.setenv("LD_LIBRARY_PATH", path)
    run = await HostSandbox().run("import os\nprint(os.environ['LD_LIBRARY_PATH'])", "python", LIMITS)
    assert run.stdout == f"{path}\n"
