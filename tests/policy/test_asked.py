"""Questions to people: which wait for an answer, and what each wants."""

from __future__ import annotations

import pytest

from agentchat.policy.asked import Wanted, asked_in, wanted_by
from agentchat.transcript.calls import Answer, AskRecipe, JsonObject
from agentchat.transcript.events import Answered, CallFinished, CallStarted, Entry, Forked, Paused, Position
from tests.policy.play import Play

_YES: JsonObject = {"type": "boolean"}


def asking(play: Play, pause: str) -> Entry:
    """Let the agent whose turn it is put a question; the event that puts it."""
    started = play.begin(AskRecipe(question="Go on?", answer_schema=_YES, to="user"), pause)
    assert isinstance(started.event, CallStarted)
    return play.offer(Paused(pause=pause, call=started.seq, question="Go on?", answer_schema=_YES, to="user"))


def opened() -> Play:
    """A conversation with an open turn."""
    play = Play().start()
    play.give()
    return play


def test_a_question_waits_until_it_is_answered() -> None:
    play = opened()
    first, second = asking(play, "p"), asking(play, "q")
    asked = asked_in(play.log)
    assert list(asked.open.values()) == [first.event, second.event]
    assert asked.at == {"p": first.seq, "q": second.seq}
    assert asked.calls == {first.seq - 1, second.seq - 1}
    answered = play.offer(Answered(pause="p", value=True, by="user")).event
    assert list(asked_in(play.log).open) == ["q"]
    assert asked_in(play.log).answers == {"p": answered}


def test_an_answer_that_nothing_waits_for_is_none() -> None:
    play = opened()
    asking(play, "p")
    play.enter(Answered(pause="gone", value=True, by="user"), len(play.log))
    play.offer(Answered(pause="p", value=True, by="user"))
    play.enter(Answered(pause="p", value=False, by="user"), len(play.log))
    answers = asked_in(play.log).answers
    assert [(pause, answered.value) for pause, answered in answers.items()] == [("p", True)]


def test_with_the_end_of_the_call_that_put_it_nobody_waits_any_more() -> None:
    play = opened()
    first, second = asking(play, "p"), asking(play, "q")
    play.offer(CallFinished(call=first.seq - 1, result=Answer(value=True, by="user")))
    assert list(asked_in(play.log).open) == ["q"]
    assert asked_in(play.log).calls == {first.seq - 1, second.seq - 1}


def test_a_fork_waits_for_no_answer_to_its_parents_questions() -> None:
    play = opened()
    asking(play, "p")
    play.enter(Forked(parent=Position(conversation="c", seq=len(play.log)), branch="d"), len(play.log))
    assert not asked_in(play.log).open


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "object", "properties": {"yes": _YES, "reason": {"type": "string"}}}, "approval"),
        (_YES, "yes"),
        ({"type": "string"}, "text"),
        ({"type": "object", "properties": {"no": _YES}}, "json"),
        ({"anyOf": [_YES, {"type": "string"}]}, "json"),
        ({"properties": True, "type": "string"}, "text"),
    ],
)
def test_what_a_question_wants_is_said_by_the_schema_of_its_answer(schema: JsonObject, wanted: Wanted) -> None:
    assert wanted_by(schema) == wanted
