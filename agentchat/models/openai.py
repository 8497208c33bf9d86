"""Any service that speaks OpenAI's chat completions: one request, one answer, one error.

The bytes of a request come in ready and go out as they are; the `openai` package gives connection, authentication and
nothing else: its retries are off, its typed encoding and decoding are not used. Never here: retries, budgets, prompts,
or anything kept between calls but connections. `openai` takes half a second to import and is imported with the first
call.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import anyio
from pydantic import JsonValue

from agentchat.errors import ConfigurationError, ModelError, ModelKeyMissing, ModelTimeout
from agentchat.models.answer import Answer
from agentchat.models.connections import OpenAIClient, client_for
from agentchat.models.exchange import exchange
from agentchat.models.forbid import check_allowed
from agentchat.models.http_errors import Service
from agentchat.models.settings import check_number, checked_url, split_name, tail_of
from agentchat.policy.request import ModelRequest
from agentchat.transcript.calls import ModelCard, Reply

OPENAI: Final = "https://api.openai.com/v1"

SHORTEST: Final = 0.001
"""Seconds: no call is answered faster than this."""

_NO_KEY: Final = """no key for api.openai.com. Do one of these:
  - set OPENAI_API_KEY in the environment (with OPENAI_BASE_URL for another service);
  - pass api_key= to OpenAIModel;
  - use a local server, which needs no key: name@base-url, as in "{model}@http://127.0.0.1:8080/v1"."""


class OpenAIModel:
    """A model behind an OpenAI-compatible service.

    name: as the service knows it, or `name@base-url`. base_url, api_key: by default OPENAI_BASE_URL and OPENAI_API_KEY;
    the key of the environment goes to the address of the environment only, any other address gets `api_key` or "none".
    client: an `AsyncOpenAI` of your own, used as it is but for its retries; it must belong to the running event loop.
    max_output: tokens of one answer, reasoning included. timeout: seconds for the whole call. extra: more fields of the
    request. Raises ConfigurationError for settings that make no sense.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        client: OpenAIClient | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        seed: int | None = None,
        max_output: int | None = None,
        reasoning_effort: str | None = None,
        stop: str | Sequence[str] | None = None,
        extra: Mapping[str, JsonValue] | None = None,
        timeout: float = 120.0,
        stream: bool = True,
    ) -> None:
        self._model, self._base_url = split_name(name, base_url)
        if client is not None and (self._base_url is not None or api_key is not None):
            raise ConfigurationError("a client has its own base URL and key; leave base_url and api_key out")
        check_number("timeout", timeout, SHORTEST, math.inf)
        tail = tail_of(
            self._model,
            stream=stream,
            temperature=temperature,
            top_p=top_p,
            seed=seed,
            max_output=max_output,
            reasoning_effort=reasoning_effort,
            stop=stop,
            extra=extra,
        )
        spec = self._model if self._base_url is None else f"{self._model}@{self._base_url}"
        self._card = ModelCard(name=spec, tail=tail)
        self._api_key = None if api_key is None else _checked_key(api_key)
        self._client = client
        self._timeout = float(timeout)

    def __repr__(self) -> str:
        return f"OpenAIModel({self._card.name!r})"

    def card(self) -> ModelCard:
        """The name with its base URL where one was given, and the settings. No key is in it."""
        return self._card

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        """Send the request once. Text is emitted as it arrives; a failed call carries what had arrived as `partial`."""
        service, client = await self._connect()
        answer = Answer(service, emit)
        try:
            with anyio.move_on_after(self._timeout):
                await exchange(client, service, request, answer, timeout=self._timeout)
                return answer.reply()
            raise ModelTimeout(f"{service.address} gave no complete answer within {self._timeout:g} seconds")
        except ModelError as error:
            error.partial = answer.partial
            raise

    async def _connect(self) -> tuple[Service, OpenAIClient]:
        if self._client is not None:
            address = _shown(str(self._client.base_url))
            check_allowed(address)
            return Service(self._model, address, (self._client.api_key,)), self._client
        home = checked_url(os.environ.get("OPENAI_BASE_URL", "").strip() or OPENAI)
        address = self._base_url or home
        check_allowed(address)
        # The address may come from a persona or team file of a stranger, who must not be sent the user's key.
        at_home = _origin(address) in (_origin(home), _origin(OPENAI))
        known = _checked_key(os.environ.get("OPENAI_API_KEY", ""))
        key = self._api_key or (known if at_home else "")
        if not key and _origin(address) == _origin(OPENAI):
            raise ModelKeyMissing(_NO_KEY.format(model=self._model))
        service = Service(self._model, address, (key, known), bool(known) and not key)
        return service, await client_for(key or "none", address)


def _checked_key(key: str) -> str:
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError("the API key holds characters that no HTTP header takes")
    return key


def _origin(base_url: str) -> tuple[str, str | None, int | None]:
    """Who gets what is sent to an address: scheme, host and port."""
    parts = urlsplit(base_url)
    return parts.scheme, parts.hostname, parts.port


def _shown(base_url: str) -> str:
    """An address without user, password and query."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
