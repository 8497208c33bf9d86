"""`agentchat show` and `replay --check`: any record can be looked at, and what is wrong with a file is named."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from agentchat import Assistant, Conversation, MaxTurns, ScriptedModel, Transcript
from tests.cli.conftest import Cli


@pytest.fixture
def demo(cli: Cli) -> Path:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    return cli.folder / "demo.jsonl"


def test_events_are_a_line_each_with_their_cause(cli: Cli, demo: Path) -> None:
    said = cli("show", "--events", "demo.jsonl")
    lines = said.out.splitlines()
    transcript = Transcript.load(demo)
    assert len(lines) == len(transcript)
    for entry, line in zip(transcript, lines, strict=True):
        seq, cause, _, kind, *_ = line.split()
        assert (int(seq), cause, kind) == (entry.seq, str(entry.cause or "-"), entry.event.kind)


def test_a_torn_tail_is_told_in_one_line(cli: Cli, demo: Path) -> None:
    demo.write_bytes(demo.read_bytes()[:-7])
    said = cli("show", "demo.jsonl")
    assert said.code == 0
    assert len(said.err.splitlines()) == 1
    assert "the last line is unfinished" in said.err
    assert "Not ended" in said.out
    assert "agentchat resume demo.jsonl" in said.out


def newer(line: bytes) -> bytes:
    return json.dumps({**json.loads(line), "v": 99}).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [*lines[:4], lines[4].replace(b"coder", b"codex"), *lines[5:]], "line 6: "),
        (lambda lines: [*lines[:4], *lines[5:]], "line 5: "),
        (lambda lines: [*lines[:4], b"garbage", *lines[5:]], "line 5: this is no JSON"),
        (lambda lines: [newer(lines[0]), *lines[1:]], "line 1: written in format 99"),
        (lambda lines: [b'{"a":1}'], "line 1: this is no entry of a transcript"),
        (lambda lines: [], "holds no complete event"),
        (lambda lines: [line + b"\r" for line in lines], "line 2: event 2 does not continue the line before it; somet"),
    ],
    ids=["edited", "missing", "damaged", "newer", "something else", "empty", "other line ends"],
)
def test_a_file_that_is_not_right_is_named_with_the_line(cli: Cli, demo: Path, change: object, told: str) -> None:
    lines = demo.read_bytes().splitlines()
    demo.write_bytes(b"".join(line + b"\n" for line in change(lines)))  # type: ignore[operator]  # one of the above
    before = demo.read_bytes()
    for words in (["show"], ["replay", "--check"], ["resume"]):
        said = cli(*words, "demo.jsonl")
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("agentchat: demo.jsonl: ")
        assert told in said.err
    assert demo.read_bytes() == before


def test_no_file_a_directory_and_a_store_are_told_apart(cli: Cli) -> None:
    assert cli("demo").code == 0
    (cli.folder / "d.jsonl").mkdir()
    for source, told in (
        ("none.jsonl", "none.jsonl: cannot be read"),
        ("d.jsonl", "d.jsonl: cannot be read"),
        ("", "the name of the conversation is empty"),
        (str(cli.store), "this is a store, not a transcript; name a conversation in it"),
    ):
        said = cli("show", source)
        assert (said.code, said.out) == (2, "")
        assert told in said.err


def test_an_id_may_be_shortened_and_a_wrong_one_names_the_nearest(cli: Cli) -> None:
    said = cli("show", "abc")
    assert said.code == 2
    assert "holds none yet" in said.err
    assert not cli.store.exists()
    assert cli("demo").code == 0
    said = cli("show", "1999")
    assert said.code == 2
    assert "there is no conversation '1999'" in said.err
    (known,) = (word for word in said.err.split() if word.startswith("2"))
    assert cli("show", known[:-1]).code == 0
    assert cli("demo").code == 0
    said = cli("show", "2")
    assert said.code == 2
    assert "2 conversations begin with '2'" in said.err


def test_the_beginning_of_an_id_means_the_one_of_which_the_others_are_branches(cli: Cli) -> None:
    assert cli("demo").code == 0
    (id,) = (line.split("\t")[0] for line in cli("ls").out.splitlines())
    assert cli("fork", id, "--no-run", "--name", "b").code == 0
    assert cli("fork", f"{id}.b", "--no-run", "--name", "c").code == 0
    assert cli("show", "--events", id[:-2]) == cli("show", "--events", id)
    assert "2 conversations begin with" in cli("show", f"{id}.").err


@pytest.mark.parametrize("command", ["show", "replay", "export", "resume"])
def test_a_position_where_none_is_taken(cli: Cli, demo: Path, command: str) -> None:
    said = cli(command, "demo.jsonl@12")
    assert (said.code, said.out) == (2, "")
    assert "'demo.jsonl@12' names an event, and this is about a whole conversation" in said.err
    assert "replay has --until" in said.err


def test_a_payload_that_is_missing_in_a_store(cli: Cli) -> None:
    chat = Conversation([Assistant("ann", model=ScriptedModel(["x" * 200_000]))], until=MaxTurns(1), store=cli.store)
    cli.store.parent.mkdir()
    chat.run_sync("go", id="big")
    with closing(sqlite3.connect(cli.store)) as connection:
        connection.execute("DELETE FROM blobs")
        connection.commit()
    for words in (("show",), ("replay", "--check"), ("fork", "--no-run"), ("view",), ("resume",)):
        said = cli(*words, "big")
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("agentchat: big: line 6: the payload ")
    (row,) = cli("ls").out.splitlines()
    assert row.split("\t")[2] == "damaged"
    assert row.split("\t")[8].startswith("event 6: the payload ")


def test_a_difference_is_named_and_code_1(cli: Cli, demo: Path) -> None:
    transcript, edited = Transcript.load(demo), Transcript()
    for entry in transcript:
        event = entry.event
        if event.kind == "turn_given" and event.to == "runner":
            event = event.model_copy(update={"to": "coder"})
        edited.append(edited.next(event, at=entry.at, active=entry.active, cause=entry.cause))
    edited.save(demo)
    said = cli("replay", "--check", "demo.jsonl")
    assert said.code == 1
    assert "the first difference is at event 8\nevent 8, the decision" in said.out
    assert "recorded: " in said.out
    assert "now: " in said.out
    assert "more, which may follow from it" in said.out


def test_a_reader_that_leaves_early_is_no_error(cli: Cli, demo: Path) -> None:
    show = subprocess.Popen(
        cli.command("show", "--events", "demo.jsonl"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=cli.env,
        cwd=cli.folder,
    )
    assert show.stdout is not None
    assert show.stderr is not None
    show.stdout.close()
    err = show.stderr.read()
    show.stderr.close()
    assert (show.wait(60), err) == (0, b"")


def test_what_the_system_refuses_is_one_line(cli: Cli) -> None:
    said = cli("show", "x" * 300)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "file name too long" in said.err
    os.mkfifo(cli.folder / "pipe.jsonl")
    said = cli("show", "pipe.jsonl")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "this is a pipe" in said.err
    said = cli("doctor", prefix=["sh", "-c", 'ulimit -n 6; exec "$@"', "sh"])
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "too many open files): raise its limits" in said.err


def test_a_file_with_a_dash_is_named_so_that_the_next_command_takes_it(cli: Cli) -> None:
    told = cli("demo", "--save=-x.jsonl").out
    assert "agentchat show ./-x.jsonl" in told
    assert cli("show", "./-x.jsonl").code == 0
