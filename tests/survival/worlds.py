"""Conversations that are run, said to, answered, edited, forked, interrupted, killed and resumed, on any store.

Everything in them is the same each time: a model that answers from what it is shown, a tool, an agent that asks a
person. So one world, which is killed on the way, can be compared with another, which is not.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
from pydantic import BaseModel

from agentchat.agents.assistant import Assistant
from agentchat.agents.function import agent
from agentchat.conversation import Conversation
from agentchat.debug.replay import replay
from agentchat.errors import AgentChatError, ConversationExists
from agentchat.forking import Edit
from agentchat.models.function import FunctionModel
from agentchat.policy.asked import asked_in
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.budget import Budget
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.state import state_of
from agentchat.seams import Store, Turn
from agentchat.stores.opening import open_store
from agentchat.stores.reading import load
from agentchat.tools.function import tool
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import (
    Answered,
    CallFinished,
    CallStarted,
    Closed,
    Edited,
    Entry,
    Forked,
    Interrupted,
    Position,
    Refused,
    Said,
    TurnGiven,
)
from agentchat.transcript.messages import ToolCallPart
from agentchat.transcript.transcript import Transcript
from tests.stores.around import AroundStore


class Report(BaseModel):
    """What ann says."""

    text: str
    seen: int


class Model:
    """First a tool, then a wrong answer, then the right one: by what the request shows last.

    hangs: never answer a person who says "stop here", so that the run can be interrupted there.
    """

    def __init__(self) -> None:
        self.hangs = False

    async def __call__(self, request: ModelRequest) -> str | Reply:
        await anyio.lowlevel.checkpoint()
        if self.hangs and request.messages[-1].content == "stop here":
            await anyio.sleep_forever()
        return _reply(request)


def _reply(request: ModelRequest) -> str | Reply:
    last = request.messages[-1]
    if last.role == "tool":
        return '{"text": "half"}'
    if last.role == "user" and "Field required" in last.content:
        return f'{{"text": "seen {len(request.messages)}", "seen": {len(request.messages)}}}'
    call = ToolCallPart(id=f"t{len(request.messages)}", name="look", arguments='{"at": "it"}')
    return Reply(parts=(call,), finish="tool_calls")


@tool(idempotent=True)
def look(at: str) -> str:
    """Look at something."""
    return f"looked at {at}"


def team(store: Store, model: Model, calls: int = 60) -> Conversation:
    """The team."""

    @agent
    async def bob(message: Report, turn: Turn) -> str:
        answer = await turn.ask(f"Is it so: {message.text}?", str)
        return f"{answer.by} says {answer.value}"

    ann = Assistant("ann", model=FunctionModel(model, name="f"), emits=Report, tools=[look])
    return Conversation([ann, bob], until=MaxTurns(4), budget=Budget(calls=calls), store=store, in_doubt="retry")


class World:
    """Conversations in one store. A command may be given again, and then is carried out once in all.

    parents: which conversation each branch goes on from; beside that one it is kept. calls: the budget of a run. A call
    whose result was lost counts, so worlds with another budget than enough come out differently where one was killed.
    """

    def __init__(self, store: Store, parents: Mapping[str, str], calls: int = 60) -> None:
        self.store = store
        self.parents = parents
        self.calls = calls
        self.model = Model()

    def _store_of(self, id: str) -> Store:
        return self._store_of(self.parents[id]).beside(id) if id in self.parents else self.store

    def _chat(self, id: str) -> Conversation:
        return team(self._store_of(id), self.model, self.calls)

    async def transcript(self, id: str) -> Transcript:
        return await load(self._store_of(id), id)

    async def run(self, id: str, task: str) -> None:
        try:
            await self._chat(id).run(task, id=id)
        except ConversationExists:  # the command is repeated: it goes on from where its process ended
            await self._go_on(id)

    async def _go_on(self, id: str) -> None:
        transcript = await self.transcript(id)
        if state_of(transcript).board.live and not asked_in(transcript).open:
            await self._chat(id).resume(id)

    async def resume(self, id: str, say: str | None, command: str) -> None:
        await self._chat(id).resume(id, say=say, id=command)

    async def interrupt(self, id: str, command: str) -> None:
        self.model.hangs = True
        try:
            async with self._chat(id).reopen(id, say="stop here", id=command, attended=False) as run:
                before = len(run.transcript)
                async for item in run:
                    if isinstance(item, Entry) and item.seq > before and isinstance(item.event, CallStarted):
                        await run.interrupt()
        finally:
            self.model.hangs = False

    async def answer(self, id: str, value: str, command: str) -> None:
        transcript = await self.transcript(id)
        done = {one.event.id: one.event.pause for one in transcript if isinstance(one.event, Answered)}
        pause = done.get(command) or next(iter(asked_in(transcript).open), None)
        if pause is not None:
            await self._chat(id).answer(id, pause, value, id=command)
            await self._go_on(id)

    async def fork(self, id: str, at: float, name: str, say: str | None, edit: bool) -> None:
        transcript = await self.transcript(id)
        # recoveries add entries, so a place is named by what happened there
        places = [entry.seq for entry in transcript if isinstance(entry.event, Said | CallFinished | Refused)]
        place = places[round(at * (len(places) - 1))]
        messages = [message.seq for message in transcript.upto(place).messages()]
        edits = [Edit.replace(messages[-1], f"edited in {name}")] if edit else []
        await self._chat(id).fork(id, at=place, name=name, say=say, edits=edits)


def visible(transcript: Transcript) -> dict[str, Any]:
    """What a person sees of a conversation, free of what a recovery adds."""
    messages = transcript.messages()
    places = {message.seq: place for place, message in enumerate(messages)}
    events = [entry.event for entry in transcript]
    return {
        "messages": [(message.sender, message.text) for message in messages],
        "turns": [(event.to, places.get(event.subject)) for event in events if isinstance(event, TurnGiven)],
        "refused": [event.problems for event in events if isinstance(event, Refused)],
        "answers": [event.value for event in events if isinstance(event, Answered)],
        "waits": [paused.question for paused in asked_in(transcript).open.values()],
        "edits": [event.act for event in events if isinstance(event, Edited)],
        "stops": [event.by for event in events if isinstance(event, Interrupted)],
        "forks": [event.branch for event in events if isinstance(event, Forked)],
        "ends": [(event.outcome, event.rule) for event in events if isinstance(event, Closed)],
    }


async def carry_out(world: World, order: Mapping[str, Any]) -> str | None:
    """Carry out one command; the name of the error where it is refused."""
    given = {name: value for name, value in order.items() if name != "do"}
    try:
        await getattr(world, order["do"])(**given)
    except AgentChatError as error:
        return type(error).__name__
    return None


class Mortal(AroundStore):
    """A real store that dies before or after its n-th write; the stores beside it count along."""

    def __init__(self, store: Store, phase: str, writes: list[int]) -> None:
        super().__init__(store)
        self._phase = phase
        self._writes = writes

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        self._writes[0] -= 1
        self._die("before")
        await super().append(conversation, lines, after=after, blobs=blobs)
        self._die("after")

    async def fork(
        self, conversation: str, lines: Sequence[bytes], *, parent: Position, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        self._writes[0] -= 1
        self._die("before")
        await super().fork(conversation, lines, parent=parent, blobs=blobs)
        self._die("after")

    def beside(self, conversation: str) -> Mortal:
        return Mortal(self._store.beside(conversation), self._phase, self._writes)

    def _die(self, phase: str) -> None:
        if self._writes[0] == 0 and self._phase == phase:
            os.kill(os.getpid(), signal.SIGKILL)


def work(order: Mapping[str, Any]) -> dict[str, Any]:
    """One command on the stores in a folder, for a child that may die of it."""
    store = Mortal(open_store(Path(order["folder"]) / order["store"]), order.get("phase", ""), [order.get("write", 0)])

    async def act() -> dict[str, Any]:
        world = World(store, order["parents"], order.get("calls", 60))
        refused = await carry_out(world, order["command"])
        seen = {id: visible(await world.transcript(id)) for id in order["look"]}
        problems = [str(one) for id in order["look"] for one in replay(await world.transcript(id)).differences]
        spent = [ledger_of(await world.transcript(id)).account("budget", "run").taken.calls for id in order["look"]]
        return {"refused": refused, "visible": seen, "problems": problems, "calls": spent}

    return anyio.run(act)
