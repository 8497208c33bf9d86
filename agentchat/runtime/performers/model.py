"""A call to one of the agent's models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentchat.errors import ConfigurationError
from agentchat.policy.prompts.asking import Asked, Wish, ask
from agentchat.policy.prompts.context import bare, context_of
from agentchat.policy.prompts.request import ChatMessage, ModelRequest, tail_of
from agentchat.policy.state import state_of
from agentchat.runtime.calls import CallKind, Ready
from agentchat.runtime.desk import Desk
from agentchat.runtime.rerun import Attempt
from agentchat.seams import Agent, Delta, Model
from agentchat.transcript.calls import ModelRecipe, Reply
from agentchat.transcript.events import CallFailed, CallStarted


class ModelPerformer:
    """Asks a model: the agent's own, and the next of its fallbacks where one fails for good.

    stronger: ask the agent's stronger model instead. wish: what is asked.
    """

    kind: CallKind = "model"

    isolated = True

    def __init__(self, desk: Desk, agent: Agent, wish: Wish, *, stronger: bool = False) -> None:
        if agent.model is None:
            raise ConfigurationError(f"agent {agent.name} has no model; give it one with model=")
        if wish.prompt is None and not wish.history:
            raise ConfigurationError("a model call without history needs a prompt")
        self._desk = desk
        self._agent = agent.name
        self._models: Sequence[Model] = (agent.model, *agent.fallbacks)
        if stronger and agent.stronger is not None:
            self._models = (agent.stronger,)
        self._place = 0
        self._wish = wish
        self._asked: Asked | None = None
        self._index = 0

    @property
    def shows_history(self) -> bool:
        """Whether the conversation is shown."""
        return self._wish.history

    def prepare(self, share: int = 1) -> Ready:
        """The request: rendered messages so far, then the prompt."""
        transcript = self._desk.transcript
        wish = self._wish._replace(share=share, model=self._models[self._place].card())
        asked = self._asked = ask(transcript, self._agent, wish)
        self._index = state_of(transcript).board.served.get(asked.recipe.model, 0)
        return Ready(asked.recipe, asked.data.digest, asked.reserved)

    def again(self, attempt: Attempt) -> str:
        """The digest that the recorded attempt would have if it were put together now, with what it was shown then."""
        transcript, prompt = self._desk.transcript, self._wish.prompt
        recipe = attempt.started.recipe
        if not isinstance(recipe, ModelRecipe):
            return ""
        self._place = next((at for at, one in enumerate(self._models) if one.card().name == recipe.model), self._place)
        tail = tail_of(transcript, recipe)
        frame = context_of(transcript, self._agent).exchange.frames.get(attempt.seq) if self._wish.history else None
        if frame is None:
            return bare(transcript, self._agent, prompt or "").growing.request(tail).digest
        extra = () if prompt is None else (ChatMessage("user", prompt),)
        return frame.request(tail, extra).digest

    def other_way(self, failed: CallFailed, started: CallStarted) -> bool:
        """Whether the call can be made in another way than the one that failed: another form, or the next model."""
        if failed.error.type == "RealModelForbidden":
            return False
        mode = context_of(self._desk.transcript, self._agent).mode
        asked = started.recipe
        if isinstance(asked, ModelRecipe) and asked.output is not None and asked.output != mode:
            return True
        if self._place + 1 < len(self._models):
            self._place += 1
            return True
        return False

    async def act(self, started: CallStarted, seq: int, emit: Callable[[str], None]) -> Reply:
        """Send the request, and pass the answer's text on as it arrives."""
        desk, agent, asked = self._desk, self._agent, self._asked
        assert asked is not None
        assert isinstance(started.recipe, ModelRecipe)
        conversation = desk.transcript.conversation
        request = ModelRequest(
            started.recipe.model,
            asked.shown,
            asked.data,
            conversation=conversation,
            key=f"{conversation}:{started.key}",
            index=self._index,
            agent=agent,
        )

        def arrived(text: str) -> None:
            emit(text)
            desk.tell(Delta(seq, agent, text))

        reply: object = await self._models[self._place].complete(request, arrived)
        if not isinstance(reply, Reply):
            given = type(reply).__name__
            raise TypeError(f"the model {started.recipe.model} gave back a {given}; `complete` must give a Reply")
        return reply
