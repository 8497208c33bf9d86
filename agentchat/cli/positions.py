"""A place in a conversation as it is typed: FILE, ID, FILE@SEQ or ID@SEQ."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

_POSITION: Final = re.compile(r"(.+)@(\d{1,9})", re.DOTALL)


class Position(NamedTuple):
    """What names the conversation, and the event; None where none was given."""

    source: str
    seq: int | None


def split_position(typed: str) -> Position:
    """The two parts of what was typed. A file whose own name ends so is that file."""
    found = _POSITION.fullmatch(typed)
    if found is None or Path(typed).exists():
        return Position(typed, None)
    return Position(found[1], int(found[2]))
