"""`agentchat run` with personas and team files: who is meant, what bounds them, and what is refused for nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentchat import Transcript
from agentchat.cli.app import app
from tests.cli.conftest import PIECES, Cli
from tests.cli.test_terminal import COLOUR, output, spawn
from tests.servers.fake_openai import Behaviour, FakeServer, stream, whole

TOOLS = '''
from agentchat.tools.function import tool

@tool(approve=True)
def delete(path: str) -> str:
    """Delete a file."""
    return f"deleted {path}"
'''
HELPER = "---\nname: helper\nmodel: smart\ntools: ['own_tools:delete']\n---\nHelp.\n"
PERSON = "---\nname: person\nkind: user-proxy\nhuman: always\n---\n"


def to(name: str, answer: str | None = None) -> Behaviour:
    return stream(json.dumps({"reason": "so", "next": name, "instruction": None, "answer": answer}))


def asks(tool: str, **arguments: str) -> Behaviour:
    call = {"id": "c1", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
    return whole({"content": None, "tool_calls": [call]}, finish="tool_calls")


def served(behaviours: Sequence[Behaviour]) -> FakeServer:
    return FakeServer(behaviours)


def on(server: FakeServer) -> dict[str, str]:
    return {"AGENTCHAT_MODEL": f"x@{server.base_url}"}


def files(cli: Cli, **texts: str) -> None:
    for name, text in texts.items():
        suffix = ".py" if name.endswith("tools") else ".toml" if name.startswith("team") else ".md"
        (cli.folder / f"{name}{suffix}").write_text(text)


def test_one_persona_answers_once(cli: Cli) -> None:
    with served([stream("Plain words.")]) as server:
        said = cli("run", "assistant", "what?", env=on(server))
    assert (said.code, said.out) == (0, "Plain words.\n")
    assert len(server.requests) == 1


def test_personas_go_on_until_one_says_done(cli: Cli) -> None:
    with served([stream("draft"), stream("ACCEPTED"), stream("final\nDONE")]) as server:
        said = cli("run", "writer", "critic", "a letter", env=on(server))
    assert (said.code, said.out) == (0, "final\nDONE\n")


def test_the_supervised_team_that_ships(cli: Cli) -> None:
    script = [to("coder"), stream(*PIECES), to("runner"), to("critic"), stream("ACCEPTED"), to("finish", "It is 42.")]
    with served(script) as server:
        said = cli("run", "supervised-coding", "what is 6*7?", "--save", "run.jsonl", env=on(server))
    assert (said.code, said.out) == (0, "It is 42.\n")
    assert "supervisor to coder\n→ coder: so\n\ncoder\nLet me compute." in said.err
    assert "finished: so\nIt is 42." in said.err
    assert "(fast 4 calls; smart 2 calls)" in said.err
    assert cli("replay", "--check", "run.jsonl").code == 0
    shown = cli("show", "run.jsonl")
    assert "· supervisor asked x@" in shown.out


def test_a_team_file_bounded_from_outside(cli: Cli) -> None:
    files(cli, team='agents = ["critic"]\n[budget]\ncalls = 9\n[until]\nmax_turns = 8\n')
    with served([stream("no")]) as server:
        said = cli("run", "team.toml", "x", "--max-turns", "2", "--id", "a", env=on(server))
        assert said.code == 3
        assert "limit: MaxTurns(turns=2) came true" in said.err
        assert "Go on:       agentchat resume a\n" in said.err
        assert "With more:   agentchat resume a --max-turns 4\n" in said.err
        said = cli("run", "./team.toml", "x", "--calls", "1", "--id", "b", env=on(server))
        assert said.code == 3
        assert "With more:   agentchat resume b --calls 2\n" in said.err
        said = cli("resume", "b", "--calls", "2", "--max-turns", "7", env=on(server))
        assert said.code == 3
        assert "2 of 2 calls spent" in said.err
        assert "With more:   agentchat resume b --calls 4\n" in said.err
        assert len(server.requests) == 2 + 1 + 2


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--tokens", "2000"], "With more:   agentchat resume a --tokens "),
        (["--usd", "0.001"], "cannot be kept: what 'x@http"),
        (["--usd", "-1"], "Budget(usd=-1.0): nothing could be done under it"),
        (["--seconds", "0"], "Budget(seconds=0.0): nothing could be done under it"),
    ],
)
def test_budgets_from_the_command_line(cli: Cli, flags: list[str], told: str) -> None:
    with served([stream("word " * 99)]) as server:
        said = cli("run", "writer", "critic", "x", "--id", "a", *flags, env=on(server))
    assert told in said.err
    assert said.code == (3 if "With more" in told else 2)
    assert bool(server.requests) == ("With more" in told)


WRONG = [
    (["print", "the", "tenth", "prime"], "there is no persona or team 'print'. There are assistant, coder, "),
    (["print", "it"], "A task of several words needs quotes around it"),
    (["codr", "x"], "there is no persona or team 'codr'; did you mean 'coder'?"),
    (["coder"], 'coder is no task but a name; write the task behind it: agentchat run coder "..."'),
    (["team.toml"], "team.toml is no task but a name"),
    (["team.toml", "coder", "x"], "team.toml is a whole team, and stands alone; leave the others out"),
    (["none.toml", "x"], "none.toml: cannot be read"),
    (["./none.md", "x"], "there is no persona file none.md"),
    (["odd.md", "x"], "odd.md, line 3: unknown key 'modle'; did you mean 'model'?"),
    (["plain.md", "x"], "plain.md, line 1: no front matter"),
    (["circle.md", "x"], "circle.md, line 3: includes go round in a circle"),
    (["binary.md", "x"], "binary.md, line 1: this is no UTF-8 text"),
    (["team.toml", "x"], "team.toml, line 2: unknwn: unknown key. There are name, "),
    (["runner", "x"], "nobody of this team has a model"),
    (["coder", "coder", "x"], "2 agents are named 'coder'; names must differ"),
    (["supervisor", "x"], "a supervisor needs somebody to direct"),
    (["helper.md", "x"], "'own_tools:delete' is code, and would be run; if you trust the file"),
    (["coder", "person.md", "x"], "person speaks for a person, and nobody can be asked here: use a terminal"),
    (["coder", "host.md", "x"], "programs would run on this machine without a sandbox; if that is meant, add --unsafe"),
    (["coder", "x", "--model", "smrt"], "there is no tier 'smrt'; did you mean 'smart'?"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_what_is_wrong_is_one_message_and_nothing_is_spent(
    cli: Cli, words: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(
        cli,
        team='agents = ["coder", "runner"]\nunknwn = 1\n[until]\nmax_turns = 3\n',
        odd="---\nname: odd\nmodle: smart\n---\n",
        plain="Just text.\n",
        circle="---\nname: circle\nincludes: [circle.md]\n---\n",
        helper=HELPER,
        own_tools=TOOLS,
        person=PERSON,
        host="---\nname: host\nkind: user-proxy\nsandbox: unsafe-host\n---\n",
    )
    (cli.folder / "binary.md").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    monkeypatch.chdir(cli.folder)
    monkeypatch.setenv("AGENTCHAT_STORE", str(cli.store))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(cli.folder))
    with served([stream("never")]) as server:
        # in this process: nothing is to happen, and one process for each would take a minute
        said = CliRunner().invoke(app, ["run", *words], env=on(server))
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.startswith("agentchat: ")
    assert told in said.stderr
    assert server.requests == []
    assert not cli.store.exists()


def test_a_foreign_file_is_taken_as_it_is_with_warnings(cli: Cli) -> None:
    folder = cli.folder / ".claude/agents"
    folder.mkdir(parents=True)
    (folder / "rev.md").write_text("---\nname: rev\ndescription: a: b\ntools: Read\nmodel: inherit\n---\nReview.\n")
    with served([stream("fine")]) as server:
        said = cli("run", ".claude/agents/rev.md", "look", env=on(server))
    assert (said.code, said.out) == (0, "fine\n")
    assert "the tool 'Read' was left out: no tool 'read_file' is installed to stand in" in said.err
    assert b"Review." in server.requests[0].body


def test_without_a_terminal_the_answer_is_no(cli: Cli) -> None:
    files(cli, helper=HELPER, own_tools=TOOLS)
    with served([asks("delete", path="/x"), stream("I may not.")]) as server:
        said = cli("run", "--trust", "helper.md", "delete it", env=on(server))
    assert (said.code, said.out) == (0, "I may not.\n")
    assert "a question to user: May helper call delete(path='/x')?" in said.err
    assert "agentchat answered: no: nobody is there to be asked" in said.err
    assert 'the call of delete({"path": "/x"}) was refused: agentchat did not allow this' in said.err
    with served([asks("delete", path="/x"), stream("I may not.")]) as server:
        said = cli("run", "--trust", "helper.md", "delete it", "--jsonl", env=on(server))
    assert said.code == 0
    assert "May helper call delete(path='/x')?" in said.err
    assert len(Transcript.loads(said.out.encode())) > 9


@pytest.mark.parametrize(
    ("typed", "told"), [("y", "delete gave deleted /x"), ("no, not now", "not allow this: not now")]
)
def test_a_tool_that_needs_a_word_is_asked_for(cli: Cli, typed: str, told: str) -> None:
    files(cli, helper=HELPER, own_tools=TOOLS)
    with served([asks("delete", path="/x"), stream("So be it.")]) as server:
        child = spawn(cli, "run", "--trust", "helper.md", "delete it", "--id", "k", env=on(server), columns=200)
        child.expect_exact("May helper call delete(path='/x')?")
        child.expect_exact("Allow it? [y/N] ")
        child.sendline("yes, but later")
        child.expect_exact("type yes alone, or no with the reason behind it")
        child.expect_exact("Allow it? [y/N] ")
        child.sendline(typed)
        text = COLOUR.sub("", output(child))
    assert child.exitstatus == 0
    assert told in text
    said = cli("resume", "k", "--say", "again", env=on(server))
    assert said.code == 2
    assert "resume with --trust" in said.err


def test_a_person_speaks_at_the_terminal_and_may_go_on_later(cli: Cli) -> None:
    files(cli, person=PERSON)
    with served([stream("What colour?"), stream("Blue it is. DONE")]) as server:
        child = spawn(cli, "run", "coder", "person.md", "ask me", "--id", "k", env=on(server))
        child.expect_exact("coder: What colour?")
        child.expect_exact("> ")
        child.kill(9)
        child.close()
        shown = cli("show", "k")
        assert "Waits for user to answer. Do so with: agentchat answer k q" in shown.out
        assert "`resume` with --park, which leaves the question" in cli("resume", "k").err
        child = spawn(cli, "resume", "k")
        child.expect_exact("coder: What colour?")
        child.expect_exact("> ")
        child.sendline("blue")
        text = COLOUR.sub("", output(child))
    assert child.exitstatus == 0
    assert re.search(r"person\s+blue", text)
    assert text.count("Blue it is. DONE") == 1


def test_ctrl_c_at_a_question_closes_the_run(cli: Cli) -> None:
    files(cli, helper=HELPER, own_tools=TOOLS)
    with served([asks("delete", path="/x")]) as server:
        child = spawn(cli, "run", "--trust", "helper.md", "delete it", "--save", "run.jsonl", env=on(server))
        child.expect_exact("Allow it? [y/N] ")
        child.sendintr()
        text = output(child)
    assert child.exitstatus == 130
    assert "interrupted: stopped by user" in COLOUR.sub("", text)
    assert Path(cli.folder / "run.jsonl").exists()
