"""What a tool gave back, as JSON: anything pydantic can write, checked while it is turned, and never more than 1 MiB.

The walk stops at the first thing that cannot be written or is too much, so that a huge result costs no more than a
large one. What would read back as something else (not a number, half a surrogate pair) is refused, with its place.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from enum import Enum
from json.encoder import encode_basestring
from typing import Final

from pydantic import BaseModel, JsonValue
from pydantic_core import PydanticSerializationError, to_jsonable_python

from agentchat.errors import ToolError
from agentchat.tools.failures import message_text

MAX_RESULT: Final = 1024 * 1024
"""Bytes of one result as compact JSON: more than any model's window takes in."""
MAX_DEPTH: Final = 100
"""Half of what pydantic's parser reads back (200): a result stands a few levels deep in its event."""
_SHOWN: Final = 120


def as_json(value: object, tool: str) -> JsonValue:
    """The value as JSON. Raises ToolError that says what came back instead, where in the result, and how large."""
    return _Walk(tool).turn(value)


class _Walk:
    """One walk through a result: the bytes so far, and the path to where it is."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._size = 0
        self._path: list[str] = []

    def turn(self, value: object) -> JsonValue:
        """JSON of a value: what Python itself has, then enums, containers, and what pydantic knows."""
        if value is None or isinstance(value, bool):
            self._add(5 if value is False else 4)
            return value
        if isinstance(value, Enum):
            return self.turn(value.value)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, int | float):
            return self._number(value)
        if isinstance(value, bytes | bytearray):
            return self._bytes(value)
        if isinstance(value, Mapping):
            return self._object(value)
        if isinstance(value, list | tuple | deque):
            return self._list(value, len(value))
        if isinstance(value, set | frozenset):
            # in an order of their own, so that the same set is written the same way each time
            return sorted(self._list(value, len(value)), key=repr)
        if isinstance(value, Iterator | AsyncIterator):
            raise self._no_json(f"a {type(value).__name__}")
        return self._object_of(value)

    def _add(self, count: int) -> None:
        self._size += count
        if self._size > MAX_RESULT:
            raise ToolError(
                f"{self._tool} gave back at least {self._size:,} bytes of JSON; at most {MAX_RESULT:,} are taken: "
                "ask for less"
            )

    def _no_json(self, what: str) -> ToolError:
        place = "".join(self._path)
        where = f" at {place if len(place) <= _SHOWN else f'{place[: _SHOWN - 3]}...'}" if place else ""
        return ToolError(f"{self._tool} gave back {what}{where}; JSON has no word for that")

    def _text(self, text: str) -> str:
        if len(text) > MAX_RESULT - self._size:
            self._add(len(text))
        try:
            self._add(len(encode_basestring(text).encode()))
        except UnicodeEncodeError:
            raise self._no_json("half of a surrogate pair") from None
        return text

    def _bytes(self, value: bytes | bytearray) -> str:
        if len(value) > MAX_RESULT - self._size:
            self._add(len(value))
        try:
            return self._text(value.decode())
        except UnicodeDecodeError:
            raise self._no_json("bytes that are no UTF-8 text") from None

    def _number(self, value: float) -> float:
        if isinstance(value, int):
            plain = int.__int__(value)
            try:
                self._add(len(str(plain)))
            except ValueError:
                raise self._no_json("an endless number") from None
            return plain
        if not math.isfinite(value):
            raise self._no_json(str(float.__float__(value)))
        self._add(len(repr(value)))
        return float.__float__(value)

    def _list(self, values: Iterable[object], count: int) -> list[JsonValue]:
        self._add(max(2, count + 1))
        return [self._at(f"[{place}]", one) for place, one in enumerate(values)]

    def _object(self, values: Mapping[object, object]) -> dict[str, JsonValue]:
        self._add(max(2, 2 * len(values) + 1))
        found: dict[str, JsonValue] = {}
        for key, value in values.items():
            name = self._key(key)
            if name in found:
                raise self._no_json(f"several keys that are written {name[:_SHOWN]!r}")
            found[name] = self._at(f".{name}", value)
        return found

    def _at(self, step: str, value: object) -> JsonValue:
        if len(self._path) >= MAX_DEPTH:
            raise ToolError(f"{self._tool} gave back something nested deeper than {MAX_DEPTH} levels")
        self._path.append(step)
        found = self.turn(value)
        self._path.pop()
        return found

    def _object_of(self, value: object) -> JsonValue:
        """A model, a dataclass, or one of the many things that pydantic writes as text."""
        known = hasattr(value, "__pydantic_serializer__")
        if dataclasses.is_dataclass(value) and not isinstance(value, type) and not known:
            return self._object({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
        try:
            plain: object = (
                value.model_dump(mode="json", warnings=False)
                if isinstance(value, BaseModel)
                else to_jsonable_python(value, by_alias=False)
            )
        except Exception as error:
            raise self._no_json(f"a {type(value).__name__} ({message_text(error)})") from None
        return self.turn(plain)

    def _key(self, key: object) -> str:
        """A key as pydantic writes it: numbers, dates and the like become text."""
        if isinstance(key, str) and not isinstance(key, Enum):
            return self._text(str.__str__(key))
        try:
            return self._text(next(iter(to_jsonable_python({key: None}))))
        except (PydanticSerializationError, UnicodeDecodeError):
            raise self._no_json(f"a key that is a {type(key).__name__}") from None
