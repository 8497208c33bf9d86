"""What is told of one event, line by line, without what led to it."""

from __future__ import annotations

from agentchat import why
from agentchat.debug.why import lines_of
from agentchat.transcript.transcript import Transcript


def lines(log: Transcript, seq: int) -> list[str]:
    """The sentence first, then the details, each without its place and its indentation."""
    step = why(log, seq).steps[0]
    assert step.seq == seq
    return [step.sentence, *(line.strip() for line in lines_of(step)[1:])]
