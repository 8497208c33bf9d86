"""Which lines of a message are fenced code, line by line as they come. Pure, and for the eye only.

What is run is decided by a CommonMark parser (`agents.blocks`); this must never decide anything.
"""

from __future__ import annotations

import re
from typing import Final, Literal

_OPEN: Final = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")


class FenceReader:
    """Told one line after the other, it says what each is. `info` is the first word behind the open fence."""

    def __init__(self) -> None:
        self._fence = ""
        self.info = ""

    @property
    def inside(self) -> bool:
        """Whether a fence is open."""
        return bool(self._fence)

    def take(self, line: str) -> Literal["prose", "open", "code", "close"]:
        """What this line is. It comes without its line end."""
        if self._fence:
            bare = line.strip(" \t>")
            if len(bare) >= len(self._fence) and set(bare) == {self._fence[0]}:
                self._fence = ""
                return "close"
            return "code"
        match = _OPEN.fullmatch(line)
        if match is None:
            return "prose"
        self._fence = match["fence"]
        word = match["info"].split(maxsplit=1)[:1]
        self.info = word[0].lower() if word else ""
        return "open"
