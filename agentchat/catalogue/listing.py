"""A list of the conversations of a store, the newest first, what belongs together below each other.

Only those that are listed are read in full; to put all in order, a look at each is enough. One that cannot be read is
listed with the reason, and hides no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from agentchat.catalogue.opening import Origin, agents_in, first_words
from agentchat.catalogue.summary import Summary, summary_of
from agentchat.catalogue.trees import Forest, Node, forest_of
from agentchat.errors import AgentChatError, NoSuchConversation
from agentchat.seams import Store
from agentchat.stores.reading import load, payloads
from agentchat.transcript.chain import decode
from agentchat.transcript.events import Entry, Opened

OPENING: Final = 8
"""Lines in which the first words are looked for: who holds it, edits and turns given up may stand before them."""


class Row(NamedTuple):
    """A conversation in the list. Where it cannot be read, `summary` is None and `damage` says why.

    words: its first words, as far as they can be read. depth: how far below the one that it belongs to, among those
    that are listed. owner: the living process that holds it.
    """

    id: str
    words: str
    at: float
    events: int
    depth: int
    origin: Origin | None
    owner: str | None
    summary: Summary | None
    damage: str | None = None


class Listing(NamedTuple):
    """The rows, and how many there would be without a limit."""

    rows: list[Row]
    total: int


async def listing(store: Store, *, text: str | None = None, limit: int | None = None) -> Listing:
    """List a store.

    text: only those with it in their id, their first words or an agent's name, in letters large or small, and what
    branches off from them. Raises StoreUnavailable.
    """
    forest = forest_of(await store.glances(OPENING))
    wanted = None if text is None else await _found(store, forest, text.casefold())
    placed = list(_placed(forest, wanted))
    return Listing([await _row(store, node, depth) for node, depth in placed[:limit]], len(placed))


async def family(store: Store, id: str) -> list[Row]:
    """What a conversation is a part of: the one that all began with first, what belongs to it below; empty where the
    store does not have it. Raises StoreUnavailable.
    """
    forest = forest_of(await store.glances(OPENING))
    trees = (list(forest.tree(top)) for top in forest.tops)
    placed = next((tree for tree in trees if any(node.id == id for node, _ in tree)), [])
    return [await _row(store, node, depth) for node, depth in placed]


def _placed(forest: Forest, wanted: set[str] | None) -> Iterator[tuple[Node, int]]:
    for top in forest.tops:
        shown: list[bool] = []  # of each depth above, whether that one is listed
        for node, depth in forest.tree(top):
            del shown[depth:]
            listed = wanted is None or node.id in wanted
            if listed:
                yield node, sum(shown)
            shown.append(listed)


async def _found(store: Store, forest: Forest, text: str) -> set[str]:
    found: set[str] = set()
    for top in forest.tops:
        for node, _ in forest.tree(top):
            origin = node.origin
            branches_off = origin is not None and origin.kind == "branch" and origin.conversation in found
            held = (node.id,) if branches_off else (node.id, *await _opening(store, node))
            if branches_off or any(text in one.casefold() for one in held):
                found.add(node.id)
    return found


async def _opening(store: Store, node: Node) -> list[str]:
    """First words and agents' names, as far as they can be read without the rest."""
    try:
        blobs = await payloads(store, list(node.first))
        entries: Sequence[Entry] = [decode(line, blobs.__getitem__) for line in node.first]
    except AgentChatError:
        return [""]
    names = [name for entry in entries if isinstance(entry.event, Opened) for name in agents_in(entry.event)]
    return [first_words(entries), *names]


async def _row(store: Store, node: Node, depth: int) -> Row:
    row = Row(node.id, "", node.at, node.events, depth, node.origin, node.owner, None)
    try:
        one = summary_of(await load(store, node.id))
    except NoSuchConversation:
        return row._replace(damage="it was removed meanwhile")
    except AgentChatError as error:
        damage = str(error)
    except Exception as error:  # a record that can be read and makes no sense must not hide the others
        damage = f"it makes no sense: {type(error).__name__}: {error}"
    else:
        return row._replace(words=one.words, at=one.at, events=one.events, origin=one.origin, summary=one)
    return row._replace(words=(await _opening(store, node))[0], damage=damage)
