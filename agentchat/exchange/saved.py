"""What an export that names the pictures programs saved says of their bytes."""

from __future__ import annotations

from agentchat.exchange.exported import counted
from agentchat.transcript.events import CallFinished, Said
from agentchat.transcript.messages import CodeResult, CodeRun
from agentchat.transcript.transcript import Transcript


def saved_lost(transcript: Transcript) -> tuple[str, ...]:
    """The loss, a sentence; nothing where no program saved a picture."""
    files = 0
    for entry in transcript:
        event = entry.event
        if isinstance(event, CallFinished) and isinstance(event.result, CodeRun):
            files += len(event.result.files)
        elif isinstance(event, Said) and isinstance(event.body, CodeResult):  # no call made it
            files += sum(len(run.files) for run in event.body.runs)
    return (f"the bytes of {counted(files, 'saved picture')}: each is named in its place",) if files else ()
