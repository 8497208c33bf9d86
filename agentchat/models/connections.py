"""The connections of this process to services: HTTP clients of an event loop, shared by all models, closed with it.

A connection belongs to the event loop that opened it, so nothing here outlives its loop or crosses into another. There
is no hook for the end of a loop; but asyncio and trio both close the async generators that are still waiting when they
end, so the HTTP client is left in the hands of one. A process may start loop after loop and leaks nothing; nobody has
to close anything. `close_connections` is for those who want it earlier. Which model, key or request: never in here but
as the name of a client.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Final, NamedTuple, Protocol

import anyio
from anyio import to_thread
from anyio.lowlevel import RunVar

from agentchat.errors import ConfigurationError
from agentchat.models.forbid import is_loopback

CLOSING: Final = 2.0
"""Seconds that closing connections may take at the end of a loop."""

LONGEST_REFUSAL: Final = 128 * 1024
"""Bytes of an answer with an error status; the pages of large proxies have a tenth of it."""

_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


class OpenAIClient(Protocol):
    """What `openai.AsyncOpenAI` is known by where it must not be imported: that takes half a second."""

    api_key: str

    @property
    def base_url(self) -> object:
        """The address it sends to."""
        ...

    def is_closed(self) -> bool:
        """Whether it can no longer be used."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


class _Pool(NamedTuple):
    make: Callable[[str, str], OpenAIClient]
    clients: dict[tuple[str, str], OpenAIClient]
    keeper: AsyncGenerator[None]


_POOL: RunVar[_Pool | None] = RunVar("agentchat_connections", None)


async def client_for(api_key: str, base_url: str) -> OpenAIClient:
    """The client of this event loop for a key and an address. It has no retries of its own.

    Raises ConfigurationError for a proxy or certificates of the environment that cannot be used.
    """
    if "openai" not in sys.modules:  # half a second: too long to keep the event loop from a keystroke
        await to_thread.run_sync(import_module, "openai")
    pool = _POOL.get()
    if pool is None:
        make, close = _open()
        pool = _Pool(make, {}, _close_with_loop(close))
        _POOL.set(pool)
        await anext(pool.keeper)
    client = pool.clients.get((api_key, base_url))
    if client is None:
        client = pool.clients[api_key, base_url] = pool.make(api_key, base_url)
    return client


async def close_connections() -> None:
    """Close all connections of this event loop; the next call opens new ones. No call may be under way."""
    pool = _POOL.get()
    if pool is not None:
        await pool.keeper.aclose()


def _open() -> tuple[Callable[[str, str], OpenAIClient], Callable[[], Awaitable[None]]]:
    import httpx2
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    opened: dict[str, httpx2.AsyncClient] = {}

    class Beginning(httpx2.AsyncByteStream):
        """What a server says, up to LONGEST_REFUSAL."""

        def __init__(self, whole: AsyncIterator[bytes], close: Callable[[], Awaitable[None]]) -> None:
            self._whole = whole
            self._close = close

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self._whole:
                yield chunk[: LONGEST_REFUSAL - size]
                size += len(chunk)
                if size >= LONGEST_REFUSAL:
                    await left(self._whole)

        async def aclose(self) -> None:
            await self._close()

    async def left(chunks: AsyncIterator[bytes]) -> None:
        # Generators of the HTTP library do not close each other, which trio warns of; a cancelled read ends them all.
        with anyio.CancelScope() as scope:
            scope.cancel()
            async for _ in chunks:
                pass

    async def shorten(response: httpx2.Response) -> None:
        # The openai package reads the whole of it before anyone else can: one without end would fill the memory.
        if response.is_error and isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = Beginning(aiter(response.stream), response.stream.aclose)

    hooks = {"response": [shorten]}

    def http_for(base_url: str) -> httpx2.AsyncClient:
        plain = base_url.startswith("http:")
        if not is_loopback(base_url):
            return opened.get("outside") or opened.setdefault("outside", DefaultAsyncHttpxClient(event_hooks=hooks))
        # A proxy from the environment is for the outside; it cannot reach a server on this machine. No connection to
        # one is kept for the next call: llama.cpp closes those behind a stream without saying so, and a new one costs
        # little here. Certificates are read only where there is TLS.
        fresh = httpx2.Limits(max_keepalive_connections=0)
        kind = "here" if plain else "here, with TLS"
        if kind not in opened:
            direct = httpx2.AsyncHTTPTransport(verify=not plain, limits=fresh)
            opened[kind] = DefaultAsyncHttpxClient(transport=direct, event_hooks=hooks)
        return opened[kind]

    def make(api_key: str, base_url: str) -> OpenAIClient:
        with environment_told():
            http = http_for(base_url)
        return AsyncOpenAI(api_key=api_key, base_url=base_url, http_client=http, max_retries=0)

    async def close() -> None:
        for http in opened.values():
            await http.aclose()

    return make, close


@contextmanager
def environment_told() -> Iterator[None]:
    """Around the making of an HTTP client: what it cannot do with the environment becomes a ConfigurationError.

    No value is told: a proxy's address may hold a password.
    """
    try:
        yield
    except ImportError:
        raise ConfigurationError(
            f"{_those_set(_PROXIES)} names a SOCKS proxy, which needs another package: pip install socksio"
        ) from None
    except OSError as error:  # SSLError is one
        raise ConfigurationError(
            f"{_those_set(_CERTIFICATES)} names no certificates that can be read ({error.strerror or error})"
        ) from None
    except Exception as error:
        raise ConfigurationError(
            f"{_those_set(_PROXIES)} is no address of a proxy, such as http://proxy.example:3128 "
            f"({type(error).__name__})"
        ) from None


def _those_set(names: Sequence[str]) -> str:
    """The variables of these that are set, in either case."""
    both = [one for name in names for one in (name, name.lower()) if os.environ.get(one)]
    return " or ".join(both or names[:1])


async def _close_with_loop(close: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        _POOL.set(None)
        # Both backends finish generators inside a cancelled scope.
        with anyio.move_on_after(CLOSING, shield=True):
            await close()
