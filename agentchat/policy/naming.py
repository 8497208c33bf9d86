"""Telling of a name that is not known, with the nearest that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from typing import ParamSpec

P = ParamSpec("P")


def unknown(name: str, known: Iterable[str]) -> str:
    """`'codr', which is no agent here; did you mean 'coder'? (there are: ...)`."""
    names = tuple(dict.fromkeys(known))
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"{name!r}, which is no agent here{nearest(name, names)} (there are: {shown})"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'coder'?`, where a known name is near."""
    near = get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def words(**elsewhere: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """For an `__init__`: an unknown keyword raises TypeError with the nearest, or with what stands here in its place.

    elsewhere: keywords of other frameworks, and what to write instead of each.
    """

    def checked(make: Callable[P, None]) -> Callable[P, None]:
        known = list(signature(make).parameters)[1:]
        made = make.__qualname__.partition(".")[0]

        @wraps(make)
        def making(*args: P.args, **kwargs: P.kwargs) -> None:
            for name in kwargs:
                if name not in known:
                    here = f"; here it is {elsewhere[name]}" if name in elsewhere else nearest(name, known)
                    raise TypeError(f"{made} takes no {name!r}{here} (it takes: {', '.join(known)})")
            make(*args, **kwargs)

        return making

    return checked
