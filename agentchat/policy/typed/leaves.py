"""What can be said of a JSON value against a schema without looking inside it: kind, choices, bounds, patterns, forms.

The tree of values is walked in `fits`. Nothing here recurses, and no pattern can make it run long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated, Final

from pydantic import JsonValue, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

from agentchat.policy.typed.moments import is_date, is_moment, is_time, is_uuid
from agentchat.transcript.calls import JsonObject

SHOWN: Final = 60
"""Characters of a value that a problem quotes."""

_NAMED: Final = 20
_EXACT: Final = 2**53
_WORDS: Final = {
    "string": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "null": "null",
    "array": "an array",
    "object": "an object",
}
_KINDS: Final[dict[str, type | tuple[type, ...]]] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}
_FORMATS: Final = {"date": is_date, "date-time": is_moment, "time": is_time, "uuid": is_uuid}


def shown(value: object) -> str:
    """A value in few words: short JSON as it is, long text cut, containers by their kind."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if value is not None and not isinstance(value, str | bool | int | float):
        return f"a {type(value).__name__}"
    try:
        text = json.dumps(value[: SHOWN + 1] if isinstance(value, str) else value, ensure_ascii=False)
    except ValueError:
        return "an integer of thousands of digits"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def complaints(value: JsonValue, schema: JsonObject) -> Iterator[str]:
    """What can be said of a value without looking inside it."""
    kinds = schema.get("type")
    if kinds is not None and not _is(value, kinds):
        names = kinds if isinstance(kinds, list) else [kinds]
        words = " or ".join(_WORDS.get(str(kind), str(kind)) for kind in names)
        yield f"must be {words}, not {shown(value)}"
        return
    choices = [schema["const"]] if "const" in schema else listed(schema, "enum")
    if choices and not any(_same(value, choice) for choice in choices):
        words = ", ".join(shown(choice) for choice in choices[:_NAMED])
        yield f"must be {'one of ' if len(choices) > 1 else ''}{words}, not {shown(value)}"
    elif isinstance(value, str):
        yield from _text(value, schema)
    elif isinstance(value, list | dict):
        yield from _size(value, schema)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, schema)


def _is(value: JsonValue, kind: JsonValue) -> bool:
    if isinstance(kind, list):
        return any(_is(value, one) for one in kind)
    if isinstance(value, bool):
        return kind == "boolean" or str(kind) not in _WORDS
    if kind == "integer":  # JSON Schema: 1.0 is an integer
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, _KINDS.get(str(kind), object))


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equal as JSON: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


_BOUNDS: Final[tuple[tuple[str, str, Callable[[float, float], bool]], ...]] = (
    ("minimum", "at least", lambda value, bound: value < bound),
    ("maximum", "at most", lambda value, bound: value > bound),
    ("exclusiveMinimum", "more than", lambda value, bound: value <= bound),
    ("exclusiveMaximum", "less than", lambda value, bound: value >= bound),
)


def _number(value: float, schema: JsonObject) -> Iterator[str]:
    for key, words, crossed in _BOUNDS:
        bound = schema.get(key)
        if isinstance(bound, int | float) and crossed(value, bound):
            yield f"must be {words} {shown(bound)}, not {shown(value)}"
    divisor = schema.get("multipleOf")
    if isinstance(divisor, int | float) and divisor > 0 and not _divides(divisor, value):
        yield f"must be a multiple of {shown(divisor)}, not {shown(value)}"


def _divides(divisor: float, value: float) -> bool:
    """With pydantic's tolerance of 1e-9 for floats, which some versions take relative to the value.

    Above 2**53 a float cannot tell, so it is not judged.
    """
    if abs(value) > _EXACT:
        return True
    rest = abs(value) % divisor
    slack = 0 if isinstance(value, int) and isinstance(divisor, int) else 1e-9 * max(1, abs(value))
    return rest <= slack or divisor - rest <= slack


def _text(value: str, schema: JsonObject) -> Iterator[str]:
    low, high = schema.get("minLength"), schema.get("maxLength")
    if isinstance(low, int) and len(value) < low:
        yield f"must have at least {low} characters, not {len(value)}"
    if isinstance(high, int) and len(value) > high:
        yield f"must have at most {high} characters, not {len(value)}"
    pattern, form = schema.get("pattern"), schema.get("format")
    if isinstance(pattern, str) and matches(value, pattern) is False:
        yield f"must match the pattern {pattern}, not {shown(value)}"
    if isinstance(form, str) and form in _FORMATS and not _FORMATS[form](value):
        yield f"must be a {form}, not {shown(value)}"


def _size(value: list[JsonValue] | dict[str, JsonValue], schema: JsonObject) -> Iterator[str]:
    what, unit = ("Items", "items") if isinstance(value, list) else ("Properties", "properties")
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    if isinstance(low, int) and len(value) < low:
        yield f"must have at least {low} {unit}, not {len(value)}"
    # pydantic drops the repeats of a set before it counts
    if isinstance(high, int) and len(value) > high and schema.get("uniqueItems") is not True:
        yield f"must have at most {high} {unit}, not {len(value)}"


def matches(text: str, pattern: str) -> bool | None:
    """Whether a pattern is found in the text; None where it cannot be said."""
    search = _search(pattern)
    if search is None:
        return None
    try:
        search.validate_python(text)
    except ValidationError as error:
        mismatch = error.errors(include_url=False, include_input=False)[0]["type"] == "string_pattern_mismatch"
        return False if mismatch else None  # text that is no Unicode is not the pattern's business
    return True


@lru_cache(maxsize=256)
def _search(pattern: str) -> TypeAdapter[str] | None:
    """Pydantic's own matcher, whose time is linear in the text; `re` can be made to run for ever by a short one.

    None for what that engine does not take: look-around, and whatever is no pattern.
    """
    try:
        return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except SchemaError:
        return None


def listed(schema: JsonObject, key: str) -> list[JsonValue]:
    """The list under a keyword; empty where there is none."""
    found = schema.get(key)
    return found if isinstance(found, list) else []
