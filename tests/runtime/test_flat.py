"""P10: a turn costs the same however long the conversation is, in function calls (no machine slows those down) and in
bytes that are stored."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from itertools import pairwise
from types import FrameType

import anyio
import pytest

from agentchat.agents.assistant import Assistant
from agentchat.agents.supervisor import Supervisor
from agentchat.conversation import Conversation
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import MaxMessages, MaxTurns, Mentions, Says, Stalemate
from agentchat.policy.spending.budget import Budget
from agentchat.routing import Edge, Graph
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import TurnGiven
from agentchat.transcript.transcript import Transcript

TURNS = 160
LONG = MaxTurns(TURNS)


class Counting(ScriptedModel):
    """A scripted model that notes how many functions were called before each of its answers."""

    def __init__(self, answers: list[str]) -> None:
        super().__init__(answers * TURNS)
        self.calls = 0
        self.marks: list[int] = []

    def seen(self, frame: FrameType, event: str, argument: object) -> None:
        self.calls += event in ("call", "c_call")

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        self.marks.append(self.calls)
        return await super().complete(request, emit)


def two(model: Counting) -> list[Assistant]:
    return [Assistant("ann", model=model), Assistant("bob", model=model)]


def graph(model: Counting) -> Graph:
    ann, bob = two(model)
    return Graph(start=ann, edges=[Edge(ann, bob), Edge(bob, ann)])


TEXT = ["Each unhappy agent is unhappy in its own way."]
TO_ANN, TO_BOB = '{"next":"ann","instruction":"go"}', '{"next":"bob","instruction":"go"}'
RULES = LONG | Mentions("DONE") | Says("STOP") | MaxMessages(9_999) | Stalemate(repeats=9_999)
CASES: dict[str, tuple[list[str], Callable[[Counting], Conversation]]] = {
    "in turn": (TEXT, lambda model: Conversation(two(model), until=LONG)),
    "graph": (TEXT, lambda model: Conversation(graph(model), until=LONG)),
    "supervisor": (
        [TO_ANN, *TEXT, TO_BOB, *TEXT],
        lambda model: Conversation(Supervisor("boss", team=two(model), model=model), until=LONG),
    ),
    "rules": (TEXT, lambda model: Conversation(two(model), until=RULES)),
    "budget": (TEXT, lambda model: Conversation(two(model), until=LONG, budget=Budget(tokens=10**9))),
}


@pytest.mark.parametrize("name", CASES)
def test_a_late_turn_takes_as_many_calls_as_an_early_one(name: str) -> None:
    answers, made = CASES[name]
    model = Counting(answers)
    chat = made(model)
    before = sys.getprofile()
    sys.setprofile(model.seen)
    try:
        result = anyio.run(chat.run, "Talk.")
    finally:
        sys.setprofile(before)
    assert result.outcome.kind == "limit"
    turns = [after - before for before, after in pairwise(model.marks)]
    early, late = statistics.mean(turns[20:60]), statistics.mean(turns[-40:])
    assert late < 1.02 * early
    stored = sizes(result.transcript)
    assert statistics.mean(stored[-40:]) < 1.02 * statistics.mean(stored[20:60])


def sizes(transcript: Transcript) -> list[int]:
    """The bytes that are stored from each turn to the next: it is shown the whole history, and stores none of it."""
    given = [entry.seq for entry in transcript if isinstance(entry.event, TurnGiven)]
    return [sum(len(transcript.line(seq)) for seq in range(*turn)) for turn in pairwise(given)]
