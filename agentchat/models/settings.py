"""What an OpenAI-compatible model is set to: checked once, written once as the JSON that goes on
after the messages of every request.

Nothing here opens a connection or reads more of the environment than `home` says, and no key may ever come in.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import JsonValue

from agentchat.errors import ConfigurationError
from agentchat.policy.spending.prices import FREE, Price
from agentchat.settings import OPENAI_URL, home_url
from agentchat.transcript.calls import Wire

_COMMON: Final = {
    "model": "the name",
    "stream": "stream=",
    "temperature": "temperature=",
    "top_p": "top_p=",
    "tools": "the agent's tools",
    "tool_choice": "the agent's tools",
}

_OWN: Final[dict[Wire, dict[str, str]]] = {
    "chat": {
        **_COMMON,
        "messages": "the conversation",
        "stream_options": "stream=",
        "n": "one answer a call",
        "seed": "seed=",
        "max_completion_tokens": "max_output=",
        "reasoning_effort": "reasoning_effort=",
        "stop": "stop=",
    },
    "responses": {
        **_COMMON,
        "input": "the conversation",
        "instructions": "the agent's instructions",
        "previous_response_id": "the transcript, which is sent whole",
        "conversation": "the transcript, which is sent whole",
        "store": "the transcript: nothing is kept at the service",
        "background": "one answer a call",
        "max_output_tokens": "max_output=",
        "reasoning": "reasoning_effort= and reasoning_summary=",
    },
}
"""Fields of a request that `extra` may not set, and what sets them."""

_PATHS: Final = ("/chat/completions", "/completions", "/responses")
"""What is added to a base URL, and found at its end where someone copied too much."""

_PLAIN: Final = re.compile(r"(?:^|[:/])(?:gpt-3\.5|gpt-4|chatgpt-)|-chat(?:-latest)?$")
"""Models of OpenAI that do not reason. Asked for the thoughts that they do not have, they refuse the whole request."""


_SCHEME: Final = re.compile("@(?=http)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"@((?:localhost|[\w.-]+:\d+|\d+\.\d+\.\d+\.\d+)(?::\d+)?)(?:/.*)?$")
"""An address without its scheme. A model's own @ (`@cf/meta/llama`, `sonnet@20240620`) is followed by neither."""


def split_name(name: str, base_url: str | None) -> tuple[str, str | None]:
    """Model and base URL from `model`, or `model@http://host:port/v1`. Raises ConfigurationError.

    Only `@http://` and `@https://` part the two: model names may hold an @ of their own.
    """
    if not isinstance(name, str):
        raise ConfigurationError(f"the name of a model must be a text, not {name!r}")
    begun = _SCHEME.search(name)
    model = name if begun is None else name[: begun.start()]
    if begun is not None and base_url is not None:
        raise ConfigurationError(f"{name!r} names an address already; leave base_url out")
    if begun is not None:
        base_url = name[begun.end() :]
    else:
        bare = _ADDRESS.search(name)
        if bare is not None:
            raise ConfigurationError(
                f"{name!r}: what follows the @ is no URL; write it out, e.g. {name[: bare.start()]}@http://{bare[1]}/v1"
            )
    if not model.strip():
        raise ConfigurationError("a model needs a name")
    return model, None if base_url is None else checked_url(base_url)


class Settings(NamedTuple):
    """What a request is set to, beside its messages, tools, form of answer and limit."""

    stream: bool = True
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    reasoning_summary: str | None = None
    stop: str | Sequence[str] | None = None
    extra: Mapping[str, JsonValue] | None = None


def tail_of(model: str, wire: Wire, settings: Settings) -> str:
    """The JSON text that goes on after the messages, without the closing brace.

    Fields in a fixed order, those of `extra` sorted behind them. Raises ConfigurationError for settings that no service
    takes, or that the wire has no word for.
    """
    check_number("temperature", settings.temperature, 0.0, math.inf)
    check_number("top_p", settings.top_p, 0.0, 1.0)
    check_whole("seed", settings.seed, None)
    extra = settings.extra or {}
    own = _OWN[wire]
    for name in extra:
        if name in own:
            raise ConfigurationError(f"extra may not hold {name!r}: that is for {own[name]}")
    fields = (_chat_fields if wire == "chat" else _responses_fields)(model, settings)
    try:
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        if extra:
            more = json.dumps(extra, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
            text = f"{text[:-1]},{more[1:]}"
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"the settings of model {model!r} are no JSON: {error}") from None
    return f"],{text[1:-1]}"


def _chat_fields(model: str, settings: Settings) -> dict[str, object]:
    if settings.reasoning_summary is not None:
        raise ConfigurationError('reasoning_summary is a setting of the Responses API: add wire="responses"')
    fields: dict[str, object] = {"model": model}
    if settings.stream:
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
    return fields | _set(
        temperature=None if settings.temperature is None else float(settings.temperature),
        top_p=None if settings.top_p is None else float(settings.top_p),
        seed=settings.seed,
        reasoning_effort=settings.reasoning_effort,
        stop=_stops(settings.stop),
    )


def _responses_fields(model: str, settings: Settings) -> dict[str, object]:
    for name, value in (("seed", settings.seed), ("stop", settings.stop)):
        if value is not None:
            raise ConfigurationError(f'the Responses API knows no {name}: leave it out, or use wire="chat"')
    fields: dict[str, object] = {"model": model, "store": False}
    if "include" not in (settings.extra or {}) and not _PLAIN.search(model):
        fields["include"] = ["reasoning.encrypted_content"]
    if settings.stream:
        fields["stream"] = True
    reasoning = _set(effort=settings.reasoning_effort, summary=settings.reasoning_summary)
    return fields | _set(
        temperature=None if settings.temperature is None else float(settings.temperature),
        top_p=None if settings.top_p is None else float(settings.top_p),
        reasoning=reasoning or None,
    )


def _set(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def home() -> str:
    """Where a model name without an address goes. Raises ConfigurationError that names OPENAI_BASE_URL."""
    return checked_url(home_url(), "OPENAI_BASE_URL: ")


def is_home(address: str) -> bool:
    """Whether the key of the environment may go to an address: to that of the environment, or to OpenAI's.

    Raises ConfigurationError where the environment's is none.
    """
    return origin(address) in (origin(home()), origin(OPENAI_URL))


def origin(address: str) -> tuple[str, str | None, int | None]:
    """Who gets what is sent to an address: scheme, host and port."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port


def checked_url(base_url: str, where: str = "") -> str:
    """The base URL as it is used. Raises ConfigurationError for one that leads nowhere or holds a secret.

    where: what says so, for the error.
    """
    if not isinstance(base_url, str):
        raise ConfigurationError(f"a base URL is a text, not {base_url!r}; it looks like http://127.0.0.1:8080/v1")
    try:
        parts = urlsplit(base_url)
        known = (
            base_url.isprintable()
            and " " not in base_url
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port or 1) > 0
        )
    except ValueError:
        known = False
    if not known:
        # Only what looks like an address is shown, and no part that may be a password: it could be a key, misplaced.
        shown = f", not {base_url[:100]!r}" if re.search("[:/]", base_url) and not re.search("[@?#]", base_url) else ""
        raise ConfigurationError(f"{where}a base URL looks like http://127.0.0.1:8080/v1{shown}")
    if parts.username or parts.password or parts.query or parts.fragment:
        # It is written into every transcript.
        raise ConfigurationError(f"{where}a base URL holds no user, password or query; a key goes into api_key=")
    url = f"{parts.scheme}{base_url[len(parts.scheme) :]}".rstrip("/")  # HTTP:// would be another server than http://
    for path in _PATHS:
        if url.endswith(path):
            raise ConfigurationError(f"{where}a base URL ends before {path}: write {url.removesuffix(path)}")
    return url


def check_number(name: str, value: object, least: float, most: float) -> None:
    """Raise ConfigurationError unless the setting is a finite number within bounds, or None."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigurationError(f"{name} must be a number, not {value!r}")
    if not least <= value <= most:
        raise ConfigurationError(f"{name} must be between {least:g} and {most:g}, not {value!r}")


def check_whole(name: str, value: object, least: int | None) -> None:
    """Raise ConfigurationError unless the setting is a whole number from `least` up, or None."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(f"{name} must be a whole number, not {value!r}")
    if least is not None and value < least:
        raise ConfigurationError(f"{name} must be at least {least}, not {value}")


def checked_price(price: Price | Literal["free"] | None) -> Price | None:
    """The price of a model as it may be given. Raises ConfigurationError for what is none."""
    if price is not None and price != "free" and not isinstance(price, Price):
        raise ConfigurationError(f'price must be a Price, "free" or None, not {price!r}')
    return FREE if price == "free" else price


def _stops(stop: str | Sequence[str] | None) -> list[object] | None:
    if stop is None:
        return None
    words: list[object] = [stop] if isinstance(stop, str) else list(stop)
    if not words or not all(isinstance(word, str) and word for word in words):
        raise ConfigurationError("stop must be a text or a list of texts, none of them empty")
    return words
