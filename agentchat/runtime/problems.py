"""Exceptions as data."""

from __future__ import annotations

import traceback

from agentchat.errors import CallFailedError
from agentchat.transcript.calls import Problem


def problem_of(error: BaseException) -> Problem:
    """An exception's name, its message, and the line that raised it. It never raises, whatever the exception does."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
    if isinstance(error, CallFailedError):
        return Problem(type=error.error_type, message=_told(error))
    return Problem(type=type(error).__name__, message=_told(error), where=where)


def only_one(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The exception that a group holds, where it holds but one."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _told(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = "(its message cannot be shown)"
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate cannot be stored
