"""A rich text as prompt_toolkit takes it, for the live region. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from prompt_toolkit.formatted_text import StyleAndTextTuples
from rich.console import Console
from rich.style import Style
from rich.text import Text

_CONSOLE: Final = Console(width=10_000, color_system=None)
_ON: Final = ("bold", "dim", "italic", "underline", "strike", "reverse")
_NAMES: Final = {
    "bright_black": "ansibrightblack",
    "black": "ansiblack",
    "white": "ansigray",
    "bright_white": "ansiwhite",
}


def fragments(text: Text) -> StyleAndTextTuples:
    """The pieces of a row with their styles."""
    return [
        (_style(segment.style), segment.text.replace("\t", "    "))
        for segment in text.render(_CONSOLE)
        if segment.text and not segment.control
    ]


@lru_cache(maxsize=256)
def _style(style: Style | None) -> str:
    if style is None:
        return ""
    words = [name for name in _ON if getattr(style, name)]
    if style.color is not None and not style.color.is_default:
        words.append(f"fg:{_colour(style.color.name)}")
    return " ".join(words)


def _colour(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    return name if name.startswith("#") else f"ansi{name.replace('_', '')}"
