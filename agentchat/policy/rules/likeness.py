"""How alike two messages are: the words they share, however ordered.

Likeness is the Sorensen-Dice coefficient of the bags of lower-cased words: twice the words in common over all words
(T. Sorensen 1948, L. R. Dice 1945). Nothing here knows who speaks.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

ALIKE: Final = 9
"""From here on two messages count as the same, in tenths: nine words of ten. Whole numbers lose nothing in rounding."""
MOST_CHARACTERS: Final = 16_384
"""A longer text is like another only where they are equal: counting its words would cost milliseconds a message."""
_WORD: Final = re.compile(r"\w+")
_BETWEEN: Final = {code: " " for code in range(128) if not re.match(r"\w", chr(code))}
"""What stands between words in ASCII. Most text is ASCII, and so taken apart five times as fast as by the pattern."""


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    lower = text.lower()
    return lower.translate(_BETWEEN).split() if lower.isascii() else _WORD.findall(lower)


class Sample:
    """What is kept of a message to compare it: its text, how many words it has and which, and what it carries beside
    text. How often each word comes is counted when it is asked for: most pairs are told apart without it."""

    __slots__ = ("_bag", "beside", "distinct", "text", "words")

    def __init__(self, text: str, beside: object = None) -> None:
        self.text = text
        self.beside = beside
        words = words_of(text) if len(text) <= MOST_CHARACTERS else []
        self.words = len(words)
        self.distinct = frozenset(words)
        self._bag: Counter[str] | None = None

    @property
    def bag(self) -> Counter[str]:
        """How often each word comes."""
        if self._bag is None:
            self._bag = Counter(words_of(self.text))
        return self._bag

    def like(self, other: Sample) -> bool:
        """Whether the two are alike. Texts without a word, or too long to count, are so only where they are equal."""
        if self.beside != other.beside:
            return False
        if self.text == other.text:
            return True
        both = self.words + other.words
        if not self.words or not other.words or not _enough(min(self.words, other.words), both):
            return False  # the fewer words bound what they share
        common = len(self.distinct & other.distinct)
        again = min(self.words - len(self.distinct), other.words - len(other.distinct))
        if not _enough(common + again, both):
            return False  # so do the words that both have, and how often words come again
        return _enough(sum((self.bag & other.bag).values()), both)


def _enough(shared: int, both: int) -> bool:
    return 10 * 2 * shared >= ALIKE * both
