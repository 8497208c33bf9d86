"""An agent backed by a model."""

from __future__ import annotations

from agentchat.agents.base import BaseAgent
from agentchat.models.choosing import model_for
from agentchat.policy.charter import AgentCard
from agentchat.seams import Model, Says, Turn


class Assistant(BaseAgent):
    """Answers each turn with one reply of its model, which sees every message the agent sees.

    model: a `Model`, or the name of one ("name" or "name@http://host:port/v1"). instructions: the system message.
    description: one line for people and routers.
    """

    def __init__(
        self, name: str, *, model: Model | str, instructions: str | None = None, description: str | None = None
    ) -> None:
        super().__init__(name, description=description)
        self.model: Model = model_for(model)
        self.instructions = instructions

    def card(self) -> AgentCard:
        """The agent as the charter records it."""
        return AgentCard(
            name=self.name,
            # a subclass with its own `respond` may answer without its model, so no budget of calls bounds it
            kind="assistant" if type(self).respond is Assistant.respond else "function",
            description=self.description,
            instructions=self.instructions,
            model=self.model.card(),
        )

    async def respond(self, turn: Turn) -> Says:
        """Ask the model, and say what it answers."""
        return await turn.model()

    def __repr__(self) -> str:
        return f"Assistant({self.name!r}, model={self.model.card().name!r})"
