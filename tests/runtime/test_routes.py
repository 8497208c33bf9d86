"""Who is next: supervisors, selectors, handoffs, graphs, functions."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.agents.supervisor import Supervisor
from agentchat.conversation import Conversation
from agentchat.errors import ConfigurationError, NoBound
from agentchat.policy.rules import Failures, MaxTurns, Where
from agentchat.routing import END, Edge, Graph, Handoffs, RoundRobin, Selector, Supervised
from agentchat.seams import Turn
from agentchat.transcript.events import CallStarted, Judged, Refused, TurnGiven
from agentchat.transcript.messages import Direction
from agentchat.transcript.transcript import Transcript
from tests.runtime.checking import checked
from tests.runtime.team import HangingModel, Recording, asks, only, texts

pytestmark = pytest.mark.anyio


class Report(BaseModel):
    passed: bool


class Answer(BaseModel):
    number: int


def to(name: str, instruction: str | None = None, answer: object = None) -> str:
    return json.dumps({"reason": f"{name} it is", "next": name, "instruction": instruction, "answer": answer})


def turns(transcript: Transcript) -> list[str]:
    return [one.event.to for one in only(transcript, TurnGiven) if isinstance(one.event, TurnGiven)]


# supervised


async def test_a_supervisor_directs_its_team() -> None:
    coder = Assistant("coder", model=Recording("print(29)", name="c"), description="writes code")
    tester = Assistant("tester", model=Recording("it prints 29", name="t"), description="tests it")
    directs = Recording(to("coder", "write it"), to("tester", "test it"), to("finish", None, "29"), name="b")
    boss = Supervisor("boss", team=[coder, tester], model=directs)
    result = await Conversation(boss, until=MaxTurns(9)).run("the 10th prime")
    checked(result.transcript)
    assert turns(result.transcript) == ["boss", "coder", "boss", "tester", "boss"]
    assert result.output == "29"
    assert result.outcome.kind == "done"
    why = only(result.transcript, TurnGiven)[1].event
    assert isinstance(why, TurnGiven)
    assert (why.why.router, why.why.reason) == ("boss", "coder it is")
    assert why.why.candidates == ("coder", "tester", "finish")
    schema = directs.bodies[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["next"]["enum"] == ["coder", "tester", "finish"]
    assert "- coder: writes code" in directs.bodies[0]["messages"][0]["content"]


async def test_only_the_one_directed_sees_the_instruction() -> None:
    coder, tester = Recording("done", name="c"), Recording("fine", name="t")
    team = [Assistant("coder", model=coder), Assistant("tester", model=tester)]
    boss = Supervisor("boss", team=team, model=Recording(to("coder", "secretly"), to("tester"), to("finish"), name="b"))
    result = await Conversation(boss, until=MaxTurns(9)).run("go")
    checked(result.transcript)
    assert "boss:\nsecretly" in json.dumps(coder.bodies[0]).replace("\\n", "\n")
    assert "secretly" not in json.dumps(tester.bodies[0])
    assert result.output == "fine"  # the last work, where the supervisor gave no answer of its own


async def test_a_supervisor_that_names_nobody_is_asked_again_then_fails_by_name() -> None:
    boss = Supervisor(
        "boss",
        team=[Assistant("coder", model=Recording(name="c"))],
        model=Recording(to("codr"), to("boss"), to("nobody"), name="b"),
    )
    result = await Conversation(boss, until=MaxTurns(9)).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "failed"
    assert "next: 'nobody' is none of those who can be next: coder, finish" in result.outcome.reason
    assert len(only(result.transcript, Refused)) == 3


async def test_a_typed_final_answer() -> None:
    boss = Supervisor(
        "boss",
        team=[Assistant("coder", model=Recording(name="c"))],
        model=Recording(to("finish", None, {"number": "x"}), to("finish", None, {"number": 29}), name="b"),
        output=Answer,
    )
    result = await Conversation(boss, until=MaxTurns(9)).run("go")
    checked(result.transcript)
    assert result.output == Answer(number=29)


async def test_a_supervisor_can_be_a_function() -> None:
    @agent
    async def boss(text: str, turn: Turn) -> Direction:
        return Direction(next="finish" if "done" in text else "coder", instruction="do it")

    coder = Assistant("coder", model=Recording("done"))
    result = await Conversation([boss, coder], routing=Supervised(boss), until=MaxTurns(9)).run("go")
    checked(result.transcript)
    assert turns(result.transcript) == ["boss", "coder", "boss"]
    assert result.outcome.kind == "done"


# selected


async def test_a_selector_chooses_by_schema_and_is_no_turn() -> None:
    chooses = Recording(*[json.dumps({"reason": "r", "next": name}) for name in ("bob", "ann", "bob")], name="s")
    team = [Assistant("ann", model=Recording("A", name="a")), Assistant("bob", model=Recording("B", "B2", name="b"))]
    result = await Conversation(team, routing=Selector(chooses), until=MaxTurns(3)).run("go")
    checked(result.transcript)
    assert [sender for sender, _ in texts(result.transcript) if sender != "selector"] == ["user", "bob", "ann", "bob"]
    assert result.outcome.rule == "MaxTurns(turns=3)"
    assert result.output == "B2"
    assert result.usage.total.calls == 6
    assert "selector" not in json.dumps(team[0].model.bodies[-1]["messages"])  # type: ignore[attr-defined]


# handed over


async def test_agents_hand_over_by_a_tool() -> None:
    front = Recording(asks(("transfer_to_sales", '{"reason":"wants to buy"}')), name="f")
    sales = Recording("It costs 5.", name="s")
    team = [Assistant("front", model=front), Assistant("sales", model=sales)]
    result = await Conversation(team, routing=Handoffs(), until=MaxTurns(9)).run("I want to buy a pen")
    checked(result.transcript)
    assert turns(result.transcript) == ["front", "sales"]
    assert result.outcome.kind == "done"
    assert result.output == "It costs 5."
    names = [tool["function"]["name"] for tool in front.bodies[0]["tools"]]
    assert names == ["transfer_to_sales", "transfer_to_user"]


async def test_handing_over_to_a_person_ends_the_run_and_the_agent_goes_on() -> None:
    front = Recording(asks(("transfer_to_user", '{"reason":"which colour?"}')), "Blue it is.", name="f")
    team = [Assistant("front", model=front), Assistant("sales", model=Recording(name="s"))]
    chat = Conversation(team, routing=Handoffs(), until=MaxTurns(9))
    result = await chat.run("a pen", id="x")
    assert result.outcome.kind == "stopped"
    assert "front handed over to a person: which colour?" in result.outcome.reason
    result = await chat.resume("x", say="blue")
    checked(result.transcript)
    assert result.output == "Blue it is."


# graphs


def failed(report: Report) -> bool:
    return not report.passed


async def test_a_cycle_with_a_cap() -> None:
    tries: list[int] = []

    @agent
    async def write(text: str, turn: Turn) -> str:
        return f"draft {len(tries)}"

    @agent
    async def check(text: str, turn: Turn) -> Report:
        tries.append(1)
        return Report(passed=len(tries) >= 3)

    flow = Graph(start=write, edges=[Edge(write, check), Edge(check, write, when=failed, at_most=5), Edge(check, END)])
    result = await Conversation(flow).run("go")
    checked(result.transcript)
    assert turns(result.transcript) == ["write", "check"] * 3
    assert result.outcome.kind == "done"
    assert [one.event.value for one in only(result.transcript, Judged) if isinstance(one.event, Judged)] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("on_cap", [None, "give_up"])
async def test_a_spent_cap_ends_as_a_limit_or_goes_where_it_says(on_cap: str | None) -> None:
    @agent
    async def write(text: str, turn: Turn) -> str:
        return "draft"

    @agent
    async def check(text: str, turn: Turn) -> Report:
        return Report(passed=False)

    @agent
    async def give_up(text: str, turn: Turn) -> str:
        return "sorry"

    back = Edge(check, write, when=Where(Report, passed=False), at_most=2, on_cap=give_up if on_cap else None)
    flow = Graph(start=write, edges=[Edge(write, check), back, Edge(check, END)])
    result = await Conversation(flow).run("go")
    checked(result.transcript)
    if on_cap is None:
        assert result.outcome.kind == "limit"
        assert "as often as it may be" in result.outcome.reason
    else:
        assert result.output == "sorry"
    assert turns(result.transcript).count("write") == 3


async def test_several_at_once_and_a_join_after_the_slowest() -> None:
    begun = {name: anyio.Event() for name in ("quick", "slow")}

    @agent
    async def plan(text: str, turn: Turn) -> str:
        return "plan"

    @agent
    async def slow(text: str, turn: Turn) -> Report:
        begun["slow"].set()
        await begun["quick"].wait()  # both are going on at once, or this never ends
        await anyio.sleep(0.01)
        return Report(passed=False)

    @agent
    async def quick(text: str, turn: Turn) -> Report:
        begun["quick"].set()
        await begun["slow"].wait()
        return Report(passed=True)

    @agent
    async def join(reports: list[Report], turn: Turn) -> str:
        return " ".join(str(report.passed) for report in reports)

    flow = Graph(start=plan, edges=[Edge(plan, [slow, quick]), Edge([slow, quick], join), Edge(join, END)])
    with anyio.fail_after(10):
        result = await Conversation(flow).run("go")
    checked(result.transcript)
    assert result.output == "False True"  # in the order of the edge, not of their coming
    assert turns(result.transcript) == ["plan", "slow", "quick", "join"]


async def test_a_condition_that_raises_ends_the_run_by_name() -> None:
    def broken(text: str) -> bool:
        raise KeyError("no such thing")

    @agent
    async def write(text: str, turn: Turn) -> str:
        return "draft"

    flow = Graph(start=write, edges=[Edge(write, END, when=broken)])
    result = await Conversation(flow).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "failed"
    assert "broken failed on event" in result.outcome.reason
    assert "KeyError: 'no such thing'" in result.outcome.reason


async def test_a_failed_step_is_gone_on_with_and_what_was_before_is_not_paid_again(tmp_path: Path) -> None:
    one, two = Recording("one", name="m1"), Recording("two", name="m2")
    three = Recording("no", "no", "no", '{"passed":true}', name="m3")
    steps = [
        Assistant("one", model=one),
        Assistant("two", model=two),
        Assistant("three", model=three, emits=Report),
        Assistant("four", model=Recording("four", name="m4")),
    ]
    edges = [Edge(before, after) for before, after in pairwise(steps)]
    chat = Conversation(Graph(start=steps[0], edges=edges), store=tmp_path / "run.db")
    result = await chat.run("go", id="x")
    assert result.outcome.kind == "failed"
    result = await chat.resume("x")
    checked(result.transcript)
    assert result.outcome.kind == "done"
    assert [len(model.bodies) for model in (one, two, three)] == [1, 1, 4]
    assert turns(result.transcript) == ["one", "two", "three", "three", "four"]


async def test_parallel_turns_stop_together() -> None:
    models = [HangingModel(f"h{place}") for place in range(3)]
    workers = [Assistant(f"w{place}", model=model) for place, model in enumerate(models)]

    @agent
    async def plan(text: str, turn: Turn) -> str:
        return "plan"

    flow = Graph(start=plan, edges=[Edge(plan, workers)])
    async with Conversation(flow, until=MaxTurns(9)).open("go") as run:
        for model in models:
            await model.begun.wait()
        await run.interrupt("enough")
        result = await run.wait()
    checked(result.transcript)
    assert result.outcome.kind == "interrupted"
    assert len(only(result.transcript, CallStarted)) == 3


async def test_a_failure_beside_others_ends_the_run_when_they_are_done() -> None:
    @agent
    async def plan(text: str, turn: Turn) -> str:
        return "plan"

    @agent
    async def bad(text: str, turn: Turn) -> str:
        raise ValueError("broken")

    good = Assistant("good", model=Recording("done"))
    flow = Graph(start=plan, edges=[Edge(plan, [bad, good]), Edge([bad, good], END)])
    result = await Conversation(flow, until=MaxTurns(9)).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "failed"
    assert ("good", "done") in texts(result.transcript)


# functions


async def test_a_function_chooses() -> None:
    def route(transcript: Transcript) -> object:
        said = len(transcript.messages())
        return {"next": "bob", "reason": "his turn"} if said == 1 else "ann" if said == 2 else None

    team = [Assistant("ann", model=Recording("A", name="a")), Assistant("bob", model=Recording("B", name="b"))]
    result = await Conversation(team, routing=route, until=MaxTurns(9)).run("go")
    checked(result.transcript)
    assert turns(result.transcript) == ["bob", "ann"]
    assert result.outcome.kind == "done"


async def test_a_function_that_names_nobody_fails_by_name() -> None:
    def route(transcript: Transcript) -> str:
        return "nobody"

    result = await Conversation([Assistant("ann", model=Recording())], routing=route, until=MaxTurns(9)).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "failed"
    assert "named 'nobody', which is no agent here" in result.outcome.reason


async def test_a_function_may_give_the_agent_itself() -> None:
    ann = Assistant("ann", model=Recording("A", "B"))

    async def route(transcript: Transcript) -> Assistant:
        return ann

    result = await Conversation([ann], routing=route, until=MaxTurns(2)).run("go")
    checked(result.transcript)
    assert turns(result.transcript) == ["ann", "ann"]


# the team check


def test_all_problems_of_a_team_are_told_at_once() -> None:
    @agent
    async def write(text: str, turn: Turn) -> str:
        return ""

    @agent
    async def check(report: Report, turn: Turn) -> str:
        return ""

    lonely = Assistant("lonely", model=Recording())
    unset = Assistant("unset", model="smart")
    with pytest.raises(ConfigurationError) as told:
        Conversation([unset, Assistant("unset", model=Recording(), tools=[lambda x: x])], until=MaxTurns(1))
    assert "no model is set for the tier 'smart'" in str(told.value)
    assert "lambda" in str(told.value)
    flow = Graph(start=write, nodes=[lonely], edges=[Edge(write, check), Edge(check, write)])
    with pytest.raises(ConfigurationError) as told:
        Conversation(flow)
    message = str(told.value)
    assert "agent lonely cannot be reached" in message
    assert "write emits str, and check accepts Report" in message
    assert "a cycle without exit or bound" in message
    with pytest.raises(ConfigurationError, match="did you mean 'write'"):
        Conversation(Graph(start="writ", edges=[Edge(write, END)]))


async def test_a_condition_that_gives_a_name_is_told_that_it_is_none() -> None:
    def named(text: str) -> str:
        return "write"

    def unsaid(text):  # type: ignore[no-untyped-def]  # that is the point
        return "write"

    async def later(text):  # type: ignore[no-untyped-def]  # that is the point
        return "write"

    @agent
    async def write(text: str, turn: Turn) -> str:
        return "said"

    with pytest.raises(
        ConfigurationError, match=r"named, which returns str; a condition gives True or False: one edge"
    ):
        Edge(write, write, when=named)
    for condition in (unsaid, later):
        flow = Graph(start=write, edges=[Edge(write, write, when=condition, at_most=2), Edge(write, END)])
        result = await Conversation(flow).run("go")
        assert result.outcome.kind == "failed"
        told = f"{condition.__name__} gave 'write'; a condition gives True or False: one edge for each target"
        assert told in result.outcome.reason


def test_a_cycle_without_a_cap_needs_a_bound() -> None:
    @agent
    async def write(text: str, turn: Turn) -> str:
        return ""

    def again(text: str) -> bool:
        return True

    flow = Graph(start=write, edges=[Edge(write, write, when=again), Edge(write, END)])
    with pytest.raises(NoBound):
        Conversation(flow)
    Conversation(flow, until=MaxTurns(3) | Failures(2))
    with pytest.raises(ConfigurationError, match="is no way of routing"):
        Conversation([write], routing=3, until=MaxTurns(1))  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ConfigurationError, match=r"^routing is the class RoundRobin; make one: routing=RoundRobin\("):
        Conversation([write], routing=RoundRobin, until=MaxTurns(1))  # type: ignore[arg-type]  # that is the point
    Conversation([write], routing=RoundRobin(), until=MaxTurns(1))
