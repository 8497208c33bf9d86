"""The Agent Trajectory Interchange Format, version 1.7, strictly: no field that it does not have, and its rules.

Source: Harbor, rfcs/0001-trajectory-format.md: the tables of the trajectory, its agent, steps, tool calls, observations
and metrics, and the rules about which step may hold what.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

AGENT_ONLY = ("model_name", "reasoning_content", "tool_calls", "metrics")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    extra: dict[str, Any] | None = None


class Source(BaseModel):
    model_config = ConfigDict(extra="forbid")
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    path: str


class Content(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["text", "image"]
    text: str | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def one_of(self) -> Content:
        assert (self.text is not None, self.source is not None) == (self.type == "text", self.type == "image")
        return self


class ToolCall(Strict):
    tool_call_id: str
    function_name: str
    arguments: dict[str, Any]


class Result(Strict):
    source_call_id: str | None = None
    content: str | list[Content] | None = None


class Observation(BaseModel):
    model_config = ConfigDict(extra="forbid")
    results: list[Result]


class Metrics(Strict):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None


class Step(Strict):
    step_id: int
    timestamp: datetime | None = None
    source: Literal["system", "user", "agent"]
    model_name: str | None = None
    message: str | list[Content]
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] | None = None
    observation: Observation | None = None
    metrics: Metrics | None = None
    llm_call_count: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def holds_what_it_may(self) -> Step:
        if self.source != "agent":
            assert all(getattr(self, name) is None for name in AGENT_ONLY)
        if self.llm_call_count == 0:
            assert self.metrics is None
            assert self.reasoning_content is None
        ids = {call.tool_call_id for call in self.tool_calls or ()}
        for result in self.observation.results if self.observation else ():
            assert result.source_call_id is None or result.source_call_id in ids
        return self


class Agent(Strict):
    name: str
    version: str = Field(min_length=1)
    model_name: str | None = None
    tool_definitions: list[dict[str, Any]] | None = None


class FinalMetrics(Strict):
    total_prompt_tokens: int | None = None
    total_completion_tokens: int | None = None
    total_cached_tokens: int | None = None
    total_cost_usd: float | None = None
    total_steps: int


class Trajectory(Strict):
    schema_version: Literal["ATIF-v1.7"]
    session_id: str
    trajectory_id: str
    agent: Agent
    steps: list[Step] = Field(min_length=1)
    final_metrics: FinalMetrics

    @model_validator(mode="after")
    def is_numbered(self) -> Trajectory:
        assert [step.step_id for step in self.steps] == list(range(1, len(self.steps) + 1))
        assert self.final_metrics.total_steps == len(self.steps)
        return self


def trajectory(text: str) -> Trajectory:
    """The trajectory. Fails for anything that the format does not say."""
    return Trajectory.model_validate_json(text)
