"""Routing by what agents say and by a user's function: supervisors, selectors, handoffs, functions."""

from __future__ import annotations

import json

import pytest
from pydantic import JsonValue

from agentchat.debug.replay import differences
from agentchat.errors import ConfigurationError
from agentchat.policy.prompts.context import context_of
from agentchat.policy.routing.plans import END, FunctionPlan, HandoffsPlan, SupervisedPlan, read_plan
from agentchat.policy.rules import MaxMessages, MaxTurns
from agentchat.policy.state import state_of
from agentchat.transcript.events import Closed, Entry, Refused, Said, TurnGiven
from agentchat.transcript.messages import Body, Data, Direction, Handoff, Text
from tests.policy.cards import card, team
from tests.policy.play import Play, problem, text

LONG = MaxTurns(50)


def shown(play: Play, agent: str) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in context_of(play.log, agent).growing.messages]


def ended(play: Play) -> Closed:
    closed = play.close()
    assert list(differences(play.log)) == []
    return closed


def refusal(entry: Entry) -> tuple[str, ...]:
    assert isinstance(entry.event, Refused), entry
    return entry.event.problems


# supervisors


def supervised(kind: str = "supervisor", *, until: int = 50) -> Play:
    boss = card("boss", kind=kind, emits=("Direction",), team=("a", "b"))
    plan = SupervisedPlan(supervisor="boss", team=("a", "b"))
    hungry = card("b", accepts=("Draft", "Text"))
    return Play(agreed=team(boss, card("a"), hungry, plan=plan)).start(MaxTurns(until))


def direct(play: Play, to: str, **more: JsonValue) -> Entry:
    return play.say(Direction.model_validate({"next": to, **more}))


def test_the_supervisor_has_the_first_turn_and_the_one_after_each_other() -> None:
    play = supervised()
    given = play.give()
    assert (given.to, given.subject, given.why.router, given.why.reason) == (
        "boss",
        3,
        "supervised",
        "first, with the task",
    )
    said = direct(play, "a", instruction="Write it.", reason="it can")
    given = play.give()
    assert (given.to, given.subject) == ("a", 3)  # the work is handed on, not the direction
    assert (given.why.router, given.why.reason, given.why.values) == ("boss", "it can", {"direction": said.seq})
    assert given.why.candidates == ("a", "b", "finish")
    done = play.say("Written.")
    given = play.give()
    assert (given.to, given.subject, given.why.reason) == ("boss", done.seq, "after a")
    direct(play, "b")
    given = play.give()
    assert (given.to, given.subject, given.why.reason) == ("b", done.seq, "boss named it")


def test_a_supervisor_finishes_with_the_answer() -> None:
    play = supervised()
    play.give()
    said = direct(play, "finish", answer={"n": 1}, reason="done")
    closed = ended(play)
    assert (closed.outcome, closed.rule, closed.event) == ("done", "Direction(next='finish', by='boss')", said.seq)
    assert (closed.values, closed.reason) == ({"supervisor": "boss"}, "boss finished: done")
    play.start(LONG, task="And now?")
    assert play.give().to == "boss"
    direct(play, "finish")
    assert ended(play).reason == "boss finished"


def test_an_instruction_is_seen_by_whom_it_is_for() -> None:
    play = supervised()
    play.give()
    play.say(Direction(next="a", instruction="Only for a."), to="a")
    play.give()
    assert shown(play, "a")[-1] == ("user", "boss:\nOnly for a.")
    play.say("ok")
    play.give()
    assert shown(play, "boss")[-2:] == [
        (
            "assistant",
            '{"kind":"direction","next":"a","instruction":"Only for a.","reason":null,"about":null,"answer":null}',
        ),
        ("user", "a:\nok"),
    ]
    direct(play, "b")
    play.give()
    assert shown(play, "b")[1:] == [("user", "user:\nDo it."), ("user", "a:\nok")]


@pytest.mark.parametrize("about", [3, None, 1, 999, 8])
def test_the_message_handed_on_is_about_or_the_last_that_fits(about: int | None) -> None:
    play = supervised()
    play.give()
    direct(play, "a")
    play.give()
    play.say(Data(type="Report", value={}))
    play.give()
    play.offer(Said(sender="user", to="a", body=Text.of("a secret")))  # event 9, which b does not see
    play.log.rewind(len(play.log) - 1)
    direct(play, "b", about=about)
    given = play.give()
    assert (given.to, given.subject) == ("b", 3)


def test_what_is_private_cannot_be_handed_on() -> None:
    play = supervised()
    play.offer(Said(sender="user", to="a", body=Text.of("a secret")))
    assert play.give().to == "a"  # who is asked by name answers first
    play.skip()
    play.give()
    direct(play, "b", about=4)
    assert play.give().subject == 3


def test_nothing_that_fits() -> None:
    boss = card("boss", emits=("Direction",))
    plan = SupervisedPlan(supervisor="boss", team=("a",))
    play = Play(agreed=team(boss, card("a", accepts=("Draft",)), plan=plan)).start(LONG)
    play.give()
    direct(play, "a")
    assert ended(play).reason == "no message fits a, which accepts Draft"


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("zoe", "next: 'zoe' is none of those who can be next: a, b, finish"),
        ("boss", "next: 'boss' is none of those who can be next: a, b, finish"),
    ],
)
def test_a_direction_to_nobody_is_refused(to: str, told: str) -> None:
    play = supervised()
    play.give()
    assert refusal(direct(play, to)) == (told,)
    assert refusal(play.say("plain words")) == ("boss said Text, and it says Direction only",)
    direct(play, "a")
    play.give()
    assert refusal(direct(play, "b")) == ("a is no supervisor here, and only one gives directions",)
    assert refusal(play.say(Handoff(to="b")))[0].startswith("nobody hands over here")
    play.say("fine")
    play.close if play.rule() is None else None
    assert list(differences(play.log)) == []


def test_a_direction_may_be_the_reply_itself() -> None:
    play = supervised()
    play.give()
    answer = json.dumps({"next": "a", "instruction": "Go.", "reason": "so"})
    ended_ = play.call_model(reply=text(answer))
    said = play.say(calls=(ended_.seq,), kind="Direction")
    assert play.log.body(said.seq) == Direction(next="a", instruction="Go.", reason="so")
    assert play.give().to == "a"
    assert shown(play, "a")[-1] == ("user", "boss:\nGo.")
    wrong = Play(agreed=play.charter).start(LONG)
    wrong.give()
    off = wrong.call_model(reply=text(json.dumps({"next": "zoe"})))
    assert refusal(wrong.say(calls=(off.seq,), kind="Direction"))[0].startswith("next: 'zoe'")


def test_a_direction_in_the_reply_without_an_instruction_is_not_shown_to_others() -> None:
    play = supervised()
    play.give()
    made = play.call_model(reply=text('{"next": "a"}'))
    play.say(calls=(made.seq,), kind="Direction")
    play.give()
    assert shown(play, "a") == [("system", "Help."), ("user", "user:\nDo it.")]


def test_a_supervisor_that_passes_is_asked_again() -> None:
    play = supervised()
    play.give()
    play.skip()
    assert play.give().to == "boss"


def test_a_direction_of_the_last_run_is_not_followed_when_a_person_speaks() -> None:
    play = supervised(until=1)
    play.give()
    direct(play, "a")
    ended(play)
    play.start(LONG, task=None)
    assert play.give().to == "a"  # it goes on from there
    play.log.rewind(len(play.log) - 2)
    play.start(LONG, task="Something else.")
    assert play.give().to == "boss"


def test_the_turns_of_a_selector_are_not_counted() -> None:
    play = supervised("selector", until=2)
    for name in ("a", "b"):
        assert play.give().to == "boss"
        direct(play, name)
        assert play.give().to == name
        play.say(name)
    closed = ended(play)
    assert (closed.rule, closed.values) == ("MaxTurns(turns=2)", {"turns": 2})
    assert state_of(play.log).board.turns == 2


def test_a_selector_cannot_finish() -> None:
    play = supervised("selector")
    play.give()
    assert refusal(direct(play, "finish")) == ("next: 'finish' is none of those who can be next: a, b",)


# handoffs


def handing(**to: tuple[str, ...]) -> Play:
    names = ("a", "b", "c")
    ways = {name: to.get(name, tuple(one for one in (*names, "user") if one != name)) for name in names}
    return Play(agreed=team(*map(card, names), plan=HandoffsPlan(start="a", to=ways))).start(LONG)


def test_who_has_the_conversation_hands_it_over() -> None:
    play = handing()
    given = play.give()
    assert (given.to, given.subject, given.why.reason) == ("a", 3, "a has the conversation")
    assert (given.why.router, given.why.candidates) == ("handoffs", ("a",))
    said = play.say(Handoff(to="b", reason="it is yours"))
    given = play.give()
    assert (given.to, given.subject) == ("b", 3)
    assert given.why.reason == "a handed over: it is yours"
    assert (given.why.candidates, given.why.values) == (("b", "c", "user"), {"handoff": said.seq})
    assert shown(play, "b")[-1] == ("user", "a:\nit is yours")
    play.say(Handoff(to="a"))
    given = play.give()
    assert (given.to, given.why.reason) == ("a", "b handed over")


def test_a_plain_answer_goes_back_to_the_person_and_the_holder_stays() -> None:
    play = handing()
    play.give()
    play.say(Handoff(to="b"))
    play.give()
    said = play.say("The answer.")
    closed = ended(play)
    assert (closed.outcome, closed.rule, closed.event, closed.values) == ("done", "Handoffs", said.seq, {"by": "b"})
    assert closed.reason == "b answered without handing over"
    play.start(LONG, task="More?")
    given = play.give()
    assert (given.to, given.why.reason) == ("b", "b has the conversation")


def test_a_handoff_to_a_person_ends_the_run() -> None:
    play = handing()
    play.give()
    said = play.say(Handoff(to="user", reason="you decide"))
    closed = ended(play)
    assert (closed.outcome, closed.rule, closed.event) == ("stopped", "Handoff(to='user')", said.seq)
    assert (closed.values, closed.reason) == ({"by": "a"}, "a handed over to a person: you decide")


def test_a_handoff_to_nobody_is_refused() -> None:
    play = handing(a=("b",), b=("user",), c=())
    play.give()
    assert refusal(play.say(Handoff(to="c"))) == ("to: 'c' is none of those who can be next: b",)
    assert refusal(play.say(Direction(next="b"))) == ("a is no supervisor here, and only one gives directions",)
    play.say(Handoff(to="b"))
    play.give()
    assert refusal(play.say(Handoff(to="a"))) == ("to: 'a' is none of those who can be next: user",)


def test_a_holder_that_passes_or_fails_keeps_it() -> None:
    play = handing()
    play.give()
    play.skip()
    assert play.give().to == "a"
    play.fail()
    assert ended(play).outcome == "failed"
    play.start(LONG, task=None)
    assert play.give().to == "a"


def test_a_handoff_from_before_is_followed_in_the_next_run() -> None:
    play = handing()
    play.log.rewind(1)
    play.start(MaxMessages(2))
    play.give()
    play.say(Handoff(to="c"))
    assert ended(play).rule == "MaxMessages(messages=2)"
    play.start(LONG, task=None)
    assert play.give().to == "c"


# a user's function


def chosen(*verdicts: JsonValue) -> Play:
    waiting = iter(verdicts)
    agents = (card("a"), card("b", accepts=("Draft", "Text")), card("c", accepts=("Draft",)))
    plan = FunctionPlan(name="m:next 01")
    return Play(agreed=team(*agents, plan=plan), judge=lambda name, on: next(waiting)).start(LONG)


def test_a_function_names_who_is_next() -> None:
    play = chosen("b", {"next": "a", "reason": "its turn"}, {"next": "b"})
    given = play.give()
    assert (given.to, given.subject, given.why.router, given.why.reason) == ("b", 3, "m:next", "m:next chose it")
    assert (given.why.candidates, given.why.values) == (("a", "b", "c"), {"judged": 3})
    said = play.say("x")
    given = play.give()
    assert (given.to, given.why.reason, given.why.values) == ("a", "its turn", {"judged": said.seq})
    passed = play.skip()
    given = play.give()
    assert (given.to, given.why.values) == ("b", {"judged": passed.seq})
    assert given.why.reason == "m:next chose it"


@pytest.mark.parametrize("verdict", [None, END, {"next": None}])
def test_a_function_ends_the_run(verdict: JsonValue) -> None:
    play = chosen(verdict)
    closed = ended(play)
    assert (closed.outcome, closed.rule, closed.event) == ("done", "m:next", 3)
    assert closed.reason == "the router m:next ended it"


@pytest.mark.parametrize("verdict", ["zoe", 7, {"next": ["a"]}, False])
def test_a_function_that_names_nobody_ends_the_run_by_name(verdict: JsonValue) -> None:
    closed = ended(chosen(verdict))
    assert (closed.outcome, closed.rule) == ("failed", "m:next")
    assert "which is no agent here (there are: a, b, c)" in closed.reason


@pytest.mark.parametrize(("verdict", "gave"), [({"nxt": "a"}, "'nxt'"), ({}, "an empty object")])
def test_a_function_whose_object_says_nothing_of_who_is_next_ends_nothing_quietly(
    verdict: JsonValue, gave: str
) -> None:
    closed = ended(chosen(verdict))
    assert (closed.outcome, closed.rule) == ("failed", "m:next")
    assert closed.reason == f"the router m:next names nobody: it gave {gave}, and no 'next'"


def test_a_function_that_names_an_agent_with_nothing_to_answer() -> None:
    closed = ended(chosen("c"))
    assert (closed.outcome, closed.rule) == ("failed", "types")


def test_a_function_is_asked_without_a_message_too() -> None:
    play = chosen("a")
    play.log.rewind(1)
    play.start(LONG, task=None)
    closed = ended(play)
    assert closed.reason == "there is no message to answer"


def test_a_function_that_raises_ends_the_run() -> None:
    play = Play(agreed=chosen().charter, judge=lambda name, on: problem("KeyError", "a")).start(LONG)
    closed = ended(play)
    assert (closed.outcome, closed.rule) == ("failed", "m:next")
    assert closed.reason == "the function m:next failed on event 3: KeyError: a"


# whoever is asked by name goes first


@pytest.mark.parametrize("play", [supervised(), handing(), chosen("a", "a")])
def test_who_is_asked_by_name_answers_first(play: Play) -> None:
    asked = play.offer(Said(sender="user", to="b", body=Text.of("b?")))
    given = play.give()
    assert isinstance(given, TurnGiven)
    assert (given.to, given.subject, given.why.router) == ("b", asked.seq, "addressed")


def test_a_way_of_routing_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match="this is no way of routing"):
        read_plan({"router": "moon"})


BODIES: tuple[Body, ...] = (Direction(next="a"), Handoff(to="a"))


@pytest.mark.parametrize("body", BODIES)
def test_a_round_does_not_route(body: Body) -> None:
    play = Play("a", "b").start(LONG)
    play.give()
    assert refusal(play.say(body))
