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
    CallFinished,
    CallStarted,
    Entry,
    Event,
    ExternalSignal,
    Interrupted,
    Judged,
    Refused,
    Said,
    TimeUp,
    TurnGiven,
    TurnPassed,
    Why,
)
from agentchat.transcript.messages import CodeRun, Text
from tests.transcript.instances import events

OK = CodeRun(language="python", status="ok")
GIVEN = TurnGiven(to="a", subject=3, why=Why(router="x", reason="y"))
PERSON = Said(sender="user", body=Text.of("hm"))
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
    for field in ("turn", "call", "subject", "on"):
        value = getattr(event, field, None)
        if type(value) is int:
            yield value
    yield from getattr(event, "from_calls", None) or ()


def test_what_survives_a_lost_race() -> None:
    reply: list[Event] = [Said(sender="a", body=Text.of("x"), turn=3), GIVEN, TurnPassed(turn=5), PERSON]
    assert surviving(reply) == [True, False, False, True]
    assert surviving([TurnPassed(turn=3), PERSON]) == [True, True]
    assert surviving([]) == []


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
