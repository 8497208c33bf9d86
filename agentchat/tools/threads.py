"""A plain function run beside the event loop, and left behind when it takes too long.

The function gets a daemon thread, so that one that never returns does not keep the program from ending (the threads
of asyncio and of anyio on asyncio do), and no thread that the stores wait for is ever used up by it.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread

R = TypeVar("R")


async def run_aside(work: Callable[[], R]) -> R:
    """The result of `work`, called in a thread of its own with the context variables of here.

    Cancellation leaves it behind: it goes on unseen, and what comes of it is dropped. Whatever it raises is raised
    here, SystemExit and the like too.
    """
    task = _Task(work)
    try:
        # a limiter of its own: on trio, what was left behind would hold a place of a shared one
        await to_thread.run_sync(task.run, abandon_on_cancel=True, limiter=CapacityLimiter(1))
    finally:
        task.done.set()
    return task.result()


class _Task(Generic[R]):
    """One piece of work: the pooled thread only waits for the daemon thread, and is let go of at once."""

    def __init__(self, work: Callable[[], R]) -> None:
        self.done = threading.Event()
        self._work = work
        self._results: list[R] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """Start it and wait. Called in a pooled thread, whose context is a copy of the caller's."""
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._act,), name="agentchat tool", daemon=True).start()
        self.done.wait()

    def _act(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # handed over to whoever waits, as it is
            self._error = error
        finally:
            self.done.set()

    def result(self) -> R:
        """What came of it, once it is done."""
        if self._error is not None:
            raise self._error
        return self._results[0]
