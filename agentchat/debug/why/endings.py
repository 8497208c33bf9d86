"""Why a run ended, and why it had not ended yet: what each rule stood at, what was spent, what else could end it."""

from __future__ import annotations

from collections.abc import Iterator

from agentchat.debug.source import Source, check_place, read
from agentchat.debug.why.moment import Moment
from agentchat.debug.why.standing import budget, rules
from agentchat.debug.why.steps import Detail, Step, fact, step_of, told
from agentchat.policy.asked import asked_in
from agentchat.policy.board import Board
from agentchat.policy.charter import agreed_in
from agentchat.policy.decide import due_in
from agentchat.policy.routing.verdicts import Need
from agentchat.policy.rules import Failures
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.state import State, state_of
from agentchat.transcript.events import Closed, TurnGiven
from agentchat.transcript.transcript import Transcript

_OUTCOMES = {
    "done": "what was wanted came true",
    "limit": "a limit was reached",
    "failed": "something went wrong",
    "interrupted": "a person stopped it",
    "stopped": "it was stopped, or nobody had anything to say",
}


def closed(moment: Moment, event: Closed) -> Iterator[Detail]:
    """How and why a run ended."""
    yield fact(f"the run ended, {event.outcome}: {event.reason}", outcome=event.outcome)
    state = state_of(moment.before)
    yield fact(f"it was run {state.board.run}; {event.outcome} means that {_OUTCOMES[event.outcome]}")
    yield fact(f"what ended it: {event.rule}", rule=event.rule)
    at = moment.event(event.event)
    if at is not None:
        yield fact(f"at event {event.event}: {moment.sentence(moment.before[event.event])}", event=event.event)
    if values := told(event.values):
        yield fact(f"on these values: {values}", values=event.values)
    if len(state.fired) > 1:
        yield fact("of several rules that came true, what was wanted is named before a plain limit")
    yield from _standing(moment.before, state)
    yield fact(f"what now: {event.advice}", advice=event.advice)


def not_ended(source: Source, seq: int) -> Step:
    """Why a run had not ended yet after the event `seq`: every rule and cap with where it stood.

    Raises NoSuchEvent for a place that is not there, or another TranscriptError for a file that cannot be read.
    """
    whole = read(source)
    check_place(whole, seq)
    log = whole.upto(seq)
    return step_of(log[seq], _not_ended(log, whole))


def _sentence(log: Transcript, whole: Transcript, state: State) -> str:
    board, seq = state.board, len(log)
    if not board.live:
        if board.closed is None:
            return f"after event {seq} no run had begun"
        return f"after event {seq} no run was going on: run {board.run} had ended at event {board.closed.seq}"
    due = due_in(log)
    if due is not None and not isinstance(due, Need) and isinstance(due.event, Closed):
        after = whole.recorded(seq + 1).event.kind if len(whole) > seq else "closed"
        if after == "closed":
            return f"after event {seq} run {board.run} had come to its end: {due.event.reason}"
        return f"after event {seq} run {board.run} was to end ({due.event.reason}), but event {seq + 1} came first"
    fired = state.ending(urgent=False)
    if fired is not None:
        return f"after event {seq} run {board.run} was to end by {fired.leaf}, once the turns going on were over"
    return f"after event {seq} run {board.run} went on: no rule that ends it had come true"


def _not_ended(log: Transcript, whole: Transcript) -> Iterator[Detail]:
    state = state_of(log)
    yield fact(_sentence(log, whole, state))
    if not state.board.live:
        return
    for seq, turn in state.board.open_turns.items():
        yield fact(f"the turn of {turn.given.to} (event {seq}) was going on", turn=seq)
    if state.board.open_turns:
        yield fact("an open turn is cut short by a person, by time or by a signal; other rules wait for its end", 1)
    yield from _waiting(log)
    yield from _standing(log, state)
    yield _due(log)
    if len(whole) > len(log):
        yield fact(f"then: event {len(log) + 1}, {whole.recorded(len(log) + 1).event.kind}", event=len(log) + 1)


def _standing(log: Transcript, state: State) -> Iterator[Detail]:
    yield from rules(state)
    yield from budget(state, ledger_of(log))
    yield from _by_itself(log, state, state.board)


def _by_itself(log: Transcript, state: State, board: Board) -> Iterator[Detail]:
    """What ends a run without any rule."""
    borne = max((leaf.in_a_row for leaf in state.leaves if isinstance(leaf, Failures)), default=0)
    if not borne:
        text = f"turns that failed in a row: {board.failures}; the first ends the run"
        yield fact(text, failures=board.failures, bound=1)
    names = agreed_in(log).names
    passes = f"turns without a word in a row: {board.passes} of {len(names)}"
    yield fact(passes, passes=board.passes, bound=len(names))


def _waiting(log: Transcript) -> Iterator[Detail]:
    """Questions that nobody has answered yet."""
    asked = asked_in(log)
    for pause, event in asked.open.items():
        yield fact(
            f"{event.to} was asked (event {asked.at[pause]}) and had not answered: {event.question}", pause=pause
        )


def _due(log: Transcript) -> Detail:
    """What the policy decides here."""
    due = due_in(log)
    if due is None:
        return fact("nothing was to be decided: what was going on had to end first")
    if isinstance(due, Need):
        return fact(f"next, the function {due.name.partition(' ')[0]} was to be asked about event {due.on}")
    event = due.event
    if isinstance(event, TurnGiven):
        return fact(f"next, {event.to} was to have the turn: {event.why.reason}", to=event.to)
    return fact(f"next, by the policy: {event.kind}", kind=event.kind)
