"""Finding things by a few of their letters. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def rank(typed: str, word: str) -> int | None:
    """How well a word fits what was typed, the smaller the better; None where its letters are not in it in order."""
    typed, word = typed.lower(), word.lower()
    if word.startswith(typed):
        return len(word) - len(typed)
    place = word.find(typed)
    if place >= 0:
        return 100 + place
    at, gaps = 0, 0
    for letter in typed:
        found = word.find(letter, at)
        if found < 0:
            return None
        gaps += found - at
        at = found + 1
    return 200 + gaps


def best(typed: str, words: Iterable[str]) -> list[str]:
    """The words that fit, the best first; in their own order where they fit alike."""
    ranked = [(fits, word) for word in words if (fits := rank(typed, word)) is not None]
    return [word for _, word in sorted(ranked, key=lambda one: one[0])]
