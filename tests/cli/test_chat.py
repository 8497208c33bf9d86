"""`agentchat chat` on a real pseudo-terminal: talking, typing ahead, stopping, leaving."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from agentchat.policy.prompts.context import STOPPED
from agentchat.transcript.events import CallCancelled
from agentchat.transcript.transcript import Transcript
from tests.cli.conftest import Cli
from tests.servers.fake_openai import EVENTS, Behaviour, Exchange, FakeServer, hang, stream, text_events
from tests.terminal.chat.pane import CTRL_C, CTRL_D, CTRL_J, ENTER, ESC, UP, Pane

PROMPT = "❯"


def chat(cli: Cli, server: FakeServer, *words: str, columns: int = 80, rows: int = 30, **env: str) -> Pane:
    command = cli.command("chat", "-m", f"x@{server.base_url}", *words)
    pane = Pane(command, env={**cli.env, **env}, cwd=str(cli.folder), columns=columns, rows=rows)
    pane.wait("assistant · x" if not words or words[0].startswith("-") else PROMPT)
    return pane


def say(pane: Pane, text: str) -> None:
    pane.type(text, ENTER)


def idle(pane: Pane) -> bool:
    return "Esc stops" not in pane.screen.replace("/help, Esc stops, Ctrl-D leaves", "")


def held(pieces: list[str]) -> tuple[Behaviour, Callable[[], None]]:
    """An answer that stays open behind its first piece until it is let go on."""
    import threading

    go = threading.Event()
    events = text_events(pieces)

    def behave(exchange: Exchange) -> None:
        exchange.head(200, EVENTS)
        for event in events[:2]:
            exchange.send(event)
        go.wait(30)
        for event in events[2:]:
            exchange.send(event)
        exchange.end()

    return behave, go.set


def record(cli: Cli, id: str) -> Transcript:
    path = cli.folder / f"{id}.jsonl"
    return Transcript.load(path)


def test_a_message_is_answered_and_all_of_it_is_saved(cli: Cli) -> None:
    behaviours = [stream("Hello, ", "**you**.\n"), stream("Again.")]
    with FakeServer(behaviours) as server, chat(cli, server, "--save", "talk.jsonl") as pane:
        say(pane, "hi there")
        pane.wait("Hello, you.")
        pane.until(idle, "the end of the turn")
        assert len(record(cli, "talk").messages()) == 2
        say(pane, "and again")
        pane.wait("Again.")
        pane.until(idle, "the end of the turn")
        pane.type(CTRL_D)
        assert pane.end() == 0
    assert [message.text for message in record(cli, "talk").messages()] == [
        "hi there", "Hello, **you**.\n", "and again", "Again.",
    ]  # fmt: skip
    lines = pane.lines
    assert lines.count("❯ hi there") == lines.count("Hello, you.") == lines.count("Again.") == 1
    assert lines[-1] == "Go on with:  agentchat chat --resume talk.jsonl"


def test_nothing_that_was_printed_is_drawn_again(cli: Cli) -> None:
    """Every finished row goes out once; the terminal is never cleared, nor its other screen used."""
    rows = [f"row number {number} of the answer" for number in range(200)]
    with FakeServer([stream(*(f"{row}\n" for row in rows))]) as server, chat(cli, server, rows=12) as pane:
        say(pane, "go")
        pane.wait(rows[-1])
        pane.until(idle, "the end of the turn")
        shown = [line for line in pane.lines if line.startswith("row number")]
        assert shown == rows
        assert b"\x1b[2J" not in pane.raw
        assert b"\x1b[?1049" not in pane.raw
        assert b"\x1b[6n" not in pane.raw
        for row in rows[:100:10]:
            assert pane.raw.count(row.encode()) <= 2, "it was printed, and shown as the tail at most once"


def test_text_is_seen_as_it_arrives(cli: Cli) -> None:
    behaviour, go_on = held(["I am thin", "king."])
    with FakeServer([behaviour]) as server, chat(cli, server) as pane:
        say(pane, "go")
        pane.wait("I am thin")
        assert "assistant is writing" in pane.screen
        go_on()
        pane.wait("I am thinking.")
        pane.until(idle, "the end of the turn")


def test_the_prompt_can_be_used_while_somebody_speaks_and_enter_queues(cli: Cli) -> None:
    behaviour, go_on = held(["one", " two"])
    with FakeServer([behaviour, stream("second answer")]) as server, chat(cli, server, "--save", "t.jsonl") as pane:
        say(pane, "first")
        pane.wait("one")
        pane.type("typed ahe")
        pane.wait("❯ typed ahe")
        pane.type("ad", ENTER)
        pane.wait("↳ typed ahead")
        assert [m.text for m in record(cli, "t").messages()] == ["first"]
        go_on()
        pane.wait("second answer")
        pane.until(idle, "the end of the turn")
        assert "↳" not in pane.screen
    assert [m.text for m in record(cli, "t").messages()] == ["first", "one two", "typed ahead", "second answer"]


def test_a_queued_message_can_be_taken_back(cli: Cli) -> None:
    behaviour, go_on = held(["one", " two"])
    with FakeServer([behaviour, stream("no!")]) as server, chat(cli, server, "--save", "t.jsonl") as pane:
        say(pane, "first")
        pane.wait("one")
        say(pane, "regret")
        pane.wait("↳ regret")
        pane.type(UP)
        pane.until(lambda it: "↳" not in it.screen and "❯ regret" in it.screen, "the message in the editor")
        go_on()
        pane.wait("one two")
        pane.until(idle, "the end of the turn")
        pane.type(CTRL_C)
        pane.wait("Ctrl-C again: quit")
        pane.type(CTRL_C)
        assert pane.end() == 0
    assert [m.text for m in record(cli, "t").messages()] == ["first", "one two"]


@pytest.mark.parametrize("key", [ESC, CTRL_C])
def test_stopping_is_quick_and_keeps_what_had_arrived(cli: Cli, key: str) -> None:
    behaviours = [hang(text_events(["I was about", " to say"])[:3]), stream("Later.")]
    with FakeServer(behaviours) as server, chat(cli, server, "--save", "t.jsonl") as pane:
        say(pane, "go")
        pane.wait("I was about to say")
        pane.type(key)
        pane.wait("■ stopped here; what had arrived is kept")
        pane.until(idle, "the end of the turn")
        transcript = record(cli, "t")
        assert [e.event.partial for e in transcript if isinstance(e.event, CallCancelled)] == ["I was about to say"]
        say(pane, "go on")
        pane.wait("Later.")
        pane.until(idle, "the end of the turn")
        body = server.requests[-1].json["messages"]
        assert isinstance(body, list)
        said = [(message["role"], message["content"]) for message in body]
        assert said[-4:] == [("user", "go"), ("assistant", "I was about to say"), ("user", STOPPED), ("user", "go on")]
        assert pane.text.count("I was about to say") == 1, "the person is not shown it again"


def test_control_c_twice_quits_in_the_middle_of_a_stream(cli: Cli) -> None:
    with FakeServer([hang(text_events(["on and on"])[:2])]) as server, chat(cli, server, "--save", "t.jsonl") as pane:
        say(pane, "go")
        pane.wait("on and on")
        pane.type(CTRL_C, CTRL_C)
        assert pane.end() == 0
    assert record(cli, "t")[len(record(cli, "t"))].event.kind == "closed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_good_order(cli: Cli, number: int) -> None:
    with FakeServer([hang(text_events(["on and on"])[:2])]) as server, chat(cli, server, "--save", "t.jsonl") as pane:
        say(pane, "go")
        pane.wait("on and on")
        pane.kill(number)
        pane.end()
    assert record(cli, "t")[len(record(cli, "t"))].event.kind == "closed"


def test_lines_and_pastes_are_one_message(cli: Cli) -> None:
    with FakeServer([stream("ok")]) as server, chat(cli, server, "--save", "t.jsonl") as pane:
        pane.type("first", CTRL_J, "second", ESC + ENTER, "third\\", ENTER, "fourth ")
        pane.paste("pasted\nline\n")
        pane.wait("pasted")
        pane.paste("x\n" * 50)
        pane.wait("[pasted #1: 51 lines]")
        assert not server.requests
        pane.type(ENTER)
        pane.wait("ok")
    said = record(cli, "t").messages()[0].text
    assert said == ("first\nsecond\nthird\nfourth pasted\nline\n" + "x\n" * 50).rstrip()


def test_a_reply_with_escapes_is_harmless(cli: Cli) -> None:
    evil = "\x1b]52;c;aGk=\x07\x1b[2J\x1b]0;owned\x07\x9b2J ok \u202egnp"
    with FakeServer([stream(*evil)]) as server, chat(cli, server) as pane:
        say(pane, "go")
        pane.wait("ok ⟨U+202E⟩gnp")
        pane.until(idle, "the end of the turn")
        for sequence in (b"\x1b]52", b"\x1b[2J", b"\x1b]0;owned", b"\x9b2J".decode("latin-1").encode()):
            assert sequence not in pane.raw
