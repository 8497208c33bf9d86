"""What is wrong with a team is said before its first token: all of it, at once, with the nearest name."""

from __future__ import annotations

import pytest

from agentchat.errors import NoBound
from agentchat.policy.charter import AgentCard, Charter, ContextPolicy
from agentchat.policy.check import bounded, check_bound, problems_in
from agentchat.policy.naming import unknown
from agentchat.policy.routing.plans import EdgePlan, FunctionPlan, HandoffsPlan, SupervisedPlan
from agentchat.policy.rules import (
    Elapsed,
    Emitted,
    External,
    Failures,
    From,
    HandedTo,
    MaxMessages,
    MaxTurns,
    Mentions,
    Never,
    Rule,
    Where,
)
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.policy.spending.prices import FREE
from agentchat.transcript.calls import JsonObject
from tests.policy.cards import PRICE, card, charter, edge, graph, model, team
from tests.policy.test_charter import runner


def wrong(agreed: Charter, until: Rule | None = None, budget: Budget | None = None) -> list[str]:
    return problems_in(agreed, until or MaxTurns(3), budget or Budget())


def flow(*edges: EdgePlan, agents: tuple[AgentCard, ...] = (), start: str = "a") -> Charter:
    return team(*(agents or (card("a"), card("b"), card("c"))), plan=graph(start, *edges))


def boss(*names: str) -> AgentCard:
    return card("boss", kind="supervisor", emits=("Direction",), team=names)


def supervised(*names: str, supervisor: str = "boss") -> SupervisedPlan:
    return SupervisedPlan(supervisor=supervisor, team=names)


# names


@pytest.mark.parametrize(
    ("name", "known", "told"),
    [
        (
            "codr",
            ("coder", "runner"),
            "'codr', which is no agent here; did you mean 'coder'? (there are: coder, runner)",
        ),
        ("x", ("coder",), "'x', which is no agent here (there are: coder)"),
        ("n1", [f"n{i}0" for i in range(14)], "'n1', which is no agent here; did you mean"),
    ],
)
def test_a_name_that_is_not_known_is_told_with_the_nearest(name: str, known: tuple[str, ...], told: str) -> None:
    assert unknown(name, known).startswith(told)


def test_a_long_list_of_names_is_cut() -> None:
    assert unknown("zzz", [f"n{i}" for i in range(13)]).endswith("n10, n11, ...)")


def test_a_team_without_agents_is_told_alone() -> None:
    assert wrong(team()) == ["a conversation needs at least one agent"]


def test_a_good_team_has_no_problems() -> None:
    assert wrong(charter("a", "b"), Mentions("DONE", by="a") | MaxTurns(3), Budget(calls=3)) == []


def test_names_of_the_roster_senders_rules_and_caps() -> None:
    assert wrong(team(card("a"), card("a"), card("a"))) == ["3 agents are named 'a'; names must differ"]
    assert wrong(team(card("a"), runner(senders=("a", "user", "zoe")))) == [
        "agent r runs code from 'zoe', which is no agent here (there are: a, r, user)"
    ]
    assert wrong(team(card("a", context=ContextPolicy(senders=("a", "zoe"))))) == [
        "agent a is shown what is said by 'zoe', which is no agent here (there are: a)"
    ]
    until = Mentions("DONE", by="zoe") | Mentions("DONE", by="a") | Mentions("DONE") | MaxTurns(1)
    assert wrong(charter("a"), until) == [
        "Mentions(text='DONE', by='zoe') waits for 'zoe', which is no agent here (there are: a)"
    ]
    assert wrong(charter("a"), HandedTo("user") | From("user") | MaxTurns(1)) == [
        "From(sender='user') waits for 'user', which is no agent here (there are: a)"
    ]
    assert wrong(charter("a"), None, Budget(agents={"zoe": Cap(calls=1)})) == [
        "the budget caps agent 'zoe', and there is none here (there are: a)"
    ]


def test_caps_on_tiers_and_money_are_asked_of_the_models() -> None:
    agreed = team(card("a", model=model(tier="fast", price=PRICE)), card("b"))
    assert wrong(agreed, None, Budget(tiers={"fast": Cap(usd=1)})) == []
    assert wrong(agreed, None, Budget(tiers={"smart": Cap(usd=1)})) == [
        "the budget caps tier 'smart', and there is none here (there are: fast)"
    ]
    (money,) = wrong(agreed, None, Budget(usd=1))
    assert money.startswith("the cap of $1 cannot be kept: what 'm' costs is not known.")


# supervisors


def test_a_supervised_team() -> None:
    good = team(boss("a"), card("a"), plan=supervised("a"))
    assert wrong(good) == []
    assert wrong(team(card("a"), plan=supervised("a"))) == [
        "the supervisor is 'boss', which is no agent here (there are: a)",
    ]
    assert wrong(team(card("boss", emits=("Text",)), card("a"), plan=supervised("a"))) == [
        "the supervisor boss does not emit Direction, so it can choose nobody"
    ]
    assert wrong(team(boss(), plan=supervised())) == ["the supervisor boss has nobody to choose"]
    assert wrong(team(boss("a"), card("a"), card("b"), plan=supervised("ab", "boss"))) == [
        "the team of boss names 'ab', which is no agent here; did you mean 'b'? (there are: boss, a, b)",
        "the supervisor boss is in its own team, and would choose itself for ever",
        "agent a cannot be reached: it is not in the team of boss",
        "agent b cannot be reached: it is not in the team of boss",
    ]


# handoffs


def test_who_hands_over_to_whom() -> None:
    agents = (card("a"), card("b"), card("c"))
    good = HandoffsPlan(start="a", to={"a": ("b", "user"), "b": ("c", "a")})
    assert wrong(team(*agents, plan=good)) == []
    bad = HandoffsPlan(start="x", to={"a": ("a", "bb"), "y": ("b",)})
    assert wrong(team(*agents, plan=bad)) == [
        "the conversation starts with 'x', which is no agent here (there are: a, b, c)",
        "a hands over to itself",
        "a hands over to 'bb', which is no agent here; did you mean 'b'? (there are: a, b, c, user)",
        "handoffs are given for 'y', which is no agent here (there are: a, b, c)",
        *(f"agent {name} cannot be reached: nobody hands over to it" for name in "abc"),
    ]


# types


def test_an_agent_that_nobody_feeds() -> None:
    hungry = card("b", accepts=("Draft", "Report"))
    told = "agent b accepts Draft or Report, and no other agent emits that: it would never have anything to answer"
    assert wrong(team(card("a", emits=("Text",)), hungry)) == [told]
    assert wrong(team(card("a"), hungry)) == [told]  # a model without types answers in plain text
    assert wrong(team(card("a", kind="function"), hungry)) == []  # it may say anything
    assert wrong(team(card("a", emits=("Text", "Report")), hungry)) == []
    assert wrong(team(card("a", emits=("Text",)), card("b", accepts=("Draft", "str")))) == []
    assert wrong(team(card("a", accepts=("Task",), emits=("Text",)), card("b"))) == []  # the task may be one
    assert wrong(team(card("a", emits=("Text",)), hungry, plan=FunctionPlan(name="f"))) == [told]


def test_types_along_an_edge() -> None:
    writer, check = card("a", emits=("Draft",)), card("b", accepts=("Report",))
    (told,) = wrong(flow(edge("a", "b"), agents=(writer, check)))
    assert told == "the edge a -> b does not fit: a emits Draft, and b accepts Report"
    assert wrong(flow(edge("a", "b"), agents=(writer, card("b", accepts=("Draft",))))) == []
    assert wrong(flow(edge("a", "b"), agents=(writer, card("b")))) == []
    assert wrong(flow(edge("a", "b"), agents=(card("a", kind="function"), check))) == []  # a may say anything
    (told,) = wrong(flow(edge("a", "b"), agents=(card("a"), check)))
    assert told == "the edge a -> b does not fit: a emits Text, and b accepts Report"
    assert wrong(flow(edge("a", "END", when="f"), edge("a", "b"), agents=(writer, card("b", accepts=("Draft",))))) == []


def test_types_along_an_edge_with_a_condition() -> None:
    writer, check = card("a", emits=("Draft", "Report")), card("b", accepts=("Report",))
    ways = (edge("a", "b", when="m:f x"), edge("a", "END"))
    assert wrong(flow(*ways, agents=(writer, check))) == []  # the condition may let reports through alone
    assert wrong(flow(edge("a", "b"), agents=(writer, check))) == [
        "the edge a -> b does not fit: a emits Draft, and b accepts Report"
    ]
    for rule in (Emitted("Draft"), Where("Draft", n=1)):
        (told,) = wrong(flow(edge("a", "b", rule=rule.written()), edge("a", "END"), agents=(writer, check)))
        assert told.endswith("does not fit: a emits Draft, and b accepts Report")
    assert wrong(flow(edge("a", "b", rule=Emitted("Report").written()), edge("a", "END"), agents=(writer, check))) == []
    assert wrong(flow(edge("a", "b", rule=Mentions("x").written()), edge("a", "END"), agents=(writer, check))) == []
    onwards = (edge("a", "END", at_most=1, on_cap="b"),)
    assert wrong(flow(*onwards, agents=(card("a", emits=("Draft",)), check))) == [
        "the edge a -> END, at most 1 times does not fit: a emits Draft, and b accepts Report"
    ]


# graphs


def test_names_in_a_graph() -> None:
    assert wrong(flow(edge("a", "b"), start="zz", agents=(card("a"), card("b")))) == [
        "the graph starts with 'zz', which is no agent here (there are: a, b)"
    ]
    no_start = team(card("a"), plan=graph("a").model_copy(update={"start": ()}))
    assert wrong(no_start) == ["the graph has no start"]
    found = wrong(flow(edge("aa", "b"), edge("a", "bb", at_most=1, on_cap="ENDE")))
    assert found == [
        "the edge aa -> b leads from 'aa', which is no agent here; did you mean 'a'? (there are: a, b, c)",
        "the edge a -> bb, at most 1 times leads to 'bb', which is no agent here; did you mean 'b'? "
        "(there are: a, b, c, END)",
        "the edge a -> bb, at most 1 times leads to 'ENDE', which is no agent here; did you mean 'END'? "
        "(there are: a, b, c, END)",
    ]


def test_what_no_edge_leads_to() -> None:
    assert wrong(flow(edge("a", "a", at_most=2, on_cap="b"))) == ["agent c cannot be reached: no edge leads to it"]
    assert wrong(flow(edge("b", "c"))) == [
        "agent b cannot be reached: no edge leads to it",
        "agent c cannot be reached: no edge leads to it",
    ]


def test_joins_that_wait_in_vain() -> None:
    fan = edge("a", "b,c")
    assert wrong(flow(fan, edge("b+c", "END"))) == []
    assert wrong(flow(fan, edge("b+b", "END"), edge("c", "END"))) == ["the join b + b -> END names one agent twice"]
    assert wrong(flow(fan, edge("b", "END"), edge("b+c", "END"))) == [
        "the join b + c -> END waits for b in vain: an edge before it always takes its messages"
    ]
    assert wrong(flow(fan, edge("b", "END", when="m:f"), edge("b+c", "END"))) == []


def test_a_cycle_without_exit() -> None:
    round_ = (edge("a", "b"), edge("b", "c"), edge("c", "a"))
    told = "a cycle without exit or bound: from a, b, c no edge leads to END, and none has at_most"
    assert wrong(flow(*round_), Never()) == [told]
    assert wrong(flow(*round_), MaxTurns(9)) == []
    assert wrong(flow(*round_[:2], edge("c", "a", when="f"), edge("c", "END")), Never()) == []
    assert wrong(flow(edge("a", "b"), edge("b", "c"), edge("c", "a", at_most=2)), Never()) == []
    assert wrong(flow(edge("a", "b"), edge("b", "c")), Never()) == []
    assert wrong(flow(*round_), Never(), Budget(seconds=5)) == []
    assert wrong(flow(*round_), Never(), Budget(calls=5)) == []
    only_some = flow(edge("a", "b,c"), edge("b", "b"))
    assert wrong(only_some, Never()) == [
        "a cycle without exit or bound: from b no edge leads to END, and none has at_most"
    ]
    capped = flow(edge("a", "b,c"), edge("b", "b"), edge("c", "a", at_most=2))
    assert wrong(capped, Never()) == wrong(only_some, Never())


def test_an_edge_behind_one_that_always_matches() -> None:
    (told,) = wrong(flow(edge("a", "b"), edge("a", "c")))
    assert told.startswith("the edge a -> c is never taken: the edge a -> b before it has no condition")
    assert told.endswith("for both side by side give one edge several targets: Edge(a, [b, c])")
    (told,) = wrong(flow(edge("a", "b", at_most=2, on_cap="c"), edge("a", "c", when="f")))
    assert told.startswith("the edge a -> c when f is never taken: ")
    (told,) = wrong(flow(edge("a", "b,c"), edge("b+c", "END"), edge("c", "a")))
    assert told.startswith("the edge c -> a is never taken: the edge b + c -> END")
    assert wrong(flow(edge("a", "b", when="f"), edge("a", "c"), edge("b", "c"))) == []


# bounds


@pytest.mark.parametrize(
    ("until", "budget", "ends"),
    [
        (Never(), Budget(), False),
        (MaxTurns(1), Budget(), True),
        (MaxMessages(1), Budget(), True),
        (Elapsed(1), Budget(), True),
        (Mentions("x") | Failures(1) | External(), Budget(), False),
        (~MaxTurns(1), Budget(), False),
        (MaxTurns(1) & Mentions("x"), Budget(), False),
        (MaxTurns(1) & Elapsed(1), Budget(), True),
        (Mentions("x") | MaxTurns(1), Budget(), True),
        (Mentions("x"), Budget(seconds=1), True),
        (Mentions("x"), Budget(calls=1), True),
        (Mentions("x"), Budget(tokens=1), True),
        (Mentions("x"), Budget(agents={"a": Cap(calls=1)}), False),
    ],
)
def test_a_conversation_without_a_bound_is_refused(until: Rule, budget: Budget, ends: bool) -> None:
    agreed = team(card("a"), runner())
    assert bounded(agreed, until, budget) is ends
    if ends:
        check_bound(agreed, until, budget)
    else:
        with pytest.raises(NoBound, match="nothing limits this conversation"):
            check_bound(agreed, until, budget)


def test_a_budget_of_calls_bounds_only_who_makes_calls() -> None:
    assert not bounded(team(runner()), Never(), Budget(calls=1))
    assert bounded(charter("a"), Never(), Budget(calls=1))
    looped = (edge("a", "r"), edge("r", "r"))
    assert not bounded(team(card("a"), runner(), plan=graph("a", *looped)), Never(), Budget(calls=1))
    assert bounded(
        team(card("a"), card("b"), plan=graph("a", edge("a", "b"), edge("b", "a"))), Never(), Budget(calls=1)
    )


def test_money_bounds_only_where_every_model_costs() -> None:
    assert bounded(team(card("a", model=model(price=PRICE))), Never(), Budget(usd=1))
    assert not bounded(team(card("a", model=model(price=FREE))), Never(), Budget(usd=1))


@pytest.mark.parametrize(
    ("edges", "ends"),
    [
        ((edge("a", "b"), edge("b", "END")), True),
        ((edge("a", "b"), edge("b", "a")), False),
        ((edge("a", "b"), edge("b", "a", at_most=2)), True),
        ((edge("a", "b"), edge("b", "a", at_most=2, on_cap="a")), False),
        ((edge("a", "b"), edge("b", "c", at_most=2, on_cap="c"), edge("c", "END")), True),
        ((edge("a", "b,c"), edge("b+c", "a")), False),
    ],
)
def test_a_graph_that_comes_to_its_end_is_a_bound(edges: tuple[EdgePlan, ...], ends: bool) -> None:
    assert bounded(flow(*edges), Never(), Budget()) is ends


# rules on types


def test_a_rule_that_waits_for_a_type_that_nobody_says() -> None:
    agents = (card("a", emits=("Draft", "Report")), card("b"))
    for good in (Emitted("Draft"), Emitted("Text", by="b"), Where("Report", n=1), Emitted("Draft", by="a")):
        assert wrong(team(*agents), good | MaxTurns(1)) == []
    assert wrong(team(*agents), Emitted("Drft") | MaxTurns(1)) == [
        "Emitted(type='Drft') waits for a message that no agent here says; did you mean 'Draft'? "
        "(it may be: Draft, Report, Text)"
    ]
    assert wrong(team(*agents), Emitted("Report", by="b") | MaxTurns(1)) == [
        "Emitted(type='Report', by='b') waits for a message that b does not say (it may be: Text)"
    ]
    assert wrong(team(*agents, card("c", kind="function")), Emitted("Drft") | MaxTurns(1)) == []  # c may say anything
    handing = team(*agents, plan=HandoffsPlan(start="a", to={"a": ("b",)}))
    assert wrong(handing, Emitted("Handoff", by="a") | MaxTurns(1)) == []


def test_a_comparison_that_does_not_exist_is_no_field() -> None:
    fields: JsonObject = {"score": {"type": "number"}, "by": {"$ref": "#/$defs/By"}, "any": True}
    report: JsonObject = {"type": "object", "properties": fields}
    agreed = team(card("a", emits=("Report",))).model_copy(update={"schemas": {"Report": report}})
    until = Where("Report", score__gte=0.8, score__ge=1, by__name="x", any__name=1) | MaxTurns(1)
    assert [line.partition(" looks ")[2] for line in wrong(agreed, until)] == [
        "for 'gte' inside 'score', which is a number "
        "(a comparison is one of: eq, ne, lt, le, gt, ge, in, contains, exists)",
    ]


def test_a_rule_on_a_field_that_its_type_does_not_have() -> None:
    report = {"type": "object", "properties": {"passed": {"type": "boolean"}}}
    agreed = team(card("a", emits=("Report",))).model_copy(update={"schemas": {"Report": report}})
    until = Where("Report", passed=True) | Where("Report", pased__exists=True, x__0__y=1) | MaxTurns(1)
    assert [line.partition(" looks ")[2] for line in wrong(agreed, until)] == [
        "at 'pased', and Report has no such field; did you mean 'passed'? (there are: passed)",
        "at 'x', and Report has no such field (there are: passed)",
    ]
    for open_ended in ({**report, "additionalProperties": True}, {"$ref": "#/$defs/Report"}):
        free = agreed.model_copy(update={"schemas": {"Report": open_ended}})
        assert wrong(free, until) == []


def test_the_conditions_of_edges_are_rules_like_others() -> None:
    agents = (card("a", emits=("Draft",)), card("b", accepts=("Draft",)))
    bad = (Emitted("Drft").written(), Emitted("Draft", by="aa").written())
    edges = (*(edge("a", "b", rule=rule) for rule in bad), edge("a", "END"))
    assert [line.partition(" (")[0] for line in wrong(flow(*edges, agents=agents))] == [
        "Emitted(type='Drft') waits for a message that no agent here says; did you mean 'Draft'?",
        "Emitted(type='Draft', by='aa') waits for 'aa', which is no agent here; did you mean 'a'?",
    ]


# all at once


def test_a_name_that_is_not_known_hides_no_type_that_does_not_fit() -> None:
    agents = (card("a", emits=("Draft",)), card("b", accepts=("Report",)))
    found = wrong(flow(edge("a", "b"), edge("b", "x"), edge("y", "a"), agents=agents))
    assert [line.partition(",")[0] for line in found] == [
        "the edge b -> x leads to 'x'",
        "the edge y -> a leads from 'y'",
        "the edge a -> b does not fit: a emits Draft",
    ]


def test_no_tier_is_missed_where_a_card_is_not_whole() -> None:
    agreed = team(card("a", model=model(tier="fast")), card("b"))
    budget = Budget(tiers={"smart": Cap(calls=1), "fast": Cap(usd=1)})
    (told,) = problems_in(agreed, MaxTurns(1), budget, whole=False)
    assert told.startswith("the cap of $1 of tier fast cannot be kept")


def test_all_problems_are_told_at_once() -> None:
    agents = (card("a", emits=("Draft",)), card("b", accepts=("Report",)), card("c"), card("c"))
    edges = (edge("a", "b"), edge("b", "a"))
    found = wrong(
        team(*agents, plan=graph("a", *edges)), Mentions("DONE", by="aa"), Budget(agents={"bb": Cap(usd=1)}, usd=1)
    )
    assert [line.partition(":")[0] for line in found] == [
        "2 agents are named 'c'; names must differ",
        "Mentions(text='DONE', by='aa') waits for 'aa', which is no agent here; did you mean 'a'? (there are",
        "the budget caps agent 'bb', and there is none here; did you mean 'b'? (there are",
        "the cap of $1 cannot be kept",
        "the edge a -> b does not fit",
        "agent c cannot be reached",
        "agent c cannot be reached",
        "a cycle without exit or bound",
    ]
