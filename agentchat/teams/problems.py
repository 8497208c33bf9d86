"""Several problems said at once, and names with the nearest one that is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def in_one(problems: Sequence[str]) -> str:
    """One message of several, each once."""
    found = list(dict.fromkeys(problems))
    if len(found) == 1:
        return found[0]
    return "".join(f"\n  - {one}".replace("\n", "\n    ").replace("\n      - ", "\n  - ") for one in found)


def nearest(word: str, known: Iterable[str]) -> str:
    """What to say behind an unknown word: the known one that it may stand for, and all of them."""
    names = tuple(known)
    near = get_close_matches(word.lower(), names, 1, 0.6)
    return f"{f'; did you mean {near[0]!r}?' if near else '.'} There are {', '.join(names)}"
