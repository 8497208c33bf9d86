"""The checker of JSON values: what it says, that it never cries wolf, and that nothing makes it run away."""

from __future__ import annotations

import copy
import json
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, Union
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError, create_model

from agentchat.policy.typed.fits import MOST, misfits, step
from agentchat.policy.typed.leaves import shown
from agentchat.policy.typed.moments import is_date, is_moment, is_time, is_uuid
from agentchat.transcript.calls import JsonObject


def refused(kind: Any, value: JsonValue) -> bool:
    """Whether pydantic refuses a value in its strict JSON mode."""
    try:
        TypeAdapter(kind).validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return True
    return False


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    name: str
    price: Annotated[float, Field(ge=0)]


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: Annotated[list[Item], Field(max_length=3)]
    note: str | None = None


# --- what it says


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "object"}, 3, "must be an object, not 3"),
        ({"type": ["string", "null"]}, True, "must be a string or null, not true"),
        ({"type": "integer"}, 1.5, "must be an integer, not 1.5"),
        ({"type": "number"}, False, "must be a number, not false"),
        ({"type": "boolean"}, 1, "must be true or false, not 1"),
        ({"type": "null"}, [], "must be null, not an array"),
        ({"type": "array"}, {}, "must be an array, not an object"),
        ({"const": "a"}, "b", 'must be "a", not "b"'),
        ({"const": 1}, True, "must be 1, not true"),
        ({"enum": ["a", None, 1]}, 2, 'must be one of "a", null, 1, not 2'),
        ({"minimum": 1}, 0, "must be at least 1, not 0"),
        ({"maximum": 1}, 2, "must be at most 1, not 2"),
        ({"exclusiveMinimum": 1}, 1, "must be more than 1, not 1"),
        ({"exclusiveMaximum": 1}, 1.0, "must be less than 1, not 1.0"),
        ({"multipleOf": 5}, 7, "must be a multiple of 5, not 7"),
        ({"multipleOf": 0.1}, 0.25, "must be a multiple of 0.1, not 0.25"),
        ({"minLength": 2}, "é", "must have at least 2 characters, not 1"),
        ({"maxLength": 2}, "abc", "must have at most 2 characters, not 3"),
        ({"pattern": "^a+$"}, "b", 'must match the pattern ^a+$, not "b"'),
        ({"format": "date"}, "2026-02-30", 'must be a date, not "2026-02-30"'),
        ({"minItems": 1}, [], "must have at least 1 items, not 0"),
        ({"maxItems": 1}, [1, 2], "must have at most 1 items, not 2"),
        ({"minProperties": 1}, {}, "must have at least 1 properties, not 0"),
        ({"maxProperties": 0}, {"a": 1}, "must have at most 0 properties, not 1"),
        ({"required": ["a"]}, {}, "a: is missing"),
        ({"properties": {"a": False}}, {"a": 1}, "a: must not be there"),
        ({"properties": {"a": {"type": "string"}}}, {"a": 1}, "a: must be a string, not 1"),
        ({"additionalProperties": False}, {"an odd key": 1}, '["an odd key"]: is not known here'),
        ({"additionalProperties": {"type": "string"}}, {"a": 1}, "a: must be a string, not 1"),
        ({"patternProperties": {"^x": {"type": "string"}}}, {"xy": 1}, "xy: must be a string, not 1"),
        ({"propertyNames": {"enum": ["red"]}}, {"blue": 1}, 'blue: the name must be "red", not "blue"'),
        ({"items": {"type": "string"}}, ["a", 1], "[1]: must be a string, not 1"),
        ({"items": False}, [1], "[0]: must not be there"),
        ({"prefixItems": [{"type": "string"}], "items": {"type": "null"}}, ["a", 1], "[1]: must be null, not 1"),
        ({"prefixItems": [{"type": "string"}]}, [1, 1], "[0]: must be a string, not 1"),
        ({"allOf": [{"type": "string"}]}, 1, "must be a string, not 1"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1, "must be a string or null, not 1"),
        ({"oneOf": [{"type": "string"}, {"const": 2}]}, 1, "must be a string or 2, not 1"),
        (
            {"anyOf": [{"minLength": 2}, {"type": "null"}]},
            "a",
            'must have at least 2 characters, not 1 or must be null, not "a"',
        ),
        ({"anyOf": [{"type": "null"}]}, 1, "must be null, not 1"),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "null"}}}, 1, "must be null, not 1"),
    ],
)
def test_each_keyword_says_what_is_wrong(schema: JsonObject, value: JsonValue, said: str) -> None:
    assert misfits(value, schema) == [said]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 2.0),
        ({"type": "something"}, 2.0),
        ({"type": "something"}, True),
        ({"enum": [1]}, 1.0),
        ({"multipleOf": 0.1}, 0.3),
        ({"multipleOf": 3}, 10**30),
        ({"multipleOf": 0}, 1),
        ({"pattern": "^(?!x)"}, "x"),  # look-around is not judged
        ({"pattern": "("}, "x"),
        ({"pattern": "^a"}, "\ud800"),
        ({"format": "uri"}, "not one"),
        ({"uniqueItems": True, "maxItems": 1}, [1, 1]),  # pydantic takes repeats in a set
        ({"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False}, {"xy": "a"}),
        ({"patternProperties": {"^x": {"type": "string"}}}, {"y": 1}),
        ({"propertyNames": {"enum": ["red"]}, "additionalProperties": True}, {"red": 1}),
        ({"prefixItems": [True]}, [1, 2, 3]),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ({"$ref": "https://example.org/other"}, 1),
        ({"$ref": "#/$defs/none"}, 1),
        ({"$ref": "#/$defs/none/deeper", "$defs": {"none": 3}}, 1),
        ({"$ref": 3}, 1),
        ({"$ref": "#"}, 1),  # a schema that is only itself says nothing
        ({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}, 1),
        ({"properties": 3, "required": "a", "enum": 3, "minimum": "a", "minLength": "a"}, {"a": 1}),
    ],
)
def test_what_fits_and_what_is_not_judged(schema: JsonObject, value: JsonValue) -> None:
    assert misfits(value, schema) == []


def test_every_problem_names_its_place() -> None:
    value: JsonValue = {"items": [{"name": "a", "price": 1}, {"price": "x"}, {"name": "b", "price": -1}], "Note": 1}
    assert misfits(value, Order.model_json_schema()) == [
        "items[1].name: is missing",
        'items[1].price: must be a number, not "x"',
        "items[2].price: must be at least 0, not -1",
        "Note: is not known here",
    ]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    home: Item


def test_of_a_union_the_nearest_form_speaks() -> None:
    schema = TypeAdapter(Cat | Dog | None).json_schema()
    assert misfits({"kind": "dog", "home": {"name": "a", "price": "x"}}, schema) == [
        'home.price: must be a number, not "x"'
    ]
    assert misfits({"kind": "cat"}, schema) == ["lives: is missing"]


def test_problems_are_counted_and_cut() -> None:
    schema: JsonObject = {"items": {"type": "string"}, "additionalProperties": {"type": "string"}}
    assert len(misfits([1] * 1000, schema)) == MOST
    assert len(misfits({str(number): number for number in range(1000)}, schema)) == MOST
    assert len(misfits({}, {"required": [f"a{number}" for number in range(1000)]})) == MOST


def test_values_are_shown_short() -> None:
    assert shown("x" * 100_000) == '"' + "x" * 56 + "..."
    assert shown(10**5000) == "an integer of thousands of digits"
    assert shown(Decimal(1)) == "a Decimal"
    assert step("a" * 61) == '["' + "a" * 56 + "...]"
    assert step("line\nbreak") == '["line\\nbreak"]'


# --- that nothing makes it run away


class Tree(BaseModel):
    left: Tree | list[Tree] | None = None
    right: Tree | dict[str, Tree] | None = None


def test_deep_values_do_not_overflow() -> None:
    value: JsonValue = {"left": 3}
    for _ in range(20_000):
        value = {"left": value}
    (said,) = misfits(
        value, {"$defs": {"n": {"properties": {"left": {"$ref": "#/$defs/n"}}, "type": "object"}}, "$ref": "#/$defs/n"}
    )
    assert said.endswith("left.left: must be an object, not 3")
    while isinstance(value, dict):  # taking it apart by hand: freeing it at once would recurse
        value = value["left"]


def test_nested_unions_are_tried_once() -> None:
    value: JsonValue = {"left": 3}
    for _ in range(200):
        value = {"left": value, "right": {"left": value}}
    assert misfits(value, Tree.model_json_schema()) != []


def test_no_pattern_runs_away() -> None:
    assert misfits("a" * 100_000 + "b", {"pattern": "^(a+)+$"}) != []
    assert misfits("a" * 100_000, {"pattern": "^(a|aa)+$"}) == []


# --- that it never cries wolf


class Made(NamedTuple):
    """An annotation, and values that fit it."""

    hint: Any
    values: st.SearchStrategy[Any]


def _leaf(hint: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Made]:
    return st.just(Made(hint, values))


LEAVES = st.one_of(
    _leaf(int, st.integers()),
    _leaf(float, st.floats(allow_nan=False, allow_infinity=False)),
    _leaf(bool, st.booleans()),
    _leaf(str, st.text()),
    _leaf(None, st.none()),
    _leaf(date, st.dates()),
    _leaf(datetime, st.datetimes(timezones=st.none() | st.timezones())),
    _leaf(time, st.times()),
    _leaf(UUID, st.uuids()),
    _leaf(Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    _leaf(Colour, st.sampled_from(Colour)),
    _leaf(Literal["a", 7, None], st.sampled_from(["a", 7, None])),
    _leaf(Annotated[int, Field(ge=-3, lt=9)], st.integers(-3, 8)),
    _leaf(Annotated[int, Field(multiple_of=3)], st.integers().map(lambda number: 3 * number)),
    _leaf(Annotated[float, Field(gt=0, le=1)], st.floats(0, 1, exclude_min=True)),
    _leaf(Annotated[float, Field(multiple_of=0.1)], st.integers(-1000, 1000).map(lambda number: number * 0.1)),
    _leaf(Annotated[str, Field(min_length=1, max_length=3)], st.text(min_size=1, max_size=3)),
    _leaf(Annotated[str, Field(pattern="^[a-c]+$")], st.text("abc", min_size=1)),
    _leaf(Item, st.builds(Item, name=st.text(), price=st.floats(0, 1e9))),
)


def _list_of(one: Made) -> Made:
    hint: Any = list.__class_getitem__(one.hint)
    return Made(hint, st.lists(one.values, max_size=3))


def _dict_of(one: Made) -> Made:
    hint: Any = dict.__class_getitem__((str, one.hint))
    return Made(hint, st.dictionaries(st.text(), one.values, max_size=3))


def _pair_of(two: tuple[Made, Made]) -> Made:
    hint: Any = tuple.__class_getitem__((two[0].hint, two[1].hint))
    return Made(hint, st.tuples(two[0].values, two[1].values))


def _either_of(two: tuple[Made, Made]) -> Made:
    hint: Any = Union.__getitem__((two[0].hint, two[1].hint))
    return Made(hint, two[0].values | two[1].values)


def _branches(inner: st.SearchStrategy[Made]) -> st.SearchStrategy[Made]:
    return st.one_of(
        inner.map(_list_of),
        inner.map(_dict_of),
        st.tuples(inner, inner).map(_pair_of),
        st.tuples(inner, inner).map(_either_of),
    )


SHAPES = st.recursive(LEAVES, _branches, max_leaves=4)
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def modelled(draw: st.DrawFn) -> tuple[type[BaseModel], JsonObject]:
    """A model class of one to three fields, and the JSON of one of its values."""
    fields = draw(st.lists(SHAPES, min_size=1, max_size=3))
    extra: Literal["forbid", "ignore"] = draw(st.sampled_from(["forbid", "ignore"]))
    hints: dict[str, Any] = {f"f{place}": (one.hint, ...) for place, one in enumerate(fields)}
    made: type[BaseModel] = create_model("Made", __config__=ConfigDict(extra=extra), **hints)
    value = made.model_construct(**{f"f{place}": draw(one.values) for place, one in enumerate(fields)})
    dumped: JsonObject = value.model_dump(mode="json", warnings=False)
    return made, dumped


def _accepted(kind: type[BaseModel], value: JsonValue) -> bool:
    try:
        kind.model_validate(value)
    except ValidationError:
        return False
    return True


@given(modelled())
def test_what_a_model_wrote_fits_its_schema(made: tuple[type[BaseModel], JsonObject]) -> None:
    kind, value = made
    if _accepted(kind, value):
        assert misfits(value, kind.model_json_schema()) == []


@given(modelled(), st.data())
def test_what_is_refused_here_is_refused_by_pydantic(
    made: tuple[type[BaseModel], JsonObject], data: st.DataObject
) -> None:
    kind, value = made
    bent = _bent(value, data)
    if misfits(bent, kind.model_json_schema()):
        assert refused(kind, bent)


def _bent(value: JsonObject, data: st.DataObject) -> JsonValue:
    """The value with one place changed, taken out, or added."""
    bent: JsonValue = copy.deepcopy(value)
    whole: JsonObject = {"": bent}
    place: Any = whole
    key: Any = ""
    while isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
        place = place[key]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    change = data.draw(st.sampled_from(["other", "gone", "more"]))
    if change == "gone" and place is not whole:
        del place[key]
    elif change == "more" and isinstance(place[key], dict):
        place[key][data.draw(st.text())] = data.draw(JSON)
    elif change == "more" and isinstance(place[key], list):
        place[key].append(data.draw(JSON))
    else:
        place[key] = data.draw(JSON)
    return whole[""]


def test_true_is_not_one() -> None:
    # the one thing that pydantic takes even in its strict mode, and JSON does not
    assert not refused(Literal[1], True)
    assert misfits(True, TypeAdapter(Literal[1]).json_schema()) == ["must be an integer, not true"]


# --- dates, times and UUIDs

DIGITS = st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True)
CLOCKS = st.from_regex(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})?", fullmatch=True)
NUMBERS = st.from_regex(r"[+-]?[0-9]{1,12}(\.[0-9]{0,3})?", fullmatch=True)


@given(st.one_of(DIGITS, st.dates().map(str), NUMBERS, st.text()))
@example("2024-02-29")
@example("1900-02-29")
@example("2000-02-29")
@example("0000-01-01")
@example("86400")
def test_dates(text: str) -> None:
    if not refused(date, text):
        assert is_date(text)
    assert not (is_date(text) and len(text) == 10 and text[4] == "-" and refused(date, text))


@given(st.one_of(CLOCKS, st.times().map(str), st.text()))
@example("24:00")
@example("12:30:00,5")
@example("12:30+05:30")
def test_times(text: str) -> None:
    if not refused(time, text):
        assert is_time(text)
    assert not (is_time(text) and "+" not in text and "-" not in text and refused(time, text))


@given(
    st.one_of(
        st.tuples(DIGITS, st.sampled_from("Tt _x"), CLOCKS).map("".join),
        st.datetimes(timezones=st.none() | st.timezones()).map(str),
        NUMBERS,
        st.text(),
    )
)
@example("2026-01-01T00:00:00\u221205:00")
@example("2026-01-01T00:00:00+24:00")
@example("2026-02-30T00:00:00")
@example("1600000000")
def test_moments(text: str) -> None:
    if not refused(datetime, text):
        assert is_moment(text)


@pytest.mark.parametrize("text", ["2026-02-30T00:00", "2026-13-01T00:00", "2026-01-01", "2026-01-01T24:00", "now", ""])
def test_no_moments(text: str) -> None:
    assert not is_moment(text)
    assert refused(datetime, text)


@given(
    st.uuids(), st.sampled_from(["{}", "{{{}}}", "urn:uuid:{}", "{{{}", "{}}}", "URN:UUID:{}", "urn:uuid:{}}}", "{}x"])
)
def test_uuids(one: UUID, form: str) -> None:
    for text in (str(one), one.hex, str(one).upper()):
        assert is_uuid(form.format(text)) == (not refused(UUID, form.format(text)))
