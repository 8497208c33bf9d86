"""A coder and a runner solve a task: three statements, any OpenAI-compatible model, programs that really run.

    python examples/coder_and_runner.py gpt-4.1-mini                          with OPENAI_API_KEY set
    python examples/coder_and_runner.py qwen3@http://127.0.0.1:8080/v1        a local server

Without an argument the tier "smart" is used: AGENTCHAT_SMART, or AGENTCHAT_MODEL.
"""

import sys

from agentchat import Assistant, Conversation, MaxTurns, Mentions, UserProxy

INSTRUCTIONS = (
    "Write Python in one fenced block, then wait: its output is shown to you. "
    "When the output is right, give the answer and say DONE."
)

coder = Assistant("coder", model=sys.argv[1] if len(sys.argv) > 1 else "smart", instructions=INSTRUCTIONS)
runner = UserProxy("runner", sandbox="auto")
result = Conversation([coder, runner], until=Mentions("DONE", by="coder") | MaxTurns(12)).run_sync(
    "Print the 10th prime number."
)

for message in result.transcript.messages():
    print(f"--- {message.sender}\n{message.text}")
print(f"--- {result.outcome}\n{result.usage}")
