"""Text looked for in conversations: line by line, in every text that an event holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from agentchat.catalogue.passages import KINDS, REPEATED, Kind, passages
from agentchat.errors import ConfigurationError
from agentchat.transcript.transcript import Transcript

_WORDS: Final = re.compile(r"\w+")


class Query(NamedTuple):
    """What to look for: a pattern, the kinds of text to look through, and whose; None: everybody's.

    word: a word that every text with a match holds, where that is known.
    """

    pattern: re.Pattern[str]
    kinds: frozenset[Kind]
    agent: str | None
    word: bytes | None

    def may_be_in(self, line: bytes) -> bool:
        """Whether a stored line, or a payload, may hold a match. A word is written there as it is read."""
        return self.word is None or self.word in line


class Match(NamedTuple):
    """A line with a match: the event, the kind of text, whose it is, the line, and where in it the match stands."""

    seq: int
    kind: Kind
    who: str
    line: str
    start: int
    end: int


def query(
    text: str, *, ignore_case: bool = False, regex: bool = False, kinds: tuple[Kind, ...] = (), agent: str | None = None
) -> Query:
    """A query for a text, or for a regular expression. Raises ConfigurationError for one that is none."""
    if not text:
        raise ConfigurationError("there is nothing to look for; give some text")
    try:
        flags = re.MULTILINE | (re.IGNORECASE if ignore_case else re.NOFLAG)
        pattern = re.compile(text if regex else re.escape(text), flags)
    except re.error as error:
        raise ConfigurationError(f"{text!r} is no regular expression: {error}") from None
    words = [] if regex or ignore_case else _WORDS.findall(text)
    longest = max(words, key=len, default="")
    word = longest.encode() if longest and longest.isascii() else None  # others may stand there escaped
    return Query(pattern, frozenset(kinds) or frozenset(KINDS) - REPEATED, agent, word)


def matches(transcript: Transcript, wanted: Query, *, after: int = 0) -> Iterator[Match]:
    """Every line with a match in the events after `after`, each once for each text that it stands in."""
    for entry in transcript.since(after):
        for passage in passages(transcript, entry):
            if passage.kind in wanted.kinds and wanted.agent in (None, passage.who):
                for line, start, end in _lines(passage.text, wanted.pattern):
                    yield Match(entry.seq, passage.kind, passage.who, line, start, end)


def _lines(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int, int]]:
    """The lines in which a match begins, with its first one."""
    seen = -1
    for match in pattern.finditer(text):
        begin = text.rfind("\n", 0, match.start()) + 1
        if begin == seen or match.start() == match.end():
            continue
        seen = begin
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        yield text[begin:end], match.start() - begin, min(match.end(), end) - begin
