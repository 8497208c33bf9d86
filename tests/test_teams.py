"""A team made again from a record: the same cards or a clear refusal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from agentchat import (
    Assistant,
    Budget,
    Conversation,
    MaxTurns,
    Mentions,
    OpenAIModel,
    ScriptedModel,
    Transcript,
    Turn,
    UserProxy,
    agent,
)
from agentchat.agents.supervisor import Supervisor
from agentchat.demo import DemoModel
from agentchat.errors import ConfigurationError
from agentchat.policy.charter import Charter, changes
from agentchat.policy.routing.plans import RoundRobinPlan
from agentchat.policy.rules import Rule, Where
from agentchat.policy.spending.prices import Price
from agentchat.routing import END, Edge, Graph, Handoffs, RoundRobin, Routing, Selector, Supervised
from agentchat.seams import Agent, Limits, Model
from agentchat.teams import Bounds, rebuild, rebuild_team
from agentchat.transcript.events import Opened, RunStarted
from agentchat.transcript.messages import CodeRun

URL = "http://127.0.0.1:9/v1"


def opened(*agents: Agent) -> Transcript:
    charter = Charter(agents=tuple(one.card() for one in agents), routing=RoundRobinPlan().written())
    transcript = Transcript()
    event = Opened(conversation="c", charter=charter.written())
    transcript.append(transcript.next(event, at=0.0, active=0.0, cause=0))
    return transcript


@pytest.mark.parametrize(
    "model",
    [
        OpenAIModel("gpt-4.1-mini"),
        OpenAIModel(f"x@{URL}"),
        OpenAIModel("x", base_url=URL, stream=False),
        OpenAIModel("m", temperature=0.3, top_p=0.5, seed=7, max_output=100, reasoning_effort="low", stop=["a", "b"]),
        OpenAIModel("m", stop="END", extra={"top_k": 3, "deep": {"b": 1, "a": [1, 2.5, None]}}),
        OpenAIModel("m", stream=False, temperature=1),
        DemoModel(),
    ],
)
def test_a_model_comes_back_with_its_settings(model: Model) -> None:
    first = Assistant("coder", model=model, instructions="Think.\n", description="d")
    (again,) = rebuild_team(opened(first))
    assert again.card() == first.card()


def test_a_user_proxy_comes_back_with_its_policy() -> None:
    first = UserProxy("runner", sandbox="monty", senders=["a"], limits=Limits(1.0, 2, 3, 4, 5), description="d")
    (again,) = rebuild_team(opened(first))
    assert again.card() == first.card()


@pytest.mark.parametrize("name", ["scripted", "gpt-4.1-mini"])
def test_a_model_that_may_be_scripted_is_never_taken_for_a_service(name: str) -> None:
    model = ScriptedModel(["a"], name=name)
    transcript = opened(Assistant("coder", model=model))
    with pytest.raises(ConfigurationError, match="only the program that made it"):
        rebuild_team(transcript)
    (again,) = rebuild_team(transcript, model=model)
    assert again.model is model


def test_a_function_agent_is_refused_by_name() -> None:
    @agent
    async def check(text: str, turn: Turn) -> str:
        return text

    with pytest.raises(ConfigurationError, match="agent check is a function: only the program that made it"):
        rebuild_team(opened(check))


def test_a_record_cannot_have_programs_run_on_the_host() -> None:
    transcript = opened(UserProxy("runner", sandbox="unsafe-host"))
    with pytest.raises(ConfigurationError, match="--unsafe-host"):
        rebuild_team(transcript)
    (again,) = rebuild_team(transcript, unsafe_host=True)
    assert again.sandbox == "unsafe-host"


class Own:
    name = "own"

    def languages(self) -> frozenset[str]:
        return frozenset({"python"})

    async def probe(self) -> str | None:
        return None

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        return CodeRun(language=language, status="ok")


def test_a_sandbox_of_the_users_own_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="'own', which is no sandbox of this package"):
        rebuild_team(opened(UserProxy("runner", sandbox=Own())))


def test_rules_budget_and_limits_come_back() -> None:
    chat = Conversation([Assistant("a", model=DemoModel())], until=MaxTurns(2), in_doubt="fail")
    result = chat.run_sync("go")
    again = rebuild(result.transcript)
    assert (again.terms.until, again.terms.budget, again.charter) == (chat.terms.until, chat.terms.budget, chat.charter)


SERVICE = OpenAIModel(
    f"x@{URL}", tier="smart", window=9_000, max_output=500, price=Price(input=1, output=2, source="mine")
)
FAST = OpenAIModel(f"y@{URL}", tier="fast", wire="chat", output="tool", price="free")
PAIR: tuple[Agent, ...] = (Assistant("a", model=[SERVICE, FAST], stronger=FAST, description="d"), UserProxy("r"))


def conversation_of(chat: Conversation) -> Transcript:
    """What stands in the record when the conversation is opened, and its first run has ended."""
    transcript = Transcript()
    for event in (
        Opened(conversation="c", charter=chat.terms.written),
        RunStarted(run=1, rules=chat.terms.until.written(), budget=chat.terms.budget.written(), policy=1),
    ):
        transcript.append(transcript.next(event, at=0.0, active=0.0, cause=0))
    return transcript


def team_again(chat: Conversation, *, trust: bool = False) -> Conversation:
    again = rebuild(conversation_of(chat), trust=trust)
    assert changes(chat.charter, again.charter) == []
    assert (again.terms.until, again.terms.budget) == (chat.terms.until, chat.terms.budget)
    assert again.charter == chat.charter
    return again


ROUTINGS: list[Routing | None] = [
    None,
    RoundRobin(),
    Selector(FAST, instructions="Be fair.", name="judge"),
    Selector(FAST),
    Handoffs("a", {"a": ["r", "user"], "r": ["a"]}),
    Graph(
        start="a",
        edges=[
            Edge("a", END, when=Mentions("DONE", by="a")),
            Edge("a", ["r"], at_most=3, on_cap=END),
            Edge("r", "a", when=Where("CodeResult", ok=False)),
        ],
        nodes=PAIR,
    ),
]


@pytest.mark.parametrize("routing", ROUTINGS)
def test_every_routing_without_functions_comes_back(routing: Routing | None) -> None:
    given = routing if isinstance(routing, Graph) else PAIR
    way = None if isinstance(routing, Graph) else routing
    team_again(Conversation(given, routing=way, until=Mentions("X") | MaxTurns(3), budget=Budget(usd=1.5)))


def test_supervisors_typed_agents_and_people_come_back() -> None:
    typed = Assistant("t", model=SERVICE, accepts=str, emits=[str], instructions="i", repairs=5)
    person = UserProxy("p", human="always", description="d")
    asks = UserProxy("q", human="approve", senders=["t"])
    boss = Supervisor("boss", team=[typed, person, asks], model=[FAST, SERVICE], instructions="Lead.", description="b")
    team_again(Conversation(boss, until=MaxTurns(5)))
    plain = Supervisor(team=[typed], model=FAST, repairs=0, stronger=SERVICE)
    team_again(Conversation([plain], routing=Supervised(plain), until=MaxTurns(5)))


class Report(BaseModel):
    passed: bool


def check(report: object) -> None:
    """Nothing is wrong with it."""


def look(query: str) -> str:
    """Look."""
    return query


def is_done(message: object) -> bool:
    return True


@agent
async def echo(text: str, turn: Turn) -> str:
    return text


@pytest.mark.parametrize(
    ("agents", "until", "told"),
    [
        ([Assistant("a", model=SERVICE, emits=Report)], MaxTurns(2), "messages of the type Report: only the program"),
        (
            [Assistant("a", model=SERVICE, check=check)],
            MaxTurns(2),
            "has its answers checked by tests.test_teams:check",
        ),
        ([Assistant("a", model=SERVICE, tools=[look])], MaxTurns(2), "the tool look of agent a is not installed here"),
        ([Assistant("a", model=ScriptedModel(["x"]))], MaxTurns(2), "'scripted' of agent a cannot be made again"),
        ([echo], MaxTurns(2), "agent echo is a function: only the program"),
        (
            [Conversation([Assistant("a", model=SERVICE)], until=MaxTurns(1)).as_agent("inner")],
            MaxTurns(2),
            "agent inner is a conversation of its own: only the program",
        ),
        (
            [Supervisor(team=[Assistant("a", model=SERVICE)], model=FAST, output=Report)],
            MaxTurns(2),
            "agent supervisor checks its answer (Report): only the program",
        ),
        (PAIR, Rule.function(is_done) | MaxTurns(2), "ends by the function tests.test_teams:is_done: only the program"),
    ],
)
def test_what_is_code_of_the_program_is_refused_by_name(agents: list[Agent], until: Rule, told: str) -> None:
    transcript = conversation_of(Conversation(agents, until=until))
    with pytest.raises(ConfigurationError) as caught:
        rebuild(transcript)
    assert told in str(caught.value)


def test_a_routing_that_is_code_is_refused_by_name() -> None:
    def choose(transcript: Transcript) -> str:
        return "a"

    with pytest.raises(ConfigurationError, match="chooses who is next: only the program"):
        rebuild(conversation_of(Conversation(PAIR, routing=choose, until=MaxTurns(2))))
    edges = [Edge("a", "r", when=is_done), Edge("r", END)]
    with pytest.raises(ConfigurationError, match="asks a function: only the program"):
        rebuild(conversation_of(Conversation(Graph(start="a", edges=edges, nodes=PAIR), until=MaxTurns(2))))


def test_tools_come_back_with_trust_alone() -> None:
    chat = Conversation([Assistant("a", model=SERVICE, tools=[look])], until=MaxTurns(2))
    path = list(sys.path)
    try:
        team_again(chat, trust=True)
    finally:
        sys.path[:] = path
    charter = chat.charter
    (card,) = charter.agents
    other = card.model_copy(update={"tools": (card.tools[0].model_copy(update={"description": "another"}),)})
    transcript = conversation_of(chat)
    changed = charter.model_copy(update={"agents": (other,)})
    lying = Transcript()
    for event in (Opened(conversation="c", charter=changed.written()), transcript[2].event):
        lying.append(lying.next(event, at=0.0, active=0.0, cause=0))
    with pytest.raises(ConfigurationError, match="the tool look of agent a is no longer what it was"):
        rebuild(lying, trust=True)


def test_a_record_that_no_team_agrees_to_is_refused() -> None:
    charter = Conversation(PAIR, until=MaxTurns(2)).charter
    agents = (charter.agents[0].model_copy(update={"state": "Odd"}), charter.agents[1])
    transcript = Transcript()
    for event in (
        Opened(conversation="c", charter=charter.model_copy(update={"agents": agents}).written()),
        RunStarted(run=1, rules=MaxTurns(2).written(), budget={}, policy=1),
    ):
        transcript.append(transcript.next(event, at=0.0, active=0.0, cause=0))
    with pytest.raises(ConfigurationError, match="cannot be made again as it was recorded"):
        rebuild(transcript)


def test_a_supervisor_whose_team_is_not_there_is_refused() -> None:
    boss = Supervisor("boss", team=[PAIR[0]], model=FAST)
    with pytest.raises(ConfigurationError, match="agent boss directs who is not there"):
        rebuild_team(opened(boss))


def test_limits_from_outside_count_for_the_next_run(tmp_path: Path) -> None:
    chat = Conversation(PAIR, until=Mentions("X") | MaxTurns(2), budget=Budget(calls=3))
    again = rebuild(conversation_of(chat), bounds=Bounds(max_turns=9, usd=0.5))
    assert again.terms.until == Mentions("X") | MaxTurns(9)
    assert again.terms.budget == Budget(calls=3, usd=0.5)
