"""The request of a call as a person reads it: messages, tools, the form of the answer, settings. Pure.

Nothing of a request is left out but the middle of long data, such as pictures. Every text is sanitised here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue
from rich.text import Text

from agentchat.debug.asked import Asked
from agentchat.terminal.highlight import verbatim
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.transcript.calls import AskRecipe, CodeRecipe, ModelRecipe, ToolRecipe

_HEAD: Final = "bold"
_MOST_DATA: Final = 200
"""Characters of an address that holds its data in itself (data:image/png;base64,...) which are shown."""


def told_of(asked: Asked) -> str:
    """Which call it is and how sure it is, on one line."""
    started, recipe = asked.started, asked.started.recipe
    what = {
        "model": f"the request to {recipe.model}" if isinstance(recipe, ModelRecipe) else "",
        "code": f"the {recipe.language} program, run in {recipe.sandbox}," if isinstance(recipe, CodeRecipe) else "",
        "tool": f"the call of {recipe.name}" if isinstance(recipe, ToolRecipe) else "",
        "ask": f"the question to {recipe.to}" if isinstance(recipe, AskRecipe) else "",
    }[recipe.call]
    place = f"event {asked.seq}: {what} by {started.agent} (turn {started.turn}, call {started.ordinal}"
    proof = "digest matches" if asked.proven else "DIGEST DIFFERS"
    told = f"{place}, attempt {started.attempt}): {len(asked.body):,} bytes, {proof}, sha256 {asked.rebuilt}"
    return sanitize_line(told)


def request_text(asked: Asked) -> Iterator[Text]:
    """A request in blocks, one below the other."""
    recipe = asked.started.recipe
    if isinstance(recipe, ModelRecipe):
        yield from _body(asked.body.decode())
    elif isinstance(recipe, ToolRecipe):
        yield _block(recipe.name, json.dumps(recipe.arguments, ensure_ascii=False, indent=2))
    elif isinstance(recipe, AskRecipe):
        yield _block(f"to {recipe.to}", recipe.question)
        yield _block("an answer must fit", json.dumps(recipe.answer_schema, ensure_ascii=False, indent=2))
    else:
        yield verbatim(sanitize(asked.source or ""))


def _body(text: str) -> Iterator[Text]:
    """The JSON of a model request; as it is where it is none."""
    try:
        body: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        yield verbatim(sanitize(text))
        return
    for key in ("messages", "input"):
        messages = body.pop(key, None)
        for message in messages if isinstance(messages, list) else ():
            yield from _message(message)
    tools = body.pop("tools", None)
    for tool in tools if isinstance(tools, list) else ():
        yield _tool(tool)
    for key in ("response_format", "text"):
        if key in body:
            yield _block("the answer must fit", _json(body.pop(key)))
    settings = "\n".join(f"{key}: {_json(value)}" for key, value in body.items())
    yield _block("settings", settings)


def _message(message: JsonValue) -> Iterator[Text]:
    """A message of either wire: who, and what; every further field by its name."""
    if not isinstance(message, dict):
        yield _block("message", _json(message))
        return
    rest = dict(message)
    kind = rest.pop("type", "message")
    head = str(rest.pop("role", kind))
    lines: list[str] = []
    for key in ("reasoning_content", "content", "output"):
        if key in rest:
            content = rest.pop(key)
            label = "" if key == "content" else f"{key}: "
            lines += [f"{label}{one}" for one in _content(content)]
    calls = rest.pop("tool_calls", None)
    lines += [_called(call) for call in calls] if isinstance(calls, list) else []
    if kind == "function_call":
        lines.append(f"{rest.pop('name', '')}({rest.pop('arguments', '')})")
    note = ", ".join(f"{key} {_json(value)}" for key, value in rest.items())
    yield _block(f"{head} ({note})" if note else head, "\n".join(lines))


def _content(content: JsonValue) -> Iterator[str]:
    if isinstance(content, str):
        yield content
        return
    for part in content if isinstance(content, list) else [content]:
        text = part.get("text") if isinstance(part, dict) else None
        if isinstance(text, str):
            yield text
        elif part is not None:
            yield _json(part)


def _called(call: JsonValue) -> str:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict):
        return f"calls {_json(call)}"
    return f"calls {function.get('name')}({function.get('arguments')}) as {call.get('id')}"


def _tool(tool: JsonValue) -> Text:
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(function, dict):
        return _block("tool", _json(tool))
    rest = {key: value for key, value in function.items() if key not in ("name", "description", "type")}
    lines = [str(function.get("description", "")), *(f"{key}: {_json(value)}" for key, value in rest.items())]
    return _block(f"tool {function.get('name')}", "\n".join(lines))


def _block(head: str, text: str) -> Text:
    """A heading, and what stands under it, every line set in and none broken: what is copied is what was sent."""
    block = Text(sanitize_line(head), style=_HEAD, no_wrap=True, overflow="ignore")
    for line in sanitize(text).split("\n") if text else ():
        block.append(f"\n  {line}" if line else "\n", style="not bold")
    return block


def _json(value: JsonValue) -> str:
    return json.dumps(_cut(value), ensure_ascii=False)


def _cut(value: JsonValue) -> JsonValue:
    """The same without the middle of data that nobody reads."""
    if isinstance(value, str) and value.startswith("data:") and len(value) > _MOST_DATA:
        return f"{value[:_MOST_DATA]}… ({len(value):,} characters)"
    if isinstance(value, list):
        return [_cut(one) for one in value]
    if isinstance(value, dict):
        return {key: _cut(one) for key, one in value.items()}
    return value
