"""A text file that a person wrote, read whole: a persona, a team."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agentchat.errors import AgentChatError

LARGEST: Final = 1024 * 1024
"""Bytes of such a file at most: a larger one is something else, named by mistake."""


def read_text(path: Path, kind: str, form: str, error: type[AgentChatError]) -> str:
    """The text of a file. Raises `error`, with the place, for one that cannot be read, is too large, or is no text.

    kind: what the file is to be ("persona"). form: how one is written ("Markdown").
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror})") from None
    if len(data) > LARGEST:
        raise error(f"{path}: this is more than {LARGEST} bytes, so no {kind} file")
    try:
        text = data.decode("utf-8-sig")
        at = data.find(b"\0")
    except UnicodeDecodeError as problem:
        at, text = problem.start, ""
    if at >= 0:
        line = data.count(b"\n", 0, at) + 1
        raise error(f"{path}, line {line}: this is no UTF-8 text; a {kind} is a {form} file")
    return text
