"""How one text became another, as lines to print. Pure.

`-` went, `+` came, `~` was changed: there the words that went are red or [-so-], those that came green or {+so+}.
Stretches that stayed the same are left out where they are long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import JsonValue
from rich.text import Text

from agentchat.debug.comparing.paths import PathChange
from agentchat.debug.comparing.words import Line, Words, text_changes
from agentchat.terminal.notes import compact
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.terminal.usage_text import many

QUIET: Final = "dim"
GONE: Final = "red"
CAME: Final = "green"
CHANGED: Final = "yellow"

AROUND: Final = 2
"""Lines that stayed the same and are shown beside a change."""
WIDE: Final = 60
"""Characters that stayed the same and are shown beside a change within a line."""
LONG: Final = 40
"""Lines that are shown of one text."""
_SIGNS: Final = {"removed": ("- ", GONE), "added": ("+ ", CAME), "changed": ("~ ", CHANGED), "same": ("  ", QUIET)}
_MARKS: Final = {"removed": ("[-", "-]"), "added": ("{+", "+}"), "same": ("", "")}
_STYLES: Final = {"removed": f"{GONE} strike", "added": f"bold {CAME}", "same": "default"}


class Look(NamedTuple):
    """How much is shown, and how. everything: nothing is left out. marks: changes are marked by more than colour."""

    everything: bool = False
    marks: bool = True


def changed_text(a: str, b: str, look: Look, *, most: int = LONG) -> list[Text]:
    """The lines to print; at most about `most`, unless everything is wanted."""
    lines = [*_folded(text_changes(sanitize(a), sanitize(b)))]
    kept = lines if look.everything else lines[:most]
    shown = [one if isinstance(one, Text) else _line(one, look.marks) for one in kept]
    if len(shown) < len(lines):
        shown.append(Text(f"… {many(len(lines) - len(shown), 'more line')} (--all shows them)", style=QUIET))
    return shown


def path_lines(change: PathChange, look: Look, *, indent: int) -> Iterator[Text]:
    """What stands at one place of two JSON values."""
    space = " " * indent
    if isinstance(change.a, str) and isinstance(change.b, str):
        yield from (Text(space).append_text(line) for line in changed_text(change.a, change.b, look))
        return
    for sign, style, there, value in (("-", GONE, change.in_a, change.a), ("+", CAME, change.in_b, change.b)):
        told = _value(value, look) if there else "(not there)"
        yield Text(space).append(f"{sign} ", style=style).append(told)


def _value(value: JsonValue, look: Look) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return sanitize(text) if look.everything else sanitize_line(compact(text))


def _folded(lines: list[Line]) -> Iterator[Line | Text]:
    """The lines, without those that stayed the same far from any change."""
    changes = [at for at, line in enumerate(lines) if line.op != "same"]
    near = {at for change in changes for at in range(change - AROUND, change + AROUND + 1)}
    left_out = 0
    for at, line in enumerate(lines):
        if at not in near:
            left_out += 1
            continue
        if left_out:
            yield _same_lines(left_out)
            left_out = 0
        yield line
    if left_out:
        yield _same_lines(left_out)


def _same_lines(count: int) -> Text:
    return Text(f"  … {many(count, 'line')} the same", style=QUIET)


def _line(line: Line, marks: bool) -> Text:
    sign, style = _SIGNS[line.op]
    text = Text(sign, style=style)
    if line.op != "changed":
        return text.append(line.words[0].text)
    last = len(line.words) - 1
    for at, words in enumerate(line.words):
        before, after = _MARKS[words.op] if marks else ("", "")
        text.append(f"{before}{_cut(words, first=at == 0, last=at == last)}{after}", style=_STYLES[words.op])
    return text


def _cut(words: Words, *, first: bool, last: bool) -> str:
    """A stretch that stayed the same without what is far from the changes beside it."""
    text = words.text
    if words.op != "same" or len(text) <= 2 * WIDE:
        return text
    return f"{'' if first else text[:WIDE]}…{'' if last else text[-WIDE:]}"
