"""From personas to agents: models, tools, types and sandboxes are found, and all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from agentchat.agents.assistant import Assistant
from agentchat.agents.code_policy import UNSAFE
from agentchat.agents.supervisor import Supervisor
from agentchat.agents.user_proxy import UserProxy
from agentchat.errors import ConfigurationError
from agentchat.personas import Persona
from agentchat.personas.dialects import standing_in
from agentchat.policy.naming import unknown
from agentchat.sandboxes.choosing import check_name
from agentchat.seams import Agent, Model, Tool
from agentchat.teams.models import Models
from agentchat.teams.named_code import NamedCode


class Members(NamedTuple):
    """The agents of the personas, in order; what could not be taken over, and what is wrong, a line each."""

    agents: tuple[Agent, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]


def team_of(
    personas: Iterable[Persona],
    *,
    model: Model | str | None = None,
    trust: bool = False,
    unsafe_host: bool = False,
) -> list[Agent]:
    """An agent for each persona, in order; a supervisor directs those it names, or all others.

    model: takes the place of what the personas name. trust: whether code that they name by import path may be loaded.
    unsafe_host: whether programs may run without a sandbox, where a persona asks for that.

    Raises ConfigurationError, with the place, for all that makes no sense: an assistant without a model, an unknown
    tool, a name that no agent may have.
    """
    made = members_of(tuple(personas), Models(instead=model), NamedCode(trust=trust), unsafe_host=unsafe_host)
    if made.problems:
        raise ConfigurationError(*made.problems)
    return list(made.agents)


def members_of(personas: Sequence[Persona], models: Models, code: NamedCode, *, unsafe_host: bool = False) -> Members:
    """As `team_of`, with warnings and problems collected."""
    making = _Making(models, code, unsafe_host)
    making.warnings += [f"{one.place()}: {told}" for one in personas if one.origin for told in one.origin.warnings]
    workers = [making.member(one) for one in personas if one.kind != "supervisor"]
    others = {agent.name: agent for agent in workers if agent is not None}
    bosses = [one for one in personas if one.kind == "supervisor"]
    if len(bosses) > 1:
        told = ", ".join(one.name for one in bosses)
        making.problems.append(f"{bosses[1].place('kind')}: a team has one supervisor, and here are {told}")
    names = [one.name for one in personas if one.kind != "supervisor"]
    made = {id(one): making.supervisor(one, others, names) for one in bosses[:1]}
    rest = iter(workers)
    agents = [made.get(id(one)) if one.kind == "supervisor" else next(rest) for one in personas]
    return Members(tuple(one for one in agents if one is not None), tuple(making.warnings), tuple(making.problems))


class _Making:
    """Makes agents, and notes what is wrong on the way."""

    def __init__(self, models: Models, code: NamedCode, unsafe_host: bool) -> None:
        self._models = models
        self._code = code
        self._unsafe_host = unsafe_host
        self.warnings: list[str] = []
        self.problems: list[str] = []

    def member(self, persona: Persona) -> Agent | None:
        """An assistant or a user proxy; None where something is wrong with it."""
        try:
            return self._proxy(persona) if persona.kind == "user-proxy" else self._assistant(persona)
        except ConfigurationError as error:
            self._note(persona, None, error)
            return None

    def supervisor(self, persona: Persona, others: dict[str, Agent], names: Sequence[str]) -> Agent | None:
        """A supervisor of those it names, or of all. `names`: of those too with which something is wrong."""
        for name in persona.team:
            if name not in names:
                self._note(persona, "team", f"team: {unknown(name, names)}")
        team = [others[name] for name in persona.team if name in others] or list(others.values())
        if not names:
            self._note(persona, "team", "a supervisor needs somebody to direct: name them with team: [coder, runner]")
        try:
            models, stronger = self._found_models(persona)
            if not team or models is None:
                return None
            return Supervisor(
                persona.name,
                team=team,
                model=models,
                instructions=persona.instructions or None,
                description=persona.description,
                repairs=2 if persona.repairs is None else persona.repairs,
                stronger=stronger,
            )
        except ConfigurationError as error:
            self._note(persona, None, error)
            return None

    def _assistant(self, persona: Persona) -> Agent | None:
        before = len(self.problems)
        models, stronger = self._found_models(persona)
        tools = [tool for name in persona.tools if (tool := self._tool(persona, name)) is not None]
        accepts = [kind for name in persona.accepts if (kind := self._kind(persona, "accepts", name)) is not None]
        emits = [kind for name in persona.emits if (kind := self._kind(persona, "emits", name)) is not None]
        if models is None or len(self.problems) > before:
            return None
        made = Assistant(
            persona.name,
            model=models,
            instructions=persona.instructions or None,
            description=persona.description,
            accepts=accepts or None,
            emits=emits or None,
            tools=tools,
            repairs=2 if persona.repairs is None else persona.repairs,
            stronger=stronger,
        )
        made.card()  # tools and models are looked at with the card
        return made

    def _proxy(self, persona: Persona) -> Agent | None:
        sandbox = persona.sandbox or "auto"
        try:
            check_name(sandbox)
        except ConfigurationError as error:
            self._note(persona, "sandbox", error)
            return None
        if sandbox == UNSAFE and not self._unsafe_host:
            self._note(
                persona,
                "sandbox",
                "programs would run on this machine without a sandbox; if that is meant, add --unsafe-host "
                "(in Python: unsafe_host=True)",
            )
            return None
        human = persona.human or "never"
        return UserProxy(persona.name, sandbox=sandbox, human=human, description=persona.description)

    def _found_models(self, persona: Persona) -> tuple[tuple[Model, ...] | None, Model | None]:
        models, stronger = None, None
        missing = self._models.missing(persona.model) or self._models.missing_stronger(persona.stronger)
        if missing is not None:  # once for all who need it: no file is at fault
            if str(missing) not in self.problems:
                self.problems.append(str(missing))
            return None, None
        try:
            models = self._models.of(persona.model)
        except ConfigurationError as error:
            where = f"the persona {persona.name!r} " if persona.model is None else ""
            self._note(persona, "model", f"{where}{error}")
        try:
            stronger = self._models.stronger(persona.stronger)
        except ConfigurationError as error:
            self._note(persona, "stronger", error)
        return models, stronger

    def _tool(self, persona: Persona, name: str) -> Tool | None:
        """A tool; None where it is unknown, which is wrong in our own files, and warned of in those of others."""
        origin = persona.origin
        try:
            if origin is None or origin.dialect == "own":
                return self._code.tool(name, _folder(persona))
            ours = standing_in(origin.dialect, name)
            if ours is not None and ours in self._code.installed():
                return self._code.tool(ours)
            would = "nothing here stands in for it" if ours is None else f"no tool {ours!r} is installed to stand in"
            self.warnings.append(f"{origin.place('tools')}: the tool {name!r} was left out: {would}")
        except ConfigurationError as error:
            self._note(persona, "tools", f"tools: {error}")
        return None

    def _kind(self, persona: Persona, key: str, name: str) -> type | None:
        try:
            return self._code.kind(name, _folder(persona))
        except ConfigurationError as error:
            self._note(persona, key, f"{key}: {error}")
            return None

    def _note(self, persona: Persona, key: str | None, told: object) -> None:
        self.problems.append(f"{persona.place(key)}: {told}")


def _folder(persona: Persona) -> Path | None:
    return None if persona.origin is None else Path(persona.origin.source).parent
