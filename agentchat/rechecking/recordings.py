"""Recorded conversations as tests: held once with real models and tools, then held against their record for ever.

A recording is an ordinary transcript file. Held against it, today's team goes through the same conversation with what
was answered then: no model, no tool, no program, no key. What it does otherwise is raised as `NotAsRecorded`, in words.
Nothing here knows a test framework.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pydantic import BaseModel

from agentchat.conversation import Conversation
from agentchat.errors import ModelBadReply, ModelError, TranscriptError
from agentchat.history import sayable
from agentchat.models.forbid import allow_real_models, real_models_forbidden
from agentchat.rechecking.misses import missed
from agentchat.rechecking.replayed import Replayed
from agentchat.rechecking.replaying import recheck, replay
from agentchat.rechecking.secrets import secret_in
from agentchat.rechecking.without import without_sandboxes
from agentchat.result import Result
from agentchat.run import Run
from agentchat.runtime.tape import Tape
from agentchat.stores.memory import MemoryStore
from agentchat.transcript.events import CallFailed, CallFinished, Entry, Said
from agentchat.transcript.transcript import Transcript

Mode: TypeAlias = Literal["none", "once", "new", "all"]
"""none: what is not recorded fails. once: a conversation without a recording is held and recorded. new: so is one that
asks for more than its recording holds, with what it holds given again. all: every one is held and recorded anew."""
MODES: Final[tuple[Mode, ...]] = ("none", "once", "new", "all")
HINT: Final = "pytest --record=all records it anew"
_OUTAGES: Final = {one.__name__ for one in ModelError.__subclasses__()} - {ModelBadReply.__name__}
"""Failures that say nothing of the team: no key, no connection. A run that ended so is not kept."""


class NotAsRecorded(AssertionError):
    """A conversation is not as it was recorded, or could not be recorded; the message says how."""


def assert_replays(
    source: str | Path | Transcript, chat: Conversation | None = None, *, agents: bool = True
) -> Replayed:
    """Raise NotAsRecorded, an AssertionError, with the first difference, unless a recording comes out the same again.

    source: a file, or a transcript such as `result.transcript`. chat: the team of today, held against the recorded one,
    and run in its place. agents: run its functions as well.
    """
    __tracebackhide__ = True
    transcript = source if isinstance(source, Transcript) else _loaded(source)
    replayed = replay(transcript, team=chat, agents=agents and chat is not None)
    if not replayed.equal:
        name = transcript.conversation if isinstance(source, Transcript) else source
        raise NotAsRecorded(f"{name} does not replay: {replayed}")
    return replayed


class Recording:
    """One recorded conversation: its file, and what is to be done where it is not there or holds too little."""

    def __init__(self, path: Path, mode: Mode = "none") -> None:
        self.path = path
        self.mode: Mode = mode

    async def run(self, chat: Conversation, task: BaseModel | str, *, exact: bool = True) -> Result:
        """The result of `chat.run(task)`: as it was recorded, or recorded now.

        exact: the team must do all that is recorded, in that order, and nothing else; else it is run with what its
        calls came back with then, and only a call that is not recorded fails. Raises NotAsRecorded.
        """
        record = self._record()
        if record is None:
            return await self._held(chat, task, None)
        if exact:
            told = await self._told(record, chat, task)
            result = Result(record, chat.terms.types)
        else:
            result = await self._with(record, chat, task)
            told = missed(record, result.transcript)
        if told is None:
            return result
        if self.mode == "new":
            return await self._held(chat, task, record)
        raise NotAsRecorded(f"{self.path}: {told}\n{HINT}")

    @asynccontextmanager
    async def open(self, chat: Conversation, task: BaseModel | str) -> AsyncIterator[Run]:
        """As `chat.open(task)`, for people to take part in: calls come back with what is recorded, or are recorded.

        Raises NotAsRecorded at the end where one was not recorded.
        """
        record = self._record()
        if record is None or self.mode == "new":
            with _real_models():
                async with self._run(chat, task, record, known=True, attended=True) as run:
                    yield run
            self._keep(run.transcript)
            return
        async with self._run(chat, task, record, attended=True) as run:
            yield run
        told = missed(record, run.transcript)
        if told is not None:
            raise NotAsRecorded(f"{self.path}: {told}\n{HINT}")

    def _record(self) -> Transcript | None:
        """What is recorded; None where a conversation is to be held in any case."""
        if self.mode == "all":
            return None
        if self.path.is_file():
            return _loaded(self.path)
        if self.mode == "none":
            raise NotAsRecorded(f"there is no recording {self.path}; pytest --record makes it, with real models")
        return None

    async def _told(self, record: Transcript, chat: Conversation, task: BaseModel | str) -> str | None:
        """What the team would do otherwise than recorded."""
        first = next((entry.event for entry in record if isinstance(entry.event, Said)), None)
        if first is None or first.body != sayable(task):
            told = "nothing" if first is None else repr(record.body_of(first).text[:200])
            return f"the task is another one: recorded was {told}, now it is {str(task)[:200]!r}"
        replayed = await recheck(record, team=chat, agents=True)
        return None if replayed.equal and not replayed.left_out else str(replayed)

    async def _with(self, record: Transcript, chat: Conversation, task: BaseModel | str) -> Result:
        async with self._run(chat, task, record) as run:
            return await run.wait()

    async def _held(self, chat: Conversation, task: BaseModel | str, record: Transcript | None) -> Result:
        """Hold the conversation with its real models, and record it."""
        with _real_models():
            async with self._run(chat, task, record, known=True) as run:
                result = await run.wait()
        self._keep(result.transcript)
        return result

    def _run(
        self,
        chat: Conversation,
        task: BaseModel | str,
        record: Transcript | None,
        *,
        known: bool = False,
        attended: bool = False,
    ) -> Run:
        """A run beside the store of the conversation. known: what is not recorded is really done."""
        tape = None if record is None else Tape(record, "known" if known else "recorded")
        terms = chat.terms if known else without_sandboxes(chat.terms)
        return Run(terms, MemoryStore(), self._id(), task, attended=attended, tape=tape)

    def _id(self) -> str:
        """What the recorded conversation is called: the same each time, so that two recordings can be compared."""
        return f"recorded-{re.sub(r'[^A-Za-z0-9._-]+', '-', self.path.stem)}"[:128]

    def _keep(self, transcript: Transcript) -> None:
        """Write the recording, whole or not at all. Raises NotAsRecorded for what must not be kept."""
        outcome = Result(transcript).outcome
        outage = next((one for one in map(_outage, transcript) if one is not None), None)
        if outcome.kind == "failed" and outage is not None:
            raise NotAsRecorded(f"the conversation could not be held, and nothing was recorded: {outage}")
        plain = _plain(transcript)
        name = secret_in(plain.dumps())
        if name is not None:
            raise NotAsRecorded(
                f"nothing was recorded: the conversation holds the value of {name}, and others will read a recording"
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        plain.save(self.path)


def _loaded(path: str | Path) -> Transcript:
    try:
        transcript = Transcript.load(path)
    except TranscriptError as error:
        raise NotAsRecorded(f"{error}\n{HINT}") from None
    if transcript.torn:
        raise NotAsRecorded(f"{path}: the last line is unfinished\n{HINT}")
    return transcript


@contextmanager
def _real_models() -> Iterator[None]:
    """Let real models be asked: whoever records asked for that."""
    with real_models_forbidden():  # what held before holds again afterwards
        allow_real_models()
        yield


def _outage(entry: Entry) -> str | None:
    event = entry.event
    if not isinstance(event, CallFailed) or event.error.type not in _OUTAGES:
        return None
    return f"{event.error.type}: {event.error.message}"


def _plain(transcript: Transcript) -> Transcript:
    """The record without notes of what was taken from the one before: it is one of its own."""
    if all(getattr(entry.event, "taken_from", None) is None for entry in transcript):
        return transcript
    made = Transcript()
    for entry in transcript.as_written():
        event = entry.event
        if isinstance(event, CallFinished | CallFailed):
            event = event.model_copy(update={"taken_from": None})
        made.enter(event, at=entry.at, active=entry.active, cause=entry.cause)
    return made
