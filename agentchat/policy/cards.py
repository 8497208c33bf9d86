"""Models and tools as the charter names them."""

from __future__ import annotations

from typing import Literal

from agentchat.policy.spending.prices import Price
from agentchat.transcript.calls import JsonObject, OutputMode, Wire
from agentchat.transcript.frozen import Frozen


class ModelCard(Frozen):
    """A model, and how it is asked.

    `tail` is the JSON text that goes on after the messages of every request, settings included, without the closing
    brace: `],"model":"m","temperature":0.2`. A limit on the output is not in it: it is put together for each call from
    `max_output` (tokens of one answer) and what the budget still pays. tier: the tier the model was named by. output:
    how typed answers are asked for; "auto" tries the server's own schema first, then a tool, then words. window:
    tokens of input and output together. price: None where it is unknown.
    """

    name: str
    wire: Wire = "chat"
    tail: str
    tier: str | None = None
    output: OutputMode | Literal["auto"] = "auto"
    window: int | None = None
    max_output: int | None = None
    price: Price | None = None


class ToolCard(Frozen):
    """A tool as a model is told of it, and how it may be called.

    parameters: a JSON schema. approve: a person is asked before each call. idempotent: calling it twice does no more
    than once. seconds: how long one call may take. source: module:qualname and a digest of the code. tiers: those of
    the models behind it, where the tool is a team. unpriced: the names of those whose price is unknown.
    """

    name: str
    description: str
    parameters: JsonObject
    approve: bool = False
    idempotent: bool = False
    seconds: float | None = None
    source: str | None = None
    tiers: tuple[str, ...] | None = None
    unpriced: tuple[str, ...] | None = None
