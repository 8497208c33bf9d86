"""`agentchat chat` with what people do in it: files, commands, several agents, approvals, resuming, going back."""

from __future__ import annotations

import signal
from pathlib import Path

from agentchat.policy.prompts.rendering import CHANGED
from agentchat.transcript.events import Answered, Said
from agentchat.transcript.transcript import Transcript
from tests.cli.conftest import Cli
from tests.cli.test_chat import chat, held, idle, record, say
from tests.servers.fake_openai import FakeServer, cut, hang, stream, text_events
from tests.terminal.chat.pane import CTRL_D, DOWN, ENTER, ESC, TAB, UP, Pane

APPROVING = """---
name: careful
kind: user-proxy
human: approve
---
"""
PROGRAM = "Try this:\n```python\nprint(6 * 7)\n```\n"


def test_a_file_goes_along_and_a_missing_one_is_said(cli: Cli) -> None:
    (cli.folder / "notes.txt").write_text("remember the milk\n")
    with FakeServer([stream("seen")]) as server, chat(cli, server, "--save", "t.jsonl") as pane:
        pane.type("read @notes.txt")
        pane.wait("@notes.txt 18 B, ~5 tokens")
        pane.type(" and @gone.txt", ENTER)
        pane.wait("@gone.txt: there is no such file")
        assert not server.requests
        pane.type("\x7f" * 14, ENTER)
        pane.wait("seen")
        assert "❯ read @notes.txt" in pane.lines
    assert '<file name="notes.txt">\nremember the milk\n</file>' in record(cli, "t").messages()[0].text


def test_a_command_runs_here_and_offers_its_output(cli: Cli) -> None:
    with FakeServer([stream("I see.")]) as server, chat(cli, server, "--save", "t.jsonl") as pane:
        say(pane, "!echo hello; exit 3")
        pane.wait("exit 3 ·")
        assert "hello" in pane.lines
        pane.wait("❯ [output #1: echo hello; exit 3, 1 line]")
        assert not server.requests
        pane.type("what is wrong?", ENTER)
        pane.wait("I see.")
    said = record(cli, "t").messages()[0].text
    assert said == '<output of="echo hello; exit 3" exit="3">\nhello\n</output> what is wrong?'


def test_commands_are_completed_and_guessed(cli: Cli) -> None:
    with FakeServer([stream("hi")]) as server, chat(cli, server) as pane:
        pane.type("/usa")
        pane.wait("tokens and money, by agent and model")
        pane.type(TAB, ENTER, ENTER)
        pane.wait("nothing was said yet")
        say(pane, "/modle")
        pane.wait("there is no command /modle; did you mean /model")
        pane.type("\x15")
        say(pane, "/help")
        pane.wait("/rewind")


def test_looking_works_while_somebody_speaks(cli: Cli) -> None:
    behaviour, go_on = held(["one", " two"])
    with FakeServer([behaviour]) as server, chat(cli, server) as pane:
        say(pane, "first")
        pane.wait("one")
        say(pane, "/agents")
        pane.wait("@assistant  x")
        say(pane, "/show 3")
        pane.wait("said")
        go_on()
        pane.wait("two")
        pane.until(idle, "the end of the turn")


def test_one_of_a_team_is_addressed(cli: Cli) -> None:
    with FakeServer([stream("I find it good.")]) as server:
        with chat(cli, server, "writer", "critic", "--save", "t.jsonl") as pane:
            say(pane, "@critic what do you think?")
            pane.wait("I find it good.")
            pane.until(idle, "the end of the turn")
            assert "critic · x" in pane.text
            pane.type(CTRL_D)
            assert pane.end() == 0
        assert len(server.requests) == 1
    said = [entry.event for entry in record(cli, "t") if isinstance(entry.event, Said)]
    assert [(one.sender, one.to) for one in said] == [("user", "critic"), ("critic", None)]


def test_a_program_is_run_only_after_a_yes(cli: Cli) -> None:
    (cli.folder / "careful.md").write_text(APPROVING)
    answers = [stream(PROGRAM), stream("No? Then so:\n" + PROGRAM), stream("It is 42. DONE")]
    with FakeServer(answers) as server, chat(cli, server, "coder", "./careful.md", "--save", "t.jsonl") as pane:
        pane.type("what is 6*7?", ENTER)
        pane.type("y")  # typed before anything was asked: it counts for nothing
        pane.wait("careful wants to run this python")
        pane.wait("allow? [y/a/e/N/?]")
        assert "print(6 * 7)" in pane.text
        assert "sha256 " in pane.text
        assert "no network" in pane.text
        assert pane.title == "● careful asks you"
        assert b"\x07" in pane.raw
        pane.type("x", ENTER)
        pane.wait("type y, a, e, n")
        pane.type("n rather not", ENTER)
        pane.wait("not allowed (rather not)")
        pane.wait("No? Then so:")
        pane.until(lambda it: it.text.count("wants to run this") == 2, "the second question")
        pane.type("y", ENTER)
        pane.wait("✓ python · exit 0")
        pane.wait("It is 42. DONE")
        pane.until(idle, "the end of the turn")
    answered = [entry.event.value for entry in record(cli, "t") if isinstance(entry.event, Answered)]
    assert answered == [{"yes": False, "reason": "rather not"}, {"yes": True}]


def test_a_program_is_changed_before_it_runs(cli: Cli) -> None:
    (cli.folder / "careful.md").write_text(APPROVING)
    editor = cli.folder / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "print(6 * 8)" > "$1"\n')
    editor.chmod(0o700)
    answers = [stream(PROGRAM), stream("So it is 48. DONE")]
    with (
        FakeServer(answers) as server,
        chat(cli, server, "coder", "./careful.md", "--save", "t.jsonl", EDITOR=str(editor)) as pane,
    ):
        say(pane, "what is 6*7?")
        pane.wait("allow? [y/a/e/N/?]")
        pane.type("e", ENTER)
        pane.wait("as you changed it")
        assert "print(6 * 8)" in pane.text
        assert "✓" not in pane.text, "nothing runs without a yes"
        pane.type("y", ENTER)
        pane.wait("✓ python · exit 0")
        pane.wait("So it is 48. DONE")
        pane.until(idle, "the end of the turn")
        told = server.requests[-1].json["messages"]
        assert isinstance(told, list)
    shown = f"{CHANGED}\n```python\nprint(6 * 8)\n```\n[python: finished, exit code 0]\n48\n"
    assert told[-1]["content"].endswith(shown)
    answered = [entry.event.value for entry in record(cli, "t") if isinstance(entry.event, Answered)]
    assert answered == [{"yes": True, "instead": "print(6 * 8)"}]


def test_a_program_that_runs_is_stopped(cli: Cli) -> None:
    endless = "Watch:\n```python\nimport time\nprint('begun', flush=True)\ntime.sleep(600)\n```\n"
    with (
        FakeServer([stream(endless), stream("DONE")]) as server,
        chat(cli, server, "coder", "runner", "--save", "t.jsonl") as pane,
    ):
        say(pane, "go")
        pane.wait("runner runs python")
        pane.type(ESC)
        pane.wait("■ stopped")
        pane.until(idle, "the end of the turn")
        pane.type(CTRL_D)
        assert pane.end() == 0
    kinds = [entry.event.kind for entry in record(cli, "t")]
    assert "call_cancelled" in kinds
    assert kinds[-1] == "closed"


def test_another_model_from_the_next_message_on(cli: Cli) -> None:
    with (
        FakeServer([stream("from x")]) as first,
        FakeServer([stream("from y")]) as second,
        chat(cli, first, "--save", "t.jsonl") as pane,
    ):
        say(pane, "one")
        pane.wait("from x")
        pane.until(idle, "the end of the turn")
        say(pane, f"/model y@{second.base_url}")
        pane.wait("from the next message on")
        say(pane, "two")
        pane.wait("assistant · y")
        pane.wait("from y")
    assert "from x" in str(second.requests[0].json["messages"])


def test_always_is_for_exactly_this(cli: Cli) -> None:
    (cli.folder / "careful.md").write_text(APPROVING)
    other = PROGRAM.replace("6 * 7", "6 * 8")
    answers = [stream(PROGRAM), stream(PROGRAM), stream(other), stream("DONE")]
    with FakeServer(answers) as server, chat(cli, server, "coder", "./careful.md", "--save", "t.jsonl") as pane:
        say(pane, "go")
        pane.wait("allow? [y/a/e/N/?]")
        pane.type("a", ENTER)
        pane.until(lambda it: it.text.count("✓ python") == 2, "the second run, which was not asked about")
        pane.wait("6 * 8")
        pane.wait("allow? [y/a/e/N/?]")
        pane.type(ENTER)
        pane.wait("not allowed")
        pane.wait("DONE")
    answered = [entry.event.value for entry in record(cli, "t") if isinstance(entry.event, Answered)]
    assert [value["yes"] for value in answered if isinstance(value, dict)] == [True, True, False]


def test_a_killed_chat_is_resumed(cli: Cli) -> None:
    with FakeServer([stream("first answer"), hang(text_events(["half"])[:2]), stream("the rest")]) as server:
        with chat(cli, server, "--id", "talk") as pane:
            say(pane, "one")
            pane.wait("first answer")
            pane.until(idle, "the end of the turn")
            say(pane, "two")
            pane.wait("half")
            pane.kill(signal.SIGKILL)
        with chat(cli, server, "-c") as pane:
            pane.wait("This run was cut off")
            assert pane.text.count("first answer") == 1
            pane.type(ENTER)
            pane.wait("the rest")
            pane.until(idle, "the end of the turn")
        with chat(cli, server, "--resume", "tal") as pane:
            pane.wait("the rest")


def test_one_is_chosen_from_a_list(cli: Cli) -> None:
    with FakeServer([stream("about cats"), stream("about dogs"), stream("more cats")]) as server:
        for words in ("tell me of cats", "tell me of dogs"):
            with chat(cli, server) as pane:
                say(pane, words)
                pane.wait("about")
                pane.until(idle, "the end of the turn")
                pane.type(CTRL_D)
                pane.end()
        pane = Pane(cli.command("chat", "--resume"), env=cli.env, cwd=str(cli.folder))
        with pane:
            pane.wait("Go on with")
            pane.type("cats")
            pane.until(lambda it: "tell me of dogs" not in it.screen, "the list, narrowed")
            pane.type(ENTER)
            pane.wait("about cats")
            say(pane, "more")
            pane.wait("more cats")


def test_going_back_is_a_branch_with_the_text_in_the_editor(cli: Cli) -> None:
    answers = [stream("first answer"), stream("second answer"), stream("another second answer")]
    with FakeServer(answers) as server, chat(cli, server, "--id", "talk") as pane:
        for words, answer in (("one", "first answer"), ("two", "second answer")):
            say(pane, words)
            pane.wait(answer)
            pane.until(idle, "the end of the turn")
        pane.type(ESC)
        pane.wait("Esc again: go back")
        pane.type(ESC)
        pane.wait("Go back to")
        pane.type(UP, DOWN, ENTER)
        pane.wait("back to before")
        pane.until(lambda it: "❯ two" in it.screen.splitlines()[-2], "the text in the editor")
        pane.type(" and a half", ENTER)
        pane.wait("another second answer")
        pane.until(idle, "the end of the turn")
        say(pane, "/branches")
        pane.wait("left talk behind event")
    assert "second answer" not in str(server.requests[2].json["messages"])
    assert "first answer" in str(server.requests[2].json["messages"])
    assert cli("show", "talk").out.count("second answer") == 1


def test_undo_retry_and_edit(cli: Cli) -> None:
    answers = [stream("one!"), stream("two!"), stream("three!"), stream("four!")]
    with FakeServer(answers) as server, chat(cli, server) as pane:
        say(pane, "first")
        pane.wait("one!")
        pane.until(idle, "the end of the turn")
        say(pane, "second")
        pane.wait("two!")
        pane.until(idle, "the end of the turn")
        say(pane, "/retry")
        pane.wait("three!")
        pane.until(idle, "the end of the turn")
        say(pane, "/undo")
        pane.until(lambda it: it.text.count("back to before") == 2, "the way back")
        say(pane, "third")
        pane.wait("four!")
    asked = [[one["content"] for one in request.json["messages"][1:]] for request in server.requests]  # type: ignore[index]
    assert asked[2] == ["first", "one!", "second"]
    assert asked[3] == ["first", "one!", "third"]


def test_a_server_that_dies_in_the_middle_is_survived(cli: Cli) -> None:
    broken = [cut(text_events(["it begins", " and"])[:3])] * 4
    with FakeServer([*broken, stream("whole again")]) as server, chat(cli, server) as pane:
        say(pane, "go")
        pane.wait("it begins and")
        pane.wait("broke off")
        pane.until(lambda it: idle(it) or "whole again" in it.text, "an end")
        if "whole again" not in pane.text:
            say(pane, "/retry")
        pane.wait("whole again")


def test_a_limit_says_how_to_go_on(cli: Cli) -> None:
    answers = [stream("a"), stream("b"), stream("c"), stream("d DONE")]
    with FakeServer(answers) as server, chat(cli, server, "writer", "critic", "--max-turns", "2") as pane:
        say(pane, "go")
        pane.wait("● limit:")
        pane.wait("/budget max-turns 4")
        assert "agentchat resume" in pane.text
        say(pane, "/budget max-turns 4")
        pane.wait("d DONE")


def test_a_window_that_is_dragged(cli: Cli) -> None:
    behaviour, go_on = held(["word " * 100, "\n\nthe end of it"])
    with FakeServer([behaviour]) as server, chat(cli, server, columns=100) as pane:
        say(pane, "go")
        pane.wait("word word")
        pane.resize(50, 20)
        pane.read(0.3)
        pane.resize(120, 40)
        pane.type("still here")
        pane.wait("❯ still here")
        go_on()
        pane.wait("the end of it")
        assert pane.text.count("the end of it") == 1


def test_a_long_reply_with_emoji_and_wide_characters(cli: Cli) -> None:
    rows = [f"{number}: 漢字 👩 ✅ é {'ж' * 40} end{number}" for number in range(2000)]
    text = "\n\n".join(rows)
    assert len(text.encode()) > 200_000
    pieces = [text[at : at + 400] for at in range(0, len(text), 400)]
    with FakeServer([stream(*pieces)]) as server, chat(cli, server, columns=100, rows=24) as pane:
        say(pane, "go")
        pane.wait("end1999")
        pane.until(idle, "the end of the turn")
        found = [line for line in pane.lines if "end" in line and line[:1].isdigit()]
        assert [line.partition(":")[0] for line in found] == [str(number) for number in range(2000)]


def test_without_a_full_terminal_it_is_lines(cli: Cli) -> None:
    with FakeServer([stream("Hello **you**."), stream("Bye.")]) as server:
        done = cli("chat", "-m", f"x@{server.base_url}", "--save", "t.jsonl", stdin=b"hi\nbye\n/quit\n")
    assert done.code == 0
    assert "\x1b" not in done.out
    assert [line for line in done.out.splitlines() if line] == ["assistant · x", "Hello you.", "assistant · x", "Bye."]
    assert [m.text for m in Transcript.load(Path(cli.folder, "t.jsonl")).messages()][::2] == ["hi", "bye"]
