"""Hypothesis strategies for instances of whatever is written down, read off the fields of the models."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from agentchat.transcript.events import Edited, Event

words = st.text(max_size=8) | st.sampled_from(
    ("$blob", "$$blob", '{"$blob":"', "\x00\x1b\u2028", "\U0001f40d", "é" * 3)
)
keys = st.sampled_from(("$blob", "$$blob", "$$$blob", "blob", "$", "kind", "")) | st.text(max_size=4)
numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: words,
    int: st.integers(-(2**70), 2**70),
    float: numbers,
    bool: st.booleans(),
    type(None): st.none(),
}


def of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type."""
    if annotation is JsonValue:
        return json_values
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    compound: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        Annotated: lambda: of(arguments[0]),
        Literal: lambda: st.sampled_from(arguments),
        Union: lambda: st.one_of([of(one) for one in arguments]),
        types.UnionType: lambda: st.one_of([of(one) for one in arguments]),
        tuple: lambda: _tuples(arguments),
        dict: lambda: st.dictionaries(keys, of(arguments[1]), max_size=3),
    }
    if origin in compound:
        return compound[origin]()
    assert issubclass(annotation, BaseModel), annotation
    return instances(annotation)


def _tuples(arguments: tuple[Any, ...]) -> st.SearchStrategy[tuple[Any, ...]]:
    if arguments[-1] is Ellipsis:
        return st.lists(of(arguments[0]), max_size=3).map(tuple)
    return st.tuples(*(of(one) for one in arguments))


def instances(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Instances of a model, optional fields given or not."""
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        (required if field.is_required() else optional)[name] = of(field.annotation)
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: model.model_validate(given))


KINDS: tuple[type[Any], ...] = get_args(Event)
EVENTS = {kind: instances(kind) for kind in KINDS}
events: st.SearchStrategy[Event] = st.one_of([made for kind, made in EVENTS.items() if kind is not Edited])
"""Any event that can follow any other: an edit needs something that it can be an edit of."""


def members(union: Any) -> tuple[type[Any], ...]:
    """The classes of an annotated union."""
    return get_args(get_args(union)[0])
