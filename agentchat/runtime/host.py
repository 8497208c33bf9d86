"""One agent on the bus: takes turns, lets the agent act, and hands back what it offers."""

from __future__ import annotations

from agentchat.errors import CallUnsettled, ConcurrentCalls, ConfigurationError, StoreError
from agentchat.runtime.desk import Desk
from agentchat.runtime.problems import problem_of
from agentchat.runtime.turn import LiveTurn
from agentchat.seams import Agent, CodeAnswer, CodeAnswers, ModelAnswer, Parcel, Sandbox, Says
from agentchat.transcript.events import CallFinished, CallStarted, Event, Said, TurnFailed, TurnGiven, TurnPassed
from agentchat.transcript.messages import wrap
from agentchat.transcript.transcript import Transcript


class Host:
    """The host of one agent in one conversation."""

    def __init__(self, desk: Desk, agent: Agent, sandbox: Sandbox | None) -> None:
        self._desk = desk
        self._agent = agent
        self._sandbox = sandbox

    async def take(self, parcel: Parcel) -> Event:
        """Let the agent answer, and give back what it offers: a message, nothing, or its failure by name.

        A store that failed, and a call that only a person can settle, are no failures of the agent: they go up.
        """
        seq, given = parcel.entry.seq, parcel.entry.event
        assert isinstance(given, TurnGiven)
        try:
            turn = LiveTurn(self._desk, self._agent, self._sandbox, seq, given)
            says = await self._agent.respond(turn)
            if turn.busy:
                raise ConcurrentCalls(f"agent {self._agent.name} returned while a call of its turn was under way")
            return _said(self._desk.transcript, self._agent.name, seq, says)
        except (StoreError, CallUnsettled):
            raise
        except Exception as error:
            return TurnFailed(turn=seq, error=problem_of(error))


def _said(transcript: Transcript, name: str, turn: int, says: Says) -> Said | TurnPassed:
    if says is None:
        return TurnPassed(turn=turn)
    if isinstance(says, ModelAnswer | CodeAnswer):
        return _relayed(transcript, name, turn, (says.call,), None)
    if isinstance(says, CodeAnswers):
        return _relayed(transcript, name, turn, tuple(answer.call for answer in says.answers), says.skipped or None)
    return Said(sender=name, body=wrap(says), turn=turn)


def _relayed(transcript: Transcript, name: str, turn: int, calls: tuple[int, ...], skipped: int | None) -> Said:
    """A message that is the result of calls of this turn, and of nothing else."""
    for call in calls:
        finished = transcript[call].event if 1 <= call <= len(transcript) else None
        started = transcript[finished.call].event if isinstance(finished, CallFinished) else None
        if not isinstance(started, CallStarted) or started.turn != turn:
            raise ConfigurationError(f"agent {name} returned an answer that is no result of a call of its turn")
    if not calls:
        raise ConfigurationError(f"agent {name} returned an answer without any result; return None to say nothing")
    return Said(sender=name, from_calls=calls, skipped=skipped, turn=turn)
