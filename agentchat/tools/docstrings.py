"""Docstrings taken apart: what a function does, and what each parameter means.

The three customs in use are read: Google's (`Args:`), numpy's (underlined `Parameters`) and reST fields (`:param x:`).
Whatever follows none of them is left in the text as it stands; no docstring is an error.
"""

from __future__ import annotations

import inspect
import re
from typing import Final, NamedTuple

_GOOGLE: Final = re.compile(r"(?:(?:Other |Keyword )?(?:Args|Arguments|Parameters)|Params):\s*")
_GOOGLE_ENTRY: Final = re.compile(r"\*{0,2}(\w+)(?:\s*\(.*?\))?\s*:(?:\s+(.*)|)$")
_NUMPY: Final = frozenset({"Parameters", "Other Parameters"})
_UNDERLINE: Final = re.compile(r"-{3,}\s*")
_FIELD: Final = re.compile(r":(param|parameter|arg|argument|key|keyword|type)\s+(?:[^:]*\s)?\*{0,2}(\w+)\s*:\s*(.*)")


class Docstring(NamedTuple):
    """text: all that is no account of a parameter. parameters: what is said of each, by name, on one line."""

    text: str
    parameters: dict[str, str]


def read_docstring(raw: str | None) -> Docstring:
    """A docstring, taken apart."""
    lines = inspect.cleandoc(raw or "").split("\n")
    kept: list[str] = []
    found: dict[str, list[str]] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        field = _FIELD.fullmatch(line)
        if field is not None:
            end = _indented(lines, at + 1, blank=False)
            if field[1] != "type":
                found[field[2]] = [field[3], *lines[at + 1 : end]]
        elif _GOOGLE.fullmatch(line) and (end := _indented(lines, at + 1, blank=True)) > at + 1:
            found.update(_google(lines[at + 1 : end]))
        elif line.strip() in _NUMPY and _underlined(lines, at):
            end = next((later for later in range(at + 2, len(lines)) if _underlined(lines, later)), len(lines))
            found.update(_numpy(lines[at + 2 : end]))
        else:
            kept.append(line)
            end = at + 1
        at = end
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    said = {name: " ".join(" ".join(part).split()) for name, part in found.items()}
    return Docstring(text, {name: part for name, part in said.items() if part})


def _indented(lines: list[str], start: int, *, blank: bool) -> int:
    """Where the lines that are indented (or, if so wanted, blank) end."""
    at = start
    while at < len(lines) and (lines[at][:1].isspace() or (blank and not lines[at])):
        at += 1
    return at


def _underlined(lines: list[str], at: int) -> bool:
    return at + 1 < len(lines) and bool(lines[at].strip()) and bool(_UNDERLINE.fullmatch(lines[at + 1]))


def _google(block: list[str]) -> dict[str, list[str]]:
    """Entries stand at the indentation of the first; what is indented deeper goes on with the one before."""
    depth = next((_depth(line) for line in block if line.strip()), 0)
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in block:
        entry = _GOOGLE_ENTRY.fullmatch(line.strip()) if _depth(line) <= depth else None
        if entry is not None:
            current = found[entry[1]] = [entry[2] or ""]
        else:
            current.append(line)
    return found


def _numpy(block: list[str]) -> dict[str, list[str]]:
    """Names stand at the margin, several with commas between, a type behind a colon; the text is indented."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in block:
        if line and not line[0].isspace():
            current = []
            found.update({name.strip().lstrip("*"): current for name in line.partition(":")[0].split(",")})
        else:
            current.append(line)
    return found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
