"""What is seen around the prompt: what waits, a hint, the status line; and what can be completed there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from agentchat.terminal.chat.attachments import Attached, look_at
from agentchat.terminal.chat.commands import Commands
from agentchat.terminal.chat.driving import Driver
from agentchat.terminal.chat.line import Line
from agentchat.terminal.chat.prompt import Shown
from agentchat.terminal.chat.said import Message, said
from agentchat.terminal.chat.status import model_of, sandbox_of, status_of
from agentchat.terminal.sanitize import sanitize_line

TOLD: Final = 2.5
"""Seconds that a word below the prompt stays."""
SHORT: Final = 60
_SEEN: Final = 50


class Around:
    """Looks at the line and its driver whenever the prompt is drawn. asked: what is to be said of an open question."""

    def __init__(self, line: Line, driver: Driver, commands: Commands, asked: Callable[[], str]) -> None:
        self._line = line
        self._driver = driver
        self._commands = commands
        self._asked = asked
        self._told = ("", 0.0)
        self._seen: dict[str, Attached] = {}

    def word(self, text: str) -> None:
        """A word below the prompt, for a moment; an empty one takes it away."""
        self._told = (sanitize_line(text), time.monotonic() + TOLD)

    @property
    def fading(self) -> bool:
        """Whether a word stands there that is to go."""
        return bool(self._told[0])

    def look(self, typed: str) -> Shown:
        """What is to be seen now."""
        now = time.monotonic()
        if now > self._told[1]:
            self._told = ("", 0.0)
        told, since = self._told[0], self._driver.since
        hint = told or self._hint(typed)
        loud = bool(told) or any(one.problem for one in self._seen.values() if str(one) in hint)
        queued = [short(one) for one in self._driver.waiting]
        return Shown(queued, hint, loud, self._status(), None if since is None else now - since)

    def agents(self) -> Mapping[str, str]:
        """Who can be addressed, with descriptions."""
        return {card.name: card.description or "" for card in self._line.cards}

    def words(self, command: str) -> Sequence[str]:
        """What may stand behind a command."""
        found = self._commands.known.get(command)
        return () if found is None else found.words

    def _hint(self, typed: str) -> str:
        asked = self._asked()
        if asked:
            return asked
        if typed[:1] == "!":
            return "runs in your shell, on this machine; its output is offered to the conversation"
        if "@" not in typed:
            return ""
        meant = said(typed, self._line.names)
        files = meant.files if isinstance(meant, Message) else ()
        return sanitize_line(" · ".join(str(self._looked(name)) for name in files))

    def _looked(self, name: str) -> Attached:
        if name not in self._seen:
            if len(self._seen) >= _SEEN:
                self._seen.clear()
            self._seen[name] = look_at(name)
        return self._seen[name]

    def _status(self) -> Sequence[str]:
        transcript, cards = self._line.transcript, self._line.cards
        if transcript is not None:
            parts = status_of(transcript)
        else:
            models = dict.fromkeys(model_of(card) for card in cards)
            parts = [" + ".join(card.name for card in cards), *models, *sandbox_of(list(cards))]
        return [sanitize_line(part) for part in parts if part]


def short(text: str) -> str:
    """The beginning of a text, on one line."""
    line = sanitize_line(text)
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
