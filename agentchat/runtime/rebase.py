"""Moving entries that lost their place to others which were stored first.

Someone may append an input while this process holds entries that are not stored yet. The input keeps its place; what
was pending comes after it, with its references moved along. A decision that was not yet stored (a turn given or
stopped, the run closed) is not moved but given up, with all that followed from it: what it looked at has changed, so
it is taken anew, before any call of such a turn was made. Other turns that are going on beside it keep what they did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from agentchat.transcript.calls import CodeRecipe, Item, ModelRecipe, Piece
from agentchat.transcript.events import (
    Answered,
    CallDenied,
    CallStarted,
    Closed,
    Event,
    ExternalSignal,
    Interrupted,
    Said,
    TimeUp,
    TurnCancelled,
    TurnGiven,
    Warned,
)

_SEQ: Final = re.compile(r"^([@%~])(\d+)")
_FIELDS: Final = ("turn", "call", "subject", "on", "upto")
_DECISIONS: Final = (TurnGiven, TurnCancelled, Closed, Warned)


def is_input(event: Event) -> bool:
    """Whether an event came from outside the turn: it stays, whatever becomes of the turn."""
    if isinstance(event, Said):
        return event.turn is None
    return isinstance(event, Answered | Interrupted | ExternalSignal | TimeUp)


def surviving(pending: Sequence[tuple[int, Event]]) -> list[bool]:
    """For each pending event with its place, whether it is entered again.

    Decisions are not, from the first on, nor what was done in turns that were given by one of them, nor what is said
    of the run as a whole once the first decision is given up.
    """
    dropped: set[int] = set()
    kept: list[bool] = []
    for seq, event in pending:
        turn, call = getattr(event, "turn", None), getattr(event, "call", None)
        if isinstance(event, _DECISIONS):
            keep = False
        elif not dropped or is_input(event):
            keep = True
        else:
            keep = isinstance(turn or call, int) and turn not in dropped and call not in dropped
        if not keep:
            dropped.add(seq)
        kept.append(keep)
    return kept


def moved(event: Event, places: Mapping[int, int]) -> Event:
    """The event with its references to moved entries put right; itself where there are none."""
    update: dict[str, object] = {
        field: places[value]
        for field in _FIELDS
        if isinstance(value := getattr(event, field, None), int) and value in places
    }
    calls: tuple[int, ...] | None = getattr(event, "from_calls", None)
    if calls is not None and any(call in places for call in calls):
        update["from_calls"] = tuple(places.get(call, call) for call in calls)
    if isinstance(event, CallDenied):
        named = {field: event.values.get(field) for field in ("event", "overrun")}
        found = {field: places[seq] for field, seq in named.items() if isinstance(seq, int) and seq in places}
        if found:
            update["values"] = {**event.values, **found}
    if isinstance(event, CallStarted):
        recipe = event.recipe
        if isinstance(recipe, ModelRecipe):
            update["recipe"] = recipe.model_copy(
                update={
                    "base": places.get(recipe.base, recipe.base) if recipe.base is not None else None,
                    "add": tuple(_item(item, places) for item in recipe.add),
                    "tail": None if recipe.tail is None else tuple(_piece(piece, places) for piece in recipe.tail),
                }
            )
        elif isinstance(recipe, CodeRecipe):
            source = tuple(_piece(piece, places) for piece in recipe.source)
            update["recipe"] = recipe.model_copy(update={"source": source})
    return event.model_copy(update=update) if update else event


def _item(item: Item, places: Mapping[int, int]) -> Item:
    return item[0], tuple(_piece(piece, places) for piece in item[1])


def _piece(piece: Piece, places: Mapping[int, int]) -> Piece:
    match = _SEQ.match(piece)
    if match is None or int(match[2]) not in places:
        return piece
    return f"{match[1]}{places[int(match[2])]}{piece[match.end() :]}"
