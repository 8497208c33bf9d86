"""Requests rebuilt one after the other are those that were sent, whichever they build on."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given

from agentchat.debug.sent import Sent
from agentchat.errors import DamagedTranscript
from agentchat.policy.prompts.context import context_of
from agentchat.policy.prompts.request import rebuild
from agentchat.policy.rules import MaxTurns
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import CallStarted
from agentchat.transcript.transcript import Transcript
from tests.policy.generated import plays, several
from tests.policy.play import Play


@several
@given(plays())
def test_each_request_is_the_one_that_was_sent(play: Play) -> None:
    sent, beside, prefix = Sent(), Sent(), Transcript()
    requests = []
    for entry in play.log:
        event = entry.event
        if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe):
            request = sent.rebuild(prefix, event.recipe, entry.seq)
            assert request.digest == event.digest
            shown = beside.rebuild(prefix, event.recipe, entry.seq, context_of(prefix, event.agent))
            whole = rebuild(prefix, event.recipe).join()
            requests += [(request, whole), (shown, whole)]
        prefix.append(entry, play.log.line(entry.seq))
    assert [request.join() for request, _ in requests] == [joined for _, joined in requests]


def test_a_recipe_that_says_something_else_than_is_shown_gives_what_it_says() -> None:
    play = Play().start(MaxTurns(9))
    other, sent = ("user", ("=something else",)), Sent()
    for turn in range(4):  # of two agents; what the second was sent first is in what it is sent next
        play.give()
        prefix = play.log.upto(len(play.log))
        seq = play.call_model().seq - 1
        event = play.log[seq].event
        assert isinstance(event, CallStarted)
        assert isinstance(event.recipe, ModelRecipe)
        changed = {"add": (*event.recipe.add[:-1], other)} if turn == 1 else {}
        differs = turn in (1, 3)
        recipe = event.recipe.model_copy(update=changed)
        context = context_of(prefix, event.agent)
        made = sent.rebuild(prefix, recipe, seq, context)
        assert made.join().count(b"something else") == differs
        assert made.digest == sha256(made.join()).hexdigest()
        assert (made.digest == event.digest) == (not differs)
        play.say("words")


def test_two_requests_may_build_on_one() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    first = play.call_model()
    sent = Sent()
    started = play.log[first.seq - 1].event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    sent.rebuild(play.log, started.recipe, first.seq - 1)
    say = ("user", ("=more",))
    recipe = ModelRecipe(model="m", base=first.seq - 1, add=(say,), context="all")  # type: ignore[arg-type]  # its role
    for seq in (90, 91):
        assert sent.rebuild(play.log, recipe, seq).join() == rebuild(play.log, recipe).join()
    other = recipe.model_copy(update={"base": 90, "tail": ('=],"model":"n"}',)})
    assert sent.rebuild(play.log, other, 92).join().endswith(b'"more"}],"model":"n"}')
    with pytest.raises(DamagedTranscript, match="builds on event 3"):
        sent.rebuild(play.log, recipe.model_copy(update={"base": 3}), 93)
