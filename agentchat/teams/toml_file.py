"""A TOML file read with care: every key is asked for by its type, and whatever is wrong is told with its line.

All problems are collected, so that they can be said at once. What a key means is the business of those who ask.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from agentchat.errors import TeamFileError
from agentchat.teams.problems import nearest
from agentchat.textfile import read_text

T = TypeVar("T")
Place: TypeAlias = tuple[str | int, ...]
"""Where something stands: keys, and indices from 0 in lists of tables."""

_WORD: Final = r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[A-Za-z0-9_-]+'
_DOTTED: Final = rf"(?:{_WORD})(?:\s*\.\s*(?:{_WORD}))*"
_HEAD: Final = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY: Final = re.compile(rf"\s*({_DOTTED})\s*=")
_KINDS: Final[dict[type, str]] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


class TomlFile:
    """A file, its values, and what was found to be wrong with it. Raises TeamFileError for what is no TOML at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = read_text(path, "team", "TOML", TeamFileError)
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise TeamFileError(f"{path}: this is no TOML: {error}") from None
        except RecursionError:
            raise TeamFileError(f"{path}: it is nested too deep") from None
        self._lines = _lines_of(text)
        self.problems: list[str] = []
        self.root = Section(self, (), values)

    def complain(self, at: Place, told: str) -> None:
        """Note what is wrong at a place."""
        self.problems.append(f"{self.where(at)}: {told}")

    def where(self, at: Place) -> str:
        """The file, the line where it is known, and the place in words."""
        line = next((self._lines[at[:end]] for end in range(len(at), 0, -1) if at[:end] in self._lines), None)
        head = str(self.path) if line is None else f"{self.path}, line {line}"
        return f"{head}: {_in_words(at)}" if at else head

    def raise_problems(self) -> None:
        """Raise TeamFileError with all that is wrong, if anything is."""
        if self.problems:
            raise TeamFileError(*self.problems)


class Section:
    """A table of the file. Each question gives None for a key that is missing, or wrong, which is noted."""

    def __init__(self, file: TomlFile, at: Place, values: Mapping[str, object]) -> None:
        self.file = file
        self.at = at
        self.values = values

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def only(self, known: Iterable[str]) -> None:
        """Note each key that is not known, with the nearest one that is."""
        names = tuple(known)
        for key in self.values:
            if key not in names:
                self.complain(key, f"unknown key{nearest(key, names)}")

    def complain(self, key: str | None, told: str) -> None:
        """Note what is wrong with a key, or with the table."""
        self.file.complain(self.at if key is None else (*self.at, key), told)

    def text(self, key: str) -> str | None:
        """A text that is not empty."""
        found = self._typed(key, str)
        if found is not None and not found.strip():
            self.complain(key, "must not be empty")
            return None
        return found

    def whole(self, key: str) -> int | None:
        """A whole number from 1 on."""
        found = self._typed(key, int)
        if found is not None and found < 1:
            self.complain(key, f"must be a whole number from 1 on, not {found}")
            return None
        return found

    def words(self, key: str) -> tuple[str, ...] | None:
        """A text, or a list of texts."""
        found = self.values.get(key)
        if found is None:
            return None
        listed = [found] if isinstance(found, str) else found
        if not isinstance(listed, list) or not all(isinstance(one, str) and one.strip() for one in listed):
            self.complain(key, f"must be a name or a list of names in quotes, not {_shown(found)}")
            return None
        return tuple(listed)

    def section(self, key: str) -> Section | None:
        """A table in it."""
        found = self._typed(key, dict)
        return None if found is None else Section(self.file, (*self.at, key), found)

    def sections(self, key: str) -> list[Section]:
        """The tables of a list."""
        found = self._typed(key, list) or []
        listed = []
        for index, one in enumerate(found):
            if isinstance(one, dict):
                listed.append(Section(self.file, (*self.at, key, index), one))
            else:
                self.complain(key, f"must be a list of tables, and {_shown(one)} is none")
        return listed

    def _typed(self, key: str, kind: type[T]) -> T | None:
        found = self.values.get(key)
        if found is None:
            return None
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
            self.complain(key, f"must be {_KINDS[kind]}, not {_shown(found)}")
            return None
        return found


def _lines_of(text: str) -> dict[Place, int]:
    """The line of each key, as far as a look at single lines tells: the parser itself keeps none."""
    found: dict[Place, int] = {}
    seen: Counter[Place] = Counter()
    head: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        match = _HEAD.match(line)
        if match is not None:
            head = _path(match[2])
            if match[1] == "[[":
                seen[head] += 1
                head = (*head, seen[head] - 1)
            found.setdefault(head, number)
            continue
        match = _KEY.match(line)
        if match is not None:
            at = (*head, *_path(match[1]))
            for end in range(len(head) + 1, len(at) + 1):
                found.setdefault(at[:end], number)
    return found


def _path(dotted: str) -> Place:
    return tuple(word[1:-1] if word[0] in "\"'" else word for word in re.findall(_WORD, dotted))


def _in_words(at: Place) -> str:
    """`[routing] start`, `[routing] edge 2 when`."""
    words: list[str] = []
    for step in at:
        if isinstance(step, int):
            words[-1] = f"{words[-1].removesuffix('s')} {step + 1}"
        else:
            words.append(step)
    return words[0] if len(words) == 1 else f"[{words[0]}] {' '.join(words[1:])}"


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
