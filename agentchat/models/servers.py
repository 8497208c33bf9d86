"""Which servers are there and which models they have: one question to each, under one deadline.

The key of the environment goes where `OpenAIModel` sends it: to the address of the environment and to OpenAI. Never
here: which servers to ask, and a second question where the first was answered badly. What comes back is a stranger's
text.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

import anyio

from agentchat.errors import AgentChatError, ConfigurationError
from agentchat.models.causes import cause_of
from agentchat.models.connections import environment_told
from agentchat.models.forbid import check_allowed, is_loopback
from agentchat.models.settings import checked_url, is_home

PATIENCE: Final = 3.0
"""Seconds for a server's whole answer."""

LONGEST: Final = 8 * 1024 * 1024
"""Bytes of an answer: the longest list of models of a public service has about one million."""


class Served(NamedTuple):
    """A server's models in its order, or None and what is the problem: no answer, or one that is no list."""

    url: str
    models: tuple[str, ...] | None
    problem: str | None = None


async def ask_servers(urls: Sequence[str], *, seconds: float = PATIENCE) -> tuple[Served, ...]:
    """Ask all servers at once for their models; the answers in the order of the base URLs."""
    answers: dict[str, Served] = {}

    async def ask(url: str) -> None:
        answers[url] = await _ask(url, seconds)

    async with anyio.create_task_group() as group:
        for url in dict.fromkeys(urls):
            group.start_soon(ask, url)
    return tuple(answers[url] for url in urls)


async def _ask(url: str, seconds: float) -> Served:
    import httpx2

    failed = partial(Served, url, None)
    try:
        address = checked_url(url)
        check_allowed(address)
        key = _key_for(address)
    except AgentChatError as error:
        return failed(str(error))
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    body = bytearray()
    try:
        with environment_told():
            # A proxy from the environment is for the outside; it cannot reach a server on this machine.
            plain = address.startswith("http:")
            direct = httpx2.AsyncHTTPTransport(verify=not plain) if is_loopback(address) else None
            made = httpx2.AsyncClient(transport=direct, timeout=None)
        with anyio.move_on_after(seconds) as scope:
            async with made as client, client.stream("GET", f"{address}/models", headers=headers) as response:
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > LONGEST:
                        scope.cancel()  # to leave the loop would leave generators of the client behind, half read
    except ConfigurationError as error:
        return failed(str(error))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return failed(f"no answer ({cause_of(error)}); is the server running?")
    if len(body) > LONGEST:
        return failed("answers, but its list of models has no end")
    if scope.cancelled_caught:
        return failed(f"no answer within {seconds:g} seconds")
    if response.status_code in (401, 403):
        return failed("answers, but wants a key" if not key else "answers, but refuses the key OPENAI_API_KEY")
    models = _ids(bytes(body)) if response.is_success else None
    if models is None:
        return failed(f"answers, but with no list of models (status {response.status_code})")
    return Served(url, models)


def _key_for(address: str) -> str:
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    return key if is_home(address) and key.isascii() and key.isprintable() else ""


def _ids(body: bytes) -> tuple[str, ...] | None:
    """The names in `{"data": [{"id": name}, ...]}`."""
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list):
        return None
    names = [one.get("id") for one in data if isinstance(one, dict)]
    return tuple(name for name in names if isinstance(name, str))
