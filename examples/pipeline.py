"""Five steps in a line. The third may invent quotes: each is looked up, and what is not in the source is refused.

    python examples/pipeline.py         with AGENTCHAT_SMART set

A wrong answer is asked for again, with what was wrong. Where that does not help, or the server is gone, the run ends as
failed, and `resume` goes on at the third step: what the first two brought is in the record, and is not paid for again.
"""

from itertools import pairwise

import anyio
from pydantic import BaseModel

from agentchat import Assistant, Conversation, Edge, Graph, Result
from agentchat.seams import Model

SOURCE = """The bridge was opened on 3 May 1902. It is 84 metres long and carries one lane. Since 1988 lorries of more
than six tonnes may not cross it. The council says that a repair would cost 1.2 million and a new bridge 3.5 million."""


class Quotes(BaseModel):
    """Sentences, word for word as the source has them."""

    quotes: list[str]


def only_real(found: Quotes) -> None:
    """Raises ValueError for what the source does not say: the model is told, and asked again."""
    for quote in found.quotes:
        if quote not in " ".join(SOURCE.split()):
            raise ValueError(f"the source does not say {quote!r}; copy it word for word")


def pipeline(smart: Model | str = "smart", store: str | None = None) -> Conversation:
    """The five steps, one after the other."""
    steps = [
        Assistant("reader", model=smart, instructions="List what the text is about."),
        Assistant("planner", model=smart, instructions="Name the three points that matter most for a decision."),
        Assistant("quoter", model=smart, emits=Quotes, check=only_real, instructions="Quote a sentence for each."),
        Assistant("writer", model=smart, instructions="Write 80 words from the quotes alone."),
        Assistant("editor", model=smart, instructions="Give the text a title and correct it."),
    ]
    edges = [Edge(one, two) for one, two in pairwise(steps)]
    return Conversation(Graph(start=steps[0], edges=edges), store=store)


async def main(chat: Conversation) -> Result:
    """Run it, and go on once where it fails."""
    result = await chat.run(SOURCE)
    if result.outcome.kind == "failed":
        print(result.outcome)
        result = await chat.resume(result.conversation)
    print(f"{result.outcome}\n{result.output}")
    print("paid:", {name: spent.calls for name, spent in result.usage.by_agent.items()})
    return result


if __name__ == "__main__":
    anyio.run(main, pipeline(store="pipeline.db"))
