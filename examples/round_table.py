"""A round table: two sides speak in turn, and the chair asks on or gives a verdict, which is a typed value.

    python examples/round_table.py "Should every town have a free swimming pool?"     with AGENTCHAT_SMART set

The chair answers with one of two types; the verdict ends it, and `result.output` is a `Verdict`, not text to be parsed.
"""

import sys

from pydantic import BaseModel, Field

from agentchat import Assistant, Conversation, Emitted, MaxTurns
from agentchat.seams import Model

MOTION = "Should every town have a free swimming pool?"


class Question(BaseModel):
    """What the chair still wants to know."""

    text: str


class Verdict(BaseModel):
    """How the chair decides."""

    for_the_motion: bool
    confidence: float = Field(ge=0, le=1)
    reasons: list[str]


def table(smart: Model | str = "smart") -> Conversation:
    """Two sides and a chair, at most four rounds."""
    told = "You speak {side} the motion at a round table. Answer the last speaker in at most 60 words."
    return Conversation(
        [
            Assistant("anna", model=smart, instructions=told.format(side="for")),
            Assistant("ben", model=smart, instructions=told.format(side="against")),
            Assistant(
                "chair",
                model=smart,
                instructions="You chair a round table. Ask one question, or give your verdict when you know enough.",
                emits=Question | Verdict,
            ),
        ],
        until=Emitted(Verdict, by="chair") | MaxTurns(12),
    )


if __name__ == "__main__":
    result = table().run_sync(" ".join(sys.argv[1:]) or MOTION)
    for message in result.transcript.messages():
        print(f"--- {message.sender}\n{message.text}")
    print(f"=== {result.outcome}")
    if isinstance(result.output, Verdict):
        print(f"for: {result.output.for_the_motion}, {result.output.confidence:.0%} sure, {result.output.reasons}")
