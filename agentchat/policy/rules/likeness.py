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
_LOWERED: Final = bytes(ord(chr(code).lower()) if code < 128 and _WORD.match(chr(code)) else 32 for code in range(256))
"""ASCII in lower case, with spaces for all that stands between words. Most text is ASCII, and by this table it is taken
apart several times as fast as by the pattern."""
FEW_WORDS: Final = 5
"""A message of fewer words ("Thanks!", "Yes, please go on") is a short one."""
_NOT_FEW: Final = re.compile(rf"\W*+(?:\w++\W++){{{FEW_WORDS - 1}}}\w")


def words_of(text: str) -> list[bytes]:
    """The words of a text in lower case, in order, as UTF-8."""
    if text.isascii():
        return text.encode().translate(_LOWERED).split()
    return [word.encode(errors="surrogatepass") for word in _WORD.findall(text.lower())]


class Sample:
    """What is kept of a message to compare it: its text, what it carries beside text, and its number.

    Its words are taken apart when they are first needed, and counted later still: of most pairs that differ a look at
    how many words there are, or which, is enough, and a message that is said again word for word needs neither.
    """

    __slots__ = ("_bag", "_distinct", "_words", "beside", "seq", "text")

    def __init__(self, text: str, beside: object = None, seq: int = 0) -> None:
        self.text = text
        self.beside = beside
        self.seq = seq
        self._words = -1
        self._distinct: frozenset[bytes] = frozenset()
        self._bag: Counter[bytes] | None = None

    @property
    def words(self) -> int:
        """How many words it has; 0 where the text is too long to count them."""
        if self._words < 0:
            words = words_of(self.text) if len(self.text) <= MOST_CHARACTERS else []
            self._words, self._distinct = len(words), frozenset(words)
        return self._words

    @property
    def bag(self) -> Counter[bytes]:
        """How often each word comes."""
        if self._bag is None:
            self._bag = Counter(words_of(self.text))
        return self._bag

    @property
    def short(self) -> bool:
        """Whether it has few words; of a long text only the beginning is read."""
        return _NOT_FEW.match(self.text) is None

    def like(self, other: Sample) -> bool:
        """Whether the two are alike. Texts without a word, or too long to count, are so only where they are equal."""
        if self.beside != other.beside:
            return False
        if self.text == other.text:
            return True
        mine, its = self.words, other.words
        both = mine + its
        if not mine or not its or not _enough(min(mine, its), both):
            return False  # the fewer words bound what they share
        common = len(self._distinct & other._distinct)
        again = min(mine - len(self._distinct), its - len(other._distinct))
        if not _enough(common + again, both):
            return False  # so do the words that both have, and how often words come again
        return _enough(sum((self.bag & other.bag).values()), both)


def _enough(shared: int, both: int) -> bool:
    return 10 * 2 * shared >= ALIKE * both
