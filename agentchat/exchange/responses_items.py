"""From the items of a Responses API request to the messages of a chat request.

An agent whose model is asked over the Responses API has its context in that API's words. Pure: JSON in, JSON out; what
has no counterpart in a chat is counted.

Shapes: OpenAI's API reference, checked in the tests against the types of the `openai` package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydantic import JsonValue

from agentchat.transcript.calls import JsonObject


def chat_messages(items: Iterable[JsonObject]) -> tuple[list[JsonObject], Counter[str]]:
    """The messages, and how many items or parts of which kind have no place among them.

    Neighbouring words and tool calls of an assistant are one message, as a chat has them.
    """
    found: list[JsonObject] = []
    lost: Counter[str] = Counter()
    for item in items:
        match item.get("type", "message"):
            case "message":
                found.append({"role": item.get("role"), "content": _content(item.get("content"), lost)})
            case "function_call":
                _calls_of(found).append(_call(item))
            case "function_call_output":
                found.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": item.get("output")})
            case kind:
                lost[f"{kind} item"] += 1
    return found, lost


def chat_settings(fields: JsonObject) -> tuple[JsonObject, list[str]]:
    """The settings of a request in a chat's words, and the names of those that have none there."""
    made: JsonObject = {}
    lost: list[str] = []
    for name, value in fields.items():
        match name, value:
            case "tools", list():
                made["tools"] = [_nested(tool) for tool in value]
            case "tool_choice", {"type": "function", "name": chosen}:
                made["tool_choice"] = {"type": "function", "function": {"name": chosen}}
            case "text", {"format": {"type": "json_schema"} as form} if isinstance(form, dict):
                schema: JsonObject = {key: one for key, one in form.items() if key != "type"}
                made["response_format"] = {"type": "json_schema", "json_schema": schema}
            case "reasoning", {"effort": effort}:
                made["reasoning_effort"] = effort
            case (("model" | "temperature" | "top_p" | "tool_choice" | "parallel_tool_calls" | "metadata"), _):
                made[name] = value
            case _:
                lost.append(name)
    return made, lost


def _calls_of(found: list[JsonObject]) -> list[JsonValue]:
    """The tool calls of the assistant's message that is being put together."""
    if not found or found[-1].get("role") != "assistant":
        found.append({"role": "assistant", "content": None})
    calls = found[-1].setdefault("tool_calls", [])
    assert isinstance(calls, list)
    return calls


def _call(item: JsonObject) -> JsonObject:
    function: JsonObject = {"name": item.get("name"), "arguments": item.get("arguments")}
    return {"id": item.get("call_id"), "type": "function", "function": function}


def _nested(tool: JsonValue) -> JsonValue:
    """A tool's definition: flat in one API, one level down in the other."""
    if not isinstance(tool, dict) or tool.get("type") != "function":
        return tool
    function = {name: value for name, value in tool.items() if name != "type" and (name, value) != ("strict", False)}
    return {"type": "function", "function": function}


def _content(content: JsonValue, lost: Counter[str]) -> JsonValue:
    if not isinstance(content, list):
        return content
    return [made for part in content if isinstance(part, dict) and (made := _part(part, lost)) is not None]


def _part(part: JsonObject, lost: Counter[str]) -> JsonObject | None:
    match part:
        case {"type": "input_text" | "output_text", "text": text}:
            return {"type": "text", "text": text}
        case {"type": "input_image", "image_url": url}:
            return {"type": "image_url", "image_url": {"url": url}}
        case {"type": "input_file", "file_id": held}:
            return {"type": "file", "file": {"file_id": held}}
        case {"type": "input_file", "file_data": data}:
            return {"type": "file", "file": {"filename": part.get("filename"), "file_data": data}}
    lost[f"{part.get('type')} part"] += 1
    return None
