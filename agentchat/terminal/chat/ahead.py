"""Keys that are typed before the prompt is there: it takes a moment to load.

They are not echoed where they would stand in the way, Enter is the key that it is at the prompt, and a paste is marked
as one, so that none of its lines is taken for a message. The prompt finds all of it waiting.
"""

from __future__ import annotations

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_MARK_PASTES: Final = b"\x1b[?2004h"
"""Bracketed paste, as xterm has it; terminals that do not know it ignore it."""
_NO_MORE: Final = b"\x1b[?2004l"


@contextmanager
def keys_ahead(keys: int, screen: int) -> Iterator[None]:
    """Keep what is typed for the prompt, until the block ends; then the terminal is as it was.

    keys, screen: the descriptors of standard input and output. Nothing is done where either is no terminal.
    """
    if not (os.isatty(keys) and os.isatty(screen)):
        yield
        return
    before = termios.tcgetattr(keys)
    held = list(before)
    held[0] = before[0] & ~termios.ICRNL
    held[3] = before[3] & ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(keys, termios.TCSANOW, held)
    os.write(screen, _MARK_PASTES)
    try:
        yield
    finally:
        with suppress(OSError, termios.error):  # the terminal may be gone
            os.write(screen, _NO_MORE)
            termios.tcsetattr(keys, termios.TCSADRAIN, before)
