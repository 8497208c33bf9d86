"""An agent backed by a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from agentchat.agents.base import BaseAgent, faults_of
from agentchat.agents.names import checked_text, is_whole
from agentchat.agents.types import Kinds, kinds_of, names_of, own_types
from agentchat.errors import ConfigurationError
from agentchat.models.choosing import ModelSpec, models_for
from agentchat.policy.charter import AgentCard, ContextPolicy
from agentchat.policy.functions import source_of
from agentchat.policy.naming import words
from agentchat.seams import Model, Says, Tool, Turn
from agentchat.tools.function import tools_for


class Assistant(BaseAgent):
    """Answers each turn with a reply of its model, which sees every message the agent sees.

    model: a `Model`, a name (a tier such as "smart", "name", or "name@http://host:port/v1"), or a list of these: the
    next is asked where one fails. instructions: the system message. description: one line for people and routers.

    accepts, emits: message types (pydantic classes, `str`, unions). With `emits` the model is held to their schema; an
    answer that does not fit is refused and put right up to `repairs` times, then once more by the `stronger` model if
    there is one; then the turn fails by name. check: a further test of a typed answer, which raises ValueError with
    what the model is to put right.

    tools: plain typed functions, or tools made with `tool(...)`. context: what of the conversation the model is shown;
    by default all of it, summed up when it fills 80 % of the model's declared window.
    """

    @words(
        system_message="instructions=",
        system_prompt="instructions=",
        prompt="instructions=",
        llm_config="model=",
        model_client="model=",
        llm="model=",
        output_type="emits=",
        response_format="emits=",
        output_content_type="emits=",
        max_turns="until=MaxTurns(...) of the Conversation",
        max_consecutive_auto_reply="until=MaxTurns(...) of the Conversation",
        is_termination_msg="until=Says(...) of the Conversation",
        handoffs="routing=Handoffs(to=...) of the Conversation",
    )
    def __init__(
        self,
        name: str,
        *,
        model: ModelSpec,
        instructions: str | None = None,
        description: str | None = None,
        accepts: Kinds = None,
        emits: Kinds = None,
        tools: Sequence[Tool | Callable[..., object]] = (),
        repairs: int = 2,
        stronger: ModelSpec | None = None,
        check: Callable[[Any], object] | None = None,
        context: ContextPolicy | None = None,
    ) -> None:
        super().__init__(name, description=description)
        self._spec, self._stronger_spec = model, stronger
        self.instructions = checked_text(instructions, f"instructions of {name}")
        self.accepts = kinds_of(accepts, f"accepts of {name}")
        self.emits = kinds_of(emits, f"emits of {name}")
        self.types = own_types((*self.accepts, *self.emits))
        self._tools = tools
        self.check = check
        self.context = context or ContextPolicy()
        if check is not None and not callable(check):
            raise ConfigurationError(f"{name}: check is {check!r}, which is no function of the answer")
        if not isinstance(self.context, ContextPolicy):
            raise ConfigurationError(f"{name}: context is {context!r}; it must be a ContextPolicy(...)")
        if not is_whole(repairs, 0):
            raise ConfigurationError(f"{name}: repairs must be a whole number from 0 on, not {repairs!r}")
        self.repairs = repairs

    # resolved with the first look, so that a team's problems can be told all at once

    @cached_property
    def _models(self) -> tuple[Model, ...]:
        found = models_for(self._spec)
        if not found:
            raise ConfigurationError(f"agent {self.name}: the list of models is empty")
        return found

    @property
    def model(self) -> Model:  # type: ignore[override]  # narrower than the base class: it always has one
        """Its usual model. Raises ConfigurationError for a tier that is mapped to nothing."""
        return self._models[0]

    @property
    def fallbacks(self) -> Sequence[Model]:  # type: ignore[override]  # read-only here
        """The models that are asked where the usual one fails."""
        return self._models[1:]

    @cached_property
    def tools(self) -> Sequence[Tool]:  # type: ignore[override]  # read-only here
        """What the model may call. Raises ConfigurationError for a function that cannot be a tool."""
        return tools_for(self._tools)

    @cached_property
    def stronger(self) -> Model | None:  # type: ignore[override]  # read-only here
        """The model for the last repair."""
        return None if self._stronger_spec is None else models_for(self._stronger_spec)[0]

    def card(self) -> AgentCard:
        """The agent as the charter records it. Raises ConfigurationError with all that is wrong with it."""
        faults = faults_of(lambda: self._models, lambda: self.stronger, lambda: self.tools)
        if faults:
            raise ConfigurationError(*faults)
        return AgentCard(
            name=self.name,
            # a subclass with its own `respond` may answer without its model, so no budget of calls bounds it
            kind="assistant" if type(self).respond is Assistant.respond else "function",
            description=self.description,
            instructions=self.instructions,
            model=self.model.card(),
            fallbacks=tuple(model.card() for model in self.fallbacks),
            stronger=None if self.stronger is None else self.stronger.card(),
            tools=tuple(tool.card() for tool in self.tools),
            accepts=names_of(self.accepts),
            emits=names_of(self.emits),
            repairs=self.repairs,
            context=self.context,
            check=None if self.check is None else source_of(self.check),
        )

    async def respond(self, turn: Turn) -> Says:
        """Let the model answer, and say what it answers."""
        return await turn.reply()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
