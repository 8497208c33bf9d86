"""The pictures a program leaves behind: which are kept, what is said of the rest, and programs that mean harm."""

from __future__ import annotations

import base64

import pytest

from agentchat.sandboxes import pictures
from agentchat.sandboxes.bubblewrap import BubblewrapSandbox
from agentchat.seams import Limits, Sandbox
from agentchat.transcript.messages import CodeRun

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

LIMITS = Limits(seconds=20)
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # one pixel
HEAD = f"import base64, os, signal, time\ndot = base64.b64decode('{DOT}')\n"
SAVE = "open('a.png', 'wb').write(dot)\n"


async def left(sandbox: Sandbox, source: str, limits: Limits = LIMITS) -> CodeRun:
    return await sandbox.run(HEAD + source, "python", limits)


def names(run: CodeRun) -> list[str]:
    return [file.name for file in run.files]


async def test_a_saved_picture_is_kept(processes: Sandbox) -> None:
    run = await left(processes, "open('plot.png', 'wb').write(dot)\nprint('saved')")
    assert (run.status, run.stdout, run.stderr, run.detail) == ("ok", "saved\n", "", None)
    (file,) = run.files
    assert (file.name, file.mime_type, file.content, file.size) == ("plot.png", "image/png", DOT, 70)
    assert CodeRun.model_validate_json(run.model_dump_json()) == run


async def test_a_shell_program_leaves_pictures_too(processes: Sandbox) -> None:
    run = await processes.run(f"cd /; cd - >/dev/null; echo {DOT} | base64 -d >plot.png; exit 3", "sh", LIMITS)
    assert (run.status, run.exit_code, names(run)) == ("error", 3, ["plot.png"])


async def test_what_a_file_holds_is_told_by_its_bytes(processes: Sandbox) -> None:
    kinds = {b"\xff\xd8\xff\xe0": "image/jpeg", b"GIF89a": "image/gif", b"RIFF\0\0\0\0WEBP": "image/webp"}
    source = "".join(f"open('{at}.PNG', 'wb').write({head!r})\n" for at, head in enumerate(kinds))
    run = await left(processes, source + "open('x.png', 'w').write('<svg>')\nopen('notes.txt', 'wb').write(dot)")
    assert [file.mime_type for file in run.files] == list(kinds.values())
    assert run.detail == "1 saved file is no picture of a known kind"


async def test_what_is_too_much_is_left_out_and_said(processes: Sandbox) -> None:
    big = await left(processes, "for n in 'abc': open(n + '.png', 'wb').write(dot + b'x' * 2_000_000)")
    assert (names(big), big.detail) == (["a.png", "b.png"], "1 more picture was not kept")
    many = await left(processes, "for n in range(12): open(f'{n:02}.png', 'wb').write(dot)")
    assert (names(many), many.detail) == ([f"{n:02}.png" for n in range(8)], "4 more pictures were not kept")


async def test_how_a_program_ended_is_reported_as_ever(processes: Sandbox) -> None:
    failed = await left(processes, SAVE + "exit(3)")
    assert (failed.status, failed.exit_code, names(failed)) == ("error", 3, ["a.png"])
    died = await left(processes, SAVE + "os.kill(os.getpid(), 11)")
    assert (died.status, died.exit_code, died.stderr) == ("killed", 139, "")
    assert (died.detail, names(died)) == ("ended by signal SIGSEGV", ["a.png"])


async def test_a_program_whose_time_is_up_keeps_none(processes: Sandbox) -> None:
    run = await left(processes, SAVE + "time.sleep(600)", LIMITS._replace(seconds=1))
    assert (run.status, run.files) == ("timeout", ())


async def test_signals_to_the_group_are_the_programs_own(processes: Sandbox) -> None:
    run = await left(processes, SAVE + "signal.signal(15, lambda *_: None)\nos.kill(0, 15)\nexit(5)")
    assert (run.status, run.exit_code, names(run)) == ("error", 5, ["a.png"])


async def test_names_are_one_harmless_line(processes: Sandbox) -> None:
    source = "for n in ('a\\nb.png', '\\x1b[2J.png', '-rf.png', '\\u202e.png', b'\\xff.png'): open(n, 'wb').write(dot)"
    run = await left(processes, source)
    assert (run.status, len(run.files)) == ("ok", 5)
    assert set(names(run)) == {"a\ufffdb.png", "\ufffd[2J.png", "-rf.png", "\ufffd.png"}


@pytest.mark.parametrize(
    "source",
    [
        "os.symlink('/etc/shadow', 'a.png')\nos.symlink('/proc/self/environ', 'b.png')\nos.symlink('.', 'c.png')",
        "os.mkdir('a.png')",
        "import socket\nsocket.socket(socket.AF_UNIX).bind('a.png')",
    ],
)
async def test_what_is_no_file_is_not_looked_into(processes: Sandbox, source: str) -> None:
    run = await left(processes, source)
    assert (run.status, run.files, run.detail) == ("ok", (), None)


async def test_a_pipe_is_not_waited_for(processes: Sandbox) -> None:
    run = await left(processes, "try:\n    os.mkfifo('a.png')\nexcept PermissionError:\n    pass")
    assert (run.status, run.files) == ("ok", ())


@pytest.mark.bwrap
async def test_a_folder_that_is_closed_or_moved(jail: BubblewrapSandbox) -> None:
    """Whether it may do so depends on whose folder it is; the program's own ending is reported either way."""
    for source in ("os.chmod('.', 0)", "os.rename(os.getcwd(), os.getcwd() + '-moved')"):
        run = await left(jail, f"{SAVE}try:\n    {source}\nexcept OSError:\n    pass\nexit(6)")
        assert (run.status, run.exit_code, run.detail) == ("error", 6, None)


@pytest.mark.bwrap
async def test_a_sparse_file_costs_no_memory(jail: BubblewrapSandbox) -> None:
    run = await left(jail, "open('a.png', 'wb').truncate(60 * 2**20)")
    assert (run.status, run.files, run.detail) == ("ok", (), "1 more picture was not kept")
    run = await left(jail, "open('a.png', 'wb').truncate(10**10)")
    assert (run.status, run.exit_code, run.files) == ("error", 1, ())


@pytest.mark.bwrap
async def test_a_file_that_cannot_be_read_is_counted(jail: BubblewrapSandbox) -> None:
    run = await left(jail, SAVE + "os.chmod('a.png', 0)")
    assert (run.status, run.files, run.detail) == ("ok", (), "1 more picture was not kept")


@pytest.mark.bwrap
async def test_ten_thousand_pictures(jail: BubblewrapSandbox) -> None:
    run = await left(jail, "for n in range(10_000): open(f'{n}.png', 'wb').write(dot)")
    assert (run.status, len(run.files), run.detail) == ("ok", 8, "9992 more pictures were not kept")


@pytest.mark.bwrap
async def test_garbage_in_every_descriptor_in_reach(jail: BubblewrapSandbox) -> None:
    """Only ever in the sandbox: on the host this would write into the files of everybody else."""
    source = """
import glob
for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), b"<garbage;")
    except OSError:
        pass
"""
    run = await left(jail, source + SAVE)
    assert (run.status, run.exit_code) == ("ok", 0)
    assert names(run) in ([], ["a.png"])


@pytest.mark.bwrap
async def test_a_program_against_the_shell_around_it(jail: BubblewrapSandbox) -> None:
    killed = await left(jail, SAVE + "os.kill(os.getppid(), 9)\ntime.sleep(60)")
    assert (killed.status, killed.exit_code, killed.files) == ("killed", 137, ())
    stopped = await left(jail, SAVE + "os.kill(os.getppid(), 19)", LIMITS._replace(seconds=1))
    assert (stopped.status, stopped.files) == ("timeout", ())


@pytest.mark.bwrap
async def test_no_process_left_for_the_look_is_said(jail: BubblewrapSandbox) -> None:
    fill = "try:\n    while os.fork(): pass\n    time.sleep(60)\nexcept OSError: exit(7)"
    run = await left(jail, SAVE + fill, LIMITS._replace(processes=8))
    assert (run.status, run.exit_code, run.files) == ("error", 7, ())
    assert run.detail == "what it saved could not be read: no picture was kept"


B64 = DOT.encode()
NAME = base64.b64encode(b"a.png")


def test_an_empty_stream_is_no_picture() -> None:
    assert pictures.read(b"") == pictures.Found()


@pytest.mark.parametrize(
    "stream",
    [
        b"<",
        b"garbage",
        b"<>",
        b"<%b:%b;" % (NAME, B64),
        b"<%b:%b>" % (NAME, B64),
        b"<%b:%b;x>" % (NAME, B64),
        b"<%b:%b;0>garbage" % (NAME, B64),
        b"<%b:%b;-1>" % (NAME, B64),
        b"<%b:%b;9999999999>" % (NAME, B64),
        b"<:%b;0>" % B64,
        b"<%b:%b=;0>" % (NAME, B64[:-3]),
        b"<%b:%b;0>" % (base64.b64encode(b"../a.png"), B64),
        b"<%b:%b;0>" % (base64.b64encode(b"a\0.png"), B64),
        b"<%b0>" % (b"%b:%b;" % (NAME, B64) * (pictures.MOST + 1)),
        b"<%b:%b;0>" % (NAME, base64.b64encode(b"\xff\xd8\xff" + bytes(pictures.ROOM))),
    ],
)
def test_a_stream_that_the_shell_did_not_write_is_dropped_and_said(stream: bytes) -> None:
    assert pictures.read(stream) == pictures.Found((), "what it saved could not be read: no picture was kept")


def test_a_stream_beyond_the_cap_is_dropped() -> None:
    whole = b"<%b:%b;2>" % (NAME, B64)
    assert pictures.read(whole).note == "2 more pictures were not kept"
    assert pictures.read(whole, cut=True).files == ()
