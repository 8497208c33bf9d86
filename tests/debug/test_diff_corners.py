"""Two runs compared where they differ in what is seldom seen: rules that read alike or are unknown, damaged calls."""

from __future__ import annotations

import pytest

from agentchat.debug.comparing.divergence import Divergence
from agentchat.debug.diff import Diff, diff
from agentchat.policy.rules import MaxTurns, Mentions, Rule
from agentchat.policy.rules.core import AnyOf
from agentchat.terminal.diff_text import diff_lines
from agentchat.terminal.diff_words import Look
from agentchat.transcript.calls import AskRecipe, CallRecipe, JsonObject, ModelRecipe
from agentchat.transcript.events import RunStarted
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import handy, team
from tests.policy.play import Play, text, wants


def talk(until: Rule | None = None) -> Transcript:
    return alone("DONE", until=until)


def alone(*said: str, until: Rule | None = None) -> Transcript:
    """A run in which one agent says these things."""
    play = Play("a").start(until or MaxTurns(len(said)))
    for one in said:
        play.give()
        play.say(one)
    play.rule()
    return play.log


def started_otherwise(log: Transcript, **changes: object) -> Transcript:
    """The same record, with a run that was started otherwise."""
    found = Transcript()
    for entry in log:
        event = entry.event
        if isinstance(event, RunStarted):
            event = event.model_copy(update=changes)
        found.enter(event, at=entry.at, active=entry.active, cause=entry.cause)
    return found


def asking(recipe: CallRecipe, digest: str) -> Transcript:
    """A turn in which one call is begun."""
    play = Play(agreed=team(handy("a"))).start(MaxTurns(1))
    play.give()
    play.begin(recipe, digest)
    return play.log


def first(found: Diff) -> Divergence:
    assert found.first is not None
    return found.first


def shown(found: Diff) -> str:
    return "\n".join(line.plain for line in diff_lines(found, ("one", "other"), Look()))


# what was agreed


def test_rules_that_read_alike_are_told_apart_by_path() -> None:
    limit, done, end = MaxTurns(1), Mentions("DONE"), Mentions("END")
    found = diff(talk(limit | done | end), talk(AnyOf(rules=(limit, AnyOf(rules=(done, end))))))
    changes = {change.path: (change.a, change.b) for change in found.agreed}
    assert changes["run 1: rules.rules[1].rule"] == ("mentions", "any")
    assert "run 1: rules" not in changes
    assert (found.first, found.same) == (None, False)


def test_a_rule_that_is_unknown_here_is_shown_as_it_was_recorded() -> None:
    newer: JsonObject = {"rule": "full_moon", "nights": 2}
    log = talk()
    found = diff(log, started_otherwise(log, rules=newer))
    assert [(one.path, one.a, one.b) for one in found.agreed] == [("run 1: rules", "MaxTurns(turns=1)", newer)]
    assert "full_moon" in shown(found)


def test_runs_decided_by_other_versions_of_the_policy_differ_in_that() -> None:
    log = talk()
    (started,) = (entry.event for entry in log if isinstance(entry.event, RunStarted))
    found = diff(log, started_otherwise(log, policy=started.policy + 1))
    changes = [(one.path, one.a, one.b) for one in found.agreed]
    assert changes == [("run 1: policy version", started.policy, started.policy + 1)]
    assert (found.first, found.same) == (None, False)


# turn by turn


def test_a_turn_put_in_between_those_of_one_agent_stands_alone() -> None:
    """What is most alike makes the pair, not what comes first."""
    found = diff(alone("The list holds ten primes."), alone("Let me think.", "The list holds twelve primes."))
    texts = [(pair.a_text, pair.b_text) for pair in found.turns if pair.kind == "turn"]
    assert texts == [(None, "Let me think."), ("The list holds ten primes.", "The list holds twelve primes.")]


# what came next


def test_a_call_made_by_one_alone_stands_beside_what_the_other_did_instead() -> None:
    def run(*, calls: bool) -> Transcript:
        play = Play().start(MaxTurns(1))
        play.give()
        play.say(calls=(play.call_code().seq,)) if calls else play.say("I need not try.")
        return play.log

    there = first(diff(run(calls=True), run(calls=False)))
    assert there.a is not None
    assert there.b is not None
    assert there.what == "what came next"
    assert (there.a.kind, there.a.told) == ("call_started", "a runs python in none")
    assert (there.b.kind, there.b.text) == ("said", "I need not try.")
    mirrored = first(diff(run(calls=False), run(calls=True)))
    assert (mirrored.a, mirrored.b) == (there.b, there.a)


# requests


def test_questions_to_people_are_compared() -> None:
    def run(question: str) -> Transcript:
        return asking(AskRecipe(question=question, answer_schema={"type": "boolean"}, to="user"), question)

    there = first(diff(run("Go on?"), run("Stop?")))
    assert there.path is not None
    assert (there.what, there.more) == ("question", 0)
    assert (there.path.path, there.path.a, there.path.b) == ("question", "Go on?", "Stop?")


def test_arguments_of_odd_names_are_quoted_in_a_path() -> None:
    def run(value: int) -> Transcript:
        play = Play(agreed=team(handy("a"))).start(MaxTurns(1))
        play.give()
        play.call_model(reply=wants(("t", "{}")))
        play.tool("t", {"how many": {"a.b": value}})
        return play.log

    there = first(diff(run(1), run(2)))
    assert there.path is not None
    assert (there.path.path, there.path.a, there.path.b) == ("arguments['how many']['a.b']", 1, 2)


@pytest.mark.parametrize(
    ("recipe", "note"),
    [
        (ModelRecipe(model="m", add=(("user", ("@99/body/text",)),), tail=("=]}",)), "'@99/body/text' leads nowhere"),
        (ModelRecipe(model="m", add=(("user", ("=x",)),)), "a model call has no settings"),
        (ModelRecipe(model="m", add=(("user", ("=x",)),), tail=("=]",)), "one is no JSON, or is nested too deeply"),
        (
            ModelRecipe(model="m", add=(("user", ("=x",)),), tail=(f'=],"x":{"[" * 99_999}{"]" * 99_999}}}',)),
            "one is no JSON, or is nested too deeply",
        ),
    ],
)
def test_a_request_that_cannot_be_rebuilt_is_said_to_be_so(recipe: ModelRecipe, note: str) -> None:
    """The runs are compared all the same."""
    sound = ModelRecipe(model="m", add=(("user", ("=x",)),), tail=("=]}",))
    for found in (
        diff(asking(sound, "one"), asking(recipe, "other")),
        diff(asking(recipe, "one"), asking(sound, "other")),
    ):
        there = first(found)
        assert (there.what, there.path, there.more) == ("prompt", None, 0)
        assert there.note is not None
        assert there.note.startswith("the requests cannot be compared: ")
        assert note in there.note
        assert there.note in shown(found)


# results


def test_a_tool_that_failed_is_told_from_one_that_gave_the_same_words_back() -> None:
    def run(*, ok: bool) -> Transcript:
        play = Play(agreed=team(handy("a"))).start(MaxTurns(1))
        play.give()
        play.call_model(reply=wants(("t", "{}")))
        play.back(play.tool("t", {"n": 1}), "no such file", ok=ok)
        play.say(calls=(play.call_model(reply=text("so")).seq,))
        return play.log

    there = first(diff(run(ok=True), run(ok=False)))
    assert there.a is not None
    assert there.b is not None
    assert there.what == "result"
    assert (there.a.told, there.b.told) == (
        "look gives back: no such file",
        "look gives back: failed: no such file",
    )
