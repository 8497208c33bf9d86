"""A run printed as it goes on: text once, in order, append-only."""

from __future__ import annotations

import io
import re

import pytest

from agentchat import Assistant, Chunks, Conversation, Delta, MaxTurns, ScriptedModel, Turn, UserProxy, agent
from agentchat.errors import ModelBusy
from agentchat.seams import Agent
from agentchat.terminal.console import Plain
from agentchat.terminal.live import LivePrinter
from agentchat.transcript.events import Entry

CODE = "Look:\n\n```python\nprint('\u202ex')\n```\n"


class Screen(io.StringIO):
    """A stream that is a terminal, or is none."""

    def __init__(self, *, tty: bool) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


async def printed(
    agents: list[Agent], *, turns: int, tty: bool, extra: list[Delta | Entry] | None = None, width: int = 80
) -> str:
    screen = Screen(tty=tty)
    console = Plain(screen)
    console.width = width
    async with Conversation(agents, until=MaxTurns(turns)).open("task") as run:
        printer = LivePrinter(console, run.transcript)
        async for item in run:
            printer.show(item)
    return re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.anyio
@pytest.mark.parametrize("tty", [True, False])
async def test_streamed_text_is_printed_once_and_tamed(tty: bool) -> None:
    model = ScriptedModel([Chunks(("I s", "ay\x1b[2J\r", "\nhello ", "there")), "second"])
    text = await printed(
        [Assistant("a", model=model), Assistant("b", model=ScriptedModel(["other"], name="other"))], turns=3, tty=tty
    )
    assert text.startswith("user\ntask\n\na\nI say␛[2J\nhello there\n\nb\nother\n\na\nsecond\n\nlimit: ")
    assert text.count("hello") == 1


@pytest.mark.anyio
@pytest.mark.parametrize("tty", [True, False])
async def test_code_and_its_result_are_shown(tty: bool) -> None:
    model = ScriptedModel([Chunks(tuple(CODE))])
    runner = UserProxy("runner", sandbox="monty")
    text = await printed([Assistant("coder", model=model), runner], turns=2, tty=tty)
    assert "coder\nLook:\n\n```python\nprint('⟨U+202E⟩x')\n```\n\nrunner\npython finished with exit code 0" in text


@pytest.mark.anyio
@pytest.mark.parametrize("tty", [True, False])
async def test_a_failed_attempt_is_told_under_its_agent(tty: bool) -> None:
    model = ScriptedModel([ModelBusy("later", retry_after=0.0), "yes"])
    text = await printed([Assistant("a", model=model)], turns=1, tty=tty)
    assert ("a\nthe model call failed (attempt 1 of 4): later\n\na\nyes\n" in text) == tty
    assert ("a: the model call failed (attempt 1 of 4): later\n\na\nyes\n" in text) == (not tty)


@pytest.mark.anyio
async def test_what_a_function_agent_asks_is_not_what_it_says() -> None:
    @agent(model=ScriptedModel([Chunks(("hid", "den"))]))
    async def judge(text: str, turn: Turn) -> str:
        await turn.model()
        return "verdict"

    text = await printed([judge], turns=1, tty=True)
    assert "hidden" not in text
    assert "judge\nverdict\n" in text


@pytest.mark.anyio
async def test_long_prose_is_broken_between_words_on_a_narrow_terminal() -> None:
    model = ScriptedModel([Chunks(("several ", "words that ", "do not ", "fit"))])
    text = await printed([Assistant("a", model=model)], turns=1, tty=True, width=16)
    assert "a\nseveral words\nthat do not fit\n" in text


@pytest.mark.anyio
async def test_where_deltas_were_missed_the_message_is_printed_whole() -> None:
    screen = Screen(tty=True)
    console = Plain(screen)
    chat = Conversation([Assistant("a", model=ScriptedModel(["the whole message"]))], until=MaxTurns(1))
    result = await chat.run("task")
    printer = LivePrinter(console, result.transcript)
    for entry in result.transcript:
        printer.show(entry)
        if entry.event.kind == "call_started":
            printer.show(Delta(entry.seq, "a", "the "))
            printer.show(Delta(entry.seq, "a", "message", missed=True))
    text = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())
    assert "a\nthe\n[…]\nmessage\nthe whole message\n" in text


@pytest.mark.anyio
async def test_no_escape_but_colours_is_ever_written() -> None:
    screen = Screen(tty=True)
    chat = Conversation([Assistant("a", model=ScriptedModel([CODE]))], until=MaxTurns(1))
    async with chat.open("task\x1b[2J") as run:
        printer = LivePrinter(Plain(screen), run.transcript)
        async for item in run:
            printer.show(item)
    assert "\x1b[" in screen.getvalue()
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())
