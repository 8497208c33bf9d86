"""Who sees what: a message without addressee is for everyone, one with an addressee for sender and addressee."""

from __future__ import annotations

from agentchat.transcript.events import Said
from agentchat.transcript.transcript import Message, Transcript


def sees(agent: str, said: Said) -> bool:
    """Whether an agent sees a message."""
    return said.to is None or agent in (said.to, said.sender)


def seen_by(transcript: Transcript, agent: str, said: list[int], before: int) -> tuple[Message, ...]:
    """The messages an agent sees among those at `said` (ascending), up to and without entry `before`."""
    return tuple(
        transcript.message(seq)
        for seq in said
        if seq < before and isinstance(event := transcript[seq].event, Said) and sees(agent, event)
    )
