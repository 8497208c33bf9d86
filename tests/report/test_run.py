"""What the page holds of a run: calls, prompts, sums, places, all from the transcript alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from agentchat.errors import DamagedTranscript
from agentchat.policy.prompts.request import HEADS, escaped, rebuild
from agentchat.policy.rules import Never
from agentchat.policy.spending.amounts import WHOLE
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.spending.usage import usage_of
from agentchat.report.page import Source, write_page
from agentchat.report.prompts import Part, Prompt
from agentchat.report.run import Facts, run_of
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import (
    CallStarted,
    Edited,
    Event,
    Forked,
    Opened,
    Position,
    RunStarted,
    Said,
)
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import charter
from tests.policy.generated import plays, several
from tests.policy.play import Play
from tests.report.samples import TASK, long, river, stopped

NO_CALL = Said(sender="a", from_calls=(9,))
NO_BUDGET = RunStarted(run=1, rules=Never().written(), budget={"calls": -1}, policy=1)


def facts(transcript: Transcript) -> Facts:
    return run_of(transcript).facts


def part_text(events: list[Any], part: Part) -> str:
    """A part as the page's scripts read it."""
    if isinstance(part, str):
        return part
    mark, seq, path, *cut = part
    value = events[seq - 1]
    for step in path.split("/"):
        value = value[int(step) if isinstance(value, list) else step]
    if mark == "~":
        return escaped(value)
    units: bytes = value.encode("utf-16-le")
    return units[2 * cut[0] : 2 * cut[1]].decode("utf-16-le") if cut else str(value)


def request(events: list[Any], prompts: dict[int, Prompt], seq: int) -> bytes:
    """The bytes of a request from what the page holds."""
    steps: list[Prompt] = [prompts[seq]]
    while (base := steps[-1].base) is not None:
        steps.append(prompts[base])
    wire = prompts[seq].wire
    messages = []
    for step in reversed(steps):
        for role, parts in step.add:
            text = "".join(part_text(events, part) for part in parts)
            kind = '"type":"message",' if wire == "responses" else ""
            plain = f'{{{kind}"role":"{role}","content":{json.dumps(text, ensure_ascii=False)}}}'
            messages.append(text if role == "raw" else plain)
    tail = next(step.tail for step in steps if step.tail is not None)
    return HEADS[wire] + (",".join(messages) + "".join(part_text(events, part) for part in tail)).encode()


@several
@given(plays())
def test_every_prompt_on_the_page_is_the_one_that_was_sent(play: Play) -> None:
    run = run_of(play.log)
    events = [json.loads(event) for event in run.events]
    prompts = dict(run.facts.prompts)
    for entry in play.log:
        event = entry.event
        if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe):
            assert prompts[entry.seq].exact
            expected = rebuild(play.log, event.recipe).join()
            assert request(events, prompts, entry.seq) == expected
            assert prompts[entry.seq].size == len(expected)


@several
@given(plays())
def test_the_page_says_of_every_event_whose_it_is_and_what_it_took(play: Play) -> None:
    found = facts(play.log)
    assert len(found.who) == len(found.turns) == len(found.times) == len(found.cause) == len(play.log)
    assert list(found.times) == sorted(found.times)
    assert [call.start for call in found.calls] == sorted(call.start for call in found.calls)
    for entry in play.log:
        event = entry.event
        if isinstance(event, Said | CallStarted):
            name = event.sender if isinstance(event, Said) else event.agent
            assert found.names[found.who[entry.seq - 1]] == name
    usage = usage_of(play.log).total
    model_calls = [call for call in found.calls if call.kind == "model" and call.status != "denied"]
    assert len(model_calls) == usage.calls - (sum(call.kind == "tool" for call in found.calls) and _inside(play.log))
    if usage.input_tokens.complete:
        assert sum(call.input or 0 for call in model_calls) == usage.input_tokens.known
    if found.curves and found.curves[-1].points:
        last, account = found.curves[-1].points[-1], ledger_of(play.log).account(WHOLE, _per(found))
        assert last[2:4] == (account.spent.calls, account.spent.tokens)


def _per(found: Facts) -> Any:
    return found.curves[-1].per


def _inside(log: Transcript) -> int:
    """Model calls that were made in conversations behind tools."""
    return usage_of(log).delegated.calls


def test_a_call_is_told_with_how_it_ended() -> None:
    calls = facts(river()).calls
    assert [(call.kind, call.status) for call in calls] == [
        ("model", "ok"),
        ("model", "failed"),
        ("model", "ok"),
        ("tool", "ok"),
        ("tool", "error"),
        ("tool", "ok"),
        ("model", "ok"),
        ("model", "ok"),
        ("code", "ok"),
        ("model", "ok"),
        ("model", "ok"),
        ("model", "ok"),
        ("model", "ok"),
    ]
    again = calls[2]
    assert (again.agent, again.attempt, again.input, again.output) == ("researcher", 2, 812, 96)
    assert again.usd == 812 * 2.5 / 1e6 + 96 * 10 / 1e6
    upper, mill, rain = calls[3:6]
    assert mill.over is not None
    assert max(upper.begun, mill.begun, rain.begun) < mill.over  # side by side
    assert {call.turn for call in calls[1:7]} == {calls[1].turn}


def test_denied_calls_and_second_runs() -> None:
    transcript = stopped()
    found = facts(transcript)
    assert [call.status for call in found.calls if call.kind == "model"].count("denied") == 2
    assert [curve.calls for curve in found.curves] == [2, 2]
    assert [curve.points[-1][2] for curve in found.curves] == [2, 2]  # each run counts anew
    assert found.ending.kind == "limit"
    assert "no room for another call" in found.ending.reason
    assert any("MaxTurns" in line for line in found.ending.lines)
    assert found.standing[0].model_dump() == {"scope": "budget", "unit": "calls", "spent": 2, "held": 0, "cap": 2}


def test_what_is_not_known_is_not_nothing() -> None:
    found = facts(stopped())
    assert found.usage.total.input == found.usage.total.usd == "unknown"
    assert all(call.input is None and call.usd is None for call in found.calls)
    assert all(curve.unmeasured is not None and curve.unpriced is not None for curve in found.curves)
    known = facts(river())
    assert known.usage.total.input.replace(",", "").isdigit()
    failed = next(call for call in known.calls if call.status == "failed")
    assert failed.input is None
    assert [curve.unmeasured for curve in known.curves] == [None]  # nobody saw the call that was turned away


def test_a_run_that_has_not_ended_says_what_it_waits_for() -> None:
    whole = river(sure=False)
    paused = next(entry.seq for entry in whole if entry.event.kind == "paused")
    waiting = facts(whole.upto(paused)).ending
    assert waiting.kind == "paused"
    assert "The two gauges disagree" in waiting.reason
    going = facts(whole.upto(8)).ending
    assert going.kind == "open"
    assert any("MaxTurns(turns=20): 1 of 20 turns" in line for line in going.lines)


def branched() -> Transcript:
    """A branch in which a message is replaced, another is inserted, and a call was open at the fork."""
    play = Play("ada").start(task=TASK)
    play.give()
    play.say(calls=(play.call_model().seq,))
    play.give()
    play.ask()
    fork = Position(conversation="c", seq=len(play.log))
    play.enter(Forked(parent=fork, branch="b", author="me", reason="to see"), 0)
    body = Text.of("Another task.").model_dump(mode="json")
    play.enter(Edited(act="replace", target=3, value=body, author="me", reason="typo"), 0)
    play.enter(Edited(act="insert", value={"sender": "user", "body": body}, author="me", reason="more"), 0)
    play.call_model()
    return play.log


def test_a_branch_keeps_what_was_written_and_what_it_reads_as() -> None:
    transcript = branched()
    run = run_of(transcript)
    events = [json.loads(event) for event in run.events]
    assert events[2]["body"]["parts"][0]["content"] == TASK  # as written
    replaced, inserted = run.facts.changes
    assert (replaced.target, json.loads(replaced.event)["body"]["parts"][0]["content"]) == (3, "Another task.")
    assert inserted.at == inserted.target
    assert json.loads(inserted.event)["kind"] == "said"
    assert [call.status for call in run.facts.calls] == ["ok", "unmade", "ok"]
    prompts = dict(run.facts.prompts)
    first, last = min(prompts), max(prompts)
    assert prompts[first].exact
    assert prompts[last].exact
    assert TASK.encode() in request(events, prompts, first)  # what was sent before the edit, and after it
    assert b"Another task." in request(events, prompts, last)
    assert TASK.encode() not in request(events, prompts, last)


def test_a_page_is_as_long_as_its_log() -> None:
    sizes = []
    for events in (400, 1600):
        transcript = long(events)
        run = run_of(transcript)
        sizes.append(len(run.written()) / len(transcript.dumps()))
    assert sizes[1] < sizes[0] * 1.1
    assert sizes[1] < 1.5


def test_a_torn_tail_is_told() -> None:
    data = river().dumps()
    assert facts(Transcript.loads(data[:-7])).torn > 0


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([Opened(conversation="c", charter={"agents": 5})], "validation errors for Charter"),
        ([Opened(conversation="c", charter=charter("a").written()), NO_BUDGET], "Budget(calls=-1)"),
    ],
)
def test_a_log_that_cannot_be_is_one_error(events: list[Event], told: str) -> None:
    transcript = Transcript()
    for event in events:
        transcript.enter(event, at=0, active=0, cause=0)
    with pytest.raises(DamagedTranscript, match=r"x\.jsonl: what is recorded does not fit together: ") as caught:
        write_page(Source(transcript, "x.jsonl"))
    assert told in str(caught.value)


def test_a_message_whose_call_is_not_there_is_shown_all_the_same() -> None:
    transcript = Transcript()
    for event in (Opened(conversation="c", charter=charter("a").written()), NO_CALL):
        transcript.enter(event, at=0, active=0, cause=7)
    assert '"from_calls":[9]' in write_page(Source(transcript), Source(transcript))
