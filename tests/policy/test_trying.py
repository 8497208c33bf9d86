"""When a call that failed is made again, worked out from the record."""

from __future__ import annotations

import pytest

from agentchat.policy.charter import CallLimits
from agentchat.policy.rules import MaxTurns
from agentchat.policy.trying import LONGEST_WAIT, again_in, wait_after
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import CallFailed, CallStarted, Entry, Position
from tests.policy.cards import card, team
from tests.policy.play import Play, problem

BUSY = problem("ModelBusy", "later")


def failed(call: Entry, *, retryable: bool = True, after: float | None = None) -> CallFailed:
    return CallFailed(call=call.seq, error=BUSY, retryable=retryable, retry_after=after)


def next_try(play: Play, before: Entry, name: str = "m") -> Entry:
    started = before.event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    recipe = started.recipe.model_copy(update={"model": name})
    return play.offer(started.model_copy(update={"attempt": started.attempt + 1, "recipe": recipe}))


@pytest.mark.parametrize(
    ("tries", "after", "wait"),
    [(1, None, 0.5), (2, None, 1.0), (9, None, 8.0), (1, 7.0, 7.0), (1, -1.0, 0.0), (3, 300.0, LONGEST_WAIT)],
)
def test_how_long_is_waited(tries: int, after: float | None, wait: float) -> None:
    assert wait_after(tries, after) == wait


def test_the_wait_before_the_next_attempt() -> None:
    play = Play(agreed=team(card("a"), card("b"), limits=CallLimits(attempts=3))).start(MaxTurns(9))
    play.give()
    first = play.ask()
    assert again_in(play.log, failed(first)) == 0.5
    assert again_in(play.log, failed(first, after=7.0)) == 7.0
    assert again_in(play.log, failed(first, retryable=False)) is None
    assert again_in(play.log, CallFailed(call=999, error=BUSY, retryable=True)) is None
    play.offer(failed(first))
    second = next_try(play, first)
    assert again_in(play.log, failed(second)) == 1.0
    taken = failed(second).model_copy(update={"taken_from": Position(conversation="c", seq=5)})
    assert again_in(play.log, taken) == 0.0
    play.offer(failed(second))
    third = next_try(play, second)
    assert again_in(play.log, failed(third)) is None


def test_another_model_has_tries_of_its_own() -> None:
    play = Play(agreed=team(card("a"), card("b"), limits=CallLimits(attempts=2))).start(MaxTurns(9))
    play.give()
    first = play.ask()
    play.offer(failed(first))
    second = next_try(play, first, "other")
    assert again_in(play.log, failed(second)) == 0.5
