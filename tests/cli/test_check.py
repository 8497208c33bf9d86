"""`agentchat replay --check`: equal or not, said so that people and programs understand it, and nothing is called."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentchat.transcript.events import Event
from agentchat.transcript.transcript import Transcript
from tests.cli.conftest import ROOT, Cli
from tests.debug.conversations import functions, tools


@pytest.fixture
def demo(cli: Cli) -> Path:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    return cli.folder / "demo.jsonl"


def rewrite(path: Path, change: Callable[[Event], Event]) -> None:
    """Edit a file as somebody does who makes the chain anew."""
    made = Transcript()
    for entry in Transcript.load(path):
        made.enter(change(entry.event), at=entry.at, active=entry.active, cause=entry.cause)
    made.save(path)


def test_an_equal_run_says_what_was_gone_through(cli: Cli, demo: Path) -> None:
    said = cli("replay", "demo.jsonl", "--check")
    told = f"{len(Transcript.load(demo))} events checked, 5 turns run again (coder 3, runner 2), no difference"
    assert said == (0, f"demo.jsonl: {told}\n", "")
    assert cli("replay", "demo.jsonl", "--check", "--team", "coder", "--team", "runner").code == 0


def test_it_asks_no_model_and_needs_no_key_no_settings_and_no_sandbox(cli: Cli, model: str) -> None:
    assert cli("run", "--model", model, "--save", "run.jsonl", "6 times 7?").code == 0
    address = {"PATH": "/nowhere", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    for words in ((), ("--team", "coder", "--team", "runner")):
        said = cli("replay", "run.jsonl", "--check", *words, env=address)
        assert (said.code, said.err) == (0, "")
        assert "no difference" in said.out


def test_a_changed_act_is_shown_with_what_would_be_done_now(cli: Cli, demo: Path) -> None:
    before = demo.read_bytes()
    text = next(one.text for one in Transcript.load(demo).messages() if one.sender == "coder")
    rewrite(demo, lambda event: other_program(event, text))
    assert demo.read_bytes() != before
    said = cli("replay", "demo.jsonl", "--check")
    assert said.code == 1
    assert "the first difference is at event" in said.out.splitlines()[0]
    assert "the program of runner" in said.out
    assert "+print('␛[2Jhello')" in said.out
    assert "\x1b" not in said.out


def other_program(event: Event, text: str, program: str = "print('\x1b[2Jhello')") -> Event:
    """The model's first program made another one: by default with a sequence that would clear the screen."""
    if event.kind != "call_finished" or event.result.of != "model" or event.result.text != text:
        return event
    part = event.result.parts[0].model_copy(update={"content": f"```python\n{program}\n```"})
    return event.model_copy(update={"result": event.result.model_copy(update={"parts": (part,)})})


def test_a_changed_persona_and_a_changed_team_file_are_found(cli: Cli, demo: Path) -> None:
    shutil.copy(ROOT / "personas" / "coder.md", cli.folder / "coder.md")
    persona = cli.folder / "coder.md"
    persona.write_text(persona.read_text() + "\nUse no loops.\n")
    said = cli("replay", "demo.jsonl", "--check", "--team", "./coder.md", "--team", "runner")
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[0].endswith("the first difference is in the agreement")
    assert lines[1] == "the agreement: agent coder, instructions"
    assert "  +Use no loops." in lines
    assert "event 5, the prompt of coder" in lines
    persona.unlink()
    (cli.folder / "team.toml").write_text('agents = ["coder", "runner"]\n[until]\nmax_turns = 2\n')
    said = cli("replay", "demo.jsonl", "--check", "--team", "team.toml")
    assert said.code == 1
    assert "the rule that ends a run" in said.out
    assert "the decision" in said.out


def test_the_same_as_data(cli: Cli, demo: Path) -> None:
    found = json.loads(cli("replay", "demo.jsonl", "--check", "--json").out)
    assert (found["equal"], found["differences"], found["run_again"]) == (True, [], {"coder": 3, "runner": 2})
    text = next(one.text for one in Transcript.load(demo).messages() if one.sender == "coder")
    rewrite(demo, lambda event: other_program(event, text))
    said = cli("replay", "demo.jsonl", "--check", "--json")
    assert said.code == 1
    first = json.loads(said.out)["differences"][0]
    assert first["what"] == "the program of runner"
    assert any(line.startswith("-") for line in first["compared"])


def test_who_is_left_out_is_told_and_functions_act_again_where_they_are_trusted(cli: Cli) -> None:
    functions().chat.run_sync("Go.").transcript.save(cli.folder / "own.jsonl")
    said = cli("replay", "own.jsonl", "--check")
    assert said.code == 0
    assert "not run again: 2 turns of think: it is a function of a program's own" in said.out
    said = cli("replay", "own.jsonl", "--check", "--agents")
    assert "which is imported with --trust only" in said.out
    (cli.folder / "mine.py").write_text(MINE)
    made = cli.folder / "made.py"
    made.write_text("import mine\nmine.chat().run_sync('go').transcript.save('mine.jsonl')\n")
    assert cli_python(cli, "made.py") == 0
    said = cli("replay", "mine.jsonl", "--check", "--agents", "--trust")
    assert (said.code, said.out) == (0, "mine.jsonl: 6 events checked, 1 turn run again (echo 1), no difference\n")
    (cli.folder / "mine.py").write_text(MINE.replace('"!"', '"?"'))
    said = cli("replay", "mine.jsonl", "--check", "--agents", "--trust")
    assert said.code == 1
    assert "  recorded: says: go!\n  now:      says: go?" in said.out


MINE = """
from agentchat import Conversation, MaxTurns, agent

@agent
async def echo(text: str, turn) -> str:
    return text + "!"

def chat():
    return Conversation([echo], until=MaxTurns(1))
"""


def cli_python(cli: Cli, script: str) -> int:
    return subprocess.run([sys.executable, script], cwd=cli.folder, env=cli.env, timeout=60, check=False).returncode


def test_comparisons_are_cut_unless_all_is_asked_for(cli: Cli, demo: Path) -> None:
    text = next(one.text for one in Transcript.load(demo).messages() if one.sender == "coder")
    rewrite(demo, lambda event: other_program(event, text, "\n".join(f"print({one})" for one in range(300))))
    short, whole = (cli("replay", "demo.jsonl", "--check", *words).out.splitlines() for words in ((), ("--all",)))
    assert any(line.endswith("lines more") for line in short)
    assert len(whole) > 300 > 100 > len(short)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--team", "nobody"), "there is no persona or team 'nobody'"),
        (("--team", "gone.toml"), "gone.toml: cannot be read"),
        (("--step",), "--check goes through all of it"),
    ],
)
def test_what_makes_no_sense_is_one_error(cli: Cli, words: tuple[str, ...], told: str) -> None:
    tools().chat.run_sync("Go.").transcript.save(cli.folder / "run.jsonl")
    said = cli("replay", "run.jsonl", "--check", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    said = cli("replay", "run.jsonl", "--team", "coder")
    assert said.code == 2
    assert "add --check" in said.err
