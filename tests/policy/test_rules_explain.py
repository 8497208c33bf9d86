"""A rule can be asked why it has not come true."""

from __future__ import annotations

from hypothesis import given

from agentchat.policy.rules import (
    Elapsed,
    Emitted,
    External,
    Failures,
    From,
    HandedTo,
    MaxMessages,
    MaxTurns,
    Mentions,
    Never,
    Rule,
    Says,
    Stalemate,
    Where,
)
from agentchat.policy.rules.explain import unmet, why_not
from agentchat.policy.state import State, state_of
from agentchat.transcript.messages import Data
from tests.policy.play import Play
from tests.policy.test_rules import rules


def test_every_leaf_says_where_it_stands() -> None:
    play = Play(pace=0.5).start(
        (MaxTurns(12) | MaxMessages(20) | Elapsed(60))
        | (Mentions("DONE", by="a") & Says("END") & ~From("a"))
        | (Failures(3) | External("stop") | External() | Never() | HandedTo("user"))
        | (Emitted("Report") | Emitted("Report", by="a") | Where("Report", passed=True, score__ge=0.8))
        | (Where("Draft", by="a", x=1) | Stalemate())
    )
    play.give()
    play.fail()
    play.give()
    play.say(Data(type="Report", value={"passed": True, "score": 0.5}))
    assert unmet(state_of(play.log)) == [
        "the rule holds: Emitted(type='Report') came true at event 7",
        "any of these:",
        "  MaxTurns(turns=12): 2 of 12 turns",
        "  MaxMessages(messages=20): 2 of 20 messages",
        "  Elapsed(seconds=60.0): 2.5 of 60 seconds",
        "  all of these:",
        "    Mentions(text='DONE', by='a'): a has not said it",
        "    Says(text='END'): no agent has said it",
        "    only while this is not so:",
        "      From(sender='a'): a has said nothing",
        "  Failures(in_a_row=3): 0 of 3 failures in a row",
        "  External(name='stop'): no signal 'stop' has come",
        "  External(): no signal has come",
        "  Never(): never comes true",
        "  HandedTo(name='user'): nobody has handed over to user",
        "  Emitted(type='Report'): came true at event 7",
        "  Emitted(type='Report', by='a'): a has not sent a Report",
        "  Where('Report', passed=True, score__ge=0.8): not so at event 7: score >= 0.8",
        "  Where('Draft', by='a', x=1): a has not sent a Draft",
        "  Stalemate(repeats=2): nobody repeats itself",
    ]


def test_a_half_of_a_pair_is_named() -> None:
    play = Play().start(Mentions("A") & Mentions("B"))
    play.give()
    said = play.say("A")
    assert why_not(state_of(play.log)) == (
        f"all of these:\n  Mentions(text='A'): came true at event {said.seq}\n"
        "  Mentions(text='B'): no agent has said it"
    )


def test_who_repeats_itself_is_named() -> None:
    play = Play().start(Stalemate(3))
    for _ in range(3):
        play.give()
        play.say("the very same thing over again")
        play.give()
        play.skip()
    assert why_not(state_of(play.log)) == "Stalemate(repeats=3): repeated in a row: a 2 of 3 times"


def test_before_the_first_run_there_is_no_rule() -> None:
    assert why_not(State()) == "Never(): never comes true"


@given(rules)
def test_there_is_a_line_for_every_leaf_of_every_rule(rule: Rule) -> None:
    play = Play().start(rule)
    lines = unmet(state_of(play.log))
    for leaf in rule.leaves():
        assert any(line.strip().startswith(f"{leaf}: ") for line in lines)
