"""Names that are not known, with the nearest one that is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """What to say behind an unknown word: the known one that it may stand for, and all of them."""
    names = tuple(known)
    near = get_close_matches(word.lower(), names, 1, 0.6)
    return f"{f'; did you mean {near[0]!r}?' if near else '.'} There are {', '.join(names)}"
