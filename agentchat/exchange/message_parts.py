"""The content of an OpenAI message as parts: text, pictures, sounds and files, each error with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from agentchat.errors import NotATranscript
from agentchat.transcript.messages import BlobPart, FilePart, Part, TextPart, UriPart

_DATA: Final = re.compile(r"data:(?P<type>(?!audio|video)[^;,/]+/[^;,]+)(?:;[^;,]+)*;base64,(?P<data>.*)", re.DOTALL)
"""An address that holds its own bytes (RFC 2397)."""

_FETCHED: Final = ("http://", "https://", "data:image/")
"""Addresses of pictures that a service may look at: never a file of somebody's machine."""
_SOUNDS: Final = {"wav": "audio/wav", "mp3": "audio/mpeg"}


def parts_of(content: JsonValue, place: str, role: str) -> tuple[tuple[Part, ...], list[str]]:
    """The parts of a message, and what of it has no place. Raises NotATranscript for what is no content."""
    lost: list[str] = []
    if content is None or content == "":
        return (), lost
    if isinstance(content, str):
        return (TextPart(content=content),), lost
    if not isinstance(content, list):
        raise NotATranscript(f"{place}.content is neither text nor a list of parts")
    found = tuple(made for number, one in enumerate(content) for made in _part(one, f"{place}.content[{number}]", lost))
    other = [part for part in found if not isinstance(part, TextPart)]
    if role != "user" and other:
        raise NotATranscript(
            f"{place}: only a user's message holds anything but text, and this is of the role {role!r}"
        )
    return found, lost


def _part(value: JsonValue, place: str, lost: list[str]) -> Iterator[Part]:
    match value:
        case {"type": "text", "text": str(text)}:
            yield TextPart(content=text)
        case {"type": "refusal", "refusal": str(text)}:
            lost.append("that a part is a refusal")
            yield TextPart(content=text)
        case {"type": "image_url", "image_url": {"url": str(url), **rest}} if url.lower().startswith(_FETCHED):
            if rest.get("detail") not in (None, "auto"):
                lost.append(f"the detail {rest['detail']!r} of a picture")
            yield _picture(url)
        case {"type": "input_audio", "input_audio": {"data": str(data), "format": str(kind)}} if kind in _SOUNDS:
            yield BlobPart(mime_type=_SOUNDS[kind], content=data)
        case {"type": "file", "file": {"file_id": str(held)}}:
            yield FilePart(file_id=held)
        case {"type": "file", "file": {"file_data": str(data), **rest}} if held_in := _DATA.fullmatch(data):
            if rest.get("filename"):
                lost.append(f"the file name {rest['filename']!r}")
            yield BlobPart(mime_type=held_in["type"], content=held_in["data"])
        case {"type": str(kind)}:
            raise NotATranscript(f"{place}: this part of the type {kind!r} is nothing that a service takes")
        case _:
            raise NotATranscript(f"{place} is no part with a type")


def _picture(url: str) -> Part:
    data = _DATA.fullmatch(url)
    # What is said of it is that it is a picture: an address that does not end in .png or the like must not lose that.
    return (
        UriPart(uri=url, mime_type="image/*")
        if data is None
        else BlobPart(mime_type=data["type"], content=data["data"])
    )
