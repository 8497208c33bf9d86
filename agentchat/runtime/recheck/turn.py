"""A turn whose calls are never made: each comes back with what the record has for it. The agent's own code runs as it
does live.
"""

from __future__ import annotations

from typing import Any, TypeVar

import anyio
from pydantic import BaseModel

from agentchat.errors import CallFailedError, SandboxUnavailable
from agentchat.runtime.calls import Admitted, Call, Done, Performer
from agentchat.runtime.desk import Desk
from agentchat.runtime.host import Host
from agentchat.runtime.problems import may_pass
from agentchat.runtime.recheck.lane import Lane
from agentchat.runtime.recheck.verdicts import RecordedTool, checked_by_record, refused_by_record
from agentchat.runtime.replying import reply
from agentchat.runtime.rerun import Record
from agentchat.runtime.turn import Act, LiveTurn
from agentchat.seams import Agent, Limits, Sandbox, Says, Tool, TypedAnswer
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFailed, CallFinished, Position, TurnGiven
from agentchat.transcript.messages import CodeRun

R = TypeVar("R")


class RecordedCall(Call):
    """A call that is put together as it is live, and comes back when the record has its end."""

    def __init__(
        self, lane: Lane, agent: str, turn: int, ordinal: int, performer: Performer, record: Record | None
    ) -> None:
        super().__init__(lane, agent, turn, ordinal, performer, record)
        self._lane = lane

    def admit(self, share: int = 1) -> Admitted:
        """As live; the record knows it as started."""
        admitted = super().admit(share)
        if admitted.done is None:
            self._lane.launch(self._ordinal)
        return admitted

    async def finish(self, admitted: Admitted) -> Done:
        """As live, further attempts included."""
        try:
            done = await super().finish(admitted)
        finally:
            self._lane.land(self._ordinal)
        if isinstance(done.result, Reply):
            self._lane.reply = done.seq, done.result
        return done

    async def _attempt_once(self, slot: Any) -> Done | CallFailed:
        entry = await self._lane.end_of(slot.seq, self._ordinal)
        end = entry.event
        if isinstance(end, CallFinished):
            return Done(end.result, entry.seq)
        if isinstance(end, CallFailed):
            if not may_pass(end.error) and not self._lane.tried_again(self._ordinal):
                raise CallFailedError(end.error.type, end.error.message)
            # as if it was taken from another record: what failed then is not waited for now
            here = Position(conversation=self._lane.transcript.conversation, seq=entry.seq)
            return end.model_copy(update={"taken_from": here})
        await anyio.sleep_forever()  # it was cancelled: so will this be, by the turn's end or by the agent itself
        raise AssertionError("unreachable")


class CheckedTurn(LiveTurn):
    """A turn on its record. Each of its acts waits until the record has one of this turn next."""

    def __init__(self, desk: Desk, agent: Agent, sandbox: Sandbox | None, seq: int, given: TurnGiven) -> None:
        super().__init__(desk, agent, sandbox, seq, given)
        assert isinstance(desk, Lane)
        self._lane = desk
        self._seen: tuple[int, set[str]] = (0, set())

    async def set_state(self, state: BaseModel) -> None:
        """As live."""
        await self._lane.my_turn()
        await super().set_state(state)

    async def make(self, act: Act[R]) -> R:
        """As live, without making it."""
        await self._lane.my_turn()
        return await super().make(act)

    async def gather(self, *calls: Any) -> list[Any]:
        """As live, without making them."""
        await self._lane.my_turn()
        return await super().gather(*calls)

    async def reply(self) -> Says:
        """As live; a check of the answer that is not to be run is what the record says of it."""
        agent = self._agent
        if self._lane.verdicts and agent.check is not None:
            agent = checked_by_record(agent, self._lane)
        return await reply(self, agent)

    def unsayable(self, answer: TypedAnswer) -> tuple[str, ...]:
        """As live, and what the record says of the answer where its class or check is not at hand."""
        problems = super().unsayable(answer)
        return problems or (refused_by_record(self._lane, answer.call) if self._lane.verdicts else ())

    def tool_named(self, name: str) -> Tool | None:
        """The agent's tool; one that is not at hand answers from the record."""
        tool = super().tool_named(name)
        if not isinstance(tool, RecordedTool):
            return tool
        place = 0 if self._lane.reply is None else self._lane.reply[0]
        if self._seen[0] != place:
            self._seen = place, set()
        return tool.on(self._lane, self._seen[1])

    def _call(self, performer: Performer) -> Call:
        self._ordinal += 1
        return RecordedCall(self._lane, self.agent, self._seq, self._ordinal, performer, self._record)


class CheckingHost(Host):
    """The host of one agent in one turn on its record."""

    turn_class = CheckedTurn


class NoSandbox:
    """Stands where an agent has a sandbox. Nothing runs in it."""

    name = "none"

    def languages(self) -> frozenset[str]:
        """None is asked for."""
        return frozenset()

    async def probe(self) -> str | None:
        """It never works."""
        return "nothing is run when a turn is run again on its record"

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        """Refused."""
        raise SandboxUnavailable("nothing is run when a turn is run again on its record")
