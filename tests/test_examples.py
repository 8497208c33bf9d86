"""The examples: each as a program where it runs by itself, and each with scripted models and its outcome."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from pydantic import BaseModel

from agentchat import (
    Approval,
    Direction,
    Entry,
    FunctionModel,
    ModelRequest,
    OpenAIModel,
    Question,
    Reply,
    Result,
    ScriptedModel,
    replay,
)
from agentchat.errors import ModelKeyMissing
from agentchat.transcript.events import Refused, Said, TurnGiven
from agentchat.transcript.messages import ToolCallPart
from examples import approval, handoff, pipeline, reviewers, round_table, supervisor, write_test_fix
from tests.local_model import local_model_url
from tests.servers.fake_openai import DONE, FakeServer, chunk, raw, sse, stream

__all__ = ["local_model_url"]
EXAMPLES = Path(__file__).parents[1] / "examples"
PROGRAMS = ("coder_and_runner", "function_agent")
TEAMS = (approval, handoff, pipeline, reviewers, round_table, supervisor, write_test_fix)
LONGEST = 60
"""Lines of an example: what does not fit on one page is no example."""


def run(name: str, *words: str, given: str = "", cwd: Path | None = None, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *words],
        input=given.encode(),
        capture_output=True,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", **env},
        timeout=60,
        check=False,
    )
    assert done.stderr.decode() == ""
    assert done.returncode == 0
    return done.stdout.decode()


def checked(result: Result) -> Result:
    """The result, once deciding it again gives the same."""
    assert [str(one) for one in replay(result.transcript).differences] == []
    return result


def turns(result: Result) -> list[str]:
    return [entry.event.to for entry in result.transcript if isinstance(entry.event, TurnGiven)]


def calls(result: Result) -> dict[str, int]:
    return {name: spent.calls for name, spent in result.usage.by_agent.items()}


def to(name: str, instruction: str | None = None, answer: str | None = None) -> str:
    return json.dumps({"reason": f"{name} it is", "next": name, "instruction": instruction, "answer": answer})


def asks(tool: str, **arguments: object) -> Reply:
    part = ToolCallPart(id=f"call_{tool}", name=tool, arguments=json.dumps(arguments))
    return Reply(parts=(part,), finish="tool_calls")


def test_every_example_is_run_here_and_short() -> None:
    named = sorted([*PROGRAMS, *(team.__name__.removeprefix("examples.") for team in TEAMS)])
    assert sorted(path.stem for path in EXAMPLES.glob("*.py")) == named
    assert [path.name for path in EXAMPLES.glob("*.py") if len(path.read_text().splitlines()) > LONGEST] == []


# as programs


def test_coder_and_runner() -> None:
    program = "```python\nprint(sum(range(10)))\n```"
    with FakeServer([stream("Like this:\n", program), stream("It is 45. ", "DONE")]) as server:
        out = run("coder_and_runner.py", AGENTCHAT_MODEL=f"any@{server.base_url}")
        assert "--- runner\n[python: finished, exit code 0]\n45\n--- coder\nIt is 45. DONE\n--- done: " in out
    with FakeServer([stream("DONE")]) as server:
        assert "--- done: " in run("coder_and_runner.py", f"any@{server.base_url}")


def test_function_agent() -> None:
    out = run("function_agent.py")
    assert "checker: That is 15 words; use at most 8.\nwriter: A transcript is" in out
    assert "checker: APPROVED\ndone: " in out
    with FakeServer([stream("Short enough.")]) as server:
        assert "writer: Short enough.\nchecker: APPROVED" in run("function_agent.py", f"any@{server.base_url}")


QUOTE = "It is 84 metres long and carries one lane."
VERDICT = '{"answer":{"type":"Verdict","value":{"for_the_motion":true,"confidence":0.75,"reasons":["health"]}}}'
GOOD = "def roman(n):\n    return {4: 'IV', 1994: 'MCMXCIV'}[n]"
AS_PROGRAMS: list[tuple[str, list[str], str]] = [
    ("supervisor.py", [to("writer", "write it"), "Buy one.", to("finish", None, "Yes.")], "boss finished"),
    ("write_test_fix.py", [json.dumps({"source": GOOD})], "Report(passed=True, output='')"),
    ("pipeline.py", ["a", "b", json.dumps({"quotes": [QUOTE]}), "d", "e"], "'editor': 1}"),
    ("round_table.py", ["Yes.", "No.", VERDICT], "for: True, 75% sure, ['health']"),
    ("handoff.py", ["We refund it."], "We refund it."),
    ("reviewers.py", [json.dumps({"verdict": "accept", "faults": []})], "Decision(accepted=True, faults=[])"),
]


@pytest.mark.parametrize(("name", "replies", "shown"), AS_PROGRAMS)
def test_a_team_runs_as_a_program_on_the_tiers(name: str, replies: list[str], shown: str, tmp_path: Path) -> None:
    words = [str(EXAMPLES / name)] if name == "reviewers.py" else []
    with FakeServer([stream(reply) for reply in replies]) as server:
        out = run(name, *words, cwd=tmp_path, AGENTCHAT_MODEL=f"any@{server.base_url}")
    assert shown in out


def test_the_person_at_the_keyboard_has_the_last_word() -> None:
    arguments = json.dumps({"to": "mia@example.org", "subject": "Meeting", "body": "On Friday at ten."})
    called = {"index": 0, "id": "c1", "type": "function", "function": {"name": "send_mail", "arguments": arguments}}
    wanted = raw([sse(chunk({"tool_calls": [called]})), sse(chunk({}, finish="tool_calls")), DONE])
    for word, shown in (("y", "To: mia@example.org"), ("not him", "nothing was sent")):
        with FakeServer([wanted, stream("Done.")]) as server:
            out = run("approval.py", given=f"{word}\n", AGENTCHAT_MODEL=f"any@{server.base_url}")
            assert "May secretary call send_mail(to='mia@example.org'" in out
            assert shown in out
            assert ("not him" in server.requests[1].body.decode()) == (word == "not him")


# with scripted models


def test_a_supervisor_on_a_cheap_tier_directs_two_workers() -> None:
    fast = ScriptedModel(
        [to("analyst", "the costs"), to("lawyer"), to("writer", "now the text"), to("finish", None, "Share one.")],
        name="fast",
    )
    smart = ScriptedModel(["A plough costs 40,000.", "Two villages share one plough."], name="smart")
    result = checked(supervisor.team(fast, smart).run_sync(supervisor.TASK))
    assert turns(result) == ["boss", "analyst", "boss", "writer", "boss"]
    assert (result.outcome.kind, result.output) == ("done", "Share one.")
    assert calls(result) == {"boss": 4, "analyst": 1, "writer": 1}  # a lawyer is not on the team: refused, asked again
    assert {name: spent.calls for name, spent in result.usage.by_model.items()} == {"fast": 4, "smart": 2}


def test_a_program_is_written_tested_and_fixed() -> None:
    bad = "def roman(n):\n    return 'IIII'"
    model = ScriptedModel([json.dumps({"source": source}) for source in (bad, bad, GOOD)])
    result = checked(write_test_fix.flow(model).run_sync(write_test_fix.TASK))
    assert turns(result) == ["coder", "check"] * 3
    assert result.outcome.kind == "done"
    assert result.output == write_test_fix.Report(passed=True, output="")
    reports = [one.model({"Report": write_test_fix.Report}) for one in result.transcript.messages()[2::2]]
    assert [one.passed for one in reports if isinstance(one, write_test_fix.Report)] == [False, False, True]


def test_a_program_that_is_never_right_ends_at_the_cap() -> None:
    model = ScriptedModel([json.dumps({"source": "roman = None"})] * 9)
    result = checked(write_test_fix.flow(model).run_sync(write_test_fix.TASK))
    assert result.outcome.kind == "limit"
    assert turns(result) == ["coder", "check"] * 4


def test_a_pipeline_goes_on_at_the_third_step_and_pays_nothing_twice(tmp_path: Path) -> None:
    invented, real = (json.dumps({"quotes": [text]}) for text in ("It has two lanes.", QUOTE))
    gone = ModelKeyMissing("the key was taken back")
    model = ScriptedModel(["notes", "points", invented, gone, invented, real, "A text.", "A title. A text."])
    chat = pipeline.pipeline(model, store=str(tmp_path / "pipeline.db"))
    result = checked(anyio.run(pipeline.main, chat))
    assert turns(result) == ["reader", "planner", "quoter", "quoter", "writer", "editor"]
    assert (result.outcome.kind, result.output) == ("done", "A title. A text.")
    assert calls(result) == {"reader": 1, "planner": 1, "quoter": 4, "writer": 1, "editor": 1}
    refused = [entry.event for entry in result.transcript if isinstance(entry.event, Refused)]
    assert len(refused) == 2
    assert "the source does not say 'It has two lanes.'" in refused[0].problems[0]
    model.assert_complete()


def test_a_round_table_ends_with_a_typed_verdict() -> None:
    question = '{"answer":{"type":"Question","value":{"text":"Who pays?"}}}'
    model = ScriptedModel(["Yes.", "No.", question, "The town.", "Nobody.", VERDICT])
    result = checked(round_table.table(model).run_sync(round_table.MOTION))
    assert turns(result) == ["anna", "ben", "chair"] * 2
    assert result.outcome.kind == "done"
    assert result.output == round_table.Verdict(for_the_motion=True, confidence=0.75, reasons=["health"])


def test_a_round_table_without_a_verdict_is_bounded() -> None:
    asks_on = '{"answer":{"type":"Question","value":{"text":"And then?"}}}'

    def answer(request: ModelRequest) -> str:
        return asks_on if "chair" in request.messages[0].content else f"So says {request.index}."

    result = checked(round_table.table(FunctionModel(answer)).run_sync(round_table.MOTION))
    assert (result.outcome.kind, len(turns(result))) == ("limit", 12)


def test_a_conversation_is_handed_to_a_person_and_goes_on_with_what_they_say() -> None:
    model = ScriptedModel(
        [
            asks("transfer_to_refunds", reason="wants the money back"),
            asks("transfer_to_user", reason="which order was it?"),
            "Order 4711 is refunded.",
        ]
    )
    heard: list[str] = []

    def person(question: str) -> str:
        heard.append(question)
        return "4711"

    result = checked(anyio.run(handoff.main, handoff.desk(model), person))
    assert turns(result) == ["front", "refunds", "refunds"]
    assert (result.outcome.kind, result.output) == ("done", "Order 4711 is refunded.")
    assert heard == ["refunds handed over to a person: which order was it?\nYou: "]


def test_reviews_are_joined_in_the_order_of_the_edge() -> None:
    def answers(request: ModelRequest) -> str:
        told = request.messages[0].content
        if "unproven" in told:
            return json.dumps({"verdict": "revise", "faults": ["no source"]})
        return json.dumps({"verdict": "accept", "faults": ["long"] if "style" in told else []})

    result = checked(reviewers.reviewers(FunctionModel(answers)).run_sync("A text."))
    assert sorted(turns(result)) == ["editor", "facts", "logic", "words"]
    assert turns(result)[-1] == "editor"
    assert result.output == reviewers.Decision(accepted=True, faults=["no source", "long"])
    assert result.usage.total.calls == 3


@pytest.mark.parametrize("yes", [True, False])
def test_nothing_is_sent_without_a_word(yes: bool) -> None:
    asked: list[str] = []

    def person(question: Question) -> Approval:
        asked.append(question.text)
        return Approval(yes=yes, reason="it is Thursday")

    model = ScriptedModel(
        [
            asks("address_of", name="Mia"),
            asks("send_mail", to="mia@example.org", subject="Meeting", body="Friday at ten."),
            "Done what could be done.",
        ]
    )
    approval.SENT.clear()
    result = checked(approval.office(model, answer=person).run_sync("Tell Mia."))
    assert asked == ["May secretary call send_mail(to='mia@example.org', subject='Meeting', body='Friday at ten.')?"]
    assert len(approval.SENT) == int(yes)
    assert result.output == "Done what could be done."


# on a real model, which is not clever: the form is held, whatever the sense


def small(url: str) -> OpenAIModel:
    return OpenAIModel(f"smollm2@{url}", temperature=0.0, seed=7, max_output=64)


@pytest.mark.local_model
def test_the_supervisor_on_a_real_model(local_model_url: str) -> None:
    model = small(local_model_url)
    result = checked(supervisor.team(model, model).run_sync(supervisor.TASK))
    given = [entry.event for entry in result.transcript if isinstance(entry.event, TurnGiven)]
    assert given[0].to == "boss"
    assert {one.to for one in given} <= {"boss", "analyst", "writer"}
    assert {one.why.router for one in given if one.to != "boss"} <= {"boss", "closing"}
    directions = [one.body for one in result.transcript.messages() if one.sender == "boss"]
    assert all(isinstance(one, Direction) for one in directions)
    assert directions or "AnswerRefused" in result.outcome.reason
    assert len(given) <= 13
    assert result.usage.total.calls <= 30


@pytest.mark.local_model
def test_the_round_table_on_a_real_model(local_model_url: str) -> None:
    kinds: dict[str, type[BaseModel]] = {"Question": round_table.Question, "Verdict": round_table.Verdict}

    async def until_the_chair_speaks() -> Result:
        async with round_table.table(small(local_model_url)).open(round_table.MOTION) as run:
            async for item in run:
                if isinstance(item, Entry) and isinstance(item.event, Said) and item.event.sender == "chair":
                    asked = run.transcript.message(item.seq).model(kinds)
                    if isinstance(asked, round_table.Question):
                        await run.interrupt("one round is enough")
            return await run.wait()

    result = checked(anyio.run(until_the_chair_speaks))
    heard = [one.model(kinds) for one in result.transcript.messages() if one.sender == "chair"]
    assert turns(result)[:3] == ["anna", "ben", "chair"]
    if not heard:
        assert result.outcome.kind == "failed"
        assert "AnswerRefused" in result.outcome.reason
    elif isinstance(heard[-1], round_table.Verdict):
        assert (result.outcome.kind, result.output) == ("done", heard[-1])
    else:
        assert isinstance(heard[-1], round_table.Question)
        assert result.outcome.kind == "interrupted"
