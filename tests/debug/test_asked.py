"""The exact request of a recorded call, found from whatever came of it, and proven by its digest."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given

from agentchat import request
from agentchat.debug.sent import Sent
from agentchat.errors import DamagedTranscript, NoSuchEvent
from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.budget import Budget
from agentchat.transcript.calls import AskRecipe, CodeRecipe, ModelRecipe, ToolRecipe
from agentchat.transcript.chain import digest
from agentchat.transcript.events import (
    CallCancelled,
    CallInDoubt,
    CallStarted,
    Compacted,
    Edited,
    Forked,
    Paused,
    Position,
)
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import card, handy, team
from tests.policy.generated import plays, several
from tests.policy.play import Play, problem, wants


def changed(log: Transcript, seq: int, **fields: object) -> Transcript:
    """The log with one event changed and the chain made anew, as someone who edits a file carefully would."""
    made = Transcript()
    for entry in log.since(0):
        event = entry.event.model_copy(update=fields) if entry.seq == seq else entry.event
        made.append(entry._replace(event=event, prev=made.head))
    return made


def started_at(log: Transcript, seq: int) -> CallStarted:
    event = log[seq].event
    assert isinstance(event, CallStarted)
    return event


@several
@given(plays())
def test_every_request_is_the_one_that_was_sent(play: Play) -> None:
    prefix, sent = Transcript(), Sent()
    for entry in play.log:
        event = entry.event
        if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe):
            asked = request(play.log, entry.seq)
            assert asked.body == sent.rebuild(prefix, event.recipe, entry.seq).join()
            assert asked.rebuilt == sha256(asked.body).hexdigest() == event.digest
            assert asked.proven
            assert asked.differs == ()
        prefix.append(entry, play.log.line(entry.seq))


def whole_turn() -> Play:
    """One model call, said word for word."""
    play = Play().start(MaxTurns(9))
    play.give()
    play.say(calls=(play.call_model().seq,))
    return play


def test_a_call_is_found_from_whatever_came_of_it(tmp_path: Path) -> None:
    log = whole_turn().log
    found = [request(log, seq) for seq in (4, 5, 6, 7)]  # the turn, the call, its end, the message
    assert found[0].seq == 5
    assert found == [found[0]] * 4
    assert request(log.save(tmp_path / "run.jsonl"), 7) == found[0]


def test_it_is_found_from_failures_refusals_and_summaries() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    failed = play.answer(play.ask(), problem("Busy"))
    stopped = play.offer(CallCancelled(call=play.ask().seq, reason="cancelled"))
    lost = play.offer(CallInDoubt(call=play.ask().seq, policy="retry"))
    reply = play.call_model()
    refused = play.refuse("no", call=reply.seq)
    summary = play.offer(Compacted(agent="a", upto=3, call=reply.seq))
    places = {entry.seq: request(play.log, entry.seq).seq for entry in (failed, stopped, lost, refused, summary)}
    calls = [failed.seq - 1, stopped.seq - 1, lost.seq - 1, reply.seq - 1, reply.seq - 1]
    assert list(places.values()) == calls


def test_programs_tools_and_questions() -> None:
    play = Play(agreed=team(handy("a"))).start(MaxTurns(9))
    play.give()
    play.call_model(reply=wants(("x", '{"at": 1}')))
    tool = play.tool("x", {"at": 1})
    code = play.call_code(source="print('é')")
    ask = AskRecipe(question="Go on?", answer_schema={"type": "boolean"}, to="user")
    question = play.begin(ask, digest(b'["Go on?",{"type":"boolean"},"user"]'))
    play.offer(Paused(pause="q", call=question.seq, question="Go on?", answer_schema={}, to="user"))
    assert request(play.log, code.seq).body == "python\nprint('é')".encode()
    assert request(play.log, code.seq).source == "print('é')"
    assert request(play.log, code.seq).proven
    assert request(play.log, question.seq + 1).body == b'["Go on?",{"type":"boolean"},"user"]'
    assert request(play.log, question.seq).proven
    assert json.loads(request(play.log, tool.seq).body) == ["look", {"at": 1}]
    assert isinstance(started_at(play.log, tool.seq).recipe, ToolRecipe)


def nowhere(log: Transcript, seq: int) -> str:
    with pytest.raises(NoSuchEvent) as error:
        request(log, seq)
    return str(error.value)


def test_an_event_that_is_no_call_names_those_nearest_to_it() -> None:
    play = whole_turn()
    for _ in range(4):
        play.give()
        play.say(calls=(play.call_model().seq,))
    log = play.log
    near = "The model calls nearest to it: 5 (a in turn 4), 9 (b in turn 8), 13 (a in turn 12)"
    assert nowhere(log, 3) == f"event 3 (said) is not word for word the result of a call. {near}"
    assert nowhere(log, 2) == f"event 2 is run_started, which is no call. {near}"
    assert nowhere(log, 99) == "there is no event 99; the transcript has events 1 to 23"
    assert nowhere(log, cast(Any, "5")) == "an event is named by its number, as in message.seq, not by '5'"
    assert nowhere(Play().start(MaxTurns(1)).log, 1) == (
        "event 1 is opened, which is no call. This record holds no model call"
    )


def test_a_turn_of_several_calls_or_of_none_is_no_answer() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.call_model()
    play.call_model()
    play.say()
    play.give()
    first, second = play.call_code(), play.call_code()
    said = play.say(calls=(first.seq, second.seq)).seq
    assert nowhere(play.log, 4) == "event 4 is a turn with 2 model calls: 5, 7. Name one of them"
    assert nowhere(play.log, 10).startswith(
        "event 10 is a turn without a model call. The model calls nearest to it: 5 (a"
    )
    assert nowhere(play.log, said) == f"event {said} comes from 2 calls: 11, 13. Name one of them"


def test_a_call_that_was_not_admitted_was_not_sent() -> None:
    play = Play().start(MaxTurns(9), Budget(calls=1))
    play.give()
    play.call_model()
    denied = play.ask().seq
    assert nowhere(play.log, denied) == (
        f"event {denied} is a call that was not admitted: nothing was sent. "
        "The model calls nearest to it: 5 (a in turn 4)"
    )


def test_a_message_whose_call_is_gone() -> None:
    log = changed(whole_turn().log, 7, from_calls=(88,))
    assert nowhere(log, 7).startswith("event 7 is said, which is no call. ")


# what was changed since


def test_a_changed_recipe_shows_what_was_sent() -> None:
    log = whole_turn().log
    recipe = started_at(log, 5).recipe
    assert isinstance(recipe, ModelRecipe)
    other = recipe.model_copy(update={"add": (*recipe.add[:-1], ("user", ("=Do it not.",)))})
    asked = request(changed(log, 5, recipe=other), 5)
    assert not asked.proven
    assert b"Do it not." in asked.body
    assert asked.differs[0] == f"recorded: sha256 {asked.started.digest}"
    assert asked.differs[1].startswith(f"rebuilt:  sha256 {asked.rebuilt}")
    assert asked.differs[2].startswith("the recipe of the call was changed since")
    assert "Do it." in asked.differs[3]
    assert "Do it not." in asked.differs[4]
    assert asked.differs[3].startswith("sent:     …")


def test_a_change_at_the_beginning_is_shown_from_there() -> None:
    log = whole_turn().log
    recipe = started_at(log, 5).recipe
    assert isinstance(recipe, ModelRecipe)
    asked = request(changed(log, 5, recipe=recipe.model_copy(update={"add": recipe.add[1:]})), 5)
    assert asked.differs[3].startswith('sent:     {"messages":[{"role":"system"')


def test_a_changed_message_cannot_say_what_was_sent() -> None:
    log = changed(whole_turn().log, 3, body=Text.of("Do it not."))
    asked = request(log, 5)
    assert not asked.proven
    assert len(asked.differs) == 3
    assert "the bytes that were sent are not here" in asked.differs[2]


def test_a_changed_program_or_prompt_is_found_too() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    code = play.call_code().seq - 1
    prompt = play.call_model(prompt="Think.").seq - 1
    recipe = started_at(play.log, code).recipe
    assert isinstance(recipe, CodeRecipe)
    asked = request(changed(play.log, code, recipe=recipe.model_copy(update={"language": "bash"})), code)
    assert (asked.proven, len(asked.differs)) == (False, 3)
    asked = request(changed(play.log, prompt, digest="ab" * 32), prompt)
    assert (asked.proven, len(asked.differs)) == (False, 3)


def test_a_recipe_that_cannot_be_followed_is_damage() -> None:
    log = whole_turn().log
    recipe = started_at(log, 5).recipe
    for update in ({"base": 5}, {"base": 77}, {"add": (("user", ("@6/result",)),)}):
        with pytest.raises(DamagedTranscript):
            request(changed(log, 5, recipe=recipe.model_copy(update=update)), 5)


def test_a_request_before_an_edit_is_rebuilt_as_of_its_time() -> None:
    play = Play(agreed=team(card("a"), card("b"))).start(MaxTurns(9))
    play.give()
    first = play.call_model().seq - 1
    play.say(calls=(first + 1,))
    play.give()
    second = play.call_model().seq - 1
    said = play.say(calls=(second + 1,)).seq
    bodies = [request(play.log, seq).body for seq in (first, second)]
    play.enter(Forked(parent=Position(conversation="c", seq=said), branch="c2", author="ann", reason="try"), 0)
    for target, words in ((3, "Do something else."), (first + 2, "otherwise")):
        body = Text.of(words).model_dump(mode="json")
        play.enter(Edited(act="replace", target=target, value=body, author="ann", reason="so"), said + 1)
    play.give()
    third = play.call_model().seq - 1
    assert [request(play.log, seq).body for seq in (first, second)] == bodies
    assert all(request(play.log, seq).proven for seq in (first, second, third))
    assert b"Do something else." in request(play.log, third).body
    assert b"otherwise" in request(play.log, third).body
    assert b"Do something else." not in bodies[0] + bodies[1]
