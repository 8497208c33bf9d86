"""What a run may spend, what its models are shown, and which model is asked."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.conversation import Conversation
from agentchat.errors import ConfigurationError, ModelRejected, ModelUnreachable
from agentchat.policy.charter import ContextPolicy
from agentchat.policy.rules import Failures, MaxTurns, Stalemate
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.spending.prices import Price
from agentchat.result import Result
from agentchat.seams import Turn
from agentchat.stores.memory import MemoryStore
from agentchat.stores.reading import load
from agentchat.transcript.calls import ToolResult
from agentchat.transcript.events import CallDenied, CallFinished, CallStarted, Compacted, Overrun, TurnGiven, Warned
from tests.runtime.checking import checked
from tests.runtime.team import Recording, asks, only, told

pytestmark = pytest.mark.anyio

PRICE = Price(input=1.0, output=2.0, source="the test")
"""US dollars for a million tokens."""


async def test_a_cap_on_tokens_bounds_each_answer_and_ends_the_run() -> None:
    model = Recording(*[told("word " * 20, 60, 20)] * 50)
    team = [Assistant("a", model=model, instructions="be brief " * 10)]
    result = await Conversation(team, until=MaxTurns(50), budget=Budget(tokens=4_000)).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "limit"
    assert result.outcome.values["unit"] == "tokens"
    spent = sum(80 for _ in model.bodies)
    assert spent <= 4_000
    assert all(body["max_completion_tokens"] <= 4_000 for body in model.bodies)


async def test_a_limit_that_draws_near_is_told() -> None:
    team = [Assistant("a", model=Recording(*["x"] * 20))]
    result = await Conversation(team, until=MaxTurns(20), budget=Budget(calls=10)).run("go")
    checked(result.transcript)
    warned = [one.event for one in only(result.transcript, Warned) if isinstance(one.event, Warned)]
    assert [(one.values["percent"], one.values["spent"]) for one in warned] == [(70, 7), (90, 9)]
    assert warned[0].reason == "budget: 70 % of 10 calls spent"


async def test_a_cap_on_money() -> None:
    model = Recording(*[told("x", 1000, 500)] * 50, price=PRICE, max_output=600)
    budget = Budget(usd=0.01)
    team = [Assistant("a", model=model, instructions="be brief " * 120)]
    result = await Conversation(team, until=MaxTurns(50), budget=budget).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "limit"
    assert result.usage.total.usd.known <= 0.01
    assert result.usage.total.usd.complete
    assert 3 <= len(model.bodies) <= 5  # 0.002 each, and 0.0012 and the input set aside for the next


async def test_money_on_a_model_without_a_price_is_refused_at_once() -> None:
    team = [Assistant("a", model=Recording())]
    with pytest.raises(ConfigurationError, match="what 'recording' costs is not known"):
        Conversation(team, until=MaxTurns(1), budget=Budget(usd=1.0))
    Conversation(team, until=MaxTurns(1), budget=Budget(usd=1.0, unpriced="free"))
    with pytest.raises(ConfigurationError, match="the budget caps agent 'b', and there is none here"):
        Conversation(team, until=MaxTurns(1), budget=Budget(agents={"b": Cap(calls=1)}))
    with pytest.raises(ConfigurationError, match="nothing could be done under it"):
        Budget(calls=0)


async def test_caps_of_one_agent_and_one_tier() -> None:
    cheap, dear = Recording(*["c"] * 9, name="c", tier="fast"), Recording(*["d"] * 9, name="d", tier="smart")
    team = [Assistant("a", model=cheap), Assistant("b", model=dear)]
    budget = Budget(tiers={"smart": Cap(calls=2)})
    result = await Conversation(team, until=MaxTurns(9), budget=budget).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "limit"
    assert (len(cheap.bodies), len(dear.bodies)) == (4, 2)  # and one closing turn of the cheap one
    assert {name: spent.calls for name, spent in result.usage.by_tier.items()} == {"fast": 4, "smart": 2}
    denied = only(result.transcript, CallDenied)[0].event
    assert isinstance(denied, CallDenied)
    assert denied.values["scope"] == "tier smart"


async def test_one_closing_turn_without_tools_where_there_is_room() -> None:
    def look() -> str:
        return "nothing"

    a = Recording("working", "That is what I have.", name="a")
    b = Recording("b", name="b")
    team = [Assistant("a", model=a, tools=[look]), Assistant("b", model=b)]
    budget = Budget(agents={"b": Cap(tokens=30)})
    result = await Conversation(team, until=MaxTurns(9), budget=budget).run("go")
    checked(result.transcript)
    last = only(result.transcript, TurnGiven)[-1].event
    assert isinstance(last, TurnGiven)
    assert (last.to, last.why.router) == ("a", "closing")
    assert "tools" in a.bodies[0]
    assert "tools" not in a.bodies[1]
    assert "Give your final answer now" in a.bodies[1]["messages"][-1]["content"]
    assert result.output == "That is what I have."
    assert result.outcome.kind == "limit"


async def test_a_provider_that_reports_more_than_was_set_aside() -> None:
    model = Recording(told("x", 50_000, 5), "y")
    result = await Conversation([Assistant("a", model=model)], until=MaxTurns(9), budget=Budget(tokens=9_000)).run("go")
    checked(result.transcript)
    assert len(only(result.transcript, Overrun)) == 1
    assert len(model.bodies) == 1
    assert result.outcome.kind == "limit"


async def test_calls_at_once_divide_what_is_left() -> None:
    @agent(model=Recording(*["x"] * 4))
    async def four(text: str, turn: Turn) -> str:
        answers = await turn.gather(*[turn.model(f"say {place}") for place in range(4)])
        return " ".join(answer.text for answer in answers)

    result = await Conversation([four], until=MaxTurns(1), budget=Budget(tokens=4_000)).run("go")
    checked(result.transcript)
    assert result.output == "x x x x"


async def test_a_budget_of_the_whole_conversation_counts_earlier_runs() -> None:
    chat = Conversation(
        [Assistant("a", model=Recording(*["x"] * 9))], until=MaxTurns(2), budget=Budget(calls=3, per="conversation")
    )
    await chat.run("go", id="x")
    result = await chat.resume("x", say="more")
    checked(result.transcript)
    assert len(only(result.transcript, CallStarted)) == 3
    assert result.outcome.values["spent"] == 3


# which model is asked


async def test_the_next_model_is_asked_where_one_fails_for_good() -> None:
    first = Recording(*[ModelRejected("400: gone")] * 4, name="first")
    second = Recording("from the second", "again", name="second")
    result = await Conversation([Assistant("a", model=[first, second])], until=MaxTurns(2)).run("go")
    checked(result.transcript)
    assert result.output == "again"
    assert (len(first.bodies), len(second.bodies)) == (2, 2)
    keys = {one.event.key for one in only(result.transcript, CallStarted)[:2] if isinstance(one.event, CallStarted)}
    assert len(keys) == 1


async def test_when_all_models_fail_the_last_error_is_told() -> None:
    models = [Recording(*[ModelUnreachable(f"{name} is down")] * 9, name=name) for name in ("first", "second")]
    for model in models:
        for error in model._replies:
            assert isinstance(error, ModelUnreachable)
            error.retryable = False
    result = await Conversation([Assistant("a", model=models)], until=MaxTurns(2)).run("go")
    checked(result.transcript)
    assert "second is down" in result.outcome.reason


# what a model is shown


async def test_only_the_last_turns_are_shown() -> None:
    a, b = Recording(*[f"a{n}" for n in range(9)], name="a"), Recording(*[f"b{n}" for n in range(9)], name="b")
    team = [
        Assistant("a", model=a, instructions="Be a.", context=ContextPolicy(turns=2)),
        Assistant("b", model=b),
    ]
    result = await Conversation(team, until=MaxTurns(8)).run("go")
    checked(result.transcript)
    shown = [message["content"] for message in a.bodies[-1]["messages"]]
    assert shown == ["Be a.", "a2", "b2"]
    assert len(b.bodies[-1]["messages"]) == 8


async def test_only_what_some_agents_say_is_shown() -> None:
    a, b, c = (Recording(*[f"{name}{n}" for n in range(9)], name=name) for name in "abc")
    team = [
        Assistant("a", model=a),
        Assistant("b", model=b),
        Assistant("c", model=c, context=ContextPolicy(senders=("b",))),
    ]
    result = await Conversation(team, until=MaxTurns(6)).run("go")
    checked(result.transcript)
    shown = [message["content"] for message in c.bodies[-1]["messages"]]
    assert shown == ["user:\ngo", "b:\nb0", "c0", "b:\nb1"]
    assert "MaxTurns(turns=6): came true at event 27" in result.why_not()
    with pytest.raises(ConfigurationError, match="is shown what is said by 'd'"):
        Conversation([Assistant("c", model=c, context=ContextPolicy(senders=("d",)))], until=MaxTurns(1))


async def test_a_long_conversation_is_summed_up() -> None:
    long = "lorem ipsum " * 40
    a = Recording(
        *[told(long, 200 * (n + 1), 100) for n in range(2)], told("THE SUMMARY", 700, 10), *["short"] * 9, name="a"
    )
    b = Recording(*[long] * 9, name="b")
    team = [
        Assistant("a", model=a, instructions="Be a.", context=ContextPolicy(compact_at=512)),
        Assistant("b", model=b),
    ]
    result = await Conversation(team, until=MaxTurns(6)).run("go")
    checked(result.transcript)
    assert len(only(result.transcript, Compacted)) == 1
    after = a.bodies[3]["messages"]
    assert [message["role"] for message in after] == ["system", "user", "assistant", "user"]
    assert "THE SUMMARY" in after[1]["content"]
    assert "Sum up the conversation" in a.bodies[2]["messages"][-1]["content"]


async def test_a_team_that_goes_in_circles_is_stopped() -> None:
    team = [Assistant("a", model=Recording(*["I will look into it at once, dear colleague."] * 9, name="a"))]
    result = await Conversation(team, until=Stalemate() | MaxTurns(9)).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "stopped"
    assert result.outcome.values["pattern"] == "repetition"


async def test_a_users_function_ends_a_run() -> None:
    from agentchat.policy.rules import Rule
    from agentchat.transcript.transcript import Message

    def enough(message: Message) -> bool:
        return "29" in message.text

    team = [Assistant("a", model=Recording("28", "29", "30"))]
    result = await Conversation(team, until=Rule.function(enough) | MaxTurns(9) | Failures(2)).run("go")
    checked(result.transcript)
    assert result.outcome.kind == "done"
    assert result.output == "29"


async def test_a_closing_turn_is_told_what_was_wrong_with_its_answer() -> None:
    class Report(BaseModel):
        text: str

    a = Recording('{"text":"working"}', '{"txt":"final"}', '{"text":"final"}', name="a")
    b = Recording("b", name="b")
    team = [Assistant("a", model=a, emits=Report), Assistant("b", model=b)]
    result = await Conversation(team, until=MaxTurns(9), budget=Budget(agents={"b": Cap(tokens=30)})).run("go")
    checked(result.transcript)
    assert result.output == Report(text="final")
    last = a.bodies[2]["messages"][-1]["content"]
    assert "Give your final answer now" in last
    assert "text" in last.partition("Give your final answer now")[2]


async def test_the_cap_of_a_tier_holds_for_what_a_team_inside_spends() -> None:
    def smart(*replies: Any, name: str) -> Recording:
        return Recording(*replies, name=name, tier="smart")

    inner = Conversation([Assistant("expert", model=smart(*["more"] * 9, name="i"))], until=MaxTurns(9))
    ask = asks(("ask", '{"task":"?"}'))
    outer = Assistant("outer", model=smart(ask, "ok", name="o"), tools=[inner.as_tool("ask")])
    budget = Budget(tiers={"smart": Cap(calls=4)})
    store = MemoryStore()
    result = await Conversation([outer], until=MaxTurns(1), budget=budget, store=store).run("go", id="x")
    checked(result.transcript)
    child = next(head.conversation for head in await store.heads() if head.conversation != "x")
    inside = Result(checked(await load(store, child)))
    assert (inside.outcome.kind, inside.usage.total.calls) == ("limit", 3)
    account = ledger_of(result.transcript).account("tier smart", "run")
    assert (account.spent.calls, account.held.calls) == (4, 0)
    denied = only(result.transcript, CallDenied)[0].event
    assert isinstance(denied, CallDenied)
    assert (denied.values["scope"], denied.values["spent"]) == ("tier smart", 4)


async def test_a_tier_that_is_spent_is_closed_to_a_team_inside() -> None:
    inner = Conversation([Assistant("expert", model=Recording("x", name="i", tier="smart"))], until=MaxTurns(1))
    ask = asks(("ask", '{"task":"?"}'))
    outer = Assistant("outer", model=Recording(ask, "ok", name="o", tier="smart"), tools=[inner.as_tool("ask")])
    other = Assistant("other", model=Recording("x", name="p", tier="fast"))
    budget = Budget(calls=9, tiers={"smart": Cap(calls=1)})
    result = await Conversation([outer, other], until=MaxTurns(1), budget=budget).run("go")
    checked(result.transcript)
    ends = [one.event.result for one in only(result.transcript, CallFinished) if isinstance(one.event, CallFinished)]
    assert [end.ok for end in ends if isinstance(end, ToolResult)] == [False]
    assert ledger_of(result.transcript).account("tier smart", "run").spent.calls == 1
