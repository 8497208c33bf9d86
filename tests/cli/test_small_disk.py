"""A disk of 300 kB of its own that gets full, in a mount namespace."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.shell import Ran, shell

SPACE = ["unshare", "--mount", "--map-root-user"]
DISK = "mount -t tmpfs -o size=300k tmpfs disk"
FILL = "head -c 400k /dev/zero > disk/fill 2>/dev/null"

pytestmark = pytest.mark.skipif(
    subprocess.run([*SPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False).returncode != 0,
    reason="needs the right to mount",
)


def on_a_small_disk(cli: Cli, tmp_path: Path, script: str) -> Ran:
    """Run a script with `disk` as a small disk, and `agentchat` as the command."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "script").write_text(f'agentchat() {{ {" ".join(cli.command())} "$@"; }}\n{DISK}\n{script}\n')
    return shell(f"{' '.join(SPACE)} bash script", tmp_path, cli.env)


def test_a_store_on_a_full_disk_can_be_read(cli: Cli, tmp_path: Path) -> None:
    ran = on_a_small_disk(
        cli,
        tmp_path,
        f"""agentchat demo --store disk/s.db > /dev/null
        {FILL}
        agentchat ls --store disk/s.db || exit 7
        agentchat show 2 --store disk/s.db || exit 8
        agentchat resume 2 --say more --store disk/s.db
        echo code $?
        """,
    )
    assert "The list holds ten primes" in ran.text
    assert ran.text.endswith("disk/s.db: the disk is full; make room and go on\ncode 2\n"), ran.text


def test_a_file_on_a_full_disk_leaves_nothing_beside_it_and_goes_on(cli: Cli, tmp_path: Path) -> None:
    ran = on_a_small_disk(
        cli,
        tmp_path,
        """head -c 292k /dev/zero > disk/fill
        agentchat demo --save disk/run.jsonl > /dev/null
        echo code $?
        ls -A disk
        rm disk/fill
        agentchat resume disk/run.jsonl 2> /dev/null
        agentchat replay --check disk/run.jsonl
        """,
    )
    assert "make room and go on" in ran.text
    assert "code 2\nfill\nrun.jsonl\nrun.jsonl.lease\n" in ran.text, ran.text
    assert ran.text.rstrip().endswith("no difference"), ran.text
