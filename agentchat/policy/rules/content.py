"""Rules that look at what agents say: a word, a whole message, a sender, a handoff, a type.

They look at messages of agents alone, never at what people say, so not at the task either: logs of real teams show a
termination word quoted in instructions and in results of code far more often than meant.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from agentchat.errors import ConfigurationError
from agentchat.policy.board import Board
from agentchat.policy.fences import outside_fences
from agentchat.policy.rules.core import Leaf
from agentchat.policy.rules.spoken import Ear, Spoken
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Entry, Said
from agentchat.transcript.messages import Handoff
from agentchat.transcript.transcript import Transcript

TypeOrName = type[BaseModel] | str


class ContentLeaf(Leaf):
    """A rule that looks at what agents say, and at nothing else. People's words never reach it."""

    on: ClassVar[tuple[type, ...]] = (Said,)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)

    @abstractmethod
    def ear(self, board: Board, memory: object) -> Ear:
        """Listens to the agents of one run; `memory` as in `seen`."""

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """Listens once, where an agent says something."""
        said = entry.event
        if not isinstance(said, Said) or said.turn is None:
            return None
        return self.ear(board, memory)(Spoken(entry.seq, said, transcript))


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

    def ear(self, board: Board, memory: object) -> Ear:
        """True at a message that says it."""
        text, by, says = self.text, self.by, self.saying()

        def heard(spoken: Spoken) -> JsonObject | None:
            if spoken.text is None or not says(spoken.text) or not spoken.is_by(by):
                return None
            return {"text": text, "sender": spoken.sender}

        return heard

    @abstractmethod
    def saying(self) -> Callable[[str], bool]:
        """Whether a text says it."""

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

    def saying(self) -> Callable[[str], bool]:
        """As whole words, outside fences."""
        text, words = self.text, re.compile(rf"(?<!\w){re.escape(self.text)}(?!\w)")
        # whether it is there at all comes first: nearly always it is not
        return lambda said: text in said and words.search(outside_fences(said)) is not None


class Says(_Words):
    """Ends when an agent's whole message is `text`, white space at both ends aside; case counts.

    The usual TERMINATE: a message that only quotes the word among others does not count.
    """

    rule: Literal["says"] = "says"
    text: str = Field(pattern=r"\S")

    def __init__(self, text: str, by: str | None = None, **given: object) -> None:
        super().__init__(text=text, by=by, **given)

    def saying(self) -> Callable[[str], bool]:
        """As the whole message."""
        text = self.text.strip()
        return lambda said: text in said and said.strip() == text


class From(ContentLeaf):
    """Ends when the agent `sender` says something, whatever it is."""

    rule: Literal["from"] = "from"
    sender: str = Field(min_length=1)

    def __init__(self, sender: str, **given: object) -> None:
        super().__init__(sender=sender, **given)

    def senders(self) -> tuple[str, ...]:
        """That one."""
        return (self.sender,)

    def ear(self, board: Board, memory: object) -> Ear:
        """True at its first message."""
        sender = self.sender
        return lambda spoken: {"sender": sender} if spoken.sender == sender else None

    def standing(self, board: Board, memory: object = None) -> str:
        """That it has not spoken."""
        return f"{self.sender} has said nothing"


class HandedTo(ContentLeaf):
    """Ends when an agent hands its turn to `name` (a `Handoff`): an agent, or "user" for the person outside."""

    rule: Literal["handed_to"] = "handed_to"
    name: str = Field(min_length=1)

    def __init__(self, name: str, **given: object) -> None:
        super().__init__(name=name, **given)

    def ear(self, board: Board, memory: object) -> Ear:
        """True at such a handoff."""
        name = self.name

        def heard(spoken: Spoken) -> JsonObject | None:
            body = spoken.body if spoken.type == Handoff.__name__ else None
            handed = isinstance(body, Handoff) and body.to == name
            return {"to": name, "sender": spoken.sender} if handed else None

        return heard

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

    def ear(self, board: Board, memory: object) -> Ear:
        """True at a message of that type."""
        name, by = self.type, self.by

        def heard(spoken: Spoken) -> JsonObject | None:
            if spoken.type != name or not spoken.is_by(by):
                return None
            return {"type": name, "sender": spoken.sender}

        return heard

    def standing(self, board: Board, memory: object = None) -> str:
        """Who has not sent one."""
        return unheard(self.by, f"sent a {self.type}")
