"""What a person types as an answer, as the value that a question asks for."""

from __future__ import annotations

import json

from pydantic import JsonValue

from agentchat.errors import ConfigurationError
from agentchat.policy.wanted import wanted_by
from agentchat.transcript.calls import JsonObject


def read_value(line: str, schema: JsonObject) -> JsonValue:
    """The value of a line. Only `y`, `yes` or `true` is a yes; what follows a no is its reason.

    An approval may be written out as well: `{"yes": true, "instead": "print(2)"}`.

    Raises ConfigurationError for what should be JSON and is none.
    """
    word, _, rest = line.strip().partition(" ")
    word = word.rstrip(",.:;").lower()
    yes = word in ("y", "yes") or (word == "true" and not rest)
    match wanted_by(schema):
        case "approval" if word.startswith("{"):
            pass
        case "approval":
            why = rest if word in ("n", "no") else line.strip()
            return {"yes": True} if yes else {"yes": False, "reason": why.strip() or None}
        case "yes":
            return yes
        case "text":
            return line
    try:
        value: JsonValue = json.loads(line or "null")
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"this is no JSON: {error}") from None
    return value
