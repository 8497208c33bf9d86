"""Whole conversations, generated: they end within their bound, keep their budget, and decide the same again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agentchat.debug.replay import differences
from agentchat.policy.board import Board
from agentchat.policy.budget import Budget
from agentchat.policy.charter import CallLimits
from agentchat.policy.decide import decide, stopping
from agentchat.policy.rules import MaxTurns, Rule, read_rule
from agentchat.policy.state import state_of
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import (
    CallStarted,
    Closed,
    ExternalSignal,
    Interrupted,
    RunStarted,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.policy.play import Act, Input, Play, charter
from tests.policy.test_rules import rules

ACTS: tuple[Act, ...] = ("text", "private", "model", "twice", "prompt", "bare", "code", "pass", "fail", "state")
INPUTS: tuple[Input | None, ...] = (
    None,
    lambda play: Said(sender="user", to=play.charter.names()[-1], body=Text.of("ok? DONE")),
    lambda play: Said(sender="user", body=Text.of("go on")),
    lambda play: ExternalSignal(name="stop"),
    lambda play: ExternalSignal(name="other"),
    lambda play: Interrupted(by="user"),
)


@st.composite
def plays(draw: st.DrawFn) -> Play:
    """A conversation of one to three runs, each played to its end."""
    names = ("a", "b", "c")[: draw(st.integers(1, 3))]
    limits = CallLimits(model_calls=draw(st.integers(1, 3)), tool_calls=draw(st.integers(1, 2)))
    play = Play(agreed=charter(*names, limits=limits), pace=draw(st.sampled_from((0.0, 0.01, 0.5))))
    for _ in range(draw(st.integers(1, 3))):
        cap = draw(st.integers(1, 8))
        until: Rule = MaxTurns(cap) | draw(rules)
        calls, seconds = draw(st.sampled_from((None, 1, 3))), draw(st.sampled_from((None, 2.5)))
        play.start(until, Budget(calls=calls, seconds=seconds), task=draw(st.sampled_from(("Do it.", "DONE?", None))))
        play.run(
            draw(st.lists(st.sampled_from(ACTS), min_size=1, max_size=6)),
            draw(st.lists(st.sampled_from(INPUTS), max_size=3)),
        )
    return play


@given(plays())
def test_a_conversation_ends_within_its_bounds(play: Play) -> None:
    turns = calls = cap = 0
    budget = Budget()
    for entry in play.log:
        match entry.event:
            case RunStarted() as started:
                turns = calls = 0
                first = read_rule(started.rules).leaves()[0]  # of `MaxTurns(cap) | ...`
                assert isinstance(first, MaxTurns)
                cap, budget = first.turns, Budget.model_validate(started.budget)
            case TurnGiven():
                turns += 1
            case CallStarted(recipe=ModelRecipe()):
                calls += 1
            case _:
                pass
        assert turns <= cap
        assert budget.calls is None or calls <= budget.calls
    assert not state_of(play.log).board.live


@given(plays())
def test_every_turn_has_one_end_and_every_run_one_closing(play: Play) -> None:
    open_turn: int | None = None
    live = False
    for entry in play.log:
        event = entry.event
        if isinstance(event, RunStarted):
            assert not live
            live = True
        elif isinstance(event, Closed):
            assert live
            assert open_turn is None
            live = False
        elif isinstance(event, TurnGiven):
            assert live
            assert open_turn is None
            open_turn = entry.seq
        elif isinstance(event, Said | TurnPassed | TurnFailed | TurnCancelled) and event.turn is not None:
            assert event.turn == open_turn
            open_turn = None
        elif isinstance(event, CallStarted):
            assert event.turn == open_turn
    assert not live


@settings(max_examples=60)
@given(plays())
def test_deciding_again_gives_the_same(play: Play) -> None:
    log = play.log
    assert list(differences(log)) == []
    assert list(differences(Transcript.loads(log.dumps()))) == []
    prefix = Transcript()
    for entry in log:
        before = list(prefix)
        ruling = decide(prefix)
        assert decide(prefix) == ruling  # asked twice
        fresh = Transcript.from_lines(prefix.line(seq) for seq in range(1, len(prefix) + 1))
        assert decide(fresh) == ruling  # asked of the stored bytes
        assert stopping(prefix) is (ruling is not None and isinstance(ruling.event, TurnCancelled))
        if ruling is not None and not isinstance(ruling.event, TurnCancelled):
            acts = (Said, RunStarted)
            assert ruling.event == entry.event or isinstance(entry.event, acts), (ruling, entry)
        assert list(prefix) == before
        prefix.append(entry, log.line(entry.seq))


@given(plays())
def test_the_board_kept_on_is_the_board_from_scratch(play: Play) -> None:
    kept = state_of(play.log)
    fresh = state_of(Transcript.loads(play.log.dumps()))
    for field in Board.__slots__:
        assert getattr(kept.board, field) == getattr(fresh.board, field), field
    assert (kept.rule, kept.budget, kept.leaves, kept.time_up) == (
        fresh.rule,
        fresh.budget,
        fresh.leaves,
        fresh.time_up,
    )
    assert {place: (one.event, one.values) for place, one in kept.fired.items()} == {
        place: (one.event, one.values) for place, one in fresh.fired.items()
    }
