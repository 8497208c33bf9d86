"""Rules that look at what agents say: a word, a whole message, a sender, a handoff, a type.

They look at messages of agents alone, never at what people say, so not at the task either: logs of real teams show a
termination word quoted in instructions and in results of code far more often than meant.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from agentchat.errors import ConfigurationError
from agentchat.policy.board import Board
from agentchat.policy.fences import outside_fences
from agentchat.policy.rules.core import Leaf
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Entry, Said
from agentchat.transcript.messages import Body, Data, Handoff, Text, text_of
from agentchat.transcript.transcript import Transcript

TypeOrName = type[BaseModel] | str


class Spoken:
    """A message of an agent as the rules look at it, put together once for all of them.

    type: the name of the message's type, as `type_of` gives it. text: its text, where it is an ordinary message.
    """

    __slots__ = ("_transcript", "sender", "seq", "text", "type")

    def __init__(self, seq: int, said: Said, transcript: Transcript) -> None:
        self.seq = seq
        self.sender = said.sender
        self._transcript = transcript
        parts = transcript.parts_of(said)
        self.text = None if parts is None else text_of(parts)
        self.type = type_of(self.body) if parts is None else Text.__name__

    @property
    def body(self) -> Body:
        """The whole message."""
        return self._transcript.body(self.seq)

    def is_by(self, sender: str | None) -> bool:
        """Whether it is of this agent; None stands for any."""
        return sender is None or sender == self.sender


class ContentLeaf(Leaf):
    """A rule that looks at what agents say, and at nothing else. People's words never reach it."""

    on: ClassVar[tuple[type, ...]] = (Said,)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)

    @abstractmethod
    def heard(self, spoken: Spoken, memory: object) -> JsonObject | None:
        """The values that made it true at this message of an agent, or None; `memory` as in `seen`."""

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """Listens, where an agent says something."""
        said = entry.event
        if not isinstance(said, Said) or said.turn is None:
            return None
        return self.heard(Spoken(entry.seq, said, transcript), memory)


def type_of(body: Body) -> str:
    """The name of a message's type: that of the user's class, or Text, Code, CodeResult, Direction, Handoff."""
    return body.type if isinstance(body, Data) else type(body).__name__


def type_name(given: object, rule: str) -> str:
    """The name of a message type given as a class or by name. Raises ConfigurationError for anything else."""
    if isinstance(given, str):
        return given
    if isinstance(given, type) and issubclass(given, BaseModel):
        return given.__name__
    raise ConfigurationError(f"{rule} takes one message type, a pydantic model or its name, not {given!r}")


def only(by: str | None) -> tuple[str, ...]:
    """The senders a rule waits for, as `Leaf.senders` gives them."""
    return () if by is None else (by,)


def unheard(by: str | None, did: str) -> str:
    """That nobody did it, or that the one who is meant did not."""
    return f"no agent has {did}" if by is None else f"{by} has not {did}"


class _Words(ContentLeaf):
    """A rule on what an agent says: its text, and perhaps who is to say it."""

    text: str
    by: str | None = None

    def senders(self) -> tuple[str, ...]:
        """The one that is meant, if one is."""
        return only(self.by)

    def heard(self, spoken: Spoken, memory: object) -> JsonObject | None:
        """True at a message that says it."""
        text = spoken.text
        if text is None or not spoken.is_by(self.by) or not self.in_(text):
            return None
        return {"text": self.text, "sender": spoken.sender}

    @abstractmethod
    def in_(self, said: str) -> bool:
        """Whether this text says it."""

    def standing(self, board: Board, memory: object = None) -> str:
        """Who has not said it."""
        return unheard(self.by, "said it")


class Mentions(_Words):
    """Ends when an agent's text holds `text` as whole words, outside fenced blocks; case counts.

    It never looks at the results of code.
    """

    rule: Literal["mentions"] = "mentions"
    text: str = Field(min_length=1)

    def __init__(self, text: str, by: str | None = None, **given: object) -> None:
        super().__init__(text=text, by=by, **given)

    def in_(self, said: str) -> bool:
        """As whole words, outside fences."""
        if self.text not in said:  # the usual case, at the least cost
            return False
        return re.search(rf"(?<!\w){re.escape(self.text)}(?!\w)", outside_fences(said)) is not None


class Says(_Words):
    """Ends when an agent's whole message is `text`, white space at both ends aside; case counts.

    The usual TERMINATE: a message that only quotes the word among others does not count.
    """

    rule: Literal["says"] = "says"
    text: str = Field(pattern=r"\S")

    def __init__(self, text: str, by: str | None = None, **given: object) -> None:
        super().__init__(text=text, by=by, **given)

    def in_(self, said: str) -> bool:
        """As the whole message."""
        return said.strip() == self.text.strip()


class From(ContentLeaf):
    """Ends when the agent `sender` says something, whatever it is."""

    rule: Literal["from"] = "from"
    sender: str = Field(min_length=1)

    def __init__(self, sender: str, **given: object) -> None:
        super().__init__(sender=sender, **given)

    def senders(self) -> tuple[str, ...]:
        """That one."""
        return (self.sender,)

    def heard(self, spoken: Spoken, memory: object) -> JsonObject | None:
        """True at its first message."""
        return {"sender": self.sender} if spoken.sender == self.sender else None

    def standing(self, board: Board, memory: object = None) -> str:
        """That it has not spoken."""
        return f"{self.sender} has said nothing"


class HandedTo(ContentLeaf):
    """Ends when an agent hands its turn to `name` (a `Handoff`): an agent, or "user" for the person outside."""

    rule: Literal["handed_to"] = "handed_to"
    name: str = Field(min_length=1)

    def __init__(self, name: str, **given: object) -> None:
        super().__init__(name=name, **given)

    def heard(self, spoken: Spoken, memory: object) -> JsonObject | None:
        """True at such a handoff."""
        body = spoken.body
        handed = isinstance(body, Handoff) and body.to == self.name
        return {"to": self.name, "sender": spoken.sender} if handed else None

    def standing(self, board: Board, memory: object = None) -> str:
        """That it has not happened."""
        return f"nobody has handed over to {self.name}"


class Emitted(ContentLeaf):
    """Ends when an agent sends a message of this type: a pydantic model of yours, or one of the built-in bodies.

    `type` is the class or its name; the name is what is kept.
    """

    rule: Literal["emitted"] = "emitted"
    type: str = Field(min_length=1)
    by: str | None = None

    def __init__(self, type: TypeOrName, by: str | None = None, **given: object) -> None:
        super().__init__(type=type_name(type, "Emitted"), by=by, **given)

    def senders(self) -> tuple[str, ...]:
        """The one that is meant, if one is."""
        return only(self.by)

    def heard(self, spoken: Spoken, memory: object) -> JsonObject | None:
        """True at a message of that type."""
        if spoken.type != self.type or not spoken.is_by(self.by):
            return None
        return {"type": self.type, "sender": spoken.sender}

    def standing(self, board: Board, memory: object = None) -> str:
        """Who has not sent one."""
        return unheard(self.by, f"sent a {self.type}")
