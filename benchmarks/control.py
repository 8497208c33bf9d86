"""What control costs: checking a team, rules and routing in a turn, reading a typed answer, and many agents at once."""

from __future__ import annotations

import gc
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence

import anyio
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.conversation import Conversation
from agentchat.models.function import FunctionModel
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.check import problems_in
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import MaxTurns, Mentions, Rule, Says, Stalemate, Where
from agentchat.policy.spending.budget import Budget
from agentchat.policy.typed.answers import read_answer
from agentchat.routing import END, Edge, Graph
from agentchat.seams import Agent, Turn
from benchmarks.machine import hop_us
from benchmarks.report import Row, median_us, per_call_us
from benchmarks.turns import TEXT, Stamped

THINKS = 0.05
"""Seconds that the model of the fan-out takes."""


class Line(BaseModel):
    """One line of the typed answer that is read."""

    item: str
    count: int
    note: str


class Order(BaseModel):
    """The typed answer."""

    customer: str
    lines: list[Line]


@agent
async def plan(task: str, turn: Turn) -> str:
    """Hand the task on."""
    return "the plan"


@agent
async def join(parts: list[str], turn: Turn) -> str:
    """Count what came."""
    return str(len(parts))


def team_of(count: int) -> list[Agent]:
    model = ScriptedModel(["x"])
    return [Assistant(f"agent{place}", model=model) for place in range(count)]


def check_of_a_team() -> float:
    """Milliseconds to check 50 agents with 200 edges."""
    agents = team_of(50)
    ways: list[tuple[int, Says | None]] = [(1, Says("1")), (2, Says("2")), (3, Says("3")), (5, None)]
    edges = [Edge(agents[a], agents[(a + step) % 50], when=when, at_most=3) for a in range(50) for step, when in ways]
    chat = Conversation(Graph(start=agents[0], edges=edges), until=MaxTurns(9))
    return per_call_us(lambda: problems_in(chat.charter, chat.terms.until, chat.terms.budget), 20) / 1e3


def wide(agents: Sequence[Agent]) -> Graph:
    edges = [Edge(plan, agents), Edge(agents, join), Edge(join, END)]
    return Graph(start=plan, edges=edges)


async def thinks(request: ModelRequest) -> str:
    await anyio.sleep(THINKS)
    return "done"


async def fan_out() -> float:
    """Seconds for a hundred agents side by side, and the join."""
    agents = [Assistant(f"agent{place}", model=FunctionModel(thinks, name="thinks")) for place in range(100)]
    chat = Conversation(wide(agents))
    timings = []
    for _ in range(5):
        gc.collect()
        start = time.perf_counter()
        await chat.run("go")
        timings.append(time.perf_counter() - start)
    return statistics.median(timings)


async def bare() -> float:
    """Seconds for a hundred sleeps side by side, and two short ones for the plan and the join."""
    start = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(anyio.sleep, THINKS)
    return time.perf_counter() - start


def turns(
    until: Rule,
    count: int,
    team: Callable[[Stamped], Conversation] | None = None,
    text: Callable[[int], str] = lambda place: TEXT,
) -> list[float]:
    model = Stamped(count, text)
    agents = [Assistant("ann", model=model), Assistant("bob", model=model)]
    chat = Conversation(agents, until=until) if team is None else team(model)
    anyio.run(chat.run, "Talk about agents.")
    return model.stamps


def graph_of_two(model: Stamped, until: Rule) -> Conversation:
    ann, bob = Assistant("ann", model=model), Assistant("bob", model=model)
    flow = Graph(start=ann, edges=[Edge(ann, bob), Edge(bob, ann)])
    return Conversation(flow, until=until)


def various(place: int) -> str:
    """A text of 300 words that is like no other."""
    chosen = random.Random(place)
    return " ".join(f"word{chosen.randrange(2_000)}" for _ in range(300))


def under_a_budget(model: Stamped) -> Conversation:
    agents = [Assistant("ann", model=model), Assistant("bob", model=model)]
    return Conversation(agents, until=MaxTurns(100), budget=Budget(tokens=10**9))


def added(plain: Callable[[], list[float]], *others: Callable[[], list[float]]) -> list[float]:
    """What each of the others adds to the median turn of the plain run, in microseconds. All are run one after the
    other, thirty times over, and compared within each round, so that they see the same machine."""
    found: list[list[float]] = [[] for _ in others]
    for _ in range(30):
        usual = median_us(plain())
        for place, run in enumerate(others):
            found[place].append(median_us(run()) - usual)
    return [statistics.median(one) for one in found]


def rows() -> list[Row]:
    """The figures."""
    few = MaxTurns(100)
    texts = Mentions("DONE") | Says("STOP") | Where("Text", text="STOP") | Stalemate(99_999)
    many = few | MaxTurns(2_000) | texts
    ruled, routed, bounded = added(
        lambda: turns(few, 100),
        lambda: turns(many, 100),
        lambda: turns(few, 100, lambda model: graph_of_two(model, few)),
        lambda: turns(few, 100, under_a_budget),
    )
    (watched,) = added(lambda: turns(few, 100, text=various), lambda: turns(few | Stalemate(), 100, text=various))
    hop = hop_us()
    until = MaxTurns(10_000) | texts
    grown = statistics.median(ratio(turns(until, 10_000, lambda model: graph_of_two(model, until))) for _ in range(5))
    order = Order(customer="Ann", lines=[Line(item=TEXT[:60], count=3, note=TEXT[:60]) for _ in range(12)])
    text = order.model_dump_json()
    bare_seconds = anyio.run(bare)
    return [
        Row("check of 50 agents and 200 edges", check_of_a_team(), "ms", aim="below 50"),
        Row("five rules more in a turn", ruled, "us", hop, "an anyio hop", "30 us, 2.3 hops of 13 us"),
        Row("a graph instead of the roster's order", routed, "us", hop, "an anyio hop", "30 us, 2.3 hops of 13 us"),
        Row("a budget of tokens", bounded, "us", hop, "an anyio hop", "reported"),
        Row("Stalemate over texts of 300 words, all different", watched, "us", hop, "an anyio hop", "reported"),
        Row("turns 9,901-10,000 against 1-100, five rules and a graph", grown, "x", aim="flat"),
        Row(
            f"a typed answer of {len(text)} bytes read",
            per_call_us(lambda: read_answer(text, {"Order": Order}), 500),
            "us",
            per_call_us(lambda: json.loads(text), 500),
            "json.loads",
            "below 100",
        ),
        Row(
            "100 agents at once on a 50 ms model, and a join",
            anyio.run(fan_out) * 1e3,
            "ms",
            bare_seconds * 1e3,
            "as many bare sleeps",
            "below 2 x 50 ms",
        ),
    ]


def ratio(stamps: list[float]) -> float:
    return median_us(stamps[-100:]) / median_us(stamps[:100])
