"""Which message types fit which agents, and the message that an agent is given to answer."""

from __future__ import annotations

from typing import Final

from agentchat.policy.board import Board, routes
from agentchat.policy.charter import AgentCard
from agentchat.policy.visibility import sees
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFinished, Said
from agentchat.transcript.messages import Data
from agentchat.transcript.transcript import Transcript

ANY = frozenset({"str", "Message"})
"""Types that take any message: its text, or the message as it is."""
PLAIN = frozenset({"str", "Text"})
"""Two names of an ordinary text message."""
_USUAL: Final[dict[str, tuple[str, ...]]] = {"assistant": ("Text",), "user-proxy": ("Text", "CodeResult")}


def type_of(transcript: Transcript, said: Said) -> str:
    """The name of a message's type: that of the user's class for typed data, else that of the body."""
    if said.type is not None:
        return said.type
    if said.body is not None:
        return said.body.type if isinstance(said.body, Data) else type(said.body).__name__
    call = transcript[said.from_calls[0]].event if said.from_calls else None
    return "Text" if isinstance(call, CallFinished) and isinstance(call.result, Reply) else "CodeResult"


def says(card: AgentCard) -> tuple[str, ...]:
    """The types of the messages that an agent may say; none stands for any.

    Where none is agreed, a model's answer is plain text, and a user proxy says text and results of code. What routes
    (Direction, Handoff) is left out where it is not agreed.
    """
    return card.emits or _USUAL.get(card.kind, ())


def takes(accepts: tuple[str, ...], name: str) -> bool:
    """Whether an agent that accepts these types takes a message of the type `name`."""
    return not accepts or name in accepts or not ANY.isdisjoint(accepts) or (name in PLAIN and "Text" in accepts)


def gives(emits: tuple[str, ...], name: str) -> bool:
    """Whether an agent that emits these types may say a message of the type `name`."""
    return not emits or name in emits or (name in PLAIN and not PLAIN.isdisjoint(emits))


def subject_for(transcript: Transcript, board: Board, agent: str, accepts: tuple[str, ...]) -> int | None:
    """The newest message that the agent sees and takes and did not say itself; else its own newest.

    Messages that route are passed over: what they hand on is the work, and their words ride along.
    """
    own = None
    for seq in reversed(board.said):
        said = transcript[seq].event
        if isinstance(said, Said) and sees(agent, said) and not routes(said):
            if said.sender == agent:
                own = own or seq
            elif takes(accepts, type_of(transcript, said)):
                return seq
    return own if own is not None and not accepts else None
