"""Two texts compared for reading: line by line, and within a line that was changed word by word.

Pure: texts in, data out; colours, marks and widths are the business of `terminal.diff_text`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from agentchat.debug.align import Pair, aligned, matches

ALIKE: Final = 0.5
"""Two lines that share less of their words than this are no version of each other."""
MOST_WORDS: Final = 4_000
"""Words of a text that are looked at when likeness is judged; a line of more is not compared word by word."""
_TOKEN: Final = re.compile(r"\s+|[⺀-\U0010ffff]|[^\W⺀-\U0010ffff]+|.", re.DOTALL)
"""Gaps, words, single characters of scripts that put none between words, and signs."""

Op = Literal["same", "removed", "added"]


class Words(NamedTuple):
    """A stretch of a line, and what became of it."""

    op: Op
    text: str


class Line(NamedTuple):
    """One line: the same, removed, added, or changed; then `words` holds its stretches in order."""

    op: Literal["same", "removed", "added", "changed"]
    words: tuple[Words, ...]


def text_changes(a: str, b: str) -> list[Line]:
    """How the text `a` became the text `b`, every line of both."""
    lines_a, lines_b = a.split("\n"), b.split("\n")
    bags_a, bags_b = [bag_of(line) for line in lines_a], [bag_of(line) for line in lines_b]

    def alike(at_a: int, at_b: int) -> float:
        likeness = shared(bags_a[at_a], bags_b[at_b])
        return likeness if likeness >= ALIKE else 0.0

    return [line for pair in aligned(lines_a, lines_b, alike) for line in _line(pair, lines_a, lines_b)]


def bag_of(text: str) -> Counter[str]:
    """The words of a text, counted."""
    return Counter([token for token in _TOKEN.findall(text[: 8 * MOST_WORDS]) if not token.isspace()][:MOST_WORDS])


def shared(a: Counter[str], b: Counter[str]) -> float:
    """How much of their words two bags share, 0 to 1 (the coefficient of L. R. Dice, 1945)."""
    both = a.total() + b.total()
    if not both or not (a.keys() & b.keys()):
        return 0.0
    return 2 * sum(min(count, b[word]) for word, count in a.items()) / both


def _line(pair: Pair, a: list[str], b: list[str]) -> Iterator[Line]:
    old = None if pair.a is None else a[pair.a]
    new = None if pair.b is None else b[pair.b]
    if old is not None and new is not None:
        tokens_a, tokens_b = _TOKEN.findall(old), _TOKEN.findall(new)
        if old == new:
            yield Line("same", (Words("same", old),))
            return
        if max(len(tokens_a), len(tokens_b)) <= MOST_WORDS:
            yield Line("changed", tuple(_merged(_stretches(tokens_a, tokens_b))))
            return
    if old is not None:
        yield Line("removed", (Words("removed", old),))
    if new is not None:
        yield Line("added", (Words("added", new),))


def _stretches(a: list[str], b: list[str]) -> Iterator[Words]:
    """Stretches as they come; a gap alone between two changes is no stretch that stayed the same."""
    next_a = next_b = 0
    found = [*matches(a, b), (len(a), len(b))]
    for index, (at_a, at_b) in enumerate(found[:-1]):
        yield Words("removed", "".join(a[next_a:at_a]))
        yield Words("added", "".join(b[next_b:at_b]))
        next_a, next_b = at_a + 1, at_b + 1
        if a[at_a].isspace() and _alone(found, index):
            yield Words("removed", a[at_a])
            yield Words("added", a[at_a])
        else:
            yield Words("same", a[at_a])
    yield Words("removed", "".join(a[next_a:]))
    yield Words("added", "".join(b[next_b:]))


def _alone(found: list[tuple[int, int]], index: int) -> bool:
    """Whether a match has changes on both of its sides."""
    at_a, at_b = found[index]
    before = (-1, -1) if index == 0 else found[index - 1]
    return before != (at_a - 1, at_b - 1) and found[index + 1] != (at_a + 1, at_b + 1)


def _merged(stretches: Iterator[Words]) -> Iterator[Words]:
    """What was removed and what was added between two stretches that stayed, each in one piece."""
    removed = added = same = ""
    for op, text in stretches:
        if op == "same":
            yield from _changed(removed, added)
            removed = added = ""
            same += text
        elif text:
            if same:
                yield Words("same", same)
                same = ""
            removed, added = (removed + text, added) if op == "removed" else (removed, added + text)
    if same:
        yield Words("same", same)
    yield from _changed(removed, added)


def _changed(removed: str, added: str) -> Iterator[Words]:
    if removed:
        yield Words("removed", removed)
    if added:
        yield Words("added", added)
