"""The machine's clock, behind the `Clock` seam."""

from __future__ import annotations

import time


class SystemClock:
    """Wall clock and monotonic clock of this machine."""

    def wall(self) -> float:
        """Seconds since 1970, UTC, to the millisecond: it is for people to read."""
        return int(time.time() * 1e3) / 1e3

    def monotonic(self) -> float:
        """Seconds since some start."""
        return time.monotonic()
