"""What a program gets wrong about its team is told before the first token: all of it, by name, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict, cast

import pytest
from pydantic import BaseModel

from agentchat import (
    END,
    Assistant,
    Budget,
    CallLimits,
    Cap,
    ContextPolicy,
    Conversation,
    Direction,
    Edge,
    Emitted,
    Graph,
    Handoffs,
    MaxTurns,
    Mentions,
    Price,
    Reply,
    ScriptedModel,
    Supervisor,
    ToolCallPart,
    Turn,
    Usage,
    UserProxy,
    agent,
)
from agentchat.debug.replay import differences
from agentchat.errors import ConfigurationError
from agentchat.policy.charter import changes
from agentchat.transcript.events import Overrun


class Draft(BaseModel):
    text: str


class Report(BaseModel):
    ok: bool


def untyped(x):  # type: ignore[no-untyped-def]  # this is what is wrong with it
    """A tool without types."""
    return x


def speaker(name: str, *said: str, **more: Any) -> Assistant:
    return Assistant(name, model=ScriptedModel(list(said), name=f"model of {name}"), **more)


def wrong(*arguments: Any, **more: Any) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as told:
        Conversation(*arguments, **more)
    assert all(problem in str(told.value) for problem in told.value.problems if "\n" not in problem)
    return told.value.problems


def test_what_is_wrong_with_agents_hides_nothing_else() -> None:
    writer = Assistant("writer", model="smrt", emits=Draft, accepts=Report, tools=[untyped])

    @agent(tools=[untyped])
    async def check(report: Report, turn: Turn) -> Report:
        return report

    flow = Graph(
        start=writer,
        edges=[Edge(writer, check), Edge(check, "writr"), Edge(check, writer, when=Emitted("Nope", by="chck"))],
        nodes=[speaker("lost"), UserProxy("runner", sandbox="bublewrap")],
    )
    until = Mentions("X", by="wrter") | Emitted("Drft")
    budget = Budget(usd=1, agents={"wrtr": Cap(calls=1)}, tiers={"smart": Cap(calls=1)})
    assert [told.partition(", ")[0][:70] for told in wrong(flow, until=until, budget=budget)] == [
        "agent runner: there is no sandbox 'bublewrap'; did you mean 'bubblewra",
        "agent writer: there is no tier 'smrt'; did you mean 'smart'? A model o",
        "agents writer",
        "Mentions(text='X'",
        "Emitted(type='Drft') waits for a message that no agent here says; did ",
        "the budget caps agent 'wrtr'",
        "the cap of $1 cannot be kept: what 'model of lost' costs is not known.",
        "the edge check -> writr leads to 'writr'",
        "Emitted(type='Nope'",
        "the edge writer -> check does not fit: writer emits Draft",
        "the edge check -> writer when emitted is never taken: the edge check -",
    ]


def test_a_problem_of_several_agents_is_told_once() -> None:
    team = [Assistant(name, model="smrt") for name in ("a", "b", "c")]
    (told,) = wrong(team, until=MaxTurns(1))
    assert told.startswith("agents a, b, c: there is no tier 'smrt'")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Conversation(speaker("a"), until=cast(Any, "DONE")), "until='DONE': it must be a rule"),
        (lambda: Conversation(speaker("a"), until=MaxTurns(1), budget=cast(Any, 0.25)), "budget=0.25: it must be a B"),
        (lambda: Conversation(speaker("a"), until=MaxTurns(1), limits=cast(Any, 5)), "limits=5: it must be a CallLi"),
        (lambda: Conversation(speaker("a"), until=MaxTurns(1), answer=cast(Any, "y")), "answer='y': it must be a func"),
        (
            lambda: Conversation(speaker("a"), until=MaxTurns(1), store=cast(Any, 5)),
            "store=5 is no store: it has no aclose",
        ),
        (
            lambda: cast(Any, CallLimits)(attempt=2),
            "CallLimits takes no 'attempt' (it takes: ",
        ),
        (lambda: CallLimits(attempts=0), "CallLimits(attempts=0): Input should be greater than or equal to 1"),
        (lambda: ContextPolicy(turns=0), "ContextPolicy(turns=0): Input should be greater than or equal to 1"),
        (lambda: Conversation(speaker("a"), until=MaxTurns(1), in_doubt=cast(Any, "x")), "must be one of ask, retry,"),
        (lambda: Conversation(Assistant("a", model=cast(Any, 5)), until=MaxTurns(1)), "agent a: 5 is no model"),
        (lambda: Conversation(speaker("a", tools=untyped), until=MaxTurns(1)), "it must be a list of functions"),
        (lambda: speaker("a", context=5), "a: context is 5; it must be a ContextPolicy"),
        (lambda: speaker("a", check=5), "a: check is 5, which is no function"),
        (lambda: speaker("a", repairs="x"), "repairs must be a whole number"),
        (lambda: Supervisor("a", team=cast(Any, speaker("b")), model="fast"), "it must be a list of agents"),
        (lambda: Supervisor("a", team=cast(Any, ["b"]), model="fast"), "it must be a list of agents"),
        (lambda: Graph(start="a", edges=cast(Any, Edge("a", END))), "edges of a Graph are a list of Edge"),
        (lambda: Edge("a", END, at_most=cast(Any, "x")), "at_most must be a whole number"),
        (lambda: Edge("a", END, when=MaxTurns(2)), "MaxTurns(turns=2) is no condition"),
        (lambda: Edge("a", END, when=cast(Any, ~Mentions("x"))), "is no condition; one is a function"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_told_in_words(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        make()
    assert told in str(error.value)


def test_handoffs_are_given_by_name_or_agent_one_or_several() -> None:
    a, b, c = speaker("a"), speaker("b"), speaker("c")
    chat = Conversation([a, b, c], routing=Handoffs(to={"a": b, "b": [c, "user"], "c": "a"}), until=MaxTurns(1))
    assert chat.charter.routing["to"] == {"a": ["b"], "b": ["c", "user"], "c": ["a"]}


def test_limits_are_taken_as_they_are() -> None:
    chat = Conversation([speaker("a")], until=MaxTurns(1), limits=CallLimits(attempts=2))
    assert chat.charter.limits.attempts == 2


def test_a_supervisor_heeds_its_output_and_a_check_beside_it() -> None:
    finish = '{"next": "finish", "reason": "r", "instruction": null, "answer": %s}'
    model = ScriptedModel([finish % '{"ok": "perhaps"}', finish % '{"ok": true}'])
    asked: list[Direction] = []
    boss = Supervisor("boss", team=[speaker("a")], model=model, output=Report, check=asked.append)
    result = Conversation(boss, until=MaxTurns(3)).run_sync("go")
    assert result.output == Report(ok=True)
    assert [one.next for one in asked] == ["finish"]


def test_a_script_calls_a_tool_with_what_the_face_offers() -> None:
    def look(at: str) -> str:
        """Looks."""
        return f"seen {at}"

    call = Reply(parts=(ToolCallPart(id="c1", name="look", arguments='{"at": "it"}'),), finish="tool_calls")
    model = ScriptedModel([call, "done"])
    Conversation([Assistant("a", model=model, tools=[look])], until=MaxTurns(1)).run_sync("go")
    model.assert_complete()


def test_a_cap_may_concern_a_tier_that_only_a_team_inside_uses() -> None:
    writer = Assistant("writer", model=ScriptedModel(["a", "b", "c"], tier="smart", name="strong"))
    inner = Conversation([writer], until=MaxTurns(3)).as_agent("team")
    outer = Conversation([inner], until=MaxTurns(1), budget=Budget(tiers={"smart": Cap(calls=2)}))
    result = outer.run_sync("go")
    assert result.usage.delegated.calls == 2
    again = Conversation([outer.as_agent("whole")], until=MaxTurns(1), budget=Budget(tiers={"smart": Cap(calls=2)}))
    assert again.tiers == ("smart",)
    with pytest.raises(ConfigurationError, match=r"caps tier 'smrt', .* did you mean 'smart'"):
        Conversation([inner], until=MaxTurns(1), budget=Budget(tiers={"smrt": Cap(calls=2)}))


def team_inside(budget: Budget, *, priced: bool = True) -> Conversation:
    usage = Usage(input_tokens=900, output_tokens=100)
    replies = ["one", "two", "three", "four"]
    model = ScriptedModel(replies, usage=usage, tier="smart", price="free" if priced else None, name="strong")
    inner = Conversation([Assistant("w1", model=model), Assistant("w2", model=model)], until=MaxTurns(2))
    return Conversation([inner.as_agent("team")], until=MaxTurns(3), budget=budget)


@pytest.mark.parametrize(
    ("budget", "calls", "why"),
    [
        (Budget(tokens=20), 0, "the budget has no room for another call of w1: 0 of 20 tokens spent"),
        (Budget(tiers={"smart": Cap(calls=2)}), 2, "nothing was left for it of the cap on tier smart"),
    ],
)
def test_a_limit_that_leaves_a_team_inside_with_nothing_to_say_is_one_outside(
    budget: Budget, calls: int, why: str
) -> None:
    result = team_inside(budget).run_sync("go")
    assert (result.outcome.kind, result.outcome.rule) == ("limit", "limit of team")
    assert result.outcome.reason == f"the team inside team stopped at a limit: {why}"
    assert result.usage.delegated.calls == calls
    assert list(differences(result.transcript)) == []


def test_a_cap_on_money_needs_the_prices_of_a_team_inside() -> None:
    with pytest.raises(ConfigurationError, match="cap of \\$1 cannot be kept: what 'strong' costs is not known"):
        team_inside(Budget(usd=1), priced=False)
    with pytest.raises(ConfigurationError, match="cap of \\$1 of agent team cannot be kept"):
        team_inside(Budget(agents={"team": Cap(usd=1)}), priced=False)


def test_a_price_that_changed_in_a_team_inside_is_no_change_of_the_agreement() -> None:
    unpriced, priced = (team_inside(Budget(calls=9), priced=priced) for priced in (False, True))
    (before,), (after,) = unpriced.charter.agents, priced.charter.agents
    assert (before.unpriced_inside(), after.unpriced_inside()) == (("strong",), ())
    assert before.source == after.source
    assert changes(unpriced.charter, priced.charter) == []


@pytest.mark.parametrize("budget", [Budget(usd=1, tokens=9_000_000), Budget(usd=1, unpriced="free")])
def test_a_team_inside_without_prices_is_called_where_the_budget_lets_it(budget: Budget) -> None:
    result = team_inside(budget, priced=False).run_sync("go")
    assert result.outcome.rule == "MaxTurns(turns=3)"
    assert (result.usage.delegated.calls, result.usage.total.usd.complete) == (6, False)
    assert list(differences(result.transcript)) == []


def test_a_team_inside_of_which_some_models_have_no_price_keeps_to_the_money_for_the_others() -> None:
    usage = Usage(input_tokens=500, output_tokens=500)
    dear = Price(input=100.0, output=100.0)
    paid, unknown = (
        ScriptedModel(["x"] * 20, usage=usage, price=price, name=name)
        for name, price in (("dear", dear), ("unknown", None))
    )
    inner = Conversation([Assistant("w1", model=paid), Assistant("w2", model=unknown)], until=MaxTurns(40))
    outer = Conversation([inner.as_agent("team")], until=MaxTurns(2), budget=Budget(usd=2, unpriced="free"))
    result = outer.run_sync("go")
    assert result.outcome.kind == "limit"
    assert 0 < result.usage.total.usd.known <= 2
    assert not result.usage.total.usd.complete
    assert not [entry for entry in result.transcript if isinstance(entry.event, Overrun)]
    assert list(differences(result.transcript)) == []


def test_the_cap_that_is_spent_is_named() -> None:
    two = [Assistant(name, model=ScriptedModel(["x"] * 3, name=name)) for name in ("ann", "bob")]
    result = Conversation(two, until=MaxTurns(9), budget=Budget(agents={"bob": Cap(calls=1)})).run_sync("go")
    told = "the budget of agent bob has no room for another call of bob: 1 of 1 calls spent"
    assert (result.outcome.kind, result.outcome.reason) == ("limit", told)


def test_a_message_type_without_fields_of_its_own_is_told() -> None:
    with pytest.raises(ConfigurationError, match="emits of ann is BaseModel, which has no fields"):
        Assistant("ann", model="smart", emits=BaseModel)


def test_a_router_that_misspells_a_name_is_told_the_nearest() -> None:
    def pick(transcript: object) -> str:
        return "codr"

    coder = Assistant("coder", model=ScriptedModel(["x"]))
    reason = Conversation([coder], routing=pick, until=MaxTurns(2)).run_sync("go").outcome.reason
    assert reason.endswith("named 'codr', which is no agent here; did you mean 'coder'? (there are: coder)")


def test_a_price_of_the_program_needs_no_source() -> None:
    paid = ScriptedModel(["x"], price=Price(input=1.0, output=2.0), usage=Usage(input_tokens=1000, output_tokens=1000))
    result = Conversation([Assistant("ann", model=paid)], until=MaxTurns(1), budget=Budget(usd=1)).run_sync("go")
    assert result.usage.total.usd.known == pytest.approx(0.003)


class Row(TypedDict):
    name: str


@pytest.mark.parametrize("kind", [list[str], dict[str, int], int, Row, tuple[str, ...], str | list[str] | None])
def test_what_a_function_cannot_say_is_told_where_it_is_defined(kind: Any) -> None:
    async def jokes(topic: str, turn: Turn) -> object:
        return ["one"]

    jokes.__annotations__["return"] = kind
    with pytest.raises(ConfigurationError, match=r"^jokes returns .*; a message is text or a pydantic model: make a"):
        agent(jokes)


@pytest.mark.parametrize("kind", [Draft, str | Draft | None, object, None, Any])
def test_what_a_function_may_say(kind: Any) -> None:
    async def jokes(topic: str, turn: Turn) -> object:
        return "one"

    jokes.__annotations__["return"] = kind
    assert agent(jokes).name == "jokes"
