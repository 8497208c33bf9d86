"""What a failed tool says to the model: the kind of error and its message, never where in the code it happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

MAX_MESSAGE: Final = 4096
"""Characters. What matters stands at the beginning; the rest would only fill the model's window."""


def problem_text(error: BaseException) -> str:
    """`ValueError: no such city`; of a group, the errors in it. Never raises, and can always be written down."""
    return _cut("; ".join(f"{type(one).__name__}: {_message(one)}".removesuffix(": ") for one in _leaves(error)))


def message_text(error: BaseException) -> str:
    """The message alone. Never raises, and can always be written down."""
    return _cut(_message(error))


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group, and in groups in it. No recursion: groups may be nested as deep as someone likes."""
    left = [error]
    while left:
        one = left.pop()
        if isinstance(one, BaseExceptionGroup):
            left.extend(reversed(one.exceptions))
        else:
            yield one


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = "(its message cannot be shown)"
    return text[: MAX_MESSAGE + 1].encode("utf-8", "backslashreplace").decode()


def _cut(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE - 3]}..."
