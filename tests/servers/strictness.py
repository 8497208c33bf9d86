"""What a strict service would refuse in a request: the rules that OpenAI's own holds requests to, on both wires.

Small servers let most of it pass, so a test asks here instead: a request that is fine on loopback must not be one that
the real service turns away. Nothing of the package under test may be imported here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

Json: TypeAlias = Mapping[str, Any]

NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""Names of functions and of schemas: OpenAI's reference, `FunctionDefinition.name`."""
LEAST_OUTPUT: Final = 16
"""The least `max_output_tokens` that the Responses API takes."""


def complaints(path: str, body: Json) -> list[str]:
    """Why a service would answer this request with 400; empty where it would not. `path` says which wire it is."""
    return list(_responses(body) if path.endswith("/responses") else _chat(body))


def _chat(body: Json) -> Iterator[str]:
    yield from _limit(body, "max_completion_tokens", 1)
    names = [tool["function"]["name"] for tool in body.get("tools", ())]
    yield from _tools(names, body.get("tool_choice"))
    form = body.get("response_format")
    if form is not None:
        yield from _form(form.get("json_schema", {}) if form.get("type") == "json_schema" else {})
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        yield "there are no messages"
        return
    open_calls: list[str] = []
    for place, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role == "tool":
            if message.get("tool_call_id") in open_calls:
                open_calls.remove(message["tool_call_id"])
            else:
                yield f"message {place} answers {message.get('tool_call_id')!r}, which nobody asked for"
        elif open_calls:
            yield f"message {place} comes before the answers to {open_calls}"
            open_calls = []
        calls = message.get("tool_calls")
        if role not in ("system", "user", "assistant", "tool"):
            yield f"message {place} has the role {role!r}"
        if not isinstance(content, str | list) and not (role == "assistant" and calls):
            yield f"message {place} has no content"
        if calls is not None:
            functions = [call["function"] for call in calls]
            open_calls = [call["id"] for call in calls]
            yield from _asked(place, open_calls, functions)
    if open_calls:
        yield f"{open_calls} are never answered"


def _responses(body: Json) -> Iterator[str]:
    yield from _limit(body, "max_output_tokens", LEAST_OUTPUT)
    yield from _tools([tool["name"] for tool in body.get("tools", ())], body.get("tool_choice"))
    form = body.get("text", {}).get("format")
    if form is not None:
        yield from _form(form)
    items = body.get("input")
    if not isinstance(items, list) or not items:
        yield "there is no input"
        return
    open_calls: list[str] = []
    for place, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "function_call":
            yield from _asked(place, [item["call_id"]], [item])
            if item["call_id"] in open_calls:
                yield f"item {place} repeats the id {item['call_id']!r}"
            open_calls.append(item["call_id"])
        elif kind == "function_call_output":
            if item.get("call_id") in open_calls:
                open_calls.remove(item["call_id"])
            else:
                yield f"item {place} answers {item.get('call_id')!r}, which nobody asked for"
            if not isinstance(item.get("output"), str):
                yield f"item {place} has no output"
        elif kind == "message" and not isinstance(item.get("content"), str | list):
            yield f"item {place} has no content"
        elif kind not in ("message", "reasoning"):
            yield f"item {place} is of the type {kind!r}"
    if open_calls:
        yield f"{open_calls} are never answered"


def _asked(place: int, ids: list[str], functions: list[Json]) -> Iterator[str]:
    if not ids or len(set(ids)) != len(ids) or not all(ids):
        yield f"message {place} has the tool call ids {ids}"
    for function in functions:
        if not NAME.fullmatch(function["name"]):
            yield f"message {place} calls {function['name']!r}, which is no name"
        try:
            value = json.loads(function["arguments"])
        except ValueError:
            value = None
        if not isinstance(value, dict):
            yield f"message {place} calls {function['name']} with {function['arguments']!r}, which is no JSON object"


def _tools(names: list[str], choice: object) -> Iterator[str]:
    if len(set(names)) != len(names) or not all(NAME.fullmatch(name) for name in names):
        yield f"the tools are named {names}"
    if isinstance(choice, dict) and (choice.get("function") or choice).get("name") not in names:
        yield f"tool_choice is {choice}"
    if choice is not None and not names:
        yield "tool_choice without tools"


def _form(form: Json) -> Iterator[str]:
    if not NAME.fullmatch(form.get("name") or "") or form.get("schema", {}).get("type") != "object":
        yield f"the response format is {form}"


def _limit(body: Json, field: str, least: int) -> Iterator[str]:
    limit = body.get(field)
    if limit is not None and (not isinstance(limit, int) or limit < least):
        yield f"{field} is {limit!r}"
