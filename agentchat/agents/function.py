"""An agent that is a plain async function."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Awaitable, Callable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints, overload

from pydantic import BaseModel

from agentchat.agents.base import BaseAgent
from agentchat.agents.code_policy import code_policy
from agentchat.errors import ConfigurationError
from agentchat.models.choosing import model_for
from agentchat.policy.charter import AgentCard
from agentchat.seams import Limits, Model, Sandbox, Says, Turn
from agentchat.transcript.messages import Data
from agentchat.transcript.transcript import Message

Function = Callable[[Any, Turn], Awaitable[Any]]


class FunctionAgent(BaseAgent):
    """An agent made by `agent`. Its first parameter is the message it answers, its second the turn."""

    def __init__(
        self,
        function: Function,
        *,
        name: str | None = None,
        model: Model | str | None = None,
        instructions: str | None = None,
        description: str | None = None,
        sandbox: Sandbox | str | None = None,
        state: type[BaseModel] | None = None,
    ) -> None:
        if not inspect.iscoroutinefunction(function):
            raise ConfigurationError(f"{function!r} is no async function; write `async def`")
        self.function = function
        super().__init__(name or function.__name__, description=description or inspect.getdoc(function))
        self.model = None if model is None else model_for(model)
        self.instructions = instructions
        self.sandbox = sandbox
        self.state_type = state
        self.accepts, self.emits = _types_of(function)
        self.types = {
            kind.__name__: kind
            for kind in (*self.accepts, *self.emits)
            if issubclass(kind, BaseModel) and kind.__module__ != Data.__module__
        }

    def card(self) -> AgentCard:
        """The agent as the charter records it: its code by name and digest."""
        return AgentCard(
            name=self.name,
            kind="function",
            description=self.description,
            instructions=self.instructions,
            model=None if self.model is None else self.model.card(),
            code=None if self.sandbox is None else code_policy(self.sandbox, Limits()),
            accepts=tuple(kind.__name__ for kind in self.accepts),
            emits=tuple(kind.__name__ for kind in self.emits),
            state=None if self.state_type is None else self.state_type.__name__,
            source=source_of(self.function),
        )

    async def respond(self, turn: Turn) -> Says:
        """Call the function with the message as its first parameter asks for it."""
        says: Says = await self.function(self._given(turn.subject), turn)
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
    model: Model | str | None = None,
    instructions: str | None = None,
    description: str | None = None,
    sandbox: Sandbox | str | None = None,
    state: type[BaseModel] | None = None,
) -> Callable[[Function], FunctionAgent]: ...
def agent(
    function: Function | None = None,
    /,
    *,
    name: str | None = None,
    model: Model | str | None = None,
    instructions: str | None = None,
    description: str | None = None,
    sandbox: Sandbox | str | None = None,
    state: type[BaseModel] | None = None,
) -> FunctionAgent | Callable[[Function], FunctionAgent]:
    """Make an agent of `async def name(message, turn)`.

    The annotation of the first parameter says what it gets: `str` the text, `Message` the message itself, a pydantic
    model the validated body; the annotation of the result says what it sends. The function must make its calls through
    `turn`, so that they are recorded and not made again after a restart; plain Python between them may run again.
    """

    def make(given: Function) -> FunctionAgent:
        return FunctionAgent(
            given,
            name=name,
            model=model,
            instructions=instructions,
            description=description,
            sandbox=sandbox,
            state=state,
        )

    return make if function is None else make(function)


def source_of(function: Callable[..., object]) -> str:
    """module:qualname and the SHA-256 of the function's text, so that a change of the code is seen."""
    try:
        text = inspect.getsource(function)
    except OSError:  # typed into an interpreter: there is no text
        text = function.__code__.co_code.hex() if inspect.isfunction(function) else ""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{function.__module__}:{function.__qualname__} {digest}"


def _types_of(function: Function) -> tuple[tuple[type, ...], tuple[type, ...]]:
    parameters = list(inspect.signature(function).parameters)
    if len(parameters) != 2:
        raise ConfigurationError(f"{function.__name__} must take two parameters: the message and the turn")
    try:
        hints = get_type_hints(function)
    except NameError as error:
        raise ConfigurationError(f"{function.__name__}: an annotation names something unknown: {error}") from None
    accepts = _classes(hints.get(parameters[0], Message), f"the first parameter of {function.__name__}")
    for kind in accepts:
        if kind not in (str, Message) and not issubclass(kind, BaseModel):
            raise ConfigurationError(
                f"{function.__name__} takes {kind.__name__}; a message is str, Message or a pydantic model"
            )
    returns = hints.get("return", str)
    emits: tuple[type, ...] = ()
    if returns is not Says and returns is not Any:
        emits = tuple(kind for kind in _returned(returns) if issubclass(kind, BaseModel))
    return accepts, emits


def _returned(hint: Any) -> tuple[type, ...]:
    """The classes of a result's annotation; what is no class (a tuple of answers, say) is no message type."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(member for member in members if isinstance(member, type) and get_origin(member) is None)


def _classes(hint: Any, what: str) -> tuple[type, ...]:
    """The classes of an annotation: a class, a union of classes, either of them annotated."""
    if get_origin(hint) is Annotated:
        return _classes(get_args(hint)[0], what)
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        return tuple(kind for member in members for kind in _classes(member, what))
    if not isinstance(hint, type) or get_origin(hint) is not None:
        raise ConfigurationError(f"{what} is annotated with {hint!r}; a message is str, Message or a pydantic model")
    return () if hint is type(None) else (hint,)
