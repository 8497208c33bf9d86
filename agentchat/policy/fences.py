"""The text of a message outside its fenced code, for rules that must not trip over quoted words.

Chat models put fences inside lists and quotes, indent them, and open three backticks in the middle of a line; so a
fence here may stand behind any indentation, quote marks or one list marker, and runs to a line that closes it or to
the end. Three backticks that close on the same line are taken out as well.
"""

from __future__ import annotations

import re
from typing import Final

_OPEN: Final = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
_RUN: Final = re.compile(r"`{3,}")


def outside_fences(text: str) -> str:
    """`text` without its fenced blocks; line ends are kept."""
    if "```" not in text and "~~~" not in text:
        return text
    kept: list[str] = []
    fence: str | None = None
    for line in text.split("\n"):
        if fence is not None:
            if _closes(line, fence):
                fence = None
            continue
        match = _OPEN.match(line)
        if match is not None and not (match["fence"][0] == "`" and "`" in match["info"]):
            fence = match["fence"]
            continue
        kept.append(_outside_inline(line) if "```" in line else line)
    return "\n".join(kept)


def _outside_inline(line: str) -> str:
    """A line without what stands between two runs of equally many backticks. Linear: lines can be long."""
    runs = [match.span() for match in _RUN.finditer(line)]
    partner: list[int | None] = []
    seen: dict[int, int] = {}
    for place in reversed(range(len(runs))):
        length = runs[place][1] - runs[place][0]
        partner.append(seen.get(length))
        seen[length] = place
    partner.reverse()
    kept: list[str] = []
    start, place = 0, 0
    while place < len(runs):
        closing = partner[place]
        if closing is not None:
            kept.append(line[start : runs[place][0]])
            start, place = runs[closing][1], closing
        place += 1
    return "".join((*kept, line[start:]))


def _closes(line: str, fence: str) -> bool:
    bare = line.strip(" \t\r>")
    return len(bare) >= len(fence) and set(bare) == {fence[0]}
