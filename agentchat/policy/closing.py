"""The last turn of a run whose budget is spent: one answer without tools, where there is still room for one."""

from __future__ import annotations

from agentchat.policy.board import CLOSING
from agentchat.policy.charter import agreed_in
from agentchat.policy.fitting import subject_for
from agentchat.policy.prompts.asking import LAST_WORDS
from agentchat.policy.prompts.context import context_of
from agentchat.policy.prompts.request import PER_MESSAGE, escaped, resolve
from agentchat.policy.spending.admission import Allowed, room
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.state import State
from agentchat.transcript.events import Said, TurnGiven, Why
from agentchat.transcript.transcript import Transcript

_HEAD = 160
"""Bytes that a message may have beside its text: its JSON, and a sender's name of 64 characters."""
ROUTERS = frozenset({"supervisor", "selector"})
"""Kinds of agents that have nothing to say of their own."""


def closing_turn(transcript: Transcript, state: State, reason: str) -> TurnGiven | None:
    """The closing turn of whoever spoke last and is no router; None where its call has no room either."""
    agreed, board = agreed_in(transcript), state.board
    for seq in reversed(board.said):
        said = transcript[seq].event
        if seq < board.run_at:
            return None
        card = agreed.cards.get(said.sender) if isinstance(said, Said) and said.turn is not None else None
        if card is None or card.model is None or card.kind in ROUTERS:
            continue
        subject = subject_for(transcript, board, card.name, card.accepts)
        if subject is None or not _fits(transcript, state, card.name):
            return None
        why = Why(router=CLOSING, reason=reason, candidates=(card.name,), values={"spoke": seq})
        return TurnGiven(to=card.name, subject=subject, why=why)
    return None


def _fits(transcript: Transcript, state: State, agent: str) -> bool:
    """Whether a call that shows the agent all it knows, and asks for its last words, still fits the budget."""
    context = context_of(transcript, agent)
    model = context.card.model
    assert model is not None
    waiting = sum(len(escaped(transcript.message(seq).text).encode()) + _HEAD for seq in context.waiting)
    tail = resolve(transcript, context.tail(model, limit=99_999_999, tools=False))
    messages = context.growing.frame().count + len(context.waiting) + 1
    size = context.growing.size + waiting + len(tail.encode()) + len(LAST_WORDS) + PER_MESSAGE * messages
    found = room(state.budget, ledger_of(transcript), agent, model.tier, model.price, size, model.max_output)
    return isinstance(found, Allowed)
