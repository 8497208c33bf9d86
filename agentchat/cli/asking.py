"""Questions to the person at the terminal: whether a tool may be called, a program run, or what they have to say.

What is asked is shown exactly, made harmless. Only `y`, `yes` or `true` is a yes; what was typed before the question
counts for nothing. Where nobody can be asked the answer is no.
"""

from __future__ import annotations

import os
import sys
import termios
from typing import Final

import anyio
from pydantic import JsonValue

from agentchat.cli.answering import read_value
from agentchat.errors import ConfigurationError, ConversationClosed
from agentchat.policy.asked import wanted_by
from agentchat.run import Run
from agentchat.runtime.questions import NOBODY, Question
from agentchat.terminal.console import Plain
from agentchat.terminal.view import view
from agentchat.transcript.events import Entry, Paused

SELF: Final = "agentchat"
"""Who answers where nobody is there."""
_PIECE: Final = 4096


class Asker:
    """Asks, one question at a time.

    unseen: entries up to this place are not printed by anyone else, so that their question is shown here.
    """

    def __init__(self, console: Plain, *, unseen: int = 0) -> None:
        self.attended = sys.stdin.isatty() and console.is_terminal
        self._console = console
        self._unseen = unseen
        self._lock = anyio.Lock()

    async def ask(self, run: Run, entry: Entry) -> None:
        """Put the question of an entry, if it still waits, and hand in the answer."""
        paused = entry.event
        assert isinstance(paused, Paused)
        async with self._lock:
            shown = entry.seq > self._unseen
            while True:
                question = next((one for one in run.questions if one.id == paused.pause), None)
                if question is None:
                    return
                if not shown and (seen := view(entry, run.transcript)) is not None:
                    self._console.show(seen)
                shown = True
                try:
                    if self.attended:
                        await run.answer(question.id, await self._answer(question))
                    else:
                        await self._nobody(run, question)
                except ConfigurationError as error:
                    self._console.show(str(error))
                    continue
                except ConversationClosed:  # it ended meanwhile
                    return

    async def _answer(self, question: Question) -> JsonValue:
        kind = wanted_by(question.schema)
        prompt = {"approval": "Allow it? [y/N] ", "yes": "[y/N] ", "text": "> ", "json": "JSON> "}[kind]
        descriptor = sys.stdin.fileno()
        termios.tcflush(descriptor, termios.TCIFLUSH)
        self._console.raw(prompt)
        line = await _line(descriptor)
        if line is None:
            self._console.raw("\n")
        return read_value(line or "", question.schema)

    async def _nobody(self, run: Run, question: Question) -> None:
        kind = wanted_by(question.schema)
        if kind == "approval":
            await run.answer(question.id, {"yes": False, "reason": NOBODY}, by=SELF)
        elif kind == "yes":
            await run.answer(question.id, False, by=SELF)
        else:
            await run.interrupt(f"{question.id} asks a person, and {NOBODY}")


async def _line(descriptor: int) -> str | None:
    """The next line that is typed; None at the end of input."""
    data = b""
    while not data.endswith(b"\n"):
        await anyio.wait_readable(descriptor)
        piece = os.read(descriptor, _PIECE)
        if not piece:
            return data.decode(errors="replace") or None
        data += piece
    return data.decode(errors="replace").rstrip("\r\n")
