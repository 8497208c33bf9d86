"""Where a saved run comes from: a file, or a transcript that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from agentchat.errors import NoSuchEvent
from agentchat.transcript.transcript import Transcript

Source: TypeAlias = str | Path | Transcript


def read(source: Source) -> Transcript:
    """The transcript. Raises a TranscriptError for a file that cannot be read."""
    return source if isinstance(source, Transcript) else Transcript.load(source)


def check_place(transcript: Transcript, seq: int) -> None:
    """Raise NoSuchEvent for a place that the transcript does not have."""
    if not isinstance(seq, int):
        raise NoSuchEvent(f"an event is named by its number, as in message.seq, not by {seq!r}")
    if not 1 <= seq <= len(transcript):
        raise NoSuchEvent(f"there is no event {seq}; the transcript has events 1 to {len(transcript)}")
