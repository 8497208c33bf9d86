"""`agentchat chat` as plain lines: commands, lines for the shell, questions, and nothing that moves."""

from __future__ import annotations

from tests.cli.conftest import Cli
from tests.servers.fake_openai import FakeServer, stream
from tests.terminal.chat.pane import CTRL_C, CTRL_D, ENTER, Pane

CAREFUL = "---\nname: careful\nkind: user-proxy\nhuman: approve\n---\n"
PROGRAM = "```python\nprint(6 * 7)\n```\n"


def plain(cli: Cli, server: FakeServer, *words: str) -> Pane:
    command = cli.command("chat", *words, "--plain", "-m", f"x@{server.base_url}")
    pane = Pane(command, env=cli.env, cwd=str(cli.folder), columns=100)
    pane.wait(">")
    return pane


def say(pane: Pane, text: str, answer: str) -> None:
    pane.type(text, ENTER)
    pane.until(lambda it: answer in it.text and it.lines[-1].endswith(">"), repr(answer))


def test_commands_work_and_nothing_is_drawn_again(cli: Cli) -> None:
    with FakeServer([stream("one!"), stream("two!")]) as server, plain(cli, server, "--id", "talk") as pane:
        say(pane, "first", "one!")
        say(pane, "/usage", "agent assistant  1 call")
        say(pane, "/rewnd", "did you mean /rewind?")
        say(pane, "/rewind", "1 to 1, Enter for none")
        say(pane, "7", "'7' is no number from 1 to 1")
        say(pane, "/rewind", "1  first  event 3")
        say(pane, "1", "What you type now is said in its place.")
        say(pane, "otherwise", "two!")
        say(pane, "/branches", "⑂ otherwise")
        say(pane, "/why", "run 1 began")
        pane.type(CTRL_D)
        assert pane.end() == 0
    assert b"\x1b" not in pane.raw
    asked = [[one["content"] for one in request.json["messages"][1:]] for request in server.requests]  # type: ignore[index]
    assert asked == [["first"], ["otherwise"]]


def test_a_line_for_the_shell_is_run_and_its_output_offered(cli: Cli) -> None:
    with FakeServer([stream("one!")]) as server, plain(cli, server) as pane:
        say(pane, "!echo so; exit 3", "let it go along with what you say next?")
        say(pane, "y", "[y/N] > y\n>")
        say(pane, "!echo never", "never\nexit 0")
        say(pane, "", "[y/N] >\n>")
        say(pane, "look", "one!")
    (request,) = server.requests
    (said,) = request.json["messages"][1:]  # type: ignore[index]
    assert said["content"] == 'look\n\n<output of="echo so; exit 3" exit="3">\nso\n</output>'


def test_where_nobody_types_no_line_is_run_and_nothing_is_chosen(cli: Cli) -> None:
    with FakeServer([stream("one!")]) as server:
        model = f"x@{server.base_url}"
        done = cli("chat", "-m", model, stdin=b"!touch harm\nhello\n/usage\n/quit\nnever\n")
        assert done.code == 0
        assert "a line for the shell is run only where a person types it" in done.out
        assert "agent assistant  1 call" in done.out
        assert not (cli.folder / "harm").exists()
        assert len(server.requests) == 1
        done = cli("chat", "-m", model, "--resume", stdin=b"hello\n")
        assert (done.code, done.out) == (2, "")
        assert "nobody is there to choose" in done.err


def test_always_is_for_exactly_this_and_what_was_typed_before_is_no_answer(cli: Cli) -> None:
    (cli.folder / "careful.md").write_text(CAREFUL)
    answers = [stream(PROGRAM), stream("First. DONE"), stream(PROGRAM), stream("Second. DONE")]
    with FakeServer(answers) as server, plain(cli, server, "coder", "./careful.md") as pane:
        pane.type("go\ny", ENTER)
        pane.wait("allow? [y/a/e/N/?] >")
        pane.read(0.5)
        assert len(server.requests) == 1, "the y was typed before the question"
        say(pane, "a", "First. DONE")
        say(pane, "again", "Second. DONE")
        assert pane.text.count("allow?") == 1
        assert "allowed (always: exactly this was allowed before in this session)" in pane.text


def test_control_c_stops_a_question_and_twice_leaves(cli: Cli) -> None:
    (cli.folder / "careful.md").write_text(CAREFUL)
    answers = [stream(PROGRAM), stream("Well. DONE")]
    with FakeServer(answers) as server, plain(cli, server, "coder", "./careful.md") as pane:
        say(pane, "go", "allow? [y/a/e/N/?] >")
        pane.type(CTRL_C)
        pane.until(lambda it: it.lines[-1] == ">", "the prompt for messages")
        say(pane, "y", "Well. DONE")
        pane.type(CTRL_C)
        assert pane.end() == 130
    assert "y" in str(server.requests[1].json["messages"][-1])  # type: ignore[index]


def test_words_behind_the_command_are_who_takes_part(cli: Cli) -> None:
    said = cli("chat", "hello", "there", "--plain")
    assert said.code == 2
    assert "there is no persona or team 'hello'. There are " in said.err
    assert said.err.endswith("What you want to say is typed when the chat has begun\n")
