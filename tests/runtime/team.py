"""Small teams and doubles that the runtime tests share."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.request import ModelRequest
from agentchat.seams import Limits
from agentchat.transcript.calls import ModelCard, Reply
from agentchat.transcript.events import Entry, Event
from agentchat.transcript.messages import CodeRun
from agentchat.transcript.transcript import Transcript


def pair(*replies: str | Exception) -> list[Assistant]:
    """Two assistants that share one script."""
    model = ScriptedModel(list(replies))
    return [Assistant("ann", model=model, instructions="Be Ann."), Assistant("bob", model=model)]


class HangingModel:
    """Says a little, then never ends."""

    def __init__(self, name: str = "hanging") -> None:
        self.begun = anyio.Event()
        self._name = name

    def card(self) -> ModelCard:
        return ModelCard(name=self._name, tail='],"model":"hanging"}')

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        emit("I was about")
        emit(" to say")
        self.begun.set()
        await anyio.sleep_forever()
        raise AssertionError("unreachable")


class EchoSandbox:
    """A sandbox that only repeats the program, and fails where it holds the word fail."""

    name = "echo"

    def __init__(self) -> None:
        self.ran: list[str] = []

    def languages(self) -> frozenset[str]:
        return frozenset({"python"})

    async def probe(self) -> str | None:
        return None

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        self.ran.append(source)
        await anyio.lowlevel.checkpoint()
        if "fail" in source:
            return CodeRun(language=language, status="error", exit_code=1, stderr=source)
        return CodeRun(language=language, status="ok", exit_code=0, stdout=source)


class Count(BaseModel):
    value: int = 0


def kinds(transcript: Transcript) -> list[str]:
    return [entry.event.kind for entry in transcript]


def texts(transcript: Transcript) -> list[tuple[str, str]]:
    return [(message.sender, message.text) for message in transcript.messages()]


def only(transcript: Transcript, kind: type[Event]) -> list[Entry]:
    return [entry for entry in transcript if isinstance(entry.event, kind)]


class FixedClock:
    """A clock that goes on by a millisecond at each look."""

    def __init__(self) -> None:
        self._now = 1_000.0

    def _tick(self) -> float:
        self._now = round(self._now + 0.001, 3)
        return self._now

    def wall(self) -> float:
        return self._tick()

    def monotonic(self) -> float:
        return self._tick()
