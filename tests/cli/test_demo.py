"""`agentchat demo`, and what can be done with the record of it."""

from __future__ import annotations

import re
import shlex

import pytest

from agentchat import CodeResult, Conversation, Delta, Transcript
from agentchat.demo import TASK, UNTIL, DemoModel
from agentchat.personas import shipped_personas
from agentchat.teams import team_of
from tests.cli.conftest import Cli


def test_the_demo_runs_code_that_fails_and_code_that_works(cli: Cli) -> None:
    said = cli("demo", "--save", "demo.jsonl")
    assert (said.code, said.err) == (0, "")
    failed, repaired = said.out.index("IndexError: list index out of range"), said.out.index("\n29\n")
    assert said.out.index("print(primes[10])") < failed < said.out.index("print(primes[9])") < repaired
    assert "done: Mentions(text='DONE', by='coder') came true" in said.out
    assert "3 model calls, 2 programs run" in said.out
    assert "Transcript: demo.jsonl" in said.out
    bodies = [message.body for message in Transcript.load(cli.folder / "demo.jsonl").messages()]
    assert [body.ok for body in bodies if isinstance(body, CodeResult)] == [False, True]
    assert not cli.store.exists()


def test_every_command_that_the_demo_names_works(cli: Cli) -> None:
    said = cli("demo")
    (id,) = re.findall(r"Transcript: (\S+) in ", said.out)
    assert f"in {cli.store}" in said.out
    shown = cli("show", id)
    assert shown.code == 0
    assert "· coder asked demo-script (tokens not reported)\ncoder\nI collect primes" in shown.out
    assert "· runner ran python in " in shown.out
    checked = cli("replay", "--check", id)
    assert checked.code == 0
    told = r"\d+ events checked, 5 turns run again \(coder 3, runner 2\), no difference"
    assert re.fullmatch(rf"{id}: {told}\n", checked.out)
    again = cli("resume", id)
    assert (again.code, again.out) == (0, "")
    assert "there is nothing to go on with" in again.err


def test_beyond_its_script_the_demo_says_how_to_go_on_with_a_real_model(cli: Cli, model: str) -> None:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    said = cli("resume", "demo.jsonl", "--say", "and the 11th?")
    assert said.code == 1
    (line,) = re.findall(r"branch off: agentchat (fork FILE\|ID --edit .+ --say '...')$", said.err, re.MULTILINE)[:1]
    words = shlex.split(line.replace("FILE|ID", "demo.jsonl").replace("NAME", model).replace("...", "and the 11th?"))
    branch = cli(*words)
    assert (branch.code, branch.out) == (0, "The answer is 42. DONE\n")


@pytest.mark.anyio
async def test_a_demo_that_is_stopped_while_the_coder_speaks_goes_on_with_the_reply_that_was_lost() -> None:
    personas = shipped_personas()
    team = team_of([personas["coder"], personas["runner"]], model=DemoModel())
    chat = Conversation(team, until=UNTIL)
    async with chat.open(TASK, id="demo") as run:
        async for item in run:
            if isinstance(item, Delta):
                await run.interrupt()
    assert run.result.outcome.kind == "interrupted"
    result = await chat.resume("demo")
    bodies = [message.body for message in result.transcript.messages()]
    assert [body.ok for body in bodies if isinstance(body, CodeResult)] == [False, True]
    assert result.outcome.kind == "done"


def test_without_a_prefix_of_color_the_output_is_plain(cli: Cli) -> None:
    assert "\x1b" not in cli("demo").out


def test_a_demo_cannot_overwrite_a_file(cli: Cli) -> None:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    before = (cli.folder / "demo.jsonl").read_bytes()
    said = cli("demo", "--save", "demo.jsonl")
    assert said.code == 2
    assert "exists already" in said.err
    assert (cli.folder / "demo.jsonl").read_bytes() == before
