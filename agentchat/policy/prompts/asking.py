"""A model call put together before it is offered: its recipe, its bytes, and what it sets aside.

This is the one place where a request is made, for live runs and for tests alike. It reads the log and asks the budget
how long the answer may be; whether the call is admitted is decided when it is offered.
"""

from __future__ import annotations

from typing import NamedTuple

from agentchat.errors import ConfigurationError
from agentchat.policy.board import CLOSING
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.context import bare, context_of
from agentchat.policy.prompts.request import PER_MESSAGE, Bytes, ChatMessage, Frame, Shown, resolve
from agentchat.policy.prompts.shown import Context
from agentchat.policy.spending.admission import LEAST_OUTPUT, Allowed, room
from agentchat.policy.spending.ledger import ledger_of
from agentchat.policy.spending.prices import bound
from agentchat.policy.state import State, state_of
from agentchat.transcript.calls import CallRecipe, ModelRecipe, Reserved
from agentchat.transcript.events import TurnGiven
from agentchat.transcript.transcript import Transcript

LAST_WORDS = "The budget is spent. Give your final answer now, from what you have."
"""What the model is told in a run's closing turn."""
SUMMARISE = (
    "Sum up the conversation so far for yourself: what was asked, what was done and found, what was decided, and what "
    "is open. Keep names, numbers and code that are still needed. Your summary takes the place of the conversation."
)
"""What the model is told when its context grows too long."""


class Asked(NamedTuple):
    """A request that is ready: card, recipe, bytes, the messages to look at, and what it sets aside."""

    card: ModelCard
    recipe: ModelRecipe
    data: Bytes
    shown: Shown
    reserved: Reserved | None


class Wish(NamedTuple):
    """What an agent asks its model.

    prompt: a message of the agent's own behind the rest. history: whether the conversation is shown. model: which of
    the agent's models. share: how many calls start at once, and divide what is left. typed: whether the answer is to be
    of the types that the agent emits. tools: whether it may ask for tools.
    """

    prompt: str | None = None
    history: bool = True
    model: ModelCard | None = None
    share: int = 1
    typed: bool = True
    tools: bool = True


def ask(transcript: Transcript, agent: str, wish: Wish) -> Asked:
    """Put a request together from the log as it stands. Raises ConfigurationError for an agent without a model."""
    context, frame, extra = _shown(transcript, agent, wish)
    card = context.card.model if wish.model is None else context.card.known(wish.model.name)
    if card is None:
        raise ConfigurationError(f"agent {agent} has no model; give it one with model=")
    tools, typed = wish.tools, wish.typed and context.mode is not None
    state = state_of(transcript)
    limit, reserved = card.max_output, None
    if state.capped:
        floor = resolve(transcript, context.tail(card, limit=99_999_999, tools=tools, typed=typed))
        size = frame.request(floor, extra).size + PER_MESSAGE * (frame.count + len(extra))
        limit, reserved = _limit(transcript, state, agent, card, size, max(1, wish.share) * _at_once(state))
    tail, closing = context.closing(transcript, card, limit, tools=tools, typed=typed)
    recipe = context.recipe(card, tail, None if wish.history and not extra else extra[0].content if extra else None)
    if not wish.history:
        recipe = recipe.model_copy(update={"context": None, "output": None})
    return Asked(card, recipe, frame.request(closing, extra), frame.shown(extra), reserved)


def _shown(transcript: Transcript, agent: str, wish: Wish) -> tuple[Context, Frame, tuple[ChatMessage, ...]]:
    if not wish.history:
        context = bare(transcript, agent, wish.prompt or "")
        return context, context.growing.frame(), ()
    context = context_of(transcript, agent)
    extra = () if wish.prompt is None else (ChatMessage("user", wish.prompt),)
    return context, context.growing.frame(), extra


def _limit(
    transcript: Transcript, state: State, agent: str, card: ModelCard, size: int, share: int
) -> tuple[int | None, Reserved | None]:
    """How long the answer may be, and what is set aside; where nothing fits, what the least would take."""
    allowed = room(state.budget, ledger_of(transcript), agent, card.tier, card.price, size, card.max_output, share)
    if isinstance(allowed, Allowed):
        return allowed.output, allowed.reserved
    return _least(card, size)


def _least(card: ModelCard, size: int) -> tuple[int, Reserved]:
    """The shortest answer that is worth asking for, and what that would set aside."""
    output = LEAST_OUTPUT if card.max_output is None else min(LEAST_OUTPUT, card.max_output)
    usd = None if card.price is None else bound(card.price, size, output)
    return output, Reserved(tokens=size + output, usd=usd)


def _at_once(state: State) -> int:
    """How many turns are going on: each may start a call, and none shall take what is left for all."""
    return max(1, len(state.board.open_turns))


def sums_up(recipe: CallRecipe) -> bool:
    """Whether a call asks a model for the summary that takes the place of a conversation grown too long."""
    return isinstance(recipe, ModelRecipe) and bool(recipe.add) and f"={SUMMARISE}" in recipe.add[-1][1]


def is_closing(given: TurnGiven) -> bool:
    """Whether this is a run's closing turn."""
    return given.why.router == CLOSING
