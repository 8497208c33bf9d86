"""Where a conversation lies, from what a user typed: a file, or an id in a store. Files are not changed here."""

from __future__ import annotations

import difflib
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import anyio
import typer

from agentchat.cli.positions import split_position
from agentchat.errors import ConfigurationError, NoSuchConversation, NotATranscript, TranscriptError
from agentchat.seams import Store
from agentchat.settings import default_store
from agentchat.stores.opening import open_store
from agentchat.terminal.sanitize import sanitize_line
from agentchat.transcript.chain import blob_names
from agentchat.transcript.transcript import Transcript

_NEAREST: Final = 3
"""Ids that are named when the one that was typed is not there."""


class Place(NamedTuple):
    """A conversation's store and id; `file` where it is a transcript file. `words` name it in a further command."""

    store: Store
    id: str
    file: Path | None
    words: str

    def __str__(self) -> str:
        return sanitize_line(str(self.file) if self.file else self.id)


class Found(NamedTuple):
    """A conversation that was looked up, and its record."""

    place: Place
    transcript: Transcript


def new_place(id: str, *, save: Path | None, store: Path | None) -> Place:
    """Where a new conversation is to be kept: in the file, in the store, or in the default store.

    Raises ConfigurationError where the file holds something already, and for an id that would be read as a file.
    """
    if id.endswith(".jsonl"):
        raise ConfigurationError(f"the id {id!r} would be taken for a file by every other command; leave .jsonl out")
    if save is not None and store is not None:
        raise ConfigurationError("--save and --store both say where to keep the conversation; give one of them")
    if save is None:
        return _stored(id, store)
    try:
        taken = save.stat().st_size > 0
    except OSError:  # not there yet; anything else comes up when it is opened
        taken = False
    if taken or save.is_dir():
        raise ConfigurationError(f"{save} exists already, and a transcript goes to a file of its own; name another")
    return _in_file(id, save)


def find(source: str, store: Path | None) -> Found:
    """The conversation in a file, or of an id, or the only one that begins so, or the branch of that name.

    A torn tail is told on stderr.

    Raises TranscriptError, NoSuchConversation, ConfigurationError for an empty name or where several ids begin so,
    StoreUnavailable.
    """
    if not source.strip():
        raise ConfigurationError("the name of the conversation is empty; agentchat ls lists those there are")
    path = Path(source)
    if path.is_fifo():  # opening it would wait for somebody at its other end
        raise ConfigurationError(f"{path}: this is a pipe, and a transcript is read from a file; write it to one first")
    if path.suffix == ".jsonl" or path.is_file() or path.is_dir():
        transcript = _load(path)
        place = _in_file(transcript.conversation, path)
    else:
        place, transcript = anyio.run(_look_up, source, store)
    if transcript.torn:
        typer.echo(
            f"agentchat: {place}: the last line is unfinished ({transcript.torn} bytes) and was left out; "
            "everything before it is there",
            err=True,
        )
    return Found(place, transcript)


def place_of(store: Store, id: str, path: Path | None) -> Place:
    """The place of a conversation whose store is at hand: a file of its own, or the store at `path`."""
    from agentchat.stores.jsonl import JsonlStore

    if isinstance(store, JsonlStore):
        return _in_file(id, store.path)
    return _stored(id, path)._replace(store=store)


def _in_file(id: str, path: Path) -> Place:
    from agentchat.stores.jsonl import JsonlStore

    words = str(path) if not str(path).startswith("-") else f"./{path}"  # no option of the next command
    return Place(JsonlStore(path), id, path, shlex.quote(words))


def _stored(id: str, store: Path | None) -> Place:
    option = "" if store is None else f" --store {shlex.quote(str(store))}"
    return Place(open_store(store or default_store()), id, None, f"{id}{option}")


def _load(path: Path) -> Transcript:
    try:
        return Transcript.load(path)
    except TranscriptError:
        if path.is_file() and _is_database(path):
            raise NotATranscript(
                f"{path}: this is a store, not a transcript; name a conversation in it: ID --store {path}"
            ) from None
        raise


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


async def _look_up(source: str, path: Path | None) -> Found:
    place = _stored(source, path)
    store = place.store
    try:
        ids = [head.conversation for head in await store.heads()]
        chosen = [source] if source in ids else whole([id for id in ids if id.startswith(source)])
        chosen = chosen or [id for id in ids if id.endswith(f".{source}")]  # a branch, by its own name
        if len(chosen) > 1:
            shown = ", ".join(chosen[-_NEAREST:])
            raise ConfigurationError(f"{len(chosen)} conversations begin with {source!r}, the latest are {shown}")
        if not chosen:
            _no_position(source, ids)
            raise NoSuchConversation(_unknown(source, ids, str(path or default_store())))
        id = chosen[0]
        lines = await store.read(id)
        blobs: dict[str, bytes] = {}
        for name in {name for line in lines for name in blob_names(line)}:
            with suppress(KeyError):  # one that is missing is named with its line, when the lines are read
                blobs[name] = await store.get_blob(name)
    finally:
        await store.aclose()
    try:
        transcript = Transcript.from_lines(lines, blobs.__getitem__)
    except TranscriptError as error:
        named = type(error)(f"{sanitize_line(id)}: {error}")
        named.line = error.line
        raise named from None
    transcript.torn = getattr(store, "torn", 0)
    return Found(_stored(id, path), transcript)


def whole(ids: list[str]) -> list[str]:
    """Of ids that begin alike, the one that all others are branches of; else all of them."""
    roots = [id for id in ids if all(other == id or other.startswith(f"{id}.") for other in ids)]
    return roots or ids


def _no_position(source: str, ids: list[str]) -> None:
    """Raise ConfigurationError for a position in a conversation, which a command that asks for it has taken off."""
    named, seq = split_position(source)
    if seq is not None:
        raise ConfigurationError(
            f"{source!r} names an event, and this is about a whole conversation: name {named!r} alone "
            "(fork, why, request, diff and view take an event; replay has --until)"
        )
    named, at, place = source.rpartition("@")
    if named and at and (Path(named).is_file() or any(id.startswith(named) for id in ids)):
        raise ConfigurationError(
            f"{place!r} is no position in {named}: an event is named by its number, as in {shlex.quote(f'{named}@12')}"
        )


def _unknown(source: str, ids: list[str], where: str) -> str:
    if not ids:
        return f"there is no conversation {source!r}: {where} holds none yet"
    near = difflib.get_close_matches(source, ids, n=_NEAREST, cutoff=0.5) or ids[: -_NEAREST - 1 : -1]
    return f"there is no conversation {source!r} in {where}; there are, among {len(ids)}: {', '.join(near)}"
