"""`agentchat chat`: tools that ask, branches of a file, what cannot be done just now."""

from __future__ import annotations

import re

from tests.cli.conftest import Cli
from tests.cli.test_chat import chat, held, idle, record, say
from tests.servers.fake_openai import DONE, Behaviour, FakeServer, chunk, hang, raw, sse, stream, text_events
from tests.terminal.chat.pane import CTRL_D, ENTER, ESC

TOOL = '''
from agentchat import tool


@tool(approve=True)
def wipe(path: str) -> str:
    """Remove a file."""
    return f"{path} is gone\\nfor good"
'''
PERSONA = "---\nname: cleaner\nkind: assistant\ntools: ['mine:wipe']\n---\nYou clean up.\n"


def asks_for(name: str, arguments: str) -> Behaviour:
    """An answer that asks for a tool."""
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    events = [
        sse(chunk({"role": "assistant", "content": None, "tool_calls": [call]})),
        sse(chunk({}, finish="tool_calls")),
    ]
    return raw([*events, DONE])


def test_a_tool_is_called_only_after_a_yes_and_stands_on_a_line(cli: Cli) -> None:
    (cli.folder / "mine.py").write_text(TOOL)
    (cli.folder / "cleaner.md").write_text(PERSONA)
    evil = '{"path": "no\\u200btes \\u202etxt"}'
    with (
        FakeServer([asks_for("wipe", evil), stream("Done.")]) as server,
        chat(cli, server, "./cleaner.md", "--trust", PYTHONPATH=f"{cli.env['PYTHONPATH']}:{cli.folder}") as pane,
    ):
        say(pane, "clean up")
        pane.wait("cleaner wants to call wipe")
        pane.wait("allow? [y/a/e/N/?]")
        assert '"path": "no⟨U+200B⟩tes ⟨U+202E⟩txt"' in pane.text
        assert re.sub(r"\s", "", str(cli.folder)) in re.sub(r"\s", "", pane.text)
        pane.type("y", ENTER)
        pane.wait("✓ wipe(")
        pane.wait("Done.")
        pane.until(idle, "the end of the turn")
        pane.type("\x0f")
        pane.wait("for good")


def test_a_branch_of_a_file_is_a_file_beside_it(cli: Cli) -> None:
    answers = [stream("first answer"), stream("second answer"), stream("third answer")]
    with FakeServer(answers) as server, chat(cli, server, "--save", "talk.jsonl") as pane:
        say(pane, "one")
        pane.wait("first answer")
        pane.until(idle, "the end of the turn")
        say(pane, "/edit one and a half")
        pane.wait("back to before")
        pane.until(lambda it: "❯ one and a half" in it.screen, "the text in the editor")
        pane.type(ENTER)
        pane.wait("second answer")
        pane.until(idle, "the end of the turn")
        say(pane, "more")
        pane.wait("third answer")
        pane.until(idle, "the end of the turn")
        pane.type(CTRL_D)
        assert pane.end() == 0
    assert len(record(cli, "talk").messages()) == 2
    (branch,) = cli.folder.glob("talk.*.jsonl")
    assert [m.text for m in record(cli, branch.stem).messages()][-4:] == [
        "one and a half", "second answer", "more", "third answer",
    ]  # fmt: skip
    assert branch.name in pane.lines[-1]


def test_what_cannot_be_done_while_somebody_speaks_is_said(cli: Cli) -> None:
    behaviour, go_on = held(["one", " two"])
    with FakeServer([behaviour]) as server, chat(cli, server) as pane:
        say(pane, "first")
        pane.wait("one")
        for command in ("/undo", "/clear"):
            say(pane, command)
        pane.until(lambda it: it.text.count("somebody has the turn") == 2, "both refusals")
        go_on()
        pane.wait("one two")
        pane.until(idle, "the end of the turn")
        say(pane, "/clear")
        pane.until(lambda it: "one two" not in it.screen, "an empty screen")
        say(pane, "/undo")
        pane.wait("you have said nothing yet")


def test_a_conversation_that_another_process_runs_is_left_alone(cli: Cli) -> None:
    behaviour, go_on = held(["one", " two"])
    with FakeServer([behaviour, stream("three")]) as server, chat(cli, server, "--id", "talk") as pane:
        say(pane, "first")
        pane.wait("one")
        with chat(cli, server, "--resume", "talk") as other:
            other.wait("This run was cut off")
            say(other, "second")
            other.wait("is being run by")
            other.until(lambda it: "❯ second" in it.screen, "the message in the editor")
        go_on()
        pane.wait("one two")
        pane.until(idle, "the end of the turn")


def test_branches_are_listed_and_commands_say_what_they_lack(cli: Cli) -> None:
    with FakeServer([stream("one!"), stream("two!")]) as server, chat(cli, server, "--id", "talk", columns=100) as pane:
        say(pane, "first")
        pane.wait("one!")
        pane.until(idle, "the end of the turn")
        say(pane, "/edit otherwise")
        pane.until(lambda it: "❯ otherwise" in it.screen, "the text in the editor")
        pane.type(ENTER)
        pane.wait("two!")
        pane.until(idle, "the end of the turn")
        say(pane, "/branches")
        pane.wait("/resume ID goes to another")
        assert re.search(r"^  first  just now · 1 turn · .*talk$", pane.text, re.MULTILINE)
        assert re.search(r"^❯ ⑂ otherwise  just now · 1 turn · .*talk\.\w+$", pane.text, re.MULTILINE)
        say(pane, "/diff")
        pane.wait("name the other one: /diff ID")
        say(pane, "/export -f markdown -o talk.md")
        pane.wait("it is for reading")
        assert "otherwise" in (cli.folder / "talk.md").read_text()
        say(pane, "/export --to markdown")
        pane.wait("Usage: agentchat export")


def test_what_was_said_before_a_stop_is_shown_again_on_resuming(cli: Cli) -> None:
    with FakeServer([hang(text_events(["I begin **here**"])[:2])]) as server, chat(cli, server) as pane:
        say(pane, "go")
        pane.wait("I begin here")
        pane.type(ESC)
        pane.wait("stopped here")
        pane.until(idle, "the end of the turn")
        pane.type(CTRL_D)
        pane.end()
    done = cli("chat", "-c", stdin=b"")
    assert "\nI begin here\n■ stopped here; what had arrived is kept\n" in done.out
    assert done.code == 0
