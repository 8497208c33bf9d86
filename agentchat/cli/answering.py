"""What a person types as an answer, as the value that a question asks for."""

from __future__ import annotations

import json

from pydantic import JsonValue

from agentchat.errors import ConfigurationError
from agentchat.transcript.calls import JsonObject


def kind_of(schema: JsonObject) -> str:
    """What is to be given: an approval, yes or no, text, or JSON."""
    properties = schema.get("properties")
    if isinstance(properties, dict) and "yes" in properties:
        return "approval"
    return {"boolean": "yes", "string": "text"}.get(str(schema.get("type")), "json")


def read_value(line: str, schema: JsonObject) -> JsonValue:
    """The value of a line. Only `y` or `yes` is a yes; what follows a no is its reason. An approval may be written out
    as well: `{"yes": true, "instead": "print(2)"}`.

    Raises ConfigurationError for what should be JSON and is none.
    """
    word, _, rest = line.strip().partition(" ")
    word = word.rstrip(",.:;").lower()
    yes = word in ("y", "yes") or (word == "true" and not rest)
    match kind_of(schema):
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
