"""The chat as plain lines: for screen readers, pipes and terminals that can do no more.

A line that is typed is a message; what is said comes whole, once, in order. No colour decides anything, nothing moves.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from typing import Final, TextIO

import anyio
import anyio.lowlevel
from pydantic import JsonValue
from rich.console import RenderableType
from rich.text import Text

from agentchat.errors import AgentChatError, ConfigurationError
from agentchat.run import Run
from agentchat.terminal.chat.asked import ANSWERS, Asking, answer, asking, explained
from agentchat.terminal.chat.attachments import with_files
from agentchat.terminal.chat.driving import Driver
from agentchat.terminal.chat.line import Line, Outgoing
from agentchat.terminal.chat.past import show_end
from agentchat.terminal.chat.said import Command, Message, said
from agentchat.terminal.chat.screen import Screen
from agentchat.terminal.sanitize import sanitize
from agentchat.transcript.events import Paused

_PIECE: Final = 64 * 1024
NOBODY: Final = "nobody is there to be asked"
NO: Final[JsonValue] = {"yes": False, "reason": NOBODY}


class PlainChat:
    """A chat over two streams of text."""

    def __init__(self, line: Line, source: TextIO, stream: TextIO) -> None:
        self.line = line
        self.screen = Screen(stream, plain=True)
        self.driver = Driver(line, self.screen, self, streams=False)
        self._source = source
        self._person = source.isatty()
        self._asked: list[tuple[Run, Asking]] = []

    async def live(self) -> int:
        """Until the input ends, or /quit; the exit code."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.screen.keep_up)
            tasks.start_soon(self.driver.drive)
            tasks.start_soon(self._heed)
            if self.line.transcript is not None:
                show_end(self.screen, self.line.transcript)
            async for typed in self._lines():
                if not await self._take(typed):
                    break
            await self.driver.done()
            self.screen.flush()
            tasks.cancel_scope.cancel()
        return 0

    async def _heed(self) -> None:
        """Ctrl-C stops what goes on; with nothing going on it ends the chat."""
        with anyio.open_signal_receiver(signal.SIGINT) as signals:
            async for _ in signals:
                if not self.driver.busy:
                    raise KeyboardInterrupt
                await self.driver.stop()

    async def _lines(self) -> AsyncIterator[str]:
        """The lines as they are typed."""
        descriptor, data = self._source.fileno(), b""
        while True:
            if self._person and (self._asked or not self.driver.busy):
                self._prompt()
            try:
                await anyio.wait_readable(descriptor)
            except (OSError, ValueError):  # a regular file can always be read
                await anyio.lowlevel.checkpoint()
            piece = os.read(descriptor, _PIECE)
            data += piece
            *lines, data = data.split(b"\n")
            if not piece and data:
                lines, data = [data], b""
            for line in lines:
                yield line.decode(errors="replace").rstrip("\r")
            if not piece:
                return

    async def _take(self, typed: str) -> bool:
        """One line; False where it ends the chat."""
        if self._asked:
            await self._answer(typed)
            return True
        try:
            meant = said(typed, self.line.names)
            if isinstance(meant, Command):
                if meant.name in ("quit", "exit"):
                    return False
                raise ConfigurationError("of the commands only /quit works without a full terminal")
            if isinstance(meant, Message):
                self.driver.send(Outgoing(with_files(meant.text, meant.files), meant.to))
                await self._until_quiet()
        except AgentChatError as error:
            self.tell(Text(sanitize(f"agentchat: {error}")))
            self.screen.flush()
        return True

    async def _until_quiet(self) -> None:
        """Until everything that was sent is answered, or a question waits."""
        await anyio.lowlevel.checkpoint()
        while self.driver.queue or self.driver.busy:
            if self._asked and self._person:
                break
            for run, asked in self._asked:
                value = NO if asked.kind == "approval" else False if asked.kind == "yes" else None
                await (run.interrupt(NOBODY) if value is None else run.answer(asked.pause, value, by="agentchat"))
            self._asked.clear()
            await anyio.sleep(0.02)
        self.screen.flush()

    async def _answer(self, typed: str) -> None:
        run, asked = self._asked[0]
        meant = answer(typed, asked.kind)
        if meant.act != "give":
            told = explained(asked) if meant.act == "explain" else [Text(meant.problem or "answer y or n")]
            self.tell(*told)
            self.screen.flush()
            return
        self._asked.pop(0)
        try:
            await run.answer(asked.pause, meant.value)
        except AgentChatError as error:
            self.tell(Text(sanitize(f"agentchat: {error}")))
        await self._until_quiet()

    def _prompt(self) -> None:
        self.screen.flush()
        self.screen.write(f"{self._asked[0][1].prompt} > " if self._asked else "> ")

    def tell(self, *rows: RenderableType) -> None:
        """Print rows."""
        self.screen.add(*rows)

    # from the driver

    def asked(self, run: Run, paused: Paused) -> None:
        """A question was put; nobody to answer it is a no."""
        asked = asking(paused, run.transcript, os.getcwd())
        self._asked.append((run, asked))
        self.tell(*asked.rows, Text(ANSWERS))

    def over(self) -> None:
        """A run has ended."""
        self._asked.clear()

    def failed(self, out: Outgoing) -> None:
        """A message was not delivered."""
        self.tell(Text("agentchat: this was not delivered"))
