"""Any service that speaks OpenAI's chat completions or Responses API: one request, one answer, one error.

The bytes of a request come in ready and go out as they are; the `openai` package gives connection, authentication and
nothing else: its retries are off, its typed encoding and decoding are not used. Never here: retries, budgets, prompts,
or anything kept between calls but connections. `openai` takes half a second to import and is imported with the first
call.
"""

from __future__ import annotations

import inspect
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

import anyio
from pydantic import JsonValue

from agentchat.errors import ConfigurationError, ModelError, ModelKeyMissing, ModelTimeout
from agentchat.models.answer import Answer
from agentchat.models.arriving import Arriving
from agentchat.models.connections import OpenAIClient, client_for
from agentchat.models.exchange import exchange
from agentchat.models.forbid import check_allowed
from agentchat.models.http_errors import Service
from agentchat.models.pricing import price_of
from agentchat.models.responses import ResponsesAnswer
from agentchat.models.settings import (
    Settings,
    check_number,
    check_whole,
    checked_price,
    home,
    is_home,
    origin,
    split_name,
    tail_of,
)
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.spending.prices import Price
from agentchat.seams import lacking
from agentchat.settings import OPENAI_URL
from agentchat.transcript.calls import OutputMode, Reply, Wire

_WIRES: Final[dict[Wire, tuple[str, Callable[[Service, Callable[[str], None]], Arriving]]]] = {
    "chat": ("/chat/completions", Answer),
    "responses": ("/responses", ResponsesAnswer),
}
"""Where a request of each wire goes, and what reads the answer."""

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
    An `AsyncAzureOpenAI` needs its `azure_deployment`.

    wire: "chat" (chat completions), or "responses" (the Responses API; nothing is stored at the service, and thoughts
    go back encrypted). max_output: tokens of one answer, reasoning included. window: tokens of input and output
    together. output: how typed answers are asked for: "native" (the server holds them to a schema), "tool" (a tool
    takes them), "prompted" (in words); "auto" leaves it to the package. price: what it costs; "free" for a server of
    your own; None looks it up in the table of genai-prices, and leaves it unknown where that has none. tier: the tier
    that it stands for. timeout: seconds for the whole call. temperature, top_p, seed, stop, reasoning_effort,
    reasoning_summary: as the service has them, left out where None; stream=False asks for the answer in one piece.
    extra: more fields of the request. Raises ConfigurationError for settings that make no sense.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        client: OpenAIClient | None = None,
        wire: Wire = "chat",
        temperature: float | None = None,
        top_p: float | None = None,
        seed: int | None = None,
        max_output: int | None = None,
        window: int | None = None,
        output: OutputMode | Literal["auto"] = "auto",
        price: Price | Literal["free"] | None = None,
        tier: str | None = None,
        reasoning_effort: str | None = None,
        reasoning_summary: str | None = None,
        stop: str | Sequence[str] | None = None,
        extra: Mapping[str, JsonValue] | None = None,
        timeout: float = 120.0,
        stream: bool = True,
    ) -> None:
        model, address = split_name(name, base_url)
        _check_word("wire", wire, get_args(Wire))
        _check_word("output", output, ("auto", *get_args(OutputMode)))
        check_whole("max_output", max_output, 1)
        check_whole("window", window, 1)
        cost = checked_price(price)
        settings = Settings(stream, temperature, top_p, seed, reasoning_effort, reasoning_summary, stop, extra)
        card = ModelCard(
            name=model if address is None else f"{model}@{address}",
            wire=wire,
            tail=tail_of(model, wire, settings),
            tier=tier,
            output=output,
            window=window,
            max_output=max_output,
            price=cost,
        )
        self._set(card, api_key, client, timeout)

    @classmethod
    def of_card(
        cls,
        card: ModelCard,
        *,
        api_key: str | None = None,
        client: OpenAIClient | None = None,
        timeout: float = 120.0,
    ) -> OpenAIModel:
        """The model of a card that a transcript keeps. Raises ConfigurationError for one that is no service's."""
        made = cls.__new__(cls)
        made._set(card, api_key, client, timeout)
        made._priced = True  # as it was recorded
        if not _closes(card.tail, made._model):
            raise ConfigurationError(f"the settings of model {card.name!r} are not those of a service")
        return made

    def _set(self, card: ModelCard, api_key: str | None, client: OpenAIClient | None, timeout: float) -> None:
        self._model, self._base_url = split_name(card.name, None)
        if client is not None and (self._base_url is not None or api_key is not None):
            raise ConfigurationError("a client has its own base URL and key; leave base_url and api_key out")
        if client is not None and (lacking(client, OpenAIClient) or not inspect.iscoroutinefunction(client.close)):
            raise ConfigurationError(f"client={client!r}: it must be an openai.AsyncOpenAI")
        check_number("timeout", timeout, SHORTEST, math.inf)
        self._card = card
        self._priced = card.price is not None
        self._api_key = None if api_key is None else _checked_key("api_key", api_key)
        self._client = client
        self._timeout = float(timeout)

    def __repr__(self) -> str:
        return f"OpenAIModel({self._card.name!r})"

    def card(self) -> ModelCard:
        """The name with its base URL where one was given, the settings, and the price, which is looked up where none
        was given. No key is in it."""
        if not self._priced:
            self._priced = True
            address = self._base_url if self._client is None else _shown(str(self._client.base_url))
            price = price_of(self._model, address)
            if price is not None:
                self._card = self._card.model_copy(update={"price": price})
        return self._card

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        """Send the request once. Text is emitted as it arrives; a failed call carries what had arrived as `partial`."""
        service, client = await self._connect()
        path, answering = _WIRES[self._card.wire]
        answer = answering(service, emit)
        try:
            with anyio.move_on_after(self._timeout):
                await exchange(client, service, request, answer, path=path, timeout=self._timeout)
                return answer.reply()
            raise ModelTimeout(
                f"{service.address} gave no complete answer within {self._timeout:g} seconds; timeout= sets how many"
            )
        except ModelError as error:
            error.partial = answer.partial
            raise

    async def _connect(self) -> tuple[Service, OpenAIClient]:
        if self._client is not None:
            address = _shown(str(self._client.base_url))
            check_allowed(address)
            return Service(self._model, address, (self._client.api_key,)), self._client
        address = self._base_url or home()
        # The address may come from a persona or team file of a stranger, who must not be sent the user's key.
        at_home = is_home(address)
        check_allowed(address)
        known = os.environ.get("OPENAI_API_KEY", "").strip()
        key = self._api_key or (_checked_key("OPENAI_API_KEY", known) if at_home else "")
        if not key and origin(address) == origin(OPENAI_URL):
            raise ModelKeyMissing(_NO_KEY.format(model=self._model))
        service = Service(self._model, address, (key, known), bool(known) and not key)
        return service, await client_for(key or "none", address)


def _check_word(name: str, value: object, known: Sequence[str]) -> None:
    if value not in known:
        raise ConfigurationError(f"{name} must be one of {', '.join(known)}, not {value!r}")


def _closes(tail: str, model: str) -> bool:
    """Whether a tail goes on after messages, and names the model."""
    try:
        fields = json.loads("{" + tail.removeprefix("],") + "}")
    except (ValueError, RecursionError):
        return False
    return tail.startswith("],") and isinstance(fields, dict) and fields.get("model") == model


def _checked_key(name: str, key: str) -> str:
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError(f"{name} holds a line break or a letter that no HTTP header takes: copy the key again")
    return key


def _shown(base_url: str) -> str:
    """An address without user, password and query."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
