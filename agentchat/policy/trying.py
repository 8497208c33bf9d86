"""When a call that failed is made again: how long is waited before, and how often at most. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agentchat.policy.charter import charter_of
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import CallFailed, CallStarted
from agentchat.transcript.transcript import Transcript

BACKOFF: Final = (0.5, 8.0)
"""Seconds before the second attempt of a call, doubled for each further one, and the most it grows to. A server that
names its own delay (Retry-After) is heeded instead, up to `LONGEST_WAIT`."""
LONGEST_WAIT: Final = 60.0


def wait_after(tries: int, retry_after: float | None) -> float:
    """Seconds to wait when so many tries in one way have failed. retry_after: what the other side asks for."""
    if retry_after is not None:
        return min(max(retry_after, 0.0), LONGEST_WAIT)
    first, most = BACKOFF
    return min(first * 2.0 ** (tries - 1), most)


def again_in(transcript: Transcript, failed: CallFailed) -> float | None:
    """Seconds until a call that failed is made again in the same way; None where it is not."""
    started = transcript.started(failed.call)
    if started is None or not failed.retryable:
        return None
    starts = (transcript.started(seq) for seq in range(started.turn, failed.call + 1))
    call = (started.turn, started.ordinal)
    tries = tries_in(one for one in starts if one is not None and (one.turn, one.ordinal) == call)
    if tries >= charter_of(transcript).limits.attempts:
        return None
    return 0.0 if failed.taken_from is not None else wait_after(tries, failed.retry_after)


def tries_in(starts: Iterable[CallStarted]) -> int:
    """How often a call was tried in the way of its last attempt, since it went over to that; `starts` are them all."""
    tries, way = 0, None
    for started in starts:
        tries = tries + 1 if _way(started) == way else 1
        way = _way(started)
    return tries


def _way(started: CallStarted) -> tuple[str, str | None] | None:
    """What is asked, and how; another way has tries of its own. None for what is no model."""
    recipe = started.recipe
    return (recipe.model, recipe.output) if isinstance(recipe, ModelRecipe) else None
