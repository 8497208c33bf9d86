"""Strict schemas, against the openai package's own helper and against the rules of the service."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar
from uuid import UUID

import pytest
from openai.lib._pydantic import to_strict_json_schema
from pydantic import AnyUrl, BaseModel, ConfigDict, Field, JsonValue, RootModel, WithJsonSchema

from agentchat.errors import ConfigurationError
from agentchat.policy.typed.schemas import (
    answer_schema,
    is_wrapped,
    kinds_by_name,
    strict_schema,
    strictable,
    type_schema,
)
from agentchat.transcript.calls import JsonObject

T = TypeVar("T")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Point(BaseModel):
    """A place on the map."""

    x: int
    y: float


class Flat(BaseModel):
    name: str
    count: int
    share: float
    done: bool
    nothing: None


class Constrained(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=20, pattern="^[a-z]+$")]
    share: Annotated[float, Field(ge=0, lt=1, multiple_of=0.25)]
    tags: Annotated[list[str], Field(min_length=1, max_length=4)]
    described: str = Field(description="what it is", title="Its name")


class Moments(BaseModel):
    day: date
    moment: datetime
    hour: time
    span: timedelta
    identity: UUID
    address: ipaddress.IPv4Address


class Choices(BaseModel):
    colour: Colour
    level: Level
    one: Literal["only"]
    several: Literal["a", "b"]
    numbers: Literal[1, 2]


class Optionals(BaseModel):
    old: Optional[int]  # noqa: UP045  # users still write it so
    new: int | None = None
    point: Point | None = None
    mixed: int | str | list[Point]


class Nested(BaseModel):
    point: Point
    points: list[Point]
    described: Point = Field(description="the middle")
    coloured: Annotated[Colour, Field(description="of the line")]


class Tree(BaseModel):
    value: str
    children: list[Tree]


class Pair(BaseModel):
    left: Pair | None
    right: Pair | None


class Holder(BaseModel):
    tree: Tree
    other: Pair | None


class Box(BaseModel, Generic[T]):
    item: T


class Nothing(BaseModel):
    pass


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: int


class Wrapped(RootModel[Point]):
    """A root that stands for another."""


class Sub(Point):
    z: int


class Aliased(BaseModel):
    where_from: str = Field(alias="from")


@dataclass
class Movie:
    title: str
    year: int


class Watched(BaseModel):
    movies: tuple[Movie, ...]


SAME: list[type[BaseModel]] = [
    Flat, Constrained, Moments, Choices, Optionals, Nested, Tree, Pair, Holder, Box[int], Box[Point], Box[list[Colour]],
    Nothing, Closed, Wrapped, Sub, Aliased, Watched,
]  # fmt: skip


@pytest.mark.parametrize("kind", SAME, ids=lambda kind: kind.__name__)
def test_what_the_openai_package_writes_is_written(kind: type[BaseModel]) -> None:
    assert strict_schema(kind) == to_strict_json_schema(kind)
    assert strictable(kind) is None


class Priced(BaseModel):
    price: Decimal


def test_a_decimal_is_a_number_or_a_text_without_a_pattern_that_servers_refuse() -> None:
    # some releases of pydantic give the text a pattern that looks ahead
    written = json.dumps(strict_schema(Priced))
    assert '"number"' in written
    assert '"string"' in written
    assert '"pattern":' not in written


def test_properties_keep_their_order() -> None:
    # a model writes them in the order of the schema: the reasons before the verdict, if the class says so
    assert list(strict_schema(Constrained)["properties"]) == ["name", "share", "tags", "described"]  # type: ignore[arg-type]


# --- where the helper is wrong or refuses: what the service takes is written instead


class Defaults(BaseModel):
    retries: int = 3
    colour: Colour = Colour.RED
    note: str | None = None
    size: int = Field(default=1, description="in metres", examples=[1, 2])


def test_defaults_are_told_and_not_set() -> None:
    # the helper leaves `default` in, which Azure and others refuse; without it every property must be given anyway
    schema = strict_schema(Defaults)
    assert schema["properties"] == {
        "retries": {"title": "Retries", "type": "integer", "description": "default: 3"},
        "colour": {"enum": ["red", "blue"], "title": "Colour", "type": "string", "description": 'default: "red"'},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Note"},
        "size": {"title": "Size", "type": "integer", "description": "in metres (default: 1; examples: [1, 2])"},
    }
    assert schema["required"] == ["retries", "colour", "note", "size"]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    bones: int


class Owner(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


def test_a_discriminated_union_is_an_any_of() -> None:
    # the helper leaves `oneOf` and `discriminator` in: "'oneOf' is not permitted"
    assert "oneOf" in str(to_strict_json_schema(Owner))
    assert strict_schema(Owner)["properties"] == {
        "pet": {"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}], "title": "Pet"}
    }


class Tuples(BaseModel):
    pair: tuple[int, str]
    same: tuple[float, float]
    open: Annotated[
        list[int | str],
        WithJsonSchema({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}),
    ]
    points: tuple[Point, Annotated[Point, Field(description="the end")]]


def test_a_tuple_is_a_list_of_its_parts() -> None:
    # the helper leaves `prefixItems` in, and what stands in it as it was
    assert "prefixItems" in str(to_strict_json_schema(Tuples))
    properties = strict_schema(Tuples)["properties"]
    assert isinstance(properties, dict)
    assert properties["pair"] == {
        "title": "Pair",
        "type": "array",
        "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "minItems": 2,
        "maxItems": 2,
        "description": 'in this order: [{"type": "integer"}, {"type": "string"}]',
    }
    assert properties["same"]["items"] == {"type": "number"}  # type: ignore[index,call-overload]  # an object
    assert properties["open"]["items"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}  # type: ignore[index,call-overload]
    assert "prefixItems" not in str(strict_schema(Tuples))


class Foreign(BaseModel):
    link: AnyUrl
    tags: set[str]
    word: Annotated[str, WithJsonSchema({"type": "string", "pattern": "^(?!x)"})]


def test_foreign_formats_and_patterns_are_told() -> None:
    # the helper leaves them in: unknown formats are refused, look-around breaks the service
    assert strict_schema(Foreign)["properties"] == {
        "link": {"title": "Link", "type": "string", "minLength": 1, "description": 'format: "uri"'},
        "tags": {"title": "Tags", "type": "array", "items": {"type": "string"}, "description": "no repeats: true"},
        "word": {"title": "Word", "type": "string", "description": 'pattern: "^(?!x)"'},
    }


class Mixed(BaseModel):
    either: Literal["a", 1, None, True, 1.5]  # type: ignore[valid-type]  # pydantic takes it
    one: Annotated[int, WithJsonSchema({"const": 3})]
    both: Annotated[int, WithJsonSchema({"allOf": [{"type": "integer"}], "title": "Both"})]
    objects: Annotated[dict[str, int], WithJsonSchema({"enum": [{"a": 1}]})]


def test_everything_gets_a_type() -> None:
    # the helper leaves an enum of several kinds without a type: "schema must have a 'type' key"
    properties = strict_schema(Mixed)["properties"]
    assert isinstance(properties, dict)
    kinds = [one["type"] for one in properties.values() if isinstance(one, dict)]
    assert kinds == [["string", "integer", "null", "boolean", "number"], "integer", "integer", "object"]
    assert properties["both"] == {"type": "integer", "title": "Both"}


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    x: int


class TypedExtra(Open):
    __pydantic_extra__: dict[str, int]


def test_extra_fields_cannot_be_given() -> None:
    # the helper leaves `additionalProperties: true`, which is refused; an answer without extra fields fits the class
    for kind in (Open, TypedExtra):
        assert strict_schema(kind)["additionalProperties"] is False


class Described(BaseModel):
    next: Annotated[Described, Field(description="the next one")] | None


def test_a_described_recursion_ends() -> None:
    with pytest.raises(RecursionError):
        to_strict_json_schema(Described)
    once = {
        "anyOf": [
            {"anyOf": [{"$ref": "#/$defs/Described"}], "description": "the next one"},
            {"type": "null"},
        ],
    }
    schema = strict_schema(Described)
    assert schema["properties"]["next"]["anyOf"][0]["properties"]["next"] == once  # type: ignore[index,call-overload]
    assert schema["properties"]["next"]["anyOf"][0]["description"] == "the next one"  # type: ignore[index,call-overload]


# --- what cannot be said


class Keys(BaseModel):
    by_name: dict[str, int]


class Bare(BaseModel):
    anything: dict[str, Any]


class Free(BaseModel):
    value: JsonValue


class Unknown(BaseModel):
    value: Any


class Listless(BaseModel):
    values: list[Any]


class BareList(BaseModel):
    values: Annotated[list[int], WithJsonSchema({"type": "array"})]


class Deep(BaseModel):
    inner: list[Keys]


class Told(BaseModel):
    value: Annotated[JsonValue, Field(description="anything")]


class Both(BaseModel):
    value: Annotated[int, WithJsonSchema({"allOf": [{"type": "integer"}, {"minimum": 1}]})]


class Lost(BaseModel):
    value: Annotated[int, WithJsonSchema({"$ref": "https://example.org/nowhere"})]


class Matching(BaseModel):
    value: dict[Annotated[str, Field(pattern="^x")], int]


class Empty(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]


Many = Enum("Many", {f"n{number}": f"n{number}" for number in range(1001)})  # type: ignore[misc]  # made of a dict


class Chosen(BaseModel):
    value: Many


class Wide(BaseModel):
    value: Annotated[
        int, WithJsonSchema({"type": "object", "properties": {f"n{n}": {"type": "null"} for n in range(5000)}})
    ]


@pytest.mark.parametrize(
    ("kind", "where", "why"),
    [
        (Keys, "Keys.by_name", "keys are free"),
        (Bare, "Bare.anything", "keys are free"),
        (Matching, "Matching.value", "keys are free"),
        (Empty, "Empty", "keys are free"),
        (Free, "Free.value", "any JSON at all"),
        (Unknown, "Unknown.value", "any JSON at all"),
        (Told, "Told.value", "any JSON at all"),
        (Listless, "Listless.values[]", "any JSON at all"),
        (BareList, "BareList.values[]", "any JSON at all"),
        (Deep, "Keys.by_name", "keys are free"),
        (Both, "Both.value", "allOf"),
        (Chosen, "Many", "1000 enum values"),
        (Wide, "Wide.value", "5000 properties"),
    ],
)
def test_what_strict_mode_cannot_say_is_named(kind: type[BaseModel], where: str, why: str) -> None:
    reason = strictable(kind)
    assert reason is not None
    assert reason.startswith(f"{where} ")
    assert why in reason
    with pytest.raises(ConfigurationError) as raised:
        strict_schema(kind)
    assert str(raised.value) == reason
    with pytest.raises(ConfigurationError, match=why):
        answer_schema([kind])
    assert answer_schema([kind], strict=False)["type"] == "object"


def test_a_reference_into_nothing_is_named() -> None:
    with pytest.raises(ConfigurationError, match="nowhere', which is not defined"):
        strict_schema(Lost)


class Calling(BaseModel):
    call: Callable[[], int]


class Numbers(RootModel[list[int]]):
    pass


class Routes(RootModel[Cat | Dog]):
    pass


class Table(RootModel[dict[str, int]]):
    pass


def test_a_root_must_be_an_object() -> None:
    with pytest.raises(ConfigurationError, match="Numbers is no JSON object"):
        strict_schema(Numbers)
    assert strictable(Numbers) is None  # `answer_schema` puts it into an object
    assert strictable(str) is None
    assert strictable(Table) == (
        "Table is an object whose keys are free; use a list of objects with key and value: "
        "a strict schema cannot say that"
    )


def test_a_class_without_a_json_schema_is_named() -> None:
    for write in (type_schema, strictable, strict_schema):
        with pytest.raises(ConfigurationError, match="Calling: no JSON schema can be written"):
            write(Calling)


def test_only_text_and_models_are_message_types() -> None:
    for kind in (int, list[int], "Point"):
        with pytest.raises(ConfigurationError, match="str or a pydantic model"):
            type_schema(kind)  # type: ignore[arg-type]  # that is what is tried
        with pytest.raises(ConfigurationError, match="str or a pydantic model"):
            kinds_by_name([kind])  # type: ignore[list-item]


def test_the_recorded_schema_is_pydantics() -> None:
    assert type_schema(str) == {"type": "string"}
    kinds: list[type[BaseModel]] = [*SAME, Defaults, Owner, Free]
    for kind in kinds:
        assert type_schema(kind) == kind.model_json_schema()


# --- answers


def test_one_object_is_its_own_answer() -> None:
    for kind in (Point, Nested, Tree, Wrapped):
        assert answer_schema([kind]) == strict_schema(kind)
        assert answer_schema([kind, kind]) == strict_schema(kind)
        assert not is_wrapped({"it": kind})
    assert not is_wrapped({"str": str})
    assert answer_schema([Point], strict=False) == Point.model_json_schema()
    assert answer_schema([Tree], strict=False)["type"] == "object"


@pytest.mark.parametrize("kind", [Numbers, Routes])
def test_another_root_is_put_into_an_object(kind: type[BaseModel]) -> None:
    assert is_wrapped({"it": kind})
    schema = answer_schema([kind])
    assert schema["required"] == ["answer"]
    assert schema["additionalProperties"] is False
    inner = schema["properties"]["answer"]  # type: ignore[index,call-overload]  # an object
    assert set(inner) & {"items", "anyOf"}  # type: ignore[arg-type]
    assert answer_schema([kind], strict=False)["required"] == ["answer"]


def _form(name: str, value: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": {"type": {"type": "string", "const": name}, "value": value},
        "required": ["type", "value"],
        "additionalProperties": False,
    }


def test_several_types_are_told_apart_by_their_names() -> None:
    schema = answer_schema([Point, str, Tree, Numbers])
    numbers = {"$ref": "#/$defs/Numbers"}
    assert schema["type"] == "object"
    assert schema["properties"] == {
        "answer": {
            "anyOf": [
                _form("Point", {"$ref": "#/$defs/Point"}),
                _form("str", {"type": "string"}),
                _form("Tree", {"$ref": "#/$defs/Tree"}),
                _form("Numbers", dict(numbers)),
            ]
        }
    }
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    assert definitions["Point"] == strict_schema(Point)
    assert definitions["Numbers"] == {"items": {"type": "integer"}, "title": "Numbers", "type": "array"}
    assert answer_schema([Point, str], strict=False)["properties"]["answer"]["anyOf"][1] == _form(  # type: ignore[index,call-overload]
        "str", {"type": "string"}
    )


def _other_point() -> type[BaseModel]:
    class Point(BaseModel):
        label: str

    class Other(BaseModel):
        point: Point

    return Other


def test_inner_classes_of_one_name_do_not_clash() -> None:
    schema = answer_schema([Nested, _other_point()])
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    points = [name for name in definitions if name.endswith("Point") or "Point__" in name]
    assert len(points) == 2
    shapes = [list(definitions[name]["properties"]) for name in points]  # type: ignore[index,call-overload,arg-type]
    assert sorted(shapes) == [["label"], ["x", "y"]]


def test_two_types_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"test_schemas\.Nested and .*<locals>\.Nested"):
        answer_schema([Nested, _nested()])
    assert kinds_by_name([str, Point, str]) == {"str": str, "Point": Point}


def _nested() -> type[BaseModel]:
    class Nested(BaseModel):
        pass

    return Nested


def test_there_must_be_something_to_answer() -> None:
    with pytest.raises(ConfigurationError, match="at least one type"):
        answer_schema([])
    with pytest.raises(ConfigurationError, match="plain text needs no schema"):
        answer_schema([str])


def test_schemas_are_written_afresh() -> None:
    strict_schema(Nested)["properties"] = {}
    type_schema(Nested)["properties"] = {}
    assert strict_schema(Nested) == to_strict_json_schema(Nested)
