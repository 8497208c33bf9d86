"""A run printed as it goes on: text once, in order, append-only."""

from __future__ import annotations

import io
import re

import pytest
from pydantic import BaseModel

from agentchat import Assistant, Chunks, Conversation, Delta, MaxTurns, ScriptedModel, Turn, UserProxy, agent
from agentchat.agents.supervisor import Supervisor
from agentchat.errors import ModelBusy
from agentchat.policy.charter import ContextPolicy
from agentchat.routing import Edge, Graph
from agentchat.seams import Agent
from agentchat.terminal.console import Plain
from agentchat.terminal.live import LivePrinter
from agentchat.transcript.calls import Reply
from agentchat.transcript.messages import TextPart, ToolCallPart

CODE = "Look:\n\n```python\nprint('\u202ex')\n```\n"


class Screen(io.StringIO):
    """A stream that is a terminal, or is none."""

    def __init__(self, *, tty: bool) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


async def printed(agents: list[Agent] | Graph, *, turns: int, tty: bool, width: int = 80) -> str:
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
    assert ("a\nthe model call failed (attempt 1): later\n\na\nyes\n" in text) == tty
    assert ("a: the model call failed (attempt 1): later\n\na\nyes\n" in text) == (not tty)


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


def look(query: str) -> str:
    """Look."""
    return f"found {query}"


def asks(*names: str) -> Reply:
    calls = [ToolCallPart(id=f"c{at}", name=name, arguments='{"query": "x"}') for at, name in enumerate(names)]
    return Reply(parts=(TextPart(content=""), *calls), finish="tool_calls")


@pytest.mark.anyio
async def test_tool_calls_are_lines_within_a_turn() -> None:
    def team() -> list[Agent]:
        model = ScriptedModel([asks("look", "z"), Chunks(("It ", "is ", "x."))])
        return [Assistant("a", model=model, tools=[look])]

    refused = """the call of z({"query": "x"}) was refused: there is no tool 'z'; there are: look"""
    text = await printed(team(), turns=1, tty=True)
    assert f"task\n\na\n{refused}\ncalls look(query='x')\nlook gave found x\nIt is x.\n\nlimit: " in text
    text = await printed(team(), turns=1, tty=False)
    assert f"task\n\na: {refused}\na: calls look(query='x')\na: look gave found x\n\na\nIt is x.\n\n" in text


@pytest.mark.anyio
@pytest.mark.parametrize("tty", [True, False])
async def test_a_direction_never_arrives_in_pieces(tty: bool) -> None:
    to_b = Chunks(tuple('{"reason": "r", "next": "b", "instruction": "do it", "answer": null}'))
    done = Chunks(tuple('{"reason": "fine", "next": "finish", "instruction": null, "answer": "It is done."}'))
    worker = Assistant("b", model=ScriptedModel([Chunks(("as ", "told"))], name="w"))
    boss = Supervisor("boss", team=[worker], model=ScriptedModel([to_b, done], name="s"))
    text = await printed([boss], turns=9, tty=tty)
    to = "" if tty else " to b"  # on a terminal the heading comes before the choice
    assert f"task\n\nboss{to}\n→ b: do it\n\nb\nas told\n\nboss\nfinished: fine\nIt is done.\n\ndone: " in text


class Report(BaseModel):
    passed: bool


@pytest.mark.anyio
@pytest.mark.parametrize("tty", [True, False])
async def test_a_typed_answer_comes_whole_and_a_refused_one_with_what_is_wrong(tty: bool) -> None:
    model = ScriptedModel([Chunks(("{", '"passed": "maybe"}')), Chunks(('{"passed":', " true}"))])
    text = await printed([Assistant("a", model=model, emits=Report)], turns=1, tty=tty)
    assert text.count('{"passed": "maybe"}') == 1
    assert 'a\nReport {"passed": true}\n' in text if not tty else 'Report {"passed": true}\n' in text
    assert "an answer was refused: passed: " in text


@pytest.mark.anyio
@pytest.mark.parametrize("tty", [True, False])
async def test_turns_at_once_do_not_run_into_each_other(tty: bool) -> None:
    words = [tuple(f"{name}{number} " for number in range(9)) for name in "abc"]
    a, b, c = (Assistant(n, model=ScriptedModel([Chunks(w)], name=n)) for n, w in zip("abc", words, strict=True))
    end = Assistant("end", model=ScriptedModel(["over"], name="end"))
    text = await printed(Graph(start=[a, b, c], edges=[Edge([a, b, c], end)]), turns=9, tty=tty)
    for one in words:
        assert "".join(one).strip() in text
    assert "end\nover\n" in text


@pytest.mark.anyio
async def test_text_that_goes_on_behind_something_else_is_headed_again() -> None:
    screen = Screen(tty=True)
    chat = Conversation([Assistant("a", model=ScriptedModel(["one two"]))], until=MaxTurns(1))
    result = await chat.run("task")
    printer = LivePrinter(Plain(screen), result.transcript)
    for entry in result.transcript:
        printer.show(entry)
        if entry.event.kind == "call_started":
            printer.show(Delta(entry.seq, "a", "one "))
            printer.show(result.transcript[3])
            printer.show(Delta(entry.seq, "a", "two"))
    text = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())
    assert "a\none\nuser\ntask\n\na …\ntwo\n" in text.replace("one \n", "one\n")


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


@pytest.mark.anyio
async def test_a_summary_for_the_model_itself_is_not_shown() -> None:
    model = ScriptedModel([Chunks(("long " * 300,)), Chunks(("secret ", "summary")), Chunks(("and ", "on"))])
    one = Assistant("a", model=model, context=ContextPolicy(compact_at=256))
    text = await printed([one], turns=2, tty=True)
    assert "secret summary" not in text
    assert "a: everything up to event" in text
    assert "\na\nand on\n" in text
