"""A supervisor on a cheap tier directs two workers on a strong one, and gives the final answer.

    export AGENTCHAT_FAST=gpt-4.1-nano AGENTCHAT_SMART=gpt-4.1        with OPENAI_API_KEY set
    python examples/supervisor.py "Should a village of 300 people buy a snow plough?"

The supervisor does none of the work: each of its answers is a `Direction` that names a worker, or "finish". The server
is held to that by schema; a name that nobody has is refused and asked for again.
"""

import sys

from agentchat import Assistant, Budget, Conversation, MaxTurns, Stalemate, Supervisor
from agentchat.seams import Model

TASK = "Should a village of 300 people buy its own snow plough? Give a recommendation with its reasons."


def team(fast: Model | str = "fast", smart: Model | str = "smart") -> Conversation:
    """The team, with the models of the two tiers."""
    analyst = Assistant(
        "analyst",
        model=smart,
        description="Estimates costs and benefits, and says what each figure rests on.",
        instructions="Estimate what you are asked for. Say for each figure what it rests on. Be brief.",
    )
    writer = Assistant(
        "writer",
        model=smart,
        description="Writes the recommendation in plain words, from what the analyst found.",
        instructions="Write from the facts in the conversation only. At most 120 words.",
    )
    boss = Supervisor("boss", team=[analyst, writer], model=fast, instructions="Facts first, then the text.")
    return Conversation(boss, until=Stalemate() | MaxTurns(12), budget=Budget(calls=30))


def main() -> None:
    """Run the team on the task of the command line."""
    result = team().run_sync(" ".join(sys.argv[1:]) or TASK)
    for message in result.transcript.messages():
        print(f"--- {message.sender}\n{message.text}")
    print(f"=== {result.outcome}\n{result.output}")
    for name, spent in result.usage.by_agent.items():
        print(f"{name}: {spent.calls} calls, {spent.tokens} tokens, {spent.usd}")


if __name__ == "__main__":
    main()
