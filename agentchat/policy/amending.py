"""What must be entered so that a conversation goes on under another agreement: the events, each with who and why.

A card that changed becomes `PersonaChanged`; anything else of the agreement an edit of it as a whole. Rules and budget
of a run that is going on are edits as well; a run that is yet to begin has its own.
"""

from __future__ import annotations

from agentchat.errors import AgreementChanged
from agentchat.policy.charter import Charter, changes, charter_of
from agentchat.policy.rules import Rule
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.transcript.events import Edited, Event, PersonaChanged, TurnGiven
from agentchat.transcript.transcript import Transcript


def differing(transcript: Transcript, charter: Charter, rule: Rule, budget: Budget) -> list[str]:
    """What would have to change for the conversation to go on so; empty: nothing."""
    found = changes(charter_of(transcript), charter)
    state = state_of(transcript)
    if state.board.live:
        if str(state.rule) != str(rule):
            found.append(f"until: was {state.rule}, is {rule}")
        if state.budget != budget:
            found.append(f"budget: was {state.budget}, is {budget}")
    return found


def amendments(
    transcript: Transcript, charter: Charter, rule: Rule, budget: Budget, *, author: str, reason: str
) -> list[Event]:
    """The events that make the conversation go on under this agreement; none where it is agreed already.

    Raises AgreementChanged where an agent who took part would be left out: what it did could not be read any more.
    """
    found: list[Event] = []
    agreed = charter_of(transcript)
    if changes(agreed, charter):
        found += _persons(agreed, charter, author, reason) or _whole(transcript, charter, author, reason)
    state = state_of(transcript)
    if state.board.live:
        if str(state.rule) != str(rule):
            found.append(Edited(act="rules", value=rule.written(), author=author, reason=reason))
        if state.budget != budget:
            found.append(Edited(act="budget", value=budget.written(), author=author, reason=reason))
    return found


def _persons(agreed: Charter, charter: Charter, author: str, reason: str) -> list[Event]:
    """The cards that changed, where nothing else did."""
    if changes(agreed.model_copy(update={"agents": charter.agents}), charter) or agreed.names() != charter.names():
        return []
    if any(name not in agreed.schemas for name in charter.schemas):
        return []
    old = {card.name: card for card in agreed.agents}
    return [
        PersonaChanged(
            agent=card.name, card=card.model_dump(mode="json", exclude_none=True), author=author, reason=reason
        )
        for card in charter.agents
        if changes(
            agreed.model_copy(update={"agents": (old[card.name],)}), charter.model_copy(update={"agents": (card,)})
        )
    ]


def _whole(transcript: Transcript, charter: Charter, author: str, reason: str) -> list[Event]:
    took_part = {entry.event.to for entry in transcript if isinstance(entry.event, TurnGiven)}
    gone = sorted(took_part - set(charter.names()))
    if gone:
        raise AgreementChanged(
            "agents who took part cannot be left out (what they did is part of the record):",
            [f"agent {name} had turns, and is not in the team" for name in gone],
        )
    return [Edited(act="agreement", target=1, value=charter.written(), author=author, reason=reason)]
