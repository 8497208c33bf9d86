"""`agentchat diff`: files, ids, positions and branches compared; 0 the same, 1 different, 2 usage."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect  # type: ignore[import-untyped]  # it ships no types
import pytest

from agentchat import Assistant, Conversation, MaxTurns, ScriptedModel
from tests.cli.conftest import Cli
from tests.cli.test_terminal import COLOUR, output, spawn


def save(path: Path, *said: str) -> None:
    one = Assistant("a", model=ScriptedModel(said))
    Conversation([one], until=MaxTurns(len(said))).run_sync("Go.").transcript.save(path)


@pytest.fixture
def two(cli: Cli) -> Cli:
    save(cli.folder / "a.jsonl", "ten primes", "then this")
    save(cli.folder / "b.jsonl", "twelve primes", "then this")
    return cli


def test_equal_is_0_and_different_1(two: Cli) -> None:
    save(two.folder / "again.jsonl", "ten primes", "then this")
    same = two("diff", "a.jsonl", "again.jsonl")
    assert (same.code, same.out, same.err) == (0, "no difference: 2 turns, 12 and 12 events\n", "")
    other = two("diff", "a.jsonl", "b.jsonl")
    assert (other.code, other.err) == (1, "")
    assert "First difference: result\n  the same up to event 5 (0 turns)\n" in other.out
    assert "~ [-ten-]{+twelve+} primes" in other.out


def test_json_holds_everything(two: Cli) -> None:
    said = two("diff", "--json", "a.jsonl", "b.jsonl@7")
    assert said.code == 1
    found = json.loads(said.out)
    assert (found["same"], found["shared"], found["b"]["events"], found["b"]["outcome"]) == (False, 0, 7, "open")
    assert (found["first"]["what"], found["first"]["a"]["seq"]) == ("result", 6)
    unknown = next(one for one in found["measures"] if one["what"] == "US dollars" and not one["of"])
    assert unknown["a"] == {"value": None, "at_least": True}
    assert json.loads(two("diff", "--json", "a.jsonl", "a.jsonl").out)["same"] is True


def test_a_position_is_the_record_as_it_was(two: Cli) -> None:
    said = two("diff", "a.jsonl@7", "a.jsonl")
    assert said.code == 1
    assert "A is the beginning of B: its 7 events are those of B" in said.out
    assert "  A  nothing: its record ends at event 7\n  B  event 8: a gets the turn on event 3" in said.out
    assert two("diff", "a.jsonl@7", "a.jsonl@7").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("a.jsonl@99", "b.jsonl"), "a.jsonl: there is no event 99; the transcript has events 1 to 12"),
        (("a.jsonl@0", "b.jsonl"), "a.jsonl: there is no event 0"),
        (("a.jsonl", "none.jsonl"), "none.jsonl: cannot be read"),
        (("a.jsonl", "nothing"), "there is no conversation 'nothing'"),
    ],
)
def test_what_is_not_there_is_named(two: Cli, words: tuple[str, str], told: str) -> None:
    said = two("diff", *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("agentchat: ")
    assert told in said.err


def test_a_damaged_file_is_named_and_nothing_is_shown(two: Cli) -> None:
    path = two.folder / "b.jsonl"
    path.write_bytes(path.read_bytes().replace(b"twelve", b"eleven"))
    said = two("diff", "a.jsonl", "b.jsonl")
    assert (said.code, said.out) == (2, "")
    assert "b.jsonl: line 7: " in said.err


def test_branches_of_one_conversation(cli: Cli) -> None:
    assert cli("demo", "--save", "run.jsonl").code == 0
    assert cli("fork", "run.jsonl@11", "--say", "use a loop", "--name", "loop", "--reason", "to see").code == 0
    said = cli("diff", "run.jsonl", "run.loop.jsonl")
    assert said.code == 1
    assert "at event 11 by user: to see" in said.out
    assert "branches of one conversation: one record up to event 11\n" in said.out
    assert "user says: use a loop" in said.out
    assert "=  2 turns and 3 other events the same" in said.out


def test_two_runs_that_did_the_same_do_not_differ(cli: Cli) -> None:
    """Programs took other times, in other processes; the second is in the store and named by the start of its id."""
    assert cli("demo", "--save", "run.jsonl").code == 0
    assert cli("demo").code == 0
    said = cli("diff", "run.jsonl", "2")
    assert (said.code, said.out) == (0, "no difference: 5 turns, 24 and 24 events\n")


def test_on_a_terminal_colours_mark_what_changed(two: Cli) -> None:
    child: pexpect.spawn = spawn(two, "diff", "a.jsonl", "b.jsonl")
    text = output(child)
    assert child.exitstatus == 1
    assert "~ tentwelve primes" in COLOUR.sub("", text)
    assert "\x1b" not in COLOUR.sub("", text)
    assert "[-ten-]{+twelve+} primes" in COLOUR.sub(
        "", output(spawn(two, "diff", "a.jsonl", "b.jsonl", env={"NO_COLOR": "1"}))
    )
