"""A question to a person: asked, waited for, and answered once."""

from __future__ import annotations

from collections.abc import Callable

from pydantic_core import to_json

from agentchat.runtime.calls import CallKind, Ready
from agentchat.runtime.desk import Desk
from agentchat.runtime.rerun import Attempt
from agentchat.transcript.calls import Answer, AskRecipe, JsonObject
from agentchat.transcript.chain import digest
from agentchat.transcript.events import CallFailed, CallStarted, Paused


class AskPerformer:
    """Asks a person, and waits for the answer, which must fit the schema."""

    kind: CallKind = "ask"

    isolated = True
    """A question can be asked again: whoever reads it has not acted yet."""

    def __init__(
        self, desk: Desk, question: str, answer_schema: JsonObject, to: str, *, tool_call_id: str | None = None
    ) -> None:
        self._desk = desk
        self._recipe = AskRecipe(question=question, answer_schema=answer_schema, to=to, tool_call_id=tool_call_id)

    def prepare(self, share: int = 1) -> Ready:
        """The question."""
        return Ready(self._recipe, self._digest(), None)

    def _digest(self) -> str:
        recipe = self._recipe
        return digest(to_json([recipe.question, recipe.answer_schema, recipe.to]))

    def again(self, attempt: Attempt) -> str:
        """The digest as of now."""
        return self._digest()

    def other_way(self, failed: CallFailed, started: CallStarted) -> bool:
        """There is none."""
        return False

    async def act(self, started: CallStarted, seq: int, emit: Callable[[str], None]) -> Answer:
        """Wait for the answer."""
        asked = self._recipe
        answered = await self._desk.ask(
            Paused(pause=f"q{seq}", call=seq, question=asked.question, answer_schema=asked.answer_schema, to=asked.to)
        )
        return Answer(value=answered.value, by=answered.by)
