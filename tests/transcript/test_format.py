"""The format that was released must load for ever."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable

import pytest
from pydantic import BaseModel

from agentchat.errors import NotATranscript
from agentchat.policy.charter import Charter
from agentchat.transcript.chain import NO_LINE, digest, encode
from agentchat.transcript.events import CallFinished, CallStarted, Opened, Said
from agentchat.transcript.messages import Body, Part
from agentchat.transcript.transcript import Transcript, split_lines
from tests.fixtures.make_format_1 import FILE, transcript
from tests.transcript.instances import KINDS, members


def test_format_1_loads_and_encodes_to_the_same_bytes() -> None:
    log = Transcript.load(FILE)
    assert log.torn == 0
    assert log.dumps() == FILE.read_bytes()
    prev = NO_LINE
    for entry in log.as_written():
        assert entry.prev == prev
        line = encode(entry)
        assert line.data == log.line(entry.seq)
        prev = digest(line.data)
    assert log.head == prev


@pytest.mark.parametrize(
    ("encode_as", "told"),
    [
        (gzip.compress, "unpack it with gunzip"),
        (lambda data: codecs.BOM_UTF8 + data, "save it as UTF-8 without one"),
        (lambda data: data.decode().encode("utf-16"), "save it as UTF-8"),
        (lambda data: codecs.BOM_UTF16_BE + data.decode().encode("utf-16-be"), "save it as UTF-8"),
    ],
)
def test_what_a_tool_made_of_a_file_is_named(encode_as: Callable[[bytes], bytes], told: str) -> None:
    with pytest.raises(NotATranscript, match=told):
        Transcript.loads(encode_as(FILE.read_bytes()))


def test_format_1_is_what_is_written_today() -> None:
    assert list(transcript()) == list(Transcript.load(FILE))


def test_format_1_holds_everything_once_at_least() -> None:
    log = Transcript.load(FILE)
    assert {type(entry.event) for entry in log.as_written()} == set(KINDS)
    bodies = {type(log.body(entry.seq)) for entry in log if isinstance(entry.event, Said)}
    assert bodies == set(members(Body))
    assert {type(part) for part in log[5].event.body.parts} == set(members(Part))  # type: ignore[union-attr]
    calls = [entry.event.recipe.call for entry in log if isinstance(entry.event, CallStarted)]
    assert set(calls) == {"model", "code", "tool", "ask"}
    results = [entry.event.result.of for entry in log if isinstance(entry.event, CallFinished)]
    assert set(results) == set(calls)


def test_format_1_gives_every_field_once_at_least() -> None:
    given: dict[type[BaseModel], set[str]] = {}
    for entry in Transcript.load(FILE).as_written():
        event = entry.event
        _walk(event, given)
        if isinstance(event, Opened):
            _walk(Charter.model_validate(event.charter), given)
    wanted = {kind: set(kind.model_fields) - {"kind", "type", "of", "call"} for kind in given}
    missing = {kind.__name__: fields - given[kind] for kind, fields in wanted.items() if fields - given[kind]}
    assert missing == {}


def _walk(value: object, given: dict[type[BaseModel], set[str]]) -> None:
    """Note which fields of which models hold something else than their default."""
    if isinstance(value, BaseModel):
        known = given.setdefault(type(value), set())
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            if field.is_required() or inner != field.get_default(call_default_factory=True):
                known.add(name)
            _walk(inner, given)
    elif isinstance(value, list | tuple):
        for inner in value:
            _walk(inner, given)


def test_format_1_has_its_places_where_the_table_says() -> None:
    lines = [json.loads(line) for line in split_lines(FILE.read_bytes())[0]]
    entries = [line for line in lines if "v" in line]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    for entry in entries:
        assert list(entry) == ["v", "seq", "at", "active", "cause", "prev", "event"]
        assert entry["v"] == 1
        assert next(iter(entry["event"])) == "kind"
    assert sum("blob" in line for line in lines) == 1
