"""One agent on the bus: takes turns, lets the agent act, and hands back what it offers."""

from __future__ import annotations

import traceback

from agentchat.errors import CallFailedError, CallUnsettled, ConfigurationError, StoreError
from agentchat.runtime.desk import Desk
from agentchat.runtime.turn import LiveTurn
from agentchat.seams import Agent, CodeAnswer, CodeAnswers, ModelAnswer, Parcel, Sandbox, Says
from agentchat.transcript.calls import Problem
from agentchat.transcript.events import Event, Said, TurnFailed, TurnGiven, TurnPassed
from agentchat.transcript.messages import wrap


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
            return _said(self._agent.name, seq, await self._agent.respond(turn))
        except (StoreError, CallUnsettled):
            raise
        except Exception as error:
            return TurnFailed(turn=seq, error=problem_of(error))


def _said(name: str, turn: int, says: Says) -> Said | TurnPassed:
    if says is None:
        return TurnPassed(turn=turn)
    if isinstance(says, ModelAnswer | CodeAnswer):
        return Said(sender=name, from_calls=(says.call,), turn=turn)
    if isinstance(says, CodeAnswers):
        calls = tuple(answer.call for answer in says.answers)
        return Said(sender=name, from_calls=calls, skipped=says.skipped or None, turn=turn)
    try:
        return Said(sender=name, body=wrap(says), turn=turn)
    except (TypeError, AttributeError):
        raise ConfigurationError(
            f"agent {name} returned {type(says).__name__}; a turn returns text, a pydantic model, an answer, or None"
        ) from None


def problem_of(error: Exception) -> Problem:
    """An exception as data: its name, its message, and the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
    if isinstance(error, CallFailedError):
        return Problem(type=error.error_type, message=str(error))
    return Problem(type=type(error).__name__, message=str(error), where=where)
