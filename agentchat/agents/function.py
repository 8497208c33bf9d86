"""An agent that is a plain async function."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict, overload

from pydantic import BaseModel

from agentchat.agents.base import BaseAgent, faults_of
from agentchat.agents.code_policy import code_policy
from agentchat.agents.types import kinds_of, names_of, own_types
from agentchat.errors import ConfigurationError
from agentchat.models.choosing import ModelSpec, models_for
from agentchat.policy.charter import AgentCard
from agentchat.policy.functions import source_of
from agentchat.seams import Limits, Model, Sandbox, Says, Tool, Turn
from agentchat.tools.function import tools_for
from agentchat.transcript.messages import Data
from agentchat.transcript.transcript import Message

Function = Callable[[Any, Turn], Awaitable[Any]]
_PLAIN = frozenset({bool, bytes, complex, dict, float, frozenset, int, list, set, tuple})
"""Types of Python's own of which no value is a message."""


class FunctionAgent(BaseAgent):
    """An agent made by `agent`. Its first parameter is the message it answers, its second the turn."""

    def __init__(
        self,
        function: Function,
        *,
        name: str | None = None,
        model: ModelSpec | None = None,
        instructions: str | None = None,
        description: str | None = None,
        sandbox: Sandbox | str | None = None,
        tools: Sequence[Tool | Callable[..., object]] = (),
        state: type[BaseModel] | None = None,
    ) -> None:
        if not inspect.iscoroutinefunction(function):
            raise ConfigurationError(f"{function!r} is no async function; write `async def`")
        self.function = function
        super().__init__(name or function.__name__, description=description or inspect.getdoc(function))
        self._spec = model
        self.instructions = instructions
        self.sandbox = sandbox
        self._tools = tools
        self.state_type = state
        self.accepts, self.emits, self._listed = _types_of(function)
        self.types = own_types((*self.accepts, *self.emits))

    @cached_property
    def _models(self) -> tuple[Model, ...]:
        return () if self._spec is None else models_for(self._spec)

    @property
    def model(self) -> Model | None:  # type: ignore[override]  # read-only here
        """The model of `turn.model`. Raises ConfigurationError for a tier that is mapped to nothing."""
        return self._models[0] if self._models else None

    @property
    def fallbacks(self) -> Sequence[Model]:  # type: ignore[override]  # read-only here
        """The models that are asked where that fails."""
        return self._models[1:]

    @cached_property
    def tools(self) -> Sequence[Tool]:  # type: ignore[override]  # read-only here
        """What `turn.tool` and its model may call. Raises ConfigurationError for a function that cannot be a tool."""
        return tools_for(self._tools)

    def card(self) -> AgentCard:
        """The agent as the charter records it: its code by name and digest."""
        faults = faults_of(lambda: self._models, lambda: self.tools)
        if faults:
            raise ConfigurationError(*faults)
        return AgentCard(
            name=self.name,
            kind="function",
            description=self.description,
            instructions=self.instructions,
            model=None if self.model is None else self.model.card(),
            fallbacks=tuple(model.card() for model in self.fallbacks),
            tools=tuple(tool.card() for tool in self.tools),
            code=None if self.sandbox is None else code_policy(self.sandbox, Limits()),
            accepts=names_of(self.accepts),
            emits=names_of(self.emits),
            state=None if self.state_type is None else self.state_type.__name__,
            source=source_of(self.function),
        )

    async def respond(self, turn: Turn) -> Says:
        """Call the function with the message as its first parameter asks for it."""
        given = [self._given(message) for message in turn.joined] if self._listed else self._given(turn.subject)
        says: Says = await self.function(given, turn)
        return says

    def _given(self, message: Message) -> object:
        for kind in self.accepts:
            if kind is Message:
                return message
            if kind is str:
                return message.text
            value = message.model(self.types)
            if isinstance(value, kind):
                return value
        wanted = " or ".join(kind.__name__ for kind in self.accepts)
        got = message.body.type if isinstance(message.body, Data) else type(message.body).__name__
        raise TypeError(f"{self.name} accepts {wanted}, and message {message.seq} of {message.sender} is {got}")


@overload
def agent(function: Function, /) -> FunctionAgent: ...
@overload
def agent(
    *,
    name: str | None = None,
    model: ModelSpec | None = None,
    instructions: str | None = None,
    description: str | None = None,
    sandbox: Sandbox | str | None = None,
    tools: Sequence[Tool | Callable[..., object]] = (),
    state: type[BaseModel] | None = None,
) -> Callable[[Function], FunctionAgent]: ...
def agent(
    function: Function | None = None,
    /,
    *,
    name: str | None = None,
    model: ModelSpec | None = None,
    instructions: str | None = None,
    description: str | None = None,
    sandbox: Sandbox | str | None = None,
    tools: Sequence[Tool | Callable[..., object]] = (),
    state: type[BaseModel] | None = None,
) -> FunctionAgent | Callable[[Function], FunctionAgent]:
    """Make an agent of `async def name(message, turn)`.

    The annotation of the first parameter says what it gets: `str` the text, `Message` the message itself, a pydantic
    model the validated body, a list of these all messages of a join; the annotation of the result says what it sends.
    The function must make its calls through `turn`, so that they are recorded and not made again after a restart; plain
    Python between them may run again.

    name: by default the function's. model, instructions, tools: what `turn.model`, `turn.reply` and `turn.tool` use, as
    for `Assistant`. sandbox: where `turn.code` runs programs, as for `UserProxy`. state: the class of `turn.state`,
    at first with its defaults. description: one line for people and routers. Raises ConfigurationError for a function
    without `async`.
    """

    def make(given: Function) -> FunctionAgent:
        return FunctionAgent(
            given,
            name=name,
            model=model,
            instructions=instructions,
            description=description,
            sandbox=sandbox,
            tools=tools,
            state=state,
        )

    return make if function is None else make(function)


def _types_of(function: Function) -> tuple[tuple[type, ...], tuple[type, ...], bool]:
    """What a function takes and says, and whether it takes the messages of a join as a list."""
    parameters = list(inspect.signature(function).parameters)
    if len(parameters) != 2:
        raise ConfigurationError(f"{function.__name__} must take two parameters: the message and the turn")
    try:
        hints = get_type_hints(function)
    except NameError as error:
        raise ConfigurationError(f"{function.__name__}: an annotation names something unknown: {error}") from None
    given = hints.get(parameters[0], Message)
    listed = get_origin(given) is list
    accepts = kinds_of(get_args(given)[0] if listed else given, f"the first parameter of {function.__name__}")
    return accepts, _returned(hints.get("return"), function.__name__), listed


def _returned(hint: Any, function: str) -> tuple[type, ...]:
    """The message types of a result's annotation; none, which stands for any, where it names anything else.

    Raises ConfigurationError for what no message can be, such as a list.
    """
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = tuple(member for member in members if member is not type(None))
    for kind in kinds:
        if _is_no_message(kind):
            raise ConfigurationError(
                f"{function} returns {kind.__name__ if isinstance(kind, type) and not get_args(kind) else kind}; "
                "a message is text or a pydantic model: make a class with a field for it"
            )
    messages = all(isinstance(kind, type) and (kind is str or issubclass(kind, BaseModel)) for kind in kinds)
    return kinds if messages else ()


def _is_no_message(kind: Any) -> bool:
    """Whether it is one of Python's own types, such as `int` or `list[str]`, or a `TypedDict`."""
    plain: Any = get_origin(kind) or kind
    return is_typeddict(plain) or (isinstance(plain, type) and plain in _PLAIN)
