"""What the keys do. The acts themselves are those of the session.

Enter            send; while somebody has the turn: queue         Alt-Enter, Ctrl-J, \\ Enter   a new line
Esc, Ctrl-C      stop what goes on; Ctrl-C again: quit            Esc Esc                       go back to a turn
Ctrl-D           quit, on an empty line                           Up, on an empty line          take a message back
Ctrl-X Ctrl-E    write in $EDITOR                                 Ctrl-O                        show what was collapsed
Ctrl-R           search the history                               Ctrl-L                        clear the screen
"""

from __future__ import annotations

import time
from typing import Final, Protocol

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition, Filter, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from agentchat.terminal.chat.menu import Menu
from agentchat.terminal.chat.pastes import Pastes

TWICE: Final = 1.0
"""Seconds within which a key that is pressed again means it."""


class Acts(Protocol):
    """What the keys bring about."""

    def enter(self, text: str) -> bool:
        """Enter was pressed; whether the editor is to be emptied."""
        ...

    def stop(self) -> bool:
        """Stop what goes on; whether anything did."""
        ...

    def quit(self) -> None:
        """End the chat."""
        ...

    def rewind(self) -> None:
        """Choose a turn to go back to."""
        ...

    def take_back(self) -> str | None:
        """The message that was queued last, no longer to be sent; None where there is none."""
        ...

    def expand(self) -> None:
        """Show the last thing that was collapsed."""
        ...

    def word(self, text: str) -> None:
        """A word below the prompt, for a moment."""
        ...

    def chosen(self, menu: Menu[object] | None) -> None:
        """A list was left: with the line that was chosen, or with nothing."""
        ...

    def write(self) -> None:
        """Open the text in $EDITOR."""
        ...


class Mode:
    """What the editor is for: a message, an answer to a question, or the narrowing of a list."""

    def __init__(self) -> None:
        self.menu: Menu[object] | None = None
        self.asking: str | None = None


class ChatKeys:
    """Makes the bindings."""

    def __init__(self, acts: Acts, mode: Mode, buffer: Buffer, pastes: Pastes) -> None:
        self._acts = acts
        self._mode = mode
        self._buffer = buffer
        self._pastes = pastes
        self._stopped = self._escaped = 0.0
        self.bindings = KeyBindings()
        picking = Condition(lambda: mode.menu is not None)
        self._editing(~picking & ~is_searching)
        self._stopping()
        self._picking(picking)

    def _editing(self, here: Filter) -> None:
        add = self.bindings.add
        add("enter", filter=here)(self._enter)
        add("escape", "enter", filter=here)(_newline)
        add("c-j", filter=here)(_newline)
        add(Keys.BracketedPaste)(self._paste)
        add("up", filter=here)(self._up)
        add("c-x", "c-e", filter=here)(lambda event: self._acts.write())
        add("c-o", filter=here)(lambda event: self._acts.expand())
        add("c-z", filter=here)(lambda event: event.app.suspend_to_background())

    def _stopping(self) -> None:
        add = self.bindings.add
        # at once, unless more keys came with it: then it is Alt with a key
        add("escape", eager=True, filter=~is_searching & Condition(self._alone))(self._escape)
        add("c-c")(self._interrupt)
        add("c-d", filter=Condition(lambda: not self._buffer.text))(lambda event: self._acts.quit())

    def _picking(self, picking: Condition) -> None:
        add = self.bindings.add
        add("up", filter=picking)(lambda event: self._move(event, -1))
        add("down", filter=picking)(lambda event: self._move(event, 1))
        add("c-p", filter=picking)(lambda event: self._move(event, -1))
        add("c-n", filter=picking)(lambda event: self._move(event, 1))
        add("enter", filter=picking)(lambda event: self._acts.chosen(self._mode.menu))

    # what they do

    def _enter(self, event: KeyPressEvent) -> None:
        buffer = self._buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None
            return
        if buffer.document.text_before_cursor.endswith("\\") and self._mode.asking is None:
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
            return
        text = buffer.text
        if self._acts.enter(self._pastes.unfold(text)):
            if text.strip() and self._mode.asking is None:
                buffer.history.append_string(text)
            buffer.reset()

    def _paste(self, event: KeyPressEvent) -> None:
        self._buffer.insert_text(self._pastes.fold(event.data))

    def _up(self, event: KeyPressEvent) -> None:
        taken = None if self._buffer.text or self._mode.asking is not None else self._acts.take_back()
        if taken is not None:
            self._buffer.insert_text(taken)
        else:
            self._buffer.auto_up()

    def _move(self, event: KeyPressEvent, by: int) -> None:
        if self._mode.menu is not None:
            self._mode.menu.move(by)

    def _alone(self) -> bool:
        return not get_app().key_processor.input_queue

    def _escape(self, event: KeyPressEvent) -> None:
        now = time.monotonic()
        again, self._escaped = now - self._escaped < TWICE, now
        if self._mode.menu is not None:
            self._acts.chosen(None)
        elif self._buffer.complete_state is not None:
            self._buffer.cancel_completion()
        elif self._acts.stop():
            self._escaped = 0.0
        elif again:
            self._escaped = 0.0
            if self._buffer.text:
                self._buffer.reset()
            else:
                self._acts.rewind()
        else:
            self._acts.word("Esc again: " + ("clear the line" if self._buffer.text else "go back to one of your turns"))

    def _interrupt(self, event: KeyPressEvent) -> None:
        now = time.monotonic()
        again, self._stopped = now - self._stopped < TWICE, now
        if again:
            self._acts.quit()
        elif self._mode.menu is not None:
            self._acts.chosen(None)
        elif self._acts.stop():
            self._acts.word("stopping; Ctrl-C again: quit")
        else:
            self._buffer.reset()
            self._acts.word("Ctrl-C again: quit (or Ctrl-D)")


def _newline(event: KeyPressEvent) -> None:
    event.current_buffer.insert_text("\n")
