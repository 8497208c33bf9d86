"""`agentchat resume`: interrupted, killed and finished conversations, and those it must refuse."""

from __future__ import annotations

import signal
from pathlib import Path

from agentchat import Assistant, Conversation, MaxTurns, ScriptedModel, Transcript, Turn, UserProxy, agent
from agentchat.transcript.events import CallStarted, Closed
from tests.cli.conftest import ANSWER, PIECES, Cli
from tests.servers.fake_openai import FakeServer, hang, stream, text_events


def ending(path: Path) -> str:
    transcript = Transcript.load(path)
    event = transcript[len(transcript)].event
    return event.outcome if isinstance(event, Closed) else "open"


def test_an_interrupt_keeps_what_arrived_and_resume_goes_on(cli: Cli) -> None:
    with FakeServer([hang(text_events(["I am think", "ing"])[:3]), stream(*PIECES), stream(*ANSWER)]) as server:
        run = cli.start("run", "x", "--model", f"x@{server.base_url}", "--save", "run.jsonl")
        assert server.wait_for(1)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        assert (run.returncode, out) == (130, b"")
        assert b"interrupted: stopped by user" in err
        assert b"agentchat resume run.jsonl" in err
        assert b"Traceback" not in err
        assert ending(cli.folder / "run.jsonl") == "interrupted"
        said = cli("resume", "run.jsonl")
        assert (said.code, said.out) == (0, "The answer is 42. DONE\n")
    assert ending(cli.folder / "run.jsonl") == "done"
    assert cli("replay", "--check", "run.jsonl").code == 0


def test_a_second_interrupt_ends_it_as_well(cli: Cli) -> None:
    with FakeServer([hang()]) as server:
        run = cli.start("run", "x", "--model", f"x@{server.base_url}", "--save", "run.jsonl")
        assert server.wait_for(1)
        run.send_signal(signal.SIGTERM)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert b"Traceback" not in err
    assert ending(cli.folder / "run.jsonl") == "interrupted"


def test_a_killed_run_goes_on_without_repeating_a_call(cli: Cli) -> None:
    with FakeServer([stream(*PIECES), hang(), stream(*ANSWER)]) as server:
        run = cli.start("run", "x", "--model", f"x@{server.base_url}", "--id", "k")
        assert server.wait_for(2)
        run.kill()
        run.communicate(timeout=60)
        shown = cli("show", "k")
        assert "Not ended" in shown.out
        said = cli("resume", "k")
        assert (said.code, said.out) == (0, "The answer is 42. DONE\n")
        assert len(server.requests) == 3
    assert "Let me compute" not in said.err


def test_a_run_that_another_process_holds_is_refused(cli: Cli) -> None:
    with FakeServer([hang()]) as server:
        run = cli.start("run", "x", "--model", f"x@{server.base_url}", "--id", "k")
        assert server.wait_for(1)
        said = cli("resume", "k")
        assert (said.code, said.out) == (2, "")
        assert "conversation 'k' is being run by" in said.err
        assert len(said.err.splitlines()) == 1
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)


def test_a_finished_one_is_left_alone_until_something_is_said(cli: Cli) -> None:
    with FakeServer([stream("1 DONE"), stream("2 DONE")]) as server:
        assert cli("run", "x", "--model", f"x@{server.base_url}", "--id", "k").code == 0
        assert cli("resume", "k").code == 0
        assert len(server.requests) == 1
        said = cli("resume", "k", "--say", "and now?")
        assert (said.code, said.out) == (0, "2 DONE\n")
        assert "user\nand now?" in said.err


def test_a_demo_that_was_cut_off_goes_on_with_its_script(cli: Cli) -> None:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    whole = (cli.folder / "demo.jsonl").read_bytes()
    lines = whole.splitlines(keepends=True)
    started = [entry.seq for entry in Transcript.loads(whole) if isinstance(entry.event, CallStarted)]
    (cli.folder / "cut.jsonl").write_bytes(b"".join(lines[: started[2]]))
    said = cli("resume", "cut.jsonl")
    assert (said.code, "29" in said.out) == (0, True)
    then, now = Transcript.loads(whole).messages(), Transcript.load(cli.folder / "cut.jsonl").messages()
    assert [message.sender for message in then] == [message.sender for message in now]


def test_a_program_whose_result_was_lost_is_a_persons_choice(cli: Cli) -> None:
    text = "```python\nprint(1)\n```"
    with FakeServer([stream(text), stream("DONE")]) as server:
        coder = Assistant("coder", model=f"x@{server.base_url}")
        chat = Conversation([coder, UserProxy("runner", sandbox="unsafe-host")], until=MaxTurns(4))
        transcript = chat.run_sync("x").transcript
        ran = next(e.seq for e in transcript if isinstance(e.event, CallStarted) and e.event.recipe.call == "code")
        lines = transcript.dumps().splitlines(keepends=True)
        path = cli.folder / "lost.jsonl"
        path.write_bytes(b"".join(lines[:ran]))
        said = cli("resume", "lost.jsonl")
        assert said.code == 2
        assert "without a sandbox" in said.err
        assert "--unsafe-host" in said.err
        said = cli("resume", "lost.jsonl", "--unsafe-host")
        assert said.code == 2
        assert "it is unknown whether" in said.err
        assert "--in-doubt retry" in said.err
        assert path.read_bytes() == b"".join(lines[:ran])
        said = cli("resume", "lost.jsonl", "--unsafe-host", "--in-doubt", "retry")
    assert said.code == 3
    assert "runner: the code call had no result when the process ended" in said.err


def test_agents_that_only_a_program_has_are_refused_by_name(cli: Cli) -> None:
    @agent
    async def echo(text: str, turn: Turn) -> str:
        return text

    for one in (echo, Assistant("a", model=ScriptedModel(["x"]))):
        path = cli.folder / f"{one.name}.jsonl"
        Conversation([one], until=MaxTurns(1)).run_sync("x").transcript.save(path)
        said = cli("resume", path.name)
        assert (said.code, said.out) == (2, "")
        assert "only the program that made it can go on" in said.err
        assert cli("show", path.name).code == 0
