"""What the strict service complains of: a rule that never speaks would hold nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.servers.strictness import complaints

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
USER = {"role": "user", "content": "go"}


def calls(*ids: str, name: str = "add", arguments: str = "{}") -> dict[str, Any]:
    functions = [{"id": one, "type": "function", "function": {"name": name, "arguments": arguments}} for one in ids]
    return {"role": "assistant", "content": None, "tool_calls": functions}


def told(id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": "3"}


def call(id: str, name: str = "add", arguments: str = "{}") -> dict[str, Any]:
    return {"type": "function_call", "call_id": id, "name": name, "arguments": arguments}


def output(id: str, text: Any = "3") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": id, "output": text}


TOOL = {"type": "function", "function": {"name": "add", "parameters": {}}}
BAD_CHAT: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"messages": []}, "there are no messages"),
    "role": ({"messages": [{"role": "boss", "content": "go"}]}, "the role 'boss'"),
    "content": ({"messages": [{"role": "user", "content": None}]}, "no content"),
    "open at the end": ({"messages": [USER, calls("a", "b"), told("a")]}, "['b'] are never answered"),
    "open before a message": ({"messages": [USER, calls("a"), USER]}, "comes before the answers"),
    "twice": ({"messages": [USER, calls("a"), told("a"), told("a")]}, "which nobody asked for"),
    "stray": ({"messages": [USER, told("z")]}, "answers 'z', which nobody asked for"),
    "same ids": ({"messages": [USER, calls("a", "a"), told("a"), told("a")]}, "the tool call ids ['a', 'a']"),
    "no calls": ({"messages": [USER, {**calls(), "content": "x"}]}, "the tool call ids []"),
    "name": ({"messages": [USER, calls("a", name="f.add"), told("a")]}, "'f.add', which is no name"),
    "arguments": ({"messages": [USER, calls("a", arguments="{a"), told("a")]}, "which is no JSON object"),
    "list": ({"messages": [USER, calls("a", arguments="[]"), told("a")]}, "which is no JSON object"),
    "limit": ({"messages": [USER], "max_completion_tokens": 0}, "max_completion_tokens is 0"),
    "choice": ({"messages": [USER], "tools": [TOOL], "tool_choice": {"function": {"name": "b"}}}, "tool_choice is"),
    "choice alone": ({"messages": [USER], "tool_choice": "auto"}, "tool_choice without tools"),
    "tools": ({"messages": [USER], "tools": [TOOL, TOOL]}, "the tools are named ['add', 'add']"),
    "format": ({"messages": [USER], "response_format": {"type": "json_object"}}, "the response format is"),
}
BAD_RESPONSES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"input": []}, "there is no input"),
    "open": ({"input": [USER, call("a")]}, "['a'] are never answered"),
    "stray": ({"input": [USER, output("a")]}, "answers 'a', which nobody asked for"),
    "repeated": ({"input": [USER, call("a"), call("a"), output("a"), output("a")]}, "repeats the id 'a'"),
    "no output": ({"input": [USER, call("a"), output("a", None)]}, "has no output"),
    "name": ({"input": [USER, call("a", "a b"), output("a")]}, "'a b', which is no name"),
    "type": ({"input": [USER, {"type": "wish"}]}, "is of the type 'wish'"),
    "content": ({"input": [{"role": "user", "content": 3}]}, "has no content"),
    "limit": ({"input": [USER], "max_output_tokens": 15}, "max_output_tokens is 15"),
    "format": (
        {"input": [USER], "text": {"format": {"name": "x", "schema": {"type": "array"}}}},
        "the response format",
    ),
}


@pytest.mark.parametrize(("body", "problem"), BAD_CHAT.values(), ids=BAD_CHAT)
def test_what_it_refuses_on_chat_completions(body: dict[str, Any], problem: str) -> None:
    found = complaints(CHAT, body)
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(("body", "problem"), BAD_RESPONSES.values(), ids=BAD_RESPONSES)
def test_what_it_refuses_on_responses(body: dict[str, Any], problem: str) -> None:
    found = complaints(RESPONSES, body)
    assert any(problem in one for one in found), found


def test_what_it_takes() -> None:
    form = {"name": "Sum", "schema": {"type": "object"}}
    chat = {
        "messages": [USER, calls("a", "b"), told("b"), told("a"), calls("a"), told("a"), {**USER, "role": "assistant"}],
        "tools": [TOOL],
        "tool_choice": {"type": "function", "function": {"name": "add"}},
        "response_format": {"type": "json_schema", "json_schema": form},
        "max_completion_tokens": 16,
    }
    assert complaints(CHAT, chat) == []
    items = [USER, call("a"), call("b"), output("b"), output("a"), {"type": "reasoning"}, call("a"), output("a")]
    tools = [{"type": "function", "name": "add"}]
    responses = {"input": items, "tools": tools, "tool_choice": "required", "text": {"format": form}}
    assert complaints(RESPONSES, responses) == []
