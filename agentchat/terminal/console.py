"""A rich console that changes nothing of what it is given: no markup, no emoji codes, no guessing.

Colours follow the terminal, NO_COLOR and TERM as rich reads them; a pipe gets plain text. Which text goes to it, and
that it is harmless, is the business of `view` and `live`.
"""

from __future__ import annotations

from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text


class Plain(Console):
    """Writes renderables to a stream. A reader that went away is told to the caller as BrokenPipeError."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(file=stream, markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> None:
        """Let the error go up; rich would end the process."""
        self.quiet = True
        raise  # noqa: PLE0704 - rich calls this while it handles the BrokenPipeError

    def show(self, shown: RenderableType) -> None:
        """Print it. On a terminal prose is broken between words; elsewhere every line stays as long as it is."""
        if self.is_terminal and isinstance(shown, Text):  # rich forgets what a text says of itself
            self.print(shown, crop=False, no_wrap=shown.no_wrap, overflow=shown.overflow)
        elif self.is_terminal:
            self.print(shown, crop=False)
        else:
            self.print(shown, soft_wrap=True)

    def row(self, shown: RenderableType) -> None:
        """Print what takes one line, cut off at the edge of a terminal."""
        if self.is_terminal:
            self.print(shown, no_wrap=True, overflow="ellipsis")
        else:
            self.print(shown, soft_wrap=True)

    def raw(self, text: str) -> None:
        """Append text as it is, without a line end."""
        self.file.write(text)
        self.file.flush()
