"""The one decision: given the log, and perhaps an offer, what is to be entered.

`decide(transcript)` gives what is due by itself: the next turn, the stopping of a turn, a warning, the end of the run,
the verdict of a user's function that is needed first, or nothing while something is still going on.
`decide(transcript, offer)` gives what an offer becomes: itself, or the record of why it was turned down. It is pure: a
check of a saved run calls it at every position and compares.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from agentchat.policy.answering import unfit
from agentchat.policy.board import GIVEN_UP, Board
from agentchat.policy.charter import agreed_in, charter_of
from agentchat.policy.closing import closing_turn
from agentchat.policy.routing.choose import next_turn
from agentchat.policy.routing.verdicts import Ending, Need
from agentchat.policy.rules import Failures, Fired
from agentchat.policy.spending.usage import usage_of
from agentchat.policy.state import State, state_of
from agentchat.transcript.calls import AskRecipe, JsonObject, ModelRecipe
from agentchat.transcript.events import (
    CALL_OVER,
    CallDenied,
    CallStarted,
    Closed,
    Entry,
    Event,
    Interrupted,
    Judged,
    OutcomeKind,
    Refused,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

POLICY_VERSION: Final = 1
_ENDS: Final = frozenset(CALL_OVER)


class Ruling(NamedTuple):
    """An event to be entered, and the entry that causes it (0: none)."""

    event: Event
    cause: int


def decide(transcript: Transcript, offer: Event | None = None) -> Ruling | None:
    """What is to be entered next, or what becomes of an offer. None: nothing is due."""
    if offer is not None:
        return on_offer(transcript, state_of(transcript), offer)
    due = due_in(transcript)
    return None if isinstance(due, Need) else due


def due_in(transcript: Transcript, state: State | None = None) -> Ruling | Need | None:
    """What is due by itself: an event, a user's function to be asked, or nothing. state: that of the transcript."""
    state = state or state_of(transcript)
    board = state.board
    if not board.live:
        return None
    notice = state.notice(transcript)
    if notice is not None:  # first: it is entered right behind what brought it about
        return Ruling(notice, len(transcript))
    if board.open_turns:
        stop = _ending(transcript, state, urgent=True)
        if stop is not None:
            turn = next(iter(board.open_turns))
            return Ruling(TurnCancelled(turn=turn, reason=stop.reason), stop.event)
        if board.left:
            turn, change = next(iter(board.left.items()))
            return Ruling(TurnCancelled(turn=turn, reason=GIVEN_UP), change)
    if state.questions:
        return state.questions[0]
    if board.open_turns and state.walk is None:
        return None
    ending = _ending(transcript, state, urgent=False)
    if ending is not None:
        return None if board.open_turns else _end(transcript, state, ending)
    route = next_turn(transcript, state, agreed_in(transcript))
    if isinstance(route, Ending):
        closed = _closed(route.outcome, route.rule, route.event, route.values, route.reason)
        return Ruling(closed, closed.event)
    if route is None or isinstance(route, Need):
        return route
    return Ruling(route, route.subject)


def _end(transcript: Transcript, state: State, ending: Closed) -> Ruling:
    """The end of the run; before it, where a budget is spent, one last turn if there is room for it."""
    denied = state.board.denied
    if denied is not None and ending.event == denied.seq and not state.board.closing:
        last = closing_turn(transcript, state, ending.reason)
        if last is not None:
            return Ruling(last, denied.seq)
    return Ruling(ending, ending.event)


def stopping(transcript: Transcript) -> bool:
    """Whether the turns that are going on are to be stopped."""
    state = state_of(transcript)
    board = state.board
    return _ending(transcript, state, urgent=True) is not None and bool(board.open_turns) and board.live


def on_offer(transcript: Transcript, state: State, offer: Event) -> Ruling:
    """What becomes of an offer, where the state is that of the transcript."""
    if type(offer) in _ENDS:  # a result is caused by its call, everything else an agent brings by its turn
        return Ruling(offer, getattr(offer, "call", 0))
    turn = getattr(offer, "turn", None)
    cause = turn if turn in state.board.open_turns else len(transcript)
    if type(offer) is CallStarted:
        denied = _denied(transcript, state, offer)
        return Ruling(offer if denied is None else denied, cause)
    if type(offer) is Said and offer.turn is not None:
        problems = _unsayable(transcript, state, offer)
        if problems:
            raw = None if offer.body is None else offer.body.model_dump(mode="json")
            refused = Refused(turn=offer.turn, raw=raw, problems=problems, from_calls=offer.from_calls, type=offer.type)
            return Ruling(refused, cause)
    return Ruling(offer, cause)


def _unsayable(transcript: Transcript, state: State, offer: Said) -> tuple[str, ...]:
    """Why a message of an agent is not delivered; empty where it is."""
    if _ending(transcript, state, urgent=True) is not None:
        return ("the run was stopped before this was said",)
    return unfit(transcript, state, offer)


def _denied(transcript: Transcript, state: State, offer: CallStarted) -> CallDenied | None:
    limits, turn = charter_of(transcript).limits, state.board.open_turns.get(offer.turn)
    ending = _ending(transcript, state, urgent=True)
    if ending is not None:
        return _denial(offer, "stopped", {"rule": ending.rule, "event": ending.event})
    values = state.admits(transcript, offer)
    if values is not None:
        return _denial(offer, "budget", values)
    if turn is None or isinstance(offer.recipe, AskRecipe):
        return None
    if isinstance(offer.recipe, ModelRecipe):
        made, most, unit = turn.model_calls, limits.model_calls, "model calls"
    else:
        made, most, unit = turn.tool_calls, limits.tool_calls, "tool and code calls"
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
            "model": getattr(offer.recipe, "model", None),
            "reserved": offer.reserved,
            "tool_call_id": getattr(offer.recipe, "tool_call_id", None),
        }
    )


def _ending(transcript: Transcript, state: State, *, urgent: bool) -> Closed | None:
    """How the run ends now, or None.

    A person's stop comes first, then what was agreed, then what went wrong, and the plain caps last: the specific
    ending is the one to know of. `urgent`: only what may stop a turn that is still going on.
    """
    board = state.board
    if urgent and not state.fired and state.time_up is None and board.interrupted is None and board.stubborn is None:
        return None  # the usual case, at the least cost
    if board.interrupted is not None:
        return _interrupted(board.interrupted)
    fired = state.ending(urgent=urgent)
    if fired is not None and (urgent or fired.leaf.outcome not in ("limit", "failed")):
        return _came_true(fired)
    if state.time_up is not None:
        return _time_up(state, state.time_up)
    if board.stubborn is not None and (not urgent or board.open_turns):
        return _spent(transcript, state, board.stubborn)
    if urgent:
        return None
    if board.denied is not None:  # before failure: it is why the turn failed
        return _spent(transcript, state, board.denied)
    if fired is not None and fired.leaf.outcome == "failed":
        return _came_true(fired)
    if board.misjudged is not None:
        return _misjudged(board.misjudged)
    if board.failed is not None and board.failures > _tolerated(state):
        return _failed(transcript, board, board.failed)
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


def _spent(transcript: Transcript, state: State, entry: Entry) -> Closed:
    denied = entry.event
    assert isinstance(denied, CallDenied)
    values = denied.values
    spent = f"{values.get('spent')} of {values.get('cap')} {values.get('unit')} spent"
    if values.get("unit") == "usd" and values.get("asked") is None:
        spent += f", and what {denied.model or 'it'!r} costs is not known"
    scope = str(values.get("scope", "budget"))
    whose = denied.reason if scope == denied.reason or denied.reason != "budget" else f"budget of {scope}"
    reason = f"the {whose} has no room for another call of {denied.agent}: {spent}"
    if denied.reason != "budget":
        return _closed("limit", "CallLimits", entry.seq, values, reason)
    used = usage_of(transcript).total
    known = {"tokens": used.tokens.complete, "usd": used.usd.complete}
    if not known.get(str(values.get("unit")), True):
        reason += "; a call that did not report what it used counts as all that was set aside for it"
    closed = _closed("limit", str(state.budget), entry.seq, values, reason)
    asked, cap = values.get("asked"), values.get("cap")
    if isinstance(asked, int | float) and isinstance(cap, int | float) and asked > cap:
        return closed.model_copy(update={"advice": _TOO_LITTLE})
    return closed.model_copy(update={"advice": _RAISE}) if state.budget.per == "conversation" else closed


def _failed(transcript: Transcript, board: Board, entry: Entry) -> Closed:
    failed = entry.event
    assert isinstance(failed, TurnFailed)
    given, error = transcript[failed.turn].event, failed.error
    agent = given.to if isinstance(given, TurnGiven) else "an agent"
    if board.limited is not None:
        reason = f"the team inside {agent} stopped at a limit: {board.limited}"
        return _closed("limit", f"limit of {agent}", entry.seq, {"agent": agent}, reason)
    where = "" if error.where is None else f" ({error.where})"
    reason = f"the turn of {agent} failed: {error.type}: {error.message}{where}"
    return _closed("failed", "failure", entry.seq, {"agent": agent, "error": error.type}, reason)


def _misjudged(entry: Entry) -> Closed:
    judged = entry.event
    assert isinstance(judged, Judged)
    assert judged.error is not None
    name, error = judged.name.partition(" ")[0], judged.error
    reason = f"the function {name} failed on event {judged.on}: {error.type}: {error.message}"
    return _closed("failed", name, entry.seq, {"on": judged.on, "error": error.type}, reason)


def _silence(board: Board, reason: str) -> Closed:
    return _closed("stopped", "silence", board.last_said or board.run_at, {"passes": board.passes}, reason)


_RAISE: Final = "The limit is that of the whole conversation: raise it to go on, with a larger budget in the program."
_TOO_LITTLE: Final = "No call fits this limit, in another run either: raise it to go on."
_ADVICE: Final[dict[OutcomeKind, str]] = {
    "done": "Nothing is left to do. Say something to the conversation to go on.",
    "limit": "Resume the conversation to go on: each run has the whole limit again; or raise the limit.",
    "failed": "Put right what the reason names, then resume: the turn that failed is taken anew, the others stand. "
    "Where the model or its address is wrong, begin anew: they are part of what was agreed.",
    "interrupted": "Resume the conversation to go on from here.",
    "stopped": "Say something to the conversation, or resume it, to go on.",
}
