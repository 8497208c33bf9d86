"""A tool that a model asked for, or that an agent uses by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from pydantic_core import to_json

from agentchat.errors import ToolError
from agentchat.policy.cards import ToolCard
from agentchat.policy.spending.admission import Denied, rest
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.state import state_of
from agentchat.runtime.calls import CallKind, Ready
from agentchat.runtime.desk import Desk
from agentchat.runtime.rerun import Attempt
from agentchat.seams import Holder, PersonAnswer, Tool, ToolCallContext
from agentchat.transcript.calls import JsonObject, Reserved, ToolRecipe, ToolResult
from agentchat.transcript.chain import digest
from agentchat.transcript.events import CallFailed, CallStarted, Paused, Position


class ToolPerformer:
    """Calls one tool. What goes wrong in it is a result that the model sees, not an error of the turn."""

    kind: CallKind = "tool"

    def __init__(
        self,
        desk: Desk,
        agent: str,
        tool: Tool,
        arguments: JsonObject,
        *,
        tool_call_id: str | None = None,
        changed: bool = False,
    ) -> None:
        self._desk = desk
        self._agent = agent
        self._tool = tool
        self._card: ToolCard = tool.card()
        self._arguments = arguments
        self._id = tool_call_id
        self._changed: Literal[True] | None = True if changed else None
        self.isolated = self._card.idempotent

    def prepare(self, share: int = 1) -> Ready:
        """Name and arguments. A tool that holds a conversation sets aside what that may spend."""
        name, given = self._card.name, self._arguments
        recipe = ToolRecipe(name=name, arguments=given, tool_call_id=self._id, changed=self._changed)
        return Ready(recipe, self._digest(), self._reserved(share))

    def _digest(self) -> str:
        return digest(to_json([self._card.name, self._arguments]))

    def _reserved(self, share: int) -> Reserved | None:
        state = state_of(self._desk.transcript)
        if not isinstance(self._tool, Holder) or not state.capped:
            return None
        sharing = share * max(1, len(state.board.open_turns))
        left = rest(state.budget, ledger_of(self._desk.transcript), self._agent, sharing)
        return Reserved(calls=1) if isinstance(left, Denied) else left

    def again(self, attempt: Attempt) -> str:
        """The digest as of now."""
        return self._digest()

    def other_way(self, failed: CallFailed, started: CallStarted) -> bool:
        """There is none."""
        return False

    async def act(self, started: CallStarted, seq: int, emit: Callable[[str], None]) -> ToolResult:
        """Call it."""
        conversation = self._desk.transcript.conversation
        context = ToolCallContext(
            key=f"{conversation}:{started.key}",
            conversation=conversation,
            agent=self._agent,
            call=started.key,
            store=self._desk.store,
        )
        if isinstance(self._tool, Holder):
            parent = Position(conversation=conversation, seq=seq)
            context = context._replace(ask=partial(self._ask, seq))
            return await self._tool.hold(self._arguments, context, parent, started.reserved)
        try:
            return ToolResult(ok=True, value=await self._tool.call(self._arguments, context))
        except ToolError as error:
            return ToolResult(ok=False, value=str(error))

    async def _ask(self, seq: int, question: str, text: str, schema: JsonObject, to: str) -> PersonAnswer:
        """Put what is asked inside as a question of this conversation."""
        name = f"q{seq}.{question.removeprefix('q')}"
        answered = await self._desk.ask(Paused(pause=name, call=seq, question=text, answer_schema=schema, to=to))
        return PersonAnswer(answered.value, answered.by, seq)
