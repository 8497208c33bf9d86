"""Text of models, programs and files made harmless for a terminal. Pure; every text that is shown goes through here.

An escape sequence in a message could clear the screen, write the clipboard or forge what was said before; a bidi
control can make code read otherwise than it runs. So:

  ESC                                 ␛
  CR LF                               LF
  CR alone                            LF: it would overwrite the line
  newline, tab                        as they are
  other C0 controls, DEL, C1          left out
  bidi controls, line and paragraph
  separators, invisible tags          ⟨U+202E⟩
  lone surrogates                     U+FFFD: no terminal takes them

What is recorded is never changed: this is for the eye only.
"""

from __future__ import annotations

from typing import Final

_SHOWN: Final = (
    0x061C,  # Arabic letter mark
    0x200E,  # left-to-right mark
    0x200F,  # right-to-left mark
    *range(0x2028, 0x202F),  # line and paragraph separator, embeddings and overrides
    *range(0x2066, 0x206A),  # isolates
    0xFEFF,  # zero width no-break space
    *range(0xE0000, 0xE0080),  # tags, which hide text in plain sight
)
_KEPT: Final = "\n\t"

_TABLE: Final[dict[int, str | None]] = {
    **{code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in _KEPT},
    0x1B: "␛",
    0x0D: "\n",
    **{code: f"⟨U+{code:04X}⟩" for code in _SHOWN},
    **dict.fromkeys(range(0xD800, 0xE000), "�"),
}


def sanitize(text: str) -> str:
    """The text as it may go to a terminal. Applied twice it gives the same."""
    return text.replace("\r\n", "\n").translate(_TABLE)


def sanitize_line(text: str) -> str:
    """As `sanitize`, on one line: line ends and tabs become spaces."""
    return " ".join(sanitize(text).replace("\t", " ").split("\n"))


class Sanitizer:
    """`sanitize` for a text that arrives in pieces: a CR LF cut in two is one line end."""

    def __init__(self) -> None:
        self._after_cr = False

    def feed(self, piece: str) -> str:
        """The next piece as it may go to a terminal."""
        if not piece:
            return ""
        if self._after_cr and piece[0] == "\n":
            piece = piece[1:]
            self._after_cr = False
            if not piece:
                return ""
        self._after_cr = piece[-1] == "\r"
        return sanitize(piece)
