"""`agentchat why`: the chain of causes in a terminal, in a pipe, and as data."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect  # type: ignore[import-untyped]  # it has no types
import pytest

from agentchat import Assistant, Conversation, MaxTurns, Mentions, ScriptedModel
from tests.cli.conftest import Cli
from tests.policy.play import Play

HOSTILE = "\x1b]52;c;aGk=\x07\x9b31m [bold red]no markup[/] \u202egnp.exe\x7f"


@pytest.fixture
def run(cli: Cli) -> Path:
    """A run of two agents, ten events, the last its end."""
    play = Play("ann", "bob").start(Mentions("DONE") | MaxTurns(4))
    play.give()
    play.say(calls=(play.call_model().seq,))
    play.give()
    play.say("DONE")
    play.close()
    return play.log.save(cli.folder / "run.jsonl")


def places(out: str) -> list[int]:
    """The events that are told of."""
    return [int(line[:4]) for line in out.splitlines() if line[:4].strip().isdigit()]


def test_the_demo_explains_itself(cli: Cli) -> None:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    said = cli("why", "demo.jsonl")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "  24  the run ended, done: Mentions(text='DONE', by='coder') came true at event 23"
    assert "            MaxTurns(turns=8): 5 of 8 turns" in lines
    assert "   3  user said: “Print the 10th prime number.”" in lines
    assert places(said.out) == [24, 23, 20, 19, 16, 15, 12, 11, 8, 7, 4, 3, 2]


@pytest.mark.usefixtures("run")
def test_an_event_is_named_behind_the_file_or_with_it(cli: Cli) -> None:
    said = cli("why", "run.jsonl", "5")
    assert (said.code, said.err) == (0, "")
    assert said == cli("why", "run.jsonl@5")
    assert said.out.splitlines()[:3] == [
        "   5  ann asked m: call 1 of its turn (event 4)",
        "        admitted:",
        "          budget: no cap concerns it",
    ]
    assert places(said.out) == [5, 4, 3, 2]


@pytest.mark.usefixtures("run")
def test_why_it_had_not_ended(cli: Cli) -> None:
    said = cli("why", "run.jsonl", "--not-ended", "8")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[:2] == [
        "   8  after event 8 run 1 went on: no rule that ends it had come true",
        "        the turn of bob (event 8) was going on",
    ]
    assert "MaxTurns(turns=4): 1 of 4 turns" in said.out


@pytest.mark.usefixtures("run")
def test_as_data(cli: Cli) -> None:
    chain = json.loads(cli("why", "run.jsonl", "--json").out)
    assert chain["seq"] == 10
    assert [step["kind"] for step in chain["steps"]][:3] == ["closed", "said", "turn_given"]
    assert any(one["values"].get("router") == "round_robin" for one in chain["steps"][2]["details"])
    step = json.loads(cli("why", "run.jsonl", "--not-ended", "4", "--json").out)
    assert step["seq"] == 4
    leaf = {"rule": "MaxTurns(turns=4)", "fired": False, "standing": "0 of 4 turns"}
    assert leaf in [one["values"] for one in step["details"]]


def test_a_conversation_in_a_store(cli: Cli, model: str) -> None:
    assert cli("run", "x", "--model", model, "--id", "mine").code == 0
    said = cli("why", "mi")
    assert said.code == 0
    assert "the run ended, done" in said.out
    assert "user said: “x”" in said.out
    other = cli("why", "other")
    assert (other.code, other.out) == (2, "")
    assert "there is no conversation 'other'" in other.err


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run.jsonl", "99"], "agentchat: run.jsonl: there is no event 99; the transcript has events 1 to 10\n"),
        (["run.jsonl@0"], "agentchat: run.jsonl: there is no event 0; the transcript has events 1 to 10\n"),
        (["run.jsonl", "--not-ended", "99"], "agentchat: run.jsonl: there is no event 99; the transcript has"),
        (["run.jsonl", "5", "--not-ended", "6"], "SEQ asks why an event came about, --not-ended why a run went on"),
        (["none.jsonl"], "agentchat: none.jsonl: cannot be read (No such file or directory)\n"),
        (["run.jsonl", "five"], "Invalid value for 'SEQ'"),
    ],
)
def test_what_cannot_be_asked(cli: Cli, words: list[str], told: str) -> None:
    said = cli("why", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_a_torn_tail_is_told_and_the_rest_explained(cli: Cli, run: Path) -> None:
    run.write_bytes(run.read_bytes()[:-7])
    said = cli("why", "run.jsonl")
    assert said.code == 0
    assert "the last line is unfinished" in said.err
    assert "no run has ended; this is about its last event, 9" in said.err
    assert "agentchat why run.jsonl --not-ended 9" in said.err
    assert said.out.startswith("   9  bob said: “DONE”")


def test_a_damaged_middle_shows_nothing(cli: Cli, run: Path) -> None:
    lines = run.read_bytes().splitlines(keepends=True)
    run.write_bytes(b"".join([*lines[:4], lines[4].replace(b"ann", b"ban"), *lines[5:]]))
    said = cli("why", "run.jsonl", "3")
    assert (said.code, said.out) == (2, "")
    assert "line 6: " in said.err


def test_a_long_chain_is_cut_in_the_middle(cli: Cli) -> None:
    play = Play("a", "b").start(MaxTurns(40))
    for number in range(40):
        play.give()
        play.say(f"message {number}")
    play.close()
    play.log.save(cli.folder / "long.jsonl")
    short, whole = cli("why", "long.jsonl"), cli("why", "long.jsonl", "--all")
    assert "   …  56 steps between; --all shows them\n" in short.out
    assert len(places(short.out)) == 27
    assert places(short.out)[-3:] == [4, 3, 2]
    assert len(places(whole.out)) == 83
    assert "…  " not in whole.out


def hostile(folder: Path) -> Path:
    model = ScriptedModel([HOSTILE, "bye"])
    chat = Conversation([Assistant("ann", model=model), Assistant("bob", model=model)], until=MaxTurns(2))
    return chat.run_sync(HOSTILE).transcript.save(folder / "hostile.jsonl")


def test_no_text_of_a_message_gets_out_as_it_is(cli: Cli) -> None:
    hostile(cli.folder)
    for words in (["hostile.jsonl"], ["hostile.jsonl", "--json"], ["hostile.jsonl", "--not-ended", "4"]):
        out = cli("why", *words).out
        assert not {"\x1b", "\x07", "\x9b", "\x7f", "\u202e"} & set(out)
    assert "[bold red]no markup[/]" in cli("why", "hostile.jsonl").out


def test_in_a_terminal_lines_go_on_below_themselves(cli: Cli) -> None:
    hostile(cli.folder)
    command = cli.command("why", "hostile.jsonl")
    env = {**cli.env, "TERM": "xterm-256color"}
    child = pexpect.spawn(
        command[0], command[1:], env=env, cwd=str(cli.folder), encoding="utf-8", dimensions=(40, 60), timeout=60
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "\x1b]52" not in child.before
    assert "\x1b[1mthe run ended, limit" in child.before
    assert all(len(uncoloured(line)) <= 60 for line in child.before.splitlines())


def uncoloured(line: str) -> str:
    """The line without colours."""
    return "".join(piece.partition("m")[2] if number else piece for number, piece in enumerate(line.split("\x1b[")))
