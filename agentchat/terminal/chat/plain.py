"""The chat as plain lines: for screen readers, pipes and terminals that can do no more.

A line that is typed is a message, a command or an answer; what is said comes whole, once, in order. No colour decides
anything, nothing moves. Commands are those of the full chat; a list is numbered, and a line for the shell is run only
where a person types it.
"""

from __future__ import annotations

import os
import signal
import termios
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, TextIO

import anyio
import anyio.lowlevel
from rich.console import RenderableType
from rich.text import Text

from agentchat.errors import AgentChatError, ConfigurationError
from agentchat.run import Run
from agentchat.terminal.chat.attachments import with_files
from agentchat.terminal.chat.commands import Commands
from agentchat.terminal.chat.driving import Driver
from agentchat.terminal.chat.editor import write
from agentchat.terminal.chat.going import GOING
from agentchat.terminal.chat.helping import help_command
from agentchat.terminal.chat.keys import TWICE
from agentchat.terminal.chat.line import Line, Outgoing
from agentchat.terminal.chat.looking import LOOKING
from agentchat.terminal.chat.menu import Item
from agentchat.terminal.chat.outside import offered, output_rows
from agentchat.terminal.chat.past import show_end
from agentchat.terminal.chat.plain_questions import PlainQuestions
from agentchat.terminal.chat.said import Command, Message, Shell, said
from agentchat.terminal.chat.screen import Screen
from agentchat.terminal.chat.shell import Ran, run_line, run_own
from agentchat.terminal.sanitize import sanitize
from agentchat.transcript.events import Paused

_PIECE: Final = 64 * 1024
_TICK: Final = 0.02
KEYS: Final = "Ctrl-C stops, twice it leaves, as Ctrl-D does."
INTERRUPTED: Final = 130


class PlainChat:
    """A chat over two streams of text. words: how our own commands name the conversation. choose: whether it begins
    with a list of them.
    """

    def __init__(
        self,
        line: Line,
        source: TextIO,
        stream: TextIO,
        *,
        words: Callable[[Line], Sequence[str]],
        choose: bool = False,
    ) -> None:
        self.line = line
        self.screen = Screen(stream, plain=True)
        self.driver = Driver(line, self.screen, self, streams=False)
        known = [one for one in (*LOOKING, *GOING) if one.name != "keys"]
        self.commands = Commands((help_command(lambda: self.commands, KEYS), *known))
        self._source = source
        self._person = source.isatty()
        self._words = words
        self._choose = choose
        self._questions = PlainQuestions(self.tell, person=self._person)
        self._typed: list[str] = []
        self._along: list[str] = []
        self._wanted = ""
        self._left = False
        self._scope: anyio.CancelScope | None = None

    async def live(self) -> int:
        """Until the input ends, or /quit; the exit code."""
        async with anyio.create_task_group() as self._tasks:
            tasks, self._code = self._tasks, 0
            tasks.start_soon(self.screen.keep_up)
            tasks.start_soon(self.driver.drive)
            tasks.start_soon(self._heed)
            self.show_past()
            self._input = self._lines()
            if self._choose:
                await self._safely(lambda: self._command("resume", ""))
            async for typed in self._input:
                await self._safely(lambda line=typed: self._take(line))  # type: ignore[misc]  # bound at once
                if self._left:
                    break
            await self.driver.done()
            self.screen.flush()
            tasks.cancel_scope.cancel()
        return self._code

    async def _heed(self) -> None:
        """Ctrl-C stops what goes on; twice, or with nothing going on, it ends the chat."""
        last = float("-inf")
        with anyio.open_signal_receiver(signal.SIGINT) as signals:
            async for _ in signals:
                now = time.monotonic()
                again, last = now - last < TWICE, now
                if self._scope is not None:
                    self._scope.cancel()
                elif self.driver.busy and not again:
                    self._tasks.start_soon(self._stop)
                else:
                    self._code = INTERRUPTED
                    self._tasks.cancel_scope.cancel()

    async def _stop(self) -> None:
        asking = self._questions.open
        self._tasks.start_soon(self.driver.stop)
        if asking:  # its prompt stands there, and nothing else would take its place
            await self.driver.done()
            self._prompt()

    # lines

    async def _lines(self) -> AsyncIterator[str]:
        """The lines as they are typed."""
        descriptor, data = self._source.fileno(), b""
        while True:
            while self._typed:
                yield self._typed.pop(0)
            if self._person:
                self._prompt()
            try:
                await anyio.wait_readable(descriptor)
            except (OSError, ValueError):  # a regular file can always be read
                await anyio.lowlevel.checkpoint()
            piece = os.read(descriptor, _PIECE)
            *lines, data = (data + piece).split(b"\n")
            if not piece and data:
                lines, data = [data], b""
            self._typed += [line.decode(errors="replace").rstrip("\r") for line in lines]
            if not piece and not self._typed:
                return

    async def _line(self, wanted: str) -> str:
        """The next line, in answer to something; empty where there is none."""
        self._wanted = wanted
        try:
            return await anext(self._input)
        except StopAsyncIteration:
            return ""
        finally:
            self._wanted = ""

    def _prompt(self) -> None:
        self.screen.flush()
        wanted = self._wanted or self._questions.prompt
        self.screen.write(f"{wanted} > " if wanted else "> ")

    def _forget(self) -> None:
        """What was typed before a question was seen is no answer to it."""
        self._typed.clear()
        with suppress(termios.error, OSError, ValueError):
            termios.tcflush(self._source.fileno(), termios.TCIFLUSH)

    # what they mean

    async def _safely(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do it; what goes wrong is told, and ends no chat."""
        try:
            await act()
        except AgentChatError as error:
            self.tell(Text(sanitize(f"agentchat: {error}")))
        except (OSError, ValueError) as error:  # files that are not there, quotes that are not closed
            self.tell(Text(sanitize(f"agentchat: {error}")))
        self.screen.flush()

    async def _take(self, typed: str) -> None:
        """One line."""
        if self._questions.open:
            await self._questions.enter(typed)
            await self._until_quiet()
            return
        match said(typed, self.line.names):
            case Command(name=name, rest=rest):
                await self._command("quit" if name == "exit" else name, rest)
            case Shell(line=line):
                await self._shell(line)
            case Message() as meant:
                text = "\n\n".join((with_files(meant.text, meant.files), *self._along))
                self._along.clear()
                self.driver.send(Outgoing(text, meant.to))
                await self._until_quiet()

    async def _command(self, name: str, rest: str) -> None:
        await self.commands.find(name).act(self, rest)
        await self._until_quiet()

    async def _until_quiet(self) -> None:
        """Until everything that was sent is answered, or a question waits."""
        await anyio.lowlevel.checkpoint()
        while self.driver.at_work and not self._questions.open:
            await self._questions.settle()
            await anyio.sleep(_TICK)
        self.screen.flush()
        if self._questions.open:
            self._forget()

    async def _shell(self, line: str) -> None:
        if not self._person:
            raise ConfigurationError(f"!{line}: a line for the shell is run only where a person types it")
        began = time.monotonic()
        ran = await self._stoppable(run_line(line))
        if ran is None:
            return
        self.tell(*output_rows(ran, time.monotonic() - began))
        if not ran.output.strip():
            return
        meant = await self._line("let it go along with what you say next? [y/N]")
        if meant.strip().lower() in ("y", "yes"):
            self._along.append(offered(line, ran))

    async def _stoppable(self, running: Awaitable[Ran]) -> Ran | None:
        """What ran; None where it was stopped."""
        with anyio.CancelScope() as self._scope:
            ran = await running
        stopped, self._scope = self._scope.cancelled_caught, None
        if stopped:
            self.tell(Text("stopped"))
        return None if stopped else ran

    # for the commands

    def tell(self, *rows: RenderableType) -> None:
        """Print rows."""
        self.screen.add(*rows)

    async def pick(self, title: str, items: Sequence[Item[object]], *, last: bool = False) -> object | None:
        """Let the user choose one of a numbered list."""
        self.tell(Text(title), *(Text(f"{n}  {item.label}  {item.detail}") for n, item in enumerate(items, 1)))
        typed = (await self._line(f"1 to {len(items)}, Enter for none")).strip()
        if typed and not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(items)):
            raise ConfigurationError(f"{typed!r} is no number from 1 to {len(items)}; nothing was chosen")
        return items[int(typed) - 1].value if typed else None

    def put(self, text: str) -> None:
        """There is no editor that could hold a text: it is shown."""
        self.tell(Text("it said:"), Text(sanitize(text)), Text("What you type now is said in its place."))

    async def own(self, *words: str) -> None:
        """Run a command of the command line, and print what it prints."""
        verb, *rest = words
        ran = await self._stoppable(run_own([verb, *self._words(self.line), *rest], self.screen.width, plain=True))
        if ran is not None:
            self.tell(*(Text(line, no_wrap=True, overflow="ignore") for line in ran.output.rstrip("\n").split("\n")))

    async def edited(self, text: str, suffix: str = ".md") -> str | None:
        """The text as the user's editor left it."""
        return write(text, suffix)

    def show_past(self) -> None:
        """Print the end of the conversation that is gone on with."""
        if self.line.transcript is not None:
            show_end(self.screen, self.line.transcript)

    def clear(self) -> None:
        """There is nothing to clear."""
        self.tell(Text("a new conversation begins with what you say next"))

    def quit(self) -> None:
        """End the chat."""
        self._left = True

    # from the driver

    def asked(self, run: Run, paused: Paused) -> None:
        """A question was put; nobody to answer it is a no."""
        self._questions.put(run, paused)

    def over(self) -> None:
        """A run has ended."""
        self._questions.drop()

    def failed(self, out: Outgoing) -> None:
        """A message was not delivered."""
        self.tell(Text("agentchat: this was not delivered"))
