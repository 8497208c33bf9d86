"""One request to a service and its answer: the only place that sends anything. It decides nothing about the next try.

The `openai` client gives connection and authentication. What it does not notice is found here: a stream that ends too
early, a page instead of an answer, one event without end.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Final, Protocol, cast
from urllib.parse import quote

import anyio
from pydantic_core import from_json

from agentchat.errors import ConfigurationError, ModelBadReply, ModelRejected
from agentchat.models.arriving import MAX_TEXT, Arriving
from agentchat.models.causes import cause_of
from agentchat.models.connections import OpenAIClient
from agentchat.models.error_words import without_tags
from agentchat.models.http_errors import Service, from_status, unreachable
from agentchat.models.sse import Event, EventReader
from agentchat.policy.prompts.request import ModelRequest

MAX_EVENT: Final = 6 * MAX_TEXT + 1024**2
"""Bytes of one event or whole answer: JSON may write each character as six, and there is some envelope."""

CONNECT: Final = 10.0
"""Seconds until a connection stands; a service that does not answer the knock will not answer the question."""

DRAIN: Final = 0.25
"""Seconds to wait for the end of a stream that said it is done, so that its connection can be used again."""

_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_MARK: Final = b"\xef\xbb\xbf"
"""What some put before UTF-8."""
_SHOWN: Final = 2000
"""Bytes of what is no answer that are looked at for a message."""
_HEAD: Final = max(map(len, _FIELDS))
"""Bytes that tell a stream from an answer in one piece."""
_DONE: Final = b"[DONE]"


class _Response(Protocol):
    """What is used of an HTTP response."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    def aiter_bytes(self) -> AsyncGenerator[bytes, None]: ...
    async def aclose(self) -> None: ...


class _Body:
    """The bytes of a response as they come, without a mark before them; the first can be looked at before."""

    def __init__(self, chunks: AsyncGenerator[bytes, None], service: Service) -> None:
        self._chunks = chunks
        self._peeked = b""
        self._over = False
        self._service = service

    async def first(self) -> bytes:
        """The first bytes behind blank space: enough to tell what they are, or all there are."""
        while len(self._peeked) < _HEAD and (chunk := await self._next()) is not None:
            self._peeked = (self._peeked + chunk).removeprefix(_MARK).lstrip()
        return self._peeked

    async def head(self) -> bytes:
        """As much of it as a message may show; what is behind it is lost."""
        head = b""
        while len(head) < _SHOWN and (chunk := await self.more()) is not None:
            head += chunk
        return head[:_SHOWN]

    async def more(self) -> bytes | None:
        """The next bytes, or None at the end. Raises ModelBadReply when the connection breaks."""
        if self._peeked:
            chunk, self._peeked = self._peeked, b""
            return chunk
        return await self._next()

    async def leave(self, seconds: float = 0.0) -> None:
        """Stop reading; wait this long for the end, so that the connection can be used again.

        The generators of the HTTP library below do not close each other, which trio warns of: a cancelled read ends
        them all, where closing the first one would not.
        """
        with anyio.move_on_after(seconds), suppress(ModelBadReply):
            while not self._over:
                await self._next()

    async def _next(self) -> bytes | None:
        # Set first: whatever ends this read, cancellation too, ends the generator.
        self._over = True
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            return None
        except Exception as error:
            # Whatever the HTTP library calls it: these bytes will not come.
            raise ModelBadReply(f"the answer of {self._service.address} broke off ({type(error).__name__})") from None
        self._over = False
        return chunk


async def exchange(
    client: OpenAIClient, service: Service, request: ModelRequest, answer: Arriving, *, path: str, timeout: float
) -> None:
    """Send the request once and read all of its answer. Raises a ModelError; cancellation closes the connection."""
    response = await _send(client, service, request, path, timeout)
    async with aclosing(response), aclosing(response.aiter_bytes()) as chunks:
        body = _Body(chunks, service)
        try:
            await _read(body, service, answer)
        finally:
            await body.leave()


async def _send(client: OpenAIClient, service: Service, request: ModelRequest, path: str, timeout: float) -> _Response:
    import httpx2
    from openai import APIConnectionError, APIStatusError, AsyncOpenAI, AsyncStream

    if not isinstance(client, AsyncOpenAI):
        raise ConfigurationError(f"client must be an openai.AsyncOpenAI, not a {type(client).__name__}")
    content = request.body()
    try:
        response = await client.post(
            path,
            content=content,
            cast_to=httpx2.Response,
            stream=True,
            stream_cls=AsyncStream[object],
            options={
                "headers": {"Content-Type": "application/json", "Idempotency-Key": quote(request.key)},
                "max_retries": 0,
                # A redirect would be a second request that nobody recorded.
                "follow_redirects": False,
                "timeout": httpx2.Timeout(None, connect=min(CONNECT, timeout)),
            },
        )
    except APIStatusError as error:
        raise from_status(service, error.status_code, error.response.headers, error.response.text) from None
    except APIConnectionError as error:
        cause = error.__cause__
        if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
            raise unreachable(service, cause_of(cause)) from None
        # Only the type: the text of a protocol error may show a header, and so the key.
        why = type(cause or error).__name__
        if isinstance(cause, httpx2.RemoteProtocolError) and "disconnected" not in str(cause):
            raise ModelBadReply(
                f"{service.address} sent something that is no HTTP ({why}): check the address"
            ) from None
        raise ModelBadReply(f"{service.address} closed the connection without an answer ({why})") from None
    except httpx2.HTTPError as error:
        why = type(error).__name__
        raise ModelBadReply(f"{service.address} refused, and broke off while it said why ({why})") from None
    except Exception as error:
        # A client of the user's own may fail in ways of its own: no key, a hook, a token that cannot be fetched.
        why = f"{type(error).__name__}: {service.clean(str(error))}"
        raise ModelRejected(f"the client for {service.address} could not send ({why})") from None
    # With `cast_to=Response` the client hands the response on as it came, whatever stream class it was told.
    return cast(_Response, response)


async def _read(body: _Body, service: Service, answer: Arriving) -> None:
    """An answer for what its bytes are: not all servers and proxies mark theirs, and some mark them as the other."""
    first = await body.first()
    if first.startswith((b"{", b"[")):
        await _read_whole(body, answer)
    elif first.startswith(_FIELDS):
        await _read_stream(body, service, answer)
    else:
        raise _no_answer(service, await body.head())


async def _read_stream(body: _Body, service: Service, answer: Arriving) -> None:
    reader = EventReader(MAX_EVENT)
    while (chunk := await body.more()) is not None:
        for event in reader.feed(chunk):
            if event.data == _DONE:
                await body.leave(DRAIN)
                return
            _take(event, answer)
            if answer.over:
                await body.leave(DRAIN)
                return
    last = reader.close()
    if last is None or last.data.strip() in (b"", _DONE):
        return
    try:
        from_json(last.data)
    except ValueError:
        raise ModelBadReply(f"the answer of {service.address} broke off inside an event") from None
    _take(last, answer)


def _take(event: Event, answer: Arriving) -> None:
    if event.name == b"error":
        answer.fail(event.data)
    if event.data.strip():  # empty ones keep the connection awake
        answer.take(event.data)


async def _read_whole(body: _Body, answer: Arriving) -> None:
    chunks: list[bytes] = []
    size = 0
    while (chunk := await body.more()) is not None:
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_EVENT:
            raise ModelBadReply(f"the server sent an answer of more than {MAX_EVENT} bytes")
    answer.take(b"".join(chunks), whole=True)


def _no_answer(service: Service, head: bytes) -> ModelBadReply:
    page = "a web page" if head.startswith(b"<") else "something else"
    said = service.clean(without_tags(head.decode("utf-8", "replace")))
    sent = f"{page}: {said}" if said else "nothing"
    return ModelBadReply(f"{service.address} sent no answer but {sent}. Is it the base URL of the API (mostly .../v1)?")
