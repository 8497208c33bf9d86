"""A tool that is a plain typed function: its annotations become the schema, its docstring the description."""

from __future__ import annotations

import asyncio
import inspect
import math
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Generic, ParamSpec, TypeVar, overload

from anyio import move_on_after
from pydantic import JsonValue, ValidationError

from agentchat.errors import ConfigurationError, ToolError
from agentchat.policy.cards import ToolCard
from agentchat.policy.functions import source_of
from agentchat.seams import Tool, ToolCallContext
from agentchat.tools.arguments import problems_in, read_arguments
from agentchat.tools.callables import Callee
from agentchat.tools.docstrings import read_docstring
from agentchat.tools.failures import message_text, problem_text
from agentchat.tools.parameters import Parameters
from agentchat.tools.results import as_json
from agentchat.tools.threads import run_aside
from agentchat.transcript.calls import JsonObject

P = ParamSpec("P")
R = TypeVar("R")

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What OpenAI's API takes as the name of a function."""
SECONDS: Final = 60.0
"""How long a call may take where nothing is said: longer than most requests, shorter than anyone's patience."""


class FunctionTool(Generic[P, R]):
    """A tool made by `tool`. Called as a function, it is the function it was made of."""

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: str | None = None,
        description: str | None = None,
        approve: bool = False,
        idempotent: bool = False,
        timeout: float | None = SECONDS,
    ) -> None:
        if isinstance(function, type) or not callable(function):
            hint = "a tool is a function or an object with `__call__`"
            if hasattr(function, "as_tool"):
                hint = "a conversation is a tool as chat.as_tool('name')"
            raise ConfigurationError(f"{function!r} is no function; {hint}")
        self.function = function
        self._calling: Callable[..., object] = function
        self._callee = Callee(function)
        self.name = _checked_name(name or self._callee.name, self._callee)
        docstring = read_docstring(self._callee.doc)
        self._parameters = Parameters(self._callee, docstring.parameters)
        self._seconds = _checked_seconds(timeout, self.name)
        for key, given in (("approve", approve), ("idempotent", idempotent)):
            if not isinstance(given, bool):
                raise ConfigurationError(f"{key} of {self.name} is True or False, not {given!r}")
        self._card = ToolCard(
            name=self.name,
            description=docstring.text if description is None else description,
            parameters=self._parameters.schema,
            approve=approve,
            idempotent=idempotent,
            seconds=timeout,
            source=source_of(function),
        )

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function as it is."""
        return self.function(*args, **kwargs)

    def card(self) -> ToolCard:
        """The tool as the charter records it and as models are told of it."""
        return self._card

    def check(self, arguments: str) -> JsonObject | list[str]:
        """What a model wrote as arguments: the object as it was written, or what is wrong with it. Never raises."""
        found = read_arguments(arguments)
        if isinstance(found, list):
            return found
        taken = self._read(found, None)
        return taken if isinstance(taken, list) else found

    async def call(self, arguments: JsonObject, context: ToolCallContext) -> JsonValue:
        """Call the function: `def` in a thread, `async def` here. Raises ToolError for whatever goes wrong in it.

        A `def` that takes too long is left behind in its thread: nothing can stop it, and its result is dropped.
        """
        given = self._read(arguments, context)
        if isinstance(given, list):
            raise ToolError("\n".join(given))
        try:
            with move_on_after(self._seconds) as scope:
                return await self._act(given)
        except ToolError:
            if not scope.cancel_called:
                raise
        raise ToolError(f"{self.name} took longer than {self._seconds:g} seconds and was stopped")

    def _read(self, arguments: JsonObject, context: ToolCallContext | None) -> dict[str, object] | list[str]:
        try:
            return self._parameters.read(arguments, context)
        except ValidationError as error:
            return problems_in(error, self._parameters.names)
        except Exception as error:  # a validator of the user's
            return [f"the arguments could not be checked: {problem_text(error)}"]

    async def _act(self, given: dict[str, object]) -> JsonValue:
        pending: object
        if self._callee.asynchronous:
            with _worded():
                pending = self._calling(**given)
        else:
            pending, written = await run_aside(lambda: self._settled(given))
            if pending is None:
                return written
        with _worded():
            return as_json(await pending if inspect.isawaitable(pending) else pending, self.name)

    def _settled(self, given: dict[str, object]) -> tuple[Awaitable[object] | None, JsonValue]:
        """Call and write down the result, in the thread; what is still to be awaited goes back to the event loop."""
        with _worded():
            result = self._calling(**given)
            return (result, None) if inspect.isawaitable(result) else (None, as_json(result, self.name))

    def __repr__(self) -> str:
        return f"FunctionTool({self.name!r})"


@contextmanager
def _worded() -> Iterator[None]:
    """Whatever goes wrong as a ToolError. A tool that calls `sys.exit` has failed; it does not end the program."""
    try:
        yield
    except ToolError as error:
        text = message_text(error)
        if error.args == (text,):
            raise
        raise ToolError(text) from error  # too long, or nothing that can be written down
    except (Exception, SystemExit) as error:
        raise ToolError(problem_text(error)) from error
    except asyncio.CancelledError as error:
        if _is_cancelled():
            raise
        raise ToolError(f"CancelledError: {message_text(error) or 'something it waited for'}") from error


def _is_cancelled() -> bool:
    """Whether someone cancels this call on asyncio. A tool that awaits a cancelled task of its own raises the same
    error, and whoever waits for the tool would take it for the end of the call and wait for ever."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # a thread, or trio
        return False
    return task is not None and task.cancelling() > 0


def _checked_name(name: str | None, callee: Callee) -> str:
    if name is None:
        raise ConfigurationError('a lambda has no name: say tool(..., name="...")')
    return checked_tool_name(name, callee.called)


def checked_tool_name(name: object, called: str) -> str:
    """The name as it is. Raises ConfigurationError for one that services do not take; `called` says whose it is."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"tool {called}: {name!r} is no name for a tool; give it name=, 1 to 64 letters, digits, '-' or '_'"
        )
    return name


def _checked_seconds(timeout: object, name: str) -> float:
    if timeout is None:
        return math.inf
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        raise ConfigurationError(f"tool {name}: timeout is {timeout!r}; it must be seconds above 0, or None for no end")
    return float(timeout)


@overload
def tool(
    function: Callable[P, R],
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    approve: bool = False,
    idempotent: bool = False,
    timeout: float | None = SECONDS,
) -> FunctionTool[P, R]: ...
@overload
def tool(
    function: None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    approve: bool = False,
    idempotent: bool = False,
    timeout: float | None = SECONDS,
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...
def tool(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    approve: bool = False,
    idempotent: bool = False,
    timeout: float | None = SECONDS,
) -> FunctionTool[P, R] | Callable[[Callable[P, R]], FunctionTool[P, R]]:
    """Make a tool of a typed function: `@tool`, or `@tool(approve=True)`.

    The model is told the parameters as they are annotated, with what the docstring or `Annotated[..., Field(...)]`
    says of each. A parameter annotated `ToolCallContext` is filled in for each call and not shown. What the function
    returns must be data (JSON, models, dataclasses, dates; at most 1 MiB); what it raises is told to the model.

    approve: a person is asked before each call. idempotent: a second call with the same key does no more than the
    first, so that one whose end is unknown may be made again. timeout: seconds; None waits for ever. A function
    without `async` runs in a thread, and one that takes too long is left behind there.

    Raises ConfigurationError for a parameter that a model cannot be told of: without annotation, `*args`, `**kwargs`.
    """

    def make(given: Callable[P, R]) -> FunctionTool[P, R]:
        return FunctionTool(
            given, name=name, description=description, approve=approve, idempotent=idempotent, timeout=timeout
        )

    return make if function is None else make(function)


def tool_for(thing: Callable[..., object] | Tool) -> Tool:
    """A tool as it is; one of a function. Raises ConfigurationError for what is neither."""
    if isinstance(thing, Tool) and not isinstance(thing, type):
        return thing
    return FunctionTool(thing)


def tools_for(things: Sequence[Callable[..., object] | Tool]) -> tuple[Tool, ...]:
    """The tools of a list. Raises ConfigurationError with all that is wrong with them."""
    if not isinstance(things, list | tuple):
        raise ConfigurationError(f"tools is {things!r}; it must be a list of functions, as in tools=[search]")
    found: list[Tool] = []
    wrong: list[str] = []
    for thing in things:
        try:
            found.append(tool_for(thing))
        except ConfigurationError as error:
            wrong += error.problems
    if wrong:
        raise ConfigurationError(*wrong)
    return tuple(found)
