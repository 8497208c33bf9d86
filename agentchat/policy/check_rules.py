"""What can be known to be wrong with a rule for a team: names, types and fields that it waits for in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from agentchat.policy.charter import AgentCard, Charter
from agentchat.policy.fitting import gives, says
from agentchat.policy.naming import nearest, unknown
from agentchat.policy.routing.plans import PERSON, HandoffsPlan, read_plan
from agentchat.policy.rules import Emitted, HandedTo, Leaf, Where
from agentchat.policy.rules.where import OPS

_ROUTES: Final = ("Direction", "Handoff")
_PLAIN: Final = ("string", "number", "integer", "boolean")
"""What has nothing inside, as JSON schemas name it."""


def rule_problems(charter: Charter, leaves: Iterable[Leaf]) -> Iterator[str]:
    """All that is wrong with the rules of an agreement, or with the conditions of an edge, a line each."""
    names = charter.names()
    for leaf in leaves:
        known = (*names, PERSON) if isinstance(leaf, HandedTo) else names
        waits = (leaf.name,) if isinstance(leaf, HandedTo) else leaf.senders()
        strangers = [name for name in waits if name not in known]
        yield from (f"{leaf} waits for {unknown(name, known)}" for name in strangers)
        if isinstance(leaf, Emitted | Where) and not strangers:
            yield from _type(charter, leaf)
        if isinstance(leaf, Where):
            yield from _fields(charter, leaf)


def _type(charter: Charter, leaf: Emitted | Where) -> Iterator[str]:
    """A type that nobody who is meant says. Agents that may say anything may say it."""
    givers = [card for card in charter.agents if leaf.by in (None, card.name)]
    said = [_said(charter, card) for card in givers]
    if any(not types or gives(types, leaf.type) for types in said):
        return
    known = tuple(dict.fromkeys(name for types in said for name in types))
    who = "no agent here says" if leaf.by is None else f"{leaf.by} does not say"
    yield f"{leaf} waits for a message that {who}{nearest(leaf.type, known)} (it may be: {', '.join(known)})"


def _said(charter: Charter, card: AgentCard) -> tuple[str, ...]:
    types = says(card)
    routes = _ROUTES if types and isinstance(read_plan(charter.routing), HandoffsPlan) else ()
    return (*types, *routes)


def _fields(charter: Charter, leaf: Where) -> Iterator[str]:
    """Fields that the messages of a type do not have. A type whose fields are not agreed may have any."""
    schema = charter.schemas.get(leaf.type, {})
    fields = schema.get("properties")
    if not isinstance(fields, dict) or schema.get("additionalProperties", False) is not False:
        return
    for name in dict.fromkeys(one.path.split(".")[0] for one in leaf.conditions):
        if name not in fields:
            told = f"{leaf} looks at {name!r}, and {leaf.type} has no such field"
            yield f"{told}{nearest(name, fields)} (there are: {', '.join(fields) or 'none'})"
    for one in leaf.conditions:
        name, *inside = one.path.split(".")
        field = fields.get(name)
        kind = field.get("type") if isinstance(field, dict) else None
        if inside and kind in _PLAIN:
            told = f"{leaf} looks for {'.'.join(inside)!r} inside {name!r}, which is a {kind}"
            yield f"{told} (a comparison is one of: {', '.join(OPS)})"
