"""Off the event loop and back: how the stores on files do their blocking work.

One call of a store at a time on a thread of its event loop, with a limiter of its own: threads that user code keeps
busy cannot hold up a commit. No knowledge of what the work is enters here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final, TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

R = TypeVar("R")

_numbers: Final = itertools.count(1)


class Worker:
    """Runs functions in a thread, one after the other in each event loop."""

    def __init__(self) -> None:
        # Some releases of anyio told run variables apart by name only.
        self._limiters: RunVar[CapacityLimiter] = RunVar(f"agentchat.stores.worker.{next(_numbers)}")

    async def run(self, work: Callable[[], R]) -> R:
        """Run `work` in a thread. Cancelled before it begins, nothing is done; once begun, it is waited for."""
        return await to_thread.run_sync(work, limiter=self._limiter())

    async def finish(self, work: Callable[[], None]) -> None:
        """Run `work` in a thread even in a scope that is being cancelled: for letting go of things."""
        with CancelScope(shield=True):
            await self.run(work)

    def _limiter(self) -> CapacityLimiter:
        limiter = self._limiters.get(None)
        if limiter is None:
            limiter = CapacityLimiter(1)
            self._limiters.set(limiter)
        return limiter
