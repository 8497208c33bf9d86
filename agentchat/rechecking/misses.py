"""Calls that a run asked for and its recording does not have, in words."""

from __future__ import annotations

from agentchat.debug.nearest import asked, nearest
from agentchat.errors import NotRecorded
from agentchat.policy.prompts.request import rebuild
from agentchat.rechecking.reading import MOST, compared
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import CallFailed, CallStarted
from agentchat.transcript.transcript import Transcript


def missed(record: Transcript, transcript: Transcript) -> str | None:
    """The first call that was not in the record, the nearest that is, and how they differ; None: all were there."""
    for entry in transcript:
        event = entry.event
        if isinstance(event, CallFailed) and event.error.type == NotRecorded.__name__:
            started = transcript[event.call].event
            assert isinstance(started, CallStarted)
            told = f"event {event.call}, in the turn of {started.agent}: {event.error.message}"
            return "\n".join([told, *_compared(record, transcript, started)])
    return None


def _compared(record: Transcript, transcript: Transcript, started: CallStarted) -> list[str]:
    """The request of a model beside the nearest recorded one."""
    recipe = started.recipe
    near = nearest(record, asked(transcript, recipe), recipe) if isinstance(recipe, ModelRecipe) else None
    there = None if near is None else record[near.seq].event
    if not isinstance(there, CallStarted) or not isinstance(there.recipe, ModelRecipe):
        return []
    assert isinstance(recipe, ModelRecipe)
    texts = (rebuild(one, other).join().decode() for one, other in ((record, there.recipe), (transcript, recipe)))
    return [f"  {line.text}" for line in compared(*texts)][:MOST]
