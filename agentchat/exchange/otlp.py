"""Spans in the words of OTLP: the JSON of the protocol's trace messages.

Ids are derived from the conversation and the place in its log, so that the same record gives the same spans, and one
conversation can point at a span of another without having seen it. Pure.

Mapping: opentelemetry.io/docs/specs/otlp, JSON Protobuf encoding: ids in hexadecimal, 64-bit numbers as decimal
strings, enums as integers, names in lowerCamelCase.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from pydantic import JsonValue

from agentchat.transcript.calls import JsonObject

INTERNAL: Final = 1
CLIENT: Final = 3
ERROR: Final = 2
"""SpanKind and StatusCode of opentelemetry-proto, trace/v1."""


class Span:
    """One span while it is put together. Times are nanoseconds since 1970 UTC."""

    def __init__(
        self, conversation: str, seq: int, name: str, *, parent: int, start: int, kind: int = INTERNAL
    ) -> None:
        self.seq = seq
        self.attributes: dict[str, JsonValue] = {"agentchat.seq": seq}
        self._conversation = conversation
        self._name = name
        self._parent = parent
        self._kind = kind
        self._start = start
        self._end = start
        self._events: list[JsonValue] = []
        self._links: list[JsonValue] = []
        self._error: str | None = None

    def event(self, name: str, at: int, attributes: Mapping[str, JsonValue]) -> None:
        """Something that happened while it was open."""
        self._events.append({"timeUnixNano": str(at), "name": name, "attributes": key_values(attributes)})

    def link(self, conversation: str, seq: int, attributes: Mapping[str, JsonValue]) -> None:
        """Point at a span of another conversation."""
        self._links.append(
            {
                "traceId": trace_id(conversation),
                "spanId": span_id(conversation, seq),
                "attributes": key_values(attributes),
            }
        )

    def fail(self, kind: str, message: str) -> None:
        """Say that it ended in an error of this kind."""
        self.attributes["error.type"] = kind
        self._error = message

    def end(self, at: int) -> JsonObject:
        """Close it: the JSON of the span."""
        self._end = at
        made: JsonObject = {"traceId": trace_id(self._conversation), "spanId": span_id(self._conversation, self.seq)}
        if self._parent:
            made["parentSpanId"] = span_id(self._conversation, self._parent)
        made |= {"name": self._name, "kind": self._kind}
        made |= {"startTimeUnixNano": str(self._start), "endTimeUnixNano": str(self._end)}
        made["attributes"] = key_values(self.attributes)
        if self._events:
            made["events"] = self._events
        if self._links:
            made["links"] = self._links
        if self._error is not None:
            made["status"] = {"code": ERROR, **({"message": self._error} if self._error else {})}
        return made


def traces(spans: Sequence[JsonObject], resource: Mapping[str, JsonValue], scope: str, version: str) -> JsonObject:
    """The trace data of one resource and one instrumentation."""
    scoped: JsonObject = {"scope": {"name": scope, "version": version}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": key_values(resource)}, "scopeSpans": [scoped]}]}


def trace_id(conversation: str) -> str:
    """The trace of a conversation: 16 bytes in hexadecimal."""
    return hashlib.sha256(f"agentchat/{conversation}".encode()).hexdigest()[:32]


def span_id(conversation: str, seq: int) -> str:
    """The span that begins with an entry: 8 bytes in hexadecimal."""
    return hashlib.sha256(f"agentchat/{conversation}/{seq}".encode()).hexdigest()[:16]


def nanoseconds(seconds: float) -> int:
    """Seconds as they are written, to the nanosecond: no error of floating point is added."""
    return max(0, int(Decimal(repr(seconds)) * 1_000_000_000))


def key_values(values: Mapping[str, JsonValue]) -> list[JsonValue]:
    """Attributes in the order given; those that are None are left out."""
    return [{"key": key, "value": any_value(value)} for key, value in values.items() if value is not None]


def any_value(value: JsonValue) -> JsonObject:
    """A value with its type. Integers beyond 64 bits go as text, for the protocol has none."""
    match value:
        case str():
            return {"stringValue": value}
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int() if -(2**63) <= value < 2**63:
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [any_value(one) for one in value]}}
        case dict():
            values: list[JsonValue] = [{"key": key, "value": any_value(one)} for key, one in value.items()]
            return {"kvlistValue": {"values": values}}
    return {"stringValue": str(value)}
