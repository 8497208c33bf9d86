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
from agentchat.transcript.messages import Body, Data, Handoff, Text
from agentchat.transcript.transcript import Transcript

TypeOrName = type[BaseModel] | str


def said_by(entry: Entry, by: str | None) -> Said | None:
    """The message of an agent at this entry, of the one named `by` where a name is given; else None."""
    said = entry.event
    if not isinstance(said, Said) or said.turn is None or (by is not None and said.sender != by):
        return None
    return said


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


class _Spoken(Leaf):
    """A rule on what an agent says: its text, and perhaps who is to say it."""

    on: ClassVar[tuple[type, ...]] = (Said,)
    text: str
    by: str | None = None

    def senders(self) -> tuple[str, ...]:
        """The one that is meant, if one is."""
        return only(self.by)

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True at a message of an agent that says it."""
        said = said_by(entry, self.by)
        if said is None:
            return None
        body = transcript.body(entry.seq)
        return {"text": self.text, "sender": said.sender} if isinstance(body, Text) and self.in_(body.text) else None

    @abstractmethod
    def in_(self, said: str) -> bool:
        """Whether this text says it."""

    def standing(self, board: Board, memory: object = None) -> str:
        """Who has not said it."""
        return unheard(self.by, "said it")


class Mentions(_Spoken):
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


class Says(_Spoken):
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


class From(Leaf):
    """Ends when the agent `sender` says something, whatever it is."""

    on: ClassVar[tuple[type, ...]] = (Said,)
    rule: Literal["from"] = "from"
    sender: str = Field(min_length=1)

    def __init__(self, sender: str, **given: object) -> None:
        super().__init__(sender=sender, **given)

    def senders(self) -> tuple[str, ...]:
        """That one."""
        return (self.sender,)

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True at its first message."""
        return None if said_by(entry, self.sender) is None else {"sender": self.sender}

    def standing(self, board: Board, memory: object = None) -> str:
        """That it has not spoken."""
        return f"{self.sender} has said nothing"


class HandedTo(Leaf):
    """Ends when an agent hands its turn to `name` (a `Handoff`): an agent, or "user" for the person outside."""

    on: ClassVar[tuple[type, ...]] = (Said,)
    rule: Literal["handed_to"] = "handed_to"
    name: str = Field(min_length=1)

    def __init__(self, name: str, **given: object) -> None:
        super().__init__(name=name, **given)

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True at such a handoff."""
        said = said_by(entry, None)
        if said is None:
            return None
        body = transcript.body(entry.seq)
        if not isinstance(body, Handoff) or body.to != self.name:
            return None
        return {"to": self.name, "sender": said.sender}

    def standing(self, board: Board, memory: object = None) -> str:
        """That it has not happened."""
        return f"nobody has handed over to {self.name}"


class Emitted(Leaf):
    """Ends when an agent sends a message of this type: a pydantic model of yours, or one of the built-in bodies.

    `type` is the class or its name; the name is what is kept.
    """

    on: ClassVar[tuple[type, ...]] = (Said,)
    rule: Literal["emitted"] = "emitted"
    type: str = Field(min_length=1)
    by: str | None = None

    def __init__(self, type: TypeOrName, by: str | None = None, **given: object) -> None:
        super().__init__(type=type_name(type, "Emitted"), by=by, **given)

    def senders(self) -> tuple[str, ...]:
        """The one that is meant, if one is."""
        return only(self.by)

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True at a message of that type."""
        said = said_by(entry, self.by)
        if said is None or type_of(transcript.body(entry.seq)) != self.type:
            return None
        return {"type": self.type, "sender": said.sender}

    def standing(self, board: Board, memory: object = None) -> str:
        """Who has not sent one."""
        return unheard(self.by, f"sent a {self.type}")
