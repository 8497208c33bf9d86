"""The agents' cards as they stand at one place of the log, for whoever adds up what their calls have cost.

`charter.agreed_in` answers for the end of a transcript; a sum over the log must price each call by the card of its own
moment, also where a persona was changed later. Never here: sums, caps, decisions.
"""

from __future__ import annotations

from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import AgentCard, read_charter
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Opened, PersonaChanged


class Roster:
    """The cards after the entries that were taken in. Nothing is parsed before a model call asks for its card."""

    __slots__ = ("_agents", "_unread")

    def __init__(self) -> None:
        self._unread: JsonObject | None = None
        self._agents: dict[str, AgentCard] = {}

    def take(self, event: Opened | PersonaChanged) -> None:
        """What was agreed, or agreed anew."""
        if isinstance(event, Opened):
            self._unread = event.charter
        else:
            self._read()[event.agent] = AgentCard.model_validate(event.card)

    def card(self, agent: str, model: str) -> ModelCard | None:
        """The card of a model of an agent, or None for one that is not on the agent's card."""
        known = self._read().get(agent)
        return None if known is None else next((card for card in known.models() if card.name == model), None)

    def _read(self) -> dict[str, AgentCard]:
        if self._unread is not None:
            self._agents = {card.name: card for card in read_charter(self._unread).agents}
            self._unread = None
        return self._agents
