"""What an edit makes of the entries before it."""

from __future__ import annotations

from typing import Any

import pytest

from agentchat.errors import DamagedTranscript, EditRefused, NoSuchEvent
from agentchat.transcript.calls import CodeRecipe, ModelRecipe, Problem, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    CallCancelled,
    CallFailed,
    CallFinished,
    CallStarted,
    Edited,
    Event,
    Forked,
    Opened,
    Position,
    RunStarted,
    Said,
    Scrubbed,
    TurnGiven,
    TurnPassed,
    Why,
)
from agentchat.transcript.messages import Text, TextPart, ToolCallPart
from agentchat.transcript.transcript import Fold, Transcript


def started(recipe: Any, ordinal: int = 1) -> CallStarted:
    return CallStarted(turn=4, agent="ann", ordinal=ordinal, attempt=1, key="k", recipe=recipe, digest="d")


ASKS = Reply(parts=(ToolCallPart(id="t1", name="look", arguments="{}"),), finish="tool_calls")
LOG: tuple[Event, ...] = (
    Opened(conversation="c", charter={"agents": []}),
    RunStarted(run=1, rules={}, budget={}, policy=1),
    Said(sender="user", body=Text.of("go")),
    TurnGiven(to="ann", subject=3, why=Why(router="round_robin", reason="first")),
    started(ModelRecipe(model="m")),
    CallFinished(call=5, result=ASKS),
    started(ToolRecipe(name="look", arguments={}, tool_call_id="t1"), 2),
    CallFinished(call=7, result=ToolResult(ok=True, value=1)),
    started(ModelRecipe(model="m"), 3),
    CallFailed(call=9, error=Problem(type="ModelBusy", message="429"), retryable=True),
    started(ModelRecipe(model="m"), 4),
    CallCancelled(call=11, reason="cancelled"),
    started(CodeRecipe(language="python", source=("=1",), sandbox="s"), 5),
    Said(sender="ann", turn=4, from_calls=(6,)),
)


def log() -> Transcript:
    transcript = Transcript()
    for event in LOG:
        transcript.enter(event, at=1.0, active=0.0, cause=0)
    return transcript


def edit(transcript: Transcript, act: Any, target: int | None = None, value: Any = None) -> None:
    edited = Edited(act=act, target=target, value=value, author="me", reason="because")
    transcript.enter(edited, at=2.0, active=0.0, cause=0)


TEXT = {"kind": "text", "parts": [{"type": "text", "content": "new"}]}
REPLY = {"of": "model", "parts": [{"type": "text", "content": "new"}], "finish": "stop"}


def test_a_message_reads_differently_from_the_edit_on_and_its_line_stays() -> None:
    transcript = log()
    line = transcript.line(14)
    edit(transcript, "replace", 14, TEXT)
    assert transcript.message(14).text == "new"
    assert transcript[14].event == Said(sender="ann", turn=4, body=Text.of("new"))
    assert transcript.line(14) == line
    assert transcript.recorded(14).event == LOG[13]
    assert [entry.event for entry in transcript.as_written()][:14] == list(LOG)
    assert transcript.upto(14)[14].event == LOG[13]
    assert transcript.upto(15).message(14).text == "new"


def test_a_removed_message_is_a_turn_without_one_or_nothing() -> None:
    transcript = log()
    edit(transcript, "remove", 14)
    edit(transcript, "remove", 3)
    assert transcript[14].event == TurnPassed(turn=4)
    gone = transcript[3].event
    assert isinstance(gone, Scrubbed)
    assert (gone.target, gone.author, len(gone.digest)) == (3, "me", 64)


def test_an_inserted_message_stands_where_the_edit_does() -> None:
    transcript = log()
    edit(transcript, "insert", None, {"sender": "bob", "body": TEXT, "to": "ann"})
    assert transcript[15].event == Said(sender="bob", to="ann", body=Text.of("new"))
    assert isinstance(transcript.recorded(15).event, Edited)
    edit(transcript, "replace", 15, TEXT | {"parts": [{"type": "text", "content": "newer"}]})
    assert transcript.message(15).text == "newer"


@pytest.mark.parametrize("target", [10, 12])
def test_a_result_may_take_the_place_of_a_failure(target: int) -> None:
    transcript = log()
    edit(transcript, "result", target, REPLY)
    ended = transcript[target].event
    assert isinstance(ended, CallFinished)
    assert (ended.call, isinstance(ended.result, Reply)) == (target - 1, True)


def test_a_message_that_is_the_result_of_a_call_reads_as_its_new_one() -> None:
    transcript = log()
    kept = Reply(parts=(TextPart(content="and"), *ASKS.parts), finish="tool_calls")
    edit(transcript, "result", 6, kept.model_dump(mode="json"))
    assert transcript.message(14).text == "and"


def test_rules_budget_and_agreement() -> None:
    transcript = log()
    edit(transcript, "rules", None, {"rule": "x"})
    edit(transcript, "budget", 2, {"calls": 1})
    edit(transcript, "agreement", None, {"agents": [1]})
    run, opened = transcript[2].event, transcript[1].event
    assert isinstance(run, RunStarted)
    assert isinstance(opened, Opened)
    assert (run.rules, run.budget, opened.charter) == ({"rule": "x"}, {"calls": 1}, {"agents": [1]})
    assert transcript.recorded(2).event == LOG[1]


@pytest.mark.parametrize(
    ("act", "target", "value", "told"),
    [
        ("replace", 99, TEXT, "no event 99"),
        ("replace", 0, TEXT, "no event 0"),
        ("replace", None, TEXT, "to replace something, name the event"),
        ("replace", 4, TEXT, "event 4 is turn_given, not a message; messages are the events of the kind said"),
        ("replace", 2, TEXT, "event 2 is run_started, not a message; rules, budget, personas and models"),
        (
            "remove",
            6,
            None,
            "event 6 is call_finished, not a message; what a call came back with is changed by `result`",
        ),
        ("replace", 14, {"kind": "text"}, "event 14 does not fit: text.parts"),
        ("remove", 5, None, "event 5 is call_started, not a message; what it came back with"),
        ("insert", None, "hello", "what is inserted is a message"),
        ("insert", None, {"sender": "a", "turn": 4}, "what is inserted is a message"),
        ("result", 5, REPLY, "event 5 is call_started, not the end of a call"),
        ("result", 8, REPLY, "ends a tool call, and the value is that of a model call"),
        ("result", 6, REPLY, "asked for the tool calls t1"),
        ("rules", 3, {}, "event 3 is said; rules are those of a run"),
        ("budget", None, 5, "budget are those of a run, and an object"),
        ("agreement", 2, {}, "event 2 is run_started; the agreement is that of event 1"),
    ],
)
def test_an_edit_that_makes_no_sense_enters_nothing(act: str, target: int | None, value: Any, told: str) -> None:
    transcript = log()
    before = transcript.dumps()
    with pytest.raises(EditRefused, match=told):
        edit(transcript, act, target, value)
    assert transcript.dumps() == before
    assert [entry.event for entry in transcript] == list(LOG)


def test_folds_begin_anew_with_an_edit() -> None:
    def step(seen: list[str], entry: Any, _: Transcript) -> list[str]:
        return [*seen, entry.event.kind]

    fold: Fold[list[str]] = Fold(list, step)
    transcript = log()
    assert transcript.fold(fold)[-1] == "said"
    edit(transcript, "remove", 14)
    assert transcript.fold(fold)[13:] == ["turn_passed", "edited"]


def test_what_was_edited_is_taken_back_with_the_edit() -> None:
    transcript = log()
    edit(transcript, "replace", 14, TEXT)
    transcript.rewind(14)
    assert [entry.event for entry in transcript] == list(LOG)
    edit(transcript, "replace", 14, TEXT)
    transcript.enter(Said(sender="user", body=Text.of("x")), at=1.0, active=0.0, cause=0)
    transcript.rewind(15)
    assert transcript.message(14).text == "new"


def test_it_loads_as_it_was_edited_and_a_damaged_edit_is_named() -> None:
    transcript = log()
    edit(transcript, "replace", 14, TEXT)
    again = Transcript.loads(transcript.dumps())
    assert again.message(14).text == "new"
    assert list(again) == list(transcript)
    assert again.dumps() == transcript.dumps()


def test_a_branch_names_itself() -> None:
    transcript = log()
    assert (transcript.conversation, transcript.forks) == ("c", ())
    forked = Forked(parent=Position(conversation="c", seq=14), branch="c.b")
    transcript.enter(forked, at=1.0, active=0.0, cause=14)
    assert (transcript.conversation, transcript.forks) == ("c.b", (forked,))
    assert transcript.upto(14).conversation == "c"


@pytest.mark.parametrize("seq", [-1, 15])
def test_a_prefix_that_is_not_there(seq: int) -> None:
    with pytest.raises(NoSuchEvent, match=f"no event {seq}"):
        log().upto(seq)


def test_a_message_of_a_call_that_is_not_there_is_damage() -> None:
    transcript = log()
    transcript.enter(Said(sender="ann", turn=4, from_calls=(99,)), at=1.0, active=0.0, cause=4)
    with pytest.raises(DamagedTranscript, match="refers to no call"):
        transcript.body(15)
