"""What a test is handed as `recorded`: conversations of one test, each with a recording of its own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import BaseModel

from agentchat.conversation import Conversation
from agentchat.rechecking.recordings import Mode, NotAsRecorded, Recording
from agentchat.rechecking.replaying import waited
from agentchat.result import Result
from agentchat.run import Run


class Recorded:
    """Holds conversations on their recordings: `recorded(chat, task)`, or `await recorded.run(chat, task)`.

    paths: the recordings that this test used so far.
    """

    def __init__(self, base: Path, mode: Mode, fail: Callable[[str], BaseException]) -> None:
        self.mode: Mode = mode
        self.paths: list[Path] = []
        self._base = base
        self._fail = fail

    def __call__(
        self, chat: Conversation, task: BaseModel | str, *, name: str | None = None, exact: bool = True
    ) -> Result:
        """The result of `chat.run_sync(task)`, as it was recorded.

        The team must do exactly what is recorded: give the same agents, prompts, calls and messages in the same order,
        on what its calls came back with then. With exact=False it is run freely on the recorded results, and only a
        call that is not recorded fails. name: of the recording, where a test has several; else they are numbered.
        """
        __tracebackhide__ = True
        recording = self._next(name)
        try:
            return waited(lambda: recording.run(chat, task, exact=exact))
        except NotAsRecorded as error:
            raise self._fail(str(error)) from None

    async def run(
        self, chat: Conversation, task: BaseModel | str, *, name: str | None = None, exact: bool = True
    ) -> Result:
        """The same for async tests."""
        __tracebackhide__ = True
        recording = self._next(name)
        try:
            return await recording.run(chat, task, exact=exact)
        except NotAsRecorded as error:
            raise self._fail(str(error)) from None

    @asynccontextmanager
    async def open(self, chat: Conversation, task: BaseModel | str, *, name: str | None = None) -> AsyncIterator[Run]:
        """A live run, for tests that say something into it or answer questions: `async with recorded.open(...) as run`.

        Calls come back with what is recorded; at the end the test fails where one was not.
        """
        __tracebackhide__ = True
        recording = self._next(name)
        try:
            async with recording.open(chat, task) as run:
                yield run
        except NotAsRecorded as error:
            raise self._fail(str(error)) from None

    def _next(self, name: str | None) -> Recording:
        """The recording of the next conversation."""
        word = name or (str(len(self.paths) + 1) if self.paths else None)
        path = self._base if word is None else self._base.with_name(f"{self._base.stem}.{plain(word)}.jsonl")
        self.paths.append(path)
        return Recording(path, self.mode)


def plain(name: str) -> str:
    """A name that every file system takes; two names stay two."""
    found = re.sub(r"[^]A-Za-z0-9_.=+[-]+", "-", name).strip("-.")[:100]
    return found if found == name else f"{found}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
