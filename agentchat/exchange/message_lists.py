"""OpenAI message lists as they are read from a file: checked message by message, each error with its place.

A file holds one list, one object with `messages`, or one of these on every line. What is understood becomes plain data
here; what has no place in a transcript is named, never dropped in silence. Never here: transcripts.

Shapes: OpenAI's API reference, Chat Completions, request messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from pydantic import JsonValue

from agentchat.errors import NotATranscript
from agentchat.exchange.message_parts import parts_of
from agentchat.policy.cards import ToolCard
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.messages import Part, ReasoningPart, TextPart, ToolCallPart, text_of

Role = Literal["system", "user", "assistant", "tool"]

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}
_KNOWN: Final = frozenset({"role", "content", "name", "tool_calls", "tool_call_id", "refusal", "reasoning_content"})
_EMPTY: Final[tuple[JsonValue, ...]] = (None, [], {}, "")
"""What a field may hold without saying anything: dumps of SDK objects have many of these."""


class Given(NamedTuple):
    """One message. place: where it stands in the list, from 0. answers: the id of the tool call whose result it is."""

    place: int
    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    answers: str | None = None

    @property
    def text(self) -> str:
        """Its text."""
        return text_of(self.parts)

    @property
    def calls(self) -> tuple[ToolCallPart, ...]:
        """The tool calls that it asks for."""
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

    def __str__(self) -> str:
        return f"messages[{self.place}]"


class MessageList(NamedTuple):
    """One conversation of a file. where: its line, for errors, where there are several. lost: what has no place."""

    where: str
    messages: tuple[Given, ...]
    tools: tuple[ToolCard, ...] = ()
    model: str | None = None
    agent: str | None = None
    lost: tuple[str, ...] = ()


def read_message_lists(text: str) -> list[MessageList]:
    """The message lists in a file's text. Raises NotATranscript that names line and message for what is none."""
    try:
        whole = _json(text)
    except NotATranscript:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2:
            raise
        return [_read(_json(line, number), f"line {number}: ") for number, line in lines]
    return [_read(whole, "")]


def _json(text: str, line: int | None = None) -> JsonValue:
    try:
        found: JsonValue = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise NotATranscript(f"this is no JSON ({error})", line=line) from None
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def _read(value: JsonValue, where: str) -> MessageList:
    """One list, or an object that holds one."""
    fields: JsonObject = {}
    if isinstance(value, dict):
        if "event" in value and "seq" in value:
            raise NotATranscript(f"{where}this is a transcript already; look at it with: agentchat show FILE")
        fields, value = value, value.get("messages")
    if not isinstance(value, list):
        raise NotATranscript(f"{where}this is no message list: neither a list of messages nor an object with one")
    lost: list[str] = []
    messages = [_message(index, one, where, lost) for index, one in enumerate(value)]
    _check_results(messages, where)
    if all(one.role == "system" for one in messages):
        raise NotATranscript(f"{where}the list holds no message of a user or an assistant")
    tools = tuple(_tools(fields.get("tools"), where, lost))
    model, named = fields.get("model"), fields.get("metadata")
    agent = named.get("agent") if isinstance(named, dict) else None
    unkept = sorted(fields.keys() - {"messages", "tools", "model", "metadata"})
    if unkept:
        lost.append(f"settings of the request: {', '.join(unkept)}")
    told = (f"{one}{f' ({where[:-2]})' if where else ''}" for one in lost)
    return MessageList(where, tuple(messages), tools, _word(model), _word(agent), tuple(told))


def _word(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _message(index: int, value: JsonValue, where: str, lost: list[str]) -> Given:
    place = f"{where}messages[{index}]"
    if not isinstance(value, dict):
        raise NotATranscript(f"{place} is no object with a role and a content")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotATranscript(f"{place} holds text that cannot be written as UTF-8 ({error})") from None
    role = _ROLES.get(str(value.get("role")))
    if role is None:
        known = ", ".join(_ROLES)
        raise NotATranscript(f"{place}: its role is {value.get('role')!r}; there are {known}")
    unkept = sorted(name for name, one in value.items() if name not in _KNOWN and one not in _EMPTY)
    lost += [f"the {name} of messages[{index}]" for name in unkept]
    parts, unsaid = parts_of(value.get("content"), place, role)
    lost += [f"{one} of messages[{index}]" for one in unsaid]
    answers = value.get("tool_call_id")
    if role == "tool" and not isinstance(answers, str):
        raise NotATranscript(f"{place} is the result of a tool and names no tool_call_id")
    if role == "assistant":
        parts = (*_thought(value), *parts, *_refusal(value, index, lost), *_calls(value, place))
    return Given(index, role, parts, _word(value.get("name")), str(answers) if role == "tool" else None)


def _thought(value: JsonObject) -> Iterator[Part]:
    thought = value.get("reasoning_content")
    if isinstance(thought, str) and thought:
        yield ReasoningPart(content=thought)


def _refusal(value: JsonObject, index: int, lost: list[str]) -> Iterator[Part]:
    refusal = value.get("refusal")
    if isinstance(refusal, str) and refusal:
        lost.append(f"that messages[{index}] is a refusal; its words are kept")
        yield TextPart(content=refusal)


def _calls(value: JsonObject, place: str) -> Iterator[ToolCallPart]:
    if value.get("function_call") not in _EMPTY:
        raise NotATranscript(f"{place} has a function_call, which tool_calls took the place of; convert it first")
    calls = value.get("tool_calls") or []
    if not isinstance(calls, list):
        raise NotATranscript(f"{place}.tool_calls is no list")
    ids: set[str] = set()
    for number, call in enumerate(calls):
        at = f"{place}.tool_calls[{number}]"
        match call:
            case {"id": str(name), "function": {"name": str(function), "arguments": str(arguments)}}:
                if name in ids:
                    raise NotATranscript(f"{at}: two calls have the id {name!r}")
                ids.add(name)
                yield ToolCallPart(id=name, name=function, arguments=arguments)
            case _:
                raise NotATranscript(f"{at} is no call of a function with an id, a name and arguments as text")


def _check_results(messages: list[Given], where: str) -> None:
    """Raise where a call has no result before the conversation goes on, or a result has no call."""
    asked: Given | None = None
    open_calls: dict[str, None] = {}
    for one in (*messages, None):
        if one is not None and one.role == "tool":
            if one.answers not in open_calls:
                raise NotATranscript(f"{where}{one}: no call with the id {one.answers!r} waits for a result")
            del open_calls[one.answers]
            continue
        if open_calls:
            missing = ", ".join(map(repr, open_calls))
            raise NotATranscript(
                f"{where}{asked}: the tool call {missing} has no result; each call needs one message of the role "
                "'tool' behind it"
            )
        asked = one
        open_calls = {} if one is None else dict.fromkeys(call.id for call in one.calls)


def _tools(value: JsonValue, where: str, lost: list[str]) -> Iterator[ToolCard]:
    if value is None:
        return
    if not isinstance(value, list):
        raise NotATranscript(f"{where}tools is no list")
    for number, tool in enumerate(value):
        match tool:
            case {"type": "function", "function": {"name": str(name), **rest}}:
                parameters = rest.get("parameters")
                kept: JsonObject = {"type": "object", "properties": {}}
                if isinstance(parameters, dict):
                    kept = parameters
                yield ToolCard(name=name, description=str(rest.get("description") or ""), parameters=kept)
                if rest.get("strict"):
                    lost.append(f"that tools[{number}] is strict")
            case {"type": str(kind)} if kind != "function":
                lost.append(f"tools[{number}], which is of the type {kind}")
            case _:
                raise NotATranscript(f"{where}tools[{number}] is no function with a name")
