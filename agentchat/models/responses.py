"""Answers of the Responses API, put together from their events: JSON in, one Reply out. Pure; no client in here.

An answer is a list of items: messages, thoughts, tool calls. Servers do not agree on where the whole of an item stands:
in its deltas, in `response.output_item.done`, or in the `response.completed` at the end, which some leave empty. So
each item takes what comes first, and what comes later fills what is missing. Text that was emitted stays as it was
heard, whatever a later event makes of it.

A thought that the server encrypted goes back to it word for word, or its next answer is worse: the JSON of such an item
is the `signature` of its ReasoningPart. Nothing is kept at the service, so ids that only it could look up are no use.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from agentchat.errors import ModelBadReply
from agentchat.models.arriving import MAX_ITEMS, MAX_TEXT, Arriving, arguments_text, string, tool_call, usage_of, word
from agentchat.models.http_errors import Service, from_error_object, mend
from agentchat.transcript.calls import Reply
from agentchat.transcript.messages import Part, ReasoningPart, TextPart, ToolCallPart

_FINISHES: Final = {"max_output_tokens": "length", "content_filter": "content_filter"}
"""Why an answer is incomplete, in the words of chat completions; any other reason is kept as it is."""

_ENDINGS: Final = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")

_DELTAS: Final = {
    "response.output_text.delta": "message",
    "response.refusal.delta": "message",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
    "response.function_call_arguments.delta": "function_call",
}
"""Events that carry a piece of an item, and the type of that item."""

_KINDS: Final = frozenset(_DELTAS.values())


class _Item:
    """One item of the output, as far as it has come. `done`: it came whole. `aside`: no part of the answer itself."""

    def __init__(self, index: object, kind: str) -> None:
        self.index = index
        self.kind = kind
        self.done = False
        self.aside = kind == "reasoning"
        self.id = ""
        self.name = ""
        self.text: list[str] = []
        self.signature: str | None = None


class ResponsesAnswer(Arriving):
    """One answer on its way. `emit` gets the text of its messages as it arrives, but for what is said aside."""

    def __init__(self, service: Service, emit: Callable[[str], None], *, max_text: int = MAX_TEXT) -> None:
        super().__init__(service, emit, max_text=max_text)
        self._items: list[_Item] = []
        self._speaking: _Item | None = None
        self._status: str | None = None
        self._reason: str | None = None
        self._refused = False

    def take(self, data: bytes, *, whole: bool = False) -> None:
        """One event of a stream, or a whole response."""
        event = self._object(data)
        kind = string(event.get("type"))
        if whole:
            if not (event.get("output") or event.get("error") or word(event.get("status"))):
                raise ModelBadReply(f"{self._service.address} sent something that is no answer: {self._excerpt(data)}")
            self._take_response(event)
        elif kind in _ENDINGS:
            found = event.get("response")
            self._take_response({**(found if isinstance(found, dict) else {}), "status": kind.partition(".")[2]})
            self.over = True
        elif kind in _DELTAS:
            self._take_delta(kind, event)
        elif kind == "response.function_call_arguments.done":
            if call := self._under_way(_place(event), "function_call"):
                self._replace(call, arguments_text(event.get("arguments")))
        elif kind == "response.reasoning_summary_part.added":
            thought = self._under_way(_place(event), "reasoning")
            if thought and thought.text:
                self._add(thought, "\n\n")
        elif kind in ("response.output_item.added", "response.output_item.done"):
            item = event.get("item")
            if isinstance(item, dict) and item.get("type") in _KINDS:
                self._take_item(self._open(_place(event, item), item["type"], _id(item)), item, kind)
        elif kind == "error" or (not kind and event.get("error")):
            self.fail(data)

    def reply(self) -> Reply:
        """The whole answer. Raises ModelBadReply when the server never said that it was finished."""
        if self._status not in ("completed", "incomplete"):
            raise ModelBadReply(f"the answer of {self._service.address} broke off: it was never completed")
        self._flush()
        parts: list[Part] = []
        calls: list[ToolCallPart] = []
        for item in self._items:
            text = mend("".join(item.text))
            if item.kind == "function_call":
                calls.append(tool_call(item.id, item.name, text, calls))
                parts.append(calls[-1])
            elif item.aside and (text or item.signature):
                parts.append(ReasoningPart(content=text, signature=item.signature))
            elif text:
                parts.append(TextPart(content=text))
        if not calls and not self.partial:
            parts.append(TextPart(content=""))
        finish = self._finish(bool(calls))
        return Reply(parts=tuple(parts), finish=finish, model=self._model, usage=self._usage, response_id=self._id)

    def _finish(self, calls: bool) -> str:
        if self._status == "incomplete":
            reason = self._reason or "incomplete"
            return _FINISHES.get(reason, reason)
        if calls:
            return "tool_calls"
        return "refusal" if self._refused else "stop"

    def _take_response(self, response: dict[str, object]) -> None:
        """What holds for the answer as a whole, and the items of it that have not come yet."""
        self._status = word(response.get("status")) or self._status
        if response.get("error") or self._status in ("failed", "cancelled"):
            error = response.get("error") or {"message": f"the response is {self._status}"}
            raise from_error_object(self._service, error)
        self._model = word(response.get("model"))
        self._id = word(response.get("id"))
        self._usage = usage_of(response.get("usage"), "input", "output")
        details = response.get("incomplete_details")
        self._reason = word(details.get("reason")) if isinstance(details, dict) else None
        output = response.get("output")
        came = {kind: [item for item in self._items if item.kind == kind] for kind in _KINDS}
        for place, item in enumerate(output if isinstance(output, list) else ()):
            if not isinstance(item, dict) or item.get("type") not in _KINDS:
                continue
            # The first message here is the first that came, and so on: not all servers number them alike.
            before = came[item["type"]]
            known = before.pop(0) if before else self._new(("output", place), item["type"])
            if not known.done:
                self._take_item(known, item, "response.output_item.done")

    def _under_way(self, index: object, kind: str, call_id: str = "") -> _Item | None:
        """The item at a place of the output that has begun and is not done."""
        for item in reversed(self._items):
            fits = not (call_id and item.id) or call_id == item.id
            if item.index == index and item.kind == kind and not item.done and fits:
                return item
        return None

    def _open(self, index: object, kind: str, call_id: str = "") -> _Item:
        return self._under_way(index, kind, call_id) or self._new(index, kind)

    def _new(self, index: object, kind: str) -> _Item:
        if len(self._items) == MAX_ITEMS:
            raise ModelBadReply(f"the answer has more than {MAX_ITEMS} items")
        self._items.append(_Item(index, kind))
        return self._items[-1]

    def _take_delta(self, kind: str, event: dict[str, object]) -> None:
        if text := string(event.get("delta")):
            self._refused = self._refused or kind == "response.refusal.delta"
            self._add(self._open(_place(event), _DELTAS[kind]), text)

    def _take_item(self, item: _Item, given: dict[str, object], kind: str) -> None:
        """An item as it is announced, or whole as it is done."""
        item.done = kind.endswith("done")
        item.id = item.id or _id(given)
        item.name = string(given.get("name")) or item.name
        if item.kind == "message":
            # What a model says on its way to the answer; shown to nobody as its answer, and sent back as what it was.
            item.aside = item.aside or (given.get("phase") == "commentary" and not item.text)
        if not item.done:
            return
        if item.kind == "function_call":
            self._replace(item, arguments_text(given.get("arguments")))
        elif item.kind == "reasoning":
            self._replace(item, "\n\n".join(_texts(given.get("summary"))) or "".join(_texts(given.get("content"))))
            item.signature = _thought(given)
        else:
            self._take_message(item, given)
        self._count(item.signature or "")

    def _take_message(self, item: _Item, given: dict[str, object]) -> None:
        heard, said = "".join(item.text), "".join(_texts(given.get("content")))
        content = given.get("content")
        if isinstance(content, list) and any(isinstance(part, dict) and part.get("refusal") for part in content):
            self._refused = True
        if said.startswith(heard) and said != heard:
            self._add(item, said[len(heard) :])
        if item.aside:
            shape = {"type": "message", "role": "assistant", "phase": "commentary", "content": "".join(item.text)}
            item.signature = _compact(shape)

    def _add(self, item: _Item, text: str) -> None:
        item.text.append(text)
        if item.kind == "message" and not item.aside:
            if item is not self._speaking:
                # Half a character is never finished by another message.
                self._flush()
                self._speaking = item
            self._add_text(text)
        else:
            self._count(text)

    def _replace(self, item: _Item, text: str) -> None:
        """The whole text of an item of which nothing was emitted; none leaves what came before."""
        if text:
            self._room += sum(map(len, item.text))
            self._count(text)
            item.text = [text]


def _place(event: dict[str, object], item: dict[str, object] | None = None) -> object:
    """What tells an event's item from the others: its number in the output, or where a server gives none, its id."""
    index = event.get("output_index")
    return (item or {}).get("id", event.get("item_id")) if index is None else index


def _id(item: dict[str, object]) -> str:
    """What a result names its call by. The item's own `id` is another, and may change from event to event."""
    return string(item.get("call_id"))


def _texts(parts: object) -> list[str]:
    """The texts of a list of parts, refusals among them."""
    found = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return [string(part.get("text")) or string(part.get("refusal")) for part in found]


def _thought(item: dict[str, object]) -> str | None:
    """A reasoning item as it is sent back; None where there is nothing in it that the server could read.

    OpenAI takes the encrypted form without the plain one; servers that do not encrypt take the plain one.
    """
    summary = item.get("summary")
    kept: dict[str, object] = {"type": "reasoning", "summary": summary if isinstance(summary, list) else []}
    if item_id := string(item.get("id")):
        kept["id"] = item_id
    if encrypted := string(item.get("encrypted_content")):
        return _compact({**kept, "encrypted_content": encrypted})
    content = item.get("content")
    return _compact({**kept, "content": content}) if isinstance(content, list) and content else None


def _compact(value: Mapping[str, object]) -> str:
    return mend(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
