"""What the store tests write: real lines of a real chain, and the stores to write them to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agentchat.seams import Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.memory import MemoryStore
from agentchat.stores.sqlite import SqliteStore
from agentchat.transcript.events import Event, Forked, Opened, Position, Said
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript

KINDS = ("memory", "sqlite", "jsonl")


class Wall:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def path_of(kind: str, directory: Path) -> Path:
    return directory / {"memory": "unused", "sqlite": "team.db", "jsonl": "run.jsonl"}[kind]


def make_store(kind: str, directory: Path, wall: Wall | None = None) -> Store:
    wall = wall or Wall()
    if kind == "memory":
        return MemoryStore(wall=wall)
    path = path_of(kind, directory)
    return SqliteStore(path, wall=wall) if kind == "sqlite" else JsonlStore(path, wall=wall)


def names_in(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


class Script:
    """A conversation that grows line by line."""

    def __init__(self, conversation: str = "c") -> None:
        self.transcript = Transcript()
        self.conversation = conversation
        self.parent: Position | None = None

    @property
    def lines(self) -> list[bytes]:
        return [self.transcript.line(seq) for seq in range(1, len(self.transcript) + 1)]

    @property
    def blobs(self) -> Mapping[str, bytes]:
        return self.transcript.blobs()

    def grow(self, count: int = 1, text: str = "hello") -> list[bytes]:
        """The next lines; the first of all is that of Opened."""
        return [self._next(text) for _ in range(count)]

    def fork(self, branch: str, at: int | None = None) -> Script:
        """A branch of it behind `at` (by default the end), with its first line."""
        at = len(self.transcript) if at is None else at
        parent = Position(conversation=self.conversation, seq=at)
        forked = Script(branch)
        forked.parent = parent
        forked.transcript = self.transcript.upto(at)
        forked.add(Forked(parent=parent, branch=branch))
        return forked

    @property
    def own(self) -> list[bytes]:
        """The lines behind the fork."""
        return self.lines[0 if self.parent is None else self.parent.seq :]

    async def begin_in(self, store: Store) -> None:
        """Begin this branch in a store that holds its parent."""
        assert self.parent is not None
        await store.fork(self.conversation, self.own, parent=self.parent, blobs=self.blobs)

    def add(self, event: Event) -> bytes:
        """Enter an event; its line."""
        return self.transcript.append(self.transcript.next(event, at=1.5, active=0.5, cause=0))

    def _next(self, text: str) -> bytes:
        transcript = self.transcript
        event: Event = (
            Said(sender="user", body=Text.of(text))
            if len(transcript)
            else Opened(conversation=self.conversation, charter={})
        )
        return self.add(event)


def script_of(lines: list[bytes], conversation: str = "c") -> Script:
    """The conversation of stored lines, to go on with."""
    script = Script(conversation)
    script.transcript.extend(lines)
    return script
