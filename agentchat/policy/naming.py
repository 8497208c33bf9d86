"""Telling of a name that is not known, with the nearest that is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(name: str, known: Iterable[str]) -> str:
    """`'codr', which is no agent here; did you mean 'coder'? (there are: ...)`."""
    names = tuple(dict.fromkeys(known))
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"{name!r}, which is no agent here{nearest(name, names)} (there are: {shown})"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'coder'?`, where a known name is near."""
    near = get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
