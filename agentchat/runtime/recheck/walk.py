"""A saved run gone through once more: what the policy decided is decided again, and every agent that is at hand acts
again, on the record alone.

Nothing is called, run, stored or asked. Turns that went on side by side are run so again, each going on when the record
has it go on. A process that ended is met where the record has it: an open turn is begun anew there, as it was then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Mapping
from typing import Final, NamedTuple, Protocol

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint
from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from agentchat.debug.replay import Difference
from agentchat.errors import AgentChatError
from agentchat.policy.state import state_of
from agentchat.runtime.manager import Judge
from agentchat.runtime.problems import problem_of
from agentchat.runtime.recheck.departures import Departure, alike, departure, same
from agentchat.runtime.recheck.lane import Departed, Lane
from agentchat.runtime.recheck.record import OVER, Ongoing
from agentchat.runtime.recheck.turn import CheckingHost, NoSandbox
from agentchat.runtime.recheck.waiting import SideLane, SoleLane
from agentchat.seams import Agent, Parcel
from agentchat.transcript.calls import Problem
from agentchat.transcript.chain import encode
from agentchat.transcript.events import (
    CALL_ENDS,
    Diverged,
    Entry,
    Event,
    Forked,
    Judged,
    Taken,
    TurnFailed,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

PATIENCE: Final = 30.0
"""Seconds that an agent may take over a turn, or beside others over one act of it. Nothing in it waits for the world
outside, but for code of a user's."""
_BREATH: Final = 128
"""Entries after which others in the same event loop have their turn."""
_CODE_CHANGED: Final = "its code was another one when it was resumed, as the record says"


class Seat(NamedTuple):
    """Who acts in a turn. verdicts: whether the record speaks for the check of its answers, or for their class, which
    is not at hand or not to be run. quick: whether all it waits for is in the record."""

    agent: Agent
    verdicts: bool = False
    quick: bool = True


class Seats(Protocol):
    """Finds the agents that are at hand."""

    def seat(self, log: Transcript, name: str) -> Seat | str:
        """The agent of this name as it is agreed on at the end of the log, or why it is not run again."""
        ...


class Walked(NamedTuple):
    """What was found: differences in order; the texts of the first, with its place, if there are any; turns that were
    run again by agent, and those that were not by agent and reason."""

    differences: list[Difference]
    texts: tuple[int, str, str] | None
    run_again: Counter[str]
    left_out: Counter[tuple[str, str]]


class Walk:
    """One way through a record.

    judges: users' functions that are asked again. patience: see `PATIENCE`.
    """

    def __init__(
        self,
        record: Transcript,
        seats: Seats,
        *,
        judges: Mapping[str, Judge] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._way = Ongoing(record, self._entered, asks=bool(judges))
        self._seats = seats
        self._judges = {_name(name): judge for name, judge in (judges or {}).items()}
        self._patience = patience
        self._lanes: dict[int, Lane] = {}
        self._skipped: dict[int, str] = {
            entry.event.turn: _CODE_CHANGED for entry in record.as_written() if isinstance(entry.event, Diverged)
        }
        self._gone: set[int] = set()
        self._counted: set[int] = set()
        self._tasks: TaskGroup
        self._texts: tuple[int, str, str] | None = None
        self._run_again: Counter[str] = Counter()
        self._left_out: Counter[tuple[str, str]] = Counter()

    async def walk(self) -> Walked:
        """Go through all of it."""
        way = self._way
        async with anyio.create_task_group() as self._tasks:
            while (entry := way.next) is not None:
                if entry.seq % _BREATH == 0:
                    await checkpoint()
                lane = await self._lane(entry)
                if way.passed(entry):
                    continue  # a turn that needs to wait for nobody went on by itself
                if lane is not None:
                    await self._reach(lane, entry)
                elif isinstance(entry.event, Judged) and _name(entry.event.name) in self._judges:
                    await self._ask_again(entry, entry.event)
                else:
                    way.take()
            self._tasks.cancel_scope.cancel()
        return Walked(way.found, self._texts, self._run_again, self._left_out)

    def _entered(self, entry: Entry) -> None:
        """See what an entry that was taken in means for the turns that are run again."""
        event = entry.event
        if isinstance(event, CALL_ENDS):
            started = self._way.call_of(event.call)
            lane = None if started is None else self._lanes.get(started.turn)
            if lane is not None:
                lane.end(event.call, entry)
        elif isinstance(event, OVER):
            if event.turn in self._lanes:
                self._lanes.pop(event.turn).leave()
        elif isinstance(event, Taken | Forked):  # another process: what this one had in hand is lost
            while self._lanes:
                self._lanes.popitem()[1].leave()

    # turns

    async def _lane(self, entry: Entry) -> Lane | None:
        """The turn that an entry belongs to, begun where it is not; None where no agent is to act for it."""
        way = self._way
        seq = way.turn_of(entry.event)
        if seq is None or seq in self._gone:
            return None
        lane = self._lanes.get(seq)
        if lane is not None:
            return lane
        given = way.log[seq].event if 1 <= seq <= len(way.log) else None
        state = state_of(way.log)
        if not isinstance(given, TurnGiven) or seq not in state.board.open_turns:
            return None
        seat = self._skipped.get(seq) or self._seats.seat(way.log, given.to)
        if isinstance(seat, str):
            self._left_out[given.to, seat] += 1
            self._gone.add(seq)
            return None
        if seq not in self._counted:
            self._counted.add(seq)
            self._run_again[given.to] += 1
        turn = Parcel(way.log.conversation, way.log[seq])
        if state.walk is None:
            return await self._alone(SoleLane(way, seq, given.to, verdicts=seat.verdicts), seat, turn)
        beside = self._lanes[seq] = SideLane(way, seq, given.to, verdicts=seat.verdicts)
        self._tasks.start_soon(self._beside, beside, seat, turn)
        return beside

    async def _alone(self, lane: SoleLane, seat: Seat, turn: Parcel) -> Lane | None:
        """Let an agent act here: no other has a turn. Its lane, where the record has more of it."""
        self._lanes[lane.turn] = lane
        if seat.quick:
            await _carry(lane, seat.agent, turn)
        else:
            with anyio.move_on_after(self._patience) as scope:
                await _carry(lane, seat.agent, turn)
            if scope.cancelled_caught:
                self._give_up(lane)
        self._way.advance()
        return self._lanes.get(lane.turn)

    async def _beside(self, lane: SideLane, seat: Seat, turn: Parcel) -> None:
        """Let an agent act beside others."""
        with lane.scope:
            await _carry(lane, seat.agent, turn)
            lane.done()

    async def _reach(self, lane: Lane, entry: Entry) -> None:
        """Let a turn go on until it did what the record has next of it, or something else, or nothing."""
        if lane.early:
            now = lane.early.pop(0)
            self._settle(lane, entry, None if same(entry.event, now) else now)
            return
        if isinstance(lane, SideLane):
            lane.call()
            with anyio.move_on_after(self._patience):
                while not (self._way.passed(entry) or lane.over or lane.stuck()):
                    await lane.news()
            if self._way.passed(entry):
                return
        if lane.offered is not None:
            early = lane.offered_at < entry.seq and same(entry.event, lane.offered)
            self._settle(lane, entry, f"does so before event {lane.offered_at}" if early else lane.offered)
        elif lane.answer is not None:
            fits = same(entry.event, lane.answer) or (lane.verdicts and alike(entry.event, lane.answer))
            self._settle(lane, entry, None if fits else self._unlike(lane, entry))
            self._gone.add(lane.turn)
        elif lane.stopped is not None:
            self._settle(lane, entry, f"stops: {type(lane.stopped).__name__}: {lane.stopped}")
        elif lane.blocked:
            calls = ", ".join(map(str, lane.blocked))
            self._settle(lane, entry, f"waits for what comes of event {calls}, and does nothing before")
        else:
            self._give_up(lane)
            self._way.take()

    def _settle(self, lane: Lane, entry: Entry, now: Event | str | None) -> None:
        """Note that an act is another one than the recorded one, if it is, and go on."""
        way = self._way
        if now is not None:
            self._gone.add(lane.turn)
            self._depart(departure(way.log, way.record, entry, lane.agent, now, near=not way.found))
        way.take()
        if now is not None and lane.turn in self._lanes:
            self._lanes.pop(lane.turn).leave()

    def _depart(self, departed: Departure) -> None:
        difference, found = departed.difference, self._way.found
        if not found and departed.texts is not None:
            self._texts = (difference.seq, *departed.texts)
        found.append(difference._replace(note=self._way.note))

    def _give_up(self, lane: Lane) -> None:
        """An agent that waits for something that is in no record."""
        self._gone.add(lane.turn)
        self._lanes.pop(lane.turn, lane).leave()
        self._run_again[lane.agent] -= 1
        self._left_out[lane.agent, f"it did nothing for {self._patience:g} seconds: it waits for something else"] += 1

    def _unlike(self, lane: Lane, entry: Entry) -> Event | None:
        """What an agent returned that is not the recorded act. Where it cannot be written down, its failure is that."""
        answer = lane.answer
        assert answer is not None
        try:
            encode(self._way.log.next(answer, at=0.0, active=0.0, cause=0))
        except ValueError as error:
            told = f"this cannot be written as UTF-8 JSON: {error}"
            answer = TurnFailed(turn=lane.turn, error=Problem(type="AgentChatError", message=told))
            return None if same(entry.event, answer) else answer
        return answer

    # users' functions

    async def _ask_again(self, entry: Entry, judged: Judged) -> None:
        """Ask a user's function once more, and compare its verdict."""
        value: JsonValue = None
        problem: Problem | None = None
        try:
            given = self._judges[_name(judged.name)](self._way.log, judged.on)
            value = to_jsonable_python(await given if isinstance(given, Awaitable) else given)
        except Exception as error:
            problem = problem_of(error)
        now = _verdict(value, problem)
        if now != _verdict(judged.value, judged.error):
            name = _name(judged.name)
            recorded = f"{_verdict(judged.value, judged.error)} on event {judged.on}"
            self._depart(Departure(Difference(entry.seq, f"the verdict of {name}", recorded, now)))
        self._way.take()


async def _carry(lane: Lane, agent: Agent, turn: Parcel) -> None:
    """Let an agent act. What ends it here ends nothing else."""
    try:
        host = CheckingHost(lane, agent, None if agent.sandbox is None else NoSandbox())
        lane.answer = await host.take(turn)
    except Departed:
        pass
    except BaseExceptionGroup as group:
        if group.split(Departed)[1] is not None:
            raise
    except AgentChatError as error:
        lane.stopped = error


def _name(judge: str) -> str:
    """The name of a user's function, without the digest of its text: what it says is compared instead."""
    return judge.rpartition(" ")[0]


def _verdict(value: JsonValue, problem: Problem | None) -> str:
    return repr(value) if problem is None else f"{problem.type}: {problem.message}"
