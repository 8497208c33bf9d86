"""A message of an agent as the rules look at it, put together once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Said
from agentchat.transcript.messages import Body, Data, Text, text_of
from agentchat.transcript.transcript import Transcript


class Spoken:
    """What an agent said.

    type: the name of the message's type, as `type_of` gives it. parts, text: of an ordinary message; None for another.
    """

    __slots__ = ("_transcript", "parts", "said", "sender", "seq", "text", "type")

    def __init__(self, seq: int, said: Said, transcript: Transcript) -> None:
        self.seq = seq
        self.said = said
        self.sender = said.sender
        self._transcript = transcript
        self.parts = parts = transcript.parts_of(said)
        if parts is None:
            self.text, self.type = None, type_of(self.body)
        else:
            self.text, self.type = text_of(parts), Text.__name__

    @property
    def body(self) -> Body:
        """The whole message."""
        return self._transcript.body(self.seq)

    def is_by(self, sender: str | None) -> bool:
        """Whether it is of this agent; None stands for any."""
        return sender is None or sender == self.sender


Ear: TypeAlias = Callable[[Spoken], JsonObject | None]
"""What a rule is to one run: it is given each message of an agent, and gives the values that made the rule true."""


def type_of(body: Body) -> str:
    """The name of a message's type: that of the user's class, or Text, Code, CodeResult, Direction, Handoff."""
    return body.type if isinstance(body, Data) else type(body).__name__
