"""Agents hand a customer over to each other, and in the end to a person, whose answer they go on with.

    python examples/handoff.py         with AGENTCHAT_SMART set

Each agent's model is given a tool for everyone it may hand over to. "user" is the person: handing over to them stops
the run, and `resume(say=...)` goes on with what they say, whenever that is, with the agent that asked.
"""

from collections.abc import Callable

import anyio
from anyio.to_thread import run_sync

from agentchat import Assistant, Conversation, Handoffs, MaxTurns, Result
from agentchat.seams import Model

REQUEST = "The kettle I bought last week leaks. I want my money back."


def desk(smart: Model | str = "smart") -> Conversation:
    """A front desk and a refund desk; only the latter may ask the person."""
    front = Assistant(
        "front", model=smart, instructions="Find out what the customer wants, and hand over to who does that."
    )
    refunds = Assistant(
        "refunds",
        model=smart,
        instructions="You refund purchases. You need the order number: hand over to the user to get it. "
        "Then confirm the refund in one sentence.",
    )
    return Conversation(
        [front, refunds],
        routing=Handoffs(start=front, to={"front": ["refunds"], "refunds": ["front", "user"]}),
        until=MaxTurns(8),
    )


async def main(chat: Conversation, person: Callable[[str], str] = input) -> Result:
    """Go on until an agent answers without handing over."""
    result = await chat.run(REQUEST)
    while result.outcome.kind == "stopped":
        said = await run_sync(person, f"{result.outcome.reason}\nYou: ")
        result = await chat.resume(result.conversation, say=said)
    print(f"{result.outcome}\n{result.output}")
    return result


if __name__ == "__main__":
    anyio.run(main, desk())
