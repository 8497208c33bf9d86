"""Markdown within a line: emphasis, code, links. Pure, and for the eye only.

It takes less than CommonMark does, on purpose: what could be meant as written (`2*3*4`, `snake_case_name`, a lone star)
stays as it is, for a mark that is hidden by mistake is text that is lost. Every piece knows where it ends in the
source, so that a long line can be cut where it is shown to be cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

CODE: Final = "cyan"
LINK: Final = "underline"
QUIET: Final = "dim"

_MARKS: Final = re.compile(
    r"""
      (?P<tick>`+)(?P<code>(?!`).*?[^`]|[^`])(?P=tick)(?!`)
    | \\(?P<plain>[!-/:-@\[-`{-~])
    | (?<![\w*])\*\*(?P<strong>(?=\S)(?:[^*]|\*(?!\*))+?(?<=\S))\*\*(?![\w*])
    | (?<![\w_])__(?P<strong2>(?=\S)[^_]+?(?<=\S))__(?![\w_])
    | (?<![\w*])\*(?P<em>(?=[^\s*])[^*]+?(?<=\S))\*(?![\w*])
    | (?<![\w_])_(?P<em2>(?=[^\s_])[^_]+?(?<=\S))_(?![\w_])
    | ~~(?P<gone>(?=\S)[^~]+?(?<=\S))~~
    | \[(?P<label>[^\[\]\n]+)\]\((?P<url>[^()\s]+(?:\([^()\s]*\)[^()\s]*)?)\)
    """,
    re.VERBOSE,
)
_STYLES: Final = {"strong": "bold", "strong2": "bold", "em": "italic", "em2": "italic", "gone": "strike"}
_MOST: Final = 4_000
"""Characters of a line that are still looked through for marks; what is longer is no prose."""


class Piece(NamedTuple):
    """Text in one style. end: where it ends in the source. whole: whether the source may be cut there."""

    text: str
    style: str
    end: int
    whole: bool = True


def pieces(source: str) -> list[Piece]:
    """The pieces of a line, in order."""
    if len(source) > _MOST:
        return [Piece(source, "", len(source))]
    return list(_pieces(source, "", 0, True))


def _pieces(source: str, style: str, offset: int, whole: bool) -> Iterator[Piece]:
    at = 0
    for match in _MARKS.finditer(source):
        if match.start() > at:
            yield Piece(source[at : match.start()], style, offset + match.start(), whole)
        at = match.end()
        yield from _marked(match, style, offset, whole)
    if at < len(source):
        yield Piece(source[at:], style, offset + len(source), whole)


def _marked(match: re.Match[str], style: str, offset: int, whole: bool) -> Iterator[Piece]:
    end = offset + match.end()
    if match["code"] is not None:
        code = match["code"]
        bare = code[1:-1] if len(code) > 2 and code[0] == code[-1] == " " and code.strip() else code
        yield Piece(bare, f"{style} {CODE}".strip(), end, whole)
    elif match["plain"] is not None:
        yield Piece(match["plain"], style, end, whole)
    elif match["label"] is not None:
        yield Piece(match["label"], f"{style} {LINK}".strip(), end, False)
        if match["url"] not in (match["label"], f"mailto:{match['label']}"):
            yield Piece(f" ({match['url']})", f"{style} {QUIET}".strip(), end, whole)
    else:
        kind = next(name for name in _STYLES if match[name] is not None)
        inside = list(_pieces(match[kind], f"{style} {_STYLES[kind]}".strip(), offset + match.start(kind), False))
        yield from inside[:-1]
        if inside:
            yield inside[-1]._replace(end=end, whole=whole)
