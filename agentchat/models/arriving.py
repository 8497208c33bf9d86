"""An answer on its way, whatever its wire: its text counted, mended, emitted; its JSON read; its errors raised.

Text is bounded as it comes; a lone surrogate, which no UTF-8 file can hold, becomes U+FFFD at this edge. Pure: no
client in here, and nothing of how a wire spells an answer.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, NoReturn

from pydantic_core import from_json

from agentchat.errors import ModelBadReply
from agentchat.models.http_errors import Service, from_error_object, mend
from agentchat.transcript.calls import Reply, Usage
from agentchat.transcript.messages import ToolCallPart

MAX_TEXT: Final = 16 * 1024**2
"""Characters of text, reasoning and tool arguments in one reply. Whole books fit; a server that never ends does not."""

MAX_ITEMS: Final = 1024
"""Tool calls and other items in one reply. A turn makes 64 tool calls; a server that never ends is stopped."""

LONGEST_WORD: Final = 512
"""Characters of a name, an id, a reason to finish. It stands in the record as it is; the ids of services have 60."""

MAX_TOKENS: Final = 10**9
"""Tokens of one call that are believed: the largest windows hold a hundredth of it. More is no count but a mistake."""


class Arriving(ABC):
    """One answer on its way. `emit` gets its text as it arrives; `over` is True once nothing can follow."""

    over = False

    def __init__(self, service: Service, emit: Callable[[str], None], *, max_text: int = MAX_TEXT) -> None:
        self._service = service
        self._emit = emit
        self._room = max_text
        self._max_text = max_text
        self._text: list[str] = []
        self._half = ""
        self._model: str | None = None
        self._id: str | None = None
        self._usage: Usage | None = None

    @property
    def partial(self) -> str | None:
        """The text so far; None when there is none."""
        return mend("".join(self._text)) or None

    @abstractmethod
    def take(self, data: bytes, *, whole: bool = False) -> None:
        """One event of a stream, or a whole answer.

        Raises ModelBadReply for what cannot be read, and what an error object in it stands for.
        """

    @abstractmethod
    def reply(self) -> Reply:
        """The whole answer. Raises ModelBadReply when the server never said that it was finished."""

    def fail(self, data: bytes) -> NoReturn:
        """Raise what an event named `error` stands for."""
        try:
            error = self._decode(data)
        except ModelBadReply:
            error = data.decode("utf-8", "replace")
        if isinstance(error, dict):
            error = error.get("error") or error
        raise from_error_object(self._service, error)

    def _object(self, data: bytes) -> dict[str, object]:
        """The JSON object that arrived. Raises ModelBadReply for anything else."""
        value = self._decode(data)
        if not isinstance(value, dict):
            raise ModelBadReply(f"the server sent something that is no answer: {self._excerpt(data)}")
        return value

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
        """Nothing follows: what waited for its second half is emitted as it is."""
        if self._half:
            self._half = ""
            self._emit("\ufffd")

    def _count(self, text: str) -> None:
        self._room -= len(text)
        if self._room < 0:
            raise ModelBadReply(f"the answer is longer than {self._max_text} characters")


def tool_call(call_id: str, name: str, arguments: str, before: list[ToolCallPart]) -> ToolCallPart:
    """A tool call with an id that no call before it has.

    Results are told apart by it, so one that is missing or comes twice is made up: `call_0`, `call_1` ..., the same
    from the same answer.
    """
    taken = {call.id for call in before}
    call_id = mend(call_id)
    place = len(before)
    while not call_id or call_id in taken:
        call_id = f"call_{place}"
        place += 1
    return ToolCallPart(id=call_id, name=mend(name), arguments=mend(arguments))


def usage_of(value: object, taken: str, given: str) -> Usage | None:
    """The token counts of a `usage` object; what is no whole number from 0 to MAX_TOKENS is unknown.

    taken, given: what the wire calls input and output ("prompt", "completion"). Some services count thinking beside the
    output, though it is charged as output, which their total shows: here it is part of it, as everywhere else.
    """
    if not isinstance(value, dict):
        return None
    into, out = _count_in(value, f"{taken}_tokens"), _count_in(value, f"{given}_tokens")
    cached = _count_in(value.get(f"{taken}_tokens_details"), "cached_tokens")
    thought = _count_in(value.get(f"{given}_tokens_details"), "reasoning_tokens")
    total = _count_in(value, "total_tokens")
    if into is not None and out is not None and thought and total == into + out + thought:
        out += thought
    usage = Usage(input_tokens=into, output_tokens=out, cached_input_tokens=cached, reasoning_tokens=thought)
    return usage if usage != Usage() else None


def _count_in(value: object, name: str) -> int | None:
    count = value.get(name) if isinstance(value, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MAX_TOKENS else None


def string(value: object) -> str:
    """The value if it is text, else none."""
    return value if isinstance(value, str) else ""


def word(value: object) -> str | None:
    """The value if it is a text of at least one character, mended; no more of it than LONGEST_WORD."""
    return mend(value[:LONGEST_WORD]) if isinstance(value, str) and value else None


def arguments_text(value: object) -> str:
    """The arguments of a tool call as text. Some servers send the object itself."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return string(value)
