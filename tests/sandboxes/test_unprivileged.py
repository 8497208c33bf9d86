"""The tests of this folder once more, as a user without privileges. Root has one recipe, everybody else another.

Root's Python, its packages and this checkout may lie where no other user can read. So they are mounted, in a mount
namespace of this test alone, at a place that everyone can enter: nothing is copied, and nothing is left behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

import agentchat

NOBODY = "65534"
HERE = Path(__file__).parent

SETUP = """
set -e
place=$1; shift
while [ "$1" != -- ]; do
    mkdir -p "$place/$2"
    mount --bind "$1" "$place/$2"
    shift 2
done
shift
exec setpriv --reuid NOBODY --regid NOBODY --clear-groups --inh-caps=-all -- "$@"
""".replace("NOBODY", NOBODY)


@pytest.mark.bwrap
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.getuid() != 0, reason="this is the user without privileges already")
def test_everything_as_a_normal_user() -> None:
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path: pytest makes that for its owner alone
        place = Path(folder)
        place.chmod(0o755)
        scratch = place / "scratch"
        scratch.mkdir()
        scratch.chmod(0o1777)
        command, environment = _prepared(place, scratch)
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/")
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    assert " passed" in done.stdout
    assert "ubble" not in "".join(line for line in done.stdout.splitlines() if line.startswith("SKIPPED"))


def _prepared(place: Path, scratch: Path) -> tuple[list[str], dict[str, str]]:
    python = f"bin/python{sys.version_info.major}.{sys.version_info.minor}"
    mounts = [
        *(os.path.realpath(sys.base_prefix), "python"),
        *(sysconfig.get_path("purelib"), "packages"),
        *(sysconfig.get_path("scripts"), "scripts"),
        *(str(Path(agentchat.__file__).parent), "checkout/agentchat"),
        *(str(HERE), "checkout/tests/sandboxes"),
    ]
    environment = {
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(scratch),
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{place}/checkout:{place}/packages",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": f"{place}/python/lib" if sysconfig.get_config_var("Py_ENABLE_SHARED") else "",
        "MONTY_BIN": f"{place}/scripts/monty",
        "CI": os.environ.get("CI", ""),
    }
    options = ["-p", "no:cacheprovider", "--basetemp", f"{scratch}/tmp", "-q", "-rs"]
    settings = ["-c", "/dev/null", "-o", "markers=bwrap: needs bubblewrap", "-W", "error", "--rootdir", f"{place}"]
    inside = [f"{place}/python/{python}", "-m", "pytest", *settings, *options, f"{place}/checkout/tests/sandboxes"]
    own = ["unshare", "--mount", "--propagation", "private", "sh", "-c", SETUP, "sh", str(place), *mounts, "--"]
    return [*own, *inside], environment
