"""What of a request is more than a role and a text, in the words of each wire: tools, their calls, schemas, limits.

Two wires are known: "chat" (chat completions) and "responses" (the Responses API); pictures are in `media`. What goes
into a message is made of pieces, so that nothing is stored twice; what closes a request is JSON text. Pure: nothing
here sends, resolves or decides anything.

Shapes: OpenAI's API reference, checked in the tests against the types of the `openai` package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pydantic_core import from_json

from agentchat.errors import ConfigurationError
from agentchat.policy.prompts.request import escaped
from agentchat.transcript.calls import JsonObject, Piece, ToolSpec, Wire
from agentchat.transcript.messages import Part, ReasoningPart, TextPart, ToolCallPart

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""Names of tools and schemas: OpenAI's reference, `FunctionDefinition.name` and `JSONSchema.name`."""

_JSON: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def called(wire: Wire, seq: int, parts: Sequence[Part], *, reasoning: bool) -> list[tuple[Piece, ...]]:
    """A reply that asks for tools, as raw messages: one for "chat", one for every item for "responses".

    seq: the CallFinished that holds the reply, whose parts these are. reasoning: whether what the model thought goes
    back with it; only the model that thought it can read it. Arguments that are no JSON object go back as `{}`: servers
    that parse them would refuse every request from then on, and the answer to the call says what was wrong with them.
    """
    where = f"{seq}/result/parts"
    if wire == "responses":
        return [tuple(item) for place, part in enumerate(parts) if (item := _item(f"{where}/{place}", part, reasoning))]
    texts = [f"~{where}/{place}/content" for place, part in enumerate(parts) if _is_text(part)]
    pieces: list[Piece] = ['={"role":"assistant","content":']
    pieces += ['="', *texts, '="'] if texts else ["=null"]
    thoughts = [place for place, part in enumerate(parts) if isinstance(part, ReasoningPart) and part.content]
    if reasoning and thoughts:
        pieces += ['=,"reasoning_content":"', *(f"~{where}/{place}/content" for place in thoughts), '="']
    before = '=,"tool_calls":['
    for place, part in enumerate(parts):
        if isinstance(part, ToolCallPart):
            pieces += [before, '={"id":"', f"~{where}/{place}/id", '=","type":"function","function":{"name":"']
            pieces += [
                _name(f"{where}/{place}", part),
                '=","arguments":"',
                _arguments(f"{where}/{place}", part),
                '="}}',
            ]
            before = "=,"
    return [merged([*pieces, "=]}" if before == "=," else "=}"])]


def _item(where: str, part: Part, reasoning: bool) -> tuple[Piece, ...]:
    """One part of a reply as an item of the Responses API; empty for one that does not go back."""
    if isinstance(part, ReasoningPart):
        return (f"@{where}/signature",) if reasoning and part.signature else ()
    if isinstance(part, TextPart) and part.content:
        return ('={"type":"message","role":"assistant","content":"', f"~{where}/content", '="}')
    if not isinstance(part, ToolCallPart):
        return ()
    return merged(
        [
            *('={"type":"function_call","call_id":"', f"~{where}/id", '=","name":"', _name(where, part)),
            *('=","arguments":"', _arguments(where, part), '="}'),
        ]
    )


def _is_text(part: Part) -> bool:
    return isinstance(part, TextPart) and part.content != ""


def _name(where: str, part: ToolCallPart) -> Piece:
    """The name, as a service takes it: one that a model made up would have every further request refused."""
    if _NAME.fullmatch(part.name):
        return f"~{where}/name"
    return f"={fitting_name(part.name) if part.name else 'unnamed'}"


def _arguments(where: str, part: ToolCallPart) -> Piece:
    try:
        value = from_json(part.arguments, allow_inf_nan=False)
    except ValueError:
        value = None
    return f"~{where}/arguments" if isinstance(value, dict) else "={}"


def answered(wire: Wire, tool_call_id: str, content: Sequence[Piece]) -> tuple[Piece, ...]:
    """The result of a tool call as a raw message. `content`: pieces fit to stand inside a JSON string."""
    name = escaped(tool_call_id)
    if wire == "responses":
        head = f'={{"type":"function_call_output","call_id":"{name}","output":"'
    else:
        head = f'={{"role":"tool","tool_call_id":"{name}","content":"'
    return merged([head, *content, '="}'])


def merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The same pieces with neighbouring literals as one."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and piece.startswith("=") and merged[-1].startswith("="):
            merged[-1] += piece[1:]
        else:
            merged.append(piece)
    return tuple(merged)


def tools_field(wire: Wire, tools: Sequence[ToolSpec]) -> str:
    """The field that tells a model its tools, with the comma before it; empty without tools.

    Raises ConfigurationError for a name that no service takes, or that comes twice.
    """
    names = [tool.name for tool in tools]
    for place, name in enumerate(names):
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"{name!r} is no name for a tool: 1 to 64 letters, digits, _ and - are")
        if name in names[:place]:
            raise ConfigurationError(f"two tools are named {name!r}: give one of them another name")
    return _tools(wire, [(tool, None) for tool in tools])


def answer_tool_field(wire: Wire, tools: Sequence[ToolSpec], name: str, schema: JsonObject, strict: bool) -> str:
    """The tools and one more, named `fitting_name(name)`, whose arguments are the answer; some tool must be called.

    Alone, the model is held to that tool by name. Raises ConfigurationError as `tools_field` does.
    """
    tools_field(wire, tools)
    fitting = fitting_name(name)
    if any(tool.name == fitting for tool in tools):
        raise ConfigurationError(f"a tool is named {fitting!r}, as the tool that takes the answer is: rename it")
    carrier = ToolSpec(
        name=fitting, description="Give the answer. Call this once, when it is final.", parameters=schema
    )
    choice: object = "required"
    if not tools:
        choice = {"type": "function", "name": fitting}
        if wire == "chat":
            choice = {"type": "function", "function": {"name": fitting}}
    return f'{_tools(wire, [*((tool, None) for tool in tools), (carrier, strict)])},"tool_choice":{_JSON(choice)}'


def _tools(wire: Wire, tools: Sequence[tuple[ToolSpec, bool | None]]) -> str:
    if not tools:
        return ""
    shape: Callable[[ToolSpec, bool | None], dict[str, object]] = _chat_tool if wire == "chat" else _responses_tool
    return f',"tools":{_JSON([shape(tool, strict) for tool, strict in tools])}'


def _chat_tool(tool: ToolSpec, strict: bool | None) -> dict[str, object]:
    function: dict[str, object] = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    if strict:
        # Small servers do not all know the word; false is what its absence says.
        function["strict"] = True
    return {"type": "function", "function": function}


def _responses_tool(tool: ToolSpec, strict: bool | None) -> dict[str, object]:
    # Here its absence says true, which refuses every schema that has an optional field: so it is always written.
    shape: dict[str, object] = {"type": "function", "name": tool.name, "description": tool.description}
    return shape | {"parameters": tool.parameters, "strict": bool(strict)}


def format_field(wire: Wire, name: str, schema: JsonObject, strict: bool) -> str:
    """The field that holds an answer to a schema, with the comma before it. The name is made to fit."""
    kept = {"name": fitting_name(name), "schema": schema, "strict": strict}
    if wire == "responses":
        return f',"text":{_JSON({"format": {"type": "json_schema", **kept}})}'
    return f',"response_format":{_JSON({"type": "json_schema", "json_schema": kept})}'


def limit_field(wire: Wire, tokens: int) -> str:
    """The field that bounds the output, with the comma before it. `tokens` counts reasoning too."""
    return f',"{"max_completion_tokens" if wire == "chat" else "max_output_tokens"}":{tokens}'


def fitting_name(name: str) -> str:
    """The name of a message type as services take it: what they do not take is `_`, and 64 characters are enough."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "answer"
