"""From the words of `agentchat run` to a team and its task: the last word is the task, those before it the team."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import typer

from agentchat.errors import ConfigurationError
from agentchat.personas import find_persona, persona_files, read_persona
from agentchat.personas.places import is_path
from agentchat.policy.charter import AgentCard
from agentchat.teams import Models, NamedCode, Team, read_team, team_files, team_of_personas
from agentchat.teams.problems import nearest
from agentchat.terminal.sanitize import sanitize

USUAL = ("coder", "runner")
"""Who does a task where nobody is named."""


def split_words(words: Sequence[str]) -> tuple[list[str], str]:
    """The names, and the task. Raises ConfigurationError where the only word is a name: the task is missing then."""
    *names, task = words
    if not names and (_is_team(task) or _is_persona(task)):
        raise ConfigurationError(
            f'{task} is no task but a name; write the task behind it: agentchat run {shlex.quote(task)} "..." '
            "(or - for what comes in on standard input)"
        )
    return names, task


def chosen_team(names: Sequence[str], models: Models, *, trust: bool, unsafe_host: bool, hint: str = "") -> Team:
    """The team of a file or name, or of personas. What could not be taken over is told on stderr.

    hint: what is said to a word that names nobody. Raises ConfigurationError with all that is wrong, before anything is
    asked or written.
    """
    code = NamedCode(trust=trust)
    teams = [name for name in names if _is_team(name)]
    if teams and len(names) > 1:
        raise ConfigurationError(f"{teams[0]} is a whole team, and stands alone; leave the others out")
    if teams:
        path = Path(teams[0]) if teams[0].endswith(".toml") else team_files()[teams[0]]
        team = read_team(path, models, code, unsafe_host=unsafe_host)
    else:
        for name in names:
            _check_known(name, hint)
        personas = [read_persona(find_persona(name)) for name in names or USUAL]
        team = team_of_personas(personas, models, code, unsafe_host=unsafe_host)
    for told in team.warnings:
        typer.echo(f"agentchat: {sanitize(told)}", err=True)
    return team


def check_attended(cards: Sequence[AgentCard], attended: bool) -> None:
    """Raise ConfigurationError where somebody speaks for a person, and no person is there."""
    alone = [] if attended else [card.name for card in cards if card.human == "always"]
    if alone:
        raise ConfigurationError(
            f"{alone[0]} speaks for a person, and nobody can be asked here: use a terminal, or `agentchat run` or "
            "`resume` with --park, which leaves the question for `agentchat answer`"
        )


def _is_team(word: str) -> bool:
    return word.endswith(".toml") or (word in team_files() and word not in persona_files())


def _is_persona(word: str) -> bool:
    # a long task with a slash in it is too long for the name of a file, which `Path.is_file` would raise
    return os.path.isfile(word) if is_path(word) else word in persona_files()


def _check_known(name: str, hint: str) -> None:
    if is_path(name) or name in persona_files():
        return
    known = [*persona_files(), *team_files()]
    raise ConfigurationError(f"there is no persona or team {name!r}{nearest(name, known)}{hint}")
