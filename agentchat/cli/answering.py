"""What a person types as an answer, as the value that a question asks for."""

from __future__ import annotations

import json
from typing import Final

from pydantic import JsonValue

from agentchat.errors import ConfigurationError
from agentchat.policy.asked import wanted_by
from agentchat.transcript.calls import JsonObject

_YES: Final = ("y", "yes", "true")
_NO: Final = ("", "n", "no", "false")


def read_value(line: str, schema: JsonObject) -> JsonValue:
    """The value of a line. Only `y`, `yes` or `true` is a yes; what follows a no is its reason.

    An approval may be written out as well: `{"yes": true, "instead": "print(2)"}`.

    Raises ConfigurationError for what is neither yes nor no ("yes, but ..." is not), and for what should be JSON and
    is none.
    """
    word, _, rest = line.strip().partition(" ")
    word = word.rstrip(",.:;").lower()
    match wanted_by(schema):
        case "approval" if word.startswith("{"):
            pass
        case "approval":
            yes = _yes_or_no(line, word, "" if word in _NO else rest, "no with the reason behind it")
            return {"yes": True} if yes else {"yes": False, "reason": rest.strip() or None}
        case "yes":
            return _yes_or_no(line, word, rest, "no")
        case "text":
            return line
    try:
        value: JsonValue = json.loads(line or "null")
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"this is no JSON: {error}") from None
    return value


def _yes_or_no(line: str, word: str, rest: str, no: str) -> bool:
    if rest or word not in _YES + _NO:
        raise ConfigurationError(f"{line.strip()!r} is neither yes nor no: type yes alone, or {no}")
    return word in _YES
