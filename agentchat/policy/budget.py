"""What a run may spend. A budget is a sum over the log, asked before each call.

A call counts when it is admitted: attempts, and calls whose result was lost, count as well.
"""

from __future__ import annotations

from pydantic import Field

from agentchat.policy.board import Board
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.messages import Frozen


class Budget(Frozen):
    """Caps of one run. calls: model calls, every attempt counted. seconds: active time of the run."""

    calls: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    def bounds(self) -> bool:
        """Whether it ends every run by itself. A cap on calls does not: agents without a model make none."""
        return self.seconds is not None

    def written(self) -> JsonObject:
        """The budget as plain JSON, as `RunStarted` keeps it."""
        dumped: JsonObject = self.model_dump(mode="json", exclude_none=True)
        return dumped

    def __str__(self) -> str:
        given = ((name, getattr(self, name)) for name in type(self).model_fields)
        return f"Budget({', '.join(f'{name}={value}' for name, value in given if value is not None)})"


def room_for_call(budget: Budget, board: Board) -> JsonObject | None:
    """None where one more model call fits, else the values that say why not."""
    if budget.calls is not None and board.model_calls + 1 > budget.calls:
        return {"spent": board.model_calls, "asked": 1, "cap": budget.calls, "unit": "calls"}
    return None
