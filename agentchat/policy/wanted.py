"""What a question to a person wants, by the schema of its answer."""

from __future__ import annotations

from typing import Literal, TypeAlias

from agentchat.transcript.calls import JsonObject

Wanted: TypeAlias = Literal["approval", "yes", "text", "json"]
"""What a person is to give: their word on an act (`Approval`), yes or no, text, or JSON of any other shape."""


def wanted_by(schema: JsonObject) -> Wanted:
    """What a question wants, by the schema of its answer."""
    properties = schema.get("properties")
    if isinstance(properties, dict) and "yes" in properties:
        return "approval"
    if schema.get("type") == "boolean":
        return "yes"
    return "text" if schema.get("type") == "string" else "json"
