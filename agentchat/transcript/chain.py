"""Entries to lines and back: the stored bytes, the chain between them, and payloads too large for a line.

A line is one JSON object without its line end. `prev` is the SHA-256 of the bytes of the line before, so a changed
byte is located. A string of more than `BLOB_LIMIT` bytes leaves the line: `{"$blob":"<sha256 hex>"}` stands in its
place and the text is kept beside the log under that digest. A user's own key `$blob` gains one more `$`, as do
`$$blob` and so on, so the two cannot be mistaken for each other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

from pydantic import JsonValue, Strict, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json
from typing_extensions import TypedDict

from agentchat.errors import DamagedTranscript, NewerVersion, NotATranscript, UnknownEvent
from agentchat.transcript.events import SCHEMA_VERSION, AnyEvent, Entry, Event

NO_LINE: Final = "0" * 64
BLOB_LIMIT: Final = 64 * 1024
BLOB_LINE: Final = b'{"blob"'
"""How the line of a payload begins."""
_MARK: Final = "$blob"
_MARK_BYTES: Final = b"$blob"
_REFERENCE: Final = re.compile(rb'[{,]"\$blob":"([0-9a-f]{64})"')
_VALIDATE: Final[Callable[[object], Event]] = TypeAdapter[Event](AnyEvent).validator.validate_python
_BEYOND: Final = ("recursion limit", "number out of range")
"""How the fast parser says that it gives up where JSON sets no limit: some 200 levels, some 4,300 digits."""
_DIGITS: Final = 4000
_LARGEST: Final = 2**128
"""Versions and sequence numbers end before: one of 5,000 digits could not even be printed."""
_KINDS: Final = frozenset(member.model_fields["kind"].default for member in Event.__args__)


_Whole = Annotated[int, Strict()]
_Number = _Whole | Annotated[float, Strict()]


class _Stored(TypedDict):
    v: _Whole
    seq: _Whole
    at: _Number
    active: _Number
    cause: _Whole
    prev: Annotated[str, Strict()]
    event: AnyEvent


_STORED: Final[Callable[[bytes], _Stored]] = TypeAdapter(_Stored).validator.validate_json


class Line(NamedTuple):
    """The stored bytes of an entry, and the large strings that left it: digest -> UTF-8 bytes."""

    data: bytes
    blobs: dict[str, bytes]


def digest(data: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


CR_LF: Final = "something made CR LF of its line ends: put LF back (for git: *.jsonl -text in .gitattributes)"
"""What may have happened to a file whose lines end in a carriage return: JSON never does."""

_NO_BLOBS: Final[dict[str, bytes]] = {}


def encode(entry: Entry) -> Line:
    """The line of an entry. Raises ValueError where text cannot be written as UTF-8 (a lone surrogate)."""
    event = entry.event
    body = event.__pydantic_serializer__.to_json(event, exclude_none=True)
    blobs = _NO_BLOBS
    if len(body) > BLOB_LIMIT or _MARK_BYTES in body:
        blobs = {}
        body = to_json(_lift(_parse(body), blobs))
    head = (
        f'{{"v":{SCHEMA_VERSION},"seq":{entry.seq},"at":{entry.at!r},"active":{entry.active!r},'
        f'"cause":{entry.cause},"prev":"{entry.prev}","event":'
    )
    return Line(head.encode() + body + b"}", blobs)


def decode(line: bytes, blob: Callable[[str], bytes] | None = None, *, number: int | None = None) -> Entry:
    """The entry of a line. `blob` fetches a payload by digest; `number` is the line's place, for the error.

    Raises NotATranscript (no entry at all), NewerVersion, UnknownEvent, or DamagedTranscript.
    """
    # a payload kept elsewhere, and numbers that JSON does not have, are for the slower way
    if _MARK_BYTES not in line and b"NaN" not in line and b"Infinity" not in line:
        try:
            raw = _STORED(line)
        except ValidationError:
            return _decode(line, blob, number)  # step by step: what is wrong is to be named
        if 1 <= raw["v"] <= SCHEMA_VERSION and max(raw["seq"], raw["cause"]) < _LARGEST:
            return Entry(raw["seq"], raw["at"], raw["active"], raw["cause"], raw["prev"], raw["event"])
    return _decode(line, blob, number)


def _decode(line: bytes, blob: Callable[[str], bytes] | None, number: int | None) -> Entry:
    try:
        raw = _parse(line)
    except (ValueError, RecursionError) as error:
        how = str(error) if line.strip() else "the line is empty"
        raise DamagedTranscript(f"this is no JSON ({how})", line=number) from None
    version = raw.get("v") if isinstance(raw, dict) and "event" in raw else None
    if type(version) is not int or not 1 <= version < _LARGEST:
        raise NotATranscript("this is no entry of a transcript", line=number)
    if version > SCHEMA_VERSION:
        raise NewerVersion(
            f"written in format {version}, this agentchat reads up to {SCHEMA_VERSION}; upgrade agentchat", line=number
        )
    if _MARK_BYTES in line:
        raw["event"] = _lower(raw["event"], blob, number)
    try:
        event = _VALIDATE(raw["event"])
        entry = Entry(raw["seq"], raw["at"], raw["active"], raw["cause"], raw["prev"], event)
    except ValidationError as error:
        _say_if_unknown(raw["event"], number)
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DamagedTranscript(f"the event does not fit its kind: {place}: {first['msg']}", line=number) from None
    except KeyError as error:
        raise DamagedTranscript(f"the entry has no {error.args[0]!r}", line=number) from None
    if not _placed(entry):
        raise DamagedTranscript("a number or a digest of the entry is something else", line=number)
    return entry


def _placed(entry: Entry) -> bool:
    numbers = type(entry.at) in (int, float) and type(entry.active) in (int, float)
    places = all(type(place) is int and abs(place) < _LARGEST for place in (entry.seq, entry.cause))
    return numbers and places and type(entry.prev) is str


def _parse(line: bytes) -> Any:
    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError as error:
        if not any(limit in str(error) for limit in _BEYOND):
            raise
    return json.loads(line.decode(), parse_int=_whole)


def _whole(digits: str) -> int:
    """An integer of any length: Python itself reads no more digits than `sys.get_int_max_str_digits` at once."""
    if len(digits) <= _DIGITS:
        return int(digits)
    size = abs(int(digits[:_DIGITS]))
    for start in range(_DIGITS, len(digits), _DIGITS):
        chunk = digits[start : start + _DIGITS]
        size = size * 10 ** len(chunk) + int(chunk)
    return -size if digits.startswith("-") else size


def _say_if_unknown(event: object, number: int | None) -> None:
    kind = event.get("kind") if isinstance(event, dict) else None
    if kind not in _KINDS:
        raise UnknownEvent(f"unknown event kind {kind!r}; upgrade agentchat, or the file is no transcript", line=number)


def blob_line(data: bytes) -> bytes:
    """A large payload as a line of a portable file, to stand before the entry that refers to it."""
    return json.dumps({"blob": digest(data), "text": data.decode()}, ensure_ascii=False).encode()


def read_blob_line(line: bytes) -> tuple[str, bytes] | None:
    """The digest and bytes of a blob line; None where the line is no such line. Raises DamagedTranscript."""
    if not line.startswith(BLOB_LINE):
        return None
    try:
        raw = from_json(line)
    except ValueError:
        raw = {}
    name, text = raw.get("blob"), raw.get("text")
    if not isinstance(name, str) or not isinstance(text, str):
        raise DamagedTranscript("a payload line that cannot be read")
    data = text.encode()
    if digest(data) != name:
        raise DamagedTranscript(f"the payload {name[:12]} was changed")
    return name, data


def blob_names(line: bytes) -> list[str]:
    """The digests of the payloads that a stored line refers to, each once, in order."""
    if _MARK_BYTES not in line:
        return []
    return list(dict.fromkeys(name.decode() for name in _REFERENCE.findall(line)))


def _lift(value: JsonValue, blobs: dict[str, bytes]) -> JsonValue:
    if isinstance(value, str):
        if len(value) * 4 <= BLOB_LIMIT:
            return value
        data = value.encode()
        if len(data) <= BLOB_LIMIT:
            return value
        name = digest(data)
        blobs[name] = data
        return {_MARK: name}
    if isinstance(value, list):
        return [_lift(item, blobs) for item in value]
    if isinstance(value, dict):
        return {_escape(key): _lift(item, blobs) for key, item in value.items()}
    return value


def _lower(value: JsonValue, blob: Callable[[str], bytes] | None, number: int | None) -> JsonValue:
    if isinstance(value, list):
        return [_lower(item, blob, number) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get(_MARK)
    if not isinstance(name, str):
        return {_unescape(key): _lower(item, blob, number) for key, item in value.items()}
    if blob is None:
        raise DamagedTranscript(f"the payload {name[:12]} is kept elsewhere", line=number)
    try:
        data = blob(name)
        text = data.decode()
    except KeyError:
        raise DamagedTranscript(f"the payload {name[:12]} is missing", line=number) from None
    except UnicodeDecodeError:
        raise DamagedTranscript(f"the payload {name[:12]} is no text", line=number) from None
    if digest(data) != name:
        raise DamagedTranscript(f"the payload {name[:12]} was changed", line=number)
    return text


def _escape(key: str) -> str:
    return f"${key}" if key.lstrip("$") == "blob" and key.startswith("$") else key


def _unescape(key: str) -> str:
    return key[1:] if key.startswith("$$") and key.lstrip("$") == "blob" else key
