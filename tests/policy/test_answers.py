"""Reading typed answers: what is taken, what is refused, and in which words."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    RootModel,
    field_validator,
    model_validator,
)

from agentchat.errors import ConfigurationError
from agentchat.policy.typed.answers import Answer, Problems, read_answer, repair_prompt, value_at
from agentchat.policy.typed.json_text import MAX_BYTES, MAX_DEPTH
from agentchat.policy.typed.schemas import kinds_by_name
from tests.odd_types import Dated


class Colour(Enum):
    RED = "red"


class Draft(BaseModel):
    title: str
    pages: int = 1


class Report(BaseModel):
    model_config = ConfigDict(extra="forbid")
    score: Annotated[float, Field(ge=0)]
    notes: list[str] = []

    @field_validator("notes")
    @classmethod
    def _short(cls, notes: list[str]) -> list[str]:
        if len(notes) > 2:
            raise ValueError("at most two notes, please")
        return notes


class Numbers(RootModel[list[int]]):
    pass


class Paper(BaseModel):
    day: date
    at: datetime
    price: Decimal
    colour: Colour
    pair: tuple[int, str]


class Free(BaseModel):
    value: JsonValue


ONE = kinds_by_name([Draft])
SEVERAL = kinds_by_name([Draft, Report, str, Numbers])
FREE = kinds_by_name([Free])


def taken(text: str, kinds: dict[str, type] = ONE, *, lenient: bool = False) -> Answer:
    answer = read_answer(text, kinds, lenient=lenient)
    assert isinstance(answer, Answer), answer
    return answer


def refused(text: str, kinds: dict[str, type] = ONE, *, lenient: bool = False) -> list[str]:
    answer = read_answer(text, kinds, lenient=lenient)
    assert isinstance(answer, Problems), answer
    return list(answer.problems)


def wrapped(name: str, value: JsonValue) -> str:
    return json.dumps({"answer": {"type": name, "value": value}})


# --- what is taken


def test_an_object_is_read() -> None:
    answer = taken(' \n{"title": "a", "pages": 2}\n')
    assert answer == Answer("Draft", Draft(title="a", pages=2), {"title": "a", "pages": 2}, "", True)


def test_text_alone_is_the_value() -> None:
    for text in ("", "hello", '{"a": 1}'):
        assert read_answer(text, {"str": str}) == Answer("str", text, text, "", True)


def test_one_of_several_is_taken_out_of_its_wrapper() -> None:
    answer = taken(wrapped("Report", {"score": 1.5, "notes": []}), SEVERAL)
    assert answer == Answer("Report", Report(score=1.5), {"score": 1.5, "notes": []}, "answer/value", True)
    answer = taken(wrapped("str", "hello"), SEVERAL)
    assert answer == Answer("str", "hello", "hello", "answer/value", True)
    answer = taken(wrapped("Numbers", [1, 2]), SEVERAL)
    assert answer == Answer("Numbers", Numbers([1, 2]), [1, 2], "answer/value", True)


def test_a_root_that_is_no_object_is_taken_out_of_its_wrapper() -> None:
    answer = taken('{"answer": [1, 2]}', {"Numbers": Numbers})
    assert answer == Answer("Numbers", Numbers([1, 2]), [1, 2], "answer", True)


def test_values_are_read_as_json() -> None:
    value: JsonValue = {
        "day": "2026-02-28",
        "at": "2026-02-28T12:00:00Z",
        "price": "1.10",
        "colour": "red",
        "pair": [1, "a"],
    }
    answer = taken(json.dumps(value), {"Paper": Paper})
    assert isinstance(answer.model, Paper)
    assert answer.model.price == Decimal("1.10")
    assert answer.value == value
    assert answer.verbatim


@pytest.mark.parametrize(
    ("text", "verbatim"),
    [
        ('{"title": "a", "pages": 1}', True),
        ('{"title":"\\u00e9\\ud83d\\ude00","pages":1}', True),
        ('{"title": "a"}', False),  # a default was filled in
        ('{"title": "a", "pages": 1, "more": 1}', False),  # a field was left out
        ('{"title": "a", "pages": "1"}', False),  # text was read as a number
        ('{"title": "a", "pages": 1.0}', False),  # 1 and 1.0 are equal in Python and not in JSON
        ('{"title": "a", "pages": true}', False),
        ('{"pages": 1, "title": "a"}', False),  # another order would export as other bytes
    ],
)
def test_verbatim_says_whether_the_reply_is_the_value(text: str, verbatim: bool) -> None:
    assert taken(text).verbatim is verbatim


class Aliased(BaseModel):
    where_from: str = Field(alias="from")


def test_fields_are_recorded_under_the_names_they_are_read_by() -> None:
    answer = taken('{"from": "here"}', {"Aliased": Aliased})
    assert answer.value == {"from": "here"}
    assert answer.verbatim
    assert Aliased.model_validate(answer.value) == answer.model


def test_a_fence_is_not_verbatim() -> None:
    answer = taken('```json\n{"title": "a", "pages": 1}\n```', lenient=True)
    assert answer.value == {"title": "a", "pages": 1}
    assert not answer.verbatim


JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.booleans(), st.booleans())
def test_a_verbatim_answer_is_read_again_from_the_reply_alone(value: JsonValue, escaped: bool, several: bool) -> None:
    kinds = kinds_by_name([Free, Draft]) if several else FREE
    whole = {"answer": {"type": "Free", "value": {"value": value}}} if several else {"value": value}
    text = json.dumps(whole, ensure_ascii=escaped)
    answer = taken(text, kinds)
    assert answer.verbatim
    assert json.dumps(value_at(text, answer.at)) == json.dumps(answer.value) == json.dumps({"value": value})


def test_what_is_not_there_is_not_read_again() -> None:
    assert value_at('{"answer": {"type": "str", "value": null}}', "answer/value") is None
    for text, at in (("{}", "answer"), ('{"answer": 3}', "answer/value")):
        with pytest.raises(ConfigurationError, match=f"nothing at '{at}'"):
            value_at(text, at)
    with pytest.raises(ConfigurationError, match="cannot be read: the answer is empty"):
        value_at("", "")


# --- what is no JSON object


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the answer is empty; it must be one JSON object and nothing else"),
        (" \n", "the answer is empty; it must be one JSON object and nothing else"),
        ("Sure!", "the answer must be one JSON object and nothing else; there is no JSON object in it"),
        ("[1]", "the answer must be one JSON object and nothing else; there is no JSON object in it"),
        (
            'Sure: {"title": "a"}',
            "the answer must be one JSON object and nothing else; there is text before it, up to character 6",
        ),
        (
            '{"title": "a"}  thanks',
            "the answer must be one JSON object and nothing else; there is text after it at character 17",
        ),
        (
            '{"title": "a"}{"title": "b"}',
            "the answer must be one JSON object and nothing else; "
            "there is a second JSON value after it at character 15",
        ),
        ('{"title": ', "the answer breaks off before the JSON is complete; it must be one whole JSON object"),
        ('{"title": "a', "the answer breaks off before the JSON is complete; it must be one whole JSON object"),
        ('{"title": "a",\n', "the answer breaks off before the JSON is complete; it must be one whole JSON object"),
        ('{"title" "a"}', 'the answer is no correct JSON: expecting \':\' delimiter at character 10, near "\\"a\\"}"'),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', 'the answer is ambiguous: the key "b" comes more than once in one object'),
        ('{"a": NaN}', "the answer is no correct JSON: NaN is no JSON number"),
        ('{"a": -Infinity}', "the answer is no correct JSON: -Infinity is no JSON number"),
        ('{"a": ' + "1" * 5000 + "}", "the answer holds a number of too many digits"),
        ('{"value": 1e999}', "the answer: holds a number that is too large, or text that is no Unicode"),
        ('{"value": "\\ud800"}', "the answer: holds a number that is too large, or text that is no Unicode"),
        ('{"value": "' + "x" * MAX_BYTES + '"}', f"the answer is too long: more than {MAX_BYTES} bytes"),
        ('{"value": "' + "é" * (MAX_BYTES // 2) + '"}', f"the answer is too long: more than {MAX_BYTES} bytes"),
        (
            '{"value": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}",
            f"the answer is nested too deeply: more than {MAX_DEPTH} levels",
        ),
    ],
)
def test_what_is_no_json_object_is_said_to_the_model(text: str, said: str) -> None:
    assert refused(text, FREE) == [said]
    assert refused(text, FREE, lenient=True) == [said]


def test_depth_counts_brackets_outside_of_strings() -> None:
    inside: JsonValue = "[{" * MAX_DEPTH + '"\\'
    assert taken(json.dumps({"value": inside}), FREE).value == {"value": inside}
    flat: JsonValue = [[] for _ in range(2 * MAX_DEPTH)]
    assert taken(json.dumps({"value": flat}), FREE).value == {"value": flat}
    text = '{"value": ' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}"
    assert taken(text, FREE).verbatim
    assert "nested too deeply" in refused('{"value": ' + "[" * 1_000_000, FREE)[0]
    assert "breaks off" in refused('{"value": "' + '\\"[' * 1_000_000, FREE)[0]


@given(st.text() | st.text('{}[]",:\\`~ \n1atrue'), st.booleans())
def test_any_text_is_an_answer_or_a_problem(text: str, lenient: bool) -> None:
    answer = read_answer(text, FREE, lenient=lenient)
    if isinstance(answer, Problems):
        assert answer.problems
    else:
        assert answer.value == {"value": json.loads(text)["value"]} or lenient


# --- fences


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"title": "a"}\n```',
        '```\n{"title": "a"}\n```',
        'Sure, here it is:\n\n```JSON title="x"\n{\n  "title": "a"\n}\n```\nAnything else [1]?',
        '~~~ json\r\n{"title": "a"}\r\n~~~',
        '1. this:\n   - ````json\n{"title": "a"}\n`````',
        '```json\n{"title": "a"}',
        '```python\nprint({"a": 1})\n```\n```json\n{"title": "a"}\n```',
        '  {"title": "a"}  ',
        '```json\n{"title":\n``\n"a"}\n```'.replace('``\n"', '"'),
    ],
)
def test_one_fenced_block_is_enough_where_that_is_allowed(text: str) -> None:
    assert taken(text, lenient=True).value == {"title": "a", "pages": 1}
    if "```" in text or "~~~" in text:
        assert "text before it" in refused(text)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('```json\n{"title": "a"}\n```\n```\n{"title": "b"}\n```', "there are 2 fenced blocks of JSON in it"),
        ('```json\n{"title": "a"}\n```\nor {"title": "b"}', "there is another one outside of the fenced block"),
        ('{ }\n```json\n{"title": "a"}\n```', "there is text after it at character 5"),
        ('or { }\n```json\n{"title": "a"}\n```', "there is another one outside of the fenced block"),
        ('```json\n{"title": "a"\n```', "breaks off"),
        ('```json\n{"title": "a"} and\n```', "there is text after it at character 16"),
        ("```json\n[1]\n```", "there is no JSON object in it"),
        ("```python\nprint(1)\n```", "there is no JSON object in it"),
        ('```{"title": "a"}```', "there is text before it"),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused(text: str, said: str) -> None:
    (problem,) = refused(text, lenient=True)
    assert said in problem


# --- what does not fit


def test_problems_name_their_places() -> None:
    assert refused('{"pages": "many"}') == [
        "title: Field required",
        'pages: Input should be a valid integer, unable to parse string as an integer, not "many"',
    ]
    assert refused('{"title": ["a"]}') == ["title: Input should be a valid string"]


def test_problems_inside_a_wrapper_name_their_places() -> None:
    assert refused(wrapped("Report", {"score": -1, "more": 1}), SEVERAL) == [
        "answer.value.score: Input should be greater than or equal to 0, not -1",
        "answer.value.more: Extra inputs are not permitted, not 1",
    ]
    assert refused(wrapped("Numbers", [1, "x"]), SEVERAL) == [
        'answer.value[1]: Input should be a valid integer, unable to parse string as an integer, not "x"'
    ]
    assert refused(wrapped("str", 3), SEVERAL) == ["answer.value: must be a string, not 3"]
    assert refused('{"answer": 3}', {"Numbers": Numbers}) == ["answer: Input should be a valid array, not 3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", ["answer: is missing"]),
        ('{"answer": 3}', ["answer: must be an object, not 3"]),
        ('{"title": "a"}', ["answer: is missing", "title: is not known here"]),
        ('{"answer": {"type": "Draft"}}', ["answer.value: is missing"]),
        (wrapped("Book", {}), ['answer.type: must be one of "Draft", "Report", "str", "Numbers", not "Book"']),
        ('{"answer": {"type": 3, "value": 1, "why": 2}}', [
            'answer.type: must be one of "Draft", "Report", "str", "Numbers", not 3',
            "answer.why: is not known here",
        ]),
    ],
)  # fmt: skip
def test_a_wrapper_must_fit(text: str, said: list[str]) -> None:
    assert refused(text, SEVERAL) == said


def test_validators_of_users_are_heard() -> None:
    assert refused('{"score": 1, "notes": ["a", "b", "c"]}', {"Report": Report}) == [
        "notes: Value error, at most two notes, please"
    ]


class Strange(BaseModel):
    how: Literal["recursion", "value", "long", "infinite", "key"]
    number: float = 0

    @model_validator(mode="after")
    def _odd(self) -> Strange:
        if self.how == "recursion":
            raise RecursionError
        if self.how == "value":
            raise ValueError("this is not how")
        if self.how == "long":
            raise ValueError("x" * 10_000)
        if self.how == "key":
            raise KeyError("a fault of the validator")
        return self


def test_validators_cannot_break_the_reading() -> None:
    kinds = kinds_by_name([Strange])
    assert refused('{"how": "recursion"}', kinds) == ["the answer: is nested too deeply"]
    assert refused('{"how": "value"}', kinds) == ["the answer: Value error, this is not how"]
    (long,) = refused('{"how": "long"}', kinds)
    assert len(long) == 300
    assert refused('{"how": "infinite", "number": "inf"}', kinds) == [
        "the answer: holds a number that is too large, or text that is no Unicode"
    ]
    with pytest.raises(KeyError):  # a fault of the program, not of the answer
        read_answer('{"how": "key"}', kinds)


def test_a_text_may_speak_of_infinity() -> None:
    assert taken('{"value": "Infinity and NaN"}', FREE).verbatim


def test_problems_are_counted_and_cut() -> None:
    said = refused(json.dumps({"answer": ["x" * 1000] * 50}), {"Numbers": Numbers})
    assert len(said) == 21
    assert said[-1] == "and 30 more"
    assert all(len(one) <= 300 for one in said)


class Bytes(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64", ser_json_bytes="utf8")
    data: bytes


def test_a_class_that_cannot_be_written_is_named() -> None:
    with pytest.raises(ConfigurationError, match="a Bytes cannot be written as JSON"):
        read_answer('{"data": "/w=="}', {"Bytes": Bytes})


def test_types_must_be_message_types() -> None:
    with pytest.raises(ConfigurationError, match="at least one type"):
        read_answer("{}", {})
    with pytest.raises(ConfigurationError, match="str or a pydantic model"):
        read_answer(wrapped("int", 3), {"int": int, "Draft": Draft})


def test_the_model_is_told_what_to_mend() -> None:
    said = repair_prompt(["title: Field required", "pages: too many"])
    assert said.startswith("Your answer was not accepted:\n- title: Field required\n- pages: too many\n")
    assert said.endswith("no other text.")


def test_an_answer_whose_class_does_not_read_what_it_dumps_is_taken_as_given() -> None:
    answer = read_answer('{"day": "2026-11-22"}', {"Dated": Dated})
    assert isinstance(answer, Answer)
    assert (answer.model, answer.value) == (Dated(day=date(2026, 11, 22)), {"day": "2026-11-22"})
