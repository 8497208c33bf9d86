"""A message's text with its fenced code in colour. Pure; the text stays what it is, colours apart.

Text is not rendered as Markdown: what an agent said is what a person must see. Only languages on the list are
coloured, and only programs of a sensible size: a lexer for any name in a fence is code run on a stranger's word.
"""

from __future__ import annotations

import re
from typing import Final

from rich.syntax import Syntax
from rich.text import Text

from agentchat.terminal.sanitize import sanitize

LARGEST: Final = 20_000
"""Characters of a program that is still coloured."""

_LEXERS: Final = {
    "": "python",
    **dict.fromkeys(("python", "py", "python3"), "python"),
    **dict.fromkeys(("bash", "sh", "shell"), "bash"),
    **{name: name for name in ("json", "yaml", "toml", "sql", "diff", "html", "css", "javascript", "rust", "go", "c")},
}
_OPEN: Final = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")


def highlighted(text: str) -> Text:
    """The text, sanitised, with fences dim and what is in them coloured."""
    shown = Text()
    program: list[str] = []
    fence, lexer = "", ""
    for line in sanitize(text).rstrip("\n").split("\n"):
        match = _OPEN.fullmatch(line)
        if fence and _closes(line, fence):
            shown.append_text(_coloured(program, lexer)).append(f"{line}\n", style="dim")
            program, fence = [], ""
        elif fence:
            program.append(line)
        elif match is not None:
            word = match["info"].split(maxsplit=1)[:1]
            fence, lexer = match["fence"], _LEXERS.get(word[0].lower() if word else "", "")
            shown.append(f"{line}\n", style="dim")
        else:
            shown.append(f"{line}\n")
    shown.append_text(_coloured(program, lexer))
    shown.right_crop(1)
    return shown


def _coloured(lines: list[str], lexer: str) -> Text:
    plain = "".join(f"{line}\n" for line in lines)
    if not lexer or not 0 < len(plain) <= LARGEST:
        return Text(plain)
    coloured = Syntax("", lexer, theme="ansi_dark", tab_size=8).highlight(plain)
    return coloured if coloured.plain == plain else Text(plain)


def _closes(line: str, fence: str) -> bool:
    bare = line.strip(" \t>")
    return len(bare) >= len(fence) and set(bare) == {fence[0]}
