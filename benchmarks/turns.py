"""A scripted two-agent turn: every call recorded, whole history shown, JSON and chain included."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import anyio

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import MaxTurns
from agentchat.seams import Store
from agentchat.transcript.calls import Item, ModelRecipe, Reply
from agentchat.transcript.events import CallFinished, CallStarted, Event, Said, TurnGiven, Why
from agentchat.transcript.messages import TextPart
from agentchat.transcript.transcript import Transcript
from benchmarks.report import Row, distances, median_us, per_call_us

TEXT = "All happy agents are alike; each unhappy agent is unhappy in its own way. " * 7


class Stamped(ScriptedModel):
    """A scripted model that notes when it is asked."""

    def __init__(self, turns: int, text: Callable[[int], str] = lambda place: TEXT) -> None:
        super().__init__([text(place) for place in range(turns)])
        self.stamps: list[float] = []

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        self.stamps.append(time.perf_counter())
        return await super().complete(request, emit)


class Among(Stamped):
    """A scripted model that, late in a long conversation, holds short ones in between: every tenth turn from `late` on.

    So old turns and young ones are timed side by side, whatever else the machine does meanwhile.
    """

    def __init__(self, turns: int, late: int) -> None:
        super().__init__(turns)
        self._late = late
        self.old: list[float] = []
        self.young: list[float] = []

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        if len(self.stamps) >= self._late and len(self.stamps) % 10 == 0:
            self.old += distances(self.stamps[-10:])
            short = Stamped(100)
            await conversation(short, 100).run("Talk about agents.")
            self.young += distances(short.stamps)
        return await super().complete(request, emit)


def conversation(model: ScriptedModel, turns: int, store: Store | Path | None = None) -> Conversation:
    ann = Assistant("ann", model=model, instructions="You are Ann.")
    bob = Assistant("bob", model=model, instructions="You are Bob.")
    return Conversation([ann, bob], until=MaxTurns(turns), store=store)


def run(turns: int, backend: str) -> list[float]:
    """Time stamps of the turns of one run."""
    model = Stamped(turns)
    anyio.run(conversation(model, turns).run, "Talk about agents.", backend=backend)
    return model.stamps


def floor_events() -> float:
    """Building, encoding and chaining the four events of a turn, and nothing else; microseconds."""
    reply = Reply(parts=(TextPart(content=TEXT),), finish="stop")
    item: Item = ("user", ("@7/result/parts/0/content",))

    def events() -> tuple[Event, ...]:
        return (
            TurnGiven(to="ann", subject=3, why=Why(router="round_robin", reason="after bob")),
            CallStarted(
                turn=4,
                agent="ann",
                ordinal=1,
                attempt=1,
                key="main:4.1",
                recipe=ModelRecipe(model="scripted", base=4, add=(item, item), context="all"),
                digest="0" * 64,
            ),
            CallFinished(call=5, result=reply),
            Said(sender="ann", from_calls=(6,), turn=4),
        )

    transcript = Transcript()

    def turn() -> None:
        for event in events():
            transcript.append(transcript.next(event, at=time.time(), active=1.0, cause=1))

    return per_call_us(turn, 500)


def rows() -> list[Row]:
    found = []
    for backend in ("asyncio", "trio"):
        floor = floor_events()
        stamps = run(3_000, backend)
        found.append(
            Row(
                f"scripted turn, memory, {backend} (median of 3,000)",
                median_us(stamps),
                "us",
                floor,
                "its four events alone",
                "120 us on asyncio",
            )
        )
    found.append(Row("turns 9,801-10,000 against 1-100 of others in between", growth(), "x", aim="below 1.15"))
    return found


def growth() -> float:
    """How much longer the last turns of ten thousand take than the first hundred of other conversations."""
    model = Among(10_000, late=9_800)
    anyio.run(conversation(model, 10_000).run, "Talk about agents.")
    return statistics.median(model.old) / statistics.median(model.young)
