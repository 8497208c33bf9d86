"""Who acts again: the team that was given, where it is the recorded one, else agents made from the record."""

from __future__ import annotations

from collections.abc import Mapping

from agentchat.agents.function import FunctionAgent
from agentchat.conversation import Conversation
from agentchat.policy.charter import AgentCard, Charter, agreed_in, changes
from agentchat.rechecking.recorded import seat_of
from agentchat.runtime.recheck.walk import Seat
from agentchat.seams import Agent
from agentchat.teams.named_code import NamedCode
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.transcript import Transcript

_OURS = "agentchat."
_BY_ITSELF = "it is code of your own, and is run again with agents=True only"


class TeamSeats:
    """Finds the agent of a turn by its card as it was agreed on at the time.

    agents: whether functions of a user's own may be run: they may act outside the turn.
    """

    def __init__(self, team: Conversation | None, code: NamedCode, *, agents: bool) -> None:
        self._team = {} if team is None else {agent.name: agent for agent in team.terms.agents}
        self._cards = {} if team is None else {card.name: card for card in team.charter.agents}
        self._code = code
        self._agents = agents
        self._found: dict[str, tuple[AgentCard, Seat | str]] = {}

    def seat(self, log: Transcript, name: str) -> Seat | str:
        """The agent, or why it is not run again."""
        agreed = agreed_in(log)
        card = agreed.cards.get(name)
        if card is None:
            return "the agreement knows no such agent"
        known = self._found.get(name)
        if known is None or known[0] is not card:
            known = self._found[name] = card, self._seat(card, {} if agreed.charter is None else agreed.charter.schemas)
        return known[1]

    def _seat(self, card: AgentCard, schemas: Mapping[str, JsonObject]) -> Seat | str:
        agent = self._team.get(card.name)
        if agent is not None and not _changes(card, self._cards[card.name], texts_of_code=not self._agents):
            return self._mine(agent)
        if self._team and card.kind == "function":
            return "the team that was given has it otherwise, or not at all"
        return seat_of(card, schemas, self._code, agents=self._agents)

    def _mine(self, agent: Agent) -> Seat | str:
        if not is_ours(agent):
            return Seat(agent, quick=False) if self._agents else _BY_ITSELF
        check = agent.check
        own = check is not None and not getattr(check, "__module__", "").startswith(_OURS)
        return Seat(agent, verdicts=own and not self._agents, quick=not own)


def is_ours(agent: Agent) -> bool:
    """Whether an agent acts by the code of this package alone."""
    acts = getattr(type(agent), "respond", None)
    return getattr(acts, "__module__", "").startswith(_OURS) and not isinstance(agent, FunctionAgent)


def _changes(old: AgentCard, new: AgentCard, *, texts_of_code: bool) -> list[str]:
    """How a card differs from what was agreed, as when a conversation is resumed.

    texts_of_code: whether a function is another one when its text is.
    """
    if not texts_of_code:
        old, new = _without_code(old), _without_code(new)
    return changes(Charter(agents=(old,), routing={}), Charter(agents=(new,), routing={}))


def _without_code(card: AgentCard) -> AgentCard:
    tools = tuple(tool.model_copy(update={"source": None}) for tool in card.tools)
    return card.model_copy(update={"source": None, "check": None, "tools": tools})
