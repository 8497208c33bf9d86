"""What the record says in place of code that is not at hand: whether a tool took its arguments, an answer passed.

A tool's own check of its arguments and a user's check of an answer are code of somebody's program. Without it, or where
it is not to be run, what they said is read from what followed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol, cast

from pydantic import JsonValue

from agentchat import errors
from agentchat.errors import CallFailedError, ToolError
from agentchat.policy.cards import ToolCard
from agentchat.runtime.recheck.lane import Lane
from agentchat.seams import Agent, ToolCallContext
from agentchat.tools.arguments import read_arguments
from agentchat.transcript.calls import AskRecipe, JsonObject, ModelRecipe, Reserved, ToolRecipe, ToolResult
from agentchat.transcript.events import CallDenied, CallStarted, Event, Position, Refused, TurnFailed
from agentchat.transcript.messages import ToolCallPart

_TEAM: Final = re.compile(r"[0-9a-f]{64}")
"""What the card of a tool names as its source where it is a conversation: what its team agreed on, as a digest."""


def recorded_tool(card: ToolCard) -> RecordedTool:
    """A tool of which only the card is at hand."""
    return RecordedTeam(card) if _TEAM.fullmatch(card.source or "") else RecordedTool(card)


class RecordedTool:
    """A tool of which only the card is at hand. On the record of a turn it says of arguments what was said then."""

    def __init__(self, card: ToolCard) -> None:
        self._card = card
        self.name = card.name
        self._lane: Lane | None = None
        self._seen: set[str] = set()

    def card(self) -> ToolCard:
        """The tool as the charter records it."""
        return self._card

    def check(self, arguments: str) -> JsonObject | list[str]:
        """What the record has of this tool call: that it was refused, or the arguments it was made with."""
        part = self._part(arguments)
        if part is None or self._lane is None:
            return read_arguments(arguments)
        self._seen.add(part.id)
        for event in _this_step(self._lane):
            if isinstance(event, Refused) and event.tool_call_id == part.id:
                return list(event.problems)
            if isinstance(event, CallStarted) and isinstance(event.recipe, ToolRecipe | AskRecipe):
                if event.recipe.tool_call_id == part.id:
                    return self._taken(event.recipe, arguments)
            elif isinstance(event, CallDenied) and event.tool_call_id == part.id:
                return _plain(arguments)
        return read_arguments(arguments)

    def _taken(self, recipe: ToolRecipe | AskRecipe, arguments: str) -> JsonObject:
        """What a tool makes of arguments that it takes: a function what was written, another perhaps what it likes."""
        if isinstance(recipe, ToolRecipe) and self._card.source is None:
            return recipe.arguments
        return _plain(arguments)

    async def call(self, arguments: JsonObject, context: ToolCallContext) -> JsonValue:
        """Refused: it is not there."""
        raise ToolError(f"the tool {self.name} is known from a record only, and cannot be called")

    def on(self, lane: Lane, seen: set[str]) -> RecordedTool:
        """The same on the record of a turn; `seen`: the tool calls of the last reply that were looked at before."""
        mine = copy.copy(self)
        mine._lane, mine._seen = lane, seen
        return mine

    def _part(self, arguments: str) -> ToolCallPart | None:
        """The tool call of the last reply that has these arguments."""
        reply = None if self._lane is None else self._lane.reply
        asked = () if reply is None else reply[1].tool_calls
        parts = (part for part in asked if part.name == self.name and part.arguments == arguments)
        return next((part for part in parts if part.id not in self._seen), None)


class RecordedTeam(RecordedTool):
    """A conversation as a tool, of which only the card is at hand."""

    async def hold(
        self, arguments: JsonObject, context: ToolCallContext, parent: Position, allowance: Reserved | None
    ) -> ToolResult:
        """Refused: it is not there."""
        raise ToolError(f"the team {self.name} is known from a record only, and cannot be called")


def _plain(arguments: str) -> JsonObject:
    found = read_arguments(arguments)
    return {} if isinstance(found, list) else found


def _this_step(lane: Lane) -> Iterator[Event]:
    """What the record has of the turn up to its next question to a model."""
    for event in lane.coming():
        if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe):
            return
        yield event


class _Checked(Protocol):
    check: Callable[[Any], object] | None


def refused_by_record(lane: Lane, call: int) -> tuple[str, ...]:
    """What the record has against the answer that came with a call; nothing where it was taken."""
    entry = lane.next()
    event = None if entry is None else entry.event
    refused = isinstance(event, Refused) and event.by == "agent" and event.from_calls == (call,)
    return event.problems if refused and isinstance(event, Refused) else ()


def checked_by_record(agent: Agent, lane: Lane) -> Agent:
    """The agent with the record in place of its check."""
    mine = copy.copy(agent)

    def check(answer: object) -> None:
        """Raise what the recorded check raised, where that was no refusal."""
        entry = lane.next()
        event = None if entry is None else entry.event
        if isinstance(event, TurnFailed) and not hasattr(errors, event.error.type):
            raise CallFailedError(event.error.type, event.error.message)

    cast(_Checked, mine).check = check
    return mine
