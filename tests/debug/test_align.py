"""Laying two sequences side by side: as good as the longest common subsequence, and near linear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agentchat.debug import align
from agentchat.debug.align import Pair, aligned, matches

letters = st.lists(st.sampled_from("abcd"), max_size=14)


def longest(a: Sequence[str], b: Sequence[str]) -> int:
    """The length of the longest common subsequence, from its definition."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for x in range(len(a) - 1, -1, -1):
        for y in range(len(b) - 1, -1, -1):
            table[x][y] = table[x + 1][y + 1] + 1 if a[x] == b[y] else max(table[x + 1][y], table[x][y + 1])
    return table[0][0]


@given(letters, letters)
def test_as_many_equal_elements_are_matched_as_can_be(a: list[str], b: list[str]) -> None:
    found = matches(a, b)
    assert all(a[x] == b[y] for x, y in found)
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(found))
    assert len(found) == longest(a, b)


@given(letters, letters, st.integers(0, 3))
def test_every_element_comes_once_and_in_order(a: list[str], b: list[str], odd: int) -> None:
    found = aligned(a, b, lambda x, y: 0.5 if (x + y) % 4 != odd else 0.0)
    assert [pair.a for pair in found if pair.a is not None] == list(range(len(a)))
    assert [pair.b for pair in found if pair.b is not None] == list(range(len(b)))
    assert Pair(None, None) not in found


def test_what_is_most_alike_makes_a_pair() -> None:
    def alike(x: int, y: int) -> float:
        return {(0, 1): 0.9, (0, 0): 0.25, (1, 1): 0.25}.get((x, y), 0.0)

    assert aligned("pq", "xy", alike) == [Pair(None, 0), Pair(0, 1), Pair(1, None)]


def test_the_first_of_what_is_equally_alike_makes_a_pair() -> None:
    assert aligned("pqr", "x", lambda x, y: 0.25) == [Pair(0, 0), Pair(1, None), Pair(2, None)]


def test_many_repetitions_with_a_few_changes_are_matched() -> None:
    a = ["x", "y"] * 3000
    b = [*a[:1000], "z", "z", *a[1000:4000], *a[4020:]]
    found = matches(a, b)
    assert len(found) > 5900


def test_repetitions_with_changes_near_both_ends_are_matched_by_rank() -> None:
    """Too many equal pairs to weigh all of them, and nothing but the middle to go by."""
    middle = ["x", "y", "y"] * 400
    a, b = ["p", *middle, "q"], ["r", "r", *middle[:600], "z", *middle[603:], "s"]
    assert sum(one == other for one in middle for other in middle) > align.MOST_PAIRS
    found = matches(a, b)
    assert all(a[x] == b[y] for x, y in found)
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(found))
    assert len(found) == len(middle) - 3


def test_many_leftovers_are_paired_as_they_come() -> None:
    """Each with the first that it is like, not far ahead; what was passed over stands alone."""
    size = math.isqrt(align.MOST_CELLS) + 1
    a, b = ([f"{side}{at}" for at in range(size)] for side in "ab")
    found = aligned(a, b, lambda x, y: 0.5 if y >= x + 2 else 0.0)
    assert found[:4] == [Pair(None, 0), Pair(None, 1), Pair(0, 2), Pair(1, 3)]
    assert found[-2:] == [Pair(size - 2, None), Pair(size - 1, None)]
    assert len(found) == size + 2
    beyond = aligned(a, b, lambda x, y: 0.5 if y >= x + align.NEAR else 0.0)
    assert [pair for pair in beyond if pair.a is not None and pair.b is not None] == []


def test_the_work_is_bounded_for_long_runs_that_share_nothing() -> None:
    asked = 0

    def alike(x: int, y: int) -> float:
        nonlocal asked
        asked += 1
        return 0.0

    found = aligned([f"a{n}" for n in range(5000)], [f"b{n}" for n in range(5000)], alike)
    assert len(found) == 10_000
    assert asked <= 5000 * align.NEAR
