"""A tool that needs a person's word: nothing is sent before somebody has seen the exact arguments and said yes.

    python examples/approval.py         with AGENTCHAT_SMART set

Where nobody is there (leave `answer=` out), the run is left with outcome "paused"; `chat.answer(...)` and
`chat.resume(...)` go on with it, from any process. Nothing that was recorded before is done again.
"""

from collections.abc import Callable

from agentchat import Approval, Assistant, Conversation, MaxTurns, Question, tool
from agentchat.seams import Model

SENT: list[str] = []


@tool(approve=True)
def send_mail(to: str, subject: str, body: str) -> str:
    """Send a mail. (This one keeps it in a list.)"""
    SENT.append(f"To: {to}\nSubject: {subject}\n\n{body}")
    return "sent"


@tool
def address_of(name: str) -> str:
    """Look up the mail address of a colleague."""
    return f"{name.lower()}@example.org"


def at_the_keyboard(question: Question) -> Approval:
    """Shows the call with its arguments, and takes y for yes; anything else is no, and is told to the model."""
    said = input(f"{question.text} [y/N, or what to change] ").strip()
    return Approval(yes=said.lower() in ("y", "yes"), reason=said or None)


def office(smart: Model | str = "smart", answer: Callable[[Question], Approval] = at_the_keyboard) -> Conversation:
    """One assistant with two tools, one of which asks first."""
    secretary = Assistant(
        "secretary",
        model=smart,
        instructions="Look addresses up, never guess them. Say what you did in one sentence.",
        tools=[address_of, send_mail],
    )
    return Conversation([secretary], until=MaxTurns(1), answer=answer)


if __name__ == "__main__":
    print(office().run_sync("Tell Mia that the meeting is on Friday at ten.").output)
    print("\n\n".join(SENT) or "nothing was sent")
