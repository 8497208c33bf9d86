"""Questions to the person in the plain chat: put as lines, answered by a line; where nobody is, the answer is no.

Only what is typed after a question was printed can answer it: who reads the lines drops what came before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from pydantic import JsonValue
from rich.console import RenderableType
from rich.text import Text

from agentchat.errors import AgentChatError
from agentchat.run import USER, Run
from agentchat.runtime.questions import NOBODY
from agentchat.terminal.chat.asked import (
    ALWAYS,
    ANSWERS,
    SUFFIXES,
    Always,
    Asking,
    agreed,
    answer,
    asking,
    explained,
    revised,
)
from agentchat.terminal.chat.editor import write
from agentchat.terminal.sanitize import sanitize
from agentchat.transcript.events import Paused

_NO: Final[JsonValue] = {"yes": False, "reason": NOBODY}
_ALLOWED: Final[JsonValue] = {"yes": True, "reason": ALWAYS}


class PlainQuestions:
    """Those of one chat. person: whether somebody is there to answer."""

    def __init__(self, tell: Callable[..., None], *, person: bool) -> None:
        self._tell = tell
        self._person = person
        self._waiting: list[tuple[Run, Asking]] = []
        self._settled: list[tuple[Run, Asking, JsonValue]] = []
        self._always = Always()

    @property
    def open(self) -> bool:
        """Whether a question waits for the person."""
        return bool(self._waiting)

    @property
    def prompt(self) -> str:
        """What stands before the answer; empty where nothing is asked."""
        return self._waiting[0][1].prompt if self._waiting else ""

    def put(self, run: Run, paused: Paused) -> None:
        """A question was entered."""
        asked = asking(paused, run.transcript, os.getcwd())
        if self._always.covers(asked):
            self._settled.append((run, asked, _ALLOWED))
            self._tell(Text(f"allowed ({ALWAYS})"))
        elif self._person:
            self._waiting.append((run, asked))
            if len(self._waiting) == 1:
                self._show(*asked.rows)
        else:
            self._settled.append((run, asked, _NO if asked.kind == "approval" else False))
            self._tell(*asked.rows, Text(NOBODY))

    async def settle(self) -> None:
        """Hand in the answers that need no person."""
        while self._settled:
            run, asked, value = self._settled.pop(0)
            if asked.kind in ("approval", "yes"):
                await self._give(run, asked, value)
            else:
                await run.interrupt(NOBODY)

    async def enter(self, typed: str) -> None:
        """What the person typed."""
        run, asked = self._waiting[0]
        meant = answer(typed, asked.kind)
        if meant.act == "explain":
            self._tell(*explained(asked))
        elif meant.act == "edit":
            self._edit(run, asked)
        elif meant.act == "again":
            self._tell(Text(meant.problem))
        else:
            self._always.note(asked, meant)
            self._waiting.pop(0)
            if self._waiting:
                self._show(*self._waiting[0][1].rows)
            await self._give(run, asked, agreed(asked, meant.value))

    def drop(self) -> None:
        """The run is over: what it asked is not asked any more."""
        self._waiting.clear()
        self._settled.clear()

    def _show(self, *rows: RenderableType) -> None:
        kind = self._waiting[0][1].kind
        self._tell(*rows, *([Text(ANSWERS)] if kind == "approval" else []))

    def _edit(self, run: Run, asked: Asking) -> None:
        try:
            text = write(asked.source, SUFFIXES.get(asked.language, ".py"))
        except AgentChatError as error:
            self._tell(Text(sanitize(f"agentchat: {error}")))
            return
        changed = revised(asked, text)
        if isinstance(changed, str):
            self._tell(Text(changed))
            return
        self._waiting[0] = (run, changed)
        self._show(*changed.rows)

    async def _give(self, run: Run, asked: Asking, value: JsonValue) -> None:
        try:
            await run.answer(asked.pause, value, by=USER if self._person else "agentchat")
        except AgentChatError as error:
            self._tell(Text(sanitize(f"agentchat: {error}")))
