"""A team that is ready to be opened: agents, who is next, what ends it, what it may spend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentchat.agents.supervisor import Supervisor
from agentchat.conversation import Conversation
from agentchat.errors import ConfigurationError, NoBound, TeamFileError
from agentchat.personas import Persona, find_persona, read_persona
from agentchat.policy.charter import CallLimits, InDoubt
from agentchat.policy.rules import From, MaxTurns, Mentions, Rule
from agentchat.policy.spending.budget import Budget
from agentchat.routing import Routing
from agentchat.seams import Agent, Store
from agentchat.teams.bounds import Bounds
from agentchat.teams.members import members_of
from agentchat.teams.models import Models
from agentchat.teams.named_code import NamedCode

MAX_TURNS: Final = 20
"""Turns of a run of personas that are put together without a team file."""
DONE: Final = "DONE"
"""The word by which an assistant says that the work is done, where no rule says otherwise."""


class Team(NamedTuple):
    """What a conversation is made of. source: the file it was read from. warnings: what could not be taken over."""

    agents: tuple[Agent, ...]
    routing: Routing | None = None
    until: Rule | None = None
    budget: Budget | None = None
    name: str | None = None
    description: str | None = None
    source: str | None = None
    warnings: tuple[str, ...] = ()
    limits: CallLimits | None = None
    in_doubt: InDoubt = "ask"

    def conversation(self, *, store: Store | str | Path | None = None, bounds: Bounds | None = None) -> Conversation:
        """The conversation of the team. bounds: take the place of its own limits.

        Raises ConfigurationError with all that is wrong with the team as a whole, before anything is asked or written.
        """
        given = bounds or Bounds()
        try:
            return Conversation(
                self.agents,
                routing=self.routing,
                until=given.rule(self.until),
                budget=given.budget(self.budget),
                store=store,
                limits=self.limits,
                in_doubt=self.in_doubt,
            )
        except NoBound:
            if self.source is None:
                raise
            raise TeamFileError(
                f"{self.source}: nothing ends this team's runs: write max_turns = 20 under [until], or seconds = 600 "
                "under [budget]"
            ) from None
        except ConfigurationError as error:
            if self.source is None:
                raise
            raise TeamFileError(*(f"{self.source}: {one}" for one in error.problems)) from None


def team_of_personas(
    personas: Sequence[Persona], models: Models, code: NamedCode, *, unsafe_host: bool = False
) -> Team:
    """A team without a file: a supervisor among the personas directs the others, else each has its turn in order.

    A run of one alone ends with its first answer, that of a supervised team when the supervisor finishes, any other
    when an assistant writes the word DONE; at the latest after `MAX_TURNS` turns.
    """
    made = members_of(with_their_teams(personas), models, code, unsafe_host=unsafe_host)
    if made.problems:
        raise ConfigurationError(*made.problems)
    speakers = [agent.name for agent in made.agents if agent.model is not None]
    if not speakers:
        raise ConfigurationError(
            "nobody of this team has a model, so nobody would do the task; add coder, for instance"
        )
    return Team(made.agents, until=_end_of(made.agents, speakers), warnings=made.warnings)


def with_their_teams(personas: Sequence[Persona]) -> list[Persona]:
    """The personas, and those that a supervisor among them names as its team and that are not there yet.

    They are looked for beside its own file first. Raises PersonaError for one that is nowhere.
    """
    found = list(personas)
    for boss in [one for one in personas if one.kind == "supervisor"]:
        for name in boss.team:
            if all(one.name != name for one in found):
                folder = None if boss.origin is None else Path(boss.origin.source).parent
                found.append(read_persona(find_persona(name, folder)))
    return found


def _end_of(agents: Sequence[Agent], speakers: Sequence[str]) -> Rule:
    most = MaxTurns(MAX_TURNS)
    if any(isinstance(agent, Supervisor) for agent in agents):
        return most
    if len(agents) == 1:
        return From(agents[0].name) | most
    return Mentions(DONE, by=speakers[0] if len(speakers) == 1 else None) | most
