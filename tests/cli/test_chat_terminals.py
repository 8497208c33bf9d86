"""`agentchat chat` on terminals of every kind, with an editor, with the real local model, and the tour in the docs."""

from __future__ import annotations

import os
import re

import pytest

from agentchat.models.local import installed
from tests.cli.conftest import Cli
from tests.cli.test_chat import chat, idle, record, say
from tests.servers.fake_openai import FakeServer, stream
from tests.terminal.chat import tour
from tests.terminal.chat.pane import CTRL_D, CTRL_J, ENTER, ESC, Pane

COLOURED = "# Title\n\nSome **bold** words.\n\n```python\ndef f():\n    return 1\n```\n\n- item\n"
COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-9][0-9;]*m")


def test_no_colour_where_none_is_wanted(cli: Cli) -> None:
    with FakeServer([stream(COLOURED)]) as server:
        with chat(cli, server) as pane:
            say(pane, "go")
            pane.wait("• item")
            assert COLOUR.search(pane.raw)
        with chat(cli, server, NO_COLOR="1") as pane:
            say(pane, "go")
            pane.wait("• item")
            assert not COLOUR.search(pane.raw)


def test_a_dumb_terminal_gets_lines(cli: Cli) -> None:
    with FakeServer([stream("Hello.")]) as server:
        command = cli.command("chat", "-m", f"x@{server.base_url}")
        with Pane(command, env={**cli.env, "TERM": "dumb"}, cwd=str(cli.folder)) as pane:
            pane.wait(">")
            pane.type("go", CTRL_J)
            pane.wait("Hello.")
            pane.type(CTRL_D)
            assert pane.end() == 0
            assert b"\x1b" not in pane.raw


def test_a_terminal_without_utf8_gets_ascii_signs(cli: Cli) -> None:
    with FakeServer([stream("- naïve\n- two\n")]) as server:
        command = cli.command("chat", "-m", f"x@{server.base_url}")
        env = {**cli.env, "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        with Pane(command, env={**env, "PYTHONIOENCODING": "ascii"}, cwd=str(cli.folder)) as pane:
            pane.wait("assistant - x")
            say(pane, "go")
            pane.wait("* na?ve")
            pane.wait("* two")
            assert all(byte < 0x80 for byte in pane.raw)


@pytest.mark.parametrize("columns", [12, 30])
def test_a_narrow_terminal(cli: Cli, columns: int) -> None:
    with FakeServer([stream(COLOURED)]) as server:
        command = cli.command("chat", "-m", f"x@{server.base_url}")
        with Pane(command, env=cli.env, cwd=str(cli.folder), columns=columns, rows=20) as pane:
            pane.wait("❯")
            say(pane, "go")
            pane.wait("• item")
            pane.type(CTRL_D)
            assert pane.end() == 0


def test_plain_asks_and_answers_in_lines(cli: Cli) -> None:
    (cli.folder / "careful.md").write_text("---\nname: careful\nkind: user-proxy\nhuman: approve\n---\n")
    answers = [stream("```python\nprint(6 * 7)\n```\n"), stream("42. DONE")]
    with FakeServer(answers) as server:
        command = cli.command("chat", "coder", "./careful.md", "--plain", "-m", f"x@{server.base_url}")
        with Pane(command, env=cli.env, cwd=str(cli.folder)) as pane:
            pane.wait(">")
            pane.type("go", ENTER)
            pane.wait("allow? [y/a/e/N/?]")
            pane.type("y", ENTER)
            pane.wait("42. DONE")
            assert b"\x1b" not in pane.raw


def test_nobody_there_is_a_no(cli: Cli) -> None:
    (cli.folder / "careful.md").write_text("---\nname: careful\nkind: user-proxy\nhuman: approve\n---\n")
    answers = [stream("```python\nprint(6 * 7)\n```\n"), stream("Then not. DONE")]
    with FakeServer(answers) as server:
        done = cli("chat", "coder", "./careful.md", "-m", f"x@{server.base_url}", stdin=b"go\n")
    assert done.code == 0
    assert "nobody is there to be asked" in done.out
    assert "Then not. DONE" in done.out


def test_the_editor(cli: Cli) -> None:
    editor = cli.folder / "editor.sh"
    editor.write_text('#!/bin/sh\ncat "$1" > seen\nprintf "from the editor\\nline two" > "$1"\n')
    editor.chmod(0o700)
    with FakeServer([stream("ok")]) as server, chat(cli, server, "--save", "t.jsonl", EDITOR=str(editor)) as pane:
        pane.type("a draft")
        pane.wait("❯ a draft")
        pane.type("\x18\x05")
        pane.wait("❯ from the editor")
        pane.type(ENTER)
        pane.wait("ok")
    assert (cli.folder / "seen").read_text() == "a draft"
    assert record(cli, "t").messages()[0].text == "from the editor\nline two"


def test_what_was_typed_is_found_again(cli: Cli) -> None:
    with FakeServer([stream("ok")]) as server:
        with chat(cli, server) as pane:
            say(pane, "a rather special question")
            pane.wait("ok")
            pane.until(idle, "the end of the turn")
            pane.type(CTRL_D)
            pane.end()
        with chat(cli, server) as pane:
            pane.type("\x12special")
            pane.wait("a rather special question")
    history = cli.folder / ".local" / "state" / "agentchat" / "chat_history"
    assert history.stat().st_mode & 0o077 == 0


def test_without_a_model_it_says_what_to_do(cli: Cli) -> None:
    done = cli("chat")
    assert done.code == 2
    lines = done.err.strip().splitlines()
    assert len(lines) == 5
    assert "agentchat models pull" in lines[1]


def test_a_store_that_is_none_is_told_before_anything_is_said(cli: Cli) -> None:
    (cli.folder / "bad.db").write_text("no database at all, only words " * 200)
    done = cli("chat", "--store", "bad.db", "-m", "x@http://127.0.0.1:9/v1", stdin=b"hello\n")
    assert done.code == 2
    assert "bad.db: this file is no SQLite database" in done.err
    assert done.out == ""


@pytest.mark.local_model
@pytest.mark.skipif(not installed() and os.environ.get("CI", "").lower() != "true", reason="no local model here")
def test_a_session_with_the_real_local_model(cli: Cli) -> None:
    with Pane(cli.command("chat", "-m", "local", "--id", "real"), env=cli.env, cwd=str(cli.folder)) as pane:
        pane.wait("assistant · smollm2-135m")
        say(pane, "Write a long story about a dog.")
        pane.until(lambda it: re.search(r"^assistant · smollm2-135m\n\w", it.text, re.M) is not None, "text")
        pane.type("typed ahead: and a cat", ENTER)
        pane.wait("↳ typed ahead: and a cat")
        pane.type(ESC)
        pane.wait("■ stopped here")
        pane.wait("❯ typed ahead: and a cat")
        pane.until(lambda it: it.text.count("assistant · smollm2-135m\n") > 1, "the second answer")
        pane.type(ESC)
        pane.until(idle, "its end")
        pane.type(CTRL_D)
        assert pane.end() == 0
    with Pane(cli.command("chat", "-c"), env=cli.env, cwd=str(cli.folder)) as pane:
        pane.wait("Write a long story about a dog.")
        pane.wait("typed ahead: and a cat")
    assert cli("replay", "real", "--check").code == 0


def test_the_tour_in_the_docs_is_as_it_is() -> None:
    page = tour.PAGE.read_text()
    for scene in (tour.talking, tour.stopped, tour.rewind):
        assert f"```text\n{tour.made(scene)}\n```" in page, scene.__name__
