"""What can be completed: commands behind a slash, agents and paths behind an @. Nothing here waits or reads a file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from agentchat.terminal.chat.fuzzy import best
from agentchat.terminal.sanitize import sanitize_line

MOST: Final = 200
"""Entries of a folder that are offered."""
_AT: Final = re.compile(r"(?<!\S)@([^\s`\"]*)$")
_COMMAND: Final = re.compile(r"/([a-z]*)$")
_WORD: Final = re.compile(r"/([a-z]+) +(\S*)$")


class ChatCompleter(Completer):
    """commands: names and one-line help. agents: names and descriptions. words: what can stand behind a command."""

    def __init__(
        self,
        commands: Mapping[str, str],
        agents: Callable[[], Mapping[str, str]],
        words: Callable[[str], Sequence[str]],
    ) -> None:
        self._commands = commands
        self._agents = agents
        self._words = words

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What fits at the cursor."""
        before = document.text_before_cursor
        if (command := _COMMAND.fullmatch(before)) is not None:
            for name in best(command[1], self._commands):
                yield Completion(f"{name}", -len(command[1]), display=f"/{name}", display_meta=self._commands[name])
        elif (word := _WORD.fullmatch(before)) is not None:
            for one in best(word[2], self._words(word[1])):
                yield Completion(one, -len(word[2]), display=sanitize_line(one))
        elif (at := _AT.search(before)) is not None:
            yield from self._named(at[1])

    def _named(self, typed: str) -> Iterator[Completion]:
        agents = self._agents()
        for name in best(typed, agents):
            told = sanitize_line(agents[name])
            yield Completion(name, -len(typed), display=f"@{sanitize_line(name)}", display_meta=told)
        yield from paths(typed)


def paths(typed: str) -> Iterator[Completion]:
    """Files and folders that go on as typed; hidden ones where a dot was typed."""
    folder, _, start = typed.rpartition("/")
    where = Path(f"{folder}/" if "/" in typed else ".").expanduser()
    try:
        with os.scandir(where) as entries:
            found = [(entry.name, entry.is_dir()) for entry in entries if start[:1] == "." or entry.name[0] != "."]
    except OSError:
        return
    kinds = dict(found)
    for name in best(start, sorted(kinds))[:MOST]:
        if any(char.isspace() for char in name):
            continue
        shown = f"{name}/" if kinds[name] else name
        yield Completion(shown, -len(start), display=sanitize_line(shown))
