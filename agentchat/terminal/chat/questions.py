"""Questions to the person, one at a time, in place of the prompt: put, flushed, answered, remembered.

What was typed before a question was seen counts for nothing: the draft is set aside and comes back, keys on their way
are dropped. A yes for always holds for exactly this (its digest) and for this session.
"""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from anyio.abc import TaskGroup
from prompt_toolkit.document import Document
from pydantic import JsonValue
from rich.console import RenderableType
from rich.text import Text

from agentchat.errors import AgentChatError
from agentchat.run import Run
from agentchat.terminal.chat.asked import (
    ALWAYS,
    ANSWERS,
    SUFFIXES,
    Always,
    Answered,
    Asking,
    agreed,
    answer,
    asking,
    explained,
    revised,
)
from agentchat.terminal.chat.prompt import Prompt
from agentchat.terminal.chat.screen import Screen
from agentchat.transcript.events import Paused


class _Session(Protocol):
    @property
    def prompt(self) -> Prompt: ...
    @property
    def screen(self) -> Screen: ...
    @property
    def tasks(self) -> TaskGroup: ...
    def tell(self, *rows: RenderableType) -> None: ...
    def word(self, text: str) -> None: ...
    def problem(self, error: Exception) -> None: ...
    async def edited(self, text: str, suffix: str = ".md") -> str | None: ...


class Waiting(NamedTuple):
    """A question, and the run that waits for its answer."""

    run: Run
    asking: Asking


class Questions:
    """The questions of one chat."""

    def __init__(self, session: _Session) -> None:
        self._session = session
        self._waiting: list[Waiting] = []
        self._always = Always()
        self._draft: Document | None = None

    @property
    def open(self) -> bool:
        """Whether a question waits for an answer."""
        return bool(self._waiting)

    @property
    def hint(self) -> str:
        """What can be answered; empty where nothing is asked."""
        if not self._waiting:
            return ""
        return ANSWERS if self._waiting[0].asking.kind == "approval" else "Enter answers, Esc stops"

    def put(self, run: Run, paused: Paused) -> None:
        """A question was entered: it is shown, unless exactly this was always allowed."""
        asked = asking(paused, run.transcript, os.getcwd())
        if self._always.covers(asked):
            self._give(Waiting(run, asked), {"yes": True, "reason": ALWAYS})
            return
        self._waiting.append(Waiting(run, asked))
        if len(self._waiting) == 1:
            self._show()

    def enter(self, text: str) -> bool:
        """What the person typed."""
        waiting = self._waiting[0]
        meant = answer(text, waiting.asking.kind)
        if meant.act == "again":
            self._session.word(meant.problem)
        elif meant.act == "explain":
            self._session.tell(*explained(waiting.asking))
        elif meant.act == "edit":
            self._session.tasks.start_soon(self._edit, waiting)
        else:
            self._answered(waiting, meant)
        return True

    def drop(self) -> None:
        """The run is over: what it asked is not asked any more."""
        if self._waiting:
            self._waiting.clear()
            self._quiet()

    def _show(self) -> None:
        session, prompt = self._session, self._session.prompt
        asked = self._waiting[0].asking
        session.tell(*asked.rows)
        session.screen.flush()  # the question stands there before its answer is asked for
        if self._draft is None:
            self._draft = prompt.buffer.document
        prompt.put("")
        prompt.mode.asking = asked.prompt
        with suppress(termios.error, OSError, ValueError):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
        prompt.app.key_processor.empty_queue()
        prompt.bell()
        prompt.title(f"● {asked.agent} asks you")
        prompt.redraw()

    def _answered(self, waiting: Waiting, meant: Answered) -> None:
        asked = waiting.asking
        self._always.note(asked, meant)
        self._next()
        self._give(waiting, agreed(asked, meant.value))

    def _next(self) -> None:
        self._waiting.pop(0)
        if self._waiting:
            self._show()
        else:
            self._quiet()

    def _quiet(self) -> None:
        """The prompt is for messages again, with the draft that was set aside."""
        prompt = self._session.prompt
        prompt.mode.asking = None
        if self._draft is not None:
            prompt.buffer.document = self._draft
            self._draft = None
        prompt.title("agentchat")
        prompt.redraw()

    def _give(self, waiting: Waiting, value: JsonValue) -> None:
        self._session.tell(*_told(waiting.asking, value))
        self._session.tasks.start_soon(self._hand_in, waiting, value)

    async def _hand_in(self, waiting: Waiting, value: JsonValue) -> None:
        try:
            await waiting.run.answer(waiting.asking.pause, value)
        except AgentChatError as error:
            self._session.problem(error)

    async def _edit(self, waiting: Waiting) -> None:
        """What the person would rather have done is shown in place of what was asked for, and a yes is still due."""
        asked = waiting.asking
        try:
            text = await self._session.edited(asked.source, SUFFIXES.get(asked.language, ".py"))
        except AgentChatError as error:
            self._session.problem(error)
            return
        if waiting not in self._waiting:
            return  # it was answered elsewhere, or stopped, while the editor was open
        changed = revised(asked, text)
        if isinstance(changed, str):
            self._session.word(changed)
            return
        self._waiting[self._waiting.index(waiting)] = waiting._replace(asking=changed)
        self._session.tell(*changed.rows)


def _told(asked: Asking, value: JsonValue) -> Sequence[Text]:
    """The answer, as it stands in the record."""
    if asked.kind != "approval" or not isinstance(value, dict):
        return (Text(""),)
    yes, reason = value.get("yes"), value.get("reason")
    why = f" ({str(reason).splitlines()[0]})" if reason else ""
    return Text(f"  {'allowed' if yes else 'not allowed'}{why}", style="green" if yes else "yellow"), Text("")
