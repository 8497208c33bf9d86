"""Conversations that are to go: with all that belongs to them, in an order in which each can be removed.

What is held inside a conversation is part of it and goes along. Branches go on from it, and are removed only where that
is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentchat.catalogue.trees import Forest, Node
from agentchat.errors import AgentChatError, Conflict, HasBranches, LeaseHeld, NoSuchConversation
from agentchat.seams import Store


class Removal(NamedTuple):
    """A conversation that is to go with all that belongs to it: `nodes`, in the order of their removal, it last."""

    node: Node
    nodes: Sequence[Node]

    @property
    def owner(self) -> tuple[str, str] | None:
        """One of them that a living process holds, and the process."""
        return next(((node.id, node.owner) for node in self.nodes if node.owner is not None), None)


class Aged(NamedTuple):
    """What is older than wanted: those that may go, and those that stay although they are, for somebody is at them."""

    removals: list[Removal]
    held: list[Removal]


def named(forest: Forest, ids: Iterable[str], *, with_branches: bool) -> list[Removal]:
    """What goes when these are removed. Raises NoSuchConversation, HasBranches, LeaseHeld, and nothing is removed."""
    wanted = list(dict.fromkeys(ids))
    removals = [_removal(forest, id) for id in wanted]
    for removal in removals:
        if not with_branches:
            _check_branches(forest, removal.node, set(wanted))
        if removal.owner is not None:
            raise LeaseHeld(*removal.owner)
    inside = {node.id for removal in removals for node in removal.nodes[:-1]}
    return [removal for removal in removals if removal.node.id not in inside]


def aged(forest: Forest, *, before: float | None, keep: int = 0) -> Aged:
    """What goes by age: conversations in which, branches included, nothing happened since `before`, but for the newest.

    before: wall time; None: of any age. keep: so many stay in any case, each with all that belongs to it.
    """
    old = [top for top in forest.tops[keep:] if before is None or forest.newest(top) < before]
    removals = [_removal(forest, top.id) for top in old]
    return Aged([one for one in removals if one.owner is None], [one for one in removals if one.owner is not None])


def _removal(forest: Forest, id: str) -> Removal:
    node = forest.nodes.get(id)
    if node is None:
        raise NoSuchConversation(f"there is no conversation {id!r}")
    return Removal(node, [one for one, _ in forest.tree(node)][::-1])


def _check_branches(forest: Forest, top: Node, wanted: set[str]) -> None:
    """Raise HasBranches where a branch would go that was not named."""
    for node, _ in forest.tree(top):
        branches = [one.id for one in forest.under.get(node.id, ()) if one.origin and one.origin.kind == "branch"]
        left = [id for id in branches if id not in wanted]
        if left:
            raise HasBranches(node.id, left)


async def remove(store: Store, removal: Removal) -> AgentChatError | None:
    """Remove it, as it was seen: where it went on meanwhile, was forked or taken up, it stays, and why is answered.

    What belongs to it goes first, so that a process that is killed in the middle leaves a whole conversation.
    """
    for node in removal.nodes:
        try:
            await store.remove(node.id, after=node.seq)
        except NoSuchConversation:
            continue  # somebody else was first
        except (Conflict, HasBranches, LeaseHeld) as error:
            return error
    return None
