"""Tools, their calls and results, schemas and limits, as both wires have them."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from agentchat.errors import ConfigurationError
from agentchat.policy.prompts.request import escaped, resolve
from agentchat.policy.prompts.wires import (
    answer_tool_field,
    answered,
    called,
    fitting_name,
    format_field,
    limit_field,
    tools_field,
)
from agentchat.transcript.calls import JsonObject, Piece, ToolSpec, Wire
from agentchat.transcript.messages import BlobPart, Part, ReasoningPart, TextPart, ToolCallPart
from tests.policy.wire_shapes import message, record, request

WIRES: tuple[Wire, ...] = get_args(Wire)
THOUGHT = '{"type":"reasoning","summary":[],"id":"rs_1","encrypted_content":"gA=="}'
PARTS: tuple[Part, ...] = (
    ReasoningPart(content='I "think"', signature=THOUGHT),
    TextPart(content="Let me\nsee: “é” 🙂 "),
    TextPart(content=""),
    TextPart(content="…"),
    ToolCallPart(id='a"1', name="add", arguments='{"x": "\\"é\\""}'),
    ToolCallPart(id="b", name="sub", arguments='{"y": '),
)


def sent(wire: Wire, parts: tuple[Part, ...], *, reasoning: bool = False) -> list[dict[str, JsonValue]]:
    """The messages that a reply makes."""
    transcript = record(parts)
    return [message(wire, transcript, pieces) for pieces in called(wire, 3, parts, reasoning=reasoning)]


def function(name: str, arguments: str, call_id: str) -> JsonObject:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_tool_calls_in_chat() -> None:
    assert sent("chat", PARTS) == [
        {
            "role": "assistant",
            "content": "Let me\nsee: “é” 🙂 …",
            "tool_calls": [function("add", '{"x": "\\"é\\""}', 'a"1'), function("sub", "{}", "b")],
        }
    ]


def test_tool_calls_alone_in_chat() -> None:
    (only,) = sent("chat", (ToolCallPart(id="a", name="add", arguments="{}"),))
    assert only == {"role": "assistant", "content": None, "tool_calls": [function("add", "{}", "a")]}


def test_a_reply_without_tool_calls_in_chat() -> None:
    assert sent("chat", (TextPart(content="4"),)) == [{"role": "assistant", "content": "4"}]


def test_thoughts_in_chat_go_back_where_they_are_wanted() -> None:
    parts = (*PARTS, ReasoningPart(content=" on"), ReasoningPart(content="", signature="?"))
    transcript = record(parts)
    ((pieces),) = called("chat", 3, parts, reasoning=True)
    value = json.loads(resolve(transcript, pieces))
    assert value.pop("reasoning_content") == 'I "think" on'
    assert [value] == sent("chat", PARTS)
    without = (TextPart(content="x"), PARTS[4])
    assert called("chat", 3, without, reasoning=True) == called("chat", 3, without, reasoning=False)


def test_tool_calls_in_responses() -> None:
    items = [
        {"type": "message", "role": "assistant", "content": "Let me\nsee: “é” 🙂 "},
        {"type": "message", "role": "assistant", "content": "…"},
        {"type": "function_call", "call_id": 'a"1', "name": "add", "arguments": '{"x": "\\"é\\""}'},
        {"type": "function_call", "call_id": "b", "name": "sub", "arguments": "{}"},
    ]
    assert sent("responses", PARTS) == items
    assert sent("responses", PARTS, reasoning=True) == [json.loads(THOUGHT), *items]


def test_thoughts_that_nobody_can_read_stay_away() -> None:
    parts = (
        ReasoningPart(content="so"),
        ReasoningPart(content="", signature=""),
        BlobPart(mime_type="a/b", content=""),
    )
    assert called("responses", 3, parts, reasoning=True) == []


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("arguments", ["", " ", "[]", "null", '"x"', "{", "{}{}", '{"x":NaN}', "[" * 10**5])
def test_arguments_that_are_no_object_go_back_as_none(wire: Wire, arguments: str) -> None:
    (only,) = sent(wire, (ToolCallPart(id="a", name="f", arguments=arguments),))
    assert '"arguments": "{}"' in json.dumps(only)


@pytest.mark.parametrize("wire", WIRES)
def test_nothing_of_a_reply_is_copied_into_a_recipe(wire: Wire) -> None:
    messages = called(wire, 3, PARTS, reasoning=True)
    literals = "".join(piece for pieces in messages for piece in pieces if piece.startswith("="))
    for text in ("think", "see", "add", "é", "gA==", 'a\\"1'):
        assert text not in literals
    for pieces in messages:
        assert not any(before[0] == after[0] == "=" for before, after in pairwise(pieces))


CONTENTS: list[tuple[tuple[Piece, ...], str]] = [
    (("~2/body/parts/0/content",), 'say "é"\n'),
    (("=plain ", "~2/body/parts/0/content", "=!"), 'plain say "é"\n!'),
    (("~2/body/parts/0",), '{"type":"text","content":"say \\"é\\"\\n"}'),
    (("=" + escaped('a "b"'),), 'a "b"'),
    ((), ""),
]


@pytest.mark.parametrize(("content", "text"), CONTENTS)
def test_the_result_of_a_tool_call(content: tuple[Piece, ...], text: str) -> None:
    transcript = record((TextPart(content='say "é"\n'),))
    chat = message("chat", transcript, answered("chat", 'a"1', content))
    assert chat == {"role": "tool", "tool_call_id": 'a"1', "content": text}
    responses = message("responses", transcript, answered("responses", 'a"1', content))
    assert responses == {"type": "function_call_output", "call_id": 'a"1', "output": text}


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
replies = st.lists(
    st.one_of(
        st.builds(TextPart, content=anything),
        st.builds(ReasoningPart, content=anything, signature=st.sampled_from([None, THOUGHT])),
        st.builds(
            ToolCallPart,
            id=anything,
            name=anything,
            arguments=st.one_of(anything, st.dictionaries(anything, anything).map(json.dumps)),
        ),
    ),
    max_size=5,
).map(tuple)


@given(replies, st.sampled_from(WIRES), st.booleans())
def test_every_reply_goes_back_as_it_was(parts: tuple[Part, ...], wire: Wire, reasoning: bool) -> None:
    transcript = record(parts)
    values = [json.loads(resolve(transcript, pieces)) for pieces in called(wire, 3, parts, reasoning=reasoning)]
    calls = [part for part in parts if isinstance(part, ToolCallPart)]
    if wire == "chat":
        (value,) = values
        found = [(call["id"], call["function"]["name"]) for call in value.get("tool_calls", [])]
        texts = [value["content"] or ""]
        arguments = [call["function"]["arguments"] for call in value.get("tool_calls", [])]
    else:
        items = [value for value in values if value["type"] == "function_call"]
        found = [(item["call_id"], item["name"]) for item in items]
        texts = [item["content"] for item in values if item["type"] == "message"]
        arguments = [item["arguments"] for item in items]
    assert found == [(call.id, _as_taken(call.name)) for call in calls]
    assert "".join(texts) == "".join(part.content for part in parts if isinstance(part, TextPart))
    assert all(isinstance(json.loads(text), dict) for text in arguments)


SCHEMA: JsonObject = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
ADD = ToolSpec(name="add", description="Adds “é”.", parameters=SCHEMA)
SUB = ToolSpec(name="sub", description="", parameters={"type": "object", "properties": {}})


def test_tools_in_chat() -> None:
    assert request("chat", tools_field("chat", [ADD, SUB]), limit_field("chat", 9)) == {
        "tools": [
            {"type": "function", "function": {"name": "add", "description": "Adds “é”.", "parameters": SCHEMA}},
            {"type": "function", "function": {"name": "sub", "description": "", "parameters": SUB.parameters}},
        ],
        "max_completion_tokens": 9,
    }


def test_tools_in_responses() -> None:
    assert request("responses", tools_field("responses", [ADD]), limit_field("responses", 9)) == {
        "tools": [
            {"type": "function", "name": "add", "description": "Adds “é”.", "parameters": SCHEMA, "strict": False}
        ],
        "max_output_tokens": 9,
    }


@pytest.mark.parametrize("wire", WIRES)
def test_no_tools_are_no_field(wire: Wire) -> None:
    assert tools_field(wire, []) == ""


@pytest.mark.parametrize("strict", [True, False])
def test_a_form_of_answer(strict: bool) -> None:
    kept = {"name": "Report_int_", "schema": SCHEMA, "strict": strict}
    assert request("chat", format_field("chat", "Report[int]", SCHEMA, strict)) == {
        "response_format": {"type": "json_schema", "json_schema": kept}
    }
    assert request("responses", format_field("responses", "Report[int]", SCHEMA, strict)) == {
        "text": {"format": {"type": "json_schema", **kept}}
    }


CARRIER: JsonObject = {
    "name": "Report",
    "description": "Give the answer. Call this once, when it is final.",
    "parameters": SCHEMA,
}


def test_an_answer_by_a_tool_alone() -> None:
    assert request("chat", answer_tool_field("chat", [], "Report", SCHEMA, True)) == {
        "tools": [{"type": "function", "function": {**CARRIER, "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "Report"}},
    }
    assert request("responses", answer_tool_field("responses", [], "Report", SCHEMA, True)) == {
        "tools": [{"type": "function", **CARRIER, "strict": True}],
        "tool_choice": {"type": "function", "name": "Report"},
    }


@pytest.mark.parametrize("wire", WIRES)
def test_an_answer_by_a_tool_among_others(wire: Wire) -> None:
    field = answer_tool_field(wire, [ADD], "Report", SCHEMA, False)
    value = request(wire, field)
    assert value["tool_choice"] == "required"
    assert field.startswith(tools_field(wire, [ADD])[:-1] + ",")
    assert field.count('"strict":true') == 0


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", ["", "a b", "ä", "a.b", "x" * 65, "a\n"])
def test_a_tool_that_no_service_takes_is_refused_by_name(wire: Wire, name: str) -> None:
    bad = ToolSpec(name=name, description="", parameters={})
    for render in (tools_field, lambda wire, tools: answer_tool_field(wire, tools, "A", SCHEMA, True)):
        with pytest.raises(ConfigurationError, match="no name for a tool") as caught:
            render(wire, [bad])
        assert repr(name) in str(caught.value)


@pytest.mark.parametrize("wire", WIRES)
def test_names_that_come_twice(wire: Wire) -> None:
    with pytest.raises(ConfigurationError, match="two tools are named 'add'"):
        tools_field(wire, [ADD, SUB, ADD])
    with pytest.raises(ConfigurationError, match="a tool is named 'add'"):
        answer_tool_field(wire, [ADD], "add", SCHEMA, True)


@given(st.text())
def test_every_name_can_be_made_to_fit(name: str) -> None:
    fitting = fitting_name(name)
    tools_field("chat", [ToolSpec(name=fitting, description="", parameters={})])
    assert fitting_name(fitting) == fitting


def _as_taken(name: str) -> str:
    """A name as services take it in a request: one that a model made up would have every further one refused."""
    return name if re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) else fitting_name(name) if name else "unnamed"
