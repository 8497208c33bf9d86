"""What tools give back: all that is data, nothing else, and never too much."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import OrderedDict, deque
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import pydantic.dataclasses
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, JsonValue, RootModel, model_serializer

from agentchat.errors import ToolError
from agentchat.tools.results import MAX_DEPTH, MAX_RESULT, as_json


class Colour(str, Enum):  # noqa: UP042  # the old spelling is the one to be tried
    RED = "red"


class Size(IntEnum):
    BIG = 3


class Word(str):
    __slots__ = ()


class Pair(NamedTuple):
    left: int
    right: str


class Model(BaseModel):
    when: date = Field(alias="day")
    nested: Any = None


class Measured(BaseModel):
    value: float


WRONG: Any = "x"


class Odd(BaseModel):
    @model_serializer
    def _written(self) -> str:
        raise LookupError("no words")


@dataclasses.dataclass
class Point:
    x: int
    inner: Any = None


@pydantic.dataclasses.dataclass
class Checked:
    x: date


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (None, None),
        ([True, False, 1, 1.5, "ü"], [True, False, 1, 1.5, "ü"]),
        ((1, Pair(2, "x"), deque([3])), [1, [2, "x"], [3]]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (
            {1: 1, None: 2, Colour.RED: 3, date(2026, 1, 2): 4, Word("w"): 5},
            {"1": 1, "None": 2, "red": 3, "2026-01-02": 4, "w": 5},
        ),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        ([Colour.RED, Size.BIG, Word("w")], ["red", 3, "w"]),
        ([b"caf\xc3\xa9", bytearray(b"x")], ["café", "x"]),
        (
            [date(2026, 1, 2), timedelta(days=1), Decimal("1.50"), UUID(int=0)],
            ["2026-01-02", "P1D", "1.50", str(UUID(int=0))],
        ),
        (Path("/a/b"), "/a/b"),
        (
            Model(day=date(2026, 1, 2), nested=[Point(1, Colour.RED)]),
            {"when": "2026-01-02", "nested": [{"x": 1, "inner": "red"}]},
        ),
        (Point(1, Model(day=date(2026, 1, 2))), {"x": 1, "inner": {"when": "2026-01-02", "nested": None}}),
        (Checked(date(2026, 1, 2)), {"x": "2026-01-02"}),
        (RootModel[list[int]]([1]), [1]),
        (Measured.model_construct(value=WRONG), {"value": "x"}),
    ],
)
def test_what_is_data(given: object, wanted: JsonValue) -> None:
    found = as_json(given, "t")
    assert found == wanted
    assert json.loads(json.dumps(found)) == wanted
    assert plain(found)


def plain(value: object) -> bool:
    """Nothing but Python's own types: a subclass may write itself in its own way later."""
    if isinstance(value, dict):
        return type(value) is dict and all(type(key) is str and plain(one) for key, one in value.items())
    if isinstance(value, list):
        return type(value) is list and all(plain(one) for one in value)
    return type(value) in (str, int, float, bool, type(None))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((x for x in "ab"), "t gave back a generator; JSON has no word for that"),
        ({"rows": [1, iter([2])]}, "t gave back a list_iterator at .rows[1]; JSON has no word for that"),
        ([len], "t gave back a builtin_function_or_method (Unable to serialize unknown type"),
        (Point, "t gave back a type (Unable to serialize unknown type"),
        (Checked, "t gave back a type (Unable to serialize unknown type"),
        (Point(1, {"a": object()}), "(Unable to serialize unknown type: <class 'object'>) at .inner.a;"),
        (range(3), "t gave back a range ("),
        ([1, math.nan], "t gave back nan at [1];"),
        ([Measured(value=-math.inf)], "t gave back -inf at [0].value;"),
        ("a\ud800", "t gave back half of a surrogate pair;"),
        ({"\ud800": 1}, "t gave back half of a surrogate pair;"),
        (b"\xff", "t gave back bytes that are no UTF-8 text;"),
        ({object(): 1}, "t gave back a key that is a object;"),
        ({b"\xff": 1}, "t gave back a key that is a bytes;"),
        ({1: 1, "1": 2}, "t gave back several keys that are written '1';"),
        ([10**5000], "t gave back an endless number at [0];"),
        (Odd(), "t gave back a Odd (Error calling function `_written`: LookupError: no words);"),
        ({"x" * 5000: [len]}, "xxx...;"),
        (ValueError("x"), "t gave back a ValueError ("),
    ],
)
def test_what_is_none(given: object, words: str) -> None:
    with pytest.raises(ToolError) as caught:
        as_json(given, "t")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300
    assert str(caught.value).encode()


def test_what_goes_round_and_what_is_deep() -> None:
    round_: list[object] = []
    round_.append(round_)
    deep: object = 1
    for _ in range(MAX_DEPTH):
        deep = {"a": deep}
    assert as_json(deep, "t") == deep
    for bad in (round_, [deep]):
        with pytest.raises(ToolError, match=f"t gave back something nested deeper than {MAX_DEPTH} levels"):
            as_json(bad, "t")
    looped = Model(day=date(2026, 1, 2))
    looped.nested = looped
    with pytest.raises(ToolError, match="Circular reference"):
        as_json(looped, "t")


class Endless(Mapping[str, str]):
    """It counts how much of it was looked at."""

    def __init__(self) -> None:
        self.asked = 0

    def __getitem__(self, key: str) -> str:
        self.asked += 1
        return "x" * 1000

    def __iter__(self) -> Any:
        return (str(number) for number in range(10**9))

    def __len__(self) -> int:
        return 2


def test_too_much_is_refused_before_it_is_written_out() -> None:
    for value in ("x" * 5_000_000, b"\xff" * 5_000_000, bytearray(5_000_000), [0] * 5_000_000):
        with pytest.raises(
            ToolError, match=r"t gave back at least 5,000,00\d bytes of JSON; at most 1,048,576 are taken"
        ):
            as_json(value, "t")
    endless = Endless()
    with pytest.raises(ToolError, match="at least 1,04"):
        as_json(endless, "t")
    assert endless.asked < 1100
    assert as_json("x" * (MAX_RESULT - 2), "t") == "x" * (MAX_RESULT - 2)
    with pytest.raises(ToolError, match="at least 1,048,577 bytes"):
        as_json("x" * (MAX_RESULT - 1), "t")
    with pytest.raises(ToolError, match="at least 1,572,866 bytes"):
        as_json("ü" * (3 * MAX_RESULT // 4), "t")


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@settings(max_examples=40)
@given(JSON)
def test_json_is_left_as_it_is_and_measured_to_the_byte(value: JsonValue) -> None:
    assert as_json(value, "t") == value
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    filler = "x" * (MAX_RESULT - size - 5)
    assert as_json([value, filler], "t") == [value, filler]
    with pytest.raises(ToolError, match="at least 1,048,577 bytes"):
        as_json([value, filler + "x"], "t")
