"""What the user runs beside the conversation: lines for the shell, and the commands of the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import anyio
from rich.console import RenderableType
from rich.text import Text

from agentchat.terminal.chat.attachments import amount
from agentchat.terminal.chat.prompt import Prompt
from agentchat.terminal.chat.shell import Ran, run_line, run_own
from agentchat.terminal.sanitize import sanitize, sanitize_line

ROWS: Final = 12
"""Rows of an output that are shown; all of it goes along."""


class _Session(Protocol):
    @property
    def prompt(self) -> Prompt: ...
    def tell(self, *rows: RenderableType) -> None: ...
    def word(self, text: str) -> None: ...


class Outside:
    """Runs one at a time. words: how our own commands name the conversation."""

    def __init__(self, session: _Session, words: Callable[[], Sequence[str]]) -> None:
        self._session = session
        self._words = words
        self._scope: anyio.CancelScope | None = None

    def stop(self) -> bool:
        """Kill what runs; whether anything did."""
        if self._scope is None:
            return False
        self._scope.cancel()
        return True

    async def own(self, verb: str, rest: Sequence[str], width: int) -> None:
        """Run a command of the command line on this conversation, and print what it prints."""
        with anyio.CancelScope() as self._scope:
            ran = await run_own([verb, *self._words(), *rest], width)
            lines = ran.output.rstrip("\n").split("\n")
            self._session.tell(*(Text.from_ansi(line, no_wrap=True, overflow="ignore") for line in lines), Text(""))
        self._scope = None

    async def shell(self, line: str) -> None:
        """Run a line of the user's, show it, and offer its output as part of the next message."""
        tell, began = self._session.tell, time.monotonic()
        tell(Text("! ", style="bold magenta").append(sanitize_line(line), style="not bold default"))
        with anyio.CancelScope() as scope:
            self._scope = scope
            ran = await run_line(line)
        self._scope = None
        if scope.cancelled_caught:
            tell(Text("■ stopped", style="yellow"), Text(""))
            return
        tell(*output_rows(ran, time.monotonic() - began), Text(""))
        if ran.output.strip():
            self._offer(line, offered(line, ran), len(ran.output.rstrip("\n").split("\n")))

    def _offer(self, line: str, text: str, count: int) -> None:
        prompt = self._session.prompt
        mark = prompt.pastes.mark("output", text, f"{line}, {count} line{'' if count == 1 else 's'}")
        prompt.buffer.insert_text(f"{mark} ")
        self._session.word("its output goes along with what you say next; delete the mark and it does not")


def output_rows(ran: Ran, seconds: float) -> list[Text]:
    """What a line for the shell printed, as far as it is shown, and how it ended."""
    lines = sanitize(ran.output).rstrip("\n").split("\n")
    rows = [Text(one, style="dim", no_wrap=True, overflow="ignore") for one in lines[:ROWS]]
    more = f"… {len(lines) - ROWS} more lines · " if len(lines) > ROWS else ""
    told = f"{more}exit {ran.code} · {seconds:.1f} s · {amount(len(ran.output.encode()))}"
    return [*rows, Text(told, style="dim" if ran.code == 0 else "red")]


def offered(line: str, ran: Ran) -> str:
    """The output as a part of a message."""
    return f'<output of="{line}" exit="{ran.code}">\n{ran.output.rstrip()}\n</output>'
