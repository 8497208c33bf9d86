"""What is installed by `pip install`: the package, its types, and the personas that ship."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_runs_by_itself(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("agentchat-*.whl")
    place = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(place)
    assert {"agentchat/py.typed", "agentchat/__init__.pyi"} <= set(names)
    assert {"agentchat/_personas/coder.md", "agentchat/_personas/teams/supervised-coding.toml"} <= set(names)
    assert {"agentchat/report/template/page.html", "agentchat/report/template/main.js"} <= set(names)
    code = "import agentchat, agentchat.personas as p; print(agentchat.__file__); print(*sorted(p.shipped_personas()))"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    file, personas = shown.stdout.splitlines()
    assert Path(file).is_relative_to(place)
    assert personas.split() == ["assistant", "coder", "critic", "planner", "runner", "supervisor", "writer"]
