"""Small teams and doubles that the runtime tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anyio
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.seams import Limits
from agentchat.transcript.calls import Reply, Usage
from agentchat.transcript.events import Entry, Event
from agentchat.transcript.messages import CodeRun, Part, TextPart, ToolCallPart
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
        return ModelCard(name=self._name, tail='],"model":"hanging"')

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


def asks(*calls: tuple[str, str], text: str = "", usage: Usage | None = None) -> Reply:
    """A reply that asks for tools: (name, arguments as the model wrote them) each."""
    parts: tuple[Part, ...] = tuple(
        ToolCallPart(id=f"call_{place}", name=name, arguments=arguments)
        for place, (name, arguments) in enumerate(calls)
    )
    if text:
        parts = (TextPart(content=text), *parts)
    return Reply(parts=parts, finish="tool_calls", usage=usage)


def told(text: str, tokens_in: int = 10, tokens_out: int = 5) -> Reply:
    """A text reply with its usage."""
    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
    return Reply(parts=(TextPart(content=text),), finish="stop", usage=usage)


class Recording:
    """A model that keeps what it was asked, and answers from a list; its card is what the test says."""

    def __init__(self, *replies: str | Reply | Exception, **card: Any) -> None:
        name = card.pop("name", "recording")
        self._card = ModelCard(name=name, tail=f'],"model":"{name}"', **card)
        self._replies = replies
        self.bodies: list[dict[str, Any]] = []

    def card(self) -> ModelCard:
        return self._card

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        self.bodies.append(json.loads(request.body()))
        await anyio.lowlevel.checkpoint()
        reply = self._replies[request.index]
        if isinstance(reply, Exception):
            raise reply.with_traceback(None)
        return told(reply) if isinstance(reply, str) else reply

    def roles(self, place: int = -1) -> list[str]:
        return [message.get("role", message.get("type", "")) for message in self.bodies[place]["messages"]]


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
