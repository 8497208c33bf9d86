"""Pictures, sounds and files in a message, as each wire carries them.

The base64 of a picture is never copied into a recipe: it stays where it was said, and a piece points there. Pure. What
a wire cannot carry is an error here, before anything is sent, never left out in silence.

Shapes: OpenAI's API reference, checked in the tests against the types of the `openai` package.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from agentchat.errors import ConfigurationError
from agentchat.policy.prompts.request import escaped
from agentchat.policy.prompts.wires import merged
from agentchat.transcript.calls import Piece, Wire
from agentchat.transcript.messages import BlobPart, FilePart, Part, TextPart, UriPart

Media = BlobPart | FilePart | UriPart

_PICTURE: Final = re.compile(r"data:image/|[^?#]*\.(?:png|jpe?g|gif|webp)(?:[?#]|$)", re.IGNORECASE)
"""An address that is a picture where nobody says what it is: the endings of the formats that OpenAI's guide names."""

_SOUNDS: Final = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}
"""The two formats of `input_audio`, by the names that programs give them."""

_ENDINGS: Final = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    "text/markdown": "md",
    "text/javascript": "js",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
}
"""Endings of file names, by which services go. Another type's is its own second half, as in text/csv."""


def shown_parts(
    wire: Wire, role: Literal["system", "user", "assistant"], where: str, parts: Sequence[Part], head: str
) -> tuple[Piece, ...]:
    """A message with pictures, sounds or files as one raw message.

    where: the path of the parts ("12/body/parts"). head: plain text before everything, such as the speaker's name; it
    may be empty. Reasoning and tool calls are not shown. Raises ConfigurationError that names the part and the wire
    for what cannot be carried; only a user's message carries anything but text.
    """
    contents: list[list[Piece]] = []
    texts: list[Piece] = [f"={escaped(head)}"]
    kind = "text" if wire == "chat" else "input_text"
    if head:
        contents.append([f'={{"type":"{kind}","text":"{escaped(head)}"}}'])
    plain = True
    for place, part in enumerate(parts):
        at = f"{where}/{place}"
        if isinstance(part, TextPart) and part.content:  # an empty one says nothing, and some services refuse it
            texts.append(f"~{at}/content")
            contents.append([f'={{"type":"{kind}","text":"', texts[-1], '="}'])
        elif isinstance(part, Media):
            plain = False
            shown = None if role != "user" else (_in_chat if wire == "chat" else _in_responses)(place, part, at)
            if shown is None:
                raise ConfigurationError(
                    f"part {place} of the message at {where} is {_named(part)}, which the wire {wire!r} does not carry "
                    f"in a message of the {role}: take it out, or use a model of another wire"
                )
            contents.append(shown)
    if plain:
        return merged([f'={{"role":"{role}","content":"', *texts, '="}'])
    listed = [piece for number, content in enumerate(contents) for piece in ("=," if number else "=", *content)]
    return merged([f'={{"role":"{role}","content":[', *listed, "=]}"])


def _in_chat(place: int, part: Media, at: str) -> list[Piece] | None:
    if isinstance(part, FilePart):
        # A picture that the service holds has no place here: `image_url` takes no id.
        return None if _is_picture(part) else ['={"type":"file","file":{"file_id":"', f"~{at}/file_id", '="}}']
    if isinstance(part, UriPart):
        fits = _is_picture(part) and _is_fetched(part)
        return ['={"type":"image_url","image_url":{"url":"', f"~{at}/uri", '="}}'] if fits else None
    if _is_picture(part):
        return ['={"type":"image_url","image_url":{"url":"', *_data(part, at), '="}}']
    if sound := _SOUNDS.get(_type(part)):
        return ['={"type":"input_audio","input_audio":{"data":"', f"~{at}/content", f'=","format":"{sound}"}}}}']
    name = _file_name(place, part)
    if name is None:
        return None
    return [f'={{"type":"file","file":{{"filename":"{name}","file_data":"', *_data(part, at), '="}}']


def _in_responses(place: int, part: Media, at: str) -> list[Piece] | None:
    # The reference requires `detail`; "auto" is what it says is meant where some servers let one leave it out.
    picture = _is_picture(part)
    head = '={"type":"input_image","detail":"auto",' if picture else '={"type":"input_file",'
    if isinstance(part, FilePart):
        return [f'{head}"file_id":"', f"~{at}/file_id", '="}']
    if isinstance(part, UriPart):
        field = "image_url" if picture else "file_url"
        return [f'{head}"{field}":"', f"~{at}/uri", '="}'] if _is_fetched(part) else None
    if picture:
        return [f'{head}"image_url":"', *_data(part, at), '="}']
    name = _file_name(place, part)
    return None if name is None else [f'{head}"filename":"{name}","file_data":"', *_data(part, at), '="}']


def _data(part: BlobPart, at: str) -> list[Piece]:
    """The address that holds its own bytes (RFC 2397)."""
    return [f"=data:{escaped(part.mime_type)};base64,", f"~{at}/content"]


def _type(part: Media) -> str:
    """The type in lower case, without parameters; empty where nobody said one."""
    return (part.mime_type or "").partition(";")[0].strip().lower()


def _is_picture(part: Media) -> bool:
    if kind := _type(part):
        return kind.startswith("image/")
    return isinstance(part, UriPart) and _PICTURE.match(part.uri) is not None


def _is_fetched(part: UriPart) -> bool:
    """Whether a service may read what is there: never a file of this machine. An address may hold a picture."""
    known = ("http://", "https://", "data:") if _is_picture(part) else ("http://", "https://")
    return part.uri.lower().startswith(known)


def _file_name(place: int, part: BlobPart) -> str | None:
    """A name for bytes that have none; None for sound and film, which are no files to read."""
    kind, _, rest = _type(part).partition("/")
    if kind in ("audio", "video") or not rest:
        return None
    ending = _ENDINGS.get(_type(part)) or (rest if rest.isascii() and rest.isalnum() else "bin")
    return f"part_{place}.{ending}"


def _named(part: Media) -> str:
    what = {"blob": "bytes", "file": "a file of the service", "uri": "an address"}[part.type]
    return f"{what} of the type {_type(part)}" if _type(part) else f"{what} of no known type"
