"""Routing along the edges of a graph: first matching edge, caps on cycles, fan-out, and joins that wait for all.

The standing of a graph is kept by one pass over the log. A turn that ended waits in `over` until its edges are decided:
a condition of a user's function needs its verdict first. What an edge leads to waits in `ready` until the turn is
given. A node that several edges make ready at once has its turns one after the other.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from agentchat.policy.board import Board
from agentchat.policy.charter import Agreed
from agentchat.policy.fitting import subject_for, takes, type_of
from agentchat.policy.routing.plans import END, EdgePlan, GraphPlan
from agentchat.policy.routing.round_robin import nothing_fits
from agentchat.policy.routing.verdicts import Ending, Need, Route
from agentchat.policy.rules import Leaf, read_rule
from agentchat.policy.visibility import sees
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import (
    Entry,
    Judged,
    RunStarted,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
    Why,
)
from agentchat.transcript.transcript import Transcript

GRAPH: Final = "graph"
MOST_SHOWN: Final = 16
"""Candidates that a choice lists. A fan-out to a hundred would list each a hundred times; its edge names them all."""
MOVES: Final = frozenset({TurnGiven, Said, TurnPassed, TurnFailed, TurnCancelled, Judged, RunStarted})
"""The events that a graph looks at."""
_AGAIN: Final = "again, after it came to nothing"


class Due(NamedTuple):
    """A turn to be given. subject: the message handed on; None: the last that fits. joined: the messages of a join."""

    node: str
    subject: int | None
    reason: str
    edge: int | None = None
    joined: tuple[int, ...] = ()


class Over(NamedTuple):
    """A turn that ended: whose, at which entry, and the message it said (None where it passed)."""

    node: str
    seq: int
    said: int | None


class Way(NamedTuple):
    """An edge as agreed, ready to be followed: its name in words, and its condition where that is a rule."""

    source: tuple[str, ...]
    to: tuple[str, ...]
    when: str | None
    at_most: int | None
    on_cap: str | None
    name: str
    rule: Leaf | None


def _way(edge: EdgePlan) -> Way:
    leaf = None if edge.rule is None else read_rule(edge.rule)
    assert leaf is None or isinstance(leaf, Leaf)
    return Way(edge.source, edge.to, edge.when, edge.at_most, edge.on_cap, str(edge), leaf)


class Walk:
    """Where a graph stands."""

    __slots__ = (
        "arrived",
        "by_source",
        "ended",
        "given",
        "over",
        "ready",
        "spent",
        "start",
        "stuck",
        "taken",
        "ways",
    )

    def __init__(self, plan: GraphPlan) -> None:
        self.start = plan.start
        self.ways = [_way(edge) for edge in plan.edges]
        self.over: list[Over] = []
        self.ready: list[Due] = []
        self.given: dict[int, Due] = {}
        self.taken: dict[int, int] = {}
        self.arrived: dict[int, dict[str, int | None]] = {}
        self.ended: int | None = None
        self.spent: tuple[int, int] | None = None
        self.stuck: Over | None = None
        self.by_source: dict[str, list[int]] = {}
        for place, way in enumerate(self.ways):
            for source in way.source:
                self.by_source.setdefault(source, []).append(place)

    def begin(self, event: RunStarted) -> None:
        """A run begins: what was due before is due still; caps count anew."""
        self.taken.clear()
        self.ended = self.spent = None
        if self.stuck is not None:
            self.over.insert(0, self.stuck)
            self.stuck = None
        for seq in sorted(self.given, reverse=True):
            self.ready.insert(0, self.given.pop(seq))

    def task(self, seq: int) -> None:
        """A person says something that opens a run: the graph begins at its start."""
        self.over.clear()
        self.arrived.clear()
        self.stuck = None
        self.ready = [Due(node, seq, "the start, with the task") for node in self.start]

    def advance(self, entry: Entry, board: Board, transcript: Transcript) -> None:
        """Take one entry in, one of `MOVES`. `board` stands as of this entry."""
        event = entry.event
        if isinstance(event, TurnGiven):
            self._give(entry.seq, event)
        elif isinstance(event, Said):
            if event.turn is None:
                if not board.open_turns and board.turns == 0:
                    self.task(entry.seq)
            else:
                self._finish(event.turn, entry.seq, entry.seq)
        elif isinstance(event, TurnPassed):
            self._finish(event.turn, entry.seq, None)
        elif isinstance(event, TurnFailed | TurnCancelled):
            due = self.given.pop(event.turn, None)
            if due is not None:
                self.ready.insert(0, due._replace(reason=_AGAIN))
        while self.over and self._decided(self.over[0], board, transcript):
            self.over.pop(0)

    def _give(self, turn: int, given: TurnGiven) -> None:
        if given.why.router != GRAPH:
            return
        for place, due in enumerate(self.ready):
            if due.node == given.to:
                self.given[turn] = self.ready.pop(place)
                return

    def _finish(self, turn: int, seq: int, said: int | None) -> None:
        due = self.given.pop(turn, None)
        if due is not None:
            self.over.append(Over(due.node, seq, said))

    # following edges

    def _decided(self, over: Over, board: Board, transcript: Transcript) -> bool:
        """Follow the first edge that matches; False while a verdict is missing."""
        places = self.by_source.get(over.node, [])
        for place in places:
            way = self.ways[place]
            matches = _matches(way, over, board, transcript)
            if matches is None:
                return False
            if matches:
                self._follow(place, way, over)
                return True
        if places:
            self.stuck = over
        else:
            self.ended = over.said or over.seq
        return True

    def _follow(self, place: int, way: Way, over: Over) -> None:
        if len(way.source) > 1:
            self._arrive(place, way, over)
            return
        taken = self.taken.get(place, 0)
        if way.at_most is not None and taken >= way.at_most:
            if way.on_cap is None:
                self.spent = (place, over.seq)
                self.stuck = over
            else:
                self._lead((way.on_cap,), over.said, over.seq, f"the cap of {way.name} is spent", place, ())
            return
        self.taken[place] = taken + 1
        self._lead(way.to, over.said, over.seq, way.name, place, ())

    def _arrive(self, place: int, way: Way, over: Over) -> None:
        arrived = self.arrived.setdefault(place, {})
        arrived[over.node] = over.said
        if len(arrived) == len(way.source):
            del self.arrived[place]
            self.taken[place] = self.taken.get(place, 0) + 1
            joined = tuple(said for source in way.source if (said := arrived[source]) is not None)
            self._lead(way.to, joined[-1] if joined else None, over.seq, way.name, place, joined)

    def _lead(
        self, to: tuple[str, ...], subject: int | None, seq: int, reason: str, edge: int, joined: tuple[int, ...]
    ) -> None:
        for node in to:
            if node == END:
                self.ended = subject or seq
            else:
                self.ready.append(Due(node, subject, reason, edge, joined))

    # what is due

    @property
    def idle(self) -> bool:
        """Whether no turn is due beside those that are going on."""
        return not self.ready and not self.over

    def next(self, transcript: Transcript, board: Board, agreed: Agreed) -> Route:
        """The next turn, the verdict that is missing, the end, or None while turns are going on."""
        if self.over:
            return self._need(board)
        if self.ready:
            busy = {turn.given.to for turn in board.open_turns.values()}
            for due in self.ready:
                if due.node not in busy:
                    return self._turn(due, transcript, board, agreed)
        return None if board.open_turns else self._end(board)

    def _need(self, board: Board) -> Need:
        over = self.over[0]
        on = over.said or over.seq
        names = (self.ways[place].when for place in self.by_source[over.node])
        return next(Need(name, on) for name in names if name is not None and (name, on) not in board.verdicts)

    def _turn(self, due: Due, transcript: Transcript, board: Board, agreed: Agreed) -> Route:
        accepts = agreed.cards[due.node].accepts
        subject = due.subject
        if subject is not None:
            said = transcript[subject].event
            if not (isinstance(said, Said) and sees(due.node, said) and takes(accepts, type_of(transcript, said))):
                subject = None
        if subject is None:
            subject = subject_for(transcript, board, due.node, accepts)
        if subject is None:
            return nothing_fits(board, due.node, accepts)
        values: JsonObject = {}
        if due.edge is not None:
            values["edge"] = due.edge
            values["taken"] = self.taken.get(due.edge, 0)
        if due.joined:
            values["joined"] = [seq for seq in due.joined if _shown(transcript, seq, due.node)]
        candidates: tuple[str, ...] | None = (due.node,)
        if len(self.ready) > 1:
            few = len(self.ready) <= MOST_SHOWN
            candidates = tuple(dict.fromkeys(one.node for one in self.ready)) if few else None
        why = Why(router=GRAPH, reason=due.reason, candidates=candidates, values=values or None)
        return TurnGiven(to=due.node, subject=subject, why=why)

    def _end(self, board: Board) -> Ending:
        if self.spent is not None:
            way, seq = self.ways[self.spent[0]], self.spent[1]
            values: JsonObject = {"taken": way.at_most, "cap": way.at_most, "unit": "times"}
            reason = f"the edge {way.name} was taken as often as it may be"
            return Ending("limit", f"Edge({way.name})", seq, values, reason)
        if self.stuck is not None:
            node = self.stuck.node
            reason = f"no edge from {node} matches what it said; add an edge without a condition"
            return Ending("failed", "Graph", self.stuck.seq, {"node": node}, reason)
        waiting = [(place, who) for place, who in self.arrived.items() if who]
        if self.ended is None and waiting:
            way = self.ways[waiting[0][0]]
            missing = [source for source in way.source if source not in waiting[0][1]]
            reason = f"the join {way.name} waits for {', '.join(missing)}, and nothing leads there any more"
            return Ending("failed", "Graph", board.last_said, {"missing": list(missing)}, reason)
        if self.ended is None:
            return Ending("stopped", "silence", board.run_at, {"passes": board.passes}, "there is no message to answer")
        return Ending("done", END, self.ended, {}, "the graph came to its end")


def _matches(way: Way, over: Over, board: Board, transcript: Transcript) -> bool | None:
    """Whether what was said leads along this edge; None while a verdict is missing."""
    on = over.said or over.seq
    if way.when is not None:
        if (way.when, on) not in board.verdicts:
            return None
        return bool(board.verdicts[way.when, on])
    rule = way.rule
    return rule is None or rule.seen(transcript[on], board, transcript, rule.memory()) is not None


def _shown(transcript: Transcript, seq: int, agent: str) -> bool:
    said = transcript[seq].event
    return isinstance(said, Said) and sees(agent, said)
