"""A chat in a terminal from first key to last: what is typed goes to the conversation, what comes to the screen.

It owns no state of the conversation: that is the transcript's. The prompt stays while somebody speaks; the process ends
when it is told to, whatever the rest is doing.
"""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

import anyio
from anyio.abc import TaskGroup
from rich.console import RenderableType
from rich.text import Text

from agentchat.errors import AgentChatError, ConfigurationError
from agentchat.run import Run
from agentchat.terminal.chat.around import Around
from agentchat.terminal.chat.attachments import with_files
from agentchat.terminal.chat.commands import Commands
from agentchat.terminal.chat.completing import ChatCompleter
from agentchat.terminal.chat.driving import Driver
from agentchat.terminal.chat.editor import write
from agentchat.terminal.chat.going import GOING
from agentchat.terminal.chat.helping import help_command
from agentchat.terminal.chat.line import Line, Outgoing, collapsed_in, is_live
from agentchat.terminal.chat.looking import LOOKING
from agentchat.terminal.chat.menu import Item, Menu
from agentchat.terminal.chat.outside import Outside
from agentchat.terminal.chat.past import show_end
from agentchat.terminal.chat.process import end_at_last, warm
from agentchat.terminal.chat.prompt import TICK, Prompt
from agentchat.terminal.chat.questions import Questions
from agentchat.terminal.chat.said import Command, Message, Shell, said
from agentchat.terminal.chat.screen import Screen
from agentchat.terminal.sanitize import sanitize
from agentchat.transcript.events import Paused

PATIENCE: Final = 3.0
"""Seconds that a run gets to be closed when the chat is left."""


class Session:
    """One chat. words: how our own commands name the conversation. choose: whether it begins with a list of them."""

    def __init__(
        self,
        line: Line,
        stream: TextIO,
        *,
        words: Callable[[Line], Sequence[str]],
        history: Path | None = None,
        greeting: Sequence[RenderableType] = (),
        choose: bool = False,
    ) -> None:
        self.line = line
        self.screen = Screen(stream)
        self.driver = Driver(line, self.screen, self)
        self._greeting = greeting
        self._choose = choose
        self.commands = Commands((help_command(lambda: self.commands), *LOOKING, *GOING))
        helps = {one.name: one.help for one in self.commands.known.values()}
        self.around = Around(line, self.driver, self.commands, lambda: self.questions.hint)
        completer = ChatCompleter(helps, self.around.agents, self.around.words)
        self.prompt = Prompt(self.screen, self, completer, self.around.look, history=history, stream=stream)
        self.screen.live = self.prompt
        self.questions = Questions(self)
        self.outside = Outside(self, lambda: words(self.line))
        self._picked: anyio.Event | None = None
        self._choice: object | None = None
        self.tasks: TaskGroup

    # life

    async def live(self) -> None:
        """Until the user leaves."""
        async with anyio.create_task_group() as self.tasks:
            for work in (self.screen.keep_up, self.driver.drive, self._tick, self._heed, warm):
                self.tasks.start_soon(work)
            self.tell(*self._greeting)
            self.show_past()
            self.screen.flush()
            if self._choose:
                self._command("resume", "")
            try:
                with suppress(EOFError):
                    await self.prompt.app.run_async(handle_sigint=False, set_exception_handler=False)
            finally:
                end_at_last()
                with anyio.CancelScope(shield=True):
                    await self._close()
                self.tasks.cancel_scope.cancel()

    async def _close(self) -> None:
        """Let what goes on be closed, for a while."""
        with anyio.move_on_after(PATIENCE):
            if self.driver.busy:
                self.tasks.start_soon(self.driver.stop)
            await self.driver.idle.wait()
        self.screen.flush()

    async def _heed(self) -> None:
        """Leave where the terminal goes away or somebody asks for it; an interrupt stops what goes on first."""
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGHUP, signal.SIGINT) as signals:
            async for number in signals:
                if number != signal.SIGINT or not self.stop():
                    self.quit()

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(TICK)
            if self.driver.busy or self.around.fading:
                self.prompt.tick()

    # keys

    def enter(self, text: str) -> bool:
        """Send a message, run a command, answer a question."""
        if self.questions.open:
            return self.questions.enter(text)
        try:
            meant = said(text, self.line.names)
            match meant:
                case None:
                    self._empty()
                case Command(name=name, rest=rest):
                    self._command(name, rest)
                case Shell(line=line):
                    self.tasks.start_soon(self._safely, lambda: self.outside.shell(line))
                case Message():
                    self.driver.send(Outgoing(with_files(meant.text, meant.files), meant.to))
        except AgentChatError as error:
            self.problem(error)
            return False
        self.around.word("")
        return True

    def _empty(self) -> None:
        transcript = self.line.transcript
        if not self.driver.busy and transcript is not None and is_live(transcript):
            self.driver.start(self.line.go_on)

    def stop(self) -> bool:
        """Stop a run, or a command of the user's."""
        if self.outside.stop():
            return True
        if self.driver.busy:
            self.tasks.start_soon(self.driver.stop)
            return True
        return False

    def quit(self) -> None:
        """Leave."""
        if self.prompt.app.is_running:
            with suppress(Exception):  # it may be leaving already
                self.prompt.app.exit()

    def rewind(self) -> None:
        """Choose a turn to go back to."""
        self._command("rewind", "")

    def take_back(self) -> str | None:
        """The last queued message, in the editor again."""
        out = self.driver.take_back()
        return None if out is None else f"@{out.to} {out.text}" if out.to else out.text

    def expand(self) -> None:
        """Show what was collapsed last."""
        seq = None if self.line.transcript is None else collapsed_in(self.line.transcript)
        if seq is None:
            self.word("there is nothing collapsed")
        else:
            self._command("show", str(seq))

    def word(self, text: str) -> None:
        """A word below the prompt, for a moment."""
        self.around.word(text)
        self.prompt.redraw()

    def write(self) -> None:
        """The text in the editor of the user's choice."""
        self.tasks.start_soon(self._safely, self._write)

    async def _write(self) -> None:
        text = self.prompt.pastes.unfold(self.prompt.buffer.text)
        found = await self.edited(text)
        if found is not None:
            self.prompt.put(found)

    # commands

    def _command(self, name: str, rest: str) -> None:
        command = self.commands.find(name)
        self.tasks.start_soon(self._safely, lambda: command.act(self, rest))

    async def _safely(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do something beside the prompt; what goes wrong is told, and ends no chat."""
        try:
            await act()
        except AgentChatError as error:
            self.problem(error)
        except Exception as error:  # files that are not there, quotes that are not closed, a bug of ours
            self.problem(ConfigurationError(str(error) or type(error).__name__))

    async def own(self, *words: str) -> None:
        """Run a command of the command line on this conversation."""
        await self.outside.own(words[0], words[1:], self.screen.width)

    async def pick(self, title: str, items: Sequence[Item[object]], *, last: bool = False) -> object | None:
        """Let the user choose one of a list."""
        self._choice, self._picked = None, anyio.Event()
        draft = self.prompt.buffer.document
        self.prompt.put("")
        self.prompt.mode.menu = Menu(title, items, last=last)
        self.prompt.redraw()
        await self._picked.wait()
        self.prompt.mode.menu = None
        self.prompt.buffer.document = draft
        return self._choice

    def chosen(self, menu: Menu[object] | None) -> None:
        """A list was left."""
        item = None if menu is None else menu.chosen
        self._choice = None if item is None else item.value
        if self._picked is not None:
            self._picked.set()

    async def edited(self, text: str, suffix: str = ".md") -> str | None:
        """The text as the user's editor left it."""
        return await self.prompt.edit(text, lambda given: write(given, suffix))

    def put(self, text: str) -> None:
        """Put a text into the editor; a long one is folded."""
        self.prompt.put(self.prompt.pastes.fold(text))

    def clear(self) -> None:
        """Clear the screen; what scrolled away stays."""
        self.prompt.app.renderer.clear()

    # what is seen

    def tell(self, *rows: RenderableType) -> None:
        """Print rows above the prompt."""
        self.screen.add(*rows)

    def problem(self, error: Exception) -> None:
        """Say what was wrong with what was asked for."""
        self.tell(Text(sanitize(f"✗ {error}"), style="red"))

    def show_past(self) -> None:
        """The end of the conversation that is gone on with."""
        transcript = self.line.transcript
        if transcript is not None:
            show_end(self.screen, transcript)
            if is_live(transcript):
                self.tell(
                    Text(
                        "This run was cut off, or goes on in another process. Enter goes on; or say something.",
                        style="yellow",
                    ),
                    Text(""),
                )

    # from the driver

    def asked(self, run: Run, paused: Paused) -> None:
        """A question was put to the person."""
        self.questions.put(run, paused)

    def over(self) -> None:
        """A run has ended."""
        self.questions.drop()

    def failed(self, out: Outgoing) -> None:
        """A message was not delivered: it is in the editor again."""
        if not self.prompt.buffer.text:
            self.prompt.put(out.text)
