"""The live region: the unfinished tail, who does what, what waits to be sent, the prompt, and the status line.

prompt_toolkit draws it and sends what has changed; it never reaches above itself. No mouse, no alternate screen, no
questions to the terminal.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from prompt_toolkit.application import Application, in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import Completer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, has_completions
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.layout import BufferControl, ConditionalContainer, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenuControl
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import SearchToolbar

from agentchat.terminal.chat.fragments import fragments
from agentchat.terminal.chat.keys import Acts, ChatKeys, Mode
from agentchat.terminal.chat.pastes import Pastes
from agentchat.terminal.chat.reflow import ReflowingApplication
from agentchat.terminal.chat.screen import BEGIN, END, Screen

SPIN: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPIN_ASCII: Final = "|/-\\"
TICK: Final = 0.25
"""Seconds between two steps of what shows that somebody is at it."""
ESCAPE: Final = 0.02
"""Seconds after which an Esc that nothing follows is the key itself; keys with Alt come in one piece."""
STYLE: Final = Style.from_dict({
    "prompt": "ansicyan bold", "quiet": "dim", "queued": "ansicyan", "warn": "ansiyellow", "chosen": "reverse",
    "completion-menu": "noreverse bg:default fg:default", "completion-menu.completion": "bg:default fg:default",
    "completion-menu.completion.current": "bg:default fg:ansicyan bold reverse",
    "completion-menu.meta.completion": "bg:default fg:default dim",
    "completion-menu.meta.completion.current": "bg:default fg:ansicyan reverse",
})  # fmt: skip


class Shown(NamedTuple):
    """What the session wants to be seen around the prompt. Texts are sanitised."""

    queued: Sequence[str]
    hint: str
    loud: bool
    status: Sequence[str]
    elapsed: float | None


class Prompt:
    """The application. `look` says what is around the prompt whenever it is drawn."""

    def __init__(
        self,
        screen: Screen,
        acts: Acts,
        completer: Completer,
        look: Callable[[str], Shown],
        *,
        history: Path | None,
        stream: TextIO,
        input: Input | None = None,
    ) -> None:
        self._screen = screen
        self._look = look
        self._shown = Shown((), "", False, (), None)
        self._spin = itertools.cycle(SPIN if screen.utf8 else SPIN_ASCII)
        self._sign = next(self._spin)
        self._away = False
        self.mode = Mode()
        self.pastes = Pastes()
        self.placeholder = ""
        self.buffer = Buffer(
            completer=completer,
            complete_while_typing=Condition(self._completes),
            history=_history(history),
            multiline=True,
            on_text_changed=self._changed,
        )
        self._output = Vt100_Output(stream, lambda: _size(stream), term=os.environ.get("TERM"), enable_cpr=False)
        search = SearchToolbar(ignore_case=True)
        control = BufferControl(self.buffer, search_buffer_control=search.control, preview_search=True)
        keys = ChatKeys(acts, self.mode, self.buffer, self.pastes)
        self.app = ReflowingApplication(
            os.environ,
            layout=Layout(self._rows(control, search), focused_element=control),
            key_bindings=keys.bindings,
            style=STYLE,
            erase_when_done=True,
            color_depth=ColorDepth.DEPTH_1_BIT if os.environ.get("NO_COLOR") else None,
            before_render=self._look_around,
            output=self._output,
            input=input,
        )
        self.app.ttimeoutlen = ESCAPE
        self.app.timeoutlen = ESCAPE

    # the live region, for the screen

    def above(self, write: Callable[[], None]) -> None:
        """Take the region away, write, and draw it again, as one update."""
        if not self.app.is_running or self._away:
            if not self._away:
                write()
            return
        self._output.write_raw(BEGIN)
        self.app.settle()
        self.app.renderer.erase(leave_alternate_screen=False)
        write()
        self.app._redraw()  # nothing public draws at once
        self._output.write_raw(END)
        self._output.flush()

    def redraw(self) -> None:
        """Draw what has changed."""
        if not self._away:
            self.app.invalidate()

    def tick(self) -> None:
        """One step of what shows that somebody is at it."""
        self._sign = next(self._spin)
        self.redraw()

    @property
    def ready(self) -> bool:
        """Whether rows can be written above."""
        return self.app.is_running and not self._away

    def bell(self) -> None:
        """Call a person who looks elsewhere."""
        self._output.bell()
        self._output.flush()

    def title(self, text: str) -> None:
        """The title of the terminal's window."""
        self._output.set_title(text)
        self._output.flush()

    async def edit(self, text: str, edit: Callable[[str], str | None]) -> str | None:
        """Leave the terminal to an editor; the text it was left with."""
        async with in_terminal():
            self._away = True
            try:
                return edit(text)
            finally:
                self._away = False
                self._screen.wake.set()

    def put(self, text: str) -> None:
        """Let the editor hold this."""
        self.buffer.document = Document(text, len(text))

    # what it looks like

    def _look_around(self, _: Application[None]) -> None:
        self._shown = self._look(self.buffer.text)

    def _completes(self) -> bool:
        return self.mode.menu is None and self.mode.asking is None and self.buffer.text[:1] != "!"

    def _changed(self, _: Buffer) -> None:
        if self.mode.menu is not None:
            self.mode.menu.narrow(self.buffer.text)

    def _rows(self, control: BufferControl, search: SearchToolbar) -> HSplit:
        def part(text: Callable[[], StyleAndTextTuples], shown: Callable[[], bool]) -> ConditionalContainer:
            window = Window(FormattedTextControl(text), dont_extend_height=True, wrap_lines=False)
            return ConditionalContainer(window, filter=Condition(shown))

        completions = Window(CompletionsMenuControl(), height=Dimension(min=1, max=8), dont_extend_height=True)
        return HSplit([
            Window(FormattedTextControl(self._tail), dont_extend_height=True, height=self._tail_height),
            part(self._doing, lambda: self._shown.elapsed is not None),
            part(self._queued, lambda: bool(self._shown.queued)),
            part(self._menu, lambda: self.mode.menu is not None),
            Window(control, height=Dimension(min=1, max=12), wrap_lines=True, dont_extend_height=True,
                   get_line_prefix=self._prefix),
            search,
            ConditionalContainer(completions, filter=has_completions),
            part(self._hint, lambda: bool(self._shown.hint)),
            Window(FormattedTextControl(self._status), height=1, dont_extend_height=True, wrap_lines=False),
        ])  # fmt: skip

    def _tail_height(self) -> Dimension:
        return Dimension.exact(len(self._tail_rows()))

    def _tail_rows(self) -> Sequence[StyleAndTextTuples]:
        most = max(self._output.get_size().rows // 2, 1)
        return [fragments(row) for row in self._screen.tail_rows[-most:]]

    def _tail(self) -> StyleAndTextTuples:
        joined: StyleAndTextTuples = []
        for row in self._tail_rows():
            joined += [*([("", "\n")] if joined else []), *row]
        return joined

    def _doing(self) -> StyleAndTextTuples:
        took = "" if self._shown.elapsed is None else f" · {self._shown.elapsed:.0f} s"
        doing = "waiting for you" if self.mode.asking is not None else self._screen.doing or "waiting"
        told = f" {doing}{took} · Esc stops"
        return [("class:prompt", self._text(self._sign)), ("class:quiet", self._text(told))]

    def _queued(self) -> StyleAndTextTuples:
        lines: StyleAndTextTuples = []
        for place, text in enumerate(self._shown.queued):
            hint = "  (Up takes it back)" if place == len(self._shown.queued) - 1 else ""
            end = "\n" if place < len(self._shown.queued) - 1 else ""
            lines += [("class:queued", self._text(f"↳ {text}")), ("class:quiet", f"{hint}{end}")]
        return lines

    def _menu(self) -> StyleAndTextTuples:
        menu = self.mode.menu
        if menu is None:
            return []
        lines: StyleAndTextTuples = [("bold", self._text(menu.title)), ("class:quiet", "  Enter, Esc, type to narrow")]
        first, items = menu.window()
        for place, item in enumerate(items, first):
            style = "class:chosen" if place == menu.at else ""
            sign = "❯ " if place == menu.at else "  "
            lines += [
                ("", "\n"),
                (style, self._text(f"{sign}{item.label}")),
                ("class:quiet", self._text(f"  {item.detail}")),
            ]
        if not items:
            lines.append(("class:quiet", "\n  nothing fits"))
        return lines

    def _prefix(self, line: int, wrapped: int) -> StyleAndTextTuples:
        asking = self.mode.asking
        if asking is not None and line == 0 and wrapped == 0:
            return [("class:warn", self._text(f"{asking} ❯ "))]
        sign = "❯ " if line == 0 and wrapped == 0 else "  "
        shown: StyleAndTextTuples = [("class:prompt", self._text(sign))]
        if not self.buffer.text and self.placeholder and self.mode.menu is None:
            shown.append(("class:quiet", ""))
        return shown

    def _hint(self) -> StyleAndTextTuples:
        return [("class:warn" if self._shown.loud else "class:quiet", self._text(self._shown.hint))]

    def _status(self) -> StyleAndTextTuples:
        room = self._output.get_size().columns - 1
        told = ""
        for part in self._shown.status:
            more = f"{told} · {part}" if told else part
            if len(more) > room:
                break
            told = more
        return [("class:quiet", self._text(told))]

    def _text(self, text: str) -> str:
        return self._screen.encodable(text)


def _history(path: Path | None) -> History:
    """What was typed before, in a file that only its owner may read."""
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _size(stream: TextIO) -> Size:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return Size(24, 80)
    return Size(size.lines or 24, size.columns or 80)
