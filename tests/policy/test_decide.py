"""What is due at a position, and what becomes of an offer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentchat.errors import ConfigurationError
from agentchat.policy.board import MOST_DENIALS, Board
from agentchat.policy.charter import CallLimits
from agentchat.policy.decide import Ruling, decide, stopping
from agentchat.policy.rules import Elapsed, External, Failures, MaxMessages, MaxTurns, Mentions, Never
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.transcript.calls import AskRecipe, CodeRecipe, ModelRecipe, ToolRecipe
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Edited,
    ExternalSignal,
    Forked,
    Interrupted,
    Opened,
    Overrun,
    Paused,
    Position,
    Refused,
    Released,
    RunStarted,
    Said,
    StateSet,
    Taken,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    Why,
)
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import charter
from tests.policy.play import OK, Play, problem

FAILED = TurnFailed(turn=0, error=problem("E"))


def said(text: str, *, to: str | None = None) -> Said:
    return Said(sender="user", to=to, body=Text.of(text))


# before, between and after runs


def test_nothing_is_due_outside_a_run() -> None:
    assert decide(Transcript()) is None
    play = Play()
    assert decide(play.log) is None
    assert not stopping(play.log)
    play.start(MaxTurns(1))
    play.give()
    play.say()
    play.close()
    assert decide(play.log) is None
    assert not stopping(play.log)


def test_a_call_before_the_conversation_is_opened_cannot_be_decided() -> None:
    offer = CallStarted(
        turn=1, agent="a", ordinal=1, attempt=1, key="k", recipe=ModelRecipe(model="m", tail=("=",)), digest=""
    )
    with pytest.raises(ConfigurationError, match="not opened yet"):
        decide(Transcript(), offer)


def test_a_run_without_a_message_ends_at_once() -> None:
    play = Play().start(MaxTurns(3), task=None)
    closed = play.close()
    assert (closed.outcome, closed.rule, closed.event) == ("stopped", "silence", 2)
    assert closed.reason == "there is no message to answer"


def test_nothing_is_due_while_a_turn_is_open() -> None:
    play = Play().start(MaxTurns(3))
    play.give()
    assert decide(play.log) is None
    assert not stopping(play.log)


# who is next


def test_turns_go_round() -> None:
    play = Play("a", "b", "c").start(MaxTurns(5))
    seen = []
    while isinstance(event := play.rule(), TurnGiven):
        seen.append((event.to, event.subject, event.why.router, event.why.reason))
        play.say(event.to)
    assert seen == [
        ("a", 3, "round_robin", "first in the roster"),
        ("b", 5, "round_robin", "after a"),
        ("c", 7, "round_robin", "after b"),
        ("a", 9, "round_robin", "after c"),
        ("b", 11, "round_robin", "after a"),
    ]


def test_an_addressed_message_goes_first_and_the_round_goes_on_behind() -> None:
    play = Play("a", "b", "c").start(MaxTurns(9))
    play.give()
    first = play.offer(said("you", to="c"))
    second = play.offer(said("and you", to="a"))
    play.say()
    turns = []
    for _ in range(4):
        given = play.give()
        turns.append((given.to, given.subject, given.why.router))
        play.say(given.to)
    assert turns[:2] == [("c", first.seq, "addressed"), ("a", second.seq, "addressed")]
    assert [turn[0] for turn in turns] == ["c", "a", "b", "c"]


def test_an_agent_may_have_several_turns_in_a_row() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    for number in range(3):
        play.offer(said(str(number), to="a"))
    play.say()
    for _ in range(3):
        assert play.give().to == "a"
        play.say()
    assert play.give().to == "b"


def test_a_message_to_someone_unknown_is_nobodys_turn() -> None:
    play = Play().start(MaxTurns(9), task=None)
    play.offer(said("hello", to="zoe"))
    assert play.close().reason == "there is no message to answer"


def test_an_agent_answers_the_newest_message_it_sees() -> None:
    play = Play("a", "b", "c").start(MaxTurns(9))
    play.give()
    secret = play.say("psst", to="c")
    assert play.give().to == "c"
    assert state_of(play.log).board.addressed == []
    play.say("hm", to="a")
    assert play.give().to == "a"
    play.say("open")
    given = play.give()
    assert (given.to, play.log.message(given.subject).text) == ("b", "open")
    play.say("ok", to="a")
    play.give()
    play.skip()
    given = play.give()
    assert given.to == "b"
    assert given.subject not in (secret.seq, secret.seq + 2)


def test_an_agent_alone_with_its_own_words_answers_them() -> None:
    play = Play("a").start(MaxTurns(9), task=None)
    play.enter(TurnGiven(to="a", subject=2, why=Why(router="test", reason="")), 2)
    play.say("first")
    play.give()
    own = play.say("second")
    assert play.give().subject == own.seq


def test_a_new_run_begins_with_the_first_agent_where_a_person_speaks() -> None:
    play = Play("a", "b", "c").start(MaxTurns(1))
    assert play.give().to == "a"
    play.say()
    play.close()
    play.start(MaxTurns(1), task="more")
    given = play.give()
    assert (given.to, given.why.reason, play.log.message(given.subject).text) == ("a", "first in the roster", "more")
    play.say()
    play.close()
    play.start(MaxTurns(1), task=None)
    assert play.give().to == "b"


@pytest.mark.parametrize("end", ["fails", "is interrupted"])
def test_a_run_that_a_person_opened_goes_on_with_the_turn_that_came_to_nothing(end: str) -> None:
    play = Play("a", "b").start(MaxTurns(1))
    play.give()
    play.say()
    play.close()
    asked = len(play.start(MaxTurns(9), task="more").log)
    assert play.give().to == "a"
    _comes_to_nothing(play, end)
    play.start(MaxTurns(9), task=None)
    given = play.give()
    assert (given.to, given.subject) == ("a", asked)


@pytest.mark.parametrize("end", ["fails", "is interrupted"])
def test_who_was_asked_by_name_is_asked_again_where_the_turn_came_to_nothing(end: str) -> None:
    play = Play("a", "b", "c").start(MaxTurns(9))
    asked = play.offer(said("you", to="c"))
    assert play.give().to == "c"
    _comes_to_nothing(play, end)
    play.start(MaxTurns(9), task=None)
    given = play.give()
    assert (given.to, given.subject) == ("c", asked.seq)
    play.say()
    assert play.give().to == "a"


def test_a_new_word_of_a_person_takes_the_place_of_a_question_that_came_to_nothing() -> None:
    play = Play("a", "b", "c").start(MaxTurns(9))
    play.offer(said("you", to="c"))
    play.give()
    _comes_to_nothing(play, "is interrupted")
    again = play.start(MaxTurns(9), task=None).offer(said("no, you", to="b"))
    given = play.give()
    assert (given.to, given.subject) == ("b", again.seq)
    answer = play.say("I")
    given = play.give()
    assert (given.to, given.subject) == ("c", answer.seq)


def _comes_to_nothing(play: Play, end: str) -> None:
    if end == "fails":
        play.fail()
    else:
        play.offer(Interrupted(by="user"))
        assert isinstance(play.decided(), TurnCancelled)
    play.close()


# endings


def test_silence_ends_when_everyone_passed_in_a_row() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.skip()
    play.give()
    play.say()
    play.give()
    play.skip()
    play.give()
    play.skip()
    closed = play.close()
    assert (closed.outcome, closed.rule, closed.values) == ("stopped", "silence", {"passes": 2})
    assert closed.reason == "nobody has anything to say"
    assert closed.event == state_of(play.log).board.last_said


def test_a_person_who_speaks_breaks_the_silence() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.skip()
    play.give()
    play.offer(said("a?", to="a"))
    play.skip()
    given = play.give()
    assert (given.to, given.why.router) == ("a", "addressed")


def test_the_specific_ending_wins_over_the_cap() -> None:
    play = Play().start(MaxTurns(1) | MaxMessages(2) | Mentions("DONE"))
    play.give()
    play.say("DONE")
    closed = play.close()
    assert (closed.outcome, closed.rule) == ("done", "Mentions(text='DONE')")


def test_a_failure_is_told_rather_than_the_cap_it_met() -> None:
    play = Play().start(MaxTurns(1))
    play.give()
    play.fail()
    assert play.close().outcome == "failed"


def test_an_interrupt_stops_the_turn_and_wins_over_everything() -> None:
    play = Play().start(MaxTurns(1) | Mentions("DONE") | External())
    play.give()
    play.offer(ExternalSignal(name="x"))
    stop = play.offer(Interrupted(by="ann", reason="enough"))
    assert stopping(play.log)
    ruling = decide(play.log)
    assert ruling == Ruling(TurnCancelled(turn=play.turn.seq, reason="stopped by ann"), stop.seq)
    play.rule()
    assert not stopping(play.log)
    closed = play.close()
    assert (closed.outcome, closed.rule, closed.event, closed.values) == (
        "interrupted",
        "interrupt",
        stop.seq,
        {"by": "ann"},
    )


def test_an_urgent_rule_stops_an_open_turn() -> None:
    play = Play().start(External("x") & Mentions("DONE") | MaxTurns(9))
    play.give()
    play.say("DONE")
    play.give()
    play.offer(ExternalSignal(name="y"))
    assert not stopping(play.log)
    signal = play.offer(ExternalSignal(name="x"))
    assert stopping(play.log)
    cancelled = play.rule()
    assert isinstance(cancelled, TurnCancelled)
    assert cancelled.reason == f"External(name='x') came true at event {signal.seq}"
    assert play.close().rule == "Mentions(text='DONE')"


def test_a_content_rule_waits_for_the_end_of_the_turn() -> None:
    play = Play().start(MaxMessages(2) | MaxTurns(9))
    play.give()
    play.offer(said("more"))
    assert decide(play.log) is None
    assert not stopping(play.log)
    play.skip()
    assert play.close().rule == "MaxMessages(messages=2)"


def test_elapsed_stops_an_open_turn() -> None:
    play = Play(pace=0).start(Elapsed(5))
    play.give()
    play.active = 6.5
    late = play.offer(said("late"))
    assert isinstance(play.rule(), TurnCancelled)
    closed = play.close()
    assert (closed.outcome, closed.event, closed.values) == ("limit", late.seq, {"active": 6.5})


def test_the_seconds_of_the_budget_stop_an_open_turn() -> None:
    play = Play(pace=0).start(Never(), Budget(seconds=5))
    play.give()
    play.active = 5
    late = play.offer(said("late"))
    play.active = 7
    assert stopping(play.log)
    assert isinstance(play.rule(), TurnCancelled)
    closed = play.close()
    assert (closed.outcome, closed.rule, closed.event) == ("limit", "Budget(seconds=5.0)", late.seq)
    assert closed.values == {"active": 5, "cap": 5.0, "unit": "seconds"}
    assert closed.reason == "the budget of 5 seconds is spent"
    play.active = 0
    play.start(Never(), Budget(seconds=5))
    assert isinstance(play.rule(), TurnGiven)


def test_a_rule_fired_before_the_seconds_is_named() -> None:
    play = Play(pace=0).start(Mentions("DONE"), Budget(seconds=5))
    play.give()
    play.active = 5
    play.offer(said("late"))
    play.enter(Said(sender="a", body=Text.of("DONE"), turn=play.turn.seq), play.turn.seq)
    assert play.close().outcome == "done"


def test_nobody_is_silent_while_a_message_waits_for_an_answer() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    for number in range(3):
        play.offer(said(str(number), to="b"))
    play.skip()
    for _ in range(3):
        assert play.give().to == "b"
        play.skip()
    assert play.close().rule == "silence"


# offers


def test_a_message_after_the_stop_is_refused() -> None:
    play = Play().start(External() | MaxTurns(9))
    play.give()
    play.offer(ExternalSignal(name="x"))
    refused = play.say("too late").event
    assert isinstance(refused, Refused)
    assert refused.raw == {"kind": "text", "parts": [{"type": "text", "content": "too late"}]}
    assert refused.problems == ("the run was stopped before this was said",)
    assert refused.turn == play.turn.seq
    assert play.log.messages()[-1].text == "Do it."
    play.rule()
    play.close()


def test_a_refused_answer_points_to_its_call() -> None:
    play = Play().start(External() | MaxTurns(9))
    play.give()
    ended = play.call_model()
    play.offer(ExternalSignal(name="x"))
    refused = play.say(calls=(ended.seq,)).event
    assert isinstance(refused, Refused)
    assert (refused.raw, refused.from_calls) == (None, (ended.seq,))
    play.rule()
    play.close()
    assert list(Transcript.loads(play.log.dumps())) == list(play.log)


def test_a_person_is_heard_even_then() -> None:
    play = Play().start(External() | MaxTurns(9))
    play.give()
    play.offer(ExternalSignal(name="x"))
    assert isinstance(play.offer(said("hm")).event, Said)


def test_a_call_after_the_stop_is_denied() -> None:
    play = Play().start(External() | MaxTurns(9))
    play.give()
    signal = play.offer(ExternalSignal(name="x"))
    denied = play.call_model().event
    assert isinstance(denied, CallDenied)
    assert (denied.reason, denied.values) == ("stopped", {"rule": "External()", "event": signal.seq})


def test_the_budget_denies_the_call_behind_the_last() -> None:
    play = Play().start(MaxTurns(9), Budget(calls=2))
    play.give()
    assert isinstance(play.call_model(1).event, CallFinished)
    assert isinstance(play.call_model(2).event, CallFinished)
    denied = play.call_model(3)
    assert isinstance(denied.event, CallDenied)
    assert denied.event.reason == "budget"
    assert denied.event.values == {
        "scope": "budget",
        "unit": "calls",
        "spent": 2,
        "reserved": 0,
        "asked": 1,
        "cap": 2,
    }
    assert isinstance(play.call_code(4).event, CallFinished)
    play.fail("CallNotAdmitted")
    closed = play.close()
    assert (closed.outcome, closed.rule, closed.event) == ("limit", "Budget(calls=2)", denied.seq)
    assert closed.reason == "the budget has no room for another call of a: 2 of 2 calls spent"
    play.start(MaxTurns(9), Budget(calls=2))
    play.give()
    assert isinstance(play.call_model().event, CallFinished)


def test_a_budget_of_the_whole_conversation_must_be_raised() -> None:
    advice = []
    for per in ("run", "conversation"):
        play = Play().start(MaxTurns(9), Budget.model_validate({"calls": 1, "per": per}))
        play.give()
        play.call_model()
        play.call_model()
        play.fail("CallNotAdmitted")
        advice.append(play.close().advice)
    assert "each run has the whole limit again" in advice[0]
    assert "each run has the whole limit again" not in advice[1]
    assert "budget" in advice[1].lower()


def test_a_budget_that_no_call_fits_must_be_raised_whatever_it_is_per() -> None:
    for per in ("run", "conversation"):
        play = Play().start(MaxTurns(9), Budget.model_validate({"tokens": 3, "per": per}))
        play.give()
        play.ask()
        play.fail("CallNotAdmitted")
        assert play.close().advice == "No call fits this limit, in another run either: raise it to go on."


def test_one_turn_holds_so_many_calls() -> None:
    play = Play(agreed=charter("a", "b", limits=CallLimits(model_calls=2, tool_calls=1))).start(MaxTurns(9))
    play.give()
    play.call_code(1)
    denied = play.call_code(2).event
    assert isinstance(denied, CallDenied)
    assert (denied.call, denied.reason) == ("code", "turn")
    assert denied.values == {"spent": 1, "asked": 1, "cap": 1, "unit": "tool and code calls in one turn"}
    play.call_model(3)
    play.call_model(4)
    denied = play.call_model(5).event
    assert isinstance(denied, CallDenied)
    assert denied.values == {"spent": 2, "asked": 1, "cap": 2, "unit": "model calls in one turn"}
    play.say()
    play.give()
    assert isinstance(play.call_model().event, CallFinished)
    assert isinstance(play.call_code(2).event, CallFinished)


@pytest.mark.parametrize(
    "recipe",
    [
        CodeRecipe(language="python", source=(), sandbox="none"),
        ToolRecipe(name="look", arguments={}, tool_call_id="t1"),
        AskRecipe(question="?", answer_schema={}, to="user", tool_call_id="t1"),
    ],
)
def test_a_denial_names_what_was_asked(recipe: CodeRecipe | ToolRecipe | AskRecipe) -> None:
    play = Play(agreed=charter("a", limits=CallLimits(tool_calls=1))).start(MaxTurns(9))
    play.give()
    play.call_code()
    if isinstance(recipe, AskRecipe):  # questions are not counted: a person's patience is the limit
        play.offer(Interrupted(by="user"))
    offer = CallStarted(
        turn=play.turn.seq, agent="a", ordinal=2, attempt=3, key="k", recipe=recipe, digest="d", reserved=None
    )
    denied = play.offer(offer).event
    assert isinstance(denied, CallDenied)
    assert (denied.call, denied.ordinal, denied.attempt, denied.digest) == (recipe.call, 2, 3, "d")
    assert denied.tool_call_id == getattr(recipe, "tool_call_id", None)


def test_what_happens_is_caused_by_its_call_or_its_turn() -> None:
    play = Play().start(MaxTurns(9))
    outside = play.offer(said("before the turn"))
    assert outside.cause == 3
    play.give()
    turn = play.turn.seq
    ended = play.call_model()
    assert play.log[ended.seq - 1].cause == turn
    assert ended.cause == ended.seq - 1
    assert play.offer(said("in the turn")).cause == ended.seq
    for event in (
        CallFailed.model_validate({"call": 3, "error": {"type": "E", "message": ""}, "retryable": True}),
        CallCancelled(call=3, reason="x"),
        CallInDoubt(call=3, policy="retry"),
        CallFinished(call=3, result=OK),
    ):
        assert decide(play.log, event) == Ruling(event, 3)
    for other in (
        Overrun(call=3, values={}),
        Paused(pause="p", call=3, question="?", answer_schema={}, to="user"),
        Released(owner="o", epoch=1),
    ):
        assert decide(play.log, other) == Ruling(other, len(play.log))
    assert play.say().cause == turn


# the board


def test_the_board_keeps_account_of_calls() -> None:
    play = Play().start(MaxTurns(9))
    play.give()

    def board() -> Board:
        return state_of(play.log).board

    recipe = ModelRecipe(model="m", tail=("=",))
    offer = CallStarted(turn=play.turn.seq, agent="a", ordinal=1, attempt=1, key="k", recipe=recipe, digest="")
    first = play.offer(offer).seq
    assert list(board().open_calls) == [first]
    play.offer(CallInDoubt(call=first, policy="retry"))
    assert board().open_calls == {}
    assert board().served == {"m": 0}
    second = play.offer(offer).seq
    play.offer(CallFailed.model_validate({"call": second, "error": {"type": "E", "message": ""}, "retryable": True}))
    third = play.offer(offer.model_copy(update={"recipe": CodeRecipe(language="x", source=(), sandbox="y")})).seq
    play.offer(CallInDoubt(call=third, policy="fail"))
    play.offer(CallInDoubt(call=third, policy="fail"))
    assert board().open_calls == {}
    assert board().served == {"m": 1}
    assert (board().model_calls, board().open_turns[play.turn.seq].tool_calls) == (2, 1)
    play.offer(Taken(owner="o", epoch=7))
    assert (board().epoch, board().conversation, board().run_at) == (7, "c", 2)
    assert state_of(Play().log).board.last_said == 0


def test_what_was_open_at_a_fork_was_not_made() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.ask()
    play.begin(CodeRecipe(language="x", source=(), sandbox="y"), "d")
    board = state_of(play.log).board
    assert (len(board.open_calls), board.served) == (2, {"m": 1})
    parent = Position(conversation="c", seq=len(play.log))
    play.enter(Forked(parent=parent, branch="c.b", author="user", reason=""), 0)
    board = state_of(play.log).board
    assert (board.open_calls, board.served) == ({}, {"m": 0})
    assert list(board.open_turns) == [play.turn.seq]


def test_a_turn_of_an_addressed_message_that_is_changed_is_given_anew() -> None:
    play = Play("a", "b", "c").start(MaxTurns(9), task=None)
    said = play.offer(Said(sender="user", to="c", body=Text.of("you, c")))
    assert play.give().to == "c"
    play.enter(
        Edited(
            act="replace",
            target=said.seq,
            value=Text.of("you, dear c").model_dump(mode="json"),
            author="user",
            reason="",
        ),
        0,
    )
    assert isinstance(play.decided(), TurnCancelled)
    assert state_of(play.log).board.turns == 0
    given = play.give()
    assert (given.to, given.subject) == ("c", said.seq)


def test_a_stop_of_the_run_before_is_forgotten() -> None:
    play = Play().start(MaxTurns(9))
    play.offer(Interrupted(by="user"))
    assert play.close().outcome == "interrupted"
    play.start(MaxTurns(9), task=None)
    play.give()
    play.fail()
    assert play.close().outcome == "failed"
    play.start(Failures(9) | MaxTurns(1), task=None)
    play.give()
    play.fail()
    assert play.close().outcome == "limit"
    runs = [entry.event.run for entry in play.log if isinstance(entry.event, RunStarted)]
    assert runs == [1, 2, 3]
    assert isinstance(play.log[1].event, Opened)


def test_a_turn_that_never_heeds_a_denial_is_stopped() -> None:
    play = Play()
    play.start(MaxTurns(3), Budget(calls=1))
    play.give()
    play.call_model()
    for ordinal in range(2, MOST_DENIALS + 2):
        assert not stopping(play.log)
        assert isinstance(play.call_model(ordinal).event, CallDenied)
    assert stopping(play.log)
    assert isinstance(play.rule(), TurnCancelled)
    closed = play.close()
    assert (closed.outcome, closed.rule) == ("limit", "Budget(calls=1)")


def test_denials_of_one_reply_count_as_one() -> None:
    """A model that asks for many tools at once sees only afterwards that they were denied."""
    play = Play(agreed=charter("a", limits=CallLimits(tool_calls=1)))
    play.start(MaxTurns(3))
    play.give()
    for _ in range(MOST_DENIALS - 1):
        play.call_model()
        for name in ("x", "y", "z"):
            play.tool(name)
    assert not stopping(play.log)
    turn = state_of(play.log).board.open_turns[play.turn.seq]
    assert (turn.denials, turn.tool_calls) == (MOST_DENIALS - 1, 1)
    for _ in range(MOST_DENIALS):  # its own code is told at once
        play.tool(None)
    assert stopping(play.log)


def test_what_was_done_in_a_turn_is_known() -> None:
    play = Play().start(MaxTurns(9))

    def acted() -> bool:
        return state_of(play.log).board.open_turns[play.turn.seq].acted

    acts: tuple[Callable[[], object], ...] = (
        play.call_model,
        play.call_code,
        lambda: play.tool(None),
        lambda: play.refuse("no"),
        lambda: play.offer(StateSet(turn=play.turn.seq, agent=play.agent, ordinal=1)),
    )
    for act in acts:
        play.give()
        assert not acted()
        act()
        assert acted()
        play.say()


def test_acts_in_a_turn_that_is_over_leave_the_board_as_it_is() -> None:
    """As a log that was tampered with might have them."""
    play = Play().start(MaxTurns(9), Budget(calls=1))
    play.give()
    over, denied = play.turn.seq, (play.call_model(), play.call_model())[1].event
    assert isinstance(denied, CallDenied)
    play.say()
    started = play.log[over + 1].event
    assert isinstance(started, CallStarted)
    tool = started.model_copy(update={"recipe": ToolRecipe(name="look", arguments={})})
    for event in (
        started,
        tool,
        denied,
        Refused(turn=over, problems=()),
        TurnCancelled(turn=over, reason="x"),
        FAILED.model_copy(update={"turn": over}),
    ):
        play.enter(event, over)
    assert state_of(play.log).board.open_turns == {}
    assert state_of(play.log).board.model_calls == 2


def test_denials_of_one_turn_are_named_by_their_limit() -> None:
    play = Play(agreed=charter("a", limits=CallLimits(model_calls=1)))
    play.start(MaxTurns(3))
    play.give()
    for ordinal in range(1, MOST_DENIALS + 2):
        play.call_model(ordinal)
    assert isinstance(play.rule(), TurnCancelled)
    closed = play.close()
    assert (closed.outcome, closed.rule) == ("limit", "CallLimits")
