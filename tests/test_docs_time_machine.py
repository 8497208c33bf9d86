"""The page about the time machine: its commands are run in order, and print what it shows."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.servers.fake_openai import FakeServer, stream
from tests.shell import shell

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/time-machine.md").read_text()
VARIES = (
    (r"\d{8}-\d{6}-[0-9a-f]{8}", "ID"),
    (r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME"),
    (r"\d+\.\d+", "SECONDS"),
)


def steps() -> list[tuple[str, list[str]]]:
    """Every command of the page, and the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def programs() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def plain(line: str) -> str:
    for pattern, word in VARIES:
        line = re.sub(pattern, word, line)
    return re.sub(r" +", " ", line).strip()


def missing(shown: list[str], printed: str) -> list[str]:
    """The lines that were not printed. One that ends with dots was cut there."""
    lines = [plain(line) for line in printed.splitlines()]
    return [line for line in map(plain, shown) if not any(fits(line, one) for one in lines)]


def fits(shown: str, printed: str) -> bool:
    return printed.startswith(shown.removesuffix("...").rstrip()) if shown.endswith("...") else shown == printed


@pytest.mark.bwrap
@pytest.mark.timeout(300)
def test_the_commands_print_what_is_shown(tmp_path: Path) -> None:
    trip, prime = programs()
    (tmp_path / "trip.py").write_text(trip)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_prime.py").write_text(prime)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    with FakeServer([stream("```python\nprint(29)\n```"), stream("It is 29. DONE")]) as server:
        env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "AGENTCHAT_STORE": str(tmp_path / "store.db"),
            "AGENTCHAT_SMART": f"m@{server.base_url}",
        }
        for command, shown in steps():
            printed = shell(command, tmp_path, env).text
            assert missing(shown, printed) == [], f"$ {command}\n{printed}"


def test_the_table_of_contents_leads_to_headings() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line[3:].lower()).replace(" ", "-")
        for line in PAGE.splitlines()
        if line.startswith("## ")
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) <= headings


def test_every_command_that_looks_back_is_on_the_page() -> None:
    told = " ".join(command for command, _ in steps())
    for name in (
        "replay",
        "show",
        "why",
        "request",
        "diff",
        "fork",
        "answer",
        "view",
        "export",
        "import",
        "ls",
        "grep",
        "rm",
    ):
        assert f"agentchat {name}" in told, name
