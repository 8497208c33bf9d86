"""The JSON mapping of OTLP trace data, strictly: no field that the protocol does not have, every value in its form.

Source: opentelemetry-proto, trace/v1/trace.proto and common/v1/common.proto, and the section on the JSON Protobuf
encoding of the OTLP specification: ids in hexadecimal, 64-bit integers as decimal strings, enums as integers.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Nanoseconds = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,19})$")]
Int64 = Annotated[str, StringConstraints(pattern=r"^(0|-?[1-9][0-9]{0,18})$")]
TraceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
SpanId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Array(Strict):
    values: list[Value] = []


class Map(Strict):
    values: list[KeyValue] = []


class Value(Strict):
    """A oneof: at most one field."""

    stringValue: str | None = None  # noqa: N815 - the protocol's own name, as all below
    boolValue: bool | None = None  # noqa: N815
    intValue: Int64 | None = None  # noqa: N815
    doubleValue: float | None = None  # noqa: N815
    arrayValue: Array | None = None  # noqa: N815
    kvlistValue: Map | None = None  # noqa: N815

    @model_validator(mode="after")
    def one_of(self) -> Value:
        assert len(self.model_fields_set) <= 1
        return self

    def plain(self) -> object:
        """The value itself."""
        if self.arrayValue is not None:
            return [one.plain() for one in self.arrayValue.values]
        if self.kvlistValue is not None:
            return {one.key: one.value.plain() for one in self.kvlistValue.values}
        if self.intValue is not None:
            return int(self.intValue)
        found = (self.stringValue, self.boolValue, self.doubleValue)
        return next((one for one in found if one is not None), None)


class KeyValue(Strict):
    key: Annotated[str, StringConstraints(min_length=1)]
    value: Value


class Attributes(Strict):
    attributes: list[KeyValue] = []

    @model_validator(mode="after")
    def keys_are_unique(self) -> Attributes:
        keys = [one.key for one in self.attributes]
        assert len(keys) == len(set(keys)), keys
        return self

    def plain(self) -> dict[str, object]:
        """The attributes as a dictionary."""
        return {one.key: one.value.plain() for one in self.attributes}


class Event(Attributes):
    timeUnixNano: Nanoseconds  # noqa: N815
    name: Annotated[str, StringConstraints(min_length=1)]


class Link(Attributes):
    traceId: TraceId  # noqa: N815
    spanId: SpanId  # noqa: N815


class Status(Strict):
    code: Literal[0, 1, 2] = 0
    message: str = ""


class Span(Attributes):
    traceId: TraceId  # noqa: N815
    spanId: SpanId  # noqa: N815
    parentSpanId: SpanId | None = None  # noqa: N815
    name: Annotated[str, StringConstraints(min_length=1)]
    kind: Literal[1, 2, 3, 4, 5]
    startTimeUnixNano: Nanoseconds  # noqa: N815
    endTimeUnixNano: Nanoseconds  # noqa: N815
    events: list[Event] = []
    links: list[Link] = []
    status: Status = Status()

    @property
    def start(self) -> int:
        return int(self.startTimeUnixNano)

    @property
    def end(self) -> int:
        return int(self.endTimeUnixNano)


class Scope(Attributes):
    name: str
    version: str


class ScopeSpans(Strict):
    scope: Scope
    spans: list[Span]


class ResourceSpans(Strict):
    resource: Attributes
    scopeSpans: list[ScopeSpans]  # noqa: N815


class TracesData(Strict):
    resourceSpans: Annotated[list[ResourceSpans], Field(min_length=1)]  # noqa: N815


def spans_of(text: str) -> dict[str, Span]:
    """All spans of a line of OTLP JSON, by id. Fails for anything that the protocol does not say."""
    assert text.endswith("\n")
    assert "\n" not in text[:-1]
    data = TracesData.model_validate_json(text)
    spans = [span for one in data.resourceSpans for scoped in one.scopeSpans for span in scoped.spans]
    found = {span.spanId: span for span in spans}
    assert len(found) == len(spans)
    for span in spans:
        assert int(span.traceId, 16)  # all zeroes is none
        assert int(span.spanId, 16)
        assert span.start <= span.end
        assert all(span.start <= int(event.timeUnixNano) <= span.end for event in span.events)
        if span.parentSpanId is not None:
            parent = found[span.parentSpanId]
            assert (parent.traceId, parent.start <= span.start, span.end <= parent.end) == (span.traceId, True, True)
    return found
