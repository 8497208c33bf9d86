"""Message types: what a message is called, who takes it, who may say it, and which message is to be answered."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from agentchat.errors import DamagedTranscript
from agentchat.policy.fitting import gives, subject_for, takes, type_of
from agentchat.policy.prompts.rendering import render
from agentchat.policy.rules import MaxTurns
from agentchat.policy.state import state_of
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFinished, CallStarted, Refused, Said
from agentchat.transcript.messages import (
    BlobPart,
    Body,
    Code,
    CodeResult,
    Data,
    Direction,
    Handoff,
    Text,
    TextPart,
    ToolCallPart,
)
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import card, handy, model, team
from tests.policy.play import OK, Play, text
from tests.policy.sound import last
from tests.policy.test_rules import utter

LONG = MaxTurns(50)


class Draft(BaseModel):
    n: int


# names


BODIES: list[tuple[Body, str]] = [
    (Text.of("x"), "Text"),
    (Code(source="x"), "Code"),
    (CodeResult(runs=(OK,)), "CodeResult"),
    (Direction(next="b"), "Direction"),
    (Handoff(to="b"), "Handoff"),
    (Data(type="Draft", value={"n": 1}), "Draft"),
]


@pytest.mark.parametrize(("body", "name"), BODIES)
def test_a_message_is_called_by_its_type(body: Body, name: str) -> None:
    play = Play().start(LONG)
    play.give()
    entry = utter(play, body)
    assert isinstance(entry.event, Said)
    assert type_of(play.log, entry.event) == name


def test_a_message_from_calls_is_called_by_what_they_gave() -> None:
    play = Play(agreed=team(card("a"))).start(LONG)
    play.give()
    ended, ran = play.call_model(reply=text('{"n": 1}')), play.call_code()
    for calls, kind, name in (
        ((ended.seq,), None, "Text"),
        ((ended.seq,), "Draft", "Draft"),
        ((ran.seq,), None, "CodeResult"),
        ((), None, "CodeResult"),
    ):
        assert type_of(play.log, Said(sender="a", from_calls=calls, type=kind)) == name


@pytest.mark.parametrize(
    ("accepts", "name", "fits"),
    [
        ((), "Draft", True),
        (("Draft",), "Draft", True),
        (("Draft",), "Text", False),
        (("Report", "str"), "Draft", True),
        (("Message",), "Draft", True),
        (("Text",), "str", True),
        (("Text",), "Draft", False),
    ],
)
def test_who_takes_what(accepts: tuple[str, ...], name: str, fits: bool) -> None:
    assert takes(accepts, name) is fits


@pytest.mark.parametrize(
    ("emits", "name", "fits"),
    [
        ((), "Draft", True),
        (("Draft",), "Draft", True),
        (("Draft",), "Text", False),
        (("str",), "Text", True),
        (("Text",), "Text", True),
        (("str",), "Draft", False),
    ],
)
def test_who_gives_what(emits: tuple[str, ...], name: str, fits: bool) -> None:
    assert gives(emits, name) is fits


# what is answered


def test_the_newest_message_that_fits_is_answered() -> None:
    play = Play(agreed=team(card("a"), card("b", accepts=("Draft",)), card("c", accepts=("CodeResult",)))).start(LONG)
    play.give()
    draft = play.say(Data(type="Draft", value={"n": 1}))
    play.offer(Said(sender="user", body=Text.of("hm")))
    play.offer(Said(sender="user", to="a", body=Data(type="Draft", value={"n": 2})))
    board = state_of(play.log).board
    assert subject_for(play.log, board, "b", ("Draft",)) == draft.seq
    assert subject_for(play.log, board, "b", ()) == draft.seq + 1
    assert subject_for(play.log, board, "c", ("CodeResult",)) is None
    assert subject_for(play.log, board, "a", ("Draft",)) == draft.seq + 2
    assert play.give().to == "a"  # it was asked by name
    play.skip()
    given = play.give()
    assert (given.to, given.subject) == ("b", draft.seq)


def test_messages_that_route_are_passed_over() -> None:
    play = Play("a", "b").start(LONG)
    play.give()
    utter(play, Direction(next="b", instruction="Go."))
    assert play.give().subject == 3
    ended = play.call_model(reply=text('{"next": "a"}'))
    play.enter(Said(sender="b", from_calls=(ended.seq,), type="Direction", turn=play.turn.seq), play.turn.seq)
    assert play.give().subject == 3


def test_ones_own_words_are_answered_last_and_by_who_takes_all() -> None:
    play = Play("a").start(LONG, task=None)
    assert play.close().rule == "silence"
    play.start(LONG, task=None)
    play.log.rewind(len(play.log))
    board = state_of(play.log).board
    assert subject_for(play.log, board, "a", ()) is None
    said = play.enter(Said(sender="a", body=Text.of("1")), 0)
    play.enter(Said(sender="a", body=Text.of("2")), 0)
    board = state_of(play.log).board
    assert subject_for(play.log, board, "a", ()) == said.seq + 1
    assert subject_for(play.log, board, "a", ("Text",)) is None


def test_a_round_ends_by_name_where_nothing_fits() -> None:
    play = Play(agreed=team(card("a", accepts=("Draft", "Report")))).start(LONG)
    closed = play.close()
    assert (closed.outcome, closed.rule) == ("failed", "types")
    assert closed.values == {"agent": "a", "accepts": ["Draft", "Report"]}
    assert closed.reason == "no message fits a, which accepts Draft or Report"


# what may be said


def test_a_message_of_another_type_is_refused() -> None:
    play = Play(agreed=team(card("a", emits=("Draft", "Report")), card("b"))).start(LONG)
    play.give()
    refused = play.say("words").event
    assert isinstance(refused, Refused)
    assert (refused.by, refused.problems) == ("policy", ("a said Text, and it says Draft or Report only",))
    assert refused.raw == {"kind": "text", "parts": [{"type": "text", "content": "words"}]}
    said = play.say(Data(type="Report", value=[1])).event
    assert isinstance(said, Said)


def test_what_is_refused_from_a_call_keeps_its_type() -> None:
    play = Play(agreed=team(card("a", emits=("Text",)))).start(LONG)
    play.give()
    ended = play.call_model(reply=text('{"n": 1}'))
    refused = play.say(calls=(ended.seq,), kind="Draft").event
    assert isinstance(refused, Refused)
    assert (refused.raw, refused.from_calls, refused.type) == (None, (ended.seq,), "Draft")
    assert refused.problems == ("a said Draft, and it says Text only",)


@pytest.mark.parametrize("name", ["Direction", "Handoff"])
def test_data_that_is_named_like_a_body_that_routes_is_of_another_type(name: str) -> None:
    play = Play(agreed=team(card("a", emits=("Text",)))).start(LONG)
    play.give()
    assert isinstance(play.say(Data(type=name, value={"next": "a"})).event, Refused)


def test_nobody_speaks_for_a_stranger() -> None:
    play = Play("a").start(LONG)
    play.give()
    refused = play.offer(Said(sender="zoe", body=Text.of("x"), turn=play.turn.seq)).event
    assert isinstance(refused, Refused)
    assert refused.problems == ("there is no agent 'zoe'",)


# typed answers that are the reply


def both_ways() -> list[Reply]:
    """A typed answer as the text of a reply, and as the arguments of its last tool call."""
    part = ToolCallPart(id="t", name="answer", arguments='{"n": 7}')
    other = ToolCallPart(id="x", name="look", arguments="{}")
    return [text('{"n": 7}'), Reply(parts=(TextPart(content="So:"), other, part), finish="tool_calls")]


@pytest.mark.parametrize("reply", both_ways())
def test_a_typed_answer_is_stored_once(reply: Reply) -> None:
    play = Play(agreed=team(handy("a", typed=True), card("b"))).start(LONG)
    play.give()
    ended = play.call_model(reply=reply)
    said = play.say(calls=(ended.seq,), kind="Draft")
    assert isinstance(said.event, Said)
    assert said.event.body is None
    assert play.log.body(said.seq) == Data(type="Draft", value={"n": 7})
    assert play.log.message(said.seq).model({"Draft": Draft}) == Draft(n=7)
    play.give()
    play.call_model()
    assert last(play, "b")[-1]["content"] == '{"n": 7}'


@pytest.mark.parametrize("wrong", ["no json", "[" * 100_000, ""])
def test_a_reply_that_is_not_what_a_message_says_is_damage(wrong: str) -> None:
    play = Play(agreed=team(card("a"))).start(LONG)
    play.give()
    ended = play.call_model(reply=text(wrong))
    said = play.say(calls=(ended.seq,), kind="Draft")
    with pytest.raises(DamagedTranscript, match="a message says that a reply is a Draft, and the reply is none"):
        play.log.body(said.seq)
    odd = Said(sender="a", from_calls=(ended.seq, ended.seq), type="Draft")
    with pytest.raises(DamagedTranscript, match="refers to no call that gives one"):
        play.log.body_of(odd)


def test_a_reply_that_is_no_direction_is_damage() -> None:
    log = Transcript()
    entry = log.enter(CallFinished(call=1, result=text('{"to": "b"}')), at=0, active=0, cause=0)
    with pytest.raises(DamagedTranscript, match="a reply is a Direction"):
        log.body_of(Said(sender="a", from_calls=(entry.seq,), type="Direction"))


# pictures


@pytest.mark.parametrize("crowd", [False, True])
@pytest.mark.parametrize("wire", ["chat", "responses"])
def test_a_picture_is_shown_as_a_raw_message(wire: str, crowd: bool) -> None:
    asked = model(wire=wire)
    names = "abc" if crowd else "ab"
    play = Play(agreed=team(*(card(name, model=asked) for name in names))).start(LONG)
    picture = Text(parts=(TextPart(content='a "cat"'), BlobPart(mime_type="image/png", content="iVBORw0=")))
    said = play.offer(Said(sender="user", body=picture))
    play.give()
    rendered = render(play.log, said.seq, "a", play.charter.agent("a").model.wire, crowd=crowd)  # type: ignore[union-attr]  # it has one
    assert rendered is not None
    assert rendered[0][0] == "raw"
    ended = play.call_model()
    started = play.log[ended.seq - 1].event
    assert isinstance(started, CallStarted)
    assert "iVBORw0=" not in started.recipe.model_dump_json()
    shown = last(play)[-1]
    kinds = [part["type"] for part in shown["content"]]
    expected = ["text", "image_url"] if wire == "chat" else ["input_text", "input_image"]
    assert kinds == ([expected[0], *expected] if crowd else expected)
