"""The exact bytes of a model request: put together once, hashed as it grows, rebuilt from a recipe.

The body of a chat request is `{"messages":[` + messages joined by commas + a tail that holds the settings; that of the
Responses API begins with `{"input":[`. The messages come first so that the SHA-256 of a growing history can be carried
on: a request that adds one message to the last one costs one message, whatever came before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, overload

from pydantic_core import to_json

from agentchat.errors import DamagedTranscript
from agentchat.transcript.calls import Item, ModelRecipe, Piece, Wire
from agentchat.transcript.events import CallStarted
from agentchat.transcript.transcript import Transcript

HEADS: Final[dict[Wire, bytes]] = {"chat": b'{"messages":[', "responses": b'{"input":['}
PER_MESSAGE: Final = 16
"""Tokens that a message may cost beside its bytes: chat templates put a few marks around each."""
_MARKS: Final = ("@", "%", "~")
_SLICE: Final = re.compile(r"(.*)\[(\d+):(\d+)\]", re.DOTALL)
_quote: Final = json.JSONEncoder(ensure_ascii=False).encode


class ChatMessage(NamedTuple):
    """One message of a request as the model gets it.

    raw: its JSON, where there is more to it than role and text: tool calls, results of tools, pictures. `content` is
    then its text as far as it has any, and `role` "tool" for the result of one.
    """

    role: str
    content: str
    raw: str | None = None


def encode_message(message: ChatMessage, wire: Wire = "chat") -> bytes:
    """The JSON of one message, as it stands in the request."""
    if message.raw is not None:
        return message.raw.encode()
    if wire == "responses":  # some servers take what an assistant said as a typed item only
        return b'{"type":"message","role":"%b","content":%b}' % (message.role.encode(), to_json(message.content))
    return b'{"role":"%b","content":%b}' % (message.role.encode(), to_json(message.content))


def raw_message(text: str) -> ChatMessage:
    """A message from its JSON. Raises DamagedTranscript for what is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise DamagedTranscript("a message of a request is no JSON object")
    role, content = value.get("role"), value.get("content")
    if role is None:  # another item of the Responses API
        role = "tool" if value.get("type") == "function_call_output" else "assistant"
        content = value.get("output")
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        content = "".join(one for one in texts if isinstance(one, str))
    return ChatMessage(str(role), content if isinstance(content, str) else "", text)


class Shown(Sequence[ChatMessage]):
    """The messages of a request: a bounded view of a growing list, then the request's own."""

    __slots__ = ("_count", "_extra", "_shared")

    def __init__(self, shared: list[ChatMessage], count: int, extra: tuple[ChatMessage, ...]) -> None:
        self._shared = shared
        self._count = count
        self._extra = extra

    def __len__(self) -> int:
        return self._count + len(self._extra)

    @overload
    def __getitem__(self, index: int) -> ChatMessage: ...
    @overload
    def __getitem__(self, index: slice) -> list[ChatMessage]: ...
    def __getitem__(self, index: int | slice) -> ChatMessage | list[ChatMessage]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._shared[index] if index < self._count else self._extra[index - self._count]

    def __iter__(self) -> Iterator[ChatMessage]:
        for place in range(self._count):
            yield self._shared[place]
        yield from self._extra


class Growing:
    """Messages that only grow, with their bytes and the hash of all of them so far."""

    __slots__ = ("_frame", "_hash", "chunks", "messages", "size", "wire")

    def __init__(self, wire: Wire = "chat") -> None:
        self.wire: Wire = wire
        self.messages: list[ChatMessage] = []
        self.chunks: list[bytes] = []
        self.size = len(HEADS[wire])
        self._hash = hashlib.sha256(HEADS[wire])
        self._frame: Frame | None = None

    def add(self, message: ChatMessage) -> None:
        """Append one message."""
        chunk = encode_message(message, self.wire)
        if self.chunks:
            chunk = b"," + chunk
        self.messages.append(message)
        self.chunks.append(chunk)
        self.size += len(chunk)
        self._hash.update(chunk)
        self._frame = None

    def frame(self) -> Frame:
        """These messages as they are now, whatever is added later."""
        if self._frame is None:
            self._frame = Frame(self, len(self.messages), self.size, self._hash.copy())
        return self._frame

    def request(self, tail: str, extra: tuple[ChatMessage, ...] = ()) -> Bytes:
        """The request that these messages and `extra` make, closed by `tail`."""
        return self.frame().request(tail, extra)


class Frame:
    """The first `count` messages of a growing list, ready to be closed into a request."""

    __slots__ = ("_hash", "count", "growing", "size")

    def __init__(self, growing: Growing, count: int, size: int, rolled: hashlib._Hash) -> None:
        self.growing = growing
        self._hash = rolled
        self.count = count
        self.size = size

    @property
    def wire(self) -> Wire:
        """The form of the request."""
        return self.growing.wire

    def begins(self, growing: Growing) -> bool:
        """Whether these are the first of those messages: the same ones, not such as merely look alike."""
        return self.growing is growing or (self.count == 0 and self.wire == growing.wire)

    def shown(self, extra: tuple[ChatMessage, ...] = ()) -> Shown:
        """The messages, and `extra` behind them."""
        return Shown(self.growing.messages, self.count, extra)

    def request(self, tail: str, extra: tuple[ChatMessage, ...] = ()) -> Bytes:
        """The request that these messages and `extra` make, closed by `tail`."""
        closing = bytearray()
        for message in extra:
            if self.count or closing:
                closing += b","
            closing += encode_message(message, self.wire)
        closing += tail.encode()
        rolled = self._hash.copy()
        rolled.update(closing)
        return Bytes(self.growing, self.count, self.size + len(closing), bytes(closing), rolled.hexdigest())


class Bytes(NamedTuple):
    """The bytes of a request, not yet joined, how many they are, and their SHA-256."""

    growing: Growing
    upto: int
    size: int
    closing: bytes
    digest: str

    def is_of(self, growing: Growing, tail: str) -> bool:
        """Whether it is the request that those messages make, all of them, closed by `tail`."""
        return self.growing is growing and self.upto == len(growing.messages) and self.closing == tail.encode()

    def join(self) -> bytes:
        """All bytes of the request."""
        return b"".join((HEADS[self.growing.wire], *self.growing.chunks[: self.upto], self.closing))


class ModelRequest:
    """What a model is asked.

    messages: a bounded view. digest: SHA-256 of `body()`. key: the same for every attempt of this call. index: how many
    calls this model has had in this conversation before, those in doubt left out; a scripted model answers by it.
    conversation: the conversation's id. agent: who asks.
    """

    __slots__ = ("_bytes", "agent", "conversation", "index", "key", "messages", "model")

    def __init__(
        self,
        model: str,
        messages: Sequence[ChatMessage],
        data: Bytes,
        *,
        conversation: str,
        key: str,
        index: int,
        agent: str = "",
    ) -> None:
        self.model = model
        self.agent = agent
        self.messages = messages
        self._bytes = data
        self.conversation = conversation
        self.key = key
        self.index = index

    @property
    def digest(self) -> str:
        """SHA-256 of the body."""
        return self._bytes.digest

    def body(self) -> bytes:
        """The exact bytes to send."""
        return self._bytes.join()


def resolve(transcript: Transcript, pieces: Sequence[Piece]) -> str:
    """The text that pieces stand for. Raises DamagedTranscript for a pointer to nothing."""
    return "".join([one[1:] if one[:1] == "=" else _pointed(transcript, one) for one in pieces])


def _pointed(transcript: Transcript, piece: Piece) -> str:
    """The text that a pointer leads to, in the form that its mark asks for."""
    mark = piece[:1]
    start = stop = ""
    pointer = piece
    if piece[-1:] == "]" and (sliced := _SLICE.fullmatch(piece)):
        pointer, start, stop = sliced.groups()
    seq, *path = pointer[1:].split("/")
    if mark not in _MARKS or not seq.isdecimal():
        raise DamagedTranscript(f"{piece!r} is neither text nor a pointer")
    try:
        value = _led_to(transcript[int(seq)].event, path)
    except (LookupError, AttributeError, ValueError):
        raise DamagedTranscript(f"the pointer {piece!r} leads nowhere") from None
    if mark == "%":
        return to_json(value).decode()
    if mark == "~":
        return escaped(value if isinstance(value, str) else to_json(value).decode())
    if not isinstance(value, str):
        raise DamagedTranscript(f"the pointer {piece!r} leads to no text")
    return value[int(start) : int(stop)] if start else value


def escaped(text: str) -> str:
    """A text as it stands inside a JSON string, without the quotes."""
    return _quote(text)[1:-1]


def _led_to(value: Any, path: list[str]) -> object:
    """What a path leads to. Raises LookupError, AttributeError or ValueError where it leads nowhere."""
    for step in path:
        kind = type(value)
        if kind is tuple or kind is list:
            value = value[int(step)]
        elif kind is dict:
            value = value[step]
        else:
            value = value.__dict__[step]  # fields only: a pointer out of a file must reach no other attribute
    return value


def messages_of(transcript: Transcript, recipe: ModelRecipe) -> list[ChatMessage]:
    """All messages of a recorded model call, from its recipe and those it builds on."""
    return [message_of(transcript, item) for step in reversed(_steps(transcript, recipe)) for item in step.add]


def message_of(transcript: Transcript, item: Item) -> ChatMessage:
    """One message of a recipe."""
    text = resolve(transcript, item[1])
    return raw_message(text) if item[0] == "raw" else ChatMessage(item[0], text)


def tail_of(transcript: Transcript, recipe: ModelRecipe) -> str:
    """The closing JSON of a recorded model call."""
    tail = next((step.tail for step in _steps(transcript, recipe) if step.tail is not None), None)
    if tail is None:
        raise DamagedTranscript("a model call has no settings")
    return resolve(transcript, tail)


def rebuild(transcript: Transcript, recipe: ModelRecipe) -> Bytes:
    """The exact bytes of a recorded model call."""
    growing = Growing(recipe.wire)
    for message in messages_of(transcript, recipe):
        growing.add(message)
    return growing.request(tail_of(transcript, recipe))


def _steps(transcript: Transcript, recipe: ModelRecipe) -> list[ModelRecipe]:
    """A recipe, the one it builds on, and so back to the first. Each must stand before the one that builds on it."""
    steps, before = [recipe], len(transcript) + 1
    while (base := steps[-1].base) is not None:
        event = transcript[base].event if 1 <= base < before else None
        if not isinstance(event, CallStarted) or not isinstance(event.recipe, ModelRecipe):
            raise DamagedTranscript(f"a recipe builds on event {base}, which is no model call before it")
        steps.append(event.recipe)
        before = base
    return steps
