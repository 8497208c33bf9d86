"""Where `agentchat grep` looks: in the conversations that it was given, or in a store; and for which kinds of text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from anyio.from_thread import start_blocking_portal

from agentchat.catalogue.looking import Found, search
from agentchat.catalogue.opening import words_of
from agentchat.catalogue.passages import KINDS, Kind
from agentchat.catalogue.searching import Query, matches
from agentchat.cli.places import Place, find, place_of
from agentchat.errors import ConfigurationError, TranscriptError
from agentchat.settings import default_store
from agentchat.stores.opening import open_store

_NEAR: Final = 0.5


class Named(NamedTuple):
    """What was found, what it is called, and the words that name it in a further command."""

    name: str
    words: str
    found: Found


def kinds_of(names: Iterable[str]) -> tuple[Kind, ...]:
    """The kinds of these names, also where several stand in one with commas. Raises ConfigurationError."""
    found: list[Kind] = []
    for name in (one.strip() for names_ in names for one in names_.split(",")):
        kind = next((one for one in KINDS if one == name), None)
        if kind is None:
            near = difflib.get_close_matches(name, KINDS, n=1, cutoff=_NEAR)
            meant = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(KINDS)}"
            raise ConfigurationError(f"there is no kind of text {name!r}; {meant}")
        found.append(kind)
    return tuple(found)


def in_sources(sources: Iterable[str], store: Path | None, wanted: Query) -> Iterator[Named]:
    """Look in files and in conversations by their ids. One that cannot be read is told, and the next is looked at."""
    for source in sources:
        try:
            place, transcript = find(source, store)
            found = Found(place.id, words_of(transcript), list(matches(transcript, wanted)))
            yield _named(place, found)
        except TranscriptError as error:
            yield Named(source, source, Found(source, "", [], str(error).removeprefix(f"{source}: ")))


def in_store(path: Path | None, wanted: Query) -> Iterator[Named]:
    """Look in a store, one conversation after the other. Raises StoreUnavailable."""
    store = open_store(path or default_store())
    with start_blocking_portal() as portal:
        try:
            results = search(store, wanted)
            while (found := portal.call(anext, results, None)) is not None:
                yield _named(place_of(store, found.id, path), found)
        finally:
            portal.call(store.aclose)


def _named(place: Place, found: Found) -> Named:
    return Named(str(place), place.words, found)
