"""A run's last turn: one answer without tools where a spent budget leaves room for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentchat.debug.replay import differences
from agentchat.policy.board import CLOSING
from agentchat.policy.charter import AgentCard
from agentchat.policy.prompts.asking import LAST_WORDS, Wish, ask, is_closing
from agentchat.policy.routing.plans import SupervisedPlan
from agentchat.policy.rules import Failures, MaxTurns
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.policy.state import state_of
from agentchat.transcript.calls import Usage
from agentchat.transcript.events import CallDenied, CallStarted, Closed, Said, TurnGiven, Why
from agentchat.transcript.messages import Direction, Text
from tests.policy.acts import acts
from tests.policy.cards import card, handy, model, team
from tests.policy.play import Play, text

LONG = MaxTurns(99)
SMALL = Usage(input_tokens=3, output_tokens=2)
ONE = Budget(calls=50, agents={"b": Cap(calls=1)})


def until_denied(play: Play, *, answer: str | None = "So far.") -> None:
    """One turn of a with its model, and one of b, whose second call is denied and who fails then."""
    play.give()
    ended = play.call_model(reply=text(answer or "x", SMALL))
    play.say(calls=(ended.seq,)) if answer else play.skip()
    play.give()
    play.call_model(reply=text("x", SMALL))
    assert isinstance(play.call_model().event, CallDenied)
    play.fail("CallNotAdmitted")


def agreed(*agents: AgentCard) -> Play:
    return Play(agreed=team(*(agents or (handy("a"), card("b")))))


def test_who_spoke_last_has_the_last_word() -> None:
    play = agreed().start(LONG, ONE)
    until_denied(play)
    denied = state_of(play.log).board.denied
    assert denied is not None
    given = play.give()
    assert (given.to, given.subject, given.why.router) == ("a", 3, CLOSING)
    assert given.why.reason == "the budget of agent b has no room for another call of b: 1 of 1 calls spent"
    assert is_closing(given)
    assert play.turn.cause == denied.seq
    made = ask(play.log, "a", Wish(LAST_WORDS, tools=False))
    assert made.shown[-1].content == LAST_WORDS
    assert b'"tools"' not in made.data.join()
    play.say("The end.")
    closed = play.close()
    assert (closed.outcome, closed.event) == ("limit", denied.seq)
    assert list(differences(play.log)) == []


def test_it_is_given_once() -> None:
    play = agreed().start(Failures(99) & LONG | LONG, ONE)
    until_denied(play)
    play.give()
    play.fail()
    assert play.close().outcome == "limit"


def test_it_is_given_in_each_run() -> None:
    play = agreed().start(LONG, ONE)
    play.run(acts("paid", "twice", "text"))
    play.start(LONG, ONE)
    play.run(acts("paid", "twice", "text"))
    routers = [entry.event.why.router for entry in play.log if isinstance(entry.event, TurnGiven)]
    assert routers.count(CLOSING) == 2
    assert list(differences(play.log)) == []


def test_without_room_the_run_is_closed() -> None:
    play = agreed().start(LONG, Budget(calls=2))
    until_denied(play)
    assert isinstance(play.close(), Closed)


def with_cap(tokens: int, answer: str) -> Play:
    cap = Budget(calls=50, agents={"a": Cap(tokens=tokens), "b": Cap(calls=1)})
    tight = model(max_output=20)
    play = agreed(card("a", model=tight), card("b", model=tight)).start(LONG, cap)
    until_denied(play, answer=answer)
    return play


def test_a_long_answer_that_must_be_shown_counts() -> None:
    """What a reply holds counts, though the message that is that reply only points to it."""
    with_cap(5_000, "long " * 1_200).close()


@given(st.integers(400, 9_000), st.text(min_size=1, max_size=40), st.integers(1, 60))
def test_its_call_is_always_admitted(tokens: int, word: str, times: int) -> None:
    play = with_cap(tokens, word * times)
    event = play.decided()
    if isinstance(event, TurnGiven):
        assert isinstance(play.ask(Wish(LAST_WORDS, tools=False)).event, CallStarted)
    else:
        assert isinstance(event, Closed)


def test_nobody_spoke_in_this_run() -> None:
    play = agreed().start(LONG)
    play.give()
    play.say("before")
    play.give()
    play.fail()
    play.close()
    play.start(LONG, ONE, task=None)
    play.give()
    play.call_model()
    play.call_model()
    play.fail("CallNotAdmitted")
    play.close()
    silent = agreed().start(LONG, ONE)
    until_denied(silent, answer=None)
    silent.close()


def test_routers_people_and_agents_without_a_model_have_no_last_word() -> None:
    boss = card("boss", kind="supervisor", emits=("Direction",))
    tool = AgentCard(name="f", kind="function")
    plan = SupervisedPlan(supervisor="boss", team=("f", "b"))
    play = Play(agreed=team(boss, tool, card("b"), plan=plan)).start(LONG, ONE)
    for name in ("f", "b"):
        play.give()
        play.say(Direction(next=name))
        play.give()
        if name == "f":
            play.say("from a function")
    play.offer(Said(sender="user", body=Text.of("hm")))
    play.call_model()
    play.call_model()
    play.fail("CallNotAdmitted")
    play.close()


def test_who_has_nothing_to_answer_has_no_last_word() -> None:
    picky = card("a", accepts=("Draft",), emits=("Text",))
    play = agreed(picky, card("b")).start(LONG, ONE)
    play.enter(TurnGiven(to="a", subject=3, why=Why(router="test", reason="")), 3)
    play.say("said all the same")
    play.give()
    play.call_model()
    play.call_model()
    play.fail("CallNotAdmitted")
    play.close()


def test_money_on_a_model_whose_price_is_unknown_is_told_with_its_name() -> None:
    play = agreed().start(LONG, Budget(usd=1.0))  # as it was opened before the check refused that
    play.give()
    assert isinstance(play.call_model().event, CallDenied)
    play.fail("CallNotAdmitted")
    closed = play.close()
    assert closed.outcome == "limit"
    assert closed.reason.endswith("spent, and what 'm' costs is not known")
