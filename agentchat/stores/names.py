"""What a conversation may be called, and from where a branch may go on.

One rule for every store, so that an id moves from one store to another. No look at any store enters here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agentchat.errors import BadName, NoSuchEvent
from agentchat.transcript.events import Position

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def check_name(conversation: str) -> None:
    """Raise BadName unless the id is 1 to 128 of A-Z a-z 0-9 . _ - and begins with none of . and -.

    Such a name is safe as a file name, as an argument of a command and as part of a subject on a bus.
    """
    given: object = conversation
    if not isinstance(given, str) or _NAME.fullmatch(given) is None:
        shown = given[:140] if isinstance(given, str) else given
        raise BadName(
            f"{shown!r} is no conversation id: use 1 to 128 characters of A-Z a-z 0-9 . _ - "
            "and begin with a letter, a digit or _"
        )


def check_fork(conversation: str, lines: Sequence[bytes], parent: Position) -> None:
    """Raise BadName for either id, ValueError where the branch would have no line of its own."""
    check_name(conversation)
    check_name(parent.conversation)
    if not lines:
        raise ValueError(f"a branch begins with the line of its Forked event; none was given for {conversation!r}")


def check_position(position: Position, last: int) -> None:
    """Raise NoSuchEvent unless a conversation whose last entry is `last` has that position."""
    if not 1 <= position.seq <= last:
        raise NoSuchEvent(
            f"conversation {position.conversation!r} has events 1 to {last}; "
            f"there is no event {position.seq} to go on from"
        )
