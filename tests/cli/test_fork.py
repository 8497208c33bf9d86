"""`agentchat fork`: from any position, changed or not, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentchat import Assistant, Conversation, MaxTurns, ScriptedModel, Transcript
from agentchat.transcript.events import CallFinished, Edited, PersonaChanged, RunStarted, Said
from tests.cli.conftest import ANSWER, PIECES, Cli
from tests.servers.fake_openai import FakeServer, stream


@pytest.fixture
def demo(cli: Cli) -> Path:
    assert cli("demo", "--save", "run.jsonl").code == 0
    return cli.folder / "run.jsonl"


def said(path: Path) -> list[str]:
    return [message.text.split("\n")[0] for message in Transcript.load(path).messages()]


def test_from_a_position_with_something_said(cli: Cli, demo: Path) -> None:
    before = demo.read_bytes()
    done = cli("fork", "run.jsonl@12", "--say", "use a loop", "--name", "loop")
    assert done.code == 0
    assert "run.loop.jsonl goes on from event 12 of run.jsonl." in done.err
    assert "agentchat show run.loop.jsonl" in done.err
    assert "29" in done.out
    assert demo.read_bytes() == before
    branch = Transcript.load(cli.folder / "run.loop.jsonl")
    assert branch.forks[0].parent.seq == 12
    assert "use a loop" in said(cli.folder / "run.loop.jsonl")
    assert cli("replay", "--check", "run.loop.jsonl").code == 0


def test_the_same_again_runs_nothing_again(cli: Cli, demo: Path) -> None:
    words = ("fork", "run.jsonl@12", "--say", "use a loop", "--name", "loop")
    cli(*words)
    kept = (cli.folder / "run.loop.jsonl").read_bytes()
    again = cli(*words)
    assert again.code == 0
    assert "it was there already" in again.err
    assert (cli.folder / "run.loop.jsonl").read_bytes() == kept
    other = cli("fork", "run.jsonl@14", "--name", "loop")
    assert (other.code, "use another name" in other.err) == (2, True)


def test_edits_are_events_and_hold(cli: Cli, demo: Path) -> None:
    done = cli("fork", "run.jsonl", "--edit", "result 10: 31", "--reason", "what if", "--by", "eve", "--name", "b")
    assert done.code == 0
    branch = Transcript.load(cli.folder / "run.b.jsonl")
    edits = [entry.event for entry in branch if isinstance(entry.event, Edited)]
    assert [(one.act, one.target, one.author, one.reason) for one in edits] == [("result", 10, "eve", "what if")]
    assert any("31" in line for line in branch.message(branch.messages()[2].seq).text.split())
    assert cli("replay", "--check", "run.b.jsonl").code == 0


def test_messages_are_replaced_removed_and_inserted(cli: Cli, demo: Path) -> None:
    cli("fork", "run.jsonl@11", "--edit", "replace 7: DONE", "--name", "a")
    assert said(cli.folder / "run.a.jsonl")[1] == "DONE"
    cli(
        "fork", "run.jsonl@11", "--edit", "insert eve: mind the index", "--edit", "remove 11", "--name", "c", "--no-run"
    )
    assert [message.sender for message in Transcript.load(cli.folder / "run.c.jsonl").messages()] == [
        "user",
        "coder",
        "eve",
    ]


def test_recorded_makes_no_call_and_says_what_is_missing(cli: Cli, demo: Path) -> None:
    same = cli("fork", "run.jsonl@11", "--recorded", "--name", "same")
    assert same.code == 0
    taken = [
        e.event.taken_from for e in Transcript.load(cli.folder / "run.same.jsonl") if isinstance(e.event, CallFinished)
    ]
    assert len([one for one in taken if one is not None]) == 3
    other = cli("fork", "run.jsonl@11", "--recorded", "--say", "in French", "--name", "other")
    assert other.code == 1
    assert "NotRecorded" in other.err
    assert "the nearest recorded one is at event 13, and differs at messages[4]" in other.err


def test_another_persona_and_another_model(cli: Cli) -> None:
    with FakeServer([stream(*PIECES), stream(*ANSWER)]) as server:
        assert cli("run", "x", "--model", f"x@{server.base_url}", "--save", "run.jsonl").code == 0
    with FakeServer([stream("DONE")]) as server:
        (cli.folder / "brief.md").write_text("---\nname: coder\n---\nOne word only.\n")
        done = cli(
            "fork",
            "run.jsonl@3",
            *("--edit", "persona coder: brief.md", "--edit", f"model coder: y@{server.base_url}", "--name", "b"),
        )
        assert (done.code, done.out) == (0, "DONE\n")
        asked = json.loads(server.requests[0].body)
    assert (asked["model"], asked["messages"][0]["content"]) == ("y", "One word only.")
    branch = Transcript.load(cli.folder / "run.b.jsonl")
    assert [e.event.agent for e in branch if isinstance(e.event, PersonaChanged)] == ["coder"]
    assert cli("replay", "--check", "run.b.jsonl").code == 0


def test_other_limits(cli: Cli, demo: Path) -> None:
    done = cli("fork", "run.jsonl@11", "--max-turns", "3", "--name", "b")
    assert done.code == 3
    assert "MaxTurns(turns=3) came true" in done.err


def test_other_rules_and_another_budget(cli: Cli, demo: Path) -> None:
    (cli.folder / "stop.toml").write_text(
        '[until]\nfrom = "runner"\nmax_turns = 9\n[budget]\nagents = { coder = { calls = 1 } }\n'
    )
    done = cli("fork", "run.jsonl@3", "--edit", "rules: stop.toml", "--known", "--name", "b")
    assert done.code == 0
    assert "From(sender='runner') came true" in done.err
    assert cli("replay", "--check", "run.b.jsonl").code == 0
    done = cli("fork", "run.jsonl@3", "--edit", "budget: stop.toml", "--known", "--name", "c")
    assert done.code == 3
    assert "agent coder" in done.err
    changed = [e.event.act for e in Transcript.load(cli.folder / "run.c.jsonl") if isinstance(e.event, Edited)]
    assert changed == ["budget"]


def test_in_a_store(cli: Cli) -> None:
    told = cli("demo")
    words = (told.err + told.out).split()
    id = words[words.index("show") + 1]
    done = cli("fork", f"{id}@12", "--name", "b")
    assert done.code == 0
    assert f"agentchat show {id}.b" in done.err
    assert cli("show", f"{id}.b").code == 0
    assert cli("replay", "--check", f"{id}.b").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run.jsonl@99",), "there is no event 99 to go on from; the conversation has events 1 to 24"),
        (("run.jsonl@0",), "there is no event 0"),
        (("run.jsonl", "--edit", "rules: none.toml"), "none.toml: cannot be read (No such file or directory)"),
        (("run.jsonl", "--edit", "foo 9"), "the forms are 'replace SEQ: text'"),
        (("run.jsonl", "--edit", "replace 99: x"), "there is no event 99"),
        (("run.jsonl", "--edit", "replace 4: x"), "event 4 is turn_given, not a message"),
        (("run.jsonl@9", "--edit", "result 10: x"), "there is no event 10"),
        (("run.jsonl", "--edit", "model nobody: x"), "no agent 'nobody' with a model to change (there are: coder)"),
        (("run.jsonl", "--recorded", "--live"), "give one of them"),
        (("run.jsonl", "--name", "../x"), "is no conversation id"),
        (("nowhere.jsonl",), "nowhere.jsonl"),
    ],
)
def test_what_is_refused_writes_nothing(cli: Cli, demo: Path, words: tuple[str, ...], told: str) -> None:
    done = cli("fork", *words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert [path.name for path in cli.folder.glob("*.jsonl")] == ["run.jsonl"]


def test_an_inserted_message_is_shown_as_one(cli: Cli, demo: Path) -> None:
    cli("fork", "run.jsonl@11", "--edit", "insert eve: mind the index", "--name", "c", "--no-run")
    assert "mind the index" in cli("show", "run.c.jsonl").out
    branch = Transcript.load(cli.folder / "run.c.jsonl")
    assert isinstance(branch[13].event, Said)


def test_a_model_that_nobody_has_any_more_is_exchanged(cli: Cli) -> None:
    chat = Conversation([Assistant("ann", model=ScriptedModel(["old"]))], until=MaxTurns(1))
    chat.run_sync("x").transcript.save(cli.folder / "run.jsonl")
    assert cli("fork", "run.jsonl@3").code == 2
    with FakeServer([stream("new")]) as server:
        done = cli("fork", "run.jsonl@3", "--edit", f"model ann: y@{server.base_url}", "--name", "b")
    assert done.out == "new\n"
    assert cli("replay", "--check", "run.b.jsonl").code == 0


def test_a_message_inserted_behind_the_end_is_answered(cli: Cli, demo: Path) -> None:
    done = cli("fork", "run.jsonl", "--edit", "insert user: and the 11th?", "--name", "more", "--recorded")
    assert "is not in the record" in done.err, done.err  # it asks the coder, where nothing was asked before
    branch = Transcript.load(cli.folder / "run.more.jsonl")
    assert [entry.seq for entry in branch if isinstance(entry.event, RunStarted)][1:] == [28]


def test_a_place_that_is_no_number_is_told(cli: Cli, demo: Path) -> None:
    for place in ("abc", "-1", "1.5"):
        done = cli("fork", f"run.jsonl@{place}")
        assert done.code == 2
        assert f"{place!r} is no position in run.jsonl" in done.err


def test_a_place_that_is_no_number_is_told_of_a_kept_conversation(cli: Cli) -> None:
    chat = Conversation([Assistant("ann", model=ScriptedModel(["x"]))], until=MaxTurns(1), store=cli.store)
    id = chat.run_sync("go").conversation
    done = cli("show", f"{id}@abc")
    assert (done.code, f"'abc' is no position in {id}" in done.err) == (2, True), done.err
    assert "there is no conversation '@abc'" in cli("show", "@abc").err
