"""Why a run ended, with what each rule and cap stood at; and why it had not ended yet."""

from __future__ import annotations

import pytest

from agentchat import not_ended
from agentchat.policy.rules import Elapsed, External, Failures, From, MaxTurns, Mentions, Rule
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.transcript.calls import AskRecipe, JsonObject, Usage
from agentchat.transcript.events import Answered, CallCancelled, ExternalSignal, Interrupted, Paused, TimeUp
from agentchat.transcript.messages import Data
from agentchat.transcript.transcript import Message
from tests.debug.telling import lines
from tests.policy.acts import acts
from tests.policy.cards import card, edge, graph, team
from tests.policy.play import Play, problem, text


def standing(play: Play, seq: int | None = None) -> list[str]:
    """Why the run had not ended, line by line."""
    step = not_ended(play.log, len(play.log) if seq is None else seq)
    return [step.sentence, *(one.text for one in step.details)]


def test_why_a_run_went_on_is_printed_in_plain_words() -> None:
    play = Play().start(MaxTurns(5))
    play.give()
    first, *rest = str(not_ended(play.log, 3)).splitlines()
    assert first == "   3  after event 3 run 1 went on: no rule that ends it had come true"
    assert any("MaxTurns(turns=5): 0 of 5 turns" in line for line in rest)


def test_an_ending_by_rule_with_every_leaf_and_every_cap() -> None:
    rules: Rule = (Mentions("DONE", by="a") & ~From("b")) | MaxTurns(5) | Elapsed(60)
    play = Play(pace=0.5).start(rules, Budget(tokens=5000, seconds=90, agents={"b": Cap(usd=1)}, unpriced="free"))
    play.give()
    play.call_model(reply=text("hi", Usage(input_tokens=400, output_tokens=100)))
    play.say("DONE")
    play.close()
    assert lines(play.log, 8) == [
        "the run ended, done: Mentions(text='DONE', by='a') came true at event 7",
        "it was run 1; done means that what was wanted came true",
        "what ended it: Mentions(text='DONE', by='a')",
        "at event 7: a said: “DONE”",
        "on these values: text DONE, sender a",
        "rules:",
        "any of these:",
        "all of these:",
        "Mentions(text='DONE', by='a'): came true at event 7 (text DONE, sender a)",
        "only while this is not so:",
        "From(sender='b'): b has said nothing",
        "MaxTurns(turns=5): 1 of 5 turns",
        "Elapsed(seconds=60.0): 2.5 of 60 seconds",
        "budget of this run:",
        "budget, tokens: 500 of 5,000 spent",
        "agent b, usd: $0 of $1 spent",
        "budget, seconds: 2.5 of 90",
        "turns that failed in a row: 0; the first ends the run",
        "turns without a word in a row: 0 of 2",
        "what now: Nothing is left to do. Say something to the conversation to go on.",
    ]


def test_of_several_that_came_true_it_says_which_is_named() -> None:
    play = Play().start(Mentions("DONE") | MaxTurns(1))
    play.give()
    play.say("DONE")
    play.close()
    assert "of several rules that came true, what was wanted is named before a plain limit" in lines(play.log, 6)


@pytest.mark.parametrize(
    ("script", "budget", "told"),
    [
        ("fail", None, "the run ended, failed: the turn of a failed: ValueError: no"),
        ("pass", None, "the run ended, stopped: nobody has anything to say"),
        ("model", Budget(calls=1), "the run ended, limit: the budget has no room for another call of b"),
    ],
)
def test_endings_without_a_rule(script: str, budget: Budget | None, told: str) -> None:
    play = Play().start(MaxTurns(9), budget)
    play.run(acts(script))
    found = lines(play.log, len(play.log))
    assert found[0].startswith(told)
    assert any(line.startswith("at event ") for line in found)


def test_a_run_without_rules_goes_by_its_budget() -> None:
    play = Play(pace=0.2).start(None, Budget(seconds=0.5, per="conversation"))
    play.give()
    play.offer(TimeUp(rule="Budget(seconds=0.5)", active=1.25))
    seq = len(play.log)
    assert lines(play.log, seq) == ["the run was active for 1.25 seconds, which is all that Budget(seconds=0.5) gives"]
    told = standing(play)
    assert told[0] == "after event 5 run 1 went on: no rule that ends it had come true"
    assert "rules: none" in told
    assert "budget of the whole conversation:" in told
    assert "budget, seconds: 0.6 of 0.5: over at event 5" in told
    assert "next, by the policy: turn_cancelled" in told


def test_before_a_run_and_after_it() -> None:
    play = Play()
    assert standing(play) == ["after event 1 no run had begun"]
    play.start(MaxTurns(9)).run(acts("fail"))
    assert standing(play) == ["after event 6 no run was going on: run 1 had ended at event 6"]


def test_between_turns_the_next_is_named() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.say("hello")
    assert standing(play) == [
        "after event 5 run 1 went on: no rule that ends it had come true",
        "rules:",
        "MaxTurns(turns=9): 1 of 9 turns",
        "budget: no cap",
        "turns that failed in a row: 0; the first ends the run",
        "turns without a word in a row: 0 of 2",
        "next, b was to have the turn: after a",
    ]
    play.give()
    assert standing(play, 5)[-1] == "then: event 6, turn_given"


def test_while_a_turn_is_going_on_other_rules_wait() -> None:
    play = Play(agreed=team(card("a"), card("b"))).start(Failures(2) | MaxTurns(9), Budget(tokens=900))
    play.give()
    started = play.ask()
    told = standing(play)
    assert told[1:3] == [
        "the turn of a (event 4) was going on",
        "an open turn is cut short by a person, by time or by a signal; other rules wait for its end",
    ]
    assert any(line.endswith(" set aside for open calls") for line in told)
    assert "turns that failed in a row: 0; the first ends the run" not in told
    assert told[-1] == "nothing was to be decided: what was going on had to end first"
    play.answer(started, problem("Busy"))


def test_a_rule_that_came_true_waits_for_the_turns_beside_it() -> None:
    plan = graph("a,b", edge("a", "END"), edge("b", "END"))
    play = Play(agreed=team(card("a"), card("b"), plan=plan)).start(Mentions("DONE") | MaxTurns(9))
    play.give_all()
    play.by("a").say("DONE")
    assert standing(play)[:2] == [
        "after event 6 run 1 was to end by Mentions(text='DONE'), once the turns going on were over",
        "the turn of b (event 5) was going on",
    ]


def test_an_end_that_is_due() -> None:
    play = Play().start(MaxTurns(1))
    assert standing(play, 2)[0] == (
        "after event 2 run 1 was to end (there is no message to answer), but event 3 came first"
    )
    play.give()
    play.say("hello")
    ending = "after event 5 run 1 had come to its end: MaxTurns(turns=1) came true at event 5"
    assert standing(play)[0] == ending
    play.close()
    assert standing(play, 5)[0] == ending
    assert "next, by the policy: closed" in standing(play, 5)


def test_a_question_that_nobody_has_answered() -> None:
    play = Play().start(MaxTurns(9) | External("stop"))
    play.give()
    paused = play.offer(Paused(pause="q", call=4, question="Go on?", answer_schema={"type": "boolean"}, to="user"))
    told = "user was asked (event 5) and had not answered: Go on?"
    assert told in standing(play)
    assert lines(play.log, paused.seq)[-1] == "nobody has answered it"
    play.offer(Answered(pause="q", value=True, by="user"))
    assert told not in standing(play)
    assert told in standing(play, 5)
    assert lines(play.log, paused.seq) == [
        "an agent asked user “Go on?” and waits for the answer",
        "the question is q, for call 4",
        "an answer is yes or no",
        "then: event 6, user answered true",
    ]
    assert lines(play.log, 6) == ["user answered true to the question q", "it was “Go on?” (event 5)"]
    approval: JsonObject = {"type": "object", "properties": {"yes": {"type": "boolean"}}}
    kinds: list[tuple[JsonObject, str]] = [
        (approval, "is a yes, or a no with its reason"),
        ({"type": "string"}, "is a text"),
        ({"type": "integer"}, 'must fit {"type": "integer"}'),
    ]
    for schema, wanted in kinds:
        other = play.offer(Paused(pause="r", call=4, question="And?", answer_schema=schema, to="user"))
        assert lines(play.log, other.seq)[2] == f"an answer {wanted}"
    stray = play.offer(Answered(pause="gone", value=1, by="user"))
    assert lines(play.log, stray.seq) == ["user answered 1 to the question gone"]


def test_a_question_whose_call_ended_waits_no_more() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    asking = AskRecipe(question="Go on?", answer_schema={"type": "boolean"}, to="user")
    started = play.begin(asking, "0")
    paused = play.offer(
        Paused(pause="q", call=started.seq, question="Go on?", answer_schema={"type": "boolean"}, to="user")
    )
    told = f"user was asked (event {paused.seq}) and had not answered: Go on?"
    assert told in standing(play)
    play.offer(CallCancelled(call=started.seq, reason="the run was stopped"))
    assert told not in standing(play)


def _finished(message: Message) -> bool:
    return False


def test_a_function_that_is_to_be_asked_first() -> None:
    play = Play().start(Rule.function(_finished) | MaxTurns(9))
    play.give()
    play.say("hello")
    name = "tests.debug.test_why_endings:_finished"
    assert f"next, the function {name} was to be asked about event 5" in standing(play)
    play.rule()
    assert lines(play.log, 6) == [
        f"{name} was asked about event 5 (a: “hello”) and gave false",
        "asked by a rule of the run, which a yes makes true",
    ]


def test_a_function_that_fails_ends_the_run() -> None:
    play = Play(judge=lambda name, on: problem("Oops", "no idea")).start(Rule.function(_finished) | MaxTurns(9))
    play.give()
    play.say(Data(type="Draft", value={"n": 1}))
    play.close()
    assert lines(play.log, 6)[0].endswith('asked about event 5 (a: “{"n": 1}”) and failed: Oops: no idea')
    assert lines(play.log, 6)[-1] == "a function that fails ends the run"


def test_a_signal_and_an_interrupt_say_what_they_bring_about() -> None:
    play = Play().start(External("stop") | MaxTurns(9))
    play.give()
    signal = play.offer(ExternalSignal(name="stop"))
    assert lines(play.log, signal.seq) == [
        "the signal 'stop' came",
        "with this, the rule External(name='stop') came true",
    ]
    stop = play.offer(Interrupted(by="user"))
    assert lines(play.log, stop.seq)[0] == "user stopped the run"
