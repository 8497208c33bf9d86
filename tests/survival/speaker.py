"""A process that says things to a conversation which another process runs: `python -m tests.survival.speaker`.

Arguments: store, number of the speaker, how many messages. Prints one JSON line: those that were entered, and those
it was told were not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import anyio

from agentchat.conversation import Conversation
from agentchat.errors import ConversationClosed
from agentchat.policy.rules import MaxTurns
from tests.runtime.team import pair


async def main(store: Path, number: int, count: int) -> None:
    chat = Conversation(pair(), until=MaxTurns(1), store=store)
    entered: dict[str, int] = {}
    refused: list[str] = []
    for place in range(count):
        text = f"speaker {number} message {place}"
        try:
            entered[text] = await chat.say("c", text, sender=f"speaker{number}")
        except ConversationClosed:
            refused.append(text)
    await chat.store.aclose()
    sys.stdout.write(json.dumps({"entered": entered, "refused": refused}))


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
