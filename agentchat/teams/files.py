"""Team files: one TOML file that says who takes part, who is next, what ends a run, and what it may spend.

    name = "research"
    agents = ["boss", "coder", "runner", "./editor.md"]   # personas by name, or their files

    [tiers]                            # models of this team, as in agentchat.toml; the environment still wins
    fast = "gpt-4.1-mini"

    [routing]
    kind = "supervised"                # round-robin | supervised | selector | handoffs | graph
    supervisor = "boss"

    [until]                            # any of these ends a run
    max_turns = 30

    [budget]
    usd = 0.50

    [limits]                           # of one turn: model_calls, tool_calls, attempts

A file is checked whole before anything is asked of a model: names, types, limits; all that is wrong is said at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, get_args

from agentchat.agents.names import checked_name
from agentchat.errors import ConfigurationError
from agentchat.models.catalog import SECTIONS, Catalog, parse_catalog
from agentchat.personas import Persona, find_persona, own_folder, read_persona, shipped_folder
from agentchat.policy.charter import CallLimits, InDoubt
from agentchat.policy.naming import unknown
from agentchat.policy.rules import Rule
from agentchat.policy.spending.budget import Budget
from agentchat.routing import Routing
from agentchat.seams import Agent, Model
from agentchat.teams.members import members_of
from agentchat.teams.models import Models
from agentchat.teams.named_code import NamedCode
from agentchat.teams.routes import routing_of
from agentchat.teams.rules import rule_of
from agentchat.teams.team import Team, with_their_teams
from agentchat.teams.toml_file import Section, TomlFile

KEYS: Final = ("name", "description", "agents", *SECTIONS, "routing", "until", "budget", "limits", "in_doubt")

IN_DOUBT: Final[tuple[InDoubt, ...]] = get_args(InDoubt)
"""What may be said of a call whose result was lost in a crash."""


def load_team(
    path: str | Path,
    *,
    model: Model | str | None = None,
    trust: bool = False,
    unsafe_host: bool = False,
) -> Team:
    """The team of a file. model: takes the place of every model that it and its personas name.

    trust: whether code that is named by import path may be loaded. unsafe_host: whether programs may run without a
    sandbox, where a persona asks for that. Raises TeamFileError that names the file, the line where it is known, and
    all that is wrong.
    """
    models, code = Models(instead=model, default="smart"), NamedCode(trust=trust)
    return read_team(Path(path), models, code, unsafe_host=unsafe_host)


def read_team(path: Path, models: Models, code: NamedCode, *, unsafe_host: bool = False) -> Team:
    """As `load_team`, with models and code found by those given."""
    file = TomlFile(path)
    root = file.root
    root.only(KEYS)
    name, description = root.text("name"), root.text("description")
    own = models.within(_catalog(file, models.catalog))
    before = len(file.problems)
    personas = _personas(root)
    found = len(file.problems) == before
    made = members_of(personas, own, code, unsafe_host=unsafe_host)
    file.problems += made.problems
    whole = found and not made.problems
    routing = _routing(root, {agent.name: agent for agent in made.agents} if whole else None, own)
    until, budget, limits, in_doubt = _until(root), _budget(root), _limits(root), _in_doubt(root)
    if found and file.problems:  # without any, they are told with all else that is wrong with the team
        _strangers(root, until, budget, [one.name for one in personas])
    file.raise_problems()
    title = name or path.stem
    return Team(made.agents, routing, until, budget, title, description, str(path), made.warnings, limits, in_doubt)


class Stops(NamedTuple):
    """What ends a run, as a file says it; None: it says nothing of that."""

    until: Rule | None
    budget: Budget | None


def read_stops(path: str | Path) -> Stops:
    """The `[until]` and the `[budget]` of a team file, or of a file that holds nothing else.

    Raises TeamFileError that names the file, the line where it is known, and all that is wrong.
    """
    file = TomlFile(Path(path))
    file.root.only(KEYS)
    stops = Stops(_until(file.root), _budget(file.root))
    file.raise_problems()
    return stops


def team_files() -> dict[str, Path]:
    """The team files that go by name, sorted: the user's own (`teams` beside `personas`) before those that ship."""
    found: dict[str, Path] = {}
    for folder in (own_folder().parent / "teams", shipped_folder() / "teams"):
        for path in sorted(folder.glob("*.toml")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def _catalog(file: TomlFile, catalog: Catalog) -> Catalog:
    """The user's tiers and settings with those of the team before them."""
    given = {key: file.root.values[key] for key in SECTIONS if key in file.root.values}
    try:
        own = parse_catalog(given, file.path)
    except ConfigurationError as error:
        file.problems.append(str(error))
        return catalog
    tiers, options = {**catalog.tiers, **own.tiers}, {**catalog.models, **own.models}
    return catalog._replace(path=file.path, tiers=MappingProxyType(tiers), models=MappingProxyType(options))


def _personas(root: Section) -> list[Persona]:
    words = root.words("agents")
    if not words:
        if "agents" not in root or root.values["agents"] == []:
            root.complain(None, 'agents is missing: agents = ["coder", "runner"]')
        return []
    found: list[Persona] = []
    for word in words:
        try:
            found.append(read_persona(find_persona(word, root.file.path.parent)))
            checked_name(found[-1].name)
        except ConfigurationError as error:
            root.complain("agents", str(error))
    names = [one.name for one in found]
    for name in dict.fromkeys(one for one in names if names.count(one) > 1):
        root.complain("agents", f"{names.count(name)} agents are named {name!r}; names must differ")
    try:
        return with_their_teams(found)
    except ConfigurationError as error:
        root.file.problems.append(str(error))
        return found


def _routing(root: Section, team: Mapping[str, Agent] | None, models: Models) -> Routing | None:
    section = root.section("routing")
    return None if section is None else routing_of(section, team, models)


def _until(root: Section) -> Rule | None:
    section = root.section("until")
    return None if section is None else rule_of(section)


def _budget(root: Section) -> Budget | None:
    section = root.section("budget")
    if section is None:
        return None
    section.only(Budget.model_fields)
    try:
        return Budget.model_validate(
            {key: value for key, value in section.values.items() if key in Budget.model_fields}, strict=True
        )
    except ConfigurationError as error:
        section.complain(None, str(error))
        return None


def _limits(root: Section) -> CallLimits | None:
    section = root.section("limits")
    if section is None:
        return None
    section.only(CallLimits.model_fields)
    given = {key: section.whole(key) for key in CallLimits.model_fields}
    return CallLimits.model_validate({key: value for key, value in given.items() if value is not None})


def _in_doubt(root: Section) -> InDoubt:
    word = root.text("in_doubt")
    found = next((one for one in IN_DOUBT if one == word), None)
    if word is not None and found is None:
        root.complain("in_doubt", f"must be one of {', '.join(IN_DOUBT)}, not {word!r}")
    return found or "ask"


def _strangers(root: Section, until: Rule | None, budget: Budget | None, names: Sequence[str]) -> None:
    """Note the names in rules and caps that nobody has."""
    for leaf in () if until is None else until.leaves():
        for name in leaf.senders():
            if name not in names:
                root.complain("until", f"{leaf} waits for {unknown(name, names)}")
    for name in () if budget is None else budget.agents:
        if name not in names:
            root.file.complain(("budget", "agents", name), f"this caps {unknown(name, names)}")
