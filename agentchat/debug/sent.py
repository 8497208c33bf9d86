"""The requests of a saved run, rebuilt from their recipes one after the other.

`policy.prompts.request.rebuild` puts one request together from nothing, which costs its whole history. Here each
request goes on from the one it builds on, so that rebuilding all of them costs as much as the log is long.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agentchat.policy.prompts.request import Bytes, ChatMessage, Growing, message_of, rebuild, resolve, tail_of
from agentchat.transcript.calls import Item, ModelRecipe
from agentchat.transcript.transcript import Transcript

NOTHING: Final[Mapping[Item, ChatMessage]] = MappingProxyType({})


class Sent:
    """The requests so far that another may go on from, by their place."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Growing, str]] = {}

    def rebuild(
        self, transcript: Transcript, recipe: ModelRecipe, seq: int, known: Mapping[Item, ChatMessage] = NOTHING
    ) -> Bytes:
        """The exact bytes of the call at `seq`, which is not yet in the transcript. Raises DamagedTranscript.

        known: messages that were put together already, by their items.
        """
        base = recipe.base
        if base is None:
            growing, tail = Growing(recipe.wire), tail_of(transcript, recipe)
        elif base in self._kept:
            growing, tail = self._kept[base]
            tail = tail if recipe.tail is None else resolve(transcript, recipe.tail)
        else:
            return rebuild(transcript, recipe)
        added = tuple(known.get(item) or message_of(transcript, item) for item in recipe.add)
        if recipe.context is None:  # nothing of it is kept: the next call goes on from its base as well
            return growing.request(tail, added)
        for message in added:
            growing.add(message)
        self._kept[seq] = (growing, tail)
        if base is not None:
            del self._kept[base]
        return growing.request(tail)
