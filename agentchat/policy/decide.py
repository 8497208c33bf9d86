"""The one decision: given the log, and perhaps an offer, what is to be entered.

`decide(transcript)` gives what is due by itself: the next turn, the stopping of a turn, the end of the run, or nothing
while something is still going on. `decide(transcript, offer)` gives what an offer becomes: itself, or the record of
why it was turned down. It is pure: a check of a saved run calls it at every position and compares.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from agentchat.policy.board import Board
from agentchat.policy.budget import room_for_call
from agentchat.policy.charter import agreed_in, charter_of
from agentchat.policy.routing import next_turn
from agentchat.policy.rules import Failures, Fired
from agentchat.policy.state import State, state_of
from agentchat.transcript.calls import JsonObject, ModelRecipe
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Entry,
    Event,
    Interrupted,
    OutcomeKind,
    Refused,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

POLICY_VERSION: Final = 1
MOST_DENIALS: Final = 16
"""Denied calls in one turn after which it is stopped: an agent that asks so often does not heed the answer. The same
figure as the calls that a turn may hold."""
_ENDS: Final = (CallFinished, CallFailed, CallCancelled, CallInDoubt)


class Ruling(NamedTuple):
    """An event to be entered, and the entry that causes it (0: none)."""

    event: Event
    cause: int


def decide(transcript: Transcript, offer: Event | None = None) -> Ruling | None:
    """What is to be entered next, or what becomes of an offer. None: nothing is due."""
    state = state_of(transcript)
    if offer is not None:
        return _on_offer(transcript, state, offer)
    board = state.board
    if not board.live:
        return None
    ending = _ending(transcript, state, urgent=board.turn is not None)
    if board.turn is not None:
        if ending is None:
            return None
        return Ruling(TurnCancelled(turn=board.turn.seq, reason=ending.reason), ending.event)
    if ending is not None:
        return Ruling(ending, ending.event)
    turn = next_turn(transcript, board, agreed_in(transcript).names)
    if turn is None:
        return Ruling(_silence(board, "there is no message to answer"), len(transcript))
    return Ruling(turn, turn.subject)


def stopping(transcript: Transcript) -> bool:
    """Whether the turn that is going on is to be stopped."""
    state = state_of(transcript)
    board = state.board
    if not state.fired and state.time_up is None and board.interrupted is None and board.turn_denials < MOST_DENIALS:
        return False  # the usual case, at the least cost
    return board.turn is not None and board.live and _ending(transcript, state, urgent=True) is not None


def _on_offer(transcript: Transcript, state: State, offer: Event) -> Ruling:
    board = state.board
    cause = board.turn.seq if board.turn is not None else len(transcript)
    if isinstance(offer, CallStarted):
        denied = _denied(transcript, state, offer)
        return Ruling(offer if denied is None else denied, cause)
    if isinstance(offer, Said) and offer.turn is not None and _ending(transcript, state, urgent=True) is not None:
        raw = None if offer.body is None else offer.body.model_dump(mode="json")
        problem = "the run was stopped before this was said"
        return Ruling(Refused(turn=offer.turn, raw=raw, problems=(problem,), from_calls=offer.from_calls), cause)
    return Ruling(offer, _cause_of(offer, cause))


def _cause_of(offer: Event, turn: int) -> int:
    """A result is caused by its call, everything else an agent brings by its turn."""
    return offer.call if isinstance(offer, _ENDS) else turn


def _denied(transcript: Transcript, state: State, offer: CallStarted) -> CallDenied | None:
    board, limits = state.board, charter_of(transcript).limits
    ending = _ending(transcript, state, urgent=True)
    if ending is not None:
        return _denial(offer, "stopped", {"rule": ending.rule, "event": ending.event})
    if isinstance(offer.recipe, ModelRecipe):
        made, most, unit = board.model_turn_calls, limits.model_calls, "model calls"
        values = room_for_call(state.budget, board)
        if values is not None:
            return _denial(offer, "budget", values)
    else:
        made, most, unit = board.tool_turn_calls, limits.tool_calls, "tool and code calls"
    if made + 1 > most:
        return _denial(offer, "turn", {"spent": made, "asked": 1, "cap": most, "unit": f"{unit} in one turn"})
    return None


def _denial(offer: CallStarted, reason: str, values: JsonObject) -> CallDenied:
    return CallDenied.model_validate(
        {
            "turn": offer.turn,
            "agent": offer.agent,
            "ordinal": offer.ordinal,
            "attempt": offer.attempt,
            "call": offer.recipe.call,
            "digest": offer.digest,
            "reason": reason,
            "values": values,
        }
    )


def _ending(transcript: Transcript, state: State, *, urgent: bool) -> Closed | None:
    """How the run ends now, or None.

    A person's stop comes first, then what was agreed, then what went wrong, and the plain caps last: the specific
    ending is the one to know of. `urgent`: only what may stop a turn that is still going on.
    """
    board = state.board
    if board.interrupted is not None:
        return _interrupted(board.interrupted)
    fired = state.ending(urgent=urgent)
    if fired is not None and (urgent or fired.leaf.outcome not in ("limit", "failed")):
        return _came_true(fired)
    if state.time_up is not None:
        return _time_up(state, state.time_up)
    if board.turn_denied is not None and board.turn_denials >= MOST_DENIALS:
        return _spent(state, board.turn_denied)
    if urgent:
        return None
    if board.denied is not None:  # before failure: it is why the turn failed
        return _spent(state, board.denied)
    if fired is not None and fired.leaf.outcome == "failed":
        return _came_true(fired)
    if board.failed is not None and board.failures > _tolerated(state):
        return _failed(transcript, board.failed)
    if fired is not None:
        return _came_true(fired)
    if board.passes and not board.addressed and board.passes >= len(agreed_in(transcript).names):
        return _silence(board, "nobody has anything to say")
    return None


def _tolerated(state: State) -> int:
    """How many failures in a row may pass. A `Failures` that is joined to others does not end a run by itself, and
    without an end here a team that only fails would go on for ever."""
    return max((leaf.in_a_row for leaf in state.leaves if isinstance(leaf, Failures)), default=0)


def _came_true(fired: Fired) -> Closed:
    leaf = str(fired.leaf)
    return _closed(fired.leaf.outcome, leaf, fired.event, fired.values, f"{leaf} came true at event {fired.event}")


def _time_up(state: State, entry: Entry) -> Closed:
    cap = state.budget.seconds
    values: JsonObject = {"active": entry.active, "cap": cap, "unit": "seconds"}
    return _closed("limit", str(state.budget), entry.seq, values, f"the budget of {cap:g} seconds is spent")


def _closed(outcome: OutcomeKind, rule: str, event: int, values: JsonObject, reason: str) -> Closed:
    return Closed(outcome=outcome, rule=rule, event=event, values=values, reason=reason, advice=_ADVICE[outcome])


def _interrupted(entry: Entry) -> Closed:
    by = entry.event.by if isinstance(entry.event, Interrupted) else "someone"
    return _closed("interrupted", "interrupt", entry.seq, {"by": by}, f"stopped by {by}")


def _spent(state: State, entry: Entry) -> Closed:
    denied = entry.event
    assert isinstance(denied, CallDenied)
    values = denied.values
    spent = f"{values.get('spent')} of {values.get('cap')} {values.get('unit')} spent"
    whose = "budget" if denied.reason == "budget" else denied.reason
    rule = str(state.budget) if denied.reason == "budget" else "CallLimits"
    return _closed(
        "limit", rule, entry.seq, values, f"the {whose} has no room for another call of {denied.agent}: {spent}"
    )


def _failed(transcript: Transcript, entry: Entry) -> Closed:
    failed = entry.event
    assert isinstance(failed, TurnFailed)
    given, error = transcript[failed.turn].event, failed.error
    agent = given.to if isinstance(given, TurnGiven) else "an agent"
    where = "" if error.where is None else f" ({error.where})"
    reason = f"the turn of {agent} failed: {error.type}: {error.message}{where}"
    return _closed("failed", "failure", entry.seq, {"agent": agent, "error": error.type}, reason)


def _silence(board: Board, reason: str) -> Closed:
    return _closed("stopped", "silence", board.last_said or board.run_at, {"passes": board.passes}, reason)


_ADVICE: Final[dict[OutcomeKind, str]] = {
    "done": "Nothing is left to do. Say something to the conversation to go on.",
    "limit": "Resume the conversation to go on: each run has the whole limit again; or raise the limit.",
    "failed": "Put right what the reason names, then resume: what was recorded is not done again. "
    "Where the model or its address is wrong, begin anew: they are part of what was agreed.",
    "interrupted": "Resume the conversation to go on from here.",
    "stopped": "Say something to the conversation, or resume it, to go on.",
}
