"""What was agreed, where it stands in the log, and how another agreement differs from it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agentchat.errors import ConfigurationError
from agentchat.policy.charter import AgentCard, CallLimits, Charter, CodePolicy, agreed_in, changes, charter_of
from agentchat.policy.spending.roster import Roster
from agentchat.transcript.events import Opened, PersonaChanged
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import LOOK, PRICE, card, charter, edge, graph, model, team
from tests.policy.play import Play


def runner(name: str = "r", senders: tuple[str, ...] | None = None) -> AgentCard:
    policy = CodePolicy(
        sandbox="auto", isolated=True, senders=senders, seconds=1, memory=1, processes=1, output=1, files=1
    )
    return AgentCard(name=name, kind="user-proxy", code=policy)


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
        with pytest.raises(ConfigurationError, match="greater than or equal to 1"):
            CallLimits.model_validate(limits)


def test_changes_are_said_in_words() -> None:
    agreed = team(card("a"), card("b"))
    assert changes(agreed, agreed) == []
    assert changes(agreed, team(card("b"), card("a"))) == ["the order of the agents changed"]
    assert changes(agreed, team(card("a"), card("c"))) == ["agent b is missing", "agent c is new"]
    (change,) = changes(agreed, team(card("a"), card("b", instructions="x" * 200)))
    assert change.startswith("agent b, instructions: was 'Help.', is 'xxx")
    assert change.endswith("xxx...")
    long = "Say nothing but what is asked for. " * 9
    (change,) = changes(
        team(card("a", instructions=f"{long}Be brief. {long}")), team(card("a", instructions=f"{long}Be kind. {long}"))
    )
    was, now = change.removeprefix("agent a, instructions: was ...").split(", is ...")
    assert ("is asked for. Be brief. Say" in was, "is asked for. Be kind. Say" in now) == (True, True)
    assert was.endswith("...")
    assert now.endswith("...")
    (change,) = changes(agreed, team(card("a"), card("b"), limits=CallLimits(attempts=1)))
    assert change.startswith("limits: was model_calls=16")
    (change,) = changes(agreed, team(card("a"), card("b"), plan=graph("a", edge("a", "b"))))
    assert change.startswith("routing: was {'router': 'round_robin'}, is {'router': 'graph'")
    typed = agreed.model_copy(update={"schemas": {"Draft": {"type": "object"}}})
    assert changes(agreed, typed) == []  # the agents that use it say so
    other = typed.model_copy(update={"schemas": {"Draft": {"type": "object", "title": "D"}}})
    assert changes(typed, other) == ["message type Draft: its fields changed"]


def test_a_price_that_changed_is_no_change() -> None:
    plain, priced = model(), model(price=PRICE)
    before = card("a", model=plain, fallbacks=(plain,), stronger=plain)
    after = card("a", model=priced, fallbacks=(priced,), stronger=priced)
    assert changes(team(before), team(after)) == []
    inside = card("a", tools=(LOOK.model_copy(update={"unpriced": ("m",)}),))
    assert changes(team(card("a", tools=(LOOK,))), team(inside)) == []
    (change,) = changes(team(before), team(card("a", model=plain, fallbacks=(plain,), stronger=model("n"))))
    assert change.startswith("agent a, stronger: was {'name': 'm'")


def test_a_card_knows_its_models_and_tools() -> None:
    usual, second, best = model("m"), model("f"), model("s")
    full = card("a", model=usual, fallbacks=(second,), stronger=best, tools=(LOOK,))
    assert full.models() == (usual, second, best)
    assert [full.pointer(one) for one in full.models()] == ["model", "fallbacks/0", "stronger"]
    assert full.tool("look") == LOOK
    assert full.tool("see") is None
    assert AgentCard(name="f", kind="function").models() == ()


def test_a_roster_knows_the_cards_of_each_moment() -> None:
    opened, roster = Opened(conversation="c", charter=charter("a").written()), Roster()
    assert roster.card("a", "m") is None
    roster.take(opened)
    assert roster.card("a", "m") == model()
    assert (roster.card("a", "n"), roster.card("z", "m")) == (None, None)
    new = card("a", model=model("n"))
    roster.take(PersonaChanged(agent="a", card=new.model_dump(mode="json"), author="user", reason="r"))
    assert (roster.card("a", "m"), roster.card("a", "n")) == (None, model("n"))
