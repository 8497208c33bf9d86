"""What `agentchat grep` found, as it is printed: for people on a terminal, like grep in a pipe, or as JSON."""

from __future__ import annotations

import json
import sys
from typing import Final, TextIO

from rich.cells import cell_len
from rich.text import Text

from agentchat.catalogue.looking import Found
from agentchat.catalogue.searching import Match
from agentchat.cli.exits import FAILED, USAGE
from agentchat.terminal.console import Plain
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.terminal.usage_text import many

_BEFORE: Final = 1 / 3
"""The part of a line's room that stands before the match, where the line is too long."""


class Printer:
    """Prints what is found at once, and at the end what to type next."""

    def __init__(self, stream: TextIO, *, as_json: bool) -> None:
        self._console = Plain(stream)
        self._as_json = as_json
        self._lines = self._conversations = 0
        self._unread = False
        self._first: tuple[str, int] | None = None

    @property
    def code(self) -> int:
        """The exit code: 0 found, 1 nothing, 2 nothing, and something could not be read."""
        return 0 if self._lines else USAGE if self._unread else FAILED

    def show(self, name: str, words: str, found: Found) -> None:
        """Print the matches in a conversation. name: what it is called; words: what names it in a command."""
        if found.damage is not None:
            self._unread = True
            typed = f"agentchat: {name}: could not be searched: {found.damage}"
            Plain(sys.stderr).show(sanitize(typed))
        if not found.matches:
            return
        self._first = self._first or (words, found.matches[0].seq)
        self._lines += len(found.matches)
        self._conversations += 1
        if self._console.is_terminal and not self._as_json:
            head = Text(sanitize_line(name), style="bold")
            self._console.row(head.append(f"  {sanitize_line(found.words)}", style="not bold dim"))
        for match in found.matches:
            self._match(name, found.id, match)

    def close(self, text: str) -> None:
        """Say what to type next; only where somebody reads it."""
        if self._as_json or not self._console.is_terminal:
            return
        if self._first is None:
            told = f"nothing with {text!r}; -i takes letters large or small, --kind also code, replies and personas"
            self._console.show(Text(sanitize(told), style="dim"))
            return
        words, seq = self._first
        told = f"{many(self._lines, 'line')} in {many(self._conversations, 'conversation')}. To look further:"
        for line in (told, f"  agentchat show {words}", f"  agentchat replay {words} --until {seq}"):
            self._console.show(Text(sanitize(line), style="dim"))

    def _match(self, name: str, id: str, match: Match) -> None:
        if self._as_json:
            data = {"conversation": id, "source": name, **match._asdict()}
            print(json.dumps(data, ensure_ascii=self._console.is_terminal), file=self._console.file)
        elif self._console.is_terminal:
            self._console.row(_line(match, self._console.width))
        else:
            told = f"{name}:{match.seq}:{match.who}:{match.kind}: {match.line}"
            print(sanitize_line(told), file=self._console.file)


def _line(match: Match, width: int) -> Text:
    """Event, who, what, and the line around the match."""
    line = Text(f"{match.seq:>6}  ", style="dim", no_wrap=True, overflow="ellipsis")
    line.append(sanitize_line(match.who), style="not dim")
    line.append(f"{' ' if match.who else ''}{match.kind}: " if match.kind != "said" else ": ", style="dim")
    before, hit, after = (
        sanitize_line(part)
        for part in (match.line[: match.start], match.line[match.start : match.end], match.line[match.end :])
    )
    room = max(width - cell_len(line.plain), 1)
    if cell_len(before + hit + after) > room:
        kept = int(room * _BEFORE)
        before = before if len(before) <= kept else f"…{before[len(before) - kept + 1 :]}"
    for text, style in ((before.lstrip(), "not dim"), (hit, "not dim bold yellow"), (after, "not dim")):
        line.append(text, style=style)
    return line
