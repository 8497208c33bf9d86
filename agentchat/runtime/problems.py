"""Exceptions as data."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agentchat.errors import AgentChatError, CallFailedError, ModelError, SandboxError
from agentchat.transcript.calls import Problem

_PACKAGE: Final = str(Path(__file__).parents[1])


def problem_of(error: BaseException) -> Problem:
    """An exception's name, its message, and the line that raised it. It never raises, whatever the exception does.

    Of an error that this package raises on purpose it is the line of the user's code that led to it, if there is one.
    """
    ours = _PACKAGE if isinstance(error, AgentChatError) else "\0"
    frames = [one for one in traceback.extract_tb(error.__traceback__) if not one.filename.startswith(ours)]
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
    if isinstance(error, CallFailedError):
        return Problem(type=error.error_type, message=_told(error))
    return Problem(type=type(error).__name__, message=_told(error), where=where)


def may_pass(problem: Problem) -> bool:
    """Whether a recorded failure of a call is one after which it is perhaps made once more, or in another way. Any
    other was raised to the agent at once."""
    return problem.type in _PASSING


def _names(root: type[Exception]) -> Iterator[str]:
    yield root.__name__
    for one in root.__subclasses__():
        yield from _names(one)


_PASSING: Final = frozenset((*_names(ModelError), *_names(SandboxError)))


def _told(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = "(its message cannot be shown)"
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate cannot be stored
