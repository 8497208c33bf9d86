"""What a conversation may be called. One rule for every store, so that an id moves from one store to another.

No look at any store enters here.
"""

from __future__ import annotations

import re
from typing import Final

from agentchat.errors import BadName

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def check_name(conversation: str) -> None:
    """Raise BadName unless the id is 1 to 128 of A-Z a-z 0-9 . _ - and begins with none of . and -.

    Such a name is safe as a file name, as an argument of a command and as part of a subject on a bus.
    """
    if _NAME.fullmatch(conversation) is None:
        raise BadName(
            f"{conversation[:140]!r} is no conversation id: use 1 to 128 characters of A-Z a-z 0-9 . _ - "
            "and begin with a letter, a digit or _"
        )
