"""Where a conversation stands: counts and open ends, kept by one pass over the log.

The board holds sums over entries and nothing else. It is what routing, rules and budgets look at, so that deciding
costs the same at the ten-thousandth turn as at the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from pydantic import JsonValue

from agentchat.transcript.calls import AskRecipe, ModelRecipe, ToolResult
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Edited,
    Entry,
    Forked,
    Interrupted,
    Judged,
    Opened,
    PersonaChanged,
    Refused,
    RunStarted,
    Said,
    StateSet,
    Taken,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)
from agentchat.transcript.messages import ROUTING_BODIES

MOST_DENIALS: Final = 16
"""Denied calls in one turn after which it is stopped: an agent that asks so often does not heed the answer. The same
figure as the calls that a turn may hold."""
GIVEN_UP: Final = "what it was given on was changed, so it is given anew"
"""Why a turn is cancelled that something was changed under."""
CLOSING: Final = "closing"
"""The router's name in the `Why` of a run's closing turn."""


def routes(said: Said) -> bool:
    """Whether a message steers the conversation rather than carrying its work."""
    return said.type == "Direction" or (said.body is not None and isinstance(said.body, ROUTING_BODIES))


class OpenTurn:
    """A turn that is going on: its TurnGiven entry, and what was admitted and denied in it.

    acted: whether anything is recorded of it that a re-run of its agent must meet again. addressed: whether it was
    given for a message to this agent alone.
    """

    __slots__ = (
        "acted",
        "addressed",
        "agent_before",
        "denials",
        "denied",
        "denied_at",
        "entry",
        "given",
        "last_call",
        "limited",
        "model_calls",
        "rotated_before",
        "tool_calls",
    )

    def __init__(
        self, entry: Entry, given: TurnGiven, agent_before: str | None, rotated_before: str | None, addressed: bool
    ) -> None:
        self.entry = entry
        self.given = given
        self.agent_before = agent_before
        self.rotated_before = rotated_before
        self.addressed = addressed
        self.last_call = 0
        self.limited: str | None = None  # why a team inside that it called stopped at a limit, with nothing to show
        self.model_calls = 0
        self.tool_calls = 0
        self.denials = 0
        self.denied: Entry | None = None
        self.denied_at = -1
        self.acted = False


class Board:
    """The standing of a conversation after some entry. Counts are of the current run unless said otherwise."""

    __slots__ = (
        "active",
        "addressed",
        "closed",
        "closing",
        "conversation",
        "denied",
        "directed",
        "epoch",
        "failed",
        "failures",
        "interrupted",
        "last_agent",
        "last_over",
        "left",
        "limited",
        "messages",
        "misjudged",
        "model_calls",
        "names",
        "open_calls",
        "open_turns",
        "passes",
        "rotate_from",
        "rotated",
        "run",
        "run_at",
        "said",
        "served",
        "started",
        "stubborn",
        "turns",
        "unanswered",
        "uncounted",
        "verdicts",
    )

    def __init__(self) -> None:
        self.conversation: str | None = None
        self.run = 0
        self.run_at = 0
        self.started: RunStarted | None = None
        self.closed: Entry | None = None
        self.active = 0.0
        self.turns = 0
        self.messages = 0
        self.model_calls = 0
        self.failures = 0  # failed turns since the last message of an agent
        self.passes = 0  # turns without a message since the last one of anybody
        self.failed: Entry | None = None
        self.limited: str | None = None  # the limit of a team inside, where that is why the last turn failed
        self.denied: Entry | None = None
        self.interrupted: Entry | None = None
        self.stubborn: Entry | None = None  # the denial of a call in a turn that does not heed denials
        self.misjudged: Entry | None = None  # a user's function that raised
        self.closing = False  # whether the run's closing turn was given
        self.open_turns: dict[int, OpenTurn] = {}
        self.open_calls: dict[int, CallStarted] = {}
        self.last_agent: str | None = None
        self.last_over: Entry | None = None  # what ended the last turn of the run
        self.rotate_from: str | None = None
        self.rotated: str | None = None  # behind whom the next run begins, unless a person opens it
        self.directed: int | None = None  # a direction or handoff that was not followed yet
        self.verdicts: dict[tuple[str, int], JsonValue] = {}
        # whole conversation
        self.names: frozenset[str] = frozenset()
        self.uncounted: frozenset[str] = frozenset()  # routers whose turns are not counted
        self.said: list[int] = []
        self.addressed: list[int] = []
        self.unanswered: list[int] = []  # addressed ones whose turn came to nothing: asked again in the next run
        self.served: dict[str, int] = {}
        self.epoch = 0
        self.left: dict[int, int] = {}  # turns that are to be given anew, by what was changed under them

    @property
    def turn(self) -> Entry | None:
        """The turn that is going on; the first given, where there are several."""
        for turn in self.open_turns.values():
            return turn.entry
        return None

    @property
    def last_said(self) -> int:
        """The sequence number of the last message; 0 before the first."""
        return self.said[-1] if self.said else 0

    @property
    def live(self) -> bool:
        """Whether a run is going on."""
        return self.started is not None and self.closed is None


def advance(board: Board, entry: Entry) -> None:
    """Take one entry in."""
    board.active = entry.active
    act = _ACTS.get(type(entry.event))
    if act is not None:
        act(board, entry, entry.event)


def _opened(board: Board, entry: Entry, event: Opened) -> None:
    board.conversation = event.conversation


def _run_started(board: Board, entry: Entry, event: RunStarted) -> None:
    board.run, board.run_at, board.started = event.run, entry.seq, event
    board.closed = board.failed = board.denied = board.interrupted = None
    board.turns = board.messages = board.model_calls = board.failures = board.passes = 0
    board.stubborn = board.last_over = board.misjudged = board.limited = None
    board.closing = False
    board.verdicts.clear()
    board.rotate_from = board.rotated
    board.addressed[:0] = [seq for seq in board.unanswered if seq not in board.addressed]


def _said(board: Board, entry: Entry, event: Said) -> None:
    board.messages += 1
    board.passes = 0
    board.said.append(entry.seq)
    if event.to in board.names and not routes(event):
        board.addressed.append(entry.seq)
    if event.turn is not None:
        if board.failed is None or event.turn > board.failed.seq:  # not one that went on beside the failed turn
            board.failures = 0
        _turn_over(board, entry, event.turn)
        board.directed = entry.seq if routes(event) else None
    elif board.turns == 0 and not board.open_turns:  # a person opens the run: the rotation begins anew
        board.rotate_from = board.rotated = board.directed = None
        board.addressed = [seq for seq in board.addressed if seq not in board.unanswered]
        board.unanswered.clear()


def _turn_given(board: Board, entry: Entry, event: TurnGiven) -> None:
    addressed = event.subject in board.addressed
    board.open_turns[entry.seq] = OpenTurn(entry, event, board.last_agent, board.rotated, addressed)
    board.last_agent = board.rotate_from = board.rotated = event.to
    board.closing = board.closing or event.why.router == CLOSING
    if addressed:
        board.addressed.remove(event.subject)
        board.unanswered = [seq for seq in board.unanswered if seq != event.subject]


def _turn_over(board: Board, entry: Entry, turn: int) -> OpenTurn | None:
    board.last_over = entry
    board.left.pop(turn, None)
    over = board.open_turns.pop(turn, None)
    if over is None or over.given.to not in board.uncounted:
        board.turns += 1
    if board.open_turns:
        lost = [seq for seq, call in board.open_calls.items() if call.turn == turn]
        for seq in lost:
            del board.open_calls[seq]
    else:
        board.open_calls.clear()  # what a lost process left open ends with its turn
    return over


def _turn_passed(board: Board, entry: Entry, event: TurnPassed) -> None:
    board.passes += 1
    _turn_over(board, entry, event.turn)
    board.directed = None


def _turn_failed(board: Board, entry: Entry, event: TurnFailed) -> None:
    board.failures += 1
    board.failed = entry
    over = _turn_over(board, entry, event.turn)
    board.limited = None
    if over is not None:
        board.limited = over.limited
        _nothing_came(board, over)


def _turn_cancelled(board: Board, entry: Entry, event: TurnCancelled) -> None:
    left = event.turn in board.left
    over = _turn_over(board, entry, event.turn)
    if over is not None:
        _nothing_came(board, over)
        if left:
            _ungiven(board, over)


def _nothing_came(board: Board, over: OpenTurn) -> None:
    """The next run begins with the agent whose turn came to nothing."""
    board.last_agent, board.rotated = over.agent_before, over.rotated_before
    if over.addressed:
        board.unanswered.append(over.given.subject)


def _ungiven(board: Board, over: OpenTurn) -> None:
    """A turn that was given up for a change under it counts as not given."""
    board.rotate_from = over.rotated_before
    board.turns -= over.given.to not in board.uncounted
    if over.addressed and over.given.subject not in board.addressed:
        board.addressed.insert(0, over.given.subject)


def _call_started(board: Board, entry: Entry, event: CallStarted) -> None:
    board.open_calls[entry.seq] = event
    turn = board.open_turns.get(event.turn)
    if isinstance(event.recipe, ModelRecipe):
        board.model_calls += 1
        name = event.recipe.model
        board.served[name] = board.served.get(name, 0) + 1
        if turn is not None:
            turn.acted, turn.last_call = True, entry.seq
            turn.model_calls += 1
    elif turn is not None:
        turn.acted, turn.last_call = True, entry.seq
        turn.tool_calls += not isinstance(event.recipe, AskRecipe)


def _call_finished(board: Board, entry: Entry, event: CallFinished) -> None:
    started = board.open_calls.pop(event.call, None)
    if type(event.result) is ToolResult and started is not None and started.turn in board.open_turns:
        board.open_turns[started.turn].limited = event.result.limit


def _call_over(board: Board, entry: Entry, event: CallFailed | CallCancelled) -> None:
    board.open_calls.pop(event.call, None)


def _call_in_doubt(board: Board, entry: Entry, event: CallInDoubt) -> None:
    started = board.open_calls.pop(event.call, None)
    if started is not None and isinstance(started.recipe, ModelRecipe):
        board.served[started.recipe.model] -= 1


def _call_denied(board: Board, entry: Entry, event: CallDenied) -> None:
    turn = board.open_turns.get(event.turn)
    if turn is not None:
        # of several calls of one reply the model sees only afterwards that they were denied: they count as one
        if event.tool_call_id is None or turn.denied_at != turn.model_calls:
            turn.denials += 1
        turn.denied_at = turn.model_calls
        turn.denied = entry
        if turn.denials >= MOST_DENIALS:
            board.stubborn = board.stubborn or entry
    if event.reason == "budget":
        board.denied = entry


def _interrupted(board: Board, entry: Entry, event: Interrupted) -> None:
    board.interrupted = entry


def _acted(board: Board, entry: Entry, event: StateSet | Refused) -> None:
    turn = board.open_turns.get(event.turn)
    if turn is not None:
        turn.acted = True


def _judged(board: Board, entry: Entry, event: Judged) -> None:
    board.verdicts[event.name, event.on] = event.value
    if event.error is not None:
        board.misjudged = entry


def _taken(board: Board, entry: Entry, event: Taken) -> None:
    board.epoch = event.epoch


def _forked(board: Board, entry: Entry, event: Forked) -> None:
    """Calls that were open count as not made; turns that were going on go on, or are given up."""
    for call in board.open_calls.values():
        if isinstance(call.recipe, ModelRecipe):
            board.served[call.recipe.model] -= 1
    board.open_calls.clear()
    if event.anew:
        _leave(board, entry, board.open_turns)


def _edited(board: Board, entry: Entry, event: Edited) -> None:
    """What was edited changes what open turns were given on. With the result of its last call a turn goes on."""
    if event.act == "result":
        target = event.target or 0
        _leave(board, entry, [turn for turn, one in board.open_turns.items() if one.last_call > target])
    elif event.act in ("replace", "remove", "agreement"):
        _leave(board, entry, board.open_turns)


def _persona_changed(board: Board, entry: Entry, event: PersonaChanged) -> None:
    _leave(board, entry, [turn for turn, one in board.open_turns.items() if one.given.to == event.agent])


def _leave(board: Board, entry: Entry, turns: Iterable[int]) -> None:
    for turn in turns:
        board.left.setdefault(turn, entry.seq)


def _closed(board: Board, entry: Entry, event: Closed) -> None:
    board.closed = entry


_ACTS: Final[dict[type, Callable[[Board, Entry, Any], None]]] = {
    Opened: _opened,
    RunStarted: _run_started,
    Said: _said,
    TurnGiven: _turn_given,
    TurnPassed: _turn_passed,
    TurnFailed: _turn_failed,
    TurnCancelled: _turn_cancelled,
    CallStarted: _call_started,
    CallFinished: _call_finished,
    CallFailed: _call_over,
    CallCancelled: _call_over,
    CallInDoubt: _call_in_doubt,
    CallDenied: _call_denied,
    Interrupted: _interrupted,
    Judged: _judged,
    StateSet: _acted,
    Refused: _acted,
    Taken: _taken,
    Forked: _forked,
    Edited: _edited,
    PersonaChanged: _persona_changed,
    Closed: _closed,
}
