"""A window that is made narrower: where the terminal breaks rows that were drawn, the live region has grown.

Which terminals do so is known from what they say of themselves in the environment: a question to the terminal would
have its answer come between the keys. On all others rows are cut off, as xterm does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from prompt_toolkit.application import Application
from prompt_toolkit.layout.screen import Screen

_SIGNS: Final = ("TMUX", "VTE_VERSION", "KITTY_WINDOW_ID", "WEZTERM_PANE", "WT_SESSION", "KONSOLE_VERSION")
"""Set by terminals that break rows: tmux(1) since 1.9, VTE (GNOME), kitty, WezTerm, Windows Terminal, Konsole."""
_PROGRAMS: Final = ("Apple_Terminal", "iTerm.app", "WezTerm", "vscode", "ghostty")
"""The same, by TERM_PROGRAM."""


def breaks_rows(env: Mapping[str, str]) -> bool:
    """Whether the terminal breaks rows that have become too long. screen(1) cuts them off, wherever it runs."""
    if env.get("STY"):
        return False
    return any(env.get(name) for name in _SIGNS) or env.get("TERM_PROGRAM") in _PROGRAMS


def grown(widths: Sequence[int], columns: int) -> int:
    """How many rows there are more of, where rows of these widths stand in a window of so many columns."""
    return sum(max(-(-width // columns) - 1, 0) for width in widths)


def widths_above(screen: Screen, row: int, column: int) -> list[int]:
    """The widths of the rows that were drawn above the cursor, and of its own up to it."""
    above = []
    for y in range(row):
        cells = [x + max(cell.width, 1) for x, cell in screen.data_buffer[y].items() if cell.char != " "]
        above.append(max(cells, default=0))
    return [*above, column + 1]


class ReflowingApplication(Application[None]):
    """Finds the top of what it drew, also after the window has become narrower. env: that of the process."""

    def __init__(self, env: Mapping[str, str], **more: Any) -> None:
        self._breaks_rows = breaks_rows(env)
        super().__init__(**more)

    def settle(self) -> None:
        """Before anything is drawn or taken away: go up by as many rows as the region has grown by."""
        renderer, size = self.renderer, self.output.get_size()
        drawn, last = renderer.last_rendered_screen, renderer._last_size
        if not self._breaks_rows or drawn is None or last is None or size.columns >= last.columns:
            return
        at = renderer._cursor_pos
        more = grown(widths_above(drawn, at.y, at.x), max(size.columns, 1))
        self.output.cursor_up(min(more, max(size.rows - 1 - at.y, 0)))

    def _on_resize(self) -> None:
        self.settle()
        super()._on_resize()

    def _redraw(self, render_as_done: bool = False) -> None:
        self.settle()
        super()._redraw(render_as_done)
