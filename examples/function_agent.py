"""An agent that is a plain function: it checks what an assistant wrote, and says what is wrong until nothing is.

python examples/function_agent.py                                         with scripted replies
python examples/function_agent.py qwen3@http://127.0.0.1:8080/v1          with a model
"""

import sys

from agentchat import Assistant, Conversation, MaxTurns, Mentions, ScriptedModel, Turn, agent

MOST = 8

SCRIPT = ScriptedModel(
    [
        "A transcript is the complete and ordered record of everything that happened in a conversation.",
        "A transcript is the record of a conversation.",
    ]
)


@agent
async def checker(answer: str, turn: Turn) -> str:
    """Counts words. What it looks at is the text of the message it answers."""
    words = len(answer.split())
    return "APPROVED" if words <= MOST else f"That is {words} words; use at most {MOST}."


writer = Assistant(
    "writer",
    model=sys.argv[1] if len(sys.argv) > 1 else SCRIPT,
    instructions="Answer with one sentence and nothing else. When it is turned down, write a better one.",
)
result = Conversation([writer, checker], until=Mentions("APPROVED", by="checker") | MaxTurns(10)).run_sync(
    "What is a transcript?"
)

for message in result.transcript.messages():
    print(f"{message.sender}: {message.text}")
print(result.outcome)
