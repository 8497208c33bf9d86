"""A search through all conversations of a store, the newest first.

What a branch has from its parent is found in the parent, not in each branch again. A conversation in whose stored lines
the text cannot be is not read any further.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from agentchat.catalogue.opening import words_of
from agentchat.catalogue.searching import Match, Query, matches
from agentchat.catalogue.trees import Forest, Node, forest_of
from agentchat.errors import AgentChatError, NoSuchConversation
from agentchat.seams import Store
from agentchat.stores.reading import load, payloads


class Found(NamedTuple):
    """A conversation with matches, its first words, and the matches; or why it could not be searched."""

    id: str
    words: str
    matches: list[Match]
    damage: str | None = None


async def search(store: Store, wanted: Query) -> AsyncIterator[Found]:
    """Search a store. Raises StoreUnavailable."""
    forest = forest_of(await store.glances())
    for top in forest.tops:
        for node, _ in forest.tree(top):
            try:
                found = await _found(store, wanted, node.id, _before(forest, node))
            except NoSuchConversation:
                continue  # it was removed meanwhile
            except AgentChatError as error:
                found = Found(node.id, "", [], str(error))
            except Exception as error:  # a record that can be read and makes no sense must not hide the others
                found = Found(node.id, "", [], f"it makes no sense: {type(error).__name__}: {error}")
            if found.matches or found.damage is not None:
                yield found


def _before(forest: Forest, node: Node) -> int:
    """How many of its first entries are searched with another conversation."""
    origin = node.origin
    return origin.seq if origin is not None and origin.kind == "branch" and origin.conversation in forest.nodes else 0


async def _found(store: Store, wanted: Query, id: str, before: int) -> Found:
    lines = await store.read(id, after=before)
    if not any(map(wanted.may_be_in, lines)):
        blobs = await payloads(store, lines)
        if not any(map(wanted.may_be_in, blobs.values())):
            return Found(id, "", [])
    transcript = await load(store, id)
    return Found(id, words_of(transcript), list(matches(transcript, wanted, after=before)))
