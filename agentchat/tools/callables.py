"""What kind of callable something is: a function, a method, an object with `__call__`, or a partial of one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import get_type_hints

from agentchat.errors import ConfigurationError


class Callee:
    """A callable, looked at once.

    name: what it is called in Python, None where it has no name. doc: its docstring. asynchronous: whether calling it
    gives something to await. parameters: those that are still open, in order. hints: their annotations, evaluated.
    """

    def __init__(self, thing: Callable[..., object]) -> None:
        inner, bound = _unwrapped(thing)
        function = inner if inspect.isroutine(inner) else type(inner).__call__
        self.name: str | None = getattr(inner, "__name__", type(inner).__name__)
        if self.name == "<lambda>":
            self.name = None
        self.called = self.name or "a lambda"
        self.doc = inspect.getdoc(function) if function is inner or function.__doc__ else type(inner).__doc__
        self.asynchronous = inspect.iscoroutinefunction(function)
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ConfigurationError(f"tool {self.called}: a generator gives no result; return a list instead")
        try:
            signature = inspect.signature(thing)
        except (TypeError, ValueError):
            raise ConfigurationError(f"tool {self.called}: its parameters cannot be read; wrap it in a `def`") from None
        self.parameters = [one for name, one in signature.parameters.items() if name not in bound]
        self.hints = _hints(function, {one.name for one in self.parameters}, self.called)


def _unwrapped(thing: Callable[..., object]) -> tuple[Callable[..., object], frozenset[str]]:
    """What a partial is made of, and the parameters that it fills in by name: a model does not see those."""
    bound: set[str] = set()
    while isinstance(thing, functools.partial):
        bound |= thing.keywords.keys()
        thing = thing.func
    return thing, frozenset(bound)


def _hints(function: Callable[..., object], names: set[str], called: str) -> dict[str, object]:
    """The annotations of these parameters only: that of the result may name what is imported for type checkers."""
    inner = inspect.unwrap(function)
    try:
        noted = getattr(inner, "__annotations__", {})
        wanted = SimpleNamespace(__annotations__={name: hint for name, hint in noted.items() if name in names})
        return dict(get_type_hints(wanted, getattr(inner, "__globals__", {}), include_extras=True))
    except Exception as error:
        raise ConfigurationError(
            f"tool {called}: an annotation cannot be read ({error}); it must name what its module knows"
        ) from None
