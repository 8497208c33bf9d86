"""Two runs side by side: alike steps together, the first difference where it is."""

from __future__ import annotations

from agentchat.report.pairs import pairs
from agentchat.report.run import run_of
from agentchat.transcript.transcript import Transcript
from tests.policy.play import Play
from tests.report.samples import river


def beside(first: Transcript, second: Transcript) -> list[tuple[int | None, int | None, tuple[str, ...]]]:
    steps, others = run_of(first).facts.steps, run_of(second).facts.steps
    return [(pair.a, pair.b, pair.differs) for pair in pairs(first, steps, second, others)]


def said(*texts: str) -> Transcript:
    """A task, then ada and ben in turn."""
    play = Play("ada", "ben").start()
    for text in texts:
        play.give()
        play.say(text)
    return play.log


def test_a_run_beside_itself_differs_in_nothing() -> None:
    found = beside(river(), river())
    assert found == [(place, place, ()) for place in range(len(found))]


def test_the_first_difference_and_what_follows() -> None:
    found = beside(river(), river(level="2.10 m", sure=False))
    differing = {a: differs for a, _, differs in found if differs}
    assert differing == {2: ("text",), 6: ("text", "2 / 3 calls"), 7: ("text",)}


def test_a_step_of_one_run_alone() -> None:
    found = beside(said("one", "two", "three"), said("one"))
    assert found == [(0, 0, ()), (1, 1, ()), (2, None, ("only here",)), (3, None, ("only here",))]
    found = beside(said("one"), said("one", "two"))
    assert found[-1] == (None, 2, ("only here",))


def test_steps_of_different_agents_never_stand_side_by_side() -> None:
    first, second = said("a", "b", "c", "d"), said("x", "b")
    names = [[step.who for step in run_of(one).facts.steps] for one in (first, second)]
    for a, b, _ in beside(first, second):
        assert a is None or b is None or names[0][a] == names[1][b]


def test_another_ending_and_another_reason_are_differences() -> None:
    first, second = Play("ada", "ben").start(), Play("ada", "ben").start()
    for play in (first, second):
        play.give()
    first.say("hello")
    second.skip()
    assert beside(first.log, second.log)[1][2] == ("said / passed",)
