"""From annotations to what a model is told, and what a function may not look like."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel
from typing_extensions import TypedDict

from agentchat.errors import ConfigurationError
from agentchat.policy.functions import source_of
from agentchat.seams import Tool, ToolCallContext
from agentchat.tools.function import FunctionTool, tool, tool_for
from agentchat.transcript.calls import JsonObject


class Unit(Enum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


class Place(BaseModel):
    """Somewhere."""

    name: str
    inside: Place | None = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow", title="Anything")


class Pair(TypedDict):
    left: int


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


NOTHING = object()


class Unknowable:
    pass


def weather(
    place: Place,
    when: date,
    context: ToolCallContext,
    unit: Unit = Unit.CELSIUS,
    points: Annotated[list[Point], Field(max_length=3)] = [],  # noqa: B006  # never changed
    detail: Literal["low", "high"] | None = None,
    schema: int = Field(4, ge=1, description="its own words"),
) -> Nowhere:  # type: ignore[name-defined]  # noqa: F821  # what the result is called does not matter
    """The weather somewhere.

    Args:
        place: where
        when: which day
        context: not for the model
        schema: not used, for the field has words of its own
    """


SCHEMA: JsonObject = {
    "$defs": {
        "Place": {
            "additionalProperties": False,
            "description": "Somewhere.",
            "properties": {
                "name": {"type": "string"},
                "inside": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
            },
            "required": ["name"],
            "type": "object",
        },
        "Point": {
            "additionalProperties": False,
            "properties": {"x": {"type": "integer"}, "y": {"default": 0.5, "type": "number"}},
            "required": ["x"],
            "type": "object",
        },
        "Unit": {"enum": ["C", "F"], "type": "string"},
    },
    "additionalProperties": False,
    "properties": {
        "place": {"$ref": "#/$defs/Place", "description": "where"},
        "when": {"description": "which day", "format": "date", "type": "string"},
        "unit": {"$ref": "#/$defs/Unit", "default": "C"},
        "points": {"default": [], "items": {"$ref": "#/$defs/Point"}, "maxItems": 3, "type": "array"},
        "detail": {"anyOf": [{"enum": ["low", "high"], "type": "string"}, {"type": "null"}]},
        "schema": {"default": 4, "description": "its own words", "minimum": 1, "type": "integer"},
    },
    "required": ["place", "when"],
    "type": "object",
}


def test_a_whole_card() -> None:
    made = tool(approve=True, idempotent=True, timeout=3)(weather)
    card = made.card()
    assert isinstance(made, Tool)
    assert repr(made) == "FunctionTool('weather')"
    assert (card.name, card.description) == ("weather", "The weather somewhere.")
    assert card.parameters == SCHEMA
    assert (card.approve, card.idempotent, card.seconds) == (True, True, 3.0)
    assert card.source == source_of(weather)
    plain = tool(weather, name="w", description="Other words.", timeout=None).card()
    assert (plain.name, plain.description, plain.seconds) == ("w", "Other words.", None)


def test_what_a_model_calls_its_own_may_be_a_name() -> None:
    @tool
    def odd(self: int, model_config: int, _hidden: int, p0: int, json: int = 1) -> list[int]:
        return [self, model_config, _hidden, p0, json]

    assert list(properties(odd)) == ["self", "model_config", "_hidden", "p0", "json"]
    assert isinstance(odd.check('{"self":1,"model_config":2,"_hidden":3,"p0":4}'), dict)


def test_nothing_to_give() -> None:
    @tool
    def now() -> int:
        return 1

    card = now.card()
    assert card.description == ""
    assert card.parameters == {"additionalProperties": False, "properties": {}, "type": "object"}
    assert now.check("") == now.check(" \n") == now.check("{}") == {}
    assert now.check('{"x":1}') == ["x: there is no such parameter; there are none"]


def test_open_models_stay_open_and_others_are_closed() -> None:
    @tool
    def both(a: Open, b: Pair) -> None: ...

    assert both.card().parameters["$defs"] == {
        "Open": {"additionalProperties": True, "properties": {}, "title": "Anything", "type": "object"},
        "Pair": {
            "additionalProperties": False,
            "properties": {"left": {"type": "integer"}},
            "required": ["left"],
            "type": "object",
        },
    }
    assert both.check('{"a":{"x":1},"b":{"left":1}}') == {"a": {"x": 1}, "b": {"left": 1}}


def test_a_default_that_json_has_no_word_for_is_not_told() -> None:
    @tool
    def odd(
        a: float = math.inf, b: str = "\ud800", c: Any = NOTHING, d: bytes = b"\xff", e: Decimal = Decimal("0.5")
    ) -> None: ...

    told = {name: value.get("default", "none") for name, value in properties(odd).items()}
    assert told == {"a": "none", "b": "none", "c": "none", "d": "none", "e": "0.5"}
    assert odd.check("{}") == {}


class Alias(BaseModel):
    model_config = ConfigDict(title="Alias of another")

    kind: Annotated[Unit, Field(title="The unit")] = Unit.CELSIUS


def test_an_alias_is_what_a_model_is_told() -> None:
    @tool
    def f(x: Annotated[RootModel[int], Field(alias="why")]) -> None: ...

    assert properties(f) == {"why": {"$ref": "#/$defs/RootModel_int_"}}
    assert f.check('{"why":1}') == {"why": 1}
    with pytest.raises(ConfigurationError, match="tool g: two of its parameters have the same alias"):

        @tool
        def g(x: int, y: Annotated[int, Field(alias="x")]) -> None: ...


def test_a_title_that_was_chosen_stays() -> None:
    @tool
    def f(x: Alias) -> None: ...

    defs = f.card().parameters["$defs"]
    assert isinstance(defs, dict)
    assert defs["Alias"] == {
        "additionalProperties": False,
        "properties": {"kind": {"$ref": "#/$defs/Unit", "default": "C", "title": "The unit"}},
        "title": "Alias of another",
        "type": "object",
    }


class Calling:
    """A desk."""

    def __call__(self, x: int) -> int:
        return x

    def method(self, x: int) -> int:
        """Method words.

        :param x: a number
        """
        return x


class Worded(Calling):
    def __call__(self, x: int) -> int:
        """Words of the call."""
        return x


def wrapped(function: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(function)
    def around(*args: int, **kwargs: int) -> int:
        return function(*args, **kwargs)

    return around


def plain(x: int, y: int = 1) -> int:
    """Plain words."""
    return x + y


def test_every_kind_of_callable() -> None:
    things: list[tuple[Callable[..., object], str, str, list[str]]] = [
        (plain, "plain", "Plain words.", ["x", "y"]),
        (wrapped(plain), "plain", "Plain words.", ["x", "y"]),
        (functools.partial(plain, 1), "plain", "Plain words.", ["y"]),
        (functools.partial(functools.partial(plain, y=2)), "plain", "Plain words.", ["x"]),
        (Calling(), "Calling", "A desk.", ["x"]),
        (Worded(), "Worded", "Words of the call.", ["x"]),
        (Calling().method, "method", "Method words.", ["x"]),
    ]
    for thing, name, description, parameters in things:
        made = tool_for(thing)
        card = made.card()
        assert (made.name, card.name, card.description) == (name, name, description)
        assert list(properties(made)) == parameters
        assert card.source is not None
        assert card.source.startswith(f"{__name__}:")
    assert tool(plain)(1, y=5) == 6
    assert tool_for(made) is made


def test_where_the_code_comes_from() -> None:
    assert source_of(plain) == source_of(functools.partial(plain, 1)) != source_of(wrapped)
    assert source_of(Calling()) != source_of(Worded())
    scope: dict[str, Callable[..., object]] = {"__name__": "typed"}  # type: ignore[dict-item]  # a module's name
    exec("def f(x: int): return x", scope)
    exec("def g(x: int): return -x", scope)
    assert source_of(scope["f"]).split(" ")[0] == "typed:f"
    assert source_of(scope["f"]).split(" ")[1] != source_of(scope["g"]).split(" ")[1]
    assert source_of(len).startswith("builtins:len ")


def properties(made: Tool) -> dict[str, Any]:
    found = made.card().parameters["properties"]
    assert isinstance(found, dict)
    return found


def test_the_context_in_every_spelling_is_not_shown() -> None:
    @tool
    def f(a: ToolCallContext, b: Annotated[ToolCallContext, "note"], c: ToolCallContext | None = None) -> None: ...

    assert properties(f) == {}
    assert f.check('{"a":1}') == ["a: there is no such parameter; there are none"]


def bare(x) -> None: ...  # type: ignore[no-untyped-def]


def position(x: int, /) -> None: ...


def many(*x: int) -> None: ...


def names(**x: int) -> None: ...


def unknown(x: int, y: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821


def strange(fine: int, y: Unknowable) -> None: ...


def function(y: Callable[[], int]) -> None: ...


def pattern(y: Annotated[str, Field(pattern="(")]) -> None: ...


def généreux(x: int) -> None: ...  # noqa: PLC2401  # that is what is tried


def generating(x: int) -> Iterator[int]:
    yield x


async def streaming(x: int) -> AsyncIterator[int]:
    yield x


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (bare, "tool bare, parameter x: it has no annotation"),
        (position, "tool position, parameter x: it can only be given by position; take the `/` away"),
        (many, "tool many, parameter x: it stands for any number of values; take a list instead"),
        (names, "tool names, parameter x: it stands for any names; take a dict or a model instead"),
        (unknown, "tool unknown: an annotation cannot be read .*Nowhere.*; it must name what its module knows"),
        (strange, "tool strange, parameter y: a model cannot be told of this type"),
        (function, "tool function, parameter y: a model cannot be told of this type"),
        (pattern, "tool pattern, parameter y: a model cannot be told of this type"),
        (généreux, "tool généreux: 'généreux' is no name for a tool; give it name=, 1 to 64 letters"),
        (lambda: 1, "a lambda has no name: say tool.*name="),
        (Calling.method, "tool method, parameter self: it has no annotation.*tool\\(thing.method\\)"),
        (generating, "tool generating: a generator gives no result; return a list instead"),
        (streaming, "tool streaming: a generator gives no result; return a list instead"),
        (Calling, "<class .*Calling'> is no function"),
        (FunctionTool, "is no function"),
        ("plain", "'plain' is no function; a tool is a function or an object with `__call__`"),
        (sorted, "tool sorted, parameter iterable: it can only be given by position"),
        (max, "tool max: its parameters cannot be read; wrap it in a `def`"),
    ],
)
def test_what_is_no_tool(thing: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        tool_for(thing)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, math.inf, math.nan, True])
def test_a_timeout_is_a_time(timeout: float) -> None:
    with pytest.raises(ConfigurationError, match=r"tool plain: timeout is .*; it must be seconds above 0, or None"):
        tool(plain, timeout=timeout)


@pytest.mark.parametrize("name", ["a b", "x" * 65, "a.b", "é"])
def test_a_name_is_one_that_models_take(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no name for a tool"):
        tool(plain, name=name)
    assert tool(lambda: 1, name="one").name == "one"


def test_an_annotation_is_looked_up_in_its_module_only() -> None:
    class Left(BaseModel):
        x: int

    with pytest.raises(ConfigurationError, match="cannot be read"):

        @tool
        def local(y: Left) -> None: ...
