"""How a person's own message is shown: their words, with what went along folded to a line. Pure."""

from __future__ import annotations

import re
from typing import Final

from rich.text import Text

from agentchat.run import USER
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.transcript.events import Said
from agentchat.transcript.messages import Body
from agentchat.transcript.messages import Text as TextBody

LONGEST: Final = 12
"""Rows of a message that are shown; it is the person's own, and they know it."""
_ALONG: Final = re.compile(r'<(file|output|stdin)(?: (?:name|of)="([^"\n]*)")?[^>\n]*>\n(.*?)\n</\1>', re.DOTALL)
_FILE: Final = re.compile(r'\n\n<file name="[^"\n]*">\n.*?\n?</file>', re.DOTALL)


def own_words(said: Body, event: Said) -> list[Text]:
    """A message of a person."""
    lines = folded(sanitize(_text(said))).strip("\n").split("\n")
    mark = "❯ " if event.sender == USER else f"{sanitize_line(event.sender)} ❯ "
    to = "" if event.to is None else f"@{sanitize_line(event.to)} "
    rows = [Text(mark, style="bold cyan").append(to, style="cyan").append(lines[0], style="not bold default")]
    rows += [Text(f"  {line}") for line in lines[1:LONGEST]]
    if len(lines) > LONGEST:
        rows.append(Text(f"  … {len(lines) - LONGEST} more lines", style="dim"))
    return rows


def folded(text: str) -> str:
    """The message with files and outputs on a line each."""
    return _ALONG.sub(_line, text)


def typed(text: str) -> str:
    """The message as it was typed: a file goes along again, as it is then, for its name stands in the text."""
    return _FILE.sub("", text)


def _line(found: re.Match[str]) -> str:
    count = found[3].count("\n") + 1
    return f"↳ {found[2] or found[1]} · {count} line{'' if count == 1 else 's'}"


def _text(said: Body) -> str:
    text = said.text if isinstance(said, TextBody) else getattr(said, "text", None)
    return text if isinstance(text, str) else said.model_dump_json()
