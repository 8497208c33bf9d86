"""A message's text as blocks: prose, which may be wrapped, and fenced code in colour, which may not. Pure.

Text is not rendered as Markdown: what an agent said is what a person must see. Only languages on the list are
coloured, and only programs of a sensible size: any name in a fence choosing any lexer is work on a stranger's word.
"""

from __future__ import annotations

from typing import Final

from rich.syntax import Syntax
from rich.text import Text

from agentchat.terminal.fences import FenceReader
from agentchat.terminal.sanitize import sanitize

LARGEST: Final = 20_000
"""Characters of a program that is still coloured."""

_LEXERS: Final = {
    "": "python",
    **dict.fromkeys(("python", "py", "python3"), "python"),
    **dict.fromkeys(("bash", "sh", "shell"), "bash"),
    **{name: name for name in ("json", "yaml", "toml", "sql", "diff", "html", "css", "javascript", "rust", "go", "c")},
}


def blocks(text: str) -> list[Text]:
    """The text, sanitised, in blocks that follow each other line by line."""
    reader = FenceReader()
    found: list[Text] = []
    prose: list[str] = []
    code: list[str] = []

    def settle() -> None:
        if prose:
            found.append(Text("\n".join(prose)))
        if code:
            found.append(coloured("\n".join(code), reader.info))
        prose.clear()
        code.clear()

    for line in sanitize(text).removesuffix("\n").split("\n"):
        kind = reader.take(line)
        if kind == "prose":
            prose.append(line)
        elif kind == "code":
            code.append(line)
        else:
            settle()
            found.append(Text(line, style="dim"))
    settle()
    return found


def coloured(program: str, language: str) -> Text:
    """A program that was sanitised, in colour where its language is known."""
    text = verbatim(program)
    lexer = _LEXERS.get(language)
    if lexer is None or len(program) > LARGEST:
        return text
    # Tabs stay where a lexer does not know how wide they are; the text must come out as it went in.
    shown = Syntax("", lexer, theme="ansi_dark").highlight(program)
    shown.right_crop(len(shown.plain) - len(program))
    if shown.plain != program:
        return text
    shown.no_wrap, shown.overflow = True, "ignore"
    return shown


def verbatim(text: str, style: str = "") -> Text:
    """Text whose lines are never broken: code, and what programs print."""
    return Text(text, style=style, no_wrap=True, overflow="ignore")
