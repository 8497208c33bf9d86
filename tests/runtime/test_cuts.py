"""A run that lost its process behind any event goes on to the same conversation, whatever way it is routed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.agents.supervisor import Supervisor
from agentchat.conversation import Conversation
from agentchat.policy.charter import ContextPolicy
from agentchat.policy.rules import MaxTurns
from agentchat.routing import END, Edge, Graph, Handoffs, Selector
from agentchat.seams import Turn
from agentchat.tools.function import tool
from agentchat.transcript.calls import ToolResult
from agentchat.transcript.events import CallFinished, CallStarted, Compacted, TurnGiven
from agentchat.transcript.transcript import Transcript
from tests.runtime.checking import checked
from tests.runtime.team import Recording, asks, only, texts, told

pytestmark = pytest.mark.anyio


class Report(BaseModel):
    passed: bool


def bad(report: Report) -> bool:
    return not report.passed


@tool(idempotent=True)
def look(name: str) -> str:
    """Look something up."""
    return f"{name} is there"


@agent
async def plan(text: str, turn: Turn) -> str:
    return "the plan"


@agent
async def join(reports: list[Report], turn: Turn) -> Report:
    return Report(passed=all(report.passed for report in reports) or len(turn.messages) > 6)


def graph() -> Conversation:
    looks = Recording(asks(("look", '{"name":"a"}')), '{"passed":true}', '{"passed":true}', name="l")
    doubts = Recording("nonsense", '{"passed":false}', '{"passed":false}', name="d")
    a = Assistant("a", model=looks, tools=[look], emits=Report)
    b = Assistant("b", model=doubts, emits=Report)
    edges = [Edge(plan, [a, b]), Edge([a, b], join), Edge(join, plan, when=bad, at_most=1), Edge(join, END)]
    return Conversation(Graph(start=plan, edges=edges), until=MaxTurns(20))


def supervised() -> Conversation:
    directs = [
        json.dumps({"reason": "r", "next": name, "instruction": "do", "answer": None})
        for name in ("a", "nobody", "b", "finish")
    ]
    team = [
        Assistant("a", model=Recording(asks(("look", '{"name":"a"}')), "A", name="a"), tools=[look]),
        Assistant("b", model=Recording("B", name="b")),
    ]
    return Conversation(Supervisor("boss", team=team, model=Recording(*directs, name="s")), until=MaxTurns(9))


def handed() -> Conversation:
    front = Recording(asks(("transfer_to_back", '{"reason":"yours"}')), name="f")
    team = [Assistant("front", model=front), Assistant("back", model=Recording("done", name="b"))]
    return Conversation(team, routing=Handoffs(), until=MaxTurns(9))


def selected() -> Conversation:
    chooses = Recording(*[json.dumps({"reason": "r", "next": name}) for name in ("b", "a")], name="s")
    team = [Assistant("a", model=Recording("A", name="a")), Assistant("b", model=Recording("B", name="b"))]
    return Conversation(team, routing=Selector(chooses), until=MaxTurns(2))


def summed_up() -> Conversation:
    """What a tool brings makes the context too long in the middle of a turn: it is summed up there."""
    found = "x" * 1500
    models = Recording("A", asks(("fetch", "{}")), told("THE SUMMARY", 300, 10), "done", name="a")

    @tool(idempotent=True)
    def fetch() -> str:
        """Fetch it."""
        return found

    team = [
        Assistant("a", model=models, tools=[fetch], context=ContextPolicy(compact_at=300)),
        Assistant("b", model=Recording("B", name="b")),
    ]
    return Conversation(team, until=MaxTurns(3))


def ends_of(log: Transcript) -> list[tuple[int, CallFinished]]:
    return [(entry.seq, entry.event) for entry in log if isinstance(entry.event, CallFinished)]


def broken() -> Conversation:
    """A model that raises what no model should: that is not passed on to the next one."""
    bug, other = Recording(ZeroDivisionError("bug"), name="bug"), Recording("never asked", name="other")
    return Conversation([Assistant("a", model=[bug, other])], until=MaxTurns(2))


async def test_a_summary_is_made_in_the_middle_of_a_turn() -> None:
    log = (await summed_up().run("go")).transcript
    checked(log)
    (summary,) = only(log, Compacted)
    given = [entry.seq for entry in only(log, TurnGiven)]
    results = [(seq, one.result) for seq, one in ends_of(log)]
    fetched = next(seq for seq, result in results if isinstance(result, ToolResult))
    assert given[-1] < fetched < summary.seq


@pytest.mark.parametrize("make", [graph, supervised, handed, selected, summed_up, broken])
async def test_the_same_conversation(make: Callable[[], Conversation], tmp_path: Path) -> None:
    whole = await make().run("go", id="x")
    checked(whole.transcript)
    assert whole.outcome.kind in (("failed",) if make is broken else ("done", "limit"))
    log = whole.transcript
    for upto in range(3, len(log)):
        kept = Transcript.from_lines([log.line(seq) for seq in range(1, upto + 1)])
        path = kept.save(tmp_path / f"{upto}.jsonl")
        result = await make().resume(path)
        checked(result.transcript)
        assert sorted(texts(result.transcript)) == sorted(texts(log)), upto
        assert (result.output, result.outcome.kind) == (whole.output, whole.outcome.kind)
        # nothing that has a recorded result is called again: at most one call for each that was open
        again = len(only(result.transcript, CallStarted)) - len(only(log, CallStarted))
        assert 0 <= again <= 2, upto
