"""`agentchat export` and `agentchat import`: out to the formats of others, in from theirs, and on from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentchat import Transcript
from agentchat.exchange.formats import export
from tests.cli.conftest import Cli
from tests.cli.test_terminal import output, spawn
from tests.exchange.atif_shapes import trajectory
from tests.exchange.logs import conversation
from tests.exchange.otlp_shapes import spans_of
from tests.servers.fake_openai import FakeServer, stream

LIST: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Which is the 10th prime?"},
    {"role": "assistant", "content": "29"},
]


@pytest.fixture
def log(cli: Cli) -> Path:
    return conversation().log.save(cli.folder / "run.jsonl")


def put(cli: Cli, given: object, name: str = "list.json") -> str:
    text = given if isinstance(given, str) else json.dumps(given)
    (cli.folder / name).write_text(text)
    return name


def test_stdout_is_the_export_and_stderr_what_is_lost(cli: Cli, log: Path) -> None:
    said = cli("export", "run.jsonl")
    assert said.code == 0
    assert said.out.startswith("# Conversation ")
    assert "### other (turn 13)" in said.out
    assert [line.split(":")[:2] for line in said.err.splitlines()] == [["agentchat", " not in it"]]


def test_each_format_is_what_it_says(cli: Cli, log: Path) -> None:
    assert len(spans_of(cli("export", "run.jsonl", "-f", "otel", "--content").out)) == 9
    assert trajectory(cli("export", "run.jsonl", "-f", "atif", "--agent", "helper").out).agent.name == "helper"
    lines = cli("export", "run.jsonl", "-f", "openai").out.splitlines()
    assert [json.loads(line)["metadata"]["agent"] for line in lines] == ["helper", "other"]
    assert cli("export", "run.jsonl", "-f", "mermaid-graph").out.startswith("flowchart TD\n")
    assert cli("export", "run.jsonl", "-f", "jsonl") == (0, log.read_text(), "")


def test_a_file_is_written_whole_in_the_format_of_its_name(cli: Cli, log: Path) -> None:
    (cli.folder / "a.mmd").write_text("x" * 100_000)
    said = cli("export", "run.jsonl", "-o", "a.mmd")
    assert (said.code, said.out) == (0, "")
    assert (cli.folder / "a.mmd").read_text() == export(conversation().log, "mermaid").text
    cli("export", "run.jsonl", "-o", "copy.jsonl")
    assert (cli.folder / "copy.jsonl").read_bytes() == log.read_bytes()
    assert sorted(one.name for one in cli.folder.iterdir() if one.is_file()) == ["a.mmd", "copy.jsonl", "run.jsonl"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-f", "markdwon"], "there is no format 'markdwon'; did you mean 'markdown'? there are markdown, openai"),
        (["-f", "openai", "--agent", "helpr"], "there is no agent 'helpr' in this conversation; did you mean"),
        (["-f", "otel", "--agent", "helper"], "the format otel has no view of a single agent"),
        (["-o", "run.jsonl"], "run.jsonl is the transcript itself"),
        (["-o", "./state/../run.jsonl"], "is the transcript itself"),
        (["-o", "."], ". is a folder"),
        (["-o", "a.json"], "the name a.json says no format; choose one of markdown, openai"),
        (["-o", "none/a.md"], "none/a.md cannot be written (No such file or directory)"),
    ],
)
def test_what_cannot_be_meant_is_one_line(cli: Cli, log: Path, words: list[str], told: str) -> None:
    (cli.folder / "state").mkdir(exist_ok=True)
    before = log.read_bytes()
    said = cli("export", "run.jsonl", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert len(said.err.splitlines()) == 1
    assert log.read_bytes() == before


def test_a_device_is_written_to_and_not_replaced(cli: Cli, log: Path) -> None:
    assert cli("export", "run.jsonl", "-f", "otel", "-o", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()


def test_a_terminal_gets_harmless_text_and_a_file_what_was_said(cli: Cli) -> None:
    cli("import", put(cli, [{"role": "user", "content": "\x1b[2Jgone"}]), "--save", "x.jsonl")
    assert "\x1b[2Jgone" in cli("export", "x.jsonl").out
    shown = output(spawn(cli, "export", "x.jsonl"))
    assert "\x1b" not in shown
    assert "␛[2Jgone" in shown


def test_a_list_can_be_shown_checked_and_exported_again(cli: Cli) -> None:
    said = cli("import", put(cli, LIST), "--save", "in.jsonl")
    assert (said.code, said.out) == (0, "in.jsonl\n")
    assert "agentchat show in.jsonl" in said.err
    assert "29" in cli("show", "in.jsonl").out
    checked = cli("replay", "--check", "in.jsonl")
    assert (checked.code, "no difference" in checked.out) == (0, True)
    assert json.loads(cli("export", "in.jsonl", "-f", "openai").out)["messages"] == LIST


def test_it_goes_on_with_the_model_that_is_named(cli: Cli) -> None:
    with FakeServer([stream("It ", "is 31.")]) as server:
        name = f"m@{server.base_url}"
        assert cli("import", put(cli, LIST), "--save", "in.jsonl", "--model", name).code == 0
        said = cli("resume", "in.jsonl", "--say", "And the next?")
        assert (said.code, said.out) == (0, "It is 31.\n")
        (asked,) = (one.json["messages"] for one in server.requests)
    assert asked == [*LIST, {"role": "user", "content": "And the next?"}]
    assert cli("replay", "--check", "in.jsonl").code == 0


def test_an_open_question_is_answered_on_resuming(cli: Cli) -> None:
    with FakeServer([stream("31")]) as server:
        given = [*LIST, {"role": "user", "content": "And the next?"}]
        assert cli("import", put(cli, given), "--save", "in.jsonl", "--model", f"m@{server.base_url}").code == 0
        assert cli("resume", "in.jsonl").out == "31\n"


def test_without_a_model_it_says_why_it_cannot_go_on(cli: Cli) -> None:
    cli("import", put(cli, LIST), "--save", "in.jsonl")
    said = cli("resume", "in.jsonl", "--say", "And the next?")
    assert said.code == 2
    assert "the model 'imported' of agent assistant cannot be made again" in said.err
    assert "agentchat fork ... --edit 'model assistant: MODEL'" in said.err
    assert cli("show", "in.jsonl").out.startswith("imported from list.json (3 messages)\n")


def test_it_can_be_forked_with_another_model(cli: Cli) -> None:
    with FakeServer([stream("30")]) as server:
        cli("import", put(cli, LIST), "--save", "in.jsonl", "--model", "m@http://127.0.0.1:9/v1")
        done = cli("fork", "in.jsonl@4", "--edit", f"model assistant: m@{server.base_url}", "--name", "b")
        assert (done.code, done.out) == (0, "30\n")


def test_several_conversations_go_to_the_store_or_one_is_chosen(cli: Cli) -> None:
    other = [*LIST[:2], {"role": "assistant", "content": "Twenty-nine."}]
    put(cli, f"{json.dumps(LIST)}\n{json.dumps({'messages': other})}\n", "many.jsonl")
    said = cli("import", "many.jsonl")
    ids = said.out.split()
    assert (said.code, len(set(ids))) == (0, 2)
    assert "Twenty-nine." in cli("show", ids[1]).out
    refused = cli("import", "many.jsonl", "--save", "x.jsonl")
    assert (refused.code, "holds 2 conversations" in refused.err) == (2, True)
    assert not (cli.folder / "x.jsonl").exists()
    assert cli("import", "many.jsonl", "--line", "2", "--save", "x.jsonl").code == 0
    assert Transcript.load(cli.folder / "x.jsonl").messages()[-1].text == "Twenty-nine."
    assert "there is no number 3" in cli("import", "many.jsonl", "--line", "3").err


def test_standard_input_an_id_and_the_store(cli: Cli) -> None:
    said = cli("import", "-", "--id", "mine", stdin=json.dumps(LIST).encode())
    assert (said.code, said.out) == (0, "mine\n")
    assert cli("export", "min", "-f", "mermaid").out.startswith("sequenceDiagram\n")
    again = cli("import", "-", "--id", "mine", stdin=json.dumps(LIST).encode())
    assert (again.code, "there is a conversation 'mine' already" in again.err) == (2, True)


def test_what_is_lost_on_the_way_in_is_told(cli: Cli) -> None:
    said = cli("import", put(cli, {"messages": [*LIST, {"role": "user", "content": "x", "mood": "good"}], "seed": 1}))
    assert said.code == 0
    assert "agentchat: not in it: the mood of messages[3]\n" in said.err
    assert "agentchat: not in it: settings of the request: seed\n" in said.err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("hello", "list.json: this is no JSON"),
        ("{}", "list.json: this is no message list"),
        ([*LIST, {"role": "tool", "tool_call_id": "x", "content": "y"}], "list.json: messages[3]: no call with the id"),
        (f"{json.dumps(LIST)}\n[1]\n", "list.json: line 2: messages[0] is no object"),
        (b"\xff\xfe\x00", "list.json: it is no UTF-8 text (byte 0)"),
        (None, "list.json: it cannot be read (No such file or directory)"),
    ],
)
def test_what_is_no_message_list_is_one_line_and_nothing_is_written(cli: Cli, given: object, told: str) -> None:
    if isinstance(given, bytes):
        (cli.folder / "list.json").write_bytes(given)
    elif given is not None:
        put(cli, given)
    said = cli("import", "list.json", "--save", "x.jsonl")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"agentchat: {told}")
    assert len(said.err.splitlines()) == 1
    assert not (cli.folder / "x.jsonl").exists()


def test_a_transcript_is_no_message_list(cli: Cli, log: Path) -> None:
    said = cli("import", "run.jsonl")
    assert (said.code, "this is a transcript already" in said.err) == (2, True)


def test_a_taken_file_is_not_written_over(cli: Cli, log: Path) -> None:
    before = log.read_bytes()
    said = cli("import", put(cli, LIST), "--save", "run.jsonl")
    assert (said.code, "run.jsonl exists already" in said.err) == (2, True)
    assert log.read_bytes() == before
