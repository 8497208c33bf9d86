"""Chat completion answers, put together from their pieces: JSON in, one Reply out. Pure; no client in here.

Text is counted as it comes and bounded; a lone surrogate, which no UTF-8 file can hold, becomes U+FFFD at this edge.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn

from pydantic_core import from_json

from agentchat.errors import ModelBadReply
from agentchat.models.http_errors import Service, from_error_object, mend
from agentchat.transcript.calls import Reply, Usage
from agentchat.transcript.messages import Part, ReasoningPart, TextPart, ToolCallPart

MAX_TEXT: Final = 16 * 1024**2
"""Characters of text, reasoning and tool arguments in one reply. Whole books fit; a server that never ends does not."""


class _ToolCall(NamedTuple):
    place: object
    id: str
    name: list[str]
    arguments: list[str]


class Answer:
    """One answer on its way. `emit` gets its text as it arrives."""

    def __init__(self, service: Service, emit: Callable[[str], None], *, max_text: int = MAX_TEXT) -> None:
        self.finish: str | None = None
        self._service = service
        self._emit = emit
        self._room = max_text
        self._max_text = max_text
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._tool_calls: list[_ToolCall] = []
        self._refused = False
        self._half = ""
        self._model: str | None = None
        self._id: str | None = None
        self._usage: Usage | None = None

    @property
    def partial(self) -> str | None:
        """The text so far; None when there is none."""
        return mend("".join(self._text)) or None

    def take(self, data: bytes, key: str = "delta") -> None:
        """One chunk of a stream, or with `key="message"` a whole answer.

        Raises ModelBadReply for what cannot be read, and what an error object in it stands for.
        """
        chunk = self._decode(data)
        if not isinstance(chunk, dict):
            raise ModelBadReply(f"the server sent something that is no answer: {self._excerpt(data)}")
        if error := chunk.get("error"):
            raise from_error_object(self._service, error)
        self._model = _word(chunk.get("model")) or self._model
        self._id = _word(chunk.get("id")) or self._id
        self._usage = usage_of(chunk.get("usage")) or self._usage
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            # A single choice is asked for; what a server sends besides is not part of the answer.
            if not isinstance(choice, dict) or choice.get("index", 0) not in (0, None):
                continue
            part = choice.get(key)
            if isinstance(part, dict):
                self._take_part(part)
            self.finish = _word(choice.get("finish_reason")) or self.finish

    def fail(self, data: bytes) -> NoReturn:
        """Raise what an event named `error` stands for."""
        try:
            error = self._decode(data)
        except ModelBadReply:
            error = data.decode("utf-8", "replace")
        if isinstance(error, dict):
            error = error.get("error") or error
        raise from_error_object(self._service, error)

    def reply(self) -> Reply:
        """The whole answer. Raises ModelBadReply when the server never said that it was finished."""
        if self.finish is None:
            raise ModelBadReply(f"the answer of {self._service.address} broke off: it has no finish_reason")
        self._flush()
        parts: list[Part] = []
        if reasoning := mend("".join(self._reasoning)):
            parts.append(ReasoningPart(content=reasoning))
        text = self.partial
        if text or not self._tool_calls:
            parts.append(TextPart(content=text or ""))
        for place, call in enumerate(self._tool_calls):
            name, arguments = mend("".join(call.name)), mend("".join(call.arguments))
            parts.append(ToolCallPart(id=call.id or f"call_{place}", name=name, arguments=arguments))
        # A refusal comes with the word "stop"; as an ordinary ending it would pass for an answer.
        finish = "refusal" if self._refused and self.finish == "stop" else self.finish
        return Reply(parts=tuple(parts), finish=finish, model=self._model, usage=self._usage, response_id=self._id)

    def _decode(self, data: bytes) -> object:
        try:
            return from_json(data)
        except ValueError:
            pass
        try:
            # Slower, but it reads what the strict parser refuses: lone surrogates, broken UTF-8.
            return json.loads(data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise ModelBadReply(f"the server sent broken JSON: {self._excerpt(data)}") from None

    def _excerpt(self, data: bytes) -> str:
        return self._service.clean(data[:1000].decode("utf-8", "replace")) or "nothing"

    def _take_part(self, part: dict[str, object]) -> None:
        if text := _content(part.get("content")):
            self._add_text(text)
        if refusal := _string(part.get("refusal")):
            self._refused = True
            self._add_text(refusal)
        if reasoning := _string(part.get("reasoning_content")) or _string(part.get("reasoning")):
            self._count(reasoning)
            self._reasoning.append(reasoning)
        calls = part.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict):
                self._add_tool_call(call, place)

    def _add_text(self, text: str) -> None:
        self._count(text)
        self._text.append(text)
        if self._half or not text.isascii():
            # The halves of a surrogate pair may come in two chunks; the first waits for the second.
            text = self._half + text
            self._half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
            text = mend(text[:-1] if self._half else text)
        if text:
            self._emit(text)

    def _flush(self) -> None:
        if self._half:
            self._half = ""
            self._emit("\ufffd")

    def _add_tool_call(self, fragment: dict[str, object], place: int) -> None:
        found = fragment.get("function")
        function = found if isinstance(found, dict) else {}
        name, arguments = _string(function.get("name")), _string(function.get("arguments"))
        index, call_id = fragment.get("index", place), _word(fragment.get("id")) or ""
        self._count(arguments + name + call_id)
        call = next((one for one in reversed(self._tool_calls) if one.place == index), None)
        # Some servers number every call 0: another id with a name is another call.
        if call is None or (call_id and name and call.id and call.id != call_id):
            self._tool_calls.append(_ToolCall(index, call_id, [name], [arguments]))
            return
        # Some repeat the name with every fragment.
        if name and name != "".join(call.name):
            call.name.append(name)
        call.arguments.append(arguments)

    def _count(self, text: str) -> None:
        self._room -= len(text)
        if self._room < 0:
            raise ModelBadReply(f"the answer is longer than {self._max_text} characters")


def usage_of(value: object) -> Usage | None:
    """The token counts of a `usage` object; counts that are no whole numbers from 0 up are unknown."""
    if not isinstance(value, dict):
        return None
    usage = Usage(
        input_tokens=_count_in(value, "prompt_tokens"),
        output_tokens=_count_in(value, "completion_tokens"),
        cached_input_tokens=_count_in(value.get("prompt_tokens_details"), "cached_tokens"),
        reasoning_tokens=_count_in(value.get("completion_tokens_details"), "reasoning_tokens"),
    )
    return usage if usage != Usage() else None


def _count_in(value: object, name: str) -> int | None:
    count = value.get(name) if isinstance(value, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def _content(value: object) -> str:
    """Text content: a string, or the text parts of a list of parts."""
    if isinstance(value, list):
        return "".join(_string(part.get("text")) for part in value if isinstance(part, dict))
    return _string(value)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _word(value: object) -> str | None:
    return mend(value) if isinstance(value, str) and value else None
