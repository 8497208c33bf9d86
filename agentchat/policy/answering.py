"""Whether what an agent says may be delivered: it is of a type the agent emits, and routes to somebody.

That its fields fit the type is checked by its class, where it is said and again where it is delivered.
"""

from __future__ import annotations

from agentchat.policy.charter import AgentCard, agreed_in
from agentchat.policy.fitting import gives, type_of
from agentchat.policy.routing.plans import FINISH, PERSON, HandoffsPlan, SupervisedPlan
from agentchat.policy.state import State
from agentchat.transcript.events import Said
from agentchat.transcript.messages import Direction, Handoff
from agentchat.transcript.transcript import Transcript


def unfit(transcript: Transcript, state: State, said: Said) -> tuple[str, ...]:
    """Why a message is not delivered; empty where it is."""
    agreed = agreed_in(transcript)
    card = agreed.cards.get(said.sender)
    if card is None:
        return (f"there is no agent {said.sender!r}",)
    body = said.body if said.type != "Direction" else transcript.body_of(said)
    if isinstance(body, Direction | Handoff):
        return _misrouted(state, card, body)
    name = type_of(transcript, said)
    if not gives(card.emits, name) or name in ("Direction", "Handoff"):
        return (f"{card.name} said {name}, and it says {' or '.join(card.emits)} only",)
    return ()


def _misrouted(state: State, card: AgentCard, body: Direction | Handoff) -> tuple[str, ...]:
    """Why a direction or handoff leads nowhere."""
    plan = state.plan
    if isinstance(body, Direction):
        if not isinstance(plan, SupervisedPlan) or plan.supervisor != card.name:
            return (f"{card.name} is no supervisor here, and only one gives directions",)
        known = plan.team if card.kind == "selector" else (*plan.team, FINISH)
        return _nobody("next", body.next, known)
    if not isinstance(plan, HandoffsPlan):
        return ("nobody hands over here: the conversation has another way of routing (Handoffs is the one)",)
    return _nobody("to", body.to, (*plan.to.get(card.name, ()),))


def _nobody(field: str, named: str, known: tuple[str, ...]) -> tuple[str, ...]:
    if named in known:
        return ()
    shown = PERSON if known == (PERSON,) else ", ".join(known)
    return (f"{field}: {named!r} is none of those who can be next: {shown or 'nobody'}",)
