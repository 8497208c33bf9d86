"""Whole conversations, generated: they end within their bound, keep their budget, and decide the same again."""

from __future__ import annotations

from hypothesis import given

from agentchat.debug.replay import differences
from agentchat.policy.board import CLOSING, Board
from agentchat.policy.decide import Ruling, decide, due_in, stopping
from agentchat.policy.prompts.context import context_of
from agentchat.policy.rules import MaxTurns, read_rule
from agentchat.policy.spending.amounts import UNITS
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.ledger import Ledger, advance
from agentchat.policy.state import state_of
from agentchat.transcript.events import (
    CallFinished,
    CallStarted,
    Closed,
    Entry,
    Judged,
    Overrun,
    RunStarted,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
    Warned,
)
from agentchat.transcript.transcript import Transcript
from tests.policy.generated import plays, several
from tests.policy.play import Play

ENDS = (Said, TurnPassed, TurnFailed, TurnCancelled)


def cap_of(started: RunStarted) -> int:
    first = read_rule(started.rules).leaves()[0]  # of `MaxTurns(cap) | ...`
    assert isinstance(first, MaxTurns)
    return first.turns


@several
@given(plays())
def test_no_turn_is_given_once_the_bound_is_reached(play: Play) -> None:
    uncounted = {card.name for card in play.charter.agents if card.kind == "selector"}
    given_to: dict[int, str] = {}
    over = cap = closings = 0
    for entry in play.log:
        match entry.event:
            case RunStarted() as started:
                over, closings, cap = 0, 0, cap_of(started)
            case TurnGiven() as turn:
                closings += turn.why.router == CLOSING
                assert over < cap or turn.why.router == CLOSING
                given_to[entry.seq] = turn.to
            case Said(turn=int(at)) | TurnPassed(turn=at) | TurnFailed(turn=at) | TurnCancelled(turn=at):
                over += given_to[at] not in uncounted
            case _:
                pass
        assert closings <= 1
    assert not state_of(play.log).board.live


@several
@given(plays())
def test_what_is_spent_and_set_aside_never_passes_a_cap(play: Play) -> None:
    """Unless a call took more than it had set aside, which is told at once; what earlier runs spent only adds up."""
    ledger, budget = Ledger(), Budget()
    most: dict[tuple[str, str], int] = {}
    told: set[int] = set()
    for entry in play.log:
        advance(ledger, entry)
        event = entry.event
        if isinstance(event, RunStarted):
            budget, most = Budget.model_validate(event.budget), {}
        elif isinstance(event, Overrun):
            told.add(event.call)
        for scope, caps in budget.scopes():
            for unit in UNITS:
                cap, taken = caps.most(unit), ledger.account(scope, budget.per).taken.of(unit)
                if cap is None or taken <= most.setdefault((scope, unit), max(cap, taken)):
                    continue
                call = ledger.stopped[scope, unit]
                assert call in told or (isinstance(event, CallFinished) and event.call == call), (entry, scope, unit)


@several
@given(plays())
def test_every_turn_has_one_end_and_every_run_one_closing(play: Play) -> None:
    open_turns: dict[int, str] = {}
    calls: dict[int, int] = {}
    live, at_once = False, 1 if state_of(play.log).walk is None else 9
    for entry in play.log:
        event = entry.event
        if isinstance(event, RunStarted):
            assert not live
            live = True
        elif isinstance(event, Closed):
            assert live
            assert not open_turns
            live = False
        elif isinstance(event, TurnGiven):
            assert live
            assert event.to not in open_turns.values()  # nobody has two turns at once
            open_turns[entry.seq] = event.to
            assert len(open_turns) <= at_once
        elif isinstance(event, ENDS) and event.turn is not None:
            del open_turns[event.turn]
        elif isinstance(event, CallStarted):
            assert open_turns[event.turn] == event.agent
            calls[entry.seq] = event.turn
        elif isinstance(event, Judged):
            assert play.log[event.on].seq < entry.seq
    assert not live


@several
@given(plays())
def test_deciding_again_gives_the_same(play: Play) -> None:
    log = play.log
    assert list(differences(log)) == []
    assert list(differences(Transcript.loads(log.dumps()))) == []
    prefix = Transcript()
    for entry in log:
        before = list(prefix)
        due = due_in(prefix)
        ruling = decide(prefix)
        assert (due_in(prefix), decide(prefix)) == (due, ruling)  # asked twice
        fresh = Transcript.from_lines(prefix.line(seq) for seq in range(1, len(prefix) + 1))
        assert (due_in(fresh), decide(fresh)) == (due, ruling)  # asked of the stored bytes
        assert ruling == (due if isinstance(due, Ruling) else None)
        if stopping(prefix):
            assert ruling is not None
            assert isinstance(ruling.event, TurnCancelled | Warned | Overrun)
        elif ruling is not None:
            assert not isinstance(ruling.event, TurnCancelled)
            assert ruling.event == entry.event or _may_come_first(prefix, entry), (ruling, entry)
        assert list(prefix) == before
        prefix.append(entry, log.line(entry.seq))


def _may_come_first(prefix: Transcript, entry: Entry) -> bool:
    """Whether an entry may stand where something else is due: an input, or an act in a turn beside others."""
    beside = state_of(prefix).walk is not None and bool(state_of(prefix).board.open_turns)
    return isinstance(entry.event, Said | RunStarted) or beside


@several
@given(plays())
def test_the_state_kept_on_is_the_state_from_scratch(play: Play) -> None:
    kept = state_of(play.log)
    fresh = state_of(Transcript.loads(play.log.dumps()))
    for field in Board.__slots__:
        if field != "open_turns":
            assert getattr(kept.board, field) == getattr(fresh.board, field), field
    for field in ("rule", "budget", "capped", "leaves", "time_up", "plan", "questions"):
        assert getattr(kept, field) == getattr(fresh, field), field
    assert {place: (one.event, one.values) for place, one in kept.fired.items()} == {
        place: (one.event, one.values) for place, one in fresh.fired.items()
    }
    assert (kept.walk is None) == (fresh.walk is None)
    for field in ("over", "ready", "given", "taken", "arrived", "ended", "spent", "stuck"):
        assert getattr(kept.walk, field, None) == getattr(fresh.walk, field, None), field


@several
@given(plays())
def test_the_contexts_kept_on_are_the_contexts_from_scratch(play: Play) -> None:
    fresh_log = Transcript.loads(play.log.dumps())
    fields = ("items", "said", "waiting", "base", "base_count", "base_tail", "mode", "counted", "pointer", "since")
    for name in play.charter.names():
        kept, fresh = context_of(play.log, name), context_of(fresh_log, name)
        for field in fields:
            assert getattr(kept, field) == getattr(fresh, field), field
        assert kept.growing.request("]}").digest == fresh.growing.request("]}").digest
        assert (kept.exchange.turn, fresh.exchange.asked) == (fresh.exchange.turn, kept.exchange.asked)
