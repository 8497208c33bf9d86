"""The line below the prompt: who has the turn, on which model, how far the limits are, what was spent. Pure."""

from __future__ import annotations

from typing import NamedTuple

from agentchat.policy.charter import AgentCard, agreed_in
from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.usage import Count, Money, usage_of
from agentchat.policy.state import State, state_of
from agentchat.transcript.calls import ModelRecipe, Reply
from agentchat.transcript.events import CallFinished, CallStarted, Entry, Opened, PersonaChanged, TurnGiven
from agentchat.transcript.transcript import Fold, Transcript

OFFLINE = ("bubblewrap", "monty")
"""Sandboxes that have no network."""


class Last(NamedTuple):
    """What the last model call that came back was: its agent, model, and tokens of its input."""

    agent: str = ""
    model: str = ""
    tokens: int | None = None


def _last_step(last: Last, entry: Entry, transcript: Transcript) -> Last:
    event = entry.event
    if isinstance(event, CallFinished) and isinstance(event.result, Reply):
        started = transcript[event.call].event
        if isinstance(started, CallStarted) and isinstance(started.recipe, ModelRecipe):
            usage = event.result.usage
            return Last(started.agent, started.recipe.model, None if usage is None else usage.input_tokens)
    return last


_LAST = Fold(Last, _last_step, on=frozenset({CallFinished, Opened, PersonaChanged}))


def status_of(transcript: Transcript) -> list[str]:
    """The parts of the line for a conversation, the most important first."""
    state, cards = state_of(transcript), agreed_in(transcript).cards
    parts = [*_who(state, cards), *_turns(state), *_context(transcript, cards), *_spent(transcript, state)]
    return [*parts, *sandbox_of(list(cards.values()))]


def sandbox_of(cards: list[AgentCard]) -> list[str]:
    """Where programs run, and whether they have a network; nothing where no agent runs any."""
    names = dict.fromkeys(card.code.sandbox for card in cards if card.code is not None)
    return [f"{name}, {'no network' if name in (*OFFLINE, 'auto') else 'NETWORK'}" for name in names]


def model_of(card: AgentCard | None) -> str:
    """The short name of an agent's usual model: without its address."""
    return "" if card is None or card.model is None else short_name(card.model.name)


def short_name(model: str) -> str:
    """A model's name without the address of its server."""
    return model.partition("@http")[0]


def _who(state: State, cards: dict[str, AgentCard]) -> list[str]:
    turns = [turn.entry.event for turn in state.board.open_turns.values()]
    names = [given.to for given in turns if isinstance(given, TurnGiven)]
    if not (state.board.live and names):
        names = list(cards)
    models = dict.fromkeys(model_of(cards.get(name)) for name in names)
    return [" + ".join(names), *(name for name in models if name)]


def _turns(state: State) -> list[str]:
    most = next((leaf.turns for leaf in state.leaves if isinstance(leaf, MaxTurns)), None)
    if not state.board.live or most is None:
        return []
    return [f"turn {min(state.board.turns + len(state.board.open_turns), most)}/{most}"]


def _context(transcript: Transcript, cards: dict[str, AgentCard]) -> list[str]:
    last = transcript.fold(_LAST)
    card = cards.get(last.agent)
    window = None if card is None or card.model is None else card.model.window
    if last.tokens is None:
        return []
    if window:
        return [f"context {last.tokens / window:.0%}"]
    return [f"context {short(last.tokens)}"]


def _spent(transcript: Transcript, state: State) -> list[str]:
    total = usage_of(transcript).total
    if not (total.calls and total.tokens.known):
        return []
    budget = state.budget
    tokens = f"{_count(total.tokens)}{'' if budget.tokens is None else f'/{short(budget.tokens)}'} tokens"
    money = _money(total.usd)
    if budget.usd is not None:
        money = f"{money or '$?'}/${budget.usd:g}"
    return [tokens, *([money] if money else [])]


def short(number: int) -> str:
    """1234 as 1.2k."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 100_000 else f"{number / 1000:.0f}k"


def _count(count: Count) -> str:
    return f"{'' if count.complete else '≥'}{short(count.known)}"


def _money(money: Money) -> str:
    shown = str(money)
    return "" if shown in ("unknown", "$0", "$0.00") else shown.replace("≥ ", "≥")
