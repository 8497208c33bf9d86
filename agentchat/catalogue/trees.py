"""Which conversations belong together, from a look at each: branches and those held inside, under what they belong to.

Nothing is read here but the lines that a look brings (`seams.Glance`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic_core import from_json

from agentchat.catalogue.opening import Origin
from agentchat.seams import Glance


class Node(NamedTuple):
    """A conversation as far as a look tells: its last event's wall time (0 where it is lost) and what it belongs to.

    seq: the place of its head. owner: the living process that holds it. first: the lines of its first entries.
    """

    id: str
    seq: int
    at: float
    origin: Origin | None
    owner: str | None
    first: tuple[bytes, ...]

    @property
    def events(self) -> int:
        """How many there are of its own."""
        return self.seq - (self.origin.seq if self.origin is not None and self.origin.kind == "branch" else 0)


class Forest(NamedTuple):
    """All conversations of a store. tops: those that belong to no other one in it. under: what belongs to each."""

    nodes: Mapping[str, Node]
    tops: Sequence[Node]
    under: Mapping[str, Sequence[Node]]

    def tree(self, top: Node) -> Iterator[tuple[Node, int]]:
        """A conversation and all that belongs to it, each with its depth; what is newer comes first."""
        waiting = [(top, 0)]
        while waiting:
            node, depth = waiting.pop()
            yield node, depth
            waiting += ((one, depth + 1) for one in reversed(self.under.get(node.id, ())))

    def newest(self, top: Node) -> float:
        """When something last happened in it or in what belongs to it."""
        return max(node.at for node, _ in self.tree(top))


def forest_of(glances: Iterable[Glance]) -> Forest:
    """Put conversations in order, the newest first: each counts as new as the newest that belongs to it."""
    nodes = {glance.head.conversation: _node(glance) for glance in glances}
    belongs = _belonging(nodes)
    under: dict[str, list[Node]] = {}
    for node in sorted(nodes.values(), key=lambda one: (-one.at, one.id)):
        if node.id in belongs and node.origin is not None:
            under.setdefault(node.origin.conversation, []).append(node)
    forest = Forest(nodes, [node for id, node in nodes.items() if id not in belongs], under)
    newest = {top.id: forest.newest(top) for top in forest.tops}
    return forest._replace(tops=sorted(forest.tops, key=lambda top: (-newest[top.id], top.id)))


def _belonging(nodes: Mapping[str, Node]) -> set[str]:
    """Those that belong to one that is there. In a circle, which only damage can make, nobody belongs to anybody."""
    found: dict[str, bool] = {}
    for id in nodes:
        path: list[str] = []
        here: str | None = id
        while here is not None and here not in found:
            found[here] = False  # until it is known to end at one that belongs to nobody
            path.append(here)
            origin = nodes[here].origin
            here = None if origin is None or origin.conversation not in nodes else origin.conversation
        if here is None or here not in path:
            below = here is not None
            for one in reversed(path):
                found[one], below = below, True
    return {id for id, belongs in found.items() if belongs}


def _node(glance: Glance) -> Node:
    head, first = glance.head, glance.first
    if head.parent is not None:
        origin: Origin | None = Origin("branch", head.parent.conversation, head.parent.seq)
    else:
        origin = _origin(first[0]) if first else None
    at = _wall(glance.last) or _wall(first[0] if first else None)
    return Node(head.conversation, head.seq, at, origin, glance.owner, first)


def _origin(line: bytes) -> Origin | None:
    """What the line of an Opened event says that the conversation is held inside of."""
    if b'"parent":{' not in line:
        return None
    try:
        event = from_json(line)["event"]
        parent = event["parent"] if event["kind"] == "opened" else None
        return None if parent is None else Origin("inside", str(parent["conversation"]), int(parent["seq"]))
    except (ValueError, KeyError, TypeError):
        return None


def _wall(line: bytes | None) -> float:
    try:
        return 0.0 if line is None else float(from_json(line)["at"])
    except (ValueError, KeyError, TypeError):
        return 0.0
