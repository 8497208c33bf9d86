"""`agentchat demo`, and what can be done with the record of it."""

from __future__ import annotations

import re

from agentchat import CodeResult, Transcript
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


def test_without_a_prefix_of_color_the_output_is_plain(cli: Cli) -> None:
    assert "\x1b" not in cli("demo").out


def test_a_demo_cannot_overwrite_a_file(cli: Cli) -> None:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    before = (cli.folder / "demo.jsonl").read_bytes()
    said = cli("demo", "--save", "demo.jsonl")
    assert said.code == 2
    assert "exists already" in said.err
    assert (cli.folder / "demo.jsonl").read_bytes() == before
