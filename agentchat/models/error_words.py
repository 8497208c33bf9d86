"""What a service says in a refusal: its words, codes and wait, in whatever shape they come. Pure; decides nothing.

Met so far: `{"error": {"message"}}` (OpenAI), the same in a list (Gemini), `{"error": "text"}` (older Ollama),
`{"message"}` alone (Mistral), `{"detail": [{"loc", "msg"}]}` (whatever is built on FastAPI; Mistral has that inside
`message`), `{"errors": [...]}` (Cloudflare), `metadata.raw` for what the provider behind it said (OpenRouter), pages.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic_core import from_json

_NAMES: Final = ("message", "detail", "msg", "error", "errors", "error_message", "title")
"""Where words stand, the most telling first."""

_DEEPEST: Final = 5
"""Levels that are looked into; none of the known shapes has more than four."""

_SEVERAL: Final = 3
"""Errors of a list that are told."""

_LONGEST: Final = 10_000
"""Characters of a page that are looked at; its title and first words stand at its head."""

_TAGS: Final = re.compile(r"<(?:script|style)\b[^>]*>[^<]*|<[^>]*>?", re.IGNORECASE)


def error_in(body: object) -> object:
    """The error object of a whole answer, or the answer itself where it has none."""
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, dict):
        found = body.get("error") or body.get("errors") or body
        return found[0] if isinstance(found, list) and found else found
    return body


def words_of(error: object) -> str:
    """What an error says to people; empty where it says nothing."""
    return _words(error, _DEEPEST)


def codes_of(error: object) -> list[str]:
    """The codes of an error object, lower case."""
    fields = error if isinstance(error, dict) else {}
    return [str(fields.get(name, "")).lower() for name in ("code", "status", "type")]


def wait_of(error: object) -> float | None:
    """Seconds to wait as Google's RetryInfo among the details names them; None where there is none."""
    details = error.get("details") if isinstance(error, dict) else None
    for one in details if isinstance(details, list) else ():
        delay = one.get("retryDelay") if isinstance(one, dict) else None
        if isinstance(delay, str) and re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?s", delay):
            return float(delay[:-1])
    return None


def without_tags(text: str) -> str:
    """A web page as its words; other text as it is."""
    return _TAGS.sub(" ", text[:_LONGEST]) if text.lstrip()[:1] == "<" else text


def _words(value: object, deepest: int) -> str:
    if isinstance(value, str):
        return without_tags(value).strip()
    if deepest == 0:
        return ""
    if isinstance(value, list):
        told = [words for one in value[:_SEVERAL] if (words := _words(one, deepest - 1))]
        return "; ".join(told)
    if not isinstance(value, dict):
        return ""
    words = next((words for name in _NAMES if (words := _words(value.get(name), deepest - 1))), "")
    place = value.get("loc")
    if words and isinstance(place, list):
        words = f"{'.'.join(str(part)[:100] for part in place[:_DEEPEST])}: {words}"
    behind = value.get("metadata")
    raw = behind.get("raw") if isinstance(behind, dict) else None
    if more := _words(_read(raw), deepest - 1):
        words = f"{words}: {more}" if words else more
    return words


def _read(raw: object) -> object:
    """An error that is given as the text of its JSON, read."""
    if isinstance(raw, str) and raw.lstrip()[:1] in ("{", "["):
        try:
            return from_json(raw)
        except ValueError:
            return raw
    return raw
