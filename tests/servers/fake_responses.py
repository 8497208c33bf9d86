"""What a service says on /responses: items, responses, and the events of a stream, in the shapes of OpenAI's reference.

A test holds them against the types of the `openai` package. Send them with the behaviours of `fake_openai`. Nothing of
the package under test may be imported here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from tests.servers.fake_openai import Behaviour, raw, status

USAGE = {
    "input_tokens": 7,
    "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
    "output_tokens": 3,
    "output_tokens_details": {"reasoning_tokens": 1},
    "total_tokens": 10,
}

Item = dict[str, object]


def message(*texts: str, phase: str | None = None, refusal: str | None = None) -> Item:
    """A message item of these texts, or a refusal."""
    content: list[object] = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    if refusal is not None:
        content.append({"type": "refusal", "refusal": refusal})
    item: Item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    return item if phase is None else {**item, "phase": phase}


def reasoning(*summary: str, encrypted: str | None = "gAAA==", content: Iterable[str] = ()) -> Item:
    """A reasoning item."""
    item: Item = {"type": "reasoning", "id": "rs_1", "status": "completed", "encrypted_content": encrypted}
    item["summary"] = [{"type": "summary_text", "text": text} for text in summary]
    if texts := [{"type": "reasoning_text", "text": text} for text in content]:
        item["content"] = texts
    return item


def function_call(call_id: str, name: str, arguments: str) -> Item:
    """A function call item."""
    item: Item = {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name}
    return {**item, "arguments": arguments, "status": "completed"}


def response(
    *items: Item, status: str = "completed", usage: object = USAGE, error: object = None, reason: str | None = None
) -> dict[str, object]:
    """A response object."""
    data: dict[str, object] = {"id": "resp_1", "object": "response", "created_at": 1.0, "model": "fake-1"}
    data |= {"status": status, "error": error, "incomplete_details": None if reason is None else {"reason": reason}}
    data |= {"output": list(items), "usage": usage, "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return data | {"instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0}


def event(kind: str, **fields: object) -> bytes:
    """One event as the service writes it."""
    data = json.dumps({"type": kind, "sequence_number": 0, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()


def item_events(index: int, item: Item, *, size: int = 4) -> list[bytes]:
    """The events of one item, its texts in pieces of so many characters."""
    kind, item_id = item["type"], item["id"]
    at = {"output_index": index, "item_id": item_id}
    begun: Item = {name: value for name, value in item.items() if name != "content"} | {"status": "in_progress"}
    if kind == "function_call":
        begun["arguments"] = ""
    elif kind == "message":
        begun["content"] = []
    else:
        begun |= {"summary": [], "encrypted_content": "gA"}
    events = [event("response.output_item.added", output_index=index, item=begun)]
    if kind == "function_call":
        events += _deltas("response.function_call_arguments.delta", str(item["arguments"]), size, at)
        done = {"arguments": item["arguments"], "name": item["name"]}
        events.append(event("response.function_call_arguments.done", **at, **done))
    parts = item.get("content") if kind == "message" else item.get("summary")
    assert parts is None or isinstance(parts, list)
    for place, part in enumerate(parts or ()):
        if kind == "reasoning":
            where = {**at, "summary_index": place}
            events.append(event("response.reasoning_summary_part.added", **where, part={**part, "text": ""}))
            events += _deltas("response.reasoning_summary_text.delta", part["text"], size, where)
            continue
        where = {**at, "content_index": place}
        field = "refusal" if part["type"] == "refusal" else "text"
        more: Item = {"logprobs": []} if field == "text" else {}
        word = "refusal" if field == "refusal" else "output_text"
        events.append(event("response.content_part.added", **where, part={**part, field: ""}))
        events += _deltas(f"response.{word}.delta", part[field], size, {**where, **more})
        events.append(event(f"response.{word}.done", **where, **more, **{field: part[field]}))
        events.append(event("response.content_part.done", **where, part=part))
    return [*events, event("response.output_item.done", output_index=index, item=item)]


def _deltas(kind: str, text: str, size: int, where: dict[str, object]) -> list[bytes]:
    return [event(kind, **where, delta=text[at : at + size]) for at in range(0, len(text), size)]


def begin() -> list[bytes]:
    """The events before the first item."""
    started = response(status="in_progress", usage=None)
    return [event("response.created", response=started), event("response.in_progress", response=started)]


def ending(*items: Item, status: str = "completed", usage: object = USAGE, reason: str | None = None) -> bytes:
    """The last event."""
    return event(f"response.{status}", response=response(*items, status=status, usage=usage, reason=reason))


def events(
    *items: Item, status: str = "completed", usage: object = USAGE, reason: str | None = None, size: int = 4
) -> list[bytes]:
    """The events of an ordinary answer of these items."""
    middle = [one for index, item in enumerate(items) for one in item_events(index, item, size=size)]
    return [*begin(), *middle, ending(*items, status=status, usage=usage, reason=reason)]


def streamed(*items: Item, status: str = "completed", usage: object = USAGE, reason: str | None = None) -> Behaviour:
    """An ordinary streamed answer."""
    return raw(events(*items, status=status, usage=usage, reason=reason))


def in_one_piece(*items: Item, state: str = "completed", error: object = None, reason: str | None = None) -> Behaviour:
    """An ordinary answer in one piece."""
    return status(200, response(*items, status=state, error=error, reason=reason))
