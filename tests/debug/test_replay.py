"""A saved run decided again: nothing differs where nothing was changed, and whatever was changed is found."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agentchat.debug.replay import Difference, differences, replay
from agentchat.errors import DamagedTranscript
from agentchat.policy.board import CLOSING
from agentchat.policy.charter import Charter
from agentchat.policy.prompts.request import rebuild
from agentchat.policy.rules import AnyOf, External, Judge, MaxTurns, Mentions, read_rule
from agentchat.policy.spending.budget import Budget
from agentchat.transcript.calls import JsonObject, ModelRecipe, Problem
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Diverged,
    Entry,
    Event,
    ExternalSignal,
    Interrupted,
    Judged,
    Opened,
    Overrun,
    Refused,
    RunStarted,
    Said,
    StateSet,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
    Warned,
    Why,
)
from agentchat.transcript.messages import CodeRun, Text
from agentchat.transcript.transcript import Transcript
from tests.policy.acts import acts
from tests.policy.cards import card, charter, edge, graph, team
from tests.policy.generated import plays, several
from tests.policy.play import Play


def changed(log: Transcript, seq: int, event: Event | None = None, **places: Any) -> Transcript:
    """The log with one entry changed and the chain made anew, as someone who edits a file carefully would."""
    made = Transcript()
    for entry in log:
        mine = entry._replace(event=event or entry.event, **places) if entry.seq == seq else entry
        made.append(mine._replace(prev=made.head))
    return made


def found(log: Transcript) -> list[Difference]:
    return list(differences(log))


def whats(log: Transcript) -> list[tuple[int, str]]:
    return [(one.seq, one.what) for one in differences(log)]


def seq_of(log: Transcript, kind: type[Event], nth: int = 0) -> int:
    return [entry.seq for entry in log if isinstance(entry.event, kind)][nth]


def example() -> Play:
    """Two agents, model and code calls, an ending by rule, and a second run."""
    play = Play().start(Mentions("DONE") | MaxTurns(6))
    play.run(acts("model", "code", "model", "text"))
    play.start(MaxTurns(2), task="Go on.")
    play.run(acts("model", "pass"))
    return play


# nothing changed


def test_an_unchanged_run_has_no_differences(tmp_path: Path) -> None:
    log = example().log
    path = log.save(tmp_path / "run.jsonl")
    for source in (log, path, str(path)):
        again = replay(source)
        assert (again.checked, again.differences) == (len(log), [])
        assert list(again.transcript) == list(log)


def test_a_log_cut_off_anywhere_has_no_differences() -> None:
    log = example().log
    for upto in range(len(log)):
        assert found(Transcript.from_lines(log.line(seq) for seq in range(1, upto + 1))) == []


def test_an_edited_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(example().log.dumps().replace(b"Do it.", b"Do ot."))
    with pytest.raises(DamagedTranscript, match=r"run\.jsonl: line 4: "):
        replay(path)


def test_a_team_is_compared_with_the_agreement() -> None:
    class Team:
        def __init__(self, agreed: Charter) -> None:
            self.charter = agreed

    log = example().log
    assert replay(log, team=Team(charter("a", "b"))).differences == []
    (difference,) = replay(log, team=Team(charter("a", "b", "c"))).differences
    assert str(difference) == "the agreement\n  recorded: agent c is new\n  now:      "


def test_retries_doubts_and_stops_are_no_differences() -> None:
    play = Play().start(External() | MaxTurns(3))
    play.give()
    first = play.call_model()
    play.offer(Interrupted(by="user"))
    play.say(calls=(first.seq,))
    play.rule()
    play.close()
    play.start(MaxTurns(3), Budget(calls=1), task=None)
    play.give()
    play.call_model()
    play.call_model(2)
    play.offer(Diverged(turn=play.turn.seq, ordinal=3, recorded="x", now="y"))
    play.fail("CallNotAdmitted")
    play.close()
    assert found(play.log) == []


# something changed: by hand


def test_a_changed_sender_is_found() -> None:
    log = example().log
    seq = seq_of(log, Said, 1)
    said = log[seq].event
    assert (seq, "whose act it is") in whats(changed(log, seq, said.model_copy(update={"sender": "b"})))


def test_a_changed_turn_is_found() -> None:
    log = example().log
    seq = seq_of(log, Said, 2)
    said = log[seq].event
    assert (seq, "whose act it is") in whats(changed(log, seq, said.model_copy(update={"turn": 4})))


@pytest.mark.parametrize("change", [{"to": "b"}, {"subject": 2}, {"why": Why(router="x", reason="y")}, {"to": "zoe"}])
def test_a_changed_turn_target_is_found(change: dict[str, object]) -> None:
    log = example().log
    seq = seq_of(log, TurnGiven)
    assert found(changed(log, seq, log[seq].event.model_copy(update=change)))[0].seq == seq


@pytest.mark.parametrize(("turns", "at"), [(5, TurnGiven), (7, Closed)])
def test_changed_rules_are_found(turns: int, at: type[Event]) -> None:
    log = example().log
    rules = (Mentions("DONE") | MaxTurns(turns)).written()
    made = changed(log, 2, log[2].event.model_copy(update={"rules": rules}))
    first = found(made)[0]
    assert isinstance(log[first.seq].event, at)
    assert first.what == "the decision"


@pytest.mark.parametrize("rules", [{"rule": "moon"}, {"rule": "max_turns", "turns": 0}, {"rule": "max_turns"}])
def test_rules_that_make_no_sense_are_a_difference_and_no_crash(rules: dict[str, str | int]) -> None:
    log = example().log
    differing = found(changed(log, 2, log[2].event.model_copy(update={"rules": rules})))
    assert "cannot be decided" in differing[0].now


def test_a_charter_that_makes_no_sense_is_a_difference_and_no_crash() -> None:
    log = example().log
    empty: JsonObject = {"agents": [], "routing": {}}
    for agreed in ({}, empty):
        assert found(changed(log, 1, Opened(conversation="c", charter=agreed)))


def test_a_changed_message_shows_in_the_prompt() -> None:
    log = example().log
    made = changed(log, 3, Said(sender="user", body=Text.of("Do that.")))
    first, second = found(made)[:2]
    assert (first.seq, first.what) == (5, "the bytes of a request")
    assert (second.seq, second.what) == (5, "the prompt of a")
    assert second.recorded == second.now


def test_a_recipe_that_shows_something_else_is_found() -> None:
    log = example().log
    started = log[5].event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    recipe = started.recipe.model_copy(update={"add": (*started.recipe.add[:-1], ("user", ("=Do not.",)))})
    made = changed(log, 5, started.model_copy(update={"recipe": recipe}))
    assert whats(made)[0] == (5, "the bytes of a request")
    digest = sha256(rebuild(log, recipe).join()).hexdigest()
    made = changed(log, 5, started.model_copy(update={"recipe": recipe, "digest": digest}))
    first = found(made)[0]
    assert (first.seq, first.what) == (5, "the prompt of a")
    assert "Do not." in first.recorded
    assert "Do it." in first.now
    assert first.recorded.startswith("…")
    other = started.model_copy(update={"recipe": started.recipe.model_copy(update={"model": "n"})})
    assert whats(changed(log, 5, other))[0] == (5, "the model of a")


def test_a_recipe_on_a_wrong_base_is_a_difference_and_no_crash() -> None:
    log = example().log
    started = log[5].event
    assert isinstance(started, CallStarted)
    for base in (5, 3, 99):
        recipe = ModelRecipe(model="m", base=base)
        first = found(changed(log, 5, started.model_copy(update={"recipe": recipe})))[0]
        assert first.seq == 5
        assert "cannot be decided" in first.now


def test_a_changed_cause_is_found() -> None:
    log = example().log
    for entry in log:
        if isinstance(entry.event, (*JUDGED,)) and not (isinstance(entry.event, Said) and entry.event.turn is None):
            assert any(one.seq == entry.seq for one in found(changed(log, entry.seq, cause=entry.cause + 1)))


def test_acts_out_of_turn_are_found() -> None:
    play = Play().start(MaxTurns(3))
    play.enter(Said(sender="a", body=Text.of("x"), turn=1), 3)
    assert whats(play.log) == [(4, "an act out of turn")]
    play = Play().start(MaxTurns(1))
    play.run(acts("text"))
    play.enter(TurnPassed(turn=4), 4)
    assert (7, "an act out of turn") in whats(play.log)


def test_a_result_of_no_open_call_is_found() -> None:
    play = Play().start(MaxTurns(3))
    play.give()
    ended = play.call_model()
    for event in (
        ended.event,
        CallFailed(call=99, error=Problem(type="E", message=""), retryable=False),
        CallCancelled(call=1, reason="x"),
        CallInDoubt(call=ended.seq - 1, policy="retry"),
    ):
        play.offer(event)
    assert [what for _, what in whats(play.log)] == ["a result"] * 4


def test_a_denial_that_was_not_due_is_found() -> None:
    play = Play().start(MaxTurns(3), Budget(calls=1))
    play.give()
    play.call_model()
    denied = play.call_model(2)
    assert isinstance(denied.event, CallDenied)
    play.fail()
    play.close()
    assert found(play.log) == []
    for call in ("code", "tool", "ask"):
        made = changed(play.log, denied.seq, denied.event.model_copy(update={"call": call}))
        assert (denied.seq, "the denial of a call") in whats(made)
    made = changed(play.log, 2, play.log[2].event.model_copy(update={"budget": {"calls": 2}}))
    assert (denied.seq, "the denial of a call") in whats(made)


def test_an_admission_that_was_not_due_is_found() -> None:
    play = Play().start(MaxTurns(3), Budget(calls=9))
    play.give()
    first = play.call_model().seq - 1
    other = play.log[2].event.model_copy(update={"budget": {"tokens": 9999}})  # and the call sets none aside
    assert whats(changed(play.log, 2, other)) == [(first, "the admission of a call")]


def test_a_refusal_that_was_not_due_is_found() -> None:
    play = Play().start(External() | MaxTurns(3))
    play.give()
    signal = play.offer(ExternalSignal(name="x"))
    refused = play.say("late")
    assert isinstance(refused.event, Refused)
    play.rule()
    play.close()
    assert found(play.log) == []
    other = changed(play.log, signal.seq, Interrupted(by="user"))
    assert (refused.seq, "a refusal") not in whats(other)
    nothing = changed(play.log, signal.seq, Said(sender="user", body=Text.of("x")))
    assert (refused.seq, "a refusal") in whats(nothing)
    broken = changed(play.log, refused.seq, refused.event.model_copy(update={"raw": {"kind": "moon"}}))
    assert "cannot be decided" in found(broken)[0].now


def test_settings_that_are_not_the_agents_are_found() -> None:
    log = example().log
    started = log[5].event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    recipe = started.recipe.model_copy(update={"tail": ('=],"model":"m","temperature":2}',)})
    digest = rebuild(log, recipe).digest
    made = changed(log, 5, started.model_copy(update={"recipe": recipe, "digest": digest}))
    assert (5, "the settings of a request of a") in whats(made)


def test_a_verdict_that_was_not_asked_for_is_found() -> None:
    play = Play(judge=lambda name, on: False).start(Judge("f") | MaxTurns(2))
    play.run(acts("text"))
    seq = seq_of(play.log, Judged)
    judged = play.log[seq].event
    assert isinstance(judged, Judged)
    assert found(play.log) == []
    assert whats(changed(play.log, seq, cause=4))[0] == (seq, "the cause of a verdict")
    for change in ({"name": "g"}, {"on": judged.on - 1}):
        assert whats(changed(play.log, seq, judged.model_copy(update=change)))[0] == (seq, "a verdict")
    twice = Play(judge=lambda name, on: False).start(Judge("f") | MaxTurns(2))
    twice.give()
    twice.say()
    twice.rule()
    twice.enter(Judged(name="f", on=5, value=True), 5)
    (difference,) = found(twice.log)
    assert (difference.what, difference.now) == ("a verdict", "no verdict is needed")


def test_acts_beside_a_turn_that_is_due_are_no_difference() -> None:
    plan = graph("a", edge("a", "b,c"), edge("b+c", "d"))
    play = Play(agreed=team(*map(card, "abcd"), plan=plan)).start(MaxTurns(9))
    play.give()
    play.say()
    play.give()  # b alone: the turn of c is due, and b may act before it is given
    play.say("early")
    play.give()
    play.say()
    play.give()
    assert found(play.log) == []


def test_a_run_that_starts_within_a_run_is_found() -> None:
    play = Play().start(MaxTurns(3))
    started = play.log[2].event
    assert isinstance(started, RunStarted)
    play.enter(started.model_copy(update={"run": 2}), 0)
    assert found(play.log) == [Difference(4, "the start of a run", "run 2", "run 1 is still going on")]
    assert whats(changed(example().log, 2, started.model_copy(update={"run": 7})))[0] == (2, "the start of a run")


def test_an_ending_too_early_or_too_late_is_found() -> None:
    play = Play().start(MaxTurns(3))
    play.give()
    play.say()
    closed = Closed(outcome="done", rule="x", event=1, values={}, reason="", advice="")
    play.enter(closed, 1)
    assert found(play.log)[0].what == "the decision"
    play = Play().start(MaxTurns(3))
    play.give()
    play.enter(closed, 1)
    assert found(play.log)[0].now == "nothing is due"


def test_another_policy_version_is_named() -> None:
    log = example().log
    made = changed(log, 2, log[2].event.model_copy(update={"policy": 7, "rules": MaxTurns(2).written()}))
    differing = found(made)
    assert {one.note for one in differing if one.seq < seq_of(log, RunStarted, 1)} == {
        "recorded under policy version 7, this is 1"
    }
    assert "\n  note:     recorded under" in str(differing[0])


def test_a_difference_is_told_in_short() -> None:
    log = example().log
    closed = log[seq_of(log, Closed)].event
    made = changed(log, seq_of(log, Closed), closed.model_copy(update={"reason": "x" * 1000}))
    (difference,) = found(made)
    assert len(difference.recorded) == 300
    assert difference.recorded.endswith("…")
    assert str(difference).startswith(f"event {seq_of(log, Closed)}, the decision\n  recorded: closed(outcome='limit'")


# something changed: generated

JUDGED = (
    TurnGiven, TurnCancelled, Closed, CallStarted, CallDenied, StateSet, TurnFailed, TurnPassed, Diverged,
    CallFinished, CallFailed, CallCancelled, CallInDoubt, Said, Refused, Judged, Warned, Overrun,
)  # fmt: skip


def mutations(play: Play, entry: Entry) -> list[dict[str, Any]]:
    """Changes of an event that change what it means. Not among them: what no later decision or prompt looks at."""
    event = entry.event
    match event:
        case Said(turn=int(turn)):
            return [{"sender": other(play, event.sender)}, {"sender": "zoe"}, {"turn": turn - 1}]
        case TurnGiven():
            return [{"to": other(play, event.to)}, {"subject": event.subject - 1}, {"why": Why(router="x", reason="")}]
        case TurnPassed() | TurnFailed() | Diverged():
            return [{"turn": event.turn + 1}]
        case TurnCancelled():
            return [{"turn": event.turn + 1}, {"reason": "x"}]
        case Closed():
            return [
                {"outcome": "done" if event.outcome != "done" else "limit"},
                {"event": event.event + 1},
                {"values": {"x": 1}},
                {"rule": "x"},
                {"reason": "x"},
                {"advice": "x"},
            ]
        case CallStarted():
            return [{"agent": other(play, event.agent)}, {"turn": event.turn + 1}, *_other_calls(event)]
        case StateSet():
            return [{"agent": other(play, event.agent)}, {"turn": event.turn + 1}]
        case CallDenied():
            changes: list[dict[str, Any]] = [{"reason": "x"}, {"values": {}}, {"turn": event.turn + 1}]
            return [*changes, {"agent": other(play, event.agent)}]
        case CallFinished() | CallFailed() | CallCancelled() | CallInDoubt():
            return [{"call": event.call - 1}]
        case Refused():
            return [{"turn": event.turn + 1}, *([{"problems": ()}] if event.by == "policy" else [])]
        case Judged():
            return [{"name": "x"}, {"on": event.on - 1}]
        case Warned():
            return [{"reason": "x"}, {"values": {}}]
        case Overrun():
            return [{"call": event.call - 1}, {"values": {}}]
        case RunStarted():
            return [{"run": event.run + 1}, *_other_caps(play, entry, event)]
        case _:
            return []


def other(play: Play, name: str) -> str:
    return next((one for one in play.charter.names() if one != name), "zoe")


def _other_calls(event: CallStarted) -> list[dict[str, Any]]:
    recipe, reserved = event.recipe, event.reserved
    if not isinstance(recipe, ModelRecipe):
        return []
    found: list[dict[str, Any]] = [{"digest": "0" * 64}, {"recipe": recipe.model_copy(update={"model": "zoe"})}]
    if reserved is not None and reserved.tokens is not None:
        found.append({"reserved": reserved.model_copy(update={"tokens": 10**12})})
    if reserved is not None and reserved.usd is not None:
        found.append({"reserved": reserved.model_copy(update={"usd": 1e9})})
    return found


def _other_caps(play: Play, entry: Entry, event: RunStarted) -> list[dict[str, Any]]:
    """Another cap on turns: a lower one where more turns were given, a higher one where it is what ended the run."""
    rule = read_rule(event.rules)
    assert isinstance(rule, AnyOf)
    first, *rest = rule.rules
    assert isinstance(first, MaxTurns)
    uncounted = {card.name for card in play.charter.agents if card.kind == "selector"}
    ended = given = 0
    for one in play.log.since(entry.seq):
        if isinstance(one.event, TurnGiven) and one.event.why.router != CLOSING:
            given = ended
        elif isinstance(one.event, Said | TurnPassed | TurnFailed | TurnCancelled) and one.event.turn is not None:
            turn = play.log[one.event.turn].event
            assert isinstance(turn, TurnGiven)
            ended += turn.to not in uncounted
        elif isinstance(one.event, Closed):
            break
    assert isinstance(one.event, Closed)
    caps = [MaxTurns(given)] if 0 < given < first.turns else []
    if one.event.rule == str(first) and [str(leaf) for leaf in rule.leaves()].count(str(first)) == 1:
        caps.append(MaxTurns(first.turns + 1))
    return [{"rules": AnyOf(rules=(cap, *rest)).written()} for cap in caps]


@settings(several, max_examples=200)
@given(plays(), st.data())
def test_any_single_change_is_found(play: Play, data: st.DataObject) -> None:
    log = play.log
    entry = log[data.draw(st.integers(2, len(log)))]
    choices = mutations(play, entry)
    if isinstance(entry.event, JUDGED) and not (isinstance(entry.event, Said) and entry.event.turn is None):
        choices.append({"cause": entry.cause + 1})
    assume(choices)
    change = data.draw(st.sampled_from(choices))
    made = (
        changed(log, entry.seq, **change)
        if "cause" in change
        else changed(log, entry.seq, entry.event.model_copy(update=change))
    )
    assert found(made), (entry, change)


@given(st.lists(st.sampled_from(("text", "model", "code", "prompt", "twice")), max_size=4))
def test_a_changed_result_shows_in_a_later_prompt(names: list[str]) -> None:
    play = Play().start(MaxTurns(len(names) + 2))
    play.run(acts(*names, "code", "model"))
    log = play.log
    ends = [entry for entry in log if isinstance(entry.event, CallFinished) and isinstance(entry.event.result, CodeRun)]
    for entry in ends:
        other = CodeRun(language="python", status="ok", exit_code=0, stdout="2\n")
        assert found(changed(log, entry.seq, CallFinished(call=entry.seq - 1, result=other)))
