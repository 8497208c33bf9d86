"""How `agentchat personas` shows what there is: every text that is not ours made harmless."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agentchat.errors import AgentChatError, ConfigurationError
from agentchat.personas import Persona, find_persona, persona_files, read_persona, shipped_folder
from agentchat.personas.dialects import CALLED
from agentchat.teams import team_files
from agentchat.teams.toml_file import TomlFile
from agentchat.terminal.sanitize import sanitize_line


def lines_of() -> Iterator[str]:
    """Personas, then teams, a line each: name, kind, model, where from, description. A broken file says so."""
    rows = [("persona", "kind", "model", "from", "")]
    rows += [(name, *_persona(path)) for name, path in persona_files().items()]
    rows += [("", "", "", "", ""), ("team", "", "", "from", "")]
    rows += [(name, "", "", _origin(path), _about_team(path)) for name, path in team_files().items()]
    plain = [tuple(sanitize_line(cell) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in plain) for column in range(4)]
    for row in plain:
        cells = [cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)]
        yield "  ".join((*cells, row[4])).rstrip()


def text_of(name: str) -> tuple[str, list[str]]:
    """The text of a persona's or team's file, and how the file of another program is read here.

    Raises ConfigurationError for one that there is not, or that cannot be read.
    """
    if name.endswith(".toml") or (name in team_files() and name not in persona_files()):
        path = Path(name) if name.endswith(".toml") else team_files()[name]
        return _text(path), []
    path = find_persona(name)
    persona = read_persona(path)
    origin = persona.origin
    if origin is None or origin.dialect == "own":
        return _text(path), []
    told = f"This file is {CALLED[origin.dialect]}. Here it is {persona.name}, of {_models(persona) or 'any model'}."
    return _text(path), [told, *(f"{path}: {warning}" for warning in origin.warnings)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({error})") from None


def _persona(path: Path) -> tuple[str, str, str, str]:
    try:
        persona = read_persona(path)
    except AgentChatError as error:
        return "", "", _origin(path), f"cannot be read: {error}"
    return persona.kind, _models(persona), _origin(path), persona.description or ""


def _models(persona: Persona) -> str:
    return persona.model if isinstance(persona.model, str) else ", ".join(persona.model or ())


def _about_team(path: Path) -> str:
    try:
        return TomlFile(path).root.text("description") or ""
    except AgentChatError as error:
        return f"cannot be read: {error}"


def _origin(path: Path) -> str:
    return "shipped" if path.is_relative_to(shipped_folder()) else str(path)
