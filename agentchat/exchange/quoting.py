"""Other people's words inside a Markdown document, so that none of them can pass for part of the document.

A message that is harmless Markdown is put into a block quote, every line of it, and reads as it was meant: lists, code,
emphasis. Harmless is what a CommonMark parser finds to be the same inside the quote as outside, without raw HTML,
pictures, link definitions and links to anything but the web. Anything else is shown letter by letter, in a fence longer
than any run of backticks in it. Nothing of a text is ever changed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_LINES: Final = re.compile(r"\r\n|\n|\r")
"""What ends a line in CommonMark."""
_PLAIN: Final = re.compile(r"[^<\[{\t\r\x00-\x08\x0b-\x1f]*")
"""A text without these holds neither HTML nor links, nor anything else that quoting could change."""
_RAW: Final = re.compile(r"\{[=:]")
"""How dialects beyond CommonMark mark raw output and attributes (Pandoc, kramdown)."""
_TICKS: Final = re.compile(r"`+")
_WEB: Final = ("http://", "https://", "mailto:")
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#!|~&$^])")
_LARGEST: Final = 64 * 1024
"""Characters that are parsed. A longer message is data rather than prose, and parsing it takes long."""


def quoted(text: str) -> str:
    """A message as a block: quoted where it is harmless, else letter by letter in a fence."""
    if not text.strip():
        return "*(an empty message)*"
    quote = "\n".join(f"> {line}" if line else ">" for line in _LINES.split(text.rstrip("\r\n")))
    if _PLAIN.fullmatch(text) or _harmless(text, quote):
        return quote
    return fenced(text)


def fenced(text: str, language: str = "text") -> str:
    """A text letter by letter. Its language is shown where it is one word."""
    ticks = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    word = language if re.fullmatch(r"[A-Za-z0-9+#.-]+", language) else ""
    return f"{ticks}{word}\n{text}{'' if text.endswith((chr(10), chr(13))) or not text else chr(10)}{ticks}"


def inline(text: str) -> str:
    """A text as words of a line: on one line, and what has a meaning in Markdown escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """A text as code within a line, letter by letter but for its line ends."""
    text = " ".join(text.split())
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    if not text:
        return ""
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _harmless(text: str, quote: str) -> bool:
    if len(text) > _LARGEST or _RAW.search(text):
        return False
    parser = MarkdownIt("commonmark").enable("table")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # links are judged below, not passed over
    bare_env: dict[str, object] = {}
    quote_env: dict[str, object] = {}
    bare, inside = parser.parse(text, bare_env), parser.parse(quote, quote_env)
    if bare_env.get("references") or not inside or inside[0].type != "blockquote_open" or _depths(inside) != 1:
        return False
    return list(_shape(bare)) == list(_shape(inside[1:-1])) and all(map(_is_harmless, _all(bare)))


def _depths(tokens: Sequence[Token]) -> int:
    """How many blocks stand side by side at the outermost level."""
    return sum(token.level == 0 and token.nesting >= 0 for token in tokens)


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def _shape(tokens: Sequence[Token]) -> Iterator[tuple[str, str, str, str]]:
    """What a text is to a parser, wherever it stands."""
    for token in _all(tokens):
        yield token.type, token.tag, token.info, token.content if token.type != "inline" else ""


def _is_harmless(token: Token) -> bool:
    if token.type in ("html_block", "html_inline", "image"):
        return False
    return token.type != "link_open" or str(token.attrs.get("href", "")).lower().startswith(_WEB)
