"""A reply made of what a script or a function answers with: text, a typed answer, calls of tools.

It is what a model of a real service would have sent, so that nothing behind it can tell the two apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeAlias

from pydantic import BaseModel, JsonValue

from agentchat.policy.prompts.request import ModelRequest
from agentchat.transcript.calls import Reply
from agentchat.transcript.messages import HAND_OVER, Direction, Handoff, Part, Text, TextPart, ToolCallPart

Answered: TypeAlias = "str | BaseModel | Sequence[Part]"
"""What stands for a reply: see `KINDS`."""
KINDS = "a text, a pydantic model (a typed answer), a Handoff, a ToolCallPart or a list of them, or a whole Reply"


def text_reply(text: str) -> Reply:
    """A finished reply of one text; its usage is unknown."""
    return Reply(parts=(TextPart(content=text),), finish="stop")


def is_answer(value: object) -> bool:
    """Whether `reply_of` takes it."""
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(part, TextPart | ToolCallPart) for part in value)
    return isinstance(value, str | BaseModel)


def reply_of(answer: Answered, request: ModelRequest) -> Reply:
    """The reply to a request: a text as it is, a typed answer in the form in which the request asks for one."""
    if isinstance(answer, str):
        return text_reply(answer)
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, Handoff):
        reason = {} if answer.reason is None else {"reason": answer.reason}
        return _of_parts([ToolCallPart.of(f"{HAND_OVER}{answer.to}", **reason)])
    if isinstance(answer, TextPart | ToolCallPart):
        return _of_parts([answer])
    if isinstance(answer, BaseModel):
        return text_reply(_written(answer, request))
    return _of_parts(answer)


def _of_parts(parts: Sequence[Part]) -> Reply:
    """A reply of these parts; calls of one id are numbered, for each is answered by its own."""
    taken: dict[str, int] = {}
    told: list[Part] = []
    for part in parts:
        if isinstance(part, ToolCallPart):
            taken[part.id] = count = taken.get(part.id, 0) + 1
            told.append(part if count == 1 else part.model_copy(update={"id": f"{part.id}_{count}"}))
        else:
            told.append(part)
    return Reply(parts=tuple(told), finish="tool_calls" if taken else "stop")


def _written(answer: BaseModel, request: ModelRequest) -> str:
    """A typed answer as JSON, inside the object that the schema of the request puts it in, if it does."""
    schema = _schema(request)
    inner = schema["answer"] if schema is not None and list(schema) == ["answer"] else None
    several = isinstance(inner, dict) and _is_tagged(inner.get("anyOf"))
    if isinstance(answer, Text) and not several:
        return answer.text
    value = _value(answer)
    if several:
        name = "str" if isinstance(answer, Text) else type(answer).__name__
        value = {"answer": {"type": name, "value": value}}
    elif inner is not None and not isinstance(value, dict):
        value = {"answer": value}
    return json.dumps(value, ensure_ascii=False)


def _value(answer: BaseModel) -> JsonValue:
    if isinstance(answer, Text):
        return answer.text
    left_out = {"kind", "about"} if isinstance(answer, Direction) and answer.about is None else set()
    value: JsonValue = answer.model_dump(mode="json", by_alias=True, exclude=left_out)
    return value


def _schema(request: ModelRequest) -> dict[str, JsonValue] | None:
    """The fields of the schema that the answer is to fit, if there is one."""
    found: JsonValue = json.loads(request.body())
    for key in ("response_format", "json_schema", "schema", "properties"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _is_tagged(forms: JsonValue) -> bool:
    """Whether these are the forms of an answer that names its type."""
    fields = [form.get("properties") for form in forms if isinstance(form, dict)] if isinstance(forms, list) else []
    return bool(fields) and all(isinstance(one, dict) and list(one) == ["type", "value"] for one in fields)
