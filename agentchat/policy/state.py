"""The board, the standing of the run's rules and of its graph, kept together in one pass over the log."""

from __future__ import annotations

from typing import Final

from agentchat.policy.board import Board, advance
from agentchat.policy.charter import agreed_in
from agentchat.policy.routing.graph import MOVES, Walk
from agentchat.policy.routing.plans import AnyPlan, GraphPlan, RoundRobinPlan, read_plan
from agentchat.policy.routing.verdicts import Need
from agentchat.policy.rules import Ear, Fired, Judge, Leaf, Never, Rule, Spoken, read_rule, verdict
from agentchat.policy.spending.admission import overrun, refusal, warnings
from agentchat.policy.spending.amounts import UNITS
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.ledger import ledger_of
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import (
    CALL_OVER,
    CallStarted,
    Entry,
    Judged,
    Overrun,
    RunStarted,
    Said,
    Warned,
)
from agentchat.transcript.transcript import Fold, Transcript

_SPENDS: Final = frozenset({CallStarted, *CALL_OVER})


class State:
    """The board, which leaves of the current run's rules have come true, and where its graph stands, if it has one."""

    __slots__ = (
        "board",
        "budget",
        "capped",
        "ears",
        "fired",
        "judges",
        "leaves",
        "looking",
        "memories",
        "news",
        "plan",
        "questions",
        "rule",
        "time_up",
        "walk",
    )

    def __init__(self) -> None:
        self.board = Board()
        self.capped = False
        self.news = False  # whether something was spent since warnings were looked for
        self.questions: list[Need] = []
        self.rule: Rule = Never()
        self.budget = Budget()
        self.leaves: tuple[Leaf, ...] = ()
        self.ears: dict[int, Ear] = {}  # of the leaves that look at what agents say, by place
        self.looking: dict[type, tuple[int, ...]] = {}  # the leaves that look at a kind of event otherwise
        self.judges: tuple[Judge, ...] = ()
        self.memories: tuple[object, ...] = ()
        self.fired: dict[int, Fired] = {}
        self.plan: AnyPlan = RoundRobinPlan()
        self.walk: Walk | None = None
        self.time_up: Entry | None = None
        """The first entry of the run at which the budget's seconds were over."""

    def admits(self, transcript: Transcript, offer: CallStarted) -> JsonObject | None:
        """None where the budget has room for a call, else the values that say why not."""
        return refusal(self.budget, ledger_of(transcript), offer) if self.capped else None

    def notice(self, transcript: Transcript) -> Warned | Overrun | None:
        """What is to be said of the budget now: a call that took more than it reserved, or that a limit draws near."""
        if not (self.capped and self.news):
            return None
        ledger = ledger_of(transcript)
        over = overrun(self.budget, ledger)
        if over is not None:
            return over
        for reason, values in warnings(self.budget, ledger):
            return Warned(reason=reason, values=values)
        self.news = False
        return None

    def ending(self, *, urgent: bool) -> Fired | None:
        """The leaf that ends the run now, if the rules say so; with `urgent`, one that may stop an open turn."""
        fired = verdict(self.rule, self.fired, urgent=urgent)
        return None if fired is None or (urgent and not fired.leaf.urgent) else fired


def _step(state: State, entry: Entry, transcript: Transcript) -> State:
    board = state.board
    advance(board, entry)
    event = entry.event
    if type(event) is RunStarted:
        _begin(state, event, transcript)
        state.rule, state.budget = read_rule(event.rules), Budget.model_validate(event.budget)
        state.capped = any(caps.most(unit) is not None for _, caps in state.budget.scopes() for unit in UNITS)
        state.leaves, state.looking, state.fired, state.time_up = state.rule.leaves(), {}, {}, None
        state.judges = tuple(leaf for leaf in state.leaves if isinstance(leaf, Judge))
        state.memories = tuple(leaf.memory() for leaf in state.leaves)
        ears = ((place, leaf.ear(board, state.memories[place])) for place, leaf in enumerate(state.leaves))
        state.ears = {place: ear for place, ear in ears if ear is not None}
        if state.walk is not None:
            state.walk.begin(event)
            state.walk.advance(entry, board, transcript)
        return state
    kind = type(event)
    if state.walk is not None and kind in MOVES:
        state.walk.advance(entry, board, transcript)
    if kind in _SPENDS:
        state.news = True
    elif kind is Judged and state.questions:
        state.questions = [one for one in state.questions if (one.name, one.on) not in board.verdicts]
    seconds = state.budget.seconds
    if seconds is not None and state.time_up is None and entry.active >= seconds:
        state.time_up = entry
    for judge in state.judges:
        on = judge.asks(entry)
        if on is not None:
            state.questions.append(Need(judge.name, on))
    said = event if type(event) is Said and event.turn is not None else None
    of = kind if said is None else Spoken
    looking = state.looking.get(of)
    if looking is None:
        looking = state.looking[of] = _looking_at(state, kind, listening=said is not None)
    fired, leaves, memories = state.fired, state.leaves, state.memories
    for place in looking:
        if place not in fired:
            values = leaves[place].seen(entry, board, transcript, memories[place])
            if values is not None:
                fired[place] = Fired(leaves[place], entry.seq, values)
    if said is not None and state.ears:
        spoken = Spoken(entry.seq, said, transcript)
        for place, ear in state.ears.items():
            if place not in fired:
                values = ear(spoken)
                if values is not None:
                    fired[place] = Fired(leaves[place], entry.seq, values)
    return state


def _looking_at(state: State, kind: type, *, listening: bool) -> tuple[int, ...]:
    """The leaves that are shown an event of this kind; of what agents say, those that do not listen to it."""
    return tuple(
        place
        for place, leaf in enumerate(state.leaves)
        if (not leaf.on or issubclass(kind, leaf.on)) and not (listening and place in state.ears)
    )


def _begin(state: State, event: RunStarted, transcript: Transcript) -> None:
    """Take in what was agreed; with the first run, how the next agent is chosen."""
    agreed, board = agreed_in(transcript), state.board
    state.questions, state.news = [], True
    board.names = frozenset(agreed.names)
    board.uncounted = frozenset(name for name, card in agreed.cards.items() if card.kind == "selector")
    if event.run == 1 and agreed.charter is not None:
        state.plan = read_plan(agreed.charter.routing)
        state.walk = Walk(state.plan) if isinstance(state.plan, GraphPlan) else None


_STATE = Fold(State, _step)


def state_of(transcript: Transcript) -> State:
    """Where the conversation stands at the end of the transcript."""
    return transcript.fold(_STATE)
