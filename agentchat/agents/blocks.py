"""Programs in a message: the fenced blocks that a CommonMark parser finds, in order."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ONE_LINE: Final = re.compile(r"^```(?:(?P<language>[\w+#-]+)[ \t]+)?(?P<source>[^`]+?)```$")
_LANGUAGES: Final = {"": "python", "py": "python", "python3": "python", "sh": "bash", "shell": "bash"}


class Block(NamedTuple):
    """A program: its language ("python" where the fence names none) and its source."""

    language: str
    source: str


def blocks_in(text: str) -> list[Block]:
    """The fenced blocks of a Markdown text, in order.

    Fences inside lists and quotes count, and three backticks that open and close on a line of their own. Indented code
    without a fence does not: it is too often plain text.
    """
    from markdown_it import MarkdownIt  # a tenth of what importing agentchat would take

    found: list[Block] = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence":
            found.append(_block(token.info, token.content))
        elif token.type == "inline":
            found += [
                _block(match["language"] or "", match["source"])
                for line in token.content.split("\n")
                if (match := _ONE_LINE.match(line.strip())) is not None
            ]
    return found


def _block(info: str, source: str) -> Block:
    word = info.strip().split(maxsplit=1)[0].lower() if info.strip() else ""
    return Block(_LANGUAGES.get(word, word), source)
