"""What was pasted, kept out of the editor where it is long: a mark stands for it until the message is sent. Pure."""

from __future__ import annotations

import re
from typing import Final

LINES: Final = 6
LONG: Final = 600
"""From so many lines or characters on a paste is folded."""
_MARK: Final = re.compile(r"\[(?:pasted|output) #(\d+)[^\[\]\n]*\]")


class Pastes:
    """The texts behind the marks."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def fold(self, text: str) -> str:
        """What goes into the editor for a paste: itself where it is short."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        count = text.count("\n") + 1
        # a word with an @ would be taken for a file
        odd = "\n" in text and "@" in text
        return self.mark("pasted", text, f"{count} lines") if count > LINES or len(text) > LONG or odd else text

    def mark(self, kind: str, text: str, told: str) -> str:
        """The mark that stands for a text from now on."""
        self._texts.append(text)
        clean = re.sub(r"[\[\]\n]", " ", told)
        return f"[{kind} #{len(self._texts)}: {clean}]"

    def unfold(self, text: str) -> str:
        """The message with everything that marks stand for."""
        return _MARK.sub(lambda found: self._text(int(found[1]), found[0]), text)

    def _text(self, number: int, mark: str) -> str:
        return self._texts[number - 1] if 0 < number <= len(self._texts) else mark
