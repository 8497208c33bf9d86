"""What an agent gave back, as the event that offers it."""

from __future__ import annotations

from pydantic import BaseModel

from agentchat.errors import ConfigurationError
from agentchat.policy.routing.plans import FINISH, PERSON
from agentchat.seams import CodeAnswer, CodeAnswers, ModelAnswer, Says, TypedAnswer
from agentchat.transcript.events import CallFinished, CallStarted, Said, TurnPassed
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.messages import Data, Direction, Handoff, wrap
from agentchat.transcript.transcript import Transcript


def said_of(transcript: Transcript, name: str, turn: int, says: Says) -> Said | TurnPassed:
    """The offer. Raises ConfigurationError for what is no answer of this turn."""
    if says is None:
        return TurnPassed(turn=turn)
    if isinstance(says, ModelAnswer | CodeAnswer):
        return _relayed(transcript, name, turn, (says.call,), None)
    if isinstance(says, CodeAnswers):
        return _relayed(transcript, name, turn, tuple(answer.call for answer in says.answers), says.skipped or None)
    if isinstance(says, TypedAnswer):
        if says.verbatim:
            said = _relayed(transcript, name, turn, (says.call,), None)
            return said.model_copy(update={"type": says.type, "to": _addressee(says.model)})
        own = isinstance(says.model, BaseModel) and not isinstance(says.model, Frozen)
        says = Data(type=says.type, value=says.value) if own else says.model
    body = wrap(says)
    return Said(sender=name, to=_addressee(body), body=body, turn=turn)


def _addressee(body: object) -> str | None:
    """A direction is for the one it names: others need not see each other's instructions."""
    if isinstance(body, Direction):
        return None if body.next == FINISH else body.next
    return body.to if isinstance(body, Handoff) and body.to != PERSON else None


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
