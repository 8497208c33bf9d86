"""Chat completion answers, put together from their pieces: JSON in, one Reply out. Pure; no client in here.

Servers do not agree on how tool calls come in fragments: without ids or numbers, all with number 0, with the name in
every fragment, with arguments that are an object. All of these are read; what the arguments say is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agentchat.errors import ModelBadReply, ModelServerError
from agentchat.models.arriving import MAX_ITEMS, MAX_TEXT, Arriving, arguments_text, string, tool_call, usage_of, word
from agentchat.models.http_errors import Service, from_error_object, mend
from agentchat.transcript.calls import Reply
from agentchat.transcript.messages import Part, ReasoningPart, TextPart, ToolCallPart

_BROKEN: Final = frozenset({"error", "abort", "insufficient_system_resource", "network_error"})
"""Endings that say the server gave up, though the stream is whole: OpenRouter's, vLLM's, DeepSeek's, Zhipu's."""


_LEGACY: Final = "function_call"
"""The place of the one call of an answer in the form that services had before `tool_calls`."""


class _ToolCall:
    """A tool call as far as it has come."""

    def __init__(self, place: object) -> None:
        self.place = place
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


class Answer(Arriving):
    """One answer on its way. `emit` gets its text as it arrives."""

    def __init__(self, service: Service, emit: Callable[[str], None], *, max_text: int = MAX_TEXT) -> None:
        super().__init__(service, emit, max_text=max_text)
        self.finish: str | None = None
        self._reasoning: list[str] = []
        self._tool_calls: list[_ToolCall] = []
        self._refused = False
        self._odd: str | None = None

    def take(self, data: bytes, *, whole: bool = False) -> None:
        """One chunk of a stream, or a whole answer."""
        chunk = self._object(data)
        if error := chunk.get("error") or (chunk if chunk.get("object") == "error" else None):
            raise from_error_object(self._service, error)
        self._model = word(chunk.get("model")) or self._model
        self._id = word(chunk.get("id")) or self._id
        self._usage = usage_of(chunk.get("usage"), "prompt", "completion") or self._usage
        choices = chunk.get("choices")
        if not choices and (whole or not ("choices" in chunk or chunk.get("usage"))):
            self._odd = self._odd or self._excerpt(data)
        for choice in choices if isinstance(choices, list) else ():
            # A single choice is asked for; what a server sends besides is not part of the answer.
            if not isinstance(choice, dict) or choice.get("index", 0) not in (0, None):
                continue
            if error := choice.get("error"):
                raise from_error_object(self._service, error)
            # Some send the one where the other is due.
            part = choice.get("message" if whole else "delta", choice.get("delta" if whole else "message"))
            if isinstance(part, dict) and not (self._text and "delta" not in choice):
                self._take_part(part, whole)
            self.finish = word(choice.get("finish_reason")) or self.finish

    def reply(self) -> Reply:
        """The whole answer. Raises ModelBadReply when the server never said that it was finished."""
        if self.finish is None:
            if self._odd and not (self._text or self._reasoning or self._tool_calls):
                raise ModelBadReply(f"{self._service.address} sent something that is no answer: {self._odd}")
            raise ModelBadReply(f"the answer of {self._service.address} broke off: it has no finish_reason")
        if self.finish in _BROKEN:
            raise ModelServerError(f"{self._service.address} gave its answer up in the middle ({self.finish})")
        self._flush()
        parts: list[Part] = []
        if reasoning := mend("".join(self._reasoning)):
            parts.append(ReasoningPart(content=reasoning))
        text = self.partial
        if text or not self._tool_calls:
            parts.append(TextPart(content=text or ""))
        calls: list[ToolCallPart] = []
        for call in self._tool_calls:
            calls.append(tool_call(call.id, call.name, "".join(call.arguments), calls))
        # A refusal comes with the word "stop"; as an ordinary ending it would pass for an answer.
        finish = "refusal" if self._refused and self.finish == "stop" else self.finish
        parts += calls
        return Reply(parts=tuple(parts), finish=finish, model=self._model, usage=self._usage, response_id=self._id)

    def _take_part(self, part: dict[str, object], whole: bool) -> None:
        if text := _content(part.get("content")):
            self._add_text(text)
        if refusal := string(part.get("refusal")):
            self._refused = True
            self._add_text(refusal)
        if reasoning := string(part.get("reasoning_content")) or string(part.get("reasoning")):
            self._count(reasoning)
            self._reasoning.append(reasoning)
        calls = part.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict):
                self._add_tool_call(call, place, whole)
        # What `tool_calls` came from; some old servers know no other, some send both.
        only = all(call.place == _LEGACY for call in self._tool_calls)
        if isinstance(legacy := part.get("function_call"), dict) and only:
            self._add_tool_call({"index": _LEGACY, "function": legacy}, 0, whole)

    def _add_tool_call(self, fragment: dict[str, object], place: int, whole: bool) -> None:
        found = fragment.get("function")
        function = found if isinstance(found, dict) else {}
        name, arguments = string(function.get("name")), arguments_text(function.get("arguments"))
        index, call_id = fragment.get("index", place), string(fragment.get("id"))
        self._count(arguments + name + call_id)
        call = None if whole else self._continued(index, call_id, name, arguments)
        if call is None:
            if len(self._tool_calls) == MAX_ITEMS:
                raise ModelBadReply(f"the answer asks for more than {MAX_ITEMS} tool calls")
            call = _ToolCall(index)
            self._tool_calls.append(call)
        call.id = call.id or call_id
        # Some repeat the name with every fragment.
        if name != call.name:
            call.name += name
        if arguments:
            call.arguments.append(arguments)

    def _continued(self, index: object, call_id: str, name: str, arguments: str) -> _ToolCall | None:
        """The call that a fragment goes on with; None where it begins another."""
        call = next((one for one in reversed(self._tool_calls) if one.place == index), None)
        if not name:
            # Nothing that would begin a call. Under a number that nobody has seen it can only go on with the last.
            known = next((one for one in reversed(self._tool_calls) if one.id == call_id), None) if call_id else None
            return call or known or (self._tool_calls[-1] if self._tool_calls and not call_id else None)
        if call is None:
            return None
        # Some servers number every call 0: another id with a name is another call ...
        if call_id and call.id:
            return call if call_id == call.id else None
        # ... and where there are no ids, a name behind arguments that are closed.
        closed = bool(call.arguments) and call.arguments[-1].rstrip().endswith("}")
        begins = arguments.lstrip().startswith("{") or name != call.name
        return None if closed and begins else call


def _content(value: object) -> str:
    """Text content: a string, or the text parts of a list of parts."""
    if isinstance(value, list):
        return "".join(string(part.get("text")) for part in value if isinstance(part, dict))
    return string(value)
