"""For any signature and any arguments: what `check` lets through is what `call` can do, and the other way round."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import date
from typing import Any, Literal, NamedTuple

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from agentchat.errors import ToolError
from agentchat.seams import ToolCallContext
from agentchat.tools.function import FunctionTool
from tests.tools.test_parameters import Place, Point, Unit

CONTEXT = ToolCallContext("k", "c", "a")
TYPES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, st.integers(-(10**30), 10**30)),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (str, st.text(max_size=5)),
    (bool, st.booleans()),
    (date, st.dates().map(str)),
    (Unit, st.sampled_from(["C", "F"])),
    (Literal["a", 1], st.sampled_from(["a", 1])),
    (list[int], st.lists(st.integers(), max_size=3)),
    (dict[str, int | None], st.dictionaries(st.text(max_size=3), st.none() | st.integers(), max_size=2)),
    (Place | None, st.none() | st.fixed_dictionaries({"name": st.text(max_size=3)})),
    (Point, st.fixed_dictionaries({"x": st.integers()})),
]
WILD = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True) | st.sampled_from(["self", "schema", "model_config"])


class Given(NamedTuple):
    hints: dict[str, Any]
    optional: frozenset[str]
    arguments: dict[str, Any]


@st.composite
def calls(draw: st.DrawFn) -> Given:
    """A signature, and arguments that mostly fit it."""
    hints: dict[str, Any] = {}
    arguments: dict[str, Any] = {}
    optional: set[str] = set()
    for name in draw(st.lists(NAMES, unique=True, max_size=4)):
        hints[name], fitting = draw(st.sampled_from(TYPES))
        if draw(st.booleans()):
            optional.add(name)
        if name not in optional or draw(st.booleans()):
            arguments[name] = draw(st.one_of(fitting, fitting, fitting, WILD))
    if draw(st.integers(0, 5)) == 0:
        arguments[draw(NAMES)] = draw(WILD)
    return Given(hints, frozenset(optional), arguments)


def function_of(given_: Given, seen: dict[str, object]) -> Callable[..., Any]:
    async def made(**found: object) -> None:
        seen.update(found)

    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default="its own" if name in given_.optional else inspect.Parameter.empty,
        )
        for name in given_.hints
    ]
    made.__annotations__ = dict(given_.hints)
    made.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by inspect.signature
    return made


@settings(max_examples=60)
@given(calls())
def test_check_and_call_agree(case: Given) -> None:
    seen: dict[str, object] = {}
    made: FunctionTool[..., Any] = FunctionTool(function_of(case, seen))
    text = json.dumps(case.arguments)
    checked = made.check(text)

    async def call() -> str | None:
        try:
            await made.call(json.loads(text), CONTEXT)
        except ToolError as error:
            return str(error)
        return None

    problems = anyio.run(call)
    if isinstance(checked, dict):
        assert problems is None
        assert checked == case.arguments
        assert seen == {
            name: TypeAdapter(case.hints[name]).validate_json(json.dumps(value))
            for name, value in case.arguments.items()
        }
    else:
        assert problems == "\n".join(checked)
        assert seen == {}
