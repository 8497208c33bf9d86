"""A record played again: what was seen live, in its time, and as the record was at that time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from agentchat import Assistant, Chunks, Conversation, ScriptedModel, UserProxy
from agentchat.errors import ConfigurationError
from agentchat.policy.rules import MaxTurns
from agentchat.routing import Edge, Graph
from agentchat.seams import Agent, Delta
from agentchat.terminal.console import Plain
from agentchat.terminal.live import LivePrinter
from agentchat.terminal.playback import LONGEST, Playback, play
from agentchat.terminal.playback_steps import place_of, step_shown, steps_of
from agentchat.terminal.playback_who import check_name, names_in
from agentchat.transcript.calls import Problem
from agentchat.transcript.events import CallFailed, CallStarted, Edited, Entry, Event, Forked, Position, Said, TurnGiven
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.policy.generated import plays
from tests.policy.play import Play, text

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
REPLY = "several words that come one after the other"


class Screen(io.StringIO):
    """A stream that is a terminal, or is none."""

    def __init__(self, *, tty: bool = True) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    @property
    def plain(self) -> str:
        return COLOUR.sub("", self.getvalue())


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def seen(
    record: Transcript, *, tty: bool = False, speed: float = 0.0, only: str | None = None, until: int | None = None
) -> str:
    screen = Screen(tty=tty)
    play(Playback(record, only=only, until=until), Plain(screen), speed=speed, rest=lambda seconds: None)
    return screen.plain


def talk(*said: str, pace: float = 1.0) -> Transcript:
    play = Play(pace=pace).start(MaxTurns(len(said)))
    for one in said:
        play.give()
        play.say(calls=(play.call_model(reply=text(one)).seq,))
    play.rule()
    return play.log


def branch(log: Transcript, at: int, *events: Event) -> Transcript:
    found = log.upto(at)
    for event in (Forked(parent=Position(conversation="c", seq=at), branch="c.b"), *events):
        found.enter(event, at=0.0, active=found[len(found)].active, cause=at)
    return found


def body(said: str) -> JsonValue:
    dumped: JsonValue = Text.of(said).model_dump(mode="json")
    return dumped


def rewritten(said: str) -> Edited:
    return Edited(act="replace", target=7, value=body(said), author="eve", reason="why not")


# as it looked live


def pair() -> list[Agent]:
    coder = Assistant("coder", model=ScriptedModel([Chunks(("Look:\n\n```python\n", "print(1)", "\n```\n")), "DONE"]))
    return [coder, UserProxy("runner", sandbox="monty")]


def fan() -> Graph:
    a, b, end = (Assistant(n, model=ScriptedModel([Chunks((f"{n}1 ", f"{n}2"))], name=n)) for n in ("a", "b", "end"))
    return Graph(start=[a, b], edges=[Edge([a, b], end)])


@pytest.mark.anyio
@pytest.mark.parametrize(("team", "tty"), [(pair, True), (pair, False), (fan, False)])
async def test_it_looks_as_it_did_live(tty: bool, team: Callable[[], list[Agent] | Graph]) -> None:
    screen = Screen(tty=tty)
    async with Conversation(team(), until=MaxTurns(3)).open("the task") as run:
        printer = LivePrinter(Plain(screen), run.transcript)
        async for item in run:
            printer.show(item)
    assert seen(run.transcript, tty=tty, speed=float(tty)) == screen.plain
    assert "the task" in screen.plain


# time


def test_gaps_are_kept_up_to_the_longest_and_text_comes_word_by_word() -> None:
    beats = [*Playback(talk(REPLY, "", pace=0.3)).beats()]
    arriving = [beat for beat in beats if isinstance(beat.item, Delta)]
    assert "".join(beat.item.text for beat in arriving if isinstance(beat.item, Delta)) == REPLY
    assert len(arriving) == 8
    assert sum(beat.wait for beat in arriving) == pytest.approx(0.3)
    slow = [*Playback(talk(REPLY, pace=60.0)).beats()]
    assert sum(beat.wait for beat in slow if isinstance(beat.item, Delta)) == pytest.approx(LONGEST)
    seen_things = sum(not isinstance(beat.item, Delta) and beat.wait > 0 for beat in slow)
    assert sum(beat.wait for beat in slow) == pytest.approx((seen_things + 1) * LONGEST)


def test_events_that_nobody_sees_take_no_time_of_their_own() -> None:
    """Their time counts to the next thing that is seen, which is not waited for longer than the longest gap."""
    slow = Playback(talk("x", pace=60.0)).beats()
    given = [wait for wait, item in slow if isinstance(item, Entry) and isinstance(item.event, TurnGiven)]
    assert given == [0.0]


def test_speed_divides_and_zero_leaves_out() -> None:
    record = talk(REPLY, "and on", pace=0.5)
    rested: dict[float, float] = {}
    for speed in (0.0, 1.0, 4.0):
        rests: list[float] = []
        play(Playback(record), Plain(Screen()), speed=speed, rest=rests.append)
        rested[speed] = sum(rests)
    assert rested[0.0] == 0
    assert rested[1.0] == pytest.approx(4 * rested[4.0])
    assert rested[1.0] > 1


def test_text_that_arrived_is_not_printed_again() -> None:
    assert seen(talk(REPLY, pace=0.5), tty=True, speed=1.0).count("one after the other") == 1


def test_a_clock_that_begins_anew_is_no_negative_time() -> None:
    log = talk("x", pace=1.0)
    log.enter(Said(sender="user", body=Text.of("on")), at=500.0, active=0.0, cause=0)
    waits = [beat.wait for beat in Playback(log).beats()]
    assert min(waits) >= 0
    assert waits[-1] == LONGEST


# parts of it


def test_only_one_agent_and_only_up_to_an_event() -> None:
    record = talk("from a", "from b", "again a")
    shown = seen(record, only="b")
    assert shown.startswith("b\nfrom b\n\nlimit: ")
    assert "from a" not in shown
    assert seen(record, until=7) == "user\nDo it.\n\na\nfrom a\n\n"
    assert seen(record, only="user", until=11) == "user\nDo it.\n\n"


def test_what_is_said_to_an_agent_concerns_it() -> None:
    play_ = Play("a", "b", "c").start(MaxTurns(1))
    play_.give()
    play_.say("between us", to="b")
    assert "between us" in seen(play_.log, only="b")
    assert "between us" not in seen(play_.log, only="c")


def test_a_name_that_is_not_there_is_refused_with_the_nearest() -> None:
    record = talk("x")
    assert names_in(record) == ["a", "b", "user"]
    check_name(record, "user")
    with pytest.raises(ConfigurationError, match=r"nobody called 'usr'.*did you mean 'user'\? There are: a, b, user"):
        check_name(record, "usr")
    with pytest.raises(ConfigurationError, match=r"nobody called 'zoe' in this conversation; there are: a, b, user"):
        check_name(record, "zoe")


# forks and edits


def test_an_edit_is_seen_after_what_it_changes() -> None:
    message: JsonValue = {"sender": "user", "body": body("put in")}
    put = Edited(act="insert", value=message, author="eve", reason="so")
    shown = seen(branch(talk("the old", "y"), 7, rewritten("the new"), put))
    order = ("a\nthe old", "forked from event 7", "why not", "a\nthe new", "user\nput in")
    places = [shown.index(one) for one in order]
    assert places == sorted(places)
    assert shown.count("the new") == shown.count("put in") == 1
    only = seen(branch(talk("the old", "y"), 7, rewritten("the new"), put), only="a")
    assert ("the new" in only, "put in" in only) == (True, False)


def test_a_changed_result_is_seen_in_what_was_said_with_it() -> None:
    value = text("other words").model_dump(mode="json")
    edit = Edited(act="result", target=6, value=value, author="eve", reason="why not")
    shown = seen(branch(talk("some words"), 7, edit))
    assert shown.index("some words") < shown.index("why not") < shown.index("other words")


def test_calls_that_were_open_at_a_fork_do_not_hold_up_what_follows() -> None:
    log = talk("x", "y", "z", pace=0.5)
    started = next(entry for entry in log if isinstance(entry.event, CallStarted) and entry.seq > 5)
    found = branch(log, started.seq)
    again = found.enter(started.event, at=0.0, active=9.0, cause=started.cause)
    found.enter(
        CallFailed(call=again.seq, error=Problem(type="X", message="no"), retryable=False, partial="half a word"),
        at=0.0, active=10.0, cause=again.seq,
    )  # fmt: skip
    assert "b\nhalf a word" in seen(found, tty=True, speed=1.0)


# any run


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(plays(), st.booleans())
def test_any_run_can_be_played_and_gone_through(play_: Play, tty: bool) -> None:
    """Whatever was said is seen, on a terminal and in steps."""
    record = play_.log
    shown = seen(record, tty=tty, speed=1.0)
    screen = Screen(tty=False)
    for step in steps_of(record):
        for one in step_shown(step, record):
            Plain(screen).show(one)
    for message in record.messages():
        if isinstance(message.body, Text):
            first = message.text.split("\n")[0][:40]
            assert first in shown
            assert first in screen.plain


# step by step


def test_steps_are_what_is_seen_and_hold_the_calls_before() -> None:
    record = talk("x", "y")
    steps = steps_of(record)
    assert [(step.seq, step.calls) for step in steps] == [(3, ()), (7, (6,)), (11, (10,)), (12, ())]
    assert [place_of(steps, seq) for seq in (1, 3, 4, 7, 8, 12)] == [0, 0, 1, 1, 2, 3]
    assert [step.seq for step in steps_of(record, only="b")] == [11, 12]
    assert [step.seq for step in steps_of(record, until=7)] == [3, 7]


def test_a_step_shows_the_record_as_it_was() -> None:
    record = branch(talk("the old", "y"), 7, rewritten("the new"))

    def shown(seq: int) -> str:
        screen = Screen(tty=False)
        for one in step_shown(next(step for step in steps_of(record) if step.seq == seq), record):
            Plain(screen).show(one)
        return screen.plain

    assert shown(7) == "· a asked m (tokens not reported)\na\nthe old\n"
    assert shown(9) == "edited by eve (replace): why not\na\nthe new\n"
