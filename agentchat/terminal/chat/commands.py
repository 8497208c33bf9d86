"""The commands of the chat: their names, their help, and what they do through the session.

Those that only look work while somebody has the turn. `why`, `request`, `export`, `diff`, `doctor` and the like are the
commands of the command line, run on this conversation.
"""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from rich.console import RenderableType

from agentchat.errors import ConfigurationError
from agentchat.terminal.chat.driving import Driver
from agentchat.terminal.chat.line import Line
from agentchat.terminal.chat.menu import Item


class Desk(Protocol):
    """What a command may use of the session."""

    line: Line
    driver: Driver

    def tell(self, *rows: RenderableType) -> None:
        """Print rows above the prompt."""
        ...

    async def pick(self, title: str, items: Sequence[Item[object]], *, last: bool = False) -> object | None:
        """Let the user choose; None for nothing."""
        ...

    def put(self, text: str) -> None:
        """Put a text into the editor."""
        ...

    async def own(self, *words: str) -> None:
        """Run a command of the command line, and print what it prints."""
        ...

    async def edited(self, text: str, suffix: str = ".md") -> str | None:
        """The text as the user's editor left it."""
        ...

    def show_past(self) -> None:
        """Print the end of the conversation."""
        ...

    def clear(self) -> None:
        """Clear the screen."""
        ...

    def quit(self) -> None:
        """End the chat."""
        ...


Act = Callable[[Desk, str], Awaitable[None]]


class Command(NamedTuple):
    """A command. looks: it changes nothing, and works at any time. words: what may stand behind it."""

    name: str
    help: str
    act: Act
    looks: bool = False
    usage: str = ""
    words: tuple[str, ...] = ()


class Commands:
    """All of them, by name."""

    def __init__(self, known: Sequence[Command]) -> None:
        self.known: Final[Mapping[str, Command]] = {one.name: one for one in known}

    def find(self, name: str) -> Command:
        """The command of this name, or the only one that begins so. Raises ConfigurationError."""
        if name in self.known:
            return self.known[name]
        begun = [one for one in self.known if one.startswith(name)] if name else []
        if len(begun) == 1:
            return self.known[begun[0]]
        near = begun or difflib.get_close_matches(name, self.known, n=3, cutoff=0.5)
        guess = f"; did you mean {' or '.join(f'/{one}' for one in near)}?" if near else "; /help shows all"
        raise ConfigurationError(f"there is no command /{name}{guess}")
