"""The walls of the bubblewrap sandbox. Each test is a way out, or a way to do harm, that was open somewhere once.

Run as root and, by test_unprivileged, as a user without privileges: the two recipes fail in different ways.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from agentchat.errors import SandboxError, SandboxUnavailable
from agentchat.sandboxes import recipe
from agentchat.sandboxes.bubblewrap import BubblewrapSandbox
from agentchat.seams import Limits

from .looking import lasting, running, until

pytestmark = [pytest.mark.anyio, pytest.mark.bwrap, pytest.mark.usefixtures("nothing_left")]

LIMITS = Limits(seconds=20)
HOME = os.path.expanduser("~")
SHARED_USER = recipe.as_root() and "4294967295" not in Path("/proc/self/uid_map").read_text()

CALLS = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))
    return "done" if result != -1 else errno.errorcode[ctypes.get_errno()]
"""


async def printed(jail: BubblewrapSandbox, source: str, language: str = "python", limits: Limits = LIMITS) -> str:
    run = await jail.run(source, language, limits)
    assert run.status == "ok", run
    return run.stdout


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    value = secrets.token_hex(16)
    monkeypatch.setenv("OPENAI_API_KEY", value)
    return value


async def test_environment_is_not_ours(jail: BubblewrapSandbox, secret: str) -> None:
    shown = await printed(jail, "import os\nprint(*os.environ)")
    assert set(shown.split()) - {"LD_LIBRARY_PATH"} == {"HOME", "LANG", "PATH", "PWD"}
    source = """
import glob
for path in glob.glob("/proc/[0-9]*/*"):
    if path.endswith(("/environ", "/cmdline")):
        try:
            print(path, open(path, errors="replace").read().replace(chr(0), " "))
        except OSError as error:
            print(error)
"""
    shown = await printed(jail, source)
    assert secret not in shown
    for name in ("OPENAI_API_KEY", str(Path(__file__).parent), HOME + "/", sys.prefix + "/"):
        assert name not in shown
    assert "/proc/1/cmdline" in shown


async def test_no_network(jail: BubblewrapSandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        source = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=5)"
        run = await jail.run(source, "python", LIMITS)
    assert run.status == "error"
    assert "Connection" in run.stderr or "unreachable" in run.stderr


async def test_no_abstract_socket_of_the_host(jail: BubblewrapSandbox) -> None:
    name = secrets.token_hex(8)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen()
        source = f"import socket\nsocket.socket(socket.AF_UNIX).connect('\\x00{name}')"
        run = await jail.run(source, "python", LIMITS)
    assert "ConnectionRefusedError" in run.stderr


async def test_files_of_the_host_are_not_there(jail: BubblewrapSandbox, tmp_path: Path) -> None:
    planted = tmp_path / "secret"
    planted.write_text("secret")
    paths = ["/etc", "/root", "/home", "/run", "/var", "/sys", "/boot", "/srv", "/mnt", str(planted)]
    paths += [str(Path(__file__).parent), __file__, HOME]
    source = f"import os\nprint([path for path in {paths!r} if os.path.exists(path)])"
    assert await printed(jail, source) == "[]\n"
    assert await printed(jail, "import os\nprint(os.listdir('/usr/local'), os.listdir('/dev/shm'))") == "[] []\n"


async def test_only_its_own_folders_can_be_written(jail: BubblewrapSandbox) -> None:
    source = """
import os, sys
for place in ("/", "/usr", "/usr/bin", "/usr/local", "/dev", "/proc", "/opt", sys.prefix, "/tmp", "/dev/shm", "."):
    try:
        open(os.path.join(place, "planted"), "w").close()
        print(place)
    except OSError:
        pass
"""
    assert await printed(jail, source) == "/tmp\n/dev/shm\n.\n"


async def test_work_folder_is_random_and_empty_but_for_the_source(jail: BubblewrapSandbox) -> None:
    source = "import os\nprint(os.getcwd(), os.listdir('.'), os.listdir('..'))"
    first, second = await printed(jail, source), await printed(jail, source)
    assert first != second
    folder, rest = first.split(" ", 1)
    assert rest == f"['main.py'] ['{Path(folder).name}']\n"


async def test_has_no_privileges(jail: BubblewrapSandbox) -> None:
    source = """
import os
wanted = ("CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs", "Seccomp")
lines = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(*(int(lines[name], 16) for name in wanted), 0 in (os.getuid(), os.geteuid(), os.getgid(), *os.getgroups()))
"""
    assert await printed(jail, source) == "0 0 0 0 1 2 False\n"


async def test_kernel_settings_cannot_be_written(jail: BubblewrapSandbox) -> None:
    source = """
import glob, os
paths = [path for path in glob.glob("/proc/sys/**", recursive=True) if os.path.isfile(path)]
print(len(paths) > 100, "/proc/sys/kernel/core_pattern" in paths)
for path in [*paths, "/proc/sysrq-trigger"]:
    try:
        os.close(os.open(path, os.O_WRONLY))
        print(path)
    except OSError:
        pass
"""
    shown = await printed(jail, source)
    assert shown == "True True\n"


async def test_no_further_namespaces(jail: BubblewrapSandbox) -> None:
    source = (
        CALLS
        + """
print([libc.unshare(flag) for flag in (0x10000000, 0x20000, 0x40000000, 0x80)], libc.unshare(0x400))
"""
    )
    assert await printed(jail, source) == "[-1, -1, -1, -1] 0\n"
    run = await jail.run("unshare --user true", "sh", LIMITS)
    assert run.status == "error"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="system call numbers of x86-64")
async def test_forbidden_system_calls(jail: BubblewrapSandbox) -> None:
    source = (
        CALLS
        + """
for number in (101, 250, 248, 321, 425, 323, 133, 259, 319, 29, 68, 64, 240, 165, 161, 308, 298, 304, 135, 246, 310):
    print(call(number, 0, 0, 0, 0, 0), end=" ")
print(call(435, 0, 0), call(463, 0), call(56, 0x10000011, 0, 0, 0, 0))
"""
    )
    assert await printed(jail, source) == "EPERM " * 21 + "ENOSYS ENOSYS EPERM\n"


async def test_socket_families(jail: BubblewrapSandbox) -> None:
    source = """
import errno, socket
for family in (1, 2, 10, 16, 17, 38, 40):
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
        print("open", end=" ")
    except OSError as error:
        print(errno.errorcode[error.errno], end=" ")
"""
    assert await printed(jail, source) == "open open open " + "EAFNOSUPPORT " * 4


async def test_cannot_type_into_the_terminal(jail: BubblewrapSandbox) -> None:
    source = """
import fcntl, os, pty
main, side = pty.openpty()
for request in (0x5412, 0x541C):
    try:
        fcntl.ioctl(side, request, b"x")
        print("typed")
    except PermissionError:
        print("refused")
print(os.get_terminal_size(side).columns)
try:
    open("/dev/tty")
except OSError:
    print("no terminal")
"""
    assert await printed(jail, source) == "refused\nrefused\n0\nno terminal\n"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="other calling conventions of x86-64")
async def test_other_calling_conventions_end_the_program(jail: BubblewrapSandbox) -> None:
    run = await jail.run(CALLS + "print(call(0x40000000 + 39))", "python", LIMITS)
    assert (run.status, run.detail, run.stdout) == ("killed", "ended by signal SIGSYS", "")
    source = """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20; int 0x80; ret: getpid of the 32-bit table
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())
"""
    run = await jail.run(source, "python", LIMITS)
    assert (run.status, run.stdout) == ("killed", "")
    assert run.detail in ("ended by signal SIGSYS", "ended by signal SIGSEGV")  # the latter in kernels without it


async def test_ordinary_programs_work(jail: BubblewrapSandbox) -> None:
    source = """
import asyncio, multiprocessing, queue, sqlite3, subprocess, tempfile, threading
def main():
    results = queue.Queue()
    threads = [threading.Thread(target=results.put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(results.qsize(), subprocess.run(["echo", "child"], capture_output=True, text=True).stdout.strip())
    for method in ("fork", "spawn"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            print(pool.map(abs, [-1, -2]))
        lock = context.Lock()
        with lock:
            pass
    with tempfile.TemporaryDirectory() as folder:
        print(sqlite3.connect(folder + "/x.db").execute("select 1").fetchone())
    print(asyncio.run(asyncio.sleep(0, "slept")))
if __name__ == "__main__":
    main()
"""
    assert await printed(jail, source) == "8 child\n[1, 2]\n[1, 2]\n(1,)\nslept\n"


async def test_fork_bomb(jail: BubblewrapSandbox) -> None:
    source = """
import os, time
count = 0
while True:
    try:
        if os.fork() == 0:
            time.sleep(600)
    except BlockingIOError:
        break
    count += 1
print(0 < count < 20)
"""
    assert await printed(jail, source, limits=LIMITS._replace(processes=20)) == "True\n"
    run = await jail.run(":(){ :|:& };:; wait", "bash", LIMITS._replace(seconds=2, processes=20))
    assert run.seconds < 20


@pytest.mark.skipif(SHARED_USER, reason="this container has one user for all sandboxes")
async def test_limit_of_processes_is_each_runs_own(jail: BubblewrapSandbox) -> None:
    source = "import subprocess, time\np = [subprocess.Popen(['sleep', '1']) for _ in range(12)]\n[x.wait() for x in p]"
    runs = []

    async def one() -> None:
        runs.append(await jail.run(source, "python", LIMITS._replace(processes=20)))

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(one)
    assert [run.status for run in runs] == ["ok"] * 3


async def test_memory_of_one_process(jail: BubblewrapSandbox) -> None:
    run = await jail.run("x = bytearray(10**9)", "python", LIMITS._replace(memory=256 * 1024**2))
    assert (run.status, run.stderr.endswith("MemoryError\n")) == ("error", True)


async def test_memory_of_all_processes_together(jail: BubblewrapSandbox) -> None:
    source = """
import os, time
for _ in range(5):
    if os.fork() == 0:
        kept = b"x" * (60 * 1024**2)
        time.sleep(600)
time.sleep(600)
"""
    run = await jail.run(source, "python", LIMITS._replace(memory=100 * 1024**2))
    assert (run.status, run.detail) == ("killed", "its processes together used more than 200 MiB of memory")


async def test_shared_memory_of_children_counts_once(jail: BubblewrapSandbox) -> None:
    source = """
import os, time
kept = b"x" * (60 * 1024**2)
children = []
for _ in range(6):
    child = os.fork()
    if child == 0:
        time.sleep(0.5)
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
print(len(kept))
"""
    await printed(jail, source, limits=LIMITS._replace(memory=150 * 1024**2))


async def test_disk(jail: BubblewrapSandbox) -> None:
    source = """
import errno
for place in (".", "/tmp", "/dev/shm"):
    for number in range(100):
        try:
            with open(f"{place}/{number}", "wb") as file:
                file.write(b"x" * 100_000)
        except OSError as error:
            print(errno.errorcode[error.errno])
            break
try:
    with open("/dev/shm/0", "wb") as file:
        file.seek(10**10)
        file.write(b"x")
except OSError as error:
    print(errno.errorcode[error.errno])
"""
    shown = await printed(jail, source, limits=LIMITS._replace(files=1024**2))
    assert shown == "ENOSPC\nENOSPC\nENOSPC\nEFBIG\n"


async def test_many_small_files(jail: BubblewrapSandbox) -> None:
    source = "number = 0\nwhile True:\n    open(str(number), 'w').close()\n    number += 1"
    run = await jail.run(source, "python", LIMITS)
    assert (run.status, run.detail) == ("killed", "it made more than 50000 files")


async def test_processor_time_is_limited_behind_the_clock(jail: BubblewrapSandbox) -> None:
    source = (
        "import resource as r\nprint(*(r.getrlimit(kind) for kind in (r.RLIMIT_CPU, r.RLIMIT_CORE, r.RLIMIT_NOFILE)))"
    )
    assert await printed(jail, source, limits=LIMITS._replace(seconds=2.5)) == "(4, 4) (0, 0) (256, 256)\n"


PARENT = """
import sys, anyio
from agentchat.sandboxes.bubblewrap import BubblewrapSandbox
from agentchat.seams import Limits
source = '''
import os, subprocess
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        subprocess.run(["sleep", "TOKEN"])
    os._exit(0)
subprocess.run(["sleep", "TOKEN"])
'''
anyio.run(BubblewrapSandbox().run, source.replace("TOKEN", sys.argv[2]), "python", Limits(), backend=sys.argv[1])
"""


async def test_killed_parent_leaves_nothing_running(anyio_backend: str) -> None:
    token = lasting()
    async with await anyio.open_process([sys.executable, "-c", PARENT, anyio_backend, token]) as parent:
        await until(lambda: len(running(token)) >= 3)  # the parent names the token too
        parent.kill()
        await parent.wait()
        await until(lambda: running(token) == [])


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_outlives_idle_threads_of_the_event_loop(jail: BubblewrapSandbox) -> None:
    """Dying with the parent means its thread. trio starts processes in threads that end after ten idle seconds."""
    assert await printed(jail, "sleep 11; echo done", "sh") == "done\n"


@pytest.mark.parametrize("find", [recipe.own_interpreter, recipe.system_interpreter])
async def test_each_interpreter(find: Callable[[], recipe.Interpreter | None]) -> None:
    interpreter = find()
    if interpreter is None:
        pytest.skip("no such Python here")
    jail = BubblewrapSandbox([interpreter])
    assert await jail.probe() is None
    shown = await printed(jail, "import sys, ssl, sqlite3, ctypes, zlib\nprint(sys.prefix, sys.executable)")
    assert shown in ("/usr /usr/bin/python3\n", f"/opt/python {interpreter.path}\n", f"/usr {interpreter.path}\n")


async def test_a_probe_that_fails_closes_the_sandbox() -> None:
    jail = BubblewrapSandbox([recipe.Interpreter("/usr/bin/no-python-at-all")])
    reason = await jail.probe()
    assert reason is not None
    assert "no-python-at-all" in reason
    with pytest.raises(SandboxUnavailable):
        await jail.run("print(1)", "python", LIMITS)


async def test_a_sandbox_that_cannot_be_built_is_an_error(jail: BubblewrapSandbox) -> None:
    broken = recipe.Interpreter("/usr/bin/python3", ("--ro-bind", "/no/such/place", "/opt"))
    reason = await BubblewrapSandbox([broken]).probe()
    assert reason is not None
    assert "could not build the sandbox" in reason
    assert "/no/such/place" in reason
    assert await jail.probe() is None
    assert issubclass(SandboxUnavailable, SandboxError)


async def test_no_descriptor_stays_open(jail: BubblewrapSandbox) -> None:
    await jail.run("", "python", LIMITS)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        await jail.run("print(1)", "python", LIMITS)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.fixture(autouse=True)
def _planted_outside() -> Iterator[None]:
    """Nothing that a program plants may appear on the host."""
    yield
    for place in ("/planted", "/usr/planted", "/tmp/planted", "/dev/planted", "/dev/shm/planted"):
        assert not os.path.exists(place)
