"""A warmed process that forks children which run, die at a given point, and resume.

Reads one JSON order a line, answers one JSON line. Forking from a process that has everything imported keeps a
child's cost at a few milliseconds. `python -m tests.survival.nursery`
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from agentchat.agents.assistant import Assistant
from agentchat.agents.user_proxy import UserProxy
from agentchat.conversation import Conversation
from agentchat.errors import NoSuchConversation
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import ModelRequest
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.result import Result
from agentchat.sandboxes.host import HostSandbox
from agentchat.seams import Limits, Store
from agentchat.stores.opening import open_store
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFinished, CallStarted, Closed, Said, TurnGiven
from agentchat.transcript.messages import CodeRun
from agentchat.transcript.transcript import Transcript
from tests.stores.around import AroundStore
from tests.survival import worlds

ID = "survivor"
REPLIES = (
    "First try:\n```python\nprint(primes[9])\n```",
    "I forgot to make the list:\n```python\nprint([2, 3, 5, 7, 11, 13, 17, 19, 23, 29][9])\n```",
    "The 10th prime is 29. DONE",
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Counted:
    """Writes down every act outside the transcript, and dies in the middle of the one it is told to."""

    def __init__(self, path: Path, phase: str, act: int) -> None:
        self._path = path
        self._phase = phase
        self._act = act

    def _write(self, what: str) -> int:
        with self._path.open("a") as file:
            file.write(what + "\n")
        return len(self._path.read_text().splitlines())

    def begun(self, what: str) -> int:
        number = self._write(what)
        if self._phase == "in the call" and number == self._act:
            die()
        return number

    def ended(self, number: int) -> None:
        if self._phase == "not recorded" and number == self._act:
            die()


class CountedModel:
    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._model = ScriptedModel(list(REPLIES))

    def card(self) -> ModelCard:
        return self._model.card()

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        number = self._counted.begun(request.key.partition(":")[2])
        reply = await self._model.complete(request, emit)
        self._counted.ended(number)
        return reply


class CountedSandbox:
    name = "counted"

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._sandbox = HostSandbox()

    def languages(self) -> frozenset[str]:
        return self._sandbox.languages()

    async def probe(self) -> str | None:
        return await self._sandbox.probe()

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        number = self._counted.begun(f"code {len(source)}")
        run = await self._sandbox.run(source, language, limits)
        self._counted.ended(number)
        return run


class DyingStore(AroundStore):
    """A real store that dies before or after the commit that holds a given event."""

    def __init__(self, store: Store, phase: str, seq: int) -> None:
        super().__init__(store)
        self._phase = phase
        self._seq = seq

    async def append(
        self, conversation: str, lines: Sequence[bytes], *, after: int, blobs: Mapping[str, bytes] | None = None
    ) -> None:
        holds = after < self._seq <= after + len(lines)
        if holds and self._phase == "before commit":
            die()
        await super().append(conversation, lines, after=after, blobs=blobs)
        if holds and self._phase == "committed":
            die()


def conversation(folder: Path, store: str, phase: str, point: int) -> Conversation:
    counted = Counted(folder / "acts", phase, point)
    coder = Assistant("coder", model=CountedModel(counted), instructions="Write Python.")
    runner = UserProxy("runner", sandbox=CountedSandbox(counted))
    return Conversation(
        [coder, runner],
        until=Mentions("DONE", by="coder") | MaxTurns(12),
        store=DyingStore(open_store(folder / store), phase, point),
        in_doubt="retry",
    )


def visible(transcript: Transcript) -> dict[str, Any]:
    """Messages, turns and outcome, free of what a recovery adds: sequence numbers and the time programs took."""
    messages = [(message.sender, message.text) for message in transcript.messages()]
    places = {message.seq: place for place, message in enumerate(transcript.messages())}
    events = [entry.event for entry in transcript]
    turns = [(event.to, places[event.subject]) for event in events if isinstance(event, TurnGiven)]
    ends = [(event.outcome, event.rule) for event in events if isinstance(event, Closed)]
    spoken = [event.sender for event in events if isinstance(event, Said)]
    return {"messages": messages, "turns": turns, "ends": ends, "spoken": spoken}


async def _run(chat: Conversation) -> Result:
    return await chat.run("Print the 10th prime", id=ID)


async def _resume(chat: Conversation) -> Result:
    try:
        return await chat.resume(ID)
    except NoSuchConversation:
        return await _run(chat)


def recorded(folder: Path, store: str) -> list[str]:
    """The keys of the calls whose results are stored."""

    async def read() -> list[bytes]:
        kept = open_store(folder / store)
        try:
            return await kept.read(ID)
        except NoSuchConversation:
            return []
        finally:
            await kept.aclose()

    transcript = Transcript.from_lines(anyio.run(read))
    keys = []
    for entry in transcript:
        if isinstance(entry.event, CallFinished):
            started = transcript[entry.event.call].event
            assert isinstance(started, CallStarted)
            keys.append(started.key)
    return keys


def work(order: dict[str, Any]) -> dict[str, Any]:
    if order["do"] == "world":
        return worlds.work(order)
    folder, store = Path(order["folder"]), str(order["store"])
    if order["do"] == "recorded":
        return {"recorded": recorded(folder, store)}
    chat = conversation(folder, store, order.get("phase", ""), order.get("point", 0))

    async def main() -> Result:
        try:
            return await (_run(chat) if order["do"] == "run" else _resume(chat))
        finally:
            await chat.store.aclose()

    result = anyio.run(main)
    return {"visible": visible(result.transcript), "events": len(result.transcript)}


def in_child(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out an order in a forked child; {"killed": True} where it died on the way."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        status = 1
        try:
            os.write(writer, json.dumps(work(order)).encode())
            status = 0
        except BaseException as error:  # a child must end here, whatever happens
            os.write(writer, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"killed": os.WTERMSIG(status) == signal.SIGKILL}
    loaded: dict[str, Any] = json.loads(answer)
    return loaded


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(in_child(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
