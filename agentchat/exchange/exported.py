"""What an export gives: its text, and what of the record is not in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple


class Exported(NamedTuple):
    """The text of an export, ready for a file, and what is lost in it, a sentence each; empty where nothing is."""

    text: str
    losses: tuple[str, ...] = ()


def counted(number: int, what: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def each_once(told: Iterable[str]) -> tuple[str, ...]:
    """The same sentences, each once, in order."""
    return tuple(dict.fromkeys(told))


def moment(at: float) -> str | None:
    """A wall-clock time as ISO 8601 in UTC, to the millisecond; None where no calendar reaches."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None
