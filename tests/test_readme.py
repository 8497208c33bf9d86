"""Every program of ours in the README and the docs runs as it stands, against a server on this machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

import agentchat
from agentchat import Budget, CallLimits, OpenAIModel
from agentchat.models.catalog import parse_catalog
from agentchat.models.options import ModelOptions
from agentchat.teams import files, load_team, rules
from tests.servers.fake_openai import DONE, Behaviour, FakeServer, chunk, raw, sse, stream
from tests.shell import shell

ROOT = Path(__file__).parent.parent
PLACES = ("README.md", "docs/guide.md", "docs/coming-from.md")
TYPED = (*PLACES, "docs/time-machine.md")
THEIRS = re.compile(r"# (AutoGen|LangGraph)\b")
"""How a program begins that is shown for comparison, and needs what is not installed here."""


VARIABLE = re.compile(r"\b(?:AGENTCHAT|OPENAI)_(?!URL\b)[A-Z_]*[A-Z]\b")


class Program(NamedTuple):
    """A program of a page: the heading it stands under, and its text."""

    page: str
    heading: str
    source: str


def programs(pages: tuple[str, ...] = PLACES) -> list[Program]:
    found = []
    for page in pages:
        for part in re.split(r"^## ", (ROOT / page).read_text(), flags=re.MULTILINE)[1:]:
            heading = part.splitlines()[0]
            blocks = re.findall(r"```python\n(.*?)```", part, re.DOTALL)
            found += [Program(page, heading, block) for block in blocks if not THEIRS.match(block)]
    return found


def to(name: str, answer: str | None = None) -> Behaviour:
    return stream(json.dumps({"reason": "so", "next": name, "instruction": "go on", "answer": answer}))


def calls(name: str, **arguments: object) -> Behaviour:
    function = {"name": name, "arguments": json.dumps(arguments)}
    delta: dict[str, object] = {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": function}]}
    return raw([sse(chunk(delta)), sse(chunk({}, finish="tool_calls")), DONE])


def drafts(*texts: str) -> list[Behaviour]:
    return [stream(json.dumps({"text": text})) for text in texts]


SOLVED = [stream("```python\nprint(29)\n```"), stream("It is 29. DONE")]
SCENES: dict[str, tuple[list[Behaviour], str]] = {
    "A coder and a runner": (SOLVED, "It is 29. DONE"),
    "A supervisor": ([to("coder"), SOLVED[0], to("runner"), to("finish", "It is 29.")], "It is 29."),
    "Typed messages, and a graph": (drafts("a very wide sea", "a wide sea"), "done faults=[]"),
    "Tools, and a person's word": (
        [calls("refund", order=4711, reason="never came"), stream("It is refunded.")],
        "May desk call refund(order=4711, reason='never came')?",
    ),
    "Budgets and tiers": ([stream("There was..."), stream("FINE")], "{'smart': '$0.0"),
    "Live, with a person in it": ([stream("Sandwiches."), stream("Lemonade.")], "Sandwiches."),
    "Going on": ([stream("Red."), stream("Blue.")], "Blue."),
    "Personas and teams from files": ([to("editor"), stream("The sea is wide. DONE")], "The sea is wide. DONE"),
    "Tools": ([stream("unused")], "12A is yours. 12A"),
    "An agent of your own": ([stream("The mug.")], "done The mug. (asked 1 times)"),
    "An agent of a class of your own": ([stream("unused")], "hello hello"),
    "A test of your own team": ([stream("unused")], ""),
    "After the fact": ([stream(word) for word in ("7", "12", "31", "44", "41", "43", "47", "2")], "run 1; limit means"),
    "Without a model": ([stream("unused")], ""),
    "Two agents, one writes code and one runs it": (SOLVED, "It is 29. DONE"),
    "A loop: write, check, and again while there are faults": (
        drafts("a very wide sea", "a wide sea"),
        "done text='a wide sea' faults=[]",
    ),
}
"""What the server answers, and what the program then prints, by heading."""


def test_every_program_has_its_scene() -> None:
    assert sorted(SCENES) == sorted(program.heading for program in programs())


@pytest.mark.bwrap
@pytest.mark.parametrize("program", programs(), ids=lambda program: program.heading)
def test_a_program_runs(program: Program, tmp_path: Path) -> None:
    behaviours, shown = SCENES[program.heading]
    with FakeServer(behaviours) as server:
        done = start(program.source, server.base_url, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert shown in done.stdout


@pytest.mark.timeout(300)
def test_a_type_checker_has_nothing_to_say_about_the_programs(tmp_path: Path) -> None:
    for number, program in enumerate(programs(TYPED)):
        (tmp_path / f"program_{number}.py").write_text(f"# {program.page}: {program.heading}\n{program.source}")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache"), "."],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.bwrap
def test_the_commands_of_the_readme_run_on_what_its_first_program_saved(tmp_path: Path) -> None:
    first = next(program for program in programs() if program.heading == "A coder and a runner")
    answers = [*SOLVED, *SOLVED, stream("It is 31. DONE")]
    commands = next(block for block in blocks("README.md", "sh") if "run.jsonl" in block).splitlines()
    with FakeServer(answers) as server:
        start(first.source, server.base_url, tmp_path)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        model = f"strong@{server.base_url}"
        env = {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "AGENTCHAT_SMART": model}
        told = {command: shell(command.replace("--open", ""), tmp_path, env) for command in commands}
    # a diff that finds something ends with 1, as the command for a shell's `if` does
    wrong = [text for command, (code, text) in told.items() if code != command.startswith("agentchat diff")]
    assert wrong == []


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


def write_team(place: Path, team: str) -> Path:
    """The files that the guide shows, in a folder."""
    (place / "editor.md").write_text(blocks("docs/guide.md", "markdown")[0])
    (place / "house-style.md").write_text("Short sentences.")
    path = place / "team.toml"
    path.write_text(team)
    return path


@pytest.mark.parametrize("place", [0, 1])
def test_the_team_files_of_the_guide_are_teams(place: int, tmp_path: Path) -> None:
    with FakeServer([stream("unused")]) as server:
        model = OpenAIModel(f"m@{server.base_url}", price="free")
        team = load_team(write_team(tmp_path, blocks("docs/guide.md", "toml")[place]), model=model)
    assert team.warnings == ()
    assert team.conversation().charter.names() == (
        ("supervisor", "coder", "runner", "editor") if place == 0 else ("writer", "critic")
    )


def test_the_settings_of_the_readme_are_read(tmp_path: Path) -> None:
    path = tmp_path / "agentchat.toml"
    catalog = parse_catalog(tomllib.loads(blocks("README.md", "toml")[0]), path)
    assert catalog.tiers == {"fast": ("gpt-4.1-nano",), "smart": ("gpt-4.1", "qwen3@http://127.0.0.1:8080/v1")}
    assert catalog.options("qwen3@http://127.0.0.1:8080/v1")["window"] == 32768


def test_the_settings_of_the_guide_are_read(tmp_path: Path) -> None:
    catalog = parse_catalog(tomllib.loads(blocks("docs/guide.md", "toml")[2]), tmp_path / "agentchat.toml")
    assert set(catalog.options("qwen3@http://127.0.0.1:8080/v1")) < set(ModelOptions.__annotations__)


def test_the_guide_names_every_key_of_a_team_file_and_of_the_settings() -> None:
    guide = (ROOT / "docs/guide.md").read_text()
    keys = [*files.KEYS, *rules.KEYS, *Budget.model_fields, *CallLimits.model_fields, *ModelOptions.__annotations__]
    assert [key for key in keys if not re.search(rf"`{key}`|\[{key}[\].]|^{key} = ", guide, re.MULTILINE)] == []


def test_the_guide_lists_every_name_of_the_face_once() -> None:
    table = (ROOT / "docs/guide.md").read_text().partition("| `from agentchat import` |")[2]
    names = [name for name in re.findall(r"`(\w+)`", table) if name not in ("card", "respond")]
    assert sorted(names) == agentchat.__all__


def test_every_variable_that_is_read_is_explained() -> None:
    read = {name for path in ROOT.glob("agentchat/**/*.py") for name in VARIABLE.findall(path.read_text())}
    told = {name for page in PLACES for name in VARIABLE.findall((ROOT / page).read_text())}
    assert read - told == {"AGENTCHAT_PROGRAM"}  # what a program outside a sandbox is marked with, not a setting


def start(source: str, url: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a program with two tiers that lead to the server, at a price."""
    tiers = {"AGENTCHAT_FAST": f"cheap@{url}", "AGENTCHAT_SMART": f"strong@{url}"}
    price = "price = { input = 100.0, output = 200.0 }"
    write_team(place, blocks("docs/guide.md", "toml")[0])
    (place / "agentchat.toml").write_text("".join(f'[models."{model}"]\n{price}\n' for model in tiers.values()))
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        cwd=place,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), **tiers},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
