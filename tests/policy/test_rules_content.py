"""Rules about a whole message, a sender, a handoff, a type, and the fields of a typed message."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from agentchat.errors import ConfigurationError
from agentchat.policy.rules import (
    Condition,
    Emitted,
    From,
    HandedTo,
    Leaf,
    MaxTurns,
    Mentions,
    Says,
    Where,
    read_rule,
)
from agentchat.policy.rules.where import field_of
from agentchat.transcript.events import Said
from agentchat.transcript.messages import Body, Code, CodeResult, CodeRun, Data, Direction, Handoff, ReasoningPart, Text
from tests.policy.play import Play
from tests.policy.test_rules import fired_rules, reply, utter


class Report(BaseModel):
    """A typed message."""

    passed: bool = False
    score: float = 0.0


def fires_at(rule: Leaf, *bodies: str | Body) -> int | None:
    """Which of the messages makes the rule come true, said by a and b in turn; 0 is the first, None none of them."""
    play = Play().start(rule | MaxTurns(99))
    for place, body in enumerate(bodies):
        play.give()
        utter(play, body)
        if fired_rules(play):
            return place
    return None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TERMINATE", True),
        (" \n TERMINATE\t\n", True),
        ("TERMINATE.", False),
        ("terminate", False),
        ("I shall say TERMINATE", False),
        ("```\nTERMINATE\n```", False),
        ("", False),
    ],
)
def test_says_wants_the_whole_message(text: str, found: bool) -> None:
    assert fires_at(Says("TERMINATE"), text) == (0 if found else None)
    assert fires_at(Says(" TERMINATE "), text) == (0 if found else None)
    assert fires_at(Says("TERMINATE", by="b"), text, text) == (1 if found else None)


def test_says_means_text_of_agents() -> None:
    play = Play().start(Says("END") | MaxTurns(9), task="END")
    play.offer(Said(sender="user", body=Text.of("END")))
    assert fired_rules(play) == []
    assert fires_at(Says("END"), Code(source="END"), Text(parts=(ReasoningPart(content="END"),))) is None
    play.give()
    last = play.say("END")
    closed = play.close()
    assert (closed.outcome, closed.event, closed.values) == ("done", last.seq, {"text": "END", "sender": "a"})


def test_from_means_any_message_of_an_agent() -> None:
    assert fires_at(From("b"), "x", "") == 1
    assert fires_at(From("b"), "x", Handoff(to="a")) == 1
    assert fires_at(From("c"), "x", "y") is None
    play = Play().start(From("user") | MaxTurns(9))
    play.offer(Said(sender="user", body=Text.of("I am no agent")))
    assert fired_rules(play) == []


def test_handed_to_waits_for_one_name() -> None:
    rule = HandedTo("user")
    assert fires_at(rule, "user", Handoff(to="b"), Direction(next="user"), Handoff(to="user", reason="over")) == 3
    play = Play().start(rule | MaxTurns(9))
    play.enter(Said(sender="user", body=Handoff(to="user")), 0)
    assert fired_rules(play) == []
    play.give()
    utter(play, Handoff(to="user"))
    assert play.close().values == {"to": "user", "sender": "a"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Report, Data(type="Report", value={})),
        ("Report", Data(type="Report")),
        (Text, Text.of("x")),
        ("Text", Text.of("")),
        (Code, Code(source="1")),
        ("CodeResult", CodeResult(runs=())),
        (Direction, Direction(next="a")),
        ("Handoff", Handoff(to="a")),
    ],
)
def test_emitted_knows_a_type_by_its_name(kind: type[BaseModel] | str, body: Body) -> None:
    rule = Emitted(kind)
    assert fires_at(rule, Data(type="Other"), body) == 1
    assert fires_at(Emitted(kind, by="b"), body, Data(type="Other"), "x" if rule.type != "Text" else body, body) == 3
    assert read_rule(rule.written()) == rule
    play = Play().start(rule | MaxTurns(9))
    play.give()
    utter(play, body)
    assert play.close().values == {"type": rule.type, "sender": "a"}


def test_rules_say_whom_they_wait_for() -> None:
    assert [rule.senders() for rule in (Mentions("x", by="a"), Says("x", "b"), From("c"), Emitted("T", by="d"))] == [
        ("a",),
        ("b",),
        ("c",),
        ("d",),
    ]
    assert Where("T", by="e", x=1).senders() == ("e",)
    for rule in (Mentions("x"), Says("x"), Emitted("T"), Where("T", x=1), HandedTo("a"), MaxTurns(1)):
        assert rule.senders() == ()


# fields

VALUE: JsonValue = {
    "passed": True,
    "score": 0.8,
    "count": 3,
    "name": "beta",
    "none": None,
    "tags": ["x", 1, True],
    "inner": {"deep": [{"level": "high"}], "in": 5},
    "by": "me",
    "a b": 1,
}


def fits(**fields: object) -> bool:
    return fires_at(Where("Report", None, **fields), Data(type="Report", value=VALUE)) == 0


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"passed": True}, True),
        ({"passed": 1}, False),
        ({"count": 3}, True),
        ({"count": 3.0}, True),
        ({"count": True}, False),
        ({"count": "3"}, False),
        ({"none": None}, True),
        ({"missing": None}, False),
        ({"tags": ["x", 1, True]}, True),
        ({"tags": ("x", 1, True)}, True),
        ({"tags": ["x", True, True]}, False),
        ({"tags": ["x", 1]}, False),
        ({"inner": {"deep": [{"level": "high"}], "in": 5}}, True),
        ({"inner": {"deep": [], "in": 5}}, False),
        ({"inner": {"deep": []}}, False),
        ({"inner": []}, False),
        ({"passed__ne": False}, True),
        ({"passed__ne": True}, False),
        ({"missing__ne": True}, False),
        ({"count__ne": "three"}, True),
        ({"score__ge": 0.8}, True),
        ({"score__gt": 0.8}, False),
        ({"score__le": 0.8}, True),
        ({"score__lt": 0.8}, False),
        ({"score__lt": 1}, True),
        ({"name__gt": "alpha"}, True),
        ({"name__gt": 1}, False),
        ({"count__gt": "1"}, False),
        ({"passed__ge": 0}, False),
        ({"count__ge": False}, False),
        ({"none__lt": 3}, False),
        ({"tags__lt": ["z"]}, False),
        ({"missing__lt": 3}, False),
        ({"name__in": ["alpha", "beta"]}, True),
        ({"name__in": {"beta"}}, True),
        ({"name__in": []}, False),
        ({"passed__in": [1]}, False),
        ({"missing__in": [None]}, False),
        ({"tags__contains": "x"}, True),
        ({"tags__contains": True}, True),
        ({"tags__contains": 0}, False),
        ({"name__contains": "et"}, True),
        ({"name__contains": "z"}, False),
        ({"name__contains": 3}, False),
        ({"inner__contains": "deep"}, True),
        ({"inner__contains": "level"}, False),
        ({"count__contains": 3}, False),
        ({"missing__contains": "x"}, False),
        ({"name__exists": True}, True),
        ({"name__exists": False}, False),
        ({"none__exists": True}, False),
        ({"none__exists": False}, True),
        ({"missing__exists": False}, True),
        ({"inner__deep__0__level": "high"}, True),
        ({"inner__deep__1__level": "high"}, False),
        ({"inner__deep__x__level": "high"}, False),
        ({"inner__deep__0": {"level": "high"}}, True),
        ({"inner__deep__9999999999": 1}, False),
        ({"inner__in__eq": 5}, True),
        ({"inner__in__in": [5]}, True),
        ({"name__x": 1}, False),
        ({"by__eq": "me"}, True),
        ({"a b": 1}, True),
        ({"passed": True, "score__ge": 0.5, "score__le": 0.9}, True),
        ({"passed": True, "score__ge": 0.9}, False),
    ],
)
def test_where_compares_fields(fields: dict[str, object], found: bool) -> None:
    assert fits(**fields) is found


def test_where_wants_the_type_the_sender_and_all_in_one_message() -> None:
    rule = Where(Report, by="b", passed=True, score__ge=1)
    half: JsonValue = {"passed": True}
    other: JsonValue = {"score": 1}
    full: JsonValue = {"passed": True, "score": 2}
    said = [Data(type="Report", value=value) for value in (full, half, full, other)]
    assert fires_at(rule, *said, Data(type="Other", value=full), Data(type="Other", value=full), "x", said[0]) == 7
    play = Play().start(rule | MaxTurns(9))
    play.give()
    play.say("x")
    play.give()
    play.say(said[0])
    assert play.close().values == {"type": "Report", "sender": "b", "fields": {"passed": True, "score": 2}}


def test_where_leaves_out_of_its_values_what_is_not_there() -> None:
    play = Play().start(Where("Report", error__exists=False) | MaxTurns(9))
    play.give()
    play.say(Data(type="Report", value={}))
    assert play.close().values == {"type": "Report", "sender": "a", "fields": {}}


def test_where_looks_into_built_in_bodies() -> None:
    good = CodeResult(runs=(CodeRun(language="python", status="ok", stdout="1"),))
    bad = CodeResult(runs=(CodeRun(language="python", status="error"),))
    assert fires_at(Where("CodeResult", ok=True), bad, good) == 1
    assert fires_at(Where(CodeResult, runs__0__status__ne="error"), bad, good) == 1
    assert fires_at(Where("Text", text__contains="so"), "not", "so") == 1
    assert fires_at(Where("Direction", next="finish"), Direction(next="a"), Direction(next="finish")) == 1
    assert fires_at(Where("Text", ok=True, next="a"), "x") is None
    assert fires_at(Where("Report", x=1), Data(type="Report", value=[1])) is None


def test_where_reads_as_the_expression_that_makes_it() -> None:
    names = {"Where": Where}
    for rule, text in (
        (Where(Report, passed=True), "Where('Report', passed=True)"),
        (Where("R", by="b", a__b__ge=1, by__eq="x"), "Where('R', by='b', a__b__ge=1, by__eq='x')"),
        (Where("R", x__in=("a",)), "Where('R', x__in=['a'])"),
        (Where("R", x__in__eq=2, class__eq=3, x=None), "Where('R', x__in__eq=2, class__eq=3, x=None)"),
    ):
        assert str(rule) == text
        assert eval(text, {}, names) == rule
        assert read_rule(rule.written()) == rule
    for rule in (
        Where("R", None, **{"a b": 1}),
        Where("R", conditions=[Condition(path="x", value=1), {"path": "x", "value": 2}]),
        Where("R", conditions=(Condition(path="a_._b", value=1),), y__exists=False),
    ):
        assert str(rule).startswith("Where('R', conditions=[{'path': ")
        assert eval(str(rule), {}, names) == rule
        assert read_rule(rule.written()) == rule


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Where("R"), "Where: no field is named; for any message of a type there is Emitted"),
        (lambda: Where("R", x__in="abc"), "Where: x__in takes a list"),
        (lambda: Where("R", x__exists=1), "Where: x__exists takes True or False"),
        (lambda: Where("R", x=object()), "Where: x=<object"),
        (lambda: Where("R", x=float("nan")), "Where: conditions.0.value"),
        (lambda: Where("R", conditions=3), "Where: conditions=3: that is no list of conditions"),
        (lambda: Where("R", conditions=[3]), "Where: conditions.0=3: "),
        (lambda: Where("", x=1), "Where: type='': "),
        (lambda: Where(str, x=1), "Where takes one message type, a pydantic model or its name, not <class 'str'>"),  # type: ignore[arg-type]
        (
            lambda: read_rule({"rule": "where", "type": "R", "conditions": [{"path": "x"}], "more": 1}),
            "this is no rule: Where takes no argument 'more'",
        ),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        make()
    assert str(raised.value).startswith(said)


anything: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(("", "a", "ab")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("a", "b", "0")), inner, max_size=2),
    max_leaves=6,
)


@given(anything, st.sampled_from(("x", "x.a", "x.0", "y", "x.a.0.b")), anything)
def test_no_comparison_raises_and_opposites_exclude_each_other(value: JsonValue, path: str, to: JsonValue) -> None:
    body = Data(type="R", value={"x": value})

    def holds(op: str, to: JsonValue = to) -> bool:
        return Condition.model_validate({"path": path, "op": op, "value": to}).holds(field_of(body, path))

    there = not holds("exists", False) or holds("eq", None)  # at all, null included
    assert holds("eq") + holds("ne") == there
    assert holds("eq") == holds("in", [to])
    assert holds("exists", True) != holds("exists", False)
    assert not (holds("lt") and holds("ge"))
    assert not (holds("gt") and holds("le"))
    if holds("lt") or holds("gt"):
        assert holds("ne")
    if holds("contains"):
        assert holds("exists", True)


def test_a_message_read_from_a_call_counts_as_well() -> None:
    play = Play().start(Emitted("Text", by="a") | MaxTurns(9))
    play.give()
    play.say(calls=(reply(play, "hello").seq,))
    assert len(fired_rules(play)) == 1
