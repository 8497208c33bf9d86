"""Measuring and printing."""

from __future__ import annotations

import gc
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """One figure: what was measured, its value, the floor it stands against, and the aim."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    floor_what: str = ""
    aim: str = ""


def show(rows: Sequence[Row]) -> None:
    for row in rows:
        ratio = "" if row.floor is None else f"  {row.value / row.floor:5.2f} x {row.floor_what} ({row.floor:.1f})"
        aim = f"  aim: {row.aim}" if row.aim else ""
        print(f"{row.what:<58} {row.value:10.1f} {row.unit:<8}{ratio}{aim}", flush=True)


def median_us(stamps: Sequence[float]) -> float:
    """The median distance of consecutive time stamps, in microseconds."""
    return statistics.median(distances(stamps))


def distances(stamps: Sequence[float]) -> list[float]:
    """The distances of consecutive time stamps, in microseconds."""
    return [(after - before) * 1e6 for before, after in itertools.pairwise(stamps)]


def per_call_us(act: Callable[[], object], count: int) -> float:
    """The median of five timings of `count` calls, in microseconds a call."""
    timings = []
    for _ in range(5):
        gc.collect()
        start = time.perf_counter()
        for _ in range(count):
            act()
        timings.append((time.perf_counter() - start) / count * 1e6)
    return statistics.median(timings)
