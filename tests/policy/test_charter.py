"""What was agreed, how it changes, and what is refused before the first token."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agentchat.errors import ConfigurationError, NoBound
from agentchat.policy.budget import Budget
from agentchat.policy.charter import AgentCard, CallLimits, Charter, CodePolicy, agreed_in, changes, charter_of
from agentchat.policy.check import bounded, check
from agentchat.policy.rules import Elapsed, External, Failures, MaxMessages, MaxTurns, Mentions, Never, Rule
from agentchat.transcript.events import Opened, PersonaChanged
from agentchat.transcript.transcript import Transcript
from tests.policy.play import Play, card, charter


def runner(name: str = "r", senders: tuple[str, ...] | None = None) -> AgentCard:
    policy = CodePolicy(
        sandbox="auto", isolated=True, senders=senders, seconds=1, memory=1, processes=1, output=1, files=1
    )
    return AgentCard(name=name, kind="user-proxy", code=policy)


def team(*agents: AgentCard, limits: CallLimits | None = None) -> Charter:
    return Charter(agents=agents, routing={"router": "round_robin"}, limits=limits or CallLimits())


def test_a_charter_reads_back_from_the_log() -> None:
    agreed = team(card("a"), runner(senders=("a",)))
    play = Play(agreed=agreed)
    assert charter_of(play.log) == agreed
    assert Charter.model_validate(agreed.written()) == agreed
    assert agreed.names() == agreed_in(play.log).names == ("a", "r")
    assert agreed.agent("r").kind == "user-proxy"
    with pytest.raises(ConfigurationError, match="no agent 'z'"):
        agreed.agent("z")
    assert agreed_in(play.log).pointers == {"a": "1/charter/agents/0", "r": "1/charter/agents/1"}


def test_before_it_is_opened_nothing_is_agreed() -> None:
    with pytest.raises(ConfigurationError, match="not opened yet"):
        charter_of(Transcript())
    play = Transcript()
    change = PersonaChanged(agent="a", card=card("a").model_dump(mode="json"), author="user", reason="r")
    play.append(play.next(change, at=0, active=0, cause=0))
    assert agreed_in(play).charter is None


def test_a_changed_persona_is_in_force() -> None:
    play = Play()
    new = card("a", instructions="Be brief.")
    play.offer(PersonaChanged(agent="a", card=new.model_dump(mode="json"), author="user", reason="r"))
    assert charter_of(play.log).agent("a") == new
    assert charter_of(play.log).names() == ("a", "b")
    assert agreed_in(play.log).pointers["a"] == "2/card"
    assert agreed_in(play.log).cards["a"] == new


def test_a_charter_that_is_none_is_refused() -> None:
    log = Transcript()
    log.append(log.next(Opened(conversation="c", charter={"agents": 7}), at=0, active=0, cause=0))
    with pytest.raises(ValidationError):
        charter_of(log)
    for limits in ({"model_calls": 0}, {"tool_calls": 0}, {"attempts": 0}):
        with pytest.raises(ValidationError):
            CallLimits.model_validate(limits)


def test_changes_are_said_in_words() -> None:
    agreed = team(card("a"), card("b"))
    assert changes(agreed, agreed) == []
    assert changes(agreed, team(card("b"), card("a"))) == ["the order of the agents changed"]
    assert changes(agreed, team(card("a"), card("c"))) == ["agent b is missing", "agent c is new"]
    (change,) = changes(agreed, team(card("a"), card("b", instructions="x" * 200)))
    assert change.startswith("agent b, instructions: was 'Help.', is 'xxx")
    assert change.endswith("xxx...")
    (change,) = changes(agreed, team(card("a"), card("b"), limits=CallLimits(attempts=1)))
    assert change.startswith("limits: was model_calls=16")


def refused(agreed: Charter, until: Rule | None = None, budget: Budget | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check(agreed, until or MaxTurns(3), budget or Budget())
    assert not isinstance(caught.value, NoBound)
    return str(caught.value)


def test_a_team_that_makes_no_sense_is_refused() -> None:
    assert refused(team()) == "a conversation needs at least one agent"
    assert refused(team(card("a"), card("a"), card("a"))) == "3 agents are named 'a'; names must differ"
    assert "runs code from 'zoe', which is no agent here (there are: a, r, user)" in refused(
        team(card("a"), runner(senders=("a", "user", "zoe")))
    )
    assert "waits for 'zoe', which is no agent here (there are: a)" in refused(
        team(card("a")), Mentions("DONE", by="zoe") | Mentions("DONE", by="a") | Mentions("DONE") | MaxTurns(1)
    )
    several = refused(team(card("a"), card("a"), runner(senders=("x", "y"))), Mentions("x", by="y") | MaxTurns(1))
    assert several.count("\n  - ") == 4


@pytest.mark.parametrize(
    ("until", "budget", "ends"),
    [
        (Never(), Budget(), False),
        (MaxTurns(1), Budget(), True),
        (MaxMessages(1), Budget(), True),
        (Elapsed(1), Budget(), True),
        (Mentions("x") | Failures(1) | External(), Budget(), False),
        (~MaxTurns(1), Budget(), False),
        (MaxTurns(1) & Mentions("x"), Budget(), False),
        (MaxTurns(1) & Elapsed(1), Budget(), True),
        (Mentions("x") | MaxTurns(1), Budget(), True),
        (Mentions("x"), Budget(seconds=1), True),
        (Mentions("x"), Budget(calls=1), True),
    ],
)
def test_a_conversation_without_a_bound_is_refused(until: Rule, budget: Budget, ends: bool) -> None:
    agreed = team(card("a"), runner())
    assert bounded(agreed, until, budget) is ends
    if ends:
        check(agreed, until, budget)
    else:
        with pytest.raises(NoBound, match="nothing limits this conversation"):
            check(agreed, until, budget)


def test_a_budget_of_calls_bounds_only_who_makes_calls() -> None:
    assert not bounded(team(runner()), Never(), Budget(calls=1))
    assert bounded(charter("a"), Never(), Budget(calls=1))
