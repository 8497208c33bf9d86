"""What was done to the record: how it began, who held it, where it was forked, what was edited."""

from __future__ import annotations

from agentchat import why
from agentchat.policy.charter import ContextPolicy
from agentchat.policy.rules import MaxTurns
from agentchat.transcript.events import (
    Compacted,
    Edited,
    Forked,
    Opened,
    Paused,
    PersonaChanged,
    Position,
    Released,
    RunStarted,
    Said,
    Scrubbed,
    Taken,
)
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.debug.telling import lines
from tests.policy.cards import card, charter, team
from tests.policy.play import Play


def body(words: str) -> dict[str, object]:
    return Text.of(words).model_dump(mode="json")


def edit(act: str, target: int | None, value: object = None) -> Edited:
    return Edited.model_validate({"act": act, "target": target, "value": value, "author": "ann", "reason": "better so"})


def branch() -> Play:
    """A turn that ended and one that is going on, forked behind them."""
    play = Play().start(MaxTurns(9))
    play.give()
    play.say("one")
    play.give()
    play.enter(Forked(parent=Position(conversation="c", seq=6), branch="c2", author="ann", reason="try", anew=True), 0)
    return play


def test_how_it_began() -> None:
    log = Transcript()
    parent = Position(conversation="outer", seq=12)
    log.enter(Opened(conversation="c", charter=charter("a").written(), parent=parent), at=0, active=0, cause=0)
    assert lines(log, 1) == [
        "the conversation c was opened",
        "it is held for the call at event 12 of outer",
        "agents: a (assistant)",
        "who is next: round_robin",
    ]


def test_who_held_it() -> None:
    play = Play().start(MaxTurns(9))
    quiet = play.enter(Taken(owner="host:1:a", epoch=1), 0).seq
    play.give()
    call = play.ask().seq
    taken, released = (
        play.enter(event, 0).seq for event in (Taken(owner="host:2:b", epoch=2), Released(owner="host:2:b", epoch=2))
    )
    assert lines(play.log, quiet) == [
        "the process host:1:a took the conversation over",
        "no call was without its result",
    ]
    assert lines(play.log, taken)[1:] == [f"the model call {call} of a had no result: it is in doubt"]
    play.enter(Paused(pause="q", call=call, question="Go on?", answer_schema={}, to="user"), call)
    again = play.enter(Taken(owner="host:3:c", epoch=3), 0).seq
    assert lines(play.log, again)[1:] == [f"the model call {call} of a asked a person, and goes on with the answer"]
    assert lines(play.log, released) == ["the process host:2:b let go of the conversation, on purpose"]


def test_a_summary_says_what_it_was_too_much_for() -> None:
    agreed = team(card("a", context=ContextPolicy(compact_at=4000)), card("b"))
    play = Play(agreed=agreed).start(MaxTurns(9))
    play.give()
    call = play.call_model().seq
    summary = play.offer(Compacted(agent="a", upto=3, call=call)).seq
    assert lines(play.log, summary) == [
        "for a, a summary stands for everything up to event 3",
        "its next request would have had more than 4,000 tokens",
        f"the summary is the reply at event {call}",
    ]
    other = play.offer(Compacted(agent="b", upto=3, call=call)).seq
    assert len(lines(play.log, other)) == 2


def test_a_changed_persona_says_what_changed() -> None:
    play = Play().start(MaxTurns(9))
    new = card("a", instructions="Be brief.").model_dump(mode="json")
    seq = play.enter(PersonaChanged(agent="a", card=new, author="ann", reason="too long"), 0).seq
    assert lines(play.log, seq) == [
        "ann changed a: “too long”",
        "agent a, instructions: was 'Help.', is 'Be brief.'",
    ]


def test_a_branch_says_what_it_left_behind() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    call = play.ask().seq
    parent = Position(conversation="c", seq=call)
    fork = play.enter(Forked(parent=parent, branch="c2"), 0).seq
    assert lines(play.log, fork) == [
        f"this goes on from event {call} of c, as c2",
        f"the model call {call} was open there, and counts as not made here",
        "the turn of a (event 4) goes on with what is recorded of it",
    ]
    assert lines(play.log, 3)[-1] == f"written in c, from which this branch goes on at event {fork}"
    anew = branch()
    assert lines(anew.log, 7) == [
        "ann went on from event 6 of c, as c2: “try”",
        "the turn of b (event 6) is given up",
    ]


def test_an_edit_stands_in_the_chain_of_what_follows_from_it() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.say("one")
    play.enter(Forked(parent=Position(conversation="c", seq=5), branch="c2", author="ann", reason="try"), 0)
    play.enter(edit("replace", 5, body("uno")), 6)
    play.give()
    chain = why(play.log, 8)
    assert [step.seq for step in chain.steps] == [8, 7, 6, 5, 4, 3, 2]
    assert chain.conversation == "c2"
    assert chain.steps[0].sentence == "b got the turn, to answer event 5 (a: “uno”)"
    assert chain.steps[3].sentence == "a said: “one”"  # as it was at the time
    assert lines(play.log, 5)[1:] == [
        "changed since, by ann at event 7: “better so”",
        "written in c, from which this branch goes on at event 6",
    ]
    assert lines(play.log, 7) == [
        "ann replaced a message (event 5): “better so”",
        "it was: a said: “one”",
        "it is: a said: “uno”",
        "what follows goes by it; what was written stays",
    ]


def test_every_edit_says_what_it_changed() -> None:
    play = branch()
    log = play.log
    message = {"sender": "user", "body": body("Hurry.")}
    edits = (
        edit("remove", 5),
        edit("insert", None, message),
        edit("rules", None, MaxTurns(2).written()),
        edit("budget", None, {"calls": 3}),
        edit("agreement", None, charter("a", "b", "c").written()),
    )
    first, *_ = [play.enter(one, 7).seq for one in edits]
    told = [lines(log, first + place) for place in range(len(edits))]
    assert [one[0] for one in told] == [
        "ann removed a message (event 5): “better so”",
        "ann put a message in: “better so”",
        "ann changed the rules of the run (event 2): “better so”",
        "ann changed the budget of the run (event 2): “better so”",
        "ann changed the agreement (event 1): “better so”",
    ]
    assert told[0][1:] == ["it was: a said: “one”", "what follows goes by it; what was written stays"]
    assert told[1][1] == "it is: user said: “Hurry.”"
    assert told[3][2] == 'it is: {"calls": 3}'
    assert told[2][1] == "it was: run 1 began"
    assert "its budget: no cap" in lines(log, 2)  # as it was when it was written
    assert [line for line in lines(log, 2) if "changed since" in line] == [
        "changed since, by ann at event 10: “better so”",
        "changed since, by ann at event 11: “better so”",
    ]
    assert "changed since, by ann at event 12: “better so”" in lines(log, 1)


def test_a_result_that_was_changed() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    call = play.call_code().seq
    parent = Position(conversation="c", seq=call)
    play.enter(Forked(parent=parent, branch="c2"), 0)
    new = {"of": "code", "language": "python", "status": "ok", "exit_code": 0, "stdout": "2\n"}
    seq = play.enter(edit("result", call, new), 0).seq
    assert lines(play.log, seq)[:3] == [
        f"ann changed the result of a call (event {call}): “better so”",
        f"it was: the program of a (call {call - 1}) came back: [python: finished, exit code 0], output “1”",
        f"it is: the program of a (call {call - 1}) came back: [python: finished, exit code 0], output “2”",
    ]
    assert lines(play.log, call)[0].endswith("output “1”")


def test_an_edit_before_any_run_has_no_rules_to_change() -> None:
    log = Transcript()
    log.enter(Opened(conversation="c", charter=charter("a").written()), at=0, active=0, cause=0)
    log.enter(Scrubbed(target=1, digest="ab" * 32, author="ann", reason="a secret"), at=0, active=0, cause=0)
    assert lines(log, 2) == [
        "ann removed what event 1 held, for good: “a secret”",
        f"the digest of its line was {'ab' * 32}",
    ]


def test_a_run_after_a_fork_is_told_as_any() -> None:
    play = branch()
    started = RunStarted(run=2, rules=MaxTurns(2).written(), budget={"calls": 3}, policy=1)
    seq = play.enter(started, 7).seq
    said = play.enter(Said(sender="user", body=Text.of("Again.")), seq).seq
    assert lines(play.log, seq) == [
        "run 2 began",
        "its rules: MaxTurns(turns=2)",
        "its budget: Budget(calls=3)",
        "decided by version 1 of the policy",
    ]
    assert [step.seq for step in why(play.log, said).steps] == [said, seq]
