"""Hypothesis strategies for whole conversations: every way of routing, all kinds of agents, budgets and acts."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from agentchat.policy.charter import AgentCard, CallLimits, Charter, ContextPolicy, charter_of
from agentchat.policy.routing.plans import (
    END,
    PERSON,
    AnyPlan,
    EdgePlan,
    FunctionPlan,
    GraphPlan,
    HandoffsPlan,
    RoundRobinPlan,
    SupervisedPlan,
)
from agentchat.policy.rules import Emitted, Failures, MaxTurns, Mentions
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.policy.spending.prices import Price
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import ExternalSignal, Interrupted, Said
from agentchat.transcript.messages import Text
from tests.policy.acts import SCRIPTS, script
from tests.policy.cards import PRICE, card, handy, model, team, typed
from tests.policy.play import Input, Judging, Play, Script, problem
from tests.policy.test_rules import rules

several = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
"""For tests of whole conversations: making one takes a while, which says nothing on a busy machine."""
NAMES = ("a", "b", "c")
DEAR = Price(input=1000.0, output=4000.0, source="test")
INPUTS: tuple[Input | None, ...] = (
    None,
    None,
    None,
    lambda play: Said(sender="user", to=play.charter.names()[-1], body=Text.of("ok? DONE")),
    lambda play: Said(sender="user", body=Text.of("go on")),
    lambda play: ExternalSignal(name="stop"),
    lambda play: ExternalSignal(name="other"),
    lambda play: Interrupted(by="user"),
)
DIRECTING = (
    *("direct:a", "chooses_a", "direct:b", "direct:c", "chooses_b", "direct:a", "finish", "direct:finish"),
    *("direct:zoe", "direct:boss", "text", "model", "fail", "pass", "handoff:a", "busy"),
)
HANDING = ("handoff:a", "handoff:b", "handoff:c", "handoff:a", "handoff:b", "handoff:user", "handoff:zoe")
DRAFTING = (
    "typed",
    "draft",
    "repairs",
    "by_tool",
    "rejected",
    "prompt",
    "text",
    "pass",
    "fail",
    "lost",
    "code",
    "state",
)
MODELLESS = ("text", "private", "pass", "code", "fail", "state", "delegates", "diverges", "model")
CONDITIONS: tuple[JsonObject, ...] = (Mentions("answer").written(), Emitted("Draft").written())


def _agents(name: str) -> tuple[AgentCard, ...]:
    """An agent of each kind: what it is asked with, what it is shown, what it may do."""
    priced, dear = model(tier="fast", price=PRICE), model(tier="smart", price=DEAR, max_output=40)
    there = model(wire="responses", tier="fast", price=PRICE, max_output=40)
    more: dict[str, Any] = {
        "fallbacks": (model("f", tier="fast", price=PRICE),),
        "stronger": model("s", tier="smart", price=DEAR),
    }
    return (
        card(name),
        card(name, model=priced, **more),
        card(name, model=there, context=ContextPolicy(turns=2)),
        card(name, model=priced, context=ContextPolicy(senders=("a",))),
        card(name, model=priced, context=ContextPolicy(compact_at=256)),
        handy(name, asked=priced, **more),
        handy(name, "responses", asked=there, typed=True, emits=("Draft", "Text")),
        handy(name, asked=dear, typed=True, emits=("Draft", "Text"), context=ContextPolicy(compact_at=300)),
        handy(name, asked=priced, context=ContextPolicy(turns=1)),
        typed(name, model=priced),
        typed(name, "responses", model=there, accepts=("Text", "Draft")),
        AgentCard(name=name, kind="function", emits=("Text",)),
    )


AGENTS = {name: _agents(name) for name in NAMES}
PLENTY = Budget(tokens=1_000_000, usd=100, calls=200)
BUDGETS = (
    Budget(),
    PLENTY,
    PLENTY.model_copy(update={"agents": {"a": Cap(tokens=1500)}}),
    PLENTY.model_copy(update={"agents": {"b": Cap(calls=2), "a": Cap(usd=0.01)}}),
    PLENTY.model_copy(update={"tiers": {"smart": Cap(calls=1), "fast": Cap(tokens=4000)}}),
    PLENTY.model_copy(update={"seconds": 2.5, "per": "conversation", "calls": 12}),
    Budget(calls=3),
    Budget(calls=6, per="conversation"),
    Budget(calls=9, seconds=2.5),
    Budget(tokens=700),
    Budget(tokens=5000, per="conversation"),
    Budget(tokens=20_000, agents={"a": Cap(calls=2)}),
    Budget(usd=0.004, unpriced="free"),
    Budget(usd=0.5, tokens=40_000, per="conversation"),
    Budget(usd=5, tiers={"smart": Cap(usd=1)}),
)


@st.composite
def graphs(draw: st.DrawFn, names: tuple[str, ...]) -> GraphPlan:
    """Edges as they come: cycles, fan-outs, joins, conditions, caps; also graphs that get stuck."""
    some = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True).map(tuple)
    edges = []
    for _ in range(draw(st.integers(1, 5))):
        at_most = draw(st.sampled_from((None, None, 1, 2)))
        condition = draw(st.sampled_from(("", "", "m:f x", *range(len(CONDITIONS)))))
        edges.append(
            EdgePlan(
                source=draw(some),
                to=draw(some | st.just((END,))),
                when=condition if isinstance(condition, str) and condition else None,
                rule=CONDITIONS[condition] if isinstance(condition, int) else None,
                at_most=at_most,
                on_cap=None if at_most is None else draw(st.sampled_from((None, END, names[0]))),
            )
        )
    return GraphPlan(start=draw(some), edges=tuple(edges))


@st.composite
def teams(draw: st.DrawFn) -> Charter:
    """One to three agents, and how they take turns."""
    names = NAMES[: draw(st.integers(1, 3))]
    cards = [draw(st.sampled_from(AGENTS[name])) for name in names]
    plan: AnyPlan
    match draw(st.sampled_from(("round", "supervised", "selector", "handoffs", "function", "graph", "graph"))):
        case "supervised" | "selector" as kind:
            boss = model("b", tier="fast", price=PRICE)
            role = "supervisor" if kind == "supervised" else "selector"
            cards.append(card("boss", model=boss, kind=role, emits=("Direction",), team=names))
            plan = SupervisedPlan(supervisor="boss", team=names)
        case "handoffs":
            others = {name: tuple(one for one in (*names, PERSON) if one != name) for name in names}
            plan = HandoffsPlan(start=names[0], to=others)
        case "function":
            plan = FunctionPlan(name="m:next x")
        case "graph":
            plan = draw(graphs(names))
        case _:
            plan = RoundRobinPlan()
    limits = CallLimits(model_calls=draw(st.integers(1, 4)), tool_calls=draw(st.integers(1, 3)))
    return team(*cards, plan=plan, limits=limits)


numbers = st.integers(0, len(SCRIPTS) + len(HANDING) - 1)
OFTEN_PLAIN = st.integers(0, 4).flatmap(lambda some: rules if some == 0 else st.just(Failures(3)))
"""A team that may fail now and then goes further."""


def likely(play: Play, number: int) -> str:
    """The act of this number among those that mostly suit the agent whose turn it is."""
    card = charter_of(play.log).agent(play.agent)
    acts: tuple[str, ...] = tuple(SCRIPTS)
    if card.kind in ("supervisor", "selector"):
        acts = DIRECTING
    elif card.model is None:
        acts = MODELLESS
    elif card.emits == ("Draft",):
        acts = DRAFTING
    elif play.charter.routing["router"] == "handoffs":
        acts = (*HANDING, *SCRIPTS)
    return acts[number % len(acts)]


def suiting(number: int) -> Script:
    return lambda play: script(likely(play, number))(play)


@st.composite
def judges(draw: st.DrawFn) -> Judging:
    """Users' functions: yes and no, a next agent of some kind, and now and then an error."""
    nexts: list[JsonValue] = [*NAMES, *NAMES, "a", False, END, None]
    nexts += [{"next": "b", "reason": "so"}, {"next": "zoe"}]
    chosen = draw(st.lists(st.sampled_from(nexts), min_size=3, max_size=6))
    raises = draw(st.sampled_from((0, 0, 0, 0, 0, 7)))
    return lambda name, on: problem("Oops") if raises and on % raises == 0 else chosen[on % len(chosen)]


@st.composite
def plays(draw: st.DrawFn) -> Play:
    """A conversation of one to three runs, each played to its end."""
    play = Play(agreed=draw(teams()), pace=draw(st.sampled_from((0.0, 0.01, 0.2))), judge=draw(judges()))
    for _ in range(draw(st.sampled_from((1, 1, 2, 3)))):
        until = MaxTurns(draw(st.sampled_from((1, 3, 6, 9)))) | draw(OFTEN_PLAIN)
        play.start(
            until,
            draw(st.sampled_from(BUDGETS)),
            task=draw(st.sampled_from(("Do it.", "Do it.", "Do it.", "DONE?", None))),
        )
        play.run(
            [suiting(one) for one in draw(st.lists(numbers, min_size=2, max_size=7))],
            draw(st.lists(st.sampled_from(INPUTS), max_size=3)),
            order=draw(st.lists(st.integers(0, 2), min_size=1, max_size=5)),
        )
    return play
