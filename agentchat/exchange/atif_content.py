"""A message's body as ATIF writes it: a text, or parts where there are pictures in it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from pydantic import JsonValue

from agentchat.transcript.messages import BlobPart, Body, Part, ReasoningPart, Text, TextPart, UriPart

_PICTURES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""The pictures that ATIF knows."""
_ENDINGS: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
}


def content_of(body: Body, lost: Counter[str]) -> JsonValue:
    """The body; what has no place in it is named in words, and counted in `lost`."""
    if not isinstance(body, Text) or all(isinstance(part, TextPart) for part in body.parts):
        return body.text
    made = [_part(part, lost) for part in body.parts if not isinstance(part, ReasoningPart)]
    if all("text" in one for one in made):
        return "".join(str(one["text"]) for one in made)
    return [*made]


def _part(part: Part, lost: Counter[str]) -> dict[str, JsonValue]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.content}
    picture = _picture(part)
    if picture is not None:
        kind, path = picture
        return {"type": "image", "source": {"media_type": kind, "path": path}}
    lost["parts that are neither text nor a picture of a usual kind"] += 1
    return {"type": "text", "text": f"[{part.type}]"}


def _picture(part: Part) -> tuple[str, str] | None:
    """The type of a picture and where it is; its own bytes are an address (RFC 2397)."""
    if isinstance(part, BlobPart) and part.mime_type in _PICTURES:
        return part.mime_type, f"data:{part.mime_type};base64,{part.content}"
    if isinstance(part, UriPart):
        ending = re.search(r"\.(\w+)(?:[?#]|$)", part.uri)
        kind = part.mime_type if part.mime_type in _PICTURES else _ENDINGS.get(ending[1].lower()) if ending else None
        return None if kind is None else (kind, part.uri)
    return None
