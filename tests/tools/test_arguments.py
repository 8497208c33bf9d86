"""What a model writes as arguments: read, or told what is wrong with it, and never an exception."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator

from agentchat.tools.arguments import MAX_ARGUMENTS
from agentchat.tools.function import tool
from tests.tools.test_parameters import Place, Point, Unit


@tool
def plan(place: Place, unit: Unit = Unit.CELSIUS, points: list[Point] = []) -> None:  # noqa: B006  # never changed
    """Plan something."""


@tool
def take(anything: Any) -> None:
    """Take something."""


def test_arguments_stay_as_they_were_written() -> None:
    written = '{"place": {"name": "x", "inside": {"name": "y"}}, "unit": "F", "points": [{"x": "3", "y": 1}]}'
    assert plan.check(written) == json.loads(written)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[1]", "the arguments must be one JSON object, not a list"),
        ('"x"', 'the arguments must be one JSON object, not "x"'),
        ("null", "the arguments must be one JSON object, not null"),
        ("1" * 90, f"the arguments must be one JSON object, not {'1' * 77}..."),
        ("{", "the arguments are not valid JSON: EOF while parsing an object at line 1 column 1"),
        ('{"anything":1} so', "the arguments are not valid JSON: trailing characters at line 1 column 16"),
        ("```json\n{}\n```", "the arguments are not valid JSON: expected value at line 1 column 1"),
        ('{"anything":NaN}', "the arguments are not valid JSON: expected value at line 1 column 13"),
        ('{"anything":[{"a":1,"b":2,"a":3}]}', "the arguments name a twice in one object"),
        ('{"anything":-1e999}', "the number -1e999 in the arguments is too large"),
        ('{"anything":"\ud800"}', "the arguments hold half of a surrogate pair, which is no character"),
    ],
)
def test_what_is_no_object(text: str, problem: str) -> None:
    assert take.check(text) == [problem]


def test_deep_endless_and_huge() -> None:
    for text, words in [
        ('{"anything":' + "[" * 100_000, "recursion limit exceeded"),
        ('{"anything":' + "[" * 250 + "]" * 250 + "}", "recursion limit exceeded"),
        ('{"anything":' + "1" * 5000 + "}", "number out of range"),
        ('{"anything":"\\ud800"}', "hex escape"),
        (" " * (MAX_ARGUMENTS + 1), "the arguments are too long: 1,048,577 characters, at most 1,048,576 are read"),
    ]:
        (problem,) = take.check(text)
        assert words in problem
        assert len(problem) < 200
    assert isinstance(take.check('{"anything":' + "[" * 150 + "]" * 150 + "}"), dict)


def test_every_problem_has_its_place() -> None:
    assert plan.check(
        '{"plac": {}, "unit": "K", "points": [{"x": "1a"}, {"x": 1, "z": 3}, 7], "wholly other": 1, "point": {}}'
    ) == [
        "place: is missing",
        "unit: Input should be 'C' or 'F', not \"K\"",
        'points[0].x: Input should be a valid integer, unable to parse string as an integer, not "1a"',
        "points[1].z: there is no such field",
        "points[2]: Input should be an object, not 7",
        "plac: there is no such parameter; did you mean place?",
        "wholly other: there is no such parameter; there are place, unit, points",
        "point: there is no such parameter; did you mean points?",
    ]
    assert plan.check('{"place": {"name": {}}, "points": {"' + "x" * 5000 + '": [1]}}') == [
        "place.name: Input should be a valid string, not an object",
        "points: Input should be a valid array, not an object",
    ]


def test_long_things_are_cut_and_many_are_counted() -> None:
    (problem,) = plan.check(json.dumps({"place": {"name": "x"}, "unit": "K" * 5000}))
    assert problem == f"unit: Input should be 'C' or 'F', not \"{'K' * 77}...\""
    for_each = plan.check(json.dumps({"place": {"name": "x"}, "points": [1] * 25}))
    assert len(for_each) == 21
    assert list(for_each)[-1] == "and 5 more problems"
    assert plan.check(json.dumps({"place": {"name": "x"}, "points": [1] * 2000})) == [
        "2,000 values in the arguments do not fit the schema of the parameters"
    ]
    (problem,) = take.check(json.dumps({"anything": 1, "y" * 5000: 1}))
    assert problem == f"{'y' * 77}...: there is no such parameter; there are anything"


def _careless(value: int) -> int:
    raise KeyError("lost \ud800")


def _careful(value: int) -> int:
    raise ValueError("never " + "x" * 5000)


def test_validators_of_the_user_may_fail_in_any_way() -> None:
    @tool
    def first(x: Annotated[int, AfterValidator(_careless)]) -> None: ...
    @tool
    def second(x: Annotated[int, AfterValidator(_careful)]) -> None: ...

    assert first.check('{"x":1}') == ["the arguments could not be checked: KeyError: 'lost \\ud800'"]
    (problem,) = second.check('{"x":1}')
    assert isinstance(problem, str)
    assert problem.startswith("x: Value error, never xxx")
    assert len(problem) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from(["place", "unit", "points", "anything", "x", "name"])


@given(st.text() | st.text('{}[]",:1e\\u \ud800') | JSON.map(json.dumps) | st.dictionaries(NAMES, JSON).map(json.dumps))
def test_nothing_that_is_written_makes_check_raise(text: str) -> None:
    for one in (plan, take):
        found = one.check(text)
        if isinstance(found, dict):
            assert found == (json.loads(text) if text.strip() else {})
        else:
            assert found
            assert all(problem.encode() and len(problem) < 500 for problem in found)
