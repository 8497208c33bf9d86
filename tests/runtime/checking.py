"""What holds for every run of every test."""

from __future__ import annotations

from agentchat.debug.replay import replay
from agentchat.transcript.transcript import Transcript


def checked(transcript: Transcript) -> Transcript:
    """Every run must come out the same when it is decided again, and load as it was written."""
    assert [str(one) for one in replay(transcript).differences] == []
    assert Transcript.loads(transcript.dumps()).dumps() == transcript.dumps()
    return transcript
