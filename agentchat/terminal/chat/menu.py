"""A list to choose from, narrowed by what is typed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")
ROWS: Final = 10
"""Lines of the list that are shown at once."""


class Item(NamedTuple, Generic[T]):
    """A line of the list, what stands dim behind it, and what it stands for."""

    label: str
    detail: str
    value: T


class Menu(Generic[T]):
    """The list, what of it fits, and where the user is. It begins at its last line with `last`."""

    def __init__(self, title: str, items: Sequence[Item[T]], *, last: bool = False) -> None:
        self.title = title
        self._items = list(items)
        self.shown = list(items)
        self.at = len(items) - 1 if last and items else 0

    def narrow(self, typed: str) -> None:
        """Only the lines that hold every word that was typed."""
        words = typed.lower().split()
        self.shown = [one for one in self._items if all(w in f"{one.label} {one.detail}".lower() for w in words)]
        self.at = min(self.at, max(len(self.shown) - 1, 0))

    def move(self, by: int) -> None:
        """Up or down, without falling off."""
        self.at = max(0, min(self.at + by, len(self.shown) - 1))

    @property
    def chosen(self) -> Item[T] | None:
        """The line that the user is at."""
        return self.shown[self.at] if self.shown else None

    def window(self) -> tuple[int, list[Item[T]]]:
        """The first line that is shown, and those that are."""
        first = max(0, min(self.at - ROWS // 2, len(self.shown) - ROWS))
        return first, self.shown[first : first + ROWS]
