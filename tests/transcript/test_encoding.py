"""Every event reads back as it was written, and what cannot be read is named."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from agentchat.errors import (
    ConfigurationError,
    DamagedTranscript,
    NewerVersion,
    NotATranscript,
    TranscriptError,
    UnknownEvent,
)
from agentchat.transcript.chain import (
    BLOB_LIMIT,
    NO_LINE,
    blob_line,
    blob_names,
    decode,
    digest,
    encode,
    read_blob_line,
)
from agentchat.transcript.events import Answered, CallFailed, Entry, Event, Judged, Refused, Said, StateSet
from agentchat.transcript.messages import Data, Text
from tests.transcript.instances import EVENTS, KINDS, events, json_values, numbers


def entry_of(event: Event) -> Entry:
    return Entry(1, 1.5, 0.25, 0, NO_LINE, event)


def there_and_back(event: Event) -> Event:
    line = encode(entry_of(event))
    return decode(line.data, line.blobs.__getitem__).event


def judged(value: JsonValue) -> Judged:
    return Judged(name="f", on=1, value=value)


def stored(**changed: object) -> bytes:
    """The line of a plain event, some of its places changed."""
    raw = json.loads(encode(entry_of(judged(1))).data)
    return json.dumps({**raw, **changed}).encode()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_every_kind_reads_back(kind: type[Any], data: st.DataObject) -> None:
    event = data.draw(EVENTS[kind])
    line = encode(entry_of(event))
    again = decode(line.data, line.blobs.__getitem__)
    assert again == entry_of(event)
    assert encode(again) == line
    assert b"\n" not in line.data


@given(st.integers(1, 2**80), numbers, numbers, st.integers(0, 2**80), st.text("0123456789abcdef", max_size=64))
def test_the_place_of_an_event_reads_back(seq: int, at: float, active: float, cause: int, prev: str) -> None:
    entry = Entry(seq, at, active, cause, prev, judged(None))
    assert decode(encode(entry).data) == entry


@pytest.mark.parametrize("digits", [60, 4000, 5000])
@pytest.mark.parametrize("name", ["v", "seq", "cause"])
def test_a_number_that_no_log_can_reach_is_damage(name: str, digits: int) -> None:
    line = encode(entry_of(judged(None))).data
    longer = re.sub(rf'"{name}":\d+'.encode(), f'"{name}":{"9" * digits}'.encode(), line, count=1)
    with pytest.raises(TranscriptError) as caught:
        decode(longer)
    assert len(str(caught.value)) < 100


@given(st.lists(st.integers(0, 2).map(lambda n: ("", "x", "é")[n] * BLOB_LIMIT) | json_values, max_size=4))
def test_large_strings_leave_the_line_and_come_back(values: list[JsonValue]) -> None:
    event = judged({"$blob": values, "$$blob": "y" * BLOB_LIMIT + "z"})
    line = encode(entry_of(event))
    assert len(line.data) < 4 * BLOB_LIMIT + 20_000
    assert set(blob_names(line.data)) == set(line.blobs)
    assert {name: digest(data) for name, data in line.blobs.items()} == {name: name for name in line.blobs}
    assert decode(line.data, line.blobs.__getitem__).event == event


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("x" * BLOB_LIMIT, False),
        ("x" * (BLOB_LIMIT + 1), True),
        ("é" * (BLOB_LIMIT // 2), False),
        ("\x00" * 11_000, False),
    ],
)
def test_a_string_leaves_the_line_by_its_bytes(text: str, leaves: bool) -> None:
    line = encode(entry_of(Said(sender="a", body=Text.of(text))))
    assert bool(line.blobs) is leaves


def test_a_users_mark_is_no_mark() -> None:
    name = digest(b"other")
    value: JsonValue = [{"$blob": name}, {"$$blob": name}, {"$blob": 1}, f'{{"$blob":"{name}"}}', {"$blobs": "x"}]
    line = encode(entry_of(judged(value)))
    assert line.blobs == {}
    assert blob_names(line.data) == []
    assert decode(line.data).event == judged(value)


def test_one_payload_used_twice_is_kept_once() -> None:
    line = encode(entry_of(judged(["x" * 70_000, "x" * 70_000])))
    assert len(line.blobs) == 1
    assert len(blob_names(line.data)) == 1


@pytest.mark.parametrize(
    "event",
    [
        Refused(turn=1, raw=None, problems=()),
        StateSet(turn=1, agent="a", ordinal=1, state=None),
        Answered(pause="p", value=None, by="user"),
        judged(None),
        Said(sender="a", body=Data(type="Nothing", value=None)),
    ],
)
def test_a_value_that_is_none_reads_back(event: Event) -> None:
    assert there_and_back(event) == event


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_what_json_has_no_word_for_is_refused(number: float) -> None:
    with pytest.raises(ConfigurationError, match="Input should be a finite number"):
        judged([number])
    with pytest.raises(ValidationError):
        CallFailed.model_validate(
            {"call": 1, "error": {"type": "E", "message": ""}, "retryable": True, "retry_after": number}
        )


@pytest.mark.parametrize("depth", [150, 199, 240])
@pytest.mark.parametrize("inner", [0, "x" * 70_000])
def test_what_nests_deeply_reads_back(depth: int, inner: JsonValue) -> None:
    value = inner
    for _ in range(depth):
        value = {"in": [value]} if depth < 150 else [value]
    assert there_and_back(judged(value)) == judged(value)


@pytest.mark.parametrize("digits", [1, 3999, 4000, 4001, 4301, 9000])
def test_a_long_number_reads_back(digits: int) -> None:
    for number in (10**digits - 7, 7 - 10**digits):
        assert there_and_back(judged(number)) == judged(number)


def test_text_that_is_no_utf8_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        encode(entry_of(judged("\ud800")))


@pytest.mark.parametrize(
    ("line", "error", "says"),
    [
        (b"", DamagedTranscript, r"no JSON \(the line is empty\)"),
        (b"hello", DamagedTranscript, "no JSON"),
        (b'{"v":1', DamagedTranscript, "no JSON"),
        (b"[" * 100_000, DamagedTranscript, "no JSON"),
        (b"\xff", DamagedTranscript, "no JSON"),
        (b"[]", NotATranscript, "no entry"),
        (b"{}", NotATranscript, "no entry"),
        (b'{"v":1}', NotATranscript, "no entry"),
        (stored(v="1"), NotATranscript, "no entry"),
        (stored(v=True), NotATranscript, "no entry"),
        (stored(v=0), NotATranscript, "no entry"),
        (stored(v=2), NewerVersion, "format 2"),
        (stored(event={"kind": "danced"}), UnknownEvent, "'danced'"),
        (stored(event={}), UnknownEvent, "None"),
        (stored(event="said"), UnknownEvent, "None"),
        (stored(event={"kind": "judged", "name": "f"}), DamagedTranscript, "judged.on"),
        (stored(event={"kind": "judged", "name": "f", "on": 1, "more": 1}), DamagedTranscript, "more"),
        (stored(seq="1"), DamagedTranscript, "something else"),
        (stored(seq=1.0), DamagedTranscript, "something else"),
        (stored(cause=True), DamagedTranscript, "something else"),
        (stored(at=None), DamagedTranscript, "something else"),
        (stored(active="0"), DamagedTranscript, "something else"),
        (stored(prev=7), DamagedTranscript, "something else"),
        (stored(at=math.nan), DamagedTranscript, "no JSON"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: bytes, error: type[TranscriptError], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        decode(line, number=7)
    assert type(caught.value) is error
    assert caught.value.line == 7
    assert str(caught.value).startswith("line 7: ")


@pytest.mark.parametrize("place", ["seq", "at", "active", "cause", "prev"])
def test_a_place_that_is_missing_is_named(place: str) -> None:
    raw = json.loads(stored())
    del raw[place]
    with pytest.raises(DamagedTranscript, match=f"no '{place}'"):
        decode(json.dumps(raw).encode())


def test_a_payload_that_is_not_there_is_named() -> None:
    line = encode(entry_of(judged("x" * 70_000)))
    (name,) = line.blobs
    with pytest.raises(DamagedTranscript, match=f"{name[:12]} is kept elsewhere"):
        decode(line.data)
    with pytest.raises(DamagedTranscript, match=f"{name[:12]} is missing"):
        decode(line.data, dict[str, bytes]().__getitem__)
    with pytest.raises(DamagedTranscript, match=f"{name[:12]} was changed"):
        decode(line.data, {name: b"y" * 70_000}.__getitem__)


def test_a_payload_that_is_no_text_is_no_event() -> None:
    data = b"\xff"
    line = stored(event={"kind": "judged", "name": {"$blob": digest(data)}, "on": 1}).replace(b": ", b":")
    with pytest.raises(TranscriptError):
        decode(line, {digest(data): data}.__getitem__)


@given(st.text())
def test_a_payload_line_reads_back(text: str) -> None:
    assert read_blob_line(blob_line(text.encode())) == (digest(text.encode()), text.encode())


@pytest.mark.parametrize(
    "line",
    [b'{"blob"', b'{"blob":1,"text":""}', b'{"blob":"x"}', b'{"blob":"x","text":1}', b'{"blob":"x","text":"\\ud800"}'],
)
def test_a_payload_line_that_cannot_be_read_says_so(line: bytes) -> None:
    with pytest.raises(DamagedTranscript, match="cannot be read"):
        read_blob_line(line)


def test_a_changed_payload_line_is_found() -> None:
    with pytest.raises(DamagedTranscript, match="was changed"):
        read_blob_line(blob_line(b"abc").replace(b"abc", b"abd"))
    assert read_blob_line(encode(entry_of(judged(1))).data) is None


def test_every_kind_is_in_the_union_once() -> None:
    kinds = [kind.model_fields["kind"].default for kind in KINDS]
    assert len(set(kinds)) == len(kinds) == len(set(KINDS))


@given(events)
def test_an_event_cannot_be_changed(event: Event) -> None:
    with pytest.raises(ValidationError):
        event.kind = "other"  # type: ignore[assignment, misc]  # that is what is tried
