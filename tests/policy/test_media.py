"""Pictures, sounds and files, as both wires carry them."""

from __future__ import annotations

import json
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from agentchat.errors import ConfigurationError
from agentchat.policy.prompts.media import shown_parts
from agentchat.policy.prompts.request import resolve
from agentchat.transcript.calls import Wire
from agentchat.transcript.messages import (
    BlobPart,
    FilePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolCallResponsePart,
    UriPart,
)
from tests.policy.wire_shapes import message, record

WIRES: tuple[Wire, ...] = get_args(Wire)
Shape = dict[str, JsonValue]


def contents(wire: Wire, *parts: Part, head: str = "") -> JsonValue:
    """The content of the user's message that parts make."""
    value = message(wire, record(parts), shown_parts(wire, "user", "2/body/parts", parts, head))
    assert value["role"] == "user"
    return value["content"]


def in_chat(url: str) -> Shape:
    return {"type": "image_url", "image_url": {"url": url}}


def in_responses(**field: str) -> Shape:
    return {"type": "input_image", "detail": "auto", **field}


PNG = BlobPart(mime_type="image/png", content="iVBO+/==")


@pytest.mark.parametrize(
    ("part", "chat", "responses"),
    [
        (PNG, in_chat("data:image/png;base64,iVBO+/=="), in_responses(image_url="data:image/png;base64,iVBO+/==")),
        (
            UriPart(uri='https://h/a"b', mime_type="image/jpeg"),
            in_chat('https://h/a"b'),
            in_responses(image_url='https://h/a"b'),
        ),
        (
            UriPart(uri="http://h/a.PNG?x=1"),
            in_chat("http://h/a.PNG?x=1"),
            in_responses(image_url="http://h/a.PNG?x=1"),
        ),
        (
            UriPart(uri="data:image/gif;base64,R0"),
            in_chat("data:image/gif;base64,R0"),
            in_responses(image_url="data:image/gif;base64,R0"),
        ),
        (UriPart(uri="https://h/a.pdf"), None, {"type": "input_file", "file_url": "https://h/a.pdf"}),
        (UriPart(uri="https://h/?f=a.png"), None, {"type": "input_file", "file_url": "https://h/?f=a.png"}),
        (
            UriPart(uri="https://h/a.png", mime_type="text/html"),
            None,
            {"type": "input_file", "file_url": "https://h/a.png"},
        ),
        (UriPart(uri="file:///etc/passwd"), None, None),
        (UriPart(uri="file:///home/me/a.png"), None, None),
        (UriPart(uri="data:text/plain,hi"), None, None),
        (
            FilePart(file_id="f-1"),
            {"type": "file", "file": {"file_id": "f-1"}},
            {"type": "input_file", "file_id": "f-1"},
        ),
        (FilePart(file_id="f-1", mime_type="IMAGE/PNG"), None, in_responses(file_id="f-1")),
        (
            BlobPart(mime_type="audio/wav", content="UklG"),
            {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}},
            None,
        ),
        (
            BlobPart(mime_type="audio/mpeg; rate=1", content="SUQz"),
            {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
            None,
        ),
        (BlobPart(mime_type="audio/ogg", content="T2dn"), None, None),
        (BlobPart(mime_type="video/mp4", content="AAAA"), None, None),
        (BlobPart(mime_type="nonsense", content="AAAA"), None, None),
    ],
)
def test_one_part(part: Part, chat: Shape | None, responses: Shape | None) -> None:
    for wire, expected in (("chat", chat), ("responses", responses)):
        assert wire in WIRES
        known: Wire = "chat" if wire == "chat" else "responses"
        if expected is not None:
            assert contents(known, part) == [expected]
            continue
        with pytest.raises(ConfigurationError, match=f"part 1 of the message at 2/body/parts .* the wire '{wire}'"):
            contents(known, TextPart(content="see"), part)


@pytest.mark.parametrize(
    ("mime_type", "name"),
    [
        ("application/pdf", "part_0.pdf"),
        ("Text/Plain; charset=utf-8", "part_0.txt"),
        ("text/csv", "part_0.csv"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "part_0.docx"),
        ("application/x-tar+gzip", "part_0.bin"),
        ('application/"', "part_0.bin"),
    ],
)
def test_bytes_of_a_file(mime_type: str, name: str) -> None:
    part = BlobPart(mime_type=mime_type, content="JVBE")
    data = f"data:{mime_type};base64,JVBE"
    assert contents("chat", part) == [{"type": "file", "file": {"filename": name, "file_data": data}}]
    assert contents("responses", part) == [{"type": "input_file", "filename": name, "file_data": data}]


def test_a_message_of_many_parts() -> None:
    parts: tuple[Part, ...] = (
        ReasoningPart(content="hm"),
        TextPart(content='look: "é"'),
        PNG,
        TextPart(content=""),
        ToolCallPart(id="a", name="f", arguments="{}"),
        ToolCallResponsePart(id="a", response="x"),
        TextPart(content="there"),
    )
    for wire, kind, picture in (
        ("chat", "text", in_chat("data:image/png;base64,iVBO+/==")),
        ("responses", "input_text", in_responses(image_url="data:image/png;base64,iVBO+/==")),
    ):
        assert contents("chat" if wire == "chat" else "responses", *parts, head='al "x":\n') == [
            {"type": kind, "text": 'al "x":\n'},
            {"type": kind, "text": 'look: "é"'},
            picture,
            {"type": kind, "text": "there"},
        ]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_words_alone_are_plain(wire: Wire, role: Literal["system", "user", "assistant"]) -> None:
    parts = (TextPart(content="a\n"), ReasoningPart(content="hm"), TextPart(content="b"))
    value = message(wire, record(parts), shown_parts(wire, role, "2/body/parts", parts, "al:\n"))
    assert {name: value[name] for name in ("role", "content")} == {"role": role, "content": "al:\na\nb"}
    empty = message(wire, record(()), shown_parts(wire, role, "2/body/parts", (), ""))
    assert empty["content"] == ""


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("role", ["system", "assistant"])
def test_only_a_users_message_carries_more(wire: Wire, role: Literal["system", "assistant"]) -> None:
    with pytest.raises(ConfigurationError, match=f"part 0 .* bytes of the type image/png, .* message of the {role}"):
        shown_parts(wire, role, "2/body/parts", (PNG,), "")


def test_what_has_no_type_is_said() -> None:
    with pytest.raises(ConfigurationError, match="an address of no known type, which the wire 'chat'"):
        shown_parts("chat", "user", "2/body/parts", (UriPart(uri="https://h/a"),), "")


@pytest.mark.parametrize("wire", WIRES)
def test_bytes_are_never_copied_into_a_recipe(wire: Wire) -> None:
    pieces = shown_parts(wire, "user", "2/body/parts", (PNG, TextPart(content="words")), "")
    assert not any("iVBO" in piece or "words" in piece for piece in pieces)


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.lists(
        st.one_of(
            st.builds(TextPart, content=anything),
            st.builds(BlobPart, mime_type=anything, content=anything),
            st.builds(FilePart, file_id=anything, mime_type=st.none() | anything),
            st.builds(UriPart, uri=anything.map("http://".__add__), mime_type=st.none() | anything),
        ),
        max_size=4,
    ).map(tuple),
    st.sampled_from(WIRES),
    anything,
)
def test_whatever_is_in_it_the_message_is_json(parts: tuple[Part, ...], wire: Wire, head: str) -> None:
    try:
        pieces = shown_parts(wire, "user", "2/body/parts", parts, head)
    except ConfigurationError:
        return
    value = json.loads(resolve(record(parts), pieces))
    assert (value["role"], set(value)) == ("user", {"role", "content"})
