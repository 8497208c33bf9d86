"""A call to the agent's model."""

from __future__ import annotations

from collections.abc import Callable

from agentchat.errors import ConfigurationError
from agentchat.policy.context import bare, context_of, prompt_message
from agentchat.policy.request import Bytes, ModelRequest, Shown
from agentchat.policy.state import state_of
from agentchat.runtime.calls import Ready
from agentchat.runtime.desk import Desk
from agentchat.seams import Delta, Model
from agentchat.transcript.calls import ModelRecipe, Reply
from agentchat.transcript.events import CallStarted


class ModelPerformer:
    """Asks the model: with the conversation as the agent sees it, and with a prompt of the agent's own if given."""

    isolated = True

    def __init__(self, desk: Desk, agent: str, model: Model | None, prompt: str | None, *, history: bool) -> None:
        if model is None:
            raise ConfigurationError(f"agent {agent} has no model; give it one with model=")
        if prompt is None and not history:
            raise ConfigurationError("a model call without history needs a prompt")
        self._desk = desk
        self._agent = agent
        self._model = model
        self._prompt = prompt
        self._history = history
        self._data: Bytes | None = None
        self._shown: Shown | None = None
        self._index = 0

    def prepare(self) -> Ready:
        """The request: rendered messages so far, then the prompt."""
        transcript = self._desk.transcript
        if not self._history:
            recipe, growing = bare(transcript, self._agent, self._prompt or "")
            tail = context_of(transcript, self._agent).tail
            return self._ready(recipe, growing.request(tail), Shown(growing.messages, len(growing.messages), ()))
        context = context_of(transcript, self._agent)
        growing = context.growing
        extra = () if self._prompt is None else (prompt_message(self._prompt),)
        shown = Shown(growing.messages, len(growing.messages), extra)
        return self._ready(context.recipe(self._prompt), growing.request(context.tail, extra), shown)

    def _ready(self, recipe: ModelRecipe, data: Bytes, shown: Shown) -> Ready:
        self._data, self._shown = data, shown
        self._index = state_of(self._desk.transcript).board.served.get(recipe.model, 0)
        return Ready(recipe, data.digest)

    async def act(self, started: CallStarted, seq: int, emit: Callable[[str], None]) -> Reply:
        """Send the request, and pass the answer's text on as it arrives."""
        desk, agent = self._desk, self._agent
        assert self._data is not None
        assert self._shown is not None
        assert isinstance(started.recipe, ModelRecipe)
        conversation = desk.transcript.conversation
        request = ModelRequest(
            started.recipe.model,
            self._shown,
            self._data,
            conversation=conversation,
            key=f"{conversation}:{started.key}",
            index=self._index,
        )

        def arrived(text: str) -> None:
            emit(text)
            desk.tell(Delta(seq, agent, text))

        return await self._model.complete(request, arrived)
