"""Entries that lost their place: references move along, and to the same things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.runtime.rebase import is_input, moved, surviving
from agentchat.transcript.calls import CodeRecipe, ModelRecipe
from agentchat.transcript.chain import decode, encode
from agentchat.transcript.events import (
    Answered,
    CallDenied,
    CallFinished,
    CallStarted,
    Closed,
    Compacted,
    Entry,
    Event,
    ExternalSignal,
    Interrupted,
    Judged,
    Refused,
    Said,
    StateSet,
    TimeUp,
    TurnCancelled,
    TurnGiven,
    TurnPassed,
    Warned,
    Why,
)
from agentchat.transcript.messages import CodeRun, Text
from tests.transcript.instances import events

OK = CodeRun(language="python", status="ok")
GIVEN = TurnGiven(to="a", subject=3, why=Why(router="x", reason="y"))
PERSON = Said(sender="user", body=Text.of("hm"))
DENIED = CallDenied(
    turn=5, agent="a", ordinal=1, attempt=1, call="model", digest="d", reason="stopped", values={"event": 3}
)
PLACES = {5: 7, 6: 8, 7: 9}


def started(recipe: ModelRecipe | CodeRecipe, turn: int = 5) -> CallStarted:
    return CallStarted(turn=turn, agent="a", ordinal=1, attempt=1, key="k", recipe=recipe, digest="d")


@pytest.mark.parametrize(
    ("event", "there"),
    [
        (TurnPassed(turn=5), TurnPassed(turn=7)),
        (TurnPassed(turn=4), TurnPassed(turn=4)),
        (CallFinished(call=7, result=OK), CallFinished(call=9, result=OK)),
        (GIVEN.model_copy(update={"subject": 6}), GIVEN.model_copy(update={"subject": 8})),
        (Judged(name="f", on=5, value=5), Judged(name="f", on=7, value=5)),
        (Said(sender="a", from_calls=(4, 6), turn=5), Said(sender="a", from_calls=(4, 8), turn=7)),
        (Refused(turn=5, problems=(), from_calls=(7,)), Refused(turn=7, problems=(), from_calls=(9,))),
        (PERSON, PERSON),
        (Compacted(agent="a", upto=6, call=7), Compacted(agent="a", upto=8, call=9)),
        (
            DENIED.model_copy(update={"values": {"rule": "x", "event": 6}}),
            DENIED.model_copy(update={"turn": 7, "values": {"rule": "x", "event": 8}}),
        ),
        (
            DENIED.model_copy(update={"values": {"scope": "budget", "overrun": 6}}),
            DENIED.model_copy(update={"turn": 7, "values": {"scope": "budget", "overrun": 8}}),
        ),
        (
            started(ModelRecipe(model="m", tail=("@5/charter", "=@5/x")), 4),
            started(ModelRecipe(model="m", tail=("@7/charter", "=@5/x")), 4),
        ),
        (
            started(ModelRecipe(model="m", add=(("raw", ("={", "~6/result/value", "=}")),)), 4),
            started(ModelRecipe(model="m", add=(("raw", ("={", "~8/result/value", "=}")),)), 4),
        ),
        (
            started(ModelRecipe(model="m", base=6, add=(("user", ("@5/body", "=@5/body", "%7/body", "@55/x")),))),
            started(ModelRecipe(model="m", base=8, add=(("user", ("@7/body", "=@5/body", "%9/body", "@55/x")),)), 7),
        ),
        (
            started(CodeRecipe(language="x", source=("@6/body/parts/0/content[5:6]",), sandbox="y"), 4),
            started(CodeRecipe(language="x", source=("@8/body/parts/0/content[5:6]",), sandbox="y"), 4),
        ),
    ],
)
def test_references_move_along(event: Event, there: Event) -> None:
    assert moved(event, PLACES) == there


@given(events)
def test_without_moves_nothing_changes(event: Event) -> None:
    assert moved(event, {}) == event


@given(events, st.integers(1, 9))
def test_moving_there_and_back_changes_nothing(event: Event, by: int) -> None:
    seqs = sorted(set(_references(event)))
    there = {seq: seq + 2**80 + by for seq in seqs}
    back = {new: old for old, new in there.items()}
    gone = moved(event, there)
    assert moved(gone, back) == event
    entry = Entry(1, 0.0, 0.0, 0, "0" * 64, gone)
    line = encode(entry)
    assert decode(line.data, line.blobs.__getitem__).event == gone


def _references(event: Event) -> Iterator[int]:
    for field in ("turn", "call", "subject", "on", "upto"):
        value = getattr(event, field, None)
        if type(value) is int:
            yield value
    yield from getattr(event, "from_calls", None) or ()


def placed(*events: Event, first: int = 5) -> list[tuple[int, Event]]:
    return list(enumerate(events, first))


def test_what_survives_a_lost_race() -> None:
    said = Said(sender="a", body=Text.of("x"), turn=3)
    assert surviving(placed(said, GIVEN, TurnPassed(turn=6), PERSON)) == [True, False, False, True]
    assert surviving(placed(TurnPassed(turn=3), PERSON)) == [True, True]
    assert surviving([]) == []


def test_what_a_turn_given_up_did_is_given_up_with_it() -> None:
    call = started(ModelRecipe(model="m"), turn=5)
    ended = CallFinished(call=6, result=OK)
    assert surviving(placed(GIVEN, call, ended, TurnPassed(turn=5))) == [False] * 4


def test_other_turns_keep_what_they_did() -> None:
    call = started(ModelRecipe(model="m"), turn=3)
    mine = CallFinished(call=7, result=OK)
    older = CallFinished(call=4, result=OK)
    state = StateSet(turn=3, agent="a", ordinal=1)
    kept = surviving(placed(GIVEN, TurnPassed(turn=5), call, mine, older, state))
    assert kept == [False, False, True, True, True, True]


@pytest.mark.parametrize(
    "decision",
    [
        GIVEN,
        TurnCancelled(turn=3, reason="x"),
        Closed(outcome="done", rule="x", event=1, values={}, reason="", advice=""),
        Warned(reason="x", values={}),
    ],
)
def test_a_decision_is_taken_anew_with_all_that_is_said_of_the_run_behind_it(decision: Event) -> None:
    judged = Judged(name="f", on=3, value=True)
    assert surviving(placed(judged, decision, judged, PERSON)) == [True, False, False, True]


@pytest.mark.parametrize(
    ("event", "comes"),
    [
        (PERSON, True),
        (Said(sender="a", body=Text.of("x"), turn=3), False),
        (Answered(pause="p", by="user"), True),
        (Interrupted(by="user"), True),
        (ExternalSignal(name="x"), True),
        (TimeUp(rule="x", active=1), True),
        (TurnPassed(turn=3), False),
        (GIVEN, False),
    ],
)
def test_inputs_come_from_outside(event: Event, comes: bool) -> None:
    assert is_input(event) is comes
