"""What a call whose result was lost may have done: whether making it again does no harm, and how that is told."""

from __future__ import annotations

from agentchat.policy.charter import AgentCard, agreed_in
from agentchat.transcript.calls import CallRecipe, CodeRecipe, ModelRecipe, ToolRecipe
from agentchat.transcript.events import CallInDoubt, CallStarted
from agentchat.transcript.transcript import Transcript


def harmless(card: AgentCard, recipe: CallRecipe) -> bool:
    """Whether the call may be made again without asking: it leaves nothing behind, or twice does no more than once."""
    if isinstance(recipe, CodeRecipe):
        return card.code is not None and card.code.isolated
    if isinstance(recipe, ToolRecipe):
        tool = card.tool(recipe.name)
        return tool is not None and tool.idempotent
    return True


def told(event: CallInDoubt, transcript: Transcript) -> str:
    """What is said of a lost call behind its name: what it may have done, and what is done about it."""
    done = {"retry": "it is made again", "fail": "it counts as failed"}.get(event.policy, "a person is asked")
    left = left_by(transcript, transcript.started(event.call))
    return f"had no result when the process ended, {left}: {done}"


def left_by(transcript: Transcript, started: CallStarted | None) -> str:
    """What a call that was lost may have done, in words that follow `had no result when its process ended`."""
    if started is None:
        return left_behind(None, None)
    return left_behind(agreed_in(transcript).cards.get(started.agent), started.recipe)


def left_behind(card: AgentCard | None, recipe: CallRecipe | None) -> str:
    """The same, of a call of the agent with this card."""
    if card is not None and isinstance(recipe, CodeRecipe) and harmless(card, recipe):
        return "and left nothing behind, for it ran isolated"
    if isinstance(recipe, ModelRecipe):
        return "and may have been charged for"
    return "and may have had its effect"
