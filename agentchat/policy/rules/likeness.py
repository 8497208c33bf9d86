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


class Sample:
    """What is kept of a message to compare it: its text, its words counted, and what it carries beside text."""

    __slots__ = ("bag", "beside", "text", "words")

    def __init__(self, text: str, beside: object = None) -> None:
        self.text = text
        self.beside = beside
        self.bag: Counter[str] = Counter()
        if len(text) <= MOST_CHARACTERS:
            self.bag.update(_WORD.findall(text.lower()))
        self.words = sum(self.bag.values())

    def like(self, other: Sample) -> bool:
        """Whether the two are alike. Texts without a word, or too long to count, are so only where they are equal."""
        if self.beside != other.beside:
            return False
        if self.text == other.text:
            return True
        both = self.words + other.words
        if not self.words or not other.words or not _enough(min(self.words, other.words), both):
            return False  # the smaller bag bounds what they share
        return _enough(sum((self.bag & other.bag).values()), both)


def _enough(shared: int, both: int) -> bool:
    return 10 * 2 * shared >= ALIKE * both
