"""How long ago something was, in few words. Pure."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((365 * 86400, "y"), (86400, "d"), (3600, "h"), (60, "min"))


def ago(seconds: float) -> str:
    """`3 min ago`, `2 d ago`; rounded down. What lies ahead, by another machine's clock, is `just now`."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"
