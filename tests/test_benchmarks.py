"""What `make bench` measures can be run: small here, so that a change which breaks a benchmark is seen at once."""

from __future__ import annotations

import anyio

from agentchat.policy.rules import MaxTurns
from benchmarks import control, turns
from benchmarks.turns import Stamped


def test_the_large_graph_passes_the_check_that_is_timed() -> None:
    assert control.check_of_a_team() > 0.0


def test_the_teams_of_the_benchmarks_talk() -> None:
    until = MaxTurns(6)
    assert len(control.turns(until, 6)) == 6
    assert len(control.turns(until, 6, lambda model: control.graph_of_two(model, until))) == 6
    assert len(control.turns(until, 100, control.under_a_budget)) == 100


def test_the_scripted_turns_are_stamped_one_by_one() -> None:
    model = Stamped(5)
    anyio.run(turns.conversation(model, 5).run, "Talk.")
    assert len(model.stamps) == 5
