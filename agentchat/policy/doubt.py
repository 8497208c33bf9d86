"""What a call whose result was lost may have done: whether making it again does no harm, and how that is told."""

from __future__ import annotations

from agentchat.policy.charter import AgentCard
from agentchat.transcript.calls import CallRecipe, CodeRecipe, ModelRecipe, ToolRecipe


def harmless(card: AgentCard, recipe: CallRecipe) -> bool:
    """Whether the call may be made again without asking: it leaves nothing behind, or twice does no more than once."""
    if isinstance(recipe, CodeRecipe):
        return card.code is not None and card.code.isolated
    if isinstance(recipe, ToolRecipe):
        tool = card.tool(recipe.name)
        return tool is not None and tool.idempotent
    return True


def left_behind(card: AgentCard | None, recipe: CallRecipe | None) -> str:
    """What it may have done, in words that follow `had no result when its process ended`."""
    if card is not None and isinstance(recipe, CodeRecipe) and harmless(card, recipe):
        return "and left nothing behind, for it ran isolated"
    if isinstance(recipe, ModelRecipe):
        return "and may have been charged for"
    return "and may have had its effect"
