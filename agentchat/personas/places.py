"""Where persona files lie: those that ship, and a user's own, which come first. Only names are looked up here."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Final

from agentchat.errors import PersonaError
from agentchat.personas.persona import Persona
from agentchat.personas.reading import read_persona
from agentchat.settings import config_places

SUFFIXES: Final = (".md", ".agent.md")


def shipped_folder() -> Path:
    """Inside the package where it was installed from a wheel, beside it in a source tree."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_personas", package.parent / "personas"):
        if folder.is_dir():
            return folder
    raise PersonaError(f"{package / '_personas'}: the personas that ship are not there; install agentchat again")


def own_folder() -> Path:
    """Where a user's own personas lie: the folder `personas` beside the user's agentchat.toml. It need not be there."""
    return config_places()[-1].parent / "personas"


def persona_files() -> dict[str, Path]:
    """The files of all personas that go by name, sorted: the user's own stand before those that ship."""
    found: dict[str, Path] = {}
    for folder in (own_folder(), shipped_folder()):
        for path in sorted(folder.glob("*.md")):
            found.setdefault(path.name.removesuffix(".md").removesuffix(".agent"), path)
    return dict(sorted(found.items()))


def shipped_personas() -> dict[str, Persona]:
    """The personas that come with the package, by name."""
    found = (read_persona(path) for path in sorted(shipped_folder().glob("*.md")))
    return {persona.name: persona for persona in found}


def find_persona(word: str, folder: Path | None = None) -> Path:
    """The file that a word stands for: a path, or a name, which is looked for in `folder` before the usual places.

    Paths are read from `folder`, or from where the process is. Raises PersonaError, with the nearest name there is.
    """
    if is_path(word):
        path = (folder or Path()) / Path(word).expanduser()
        if not os.path.isfile(path):  # which is quiet about names that are too long
            raise PersonaError(f"there is no persona file {path}")
        return path
    beside = [folder / f"{word}{suffix}" for suffix in SUFFIXES] if folder is not None else []
    for path in beside:
        if path.is_file():
            return path
    known = persona_files()
    if word not in known:
        near = difflib.get_close_matches(word, known, n=1)
        guess = f"; did you mean {near[0]!r}?" if near else "."
        raise PersonaError(f"there is no persona {word!r}{guess} There are {', '.join(known)}, and files: ./NAME.md")
    return known[word]


def is_path(word: str) -> bool:
    """Whether a word stands for a file by its path, not for a persona by its name."""
    return os.sep in word or word.endswith(".md")
