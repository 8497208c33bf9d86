"""What a typed line means: a message (to everybody or to one), a command, a program of the user's own. Pure.

@coder make it faster           to coder alone, where the first word names an agent
look at @src/main.py            a file goes along; a word in `ticks`, in a fence or behind a backslash is a word
!git diff                       a local command
/usage                          a command of the chat
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

_FILE: Final = re.compile(r"(?<!\S)@(?:\"(?P<quoted>[^\"\n]+)\"|(?P<bare>[^\s`\"]+))")
_APART: Final = re.compile(r"(?P<fence>^[ \t]*```.*?(?:^[ \t]*```|\Z))|(?P<tick>`[^`\n]*`)", re.DOTALL | re.MULTILINE)
_ESCAPED: Final = re.compile(r"(?<!\S)\\([@!/])")
_ADDRESS: Final = re.compile(r"@(?P<name>[\w.-]+?)[,:]?(?:\s+|\Z)")


class Message(NamedTuple):
    """Something to say. to: to one agent alone. files: what is named to go along, in order."""

    text: str
    to: str | None = None
    files: tuple[str, ...] = ()


class Command(NamedTuple):
    """A command of the chat, without its slash, and what stands behind it."""

    name: str
    rest: str


class Shell(NamedTuple):
    """A local command."""

    line: str


def said(text: str, agents: Collection[str]) -> Message | Command | Shell | None:
    """What the user typed; None for nothing."""
    bare = text.strip()
    if not bare:
        return None
    if bare[0] == "/" and "\n" not in bare and re.match(r"/[a-z]*(\s|$)", bare):
        name, _, rest = bare[1:].partition(" ")
        return Command(name, rest.strip())
    if bare[0] == "!" and len(bare) > 1:
        return Shell(bare[1:].strip())
    to = None
    address = _ADDRESS.match(bare)
    if address is not None and address["name"] in agents:
        to, bare = address["name"], bare[address.end() :].strip()
    files = tuple(dict.fromkeys(one for one in files_in(bare) if one not in agents))
    return Message(_ESCAPED.sub(r"\1", bare), to, files)


def files_in(text: str) -> list[str]:
    """The words with an @ before them, but for those within code."""
    prose = _APART.sub(lambda found: " " * len(found[0]), text)
    return [match["quoted"] or match["bare"].rstrip(".,;:!?)") for match in _FILE.finditer(prose)]
