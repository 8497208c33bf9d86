"""The Markdown document: all that happened can be read in it, and no text of a message passes for its structure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agentchat.exchange.markdown import markdown
from agentchat.exchange.quoting import code, fenced, inline, quoted
from agentchat.transcript.events import ExternalSignal, Interrupted, Said
from agentchat.transcript.messages import BlobPart, Text, TextPart
from agentchat.transcript.transcript import Transcript
from tests.exchange.logs import FIXTURE, conversation, said, texts
from tests.policy.generated import plays, several
from tests.policy.play import Play


def parsed(document: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(document)


def every(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from every(token.children or [])


def outline(document: str) -> list[str]:
    """The headings of the document itself, not of what is quoted in it."""
    tokens = parsed(document)
    return [after.content for token, after in pairwise(tokens) if token.type == "heading_open" and token.level == 0]


def test_turns_programs_refusals_failures_the_end_and_usage_are_there() -> None:
    document = markdown(conversation().log).text
    assert outline(document) == [
        "Conversation c",
        "user (event 3)",
        "helper (turn 4)",
        "other (turn 13)",
        "helper (turn 17)",
        "Ended: failed",
        "Usage",
    ]
    for line in (
        "> Look, please.",
        "**calls** `look(at=1)`",
        '**look gave** `{"found": "it"}`',
        "**a tool call was refused: not an object**",
        "look(no object)",
        "> It is there.",
        "**runs python**",
        "print(6*7)",
        "**python finished with exit code 0 after 0.00 s**",
        "**the turn failed: ValueError: no**",
        "2 model calls, 1 program run, 1 tool called, 20 tokens in, 8 out, $0.0001.",
    ):
        assert line in document.split("\n"), line


def test_code_stays_code_and_quotes_hold_every_line() -> None:
    message = "So:\n\n```python\nif x[0] < 1:\n\tprint('`')\n```\n\n- done"
    assert quoted(message).split("\n") == [f"> {line}" if line else ">" for line in message.split("\n")]


@pytest.mark.parametrize(
    "text",
    [
        "<!-- the rest is gone",
        "a <b>bold</b> word",
        "[coder]: http://evil\n\n[coder]",
        "![seen](http://evil/pixel.png)",
        "[click](javascript:alert(1))",
        "[file](file:///etc/passwd)",
        "raw `<hr>`{=html}",
        "\tindented by a tab",
        "x" * 70_000 + " <",
    ],
)
def test_what_could_do_harm_is_shown_letter_by_letter(text: str) -> None:
    shown = quoted(text)
    (token,) = parsed(shown)
    assert (token.type, token.content) == ("fence", text + "\n")


@given(texts)
def test_no_text_passes_for_structure(text: str) -> None:
    document = markdown(said("go", text)).text
    assert outline(document)[:3] == ["Conversation c", "user (event 3)", "a (turn 4)"]
    tokens = list(every(parsed(document)))
    assert not [token for token in tokens if token.type in ("html_block", "html_inline", "image")]
    env: dict[str, object] = {}
    MarkdownIt("commonmark").parse(document, env)
    assert not env.get("references")


@given(texts, texts)
def test_no_name_passes_for_structure(name: str, why: str) -> None:
    play = Play("a").start()
    play.offer(Said(sender=name, to=name, body=Text.of("hm")))
    play.offer(ExternalSignal(name=name, value={name: why}, by=name))
    play.offer(Interrupted(by=name, reason=why))
    document = markdown(play.log).text
    assert len(outline(document)) == 4
    assert not [token for token in every(parsed(document)) if token.type in ("html_block", "html_inline", "image")]


@given(texts)
def test_pieces_of_a_line_stay_in_their_place(text: str) -> None:
    tokens = parsed(f"a {inline(text)} b")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {token.type for token in tokens[1].children or []} <= {"text", "text_special"}
    shown = code(text)
    inside = parsed(f"a {shown} b")[1].children or []
    words = " ".join(text.split()).replace("\x00", "�")
    assert [token.content for token in inside if token.type == "code_inline"] == ([words] if words else [])


@given(texts)
def test_a_fence_holds_its_text(text: str) -> None:
    (token,) = parsed(fenced(text))
    assert token.type == "fence"
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "�")
    assert token.content == (kept if kept.endswith("\n") or not kept else f"{kept}\n")


def test_pictures_are_named_and_counted_as_lost() -> None:
    play = Play("a").start(task=None)
    parts = (TextPart(content="see"), BlobPart(mime_type="image/png", content="AAAA"))
    play.offer(Said(sender="user", body=Text(parts=parts)))
    made = markdown(play.log)
    assert "*[image/png, 3 bytes]*" in made.text
    assert "the bytes of 1 picture or file: each is named in its place" in made.losses


def test_every_kind_of_event_is_told() -> None:
    document = markdown(Transcript.load(FIXTURE)).text
    for told in (
        "refused",
        "failed",
        "was stopped",
        "forked",
        "edited",
        "summary",
        "time is up",
        "interrupted",
        "warning",
    ):
        assert told in document, told


@several
@given(plays())
def test_any_conversation_makes_a_document_with_a_heading_for_each_turn(play: Play) -> None:
    document = markdown(play.log).text
    assert document == markdown(Transcript.loads(play.log.dumps())).text
    turns = sum(heading.endswith(f"(turn {entry.seq})") for entry in play.log for heading in outline(document))
    assert turns == sum(entry.event.kind == "turn_given" for entry in play.log)
