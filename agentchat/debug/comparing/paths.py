"""Where two JSON values differ: the paths, and what stands there on either side.

A path reads as in most tools: `messages[3].content`. Members of a list are compared by their place. Pure data in and
out; what the values mean is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from agentchat.transcript.frozen import Frozen

_PLAIN: Final = re.compile(r"[\w$-]+")


class PathChange(Frozen):
    """One place where two values differ. in_a, in_b: whether the place is there at all on that side."""

    path: str
    a: JsonValue = None
    b: JsonValue = None
    in_a: bool = True
    in_b: bool = True


def changed_paths(a: JsonValue, b: JsonValue, path: str = "") -> Iterator[PathChange]:
    """Every place where the two differ, in the order of `a`."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in {**a, **b}:
            place = _joined(path, name)
            if name in a and name in b:
                yield from changed_paths(a[name], b[name], place)
            else:
                yield PathChange(path=place, a=a.get(name), b=b.get(name), in_a=name in a, in_b=name in b)
    elif isinstance(a, list) and isinstance(b, list):
        for at, (one, other) in enumerate(zip(a, b, strict=False)):
            yield from changed_paths(one, other, f"{path}[{at}]")
        for at in range(min(len(a), len(b)), max(len(a), len(b))):
            one, other = (side[at] if at < len(side) else None for side in (a, b))
            yield PathChange(path=f"{path}[{at}]", a=one, b=other, in_a=at < len(a), in_b=at < len(b))
    elif a != b or isinstance(a, bool) != isinstance(b, bool):
        yield PathChange(path=path, a=a, b=b)


def _joined(path: str, name: str) -> str:
    if _PLAIN.fullmatch(name) is None:
        return f"{path}[{name!r}]"
    return f"{path}.{name}" if path else name
