"""What an OpenAI-compatible model is set to: checked once, written once as the JSON that closes every request.

Nothing here reads the environment or opens a connection, and no key may ever come in.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from pydantic import JsonValue

from agentchat.errors import ConfigurationError

_OWN: Final = {
    "messages": "the conversation",
    "model": "the name",
    "stream": "stream=",
    "stream_options": "stream=",
    "n": "one answer a call",
    "temperature": "temperature=",
    "top_p": "top_p=",
    "seed": "seed=",
    "max_completion_tokens": "max_output=",
    "reasoning_effort": "reasoning_effort=",
    "stop": "stop=",
}
"""Fields of a request that `extra` may not set, and what sets them."""


_ADDRESS: Final = re.compile(r"@((?:localhost|[\w.-]+:\d+|\d+\.\d+\.\d+\.\d+)(?::\d+)?)(?:/.*)?$")
"""An address without its scheme. A model's own @ (`@cf/meta/llama`, `sonnet@20240620`) is followed by neither."""


def split_name(name: str, base_url: str | None) -> tuple[str, str | None]:
    """Model and base URL from `model`, or `model@http://host:port/v1`. Raises ConfigurationError.

    Only `@http://` and `@https://` part the two: model names may hold an @ of their own.
    """
    model, mark, rest = name.partition("@http")
    if mark and base_url is not None:
        raise ConfigurationError(f"{name!r} names an address already; leave base_url out")
    if mark:
        base_url = "http" + rest
    else:
        bare = _ADDRESS.search(name)
        if bare is not None:
            raise ConfigurationError(
                f"{name!r}: what follows the @ is no URL; write it out, e.g. {name[: bare.start()]}@http://{bare[1]}/v1"
            )
    if not model.strip():
        raise ConfigurationError("a model needs a name")
    return model, None if base_url is None else checked_url(base_url)


def tail_of(
    model: str,
    *,
    stream: bool,
    temperature: float | None,
    top_p: float | None,
    seed: int | None,
    max_output: int | None,
    reasoning_effort: str | None,
    stop: str | Sequence[str] | None,
    extra: Mapping[str, JsonValue] | None,
) -> str:
    """The JSON text that closes a request: fields in a fixed order, those of `extra` sorted behind them.

    Raises ConfigurationError for settings that no service takes.
    """
    check_number("temperature", temperature, 0.0, math.inf)
    check_number("top_p", top_p, 0.0, 1.0)
    _check_whole("seed", seed, None)
    _check_whole("max_output", max_output, 1)
    fields: dict[str, object] = {"model": model}
    if stream:
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
    settings = {
        "temperature": None if temperature is None else float(temperature),
        "top_p": None if top_p is None else float(top_p),
        "seed": seed,
        "max_completion_tokens": max_output,
        "reasoning_effort": reasoning_effort,
        "stop": _stops(stop),
    }
    fields |= {name: value for name, value in settings.items() if value is not None}
    for name in extra or ():
        if name in _OWN:
            raise ConfigurationError(f"extra may not hold {name!r}: that is for {_OWN[name]}")
    try:
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        if extra:
            more = json.dumps(extra, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
            text = f"{text[:-1]},{more[1:]}"
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"the settings of model {model!r} are no JSON: {error}") from None
    return f"],{text[1:]}"


def checked_url(base_url: str) -> str:
    """The base URL as it is used. Raises ConfigurationError for one that leads nowhere or holds a secret."""
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
        raise ConfigurationError("a base URL looks like http://127.0.0.1:8080/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        # It is written into every transcript.
        raise ConfigurationError("a base URL holds no user, password or query; a key goes into api_key=")
    return base_url.rstrip("/")


def check_number(name: str, value: object, least: float, most: float) -> None:
    """Raise ConfigurationError unless the setting is a finite number within bounds, or None."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigurationError(f"{name} must be a number, not {value!r}")
    if not least <= value <= most:
        raise ConfigurationError(f"{name} must be between {least:g} and {most:g}, not {value!r}")


def _check_whole(name: str, value: object, least: int | None) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(f"{name} must be a whole number, not {value!r}")
    if least is not None and value < least:
        raise ConfigurationError(f"{name} must be at least {least}, not {value}")


def _stops(stop: str | Sequence[str] | None) -> list[object] | None:
    if stop is None:
        return None
    words: list[object] = [stop] if isinstance(stop, str) else list(stop)
    if not words or not all(isinstance(word, str) and word for word in words):
        raise ConfigurationError("stop must be a text or a list of texts, none of them empty")
    return words
