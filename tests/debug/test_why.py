"""Why something happened: every event of every run can be explained, and the chain leads back to the task."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentchat import not_ended, why
from agentchat.debug.why import Chain
from agentchat.debug.why.admission import caps, offer_of
from agentchat.errors import EditRefused, NoSuchEvent, NotATranscript
from agentchat.policy.charter import Charter
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.policy.spending.admission import refusal
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.state import state_of
from agentchat.transcript.calls import Problem, ToolResult
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Compacted,
    Event,
    Interrupted,
    Judged,
    Opened,
    Paused,
    RunStarted,
    Said,
    TurnGiven,
)
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.debug.telling import lines
from tests.fixtures import make_format_1
from tests.policy.acts import acts
from tests.policy.cards import charter
from tests.policy.generated import plays, several
from tests.policy.play import Play
from tests.transcript.instances import EVENTS, KINDS, events

NONSENSE = "more cannot be worked out"


def first(log: Transcript, seq: int) -> str:
    return "\n".join(lines(log, seq))


def example() -> Play:
    play = Play().start(Mentions("DONE") | MaxTurns(4))
    play.give()
    ended = play.call_model()
    play.say(calls=(ended.seq,))
    play.give()
    play.say("DONE")
    play.close()
    return play


def test_the_chain_of_an_ending_leads_back_to_the_task() -> None:
    log = example().log
    chain = why(log)
    assert [step.seq for step in chain.steps] == [10, 9, 8, 7, 4, 3, 2]
    assert [step.kind for step in chain.steps][-2:] == ["said", "run_started"]
    assert [step.sentence for step in chain.steps] == [
        "the run ended, done: Mentions(text='DONE') came true at event 9",
        "b said: “DONE”",
        "b got the turn, to answer event 7 (a: “answer 5”)",
        "a said: “answer 5”",
        "a got the turn, to answer event 3 (user: “Do it.”)",
        "user said: “Do it.”",
        "run 1 began",
    ]
    assert (chain.conversation, chain.seq) == ("c", 10)
    assert str(chain).splitlines()[0] == f"  10  {chain.steps[0].sentence}"


def test_it_is_data() -> None:
    chain = why(example().log)
    again = Chain.model_validate(json.loads(json.dumps(chain.model_dump(mode="json"))))
    assert again == chain
    rules = [one.values for one in chain.steps[0].details if one.values.get("rule")]
    assert {"rule": "MaxTurns(turns=4)", "fired": False, "standing": "2 of 4 turns"} in rules


def test_a_file_will_do(tmp_path: Path) -> None:
    log = example().log
    path = log.save(tmp_path / "run.jsonl")
    assert why(path, 7) == why(str(path), 7) == why(log, 7)
    assert not_ended(path, 7) == not_ended(log, 7)
    with pytest.raises(NotATranscript, match=r"none\.jsonl: cannot be read"):
        why(tmp_path / "none.jsonl")


@pytest.mark.parametrize("seq", [0, -1, 11, 2**70])
def test_a_place_that_is_not_there_is_an_error(seq: int) -> None:
    log = example().log
    for ask in (why, not_ended):
        with pytest.raises(NoSuchEvent, match=f"no event {seq}; the transcript has events 1 to 10"):
            ask(log, seq)


def test_without_an_ending_it_is_about_the_last_event() -> None:
    play = Play().start(MaxTurns(4))
    play.give()
    assert why(play.log).seq == len(play.log)
    assert why(play.log).steps[0].kind == "turn_given"


def test_of_two_runs_it_is_the_last_that_ended() -> None:
    play = example()
    play.start(MaxTurns(4), task="Go on.")
    assert why(play.log).seq == 10
    play.give()
    said = play.say("again").seq
    places = [step.seq for step in why(play.log, said).steps]
    assert places == [14, 13, 12, 11]  # the earlier run is another story
    assert "the run before it ended: done: Mentions(text='DONE') came true at event 9" in first(play.log, 11)


def test_a_run_that_begins_between_cause_and_effect_is_told() -> None:
    play = example().start(MaxTurns(4), task=None)
    given = play.give()
    assert given.subject == 9
    assert [step.seq for step in why(play.log, 12).steps][:3] == [12, 11, 9]


def test_what_comes_from_outside_ends_at_its_run() -> None:
    play = Play().start(MaxTurns(4))
    play.give()
    play.ask()
    said = play.offer(Said(sender="user", to="b", body=Text.of("wait")))
    stopped = play.offer(Interrupted(by="user"))
    assert [step.seq for step in why(play.log, said.seq).steps] == [said.seq, 2]
    assert [step.seq for step in why(play.log, stopped.seq).steps] == [stopped.seq, 2]
    assert first(play.log, said.seq).splitlines()[1:] == [
        "it came from outside, into the run",
        "the turn of a (event 4) does not see it any more",
        "only b sees it, who has the next turn for it",
    ]


def test_an_input_without_a_run_stands_alone() -> None:
    log = Transcript()
    log.enter(Opened(conversation="c", charter=charter("a").written()), at=0, active=0, cause=0)
    log.enter(Interrupted(by="user"), at=0, active=0, cause=1)
    assert [step.seq for step in why(log).steps] == [2]


def test_an_answer_follows_from_its_question_and_a_summary_from_its_call() -> None:
    play = Play().start(MaxTurns(4))
    play.give()
    call = play.call_model()
    play.offer(Paused(pause="q", call=call.seq - 1, question="May I?", answer_schema={}, to="user"))
    play.offer(Answered(pause="q", value=True, by="user"))
    play.offer(Answered(pause="none", value=True, by="user"))
    play.offer(Compacted(agent="a", upto=3, call=call.seq))
    assert [[step.seq for step in why(play.log, seq).steps][:2] for seq in (7, 8, 9, 10)] == [
        [7, 5],
        [8, 7],
        [9, 8],
        [10, 6],
    ]


@several
@given(plays())
def test_everything_in_a_generated_run_can_be_explained(play: Play) -> None:
    log = play.log
    for entry in log:
        chain = why(log, entry.seq)
        assert NONSENSE not in str(chain)
        places = [step.seq for step in chain.steps]
        assert places == sorted(set(places), reverse=True)
        assert chain.steps[-1].kind in ("run_started", "opened")
        step = not_ended(log, entry.seq)
        live = "no run" not in step.sentence
        assert live == (len(step.details) > 0)
    for entry in log:
        event = entry.event
        if isinstance(event, TurnGiven):
            told = first(log, entry.seq)
            assert event.why.router in told
            assert " ".join(event.why.reason.split())[:90] in told
            assert all(name in told for name in event.why.candidates or (event.to,))
        if isinstance(event, Closed):
            assert all(str(leaf) in first(log, entry.seq) for leaf in state_of(log.upto(entry.seq)).leaves)


@several
@given(plays())
def test_the_sums_of_an_explanation_are_those_that_decided(play: Play) -> None:
    log = play.log
    for entry in log:
        event = entry.event
        if not isinstance(event, CallStarted | CallDenied):
            continue
        before = log.upto(entry.seq - 1)
        rows = [one.values for one in caps(before, offer_of(event)) if "fits" in one.values]
        misfits = [row for row in rows if not row["fits"]]
        if isinstance(event, CallStarted):
            assert misfits == []
            assert refusal(state_of(before).budget, ledger_of(before), event) is None
        elif event.reason == "budget":
            row = {name: misfits[0][name] for name in ("scope", "unit", "spent", "reserved", "asked", "cap")}
            recorded = {name: value for name, value in event.values.items() if name not in ("overrun", "share")}
            assert row == recorded | {"asked": event.values.get("asked")}
        elif event.reason == "turn":
            assert misfits[-1]["cap"] == event.values["cap"]


def test_there_is_something_to_say_of_each_kind_of_event() -> None:
    """The fixture holds one of each at least, in an order that no run has."""
    log = make_format_1.transcript()
    kinds = set()
    for entry in log:
        event = log.recorded(entry.seq).event
        kinds.add(type(event))
        told = first(log, entry.seq)
        assert NONSENSE not in told
        assert "_" not in told.splitlines()[0].replace("has_errors", "")
        not_ended(log, entry.seq)
    assert kinds == set(KINDS)


def made(*given: Event) -> Transcript:
    """A log of these events behind a run of two agents; an edit that cannot be is left out."""
    log = Transcript()
    agreed = Charter.model_validate(charter("a", "b").written())
    log.enter(Opened(conversation="c", charter=agreed.written()), at=0, active=0, cause=0)
    log.enter(RunStarted(run=1, rules=MaxTurns(3).written(), budget={}, policy=1), at=0, active=0, cause=1)
    for event in given:
        try:
            log.enter(event, at=0.0, active=0.0, cause=len(log))
        except EditRefused:
            continue
    return log


@settings(max_examples=150, deadline=None)
@given(st.lists(events, max_size=8))
def test_a_log_made_by_hand_may_hold_anything(given: list[Event]) -> None:
    log = made(*given)
    for entry in log:
        chain = why(log, entry.seq)
        assert chain.steps[0].seq == entry.seq
        assert chain.steps[0].sentence
        json.dumps(chain.model_dump(mode="json"))
        assert not_ended(log, entry.seq).sentence


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_any_event_of_any_kind_gets_a_sentence(kind: type[Event], data: st.DataObject) -> None:
    log = made(data.draw(EVENTS[kind]))
    sentence = why(log, len(log)).steps[0].sentence
    assert sentence
    assert not sentence.startswith(NONSENSE)


def test_references_to_nothing_lead_nowhere() -> None:
    log = made(
        CallFinished(call=99, result=ToolResult(ok=True)),
        CallFailed(call=99, error=Problem(type="Busy", message="no"), retryable=True),
        CallCancelled(call=99, reason="stop"),
        CallInDoubt(call=99, policy="ask"),
        Paused(pause="q", call=99, question="?", answer_schema={}, to="user"),
        Answered(pause="other", by="user"),
        Judged(name="m:f x", on=99, value=True),
        Closed(outcome="done", rule="r", event=99, values={}, reason="so", advice="rest"),
    )
    told = [lines(log, seq) for seq in range(3, len(log) + 1)]
    assert [one[0] for one in told] == [
        "call 99 came back: null",
        "call 99 failed: Busy: “no”",
        "call 99 was stopped: stop",
        "call 99 had no result when its process ended, and may have had its effect",
        "an agent asked user “?” and waits for the answer",
        "user answered null to the question other",
        "m:f was asked about event 99 and gave true",
        "the run ended, done: so",
    ]
    assert [len(one) for one in told[:-1]] == [1, 1, 2, 2, 4, 1, 1]
    assert not any(line.startswith(("at event", "on these values")) for line in told[-1])


def test_what_cannot_be_worked_out_is_said_behind_what_can() -> None:
    log = made(
        RunStarted(run=2, rules={"rule": "no such"}, budget={}, policy=1),
        Closed(outcome="done", rule="r", event=1, values={}, reason="so", advice="rest"),
    )
    assert lines(log, 4)[0] == "the run ended, done: so"
    assert NONSENSE in first(log, 4)
    assert "names no kind of rule" in first(log, 4)
    assert not_ended(log, 4).sentence.startswith(NONSENSE)


def test_the_same_run_is_explained_alike_whatever_came_later() -> None:
    play = Play().start(MaxTurns(6))
    play.run(acts("model", "text", "code"))
    log = play.log
    for seq in range(1, len(log) + 1):
        whole, then = why(log, seq), why(log.upto(seq), seq)
        assert [step.sentence for step in whole.steps] == [step.sentence for step in then.steps]
