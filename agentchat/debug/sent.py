"""The requests of a saved run, rebuilt from their recipes one after the other.

`policy.prompts.request.rebuild` puts one request together from nothing, which costs its whole history. Here each
request goes on from the one it builds on, so that rebuilding all of them costs as much as the log is long.
"""

from __future__ import annotations

from typing import NamedTuple

from agentchat.policy.prompts.request import Bytes, Frame, Growing, message_of, rebuild, resolve, tail_of
from agentchat.policy.prompts.shown import Context
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.transcript import Transcript


class _Kept(NamedTuple):
    """A request that another may go on from. alone: whether its messages were put together here."""

    frame: Frame
    tail: str
    alone: bool


class Sent:
    """The requests so far that another may go on from, by their place."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}

    def rebuild(self, transcript: Transcript, recipe: ModelRecipe, seq: int, context: Context | None = None) -> Bytes:
        """The exact bytes of the call at `seq`, which is not yet in the transcript. Raises DamagedTranscript.

        context: what the agent is shown there. Where the recipe says the same word for word, bytes and hash are its.
        """
        base = recipe.base
        if base is None:
            kept = _Kept(Growing(recipe.wire).frame(), tail_of(transcript, recipe), alone=True)
        elif base in self._kept:
            kept = self._kept[base]
            if recipe.tail is not None:
                kept = kept._replace(tail=resolve(transcript, recipe.tail))
        else:
            return rebuild(transcript, recipe)
        if recipe.context is None:  # nothing of it is kept: the next call goes on from its base as well
            return kept.frame.request(kept.tail, tuple(message_of(transcript, item) for item in recipe.add))
        if context is not None and _as_shown(transcript, recipe, kept.frame, context):
            kept = _Kept(context.growing.frame(), kept.tail, alone=False)
        else:
            kept = _Kept(_grown(transcript, recipe, kept), kept.tail, alone=True)
        self._kept[seq] = kept
        if base is not None:
            del self._kept[base]
        return kept.frame.request(kept.tail)


def _as_shown(transcript: Transcript, recipe: ModelRecipe, frame: Frame, context: Context) -> bool:
    """Whether a recipe that goes on from a frame of the context's own messages gives the rest of them.

    A message that is given as its JSON was put together from its pieces there too: with the same pieces it is the same.
    """
    growing, items = context.growing, context.items
    if frame.count + len(recipe.add) != len(items) or not frame.begins(growing):
        return False
    for place, (role, pieces) in enumerate(recipe.add, frame.count):
        if role == "raw":
            if items[place] != (role, pieces):
                return False
        else:
            shown = growing.messages[place]
            if shown.role != role or shown.raw is not None or shown.content != resolve(transcript, pieces):
                return False
    return True


def _grown(transcript: Transcript, recipe: ModelRecipe, kept: _Kept) -> Frame:
    """The messages that a recipe goes on from and those that it adds, put together here."""
    growing = kept.frame.growing if kept.alone else Growing(recipe.wire)
    for message in () if kept.alone else kept.frame.shown():
        growing.add(message)
    for item in recipe.add:
        growing.add(message_of(transcript, item))
    return growing.frame()
