"""How a user's function is named in the record: where it stands, and a digest of its text.

The function is looked at, never called; what the record then holds is data, and reading it imports nothing.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable
from typing import Final

from agentchat.errors import ConfigurationError

_LAMBDA: Final = "<lambda>"
_TYPED: Final = "<string>"
"""The file of code that was never in one."""


def source_of(thing: Callable[..., object]) -> str:
    """module:qualname, a space, and the SHA-256 of the text.

    A partial stands for its function, an object for its class. Without a text (typed into an interpreter, built in)
    the digest is that of the compiled code, as far as there is any.
    """
    while isinstance(thing, functools.partial):
        thing = thing.func
    found: object = thing if hasattr(thing, "__qualname__") else type(thing)
    try:
        if inspect.isfunction(found) and found.__code__.co_filename == _TYPED:
            raise OSError("from Python 3.13 on that name leads to the text of `python -c`, whoever typed this")
        text = inspect.getsource(found)  # type: ignore[arg-type]  # what it cannot take, it says
    except (OSError, TypeError):
        text = thing.__code__.co_code.hex() if inspect.isfunction(thing) else ""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{getattr(found, '__module__', None)}:{getattr(found, '__qualname__', None)} {digest}"


def named(function: object, name: str | None, what: str) -> str:
    """As `source_of`, with `name` in place of the first part where one is given; `what` asks it, for errors.

    Raises ConfigurationError for what is no function, and for one without a name of its own (a lambda, a partial, an
    object that can be called) where none is given.
    """
    if not callable(function):
        raise ConfigurationError(f"{what} asks {function!r}, which is no function")
    own = getattr(function, "__qualname__", None)
    if name is None and (own is None or _LAMBDA in own):
        how = "write it with `def`, or where name= is taken give it one with name='...'"
        raise ConfigurationError(f"{what} asks {function!r}, which has no name to record: {how}")
    found, _, digest = source_of(function).partition(" ")
    return f"{name or found} {digest}"
