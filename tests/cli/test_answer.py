"""`agentchat answer`: a question that waits, answered from another process, once."""

from __future__ import annotations

from collections.abc import Iterator

import anyio
import pytest

from agentchat import Conversation, MaxTurns, Text, Transcript, Turn, agent
from agentchat.transcript.events import Answered, Paused
from tests.cli.conftest import Cli
from tests.servers.fake_openai import FakeServer, stream

PERSON = "---\nname: person\nkind: user-proxy\nhuman: always\n---\n"


@pytest.fixture
def waiting(cli: Cli) -> Iterator[Cli]:
    (cli.folder / "person.md").write_text(PERSON)
    with FakeServer([stream("Your name?"), stream("Hello Ada. DONE")]) as server:
        team = ("coder", "./person.md")
        parked = cli("run", *team, "Say hello", "--model", f"x@{server.base_url}", "--save", "run.jsonl", "--park")
        assert parked.code == 3
        assert "agentchat answer run.jsonl q9 VALUE" in parked.err
        yield cli


def answers(cli: Cli) -> list[object]:
    log = Transcript.load(cli.folder / "run.jsonl")
    return [entry.event.value for entry in log if isinstance(entry.event, Answered)]


def test_it_waits_in_the_file_and_goes_on_with_the_answer(waiting: Cli) -> None:
    assert "agentchat answer run.jsonl q9 VALUE" in waiting("show", "run.jsonl").out
    assert "q9  to user" in waiting("answer", "run.jsonl").err
    done = waiting("answer", "run.jsonl", "q9", "Ada")
    assert (done.code, "Go on with: agentchat resume run.jsonl" in done.err) == (0, True)
    assert waiting("resume", "run.jsonl", "--park").out == "Hello Ada. DONE\n"
    assert waiting("replay", "--check", "run.jsonl").code == 0
    assert "waits for no answer" in waiting("answer", "run.jsonl").err
    assert "there is no such question; nothing waits for an answer" in waiting("answer", "run.jsonl", "q1", "x").err


def test_it_is_answered_once(waiting: Cli) -> None:
    assert waiting("answer", "run.jsonl", "q9", "Ada", "--id", "mine").code == 0
    again = waiting("answer", "run.jsonl", "q9", "Eve")
    assert (again.code, "it was answered before; nothing was written" in again.err) == (2, True)
    assert waiting("answer", "run.jsonl", "q9", "Eve", "--id", "mine").code == 0  # the same command: its first outcome
    assert answers(waiting) == ["Ada"]


def test_an_answer_to_nothing(waiting: Cli) -> None:
    done = waiting("answer", "run.jsonl", "q99", "Ada")
    assert (done.code, "there is no such question; what waits for an answer is 'q9' (to user)" in done.err) == (2, True)
    assert (waiting("answer", "run.jsonl", "q9")).code == 2
    assert answers(waiting) == []


@pytest.mark.parametrize(("typed", "taken"), [("yes", True), ("no", False), ("y", True), ("n", False)])
def test_yes_and_no(cli: Cli, typed: str, taken: bool) -> None:
    path = cli.folder / "run.jsonl"

    @agent
    async def asker(message: Text, turn: Turn) -> str:
        given = await turn.ask("Go on?")
        return f"{given.value}"

    chat = Conversation([asker], until=MaxTurns(1), store=path)
    anyio.run(chat.run, "go")
    pause = next(one.event.pause for one in Transcript.load(path) if isinstance(one.event, Paused))
    wrong = cli("answer", "run.jsonl", pause, "yes, but not today")
    assert (wrong.code, answers(cli)) == (2, [])
    assert "'yes, but not today' is neither yes nor no: type yes alone, or no" in wrong.err
    assert cli("answer", "run.jsonl", pause, typed).code == 0
    assert answers(cli) == [taken]
    assert anyio.run(chat.resume, path).output == f"{taken}"
