"""The exact prompt of each model call, in as little room as the log itself takes.

A prompt is kept as its recipe is: the call whose messages it goes on from, and what was added. Text that stands in an
event of the page is pointed to, not copied, so all prompts together are as long as the log, however long each one is.
That the prompt is the one that was sent is checked here, by the digest that was recorded at the time.
"""

from __future__ import annotations

import re
from typing import Final

from agentchat.debug.sent import Sent
from agentchat.errors import TranscriptError
from agentchat.policy.prompts.request import resolve
from agentchat.transcript.calls import CodeRecipe, Item, ModelRecipe, Piece, Wire
from agentchat.transcript.events import CallStarted, Entry
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Transcript

_TEXT: Final = re.compile(r"([@~])(\d+)((?:/[^/\[]+)*)(?:\[(\d+):(\d+)\])?")

Part = str | tuple[str, int, str] | tuple[str, int, str, int, int]
"""Literal text, or a pointer: its mark (`@` as it stands, `~` as it stands inside a JSON string), the event, the path
in it, and perhaps from where to where, counted as the page's scripts count: in UTF-16 units."""
Message = tuple[str, tuple[Part, ...]]


class Prompt(Frozen):
    """What one model call sent: the messages of the call `base`, then `add`, then the settings.

    tail: None where the settings are those of `base`. shared: whether a later call may go on from it. size: bytes.
    exact: whether what is rebuilt has the digest that was recorded. problem: why nothing could be rebuilt.
    """

    wire: Wire
    base: int | None = None
    add: tuple[Message, ...] = ()
    tail: tuple[Part, ...] | None = None
    size: int = 0
    digest: str
    exact: bool = False
    problem: str | None = None


class Prompts:
    """Collects the prompts, and the programs that were run, entry by entry."""

    def __init__(self) -> None:
        self._sent = Sent()
        self.made: dict[int, Prompt] = {}
        self.programs: dict[int, tuple[Part, ...]] = {}

    def take(self, prefix: Transcript, whole: Transcript, entry: Entry) -> None:
        """Take an entry in. prefix: the transcript as it stood before it; whole: the one that the page shows."""
        event = entry.event
        if not isinstance(event, CallStarted):
            return
        if isinstance(event.recipe, ModelRecipe):
            self._add(prefix, whole, entry.seq, event, event.recipe)
        elif isinstance(event.recipe, CodeRecipe):
            try:
                self.programs[entry.seq] = _parts(prefix, whole, event.recipe.source)
            except TranscriptError as error:
                self.programs[entry.seq] = (f"(cannot be shown: {error})",)

    def _add(self, prefix: Transcript, whole: Transcript, seq: int, event: CallStarted, recipe: ModelRecipe) -> None:
        try:
            request = self._sent.rebuild(prefix, recipe, seq)
            add = tuple(_message(prefix, whole, item) for item in recipe.add)
            tail = None if recipe.tail is None else _parts(prefix, whole, recipe.tail)
        except TranscriptError as error:
            self.made[seq] = Prompt(wire=recipe.wire, digest=event.digest, problem=str(error))
            return
        self.made[seq] = Prompt(
            wire=recipe.wire,
            base=recipe.base,
            add=add,
            tail=tail,
            size=request.size,
            digest=event.digest,
            exact=request.digest == event.digest,
        )


def _message(prefix: Transcript, whole: Transcript, item: Item) -> Message:
    return item[0], _parts(prefix, whole, item[1])


def _parts(prefix: Transcript, whole: Transcript, pieces: tuple[Piece, ...]) -> tuple[Part, ...]:
    return tuple(_part(prefix, whole, piece) for piece in pieces)


def _part(prefix: Transcript, whole: Transcript, piece: Piece) -> Part:
    """A piece as the page can read it: a pointer where the text stands on the page word for word, else the text.

    An event that was edited reads otherwise than it was written, and the page holds what was written.
    """
    match = _TEXT.fullmatch(piece)
    if match is None:
        return resolve(prefix, (piece,))
    mark, seq, path, start, stop = match.groups()
    if prefix[int(seq)].event is not whole.recorded(int(seq)).event:
        return resolve(prefix, (piece,))
    value = _at(prefix, int(seq), path)
    if value is None or (mark == "~" and start is not None):
        return resolve(prefix, (piece,))
    if start is None:
        return mark, int(seq), path[1:]
    return mark, int(seq), path[1:], _units(value, int(start)), _units(value, int(stop))


def _at(prefix: Transcript, seq: int, path: str) -> str | None:
    """The string at a path; None where there is something else."""
    try:
        return resolve(prefix, (f"@{seq}{path}",))
    except TranscriptError:
        return None


def _units(text: str, place: int) -> int:
    """A place in a text, counted in UTF-16 units."""
    return place if text.isascii() else len(text[:place].encode("utf-16-le")) // 2
