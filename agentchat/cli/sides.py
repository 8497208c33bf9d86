"""One side of a comparison, from what a user typed: FILE, ID, FILE@SEQ or ID@SEQ."""

from __future__ import annotations

from pathlib import Path

from agentchat.cli.places import Place, find
from agentchat.cli.positions import split_position
from agentchat.debug.source import check_place
from agentchat.errors import NoSuchEvent
from agentchat.transcript.transcript import Transcript


def transcript_at(typed: str, store: Path | None) -> Transcript:
    """The conversation, as it was at the event that stands behind the `@`. Raises as `find` does, and NoSuchEvent."""
    source, seq = split_position(typed)
    place, transcript = find(source, store)
    if seq is None:
        return transcript
    check_event(place, transcript, seq)
    return transcript.upto(seq)


def check_event(place: Place, transcript: Transcript, seq: int) -> None:
    """Raise NoSuchEvent, with the name of the place, for an event that is not there."""
    try:
        check_place(transcript, seq)
    except NoSuchEvent as error:
        raise NoSuchEvent(f"{place}: {error}") from None
