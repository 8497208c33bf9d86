"""Three reviewers read a text side by side; one agent, a plain function, gets all three reviews at once.

    python examples/reviewers.py README.md         with AGENTCHAT_FAST set

An edge to several agents gives them their turns at the same time; an edge from several is a join, taken once after the
last of them. The reviews come in the order of the edge, whoever was first.
"""

import sys
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from agentchat import END, Assistant, Budget, Conversation, Edge, Graph, Turn, agent
from agentchat.seams import Model


class Review(BaseModel):
    """What one reviewer found."""

    verdict: Literal["accept", "revise", "reject"]
    faults: list[str]


class Decision(BaseModel):
    """All reviews together."""

    accepted: bool
    faults: list[str]


@agent
async def editor(reviews: list[Review], turn: Turn) -> Decision:
    """Accepts what nobody rejects and two of three accept."""
    verdicts = [review.verdict for review in reviews]
    accepted = "reject" not in verdicts and verdicts.count("accept") >= 2
    return Decision(accepted=accepted, faults=[fault for review in reviews for fault in review.faults])


def reviewers(fast: Model | str = "fast") -> Conversation:
    """The graph: three at once, then the editor."""
    told = "Review the text for {what}. Name at most three faults, each in one sentence."
    readers = [
        Assistant(name, model=fast, emits=Review, instructions=told.format(what=what))
        for name, what in {"facts": "wrong or unproven facts", "logic": "gaps in its logic", "words": "style"}.items()
    ]
    flow = Graph(start=readers, edges=[Edge(readers, editor), Edge(editor, END)])
    return Conversation(flow, budget=Budget(calls=12))


if __name__ == "__main__":
    result = reviewers().run_sync(Path(sys.argv[1]).read_text())
    print(f"{result.outcome}\n{result.output!r}\n{result.usage}")
