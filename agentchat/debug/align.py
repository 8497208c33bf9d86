"""Two sequences laid side by side: which element of one stands for which of the other, order kept.

`matches` is the longest common subsequence: what begins and ends the same, and between, the longest rising chain of
equal pairs (J. Hunt, T. Szymanski, "A fast algorithm for computing longest common subsequences", 1977). Where elements
repeat so often that all their pairs would be too many, each is paired with those of about the same rank only, so that
the cost stays near linear for any input. `aligned` then pairs what is left over between two matches where it is alike.
Nothing here knows what the elements are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

MOST_PAIRS: Final = 200_000
"""Pairs of equal elements up to which the result is exact: about a fifth of a second."""
NEAR: Final = 8
"""Beyond, how far apart in rank, counted from either end, two equal elements may be paired."""
MOST_CELLS: Final = 2_500
"""Pairs of leftovers between two matches that are weighed against each other; more are paired as they come."""

Alike: TypeAlias = Callable[[int, int], float]
"""How alike the element at a place of one side and that at a place of the other are: 0 no pair at all, else up to 1."""


class Pair(NamedTuple):
    """Places of elements that belong together; None where the other side has nothing for it."""

    a: int | None
    b: int | None


def matches(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Places of equal elements, rising on both sides, as many as can be."""
    shorter = min(len(a), len(b))
    head = tail = 0
    while head < shorter and a[head] == b[head]:
        head += 1
    while tail < shorter - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    return [
        *((at, at) for at in range(head)),
        *_chain(_candidates(a, b, head, tail)),
        *((len(a) - at, len(b) - at) for at in range(tail, 0, -1)),
    ]


def aligned(a: Sequence[Hashable], b: Sequence[Hashable], alike: Alike) -> list[Pair]:
    """Every element of both sides once, in order: equal ones paired, then alike ones, the rest alone."""
    found: list[Pair] = []
    next_a = next_b = 0
    for at_a, at_b in (*matches(a, b), (len(a), len(b))):
        found += _between(range(next_a, at_a), range(next_b, at_b), alike)
        if at_a < len(a):
            found.append(Pair(at_a, at_b))
        next_a, next_b = at_a + 1, at_b + 1
    return found


def _candidates(a: Sequence[Hashable], b: Sequence[Hashable], head: int, tail: int) -> Iterator[tuple[int, int]]:
    """Pairs of equal elements, rising in a, and for each place of a falling in b."""
    places: dict[Hashable, list[int]] = {}
    for at in range(head, len(b) - tail):
        places.setdefault(b[at], []).append(at)
    inside = range(head, len(a) - tail)
    counts: dict[Hashable, int] = {}
    for at in inside:
        counts[a[at]] = counts.get(a[at], 0) + 1
    all_of_them = sum(count * len(places.get(one, ())) for one, count in counts.items()) <= MOST_PAIRS
    seen: dict[Hashable, int] = {}
    for at in inside:
        one = a[at]
        there = places.get(one, [])
        rank = seen[one] = seen.get(one, -1) + 1
        for place in reversed(there if all_of_them else _near(there, rank, counts[one] - rank)):
            yield at, place


def _near(there: list[int], rank: int, rest: int) -> list[int]:
    """Those whose rank is near, counted from the front or from the back."""
    front = range(max(0, rank - NEAR), min(len(there), rank + NEAR + 1))
    back = len(there) - rest
    behind = range(max(0, back - NEAR), max(0, min(len(there), back + NEAR + 1)))
    return [there[at] for at in sorted({*front, *behind})]


_Link: TypeAlias = "tuple[int, int, _Link | None]"


def _chain(pairs: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest chain that rises on both sides."""
    ends: list[int] = []  # the smallest place in b at which a chain of each length ends
    links: list[_Link] = []
    for at_a, at_b in pairs:
        length = bisect_left(ends, at_b)
        link = (at_a, at_b, links[length - 1] if length else None)
        ends[length : length + 1] = [at_b]
        links[length : length + 1] = [link]
    chain: list[tuple[int, int]] = []
    last = links[-1] if links else None
    while last is not None:
        chain.append(last[:2])
        last = last[2]
    return chain[::-1]


def _between(a: range, b: range, alike: Alike) -> Iterator[Pair]:
    """What stands between two matches: pairs of alike elements, and the others alone, in order."""
    next_a, next_b = a.start, b.start
    for at_a, at_b in _weighed(a, b, alike) if len(a) * len(b) <= MOST_CELLS else _in_step(a, b, alike):
        yield from (Pair(at, None) for at in range(next_a, at_a))
        yield from (Pair(None, at) for at in range(next_b, at_b))
        yield Pair(at_a, at_b)
        next_a, next_b = at_a + 1, at_b + 1
    yield from (Pair(at, None) for at in range(next_a, a.stop))
    yield from (Pair(None, at) for at in range(next_b, b.stop))


def _weighed(a: range, b: range, alike: Alike) -> list[tuple[int, int]]:
    """The pairs whose likeness adds up to most."""
    best: list[list[float]] = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    likeness = [[alike(at_a, at_b) for at_b in b] for at_a in a]
    for x in range(len(a) - 1, -1, -1):
        for y in range(len(b) - 1, -1, -1):
            paired = likeness[x][y] + best[x + 1][y + 1] if likeness[x][y] else 0.0
            best[x][y] = max(paired, best[x + 1][y], best[x][y + 1])
    found: list[tuple[int, int]] = []
    x = y = 0
    while x < len(a) and y < len(b):
        if likeness[x][y] and best[x][y] == likeness[x][y] + best[x + 1][y + 1]:
            found.append((a[x], b[y]))
            x, y = x + 1, y + 1
        elif best[x][y] == best[x + 1][y]:
            x += 1
        else:
            y += 1
    return found


def _in_step(a: range, b: range, alike: Alike) -> Iterator[tuple[int, int]]:
    """Element by element as they come; where two cannot be a pair, the next of the other side are looked at."""
    next_b = b.start
    for at_a in a:
        for at_b in range(next_b, min(next_b + NEAR, b.stop)):
            if alike(at_a, at_b):
                yield at_a, at_b
                next_b = at_b + 1
                break
