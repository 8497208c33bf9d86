"""Persona files: Markdown with YAML front matter, read into a checked `Persona`, with the line of whatever is wrong.

    ---
    name: coder
    description: Solves a task by writing Python.
    kind: assistant
    model: smart
    ---
    You solve tasks by writing Python programs. ...

Nothing is made of a persona here: no agent, no model, no sandbox (that is `teams`). A persona file is data: reading
one imports, calls and unpickles nothing that it names. `yaml` is imported with the first file that is read.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentchat.errors import PersonaError

LARGEST: Final = 1024 * 1024
"""Bytes of a persona file. A prompt of a megabyte fits no model; such a file is something else."""

_FENCE: Final = "---"


class Persona(BaseModel):
    """Who an agent is. `instructions` is the body: the system message of an assistant, a note for people otherwise.

    model: a tier ("smart", "fast"), "name" or "name@base-url"; None leaves the choice to whoever starts the team.
    sandbox: where a user proxy runs code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    description: str | None = None
    kind: Literal["assistant", "user-proxy"] = "assistant"
    model: str | None = None
    sandbox: str | None = None
    instructions: str = ""


_KEYS: Final = tuple(name for name in Persona.model_fields if name != "instructions")
_ONLY_FOR: Final = {"model": "assistant", "sandbox": "user-proxy"}
"""Keys that make sense for one kind only."""


def read_persona(path: str | Path) -> Persona:
    """The persona in a file. Raises PersonaError with file, line and key of what is wrong."""
    source = Path(path)
    try:
        with source.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise PersonaError(f"{source}: cannot be read ({error.strerror})") from None
    if len(data) > LARGEST:
        raise PersonaError(f"{source}: this is more than {LARGEST} bytes, so no persona file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PersonaError(f"{source}, line {line}: this is no UTF-8 text; a persona is a Markdown file") from None
    return parse_persona(text, str(source))


def parse_persona(text: str, source: str) -> Persona:
    """The persona in a text; `source` is what errors call it."""
    front, body = _split(text, source)
    values, lines = _mapping(front, source)
    for key in values:
        if key not in _KEYS:
            raise PersonaError(f"{_place(source, lines, key)}: unknown key {key!r}; {_nearest(key)}")
    if "name" not in values:
        raise PersonaError(f"{source}, line 1: the key 'name' is missing")
    try:
        persona = Persona(**values, instructions=body.strip())
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        raise PersonaError(f"{_place(source, lines, key)}: {key}: {_in_words(first)}") from None
    for key, kind in _ONLY_FOR.items():
        if values.get(key) is not None and persona.kind != kind:
            raise PersonaError(f"{_place(source, lines, key)}: {key!r} is for the kind {kind!r} only")
    return persona


def shipped_personas() -> dict[str, Persona]:
    """The personas that come with the package, by name."""
    found = (read_persona(path) for path in sorted(_shipped_folder().glob("*.md")))
    return {persona.name: persona for persona in found}


def _shipped_folder() -> Path:
    """Inside the package where it was installed from a wheel, beside it in a source tree."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_personas", package.parent / "personas"):
        if folder.is_dir():
            return folder
    raise PersonaError(f"{package / '_personas'}: the personas that ship are not there; install agentchat again")


def _split(text: str, source: str) -> tuple[str, str]:
    """The front matter, and what follows it."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != _FENCE:
        raise PersonaError(
            f"{source}, line 1: no front matter: a persona begins with a line {_FENCE}, then `name: ...`, "
            f"then another line {_FENCE}, then its instructions"
        )
    for place, line in enumerate(lines[1:], 1):
        if line.rstrip() == _FENCE:
            return "".join(lines[1:place]), "".join(lines[place + 1 :])
    raise PersonaError(f"{source}, line 1: the front matter has no end: a line {_FENCE} is missing")


def _mapping(front: str, source: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The front matter's values by key, and the line of each key in the file."""
    import yaml

    try:
        node = yaml.compose(front, Loader=yaml.SafeLoader)
        values = yaml.safe_load(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = source if mark is None else f"{source}, line {mark.line + 2}"
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise PersonaError(f"{place}: the front matter is no YAML: {problem}") from None
    except (ValueError, RecursionError) as error:  # such as a date that does not exist
        raise PersonaError(f"{source}: the front matter cannot be read: {error}") from None
    if node is None:
        return {}, {}
    if not isinstance(node, yaml.MappingNode):
        raise PersonaError(f"{source}, line 2: the front matter is no list of `key: value` lines")
    lines: dict[str, int] = {}
    for key in _key_nodes(node):
        line = key.start_mark.line + 2
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            raise PersonaError(f"{source}, line {line}: a key must be a word")
        if key.value in lines:
            raise PersonaError(f"{source}, line {line}: the key {key.value!r} comes twice")
        lines[key.value] = line
    return values, lines


def _key_nodes(node: Any) -> Iterator[Any]:
    return (key for key, _ in node.value)


def _place(source: str, lines: Mapping[str, int], key: str) -> str:
    return f"{source}, line {lines.get(key, 1)}"


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key.lower(), _KEYS, n=1)
    known = f"known are {', '.join(_KEYS)}"
    return f"did you mean {near[0]!r}? ({known})" if near else known


def _in_words(error: Any) -> str:
    given = repr(error["input"])
    shown = given if len(given) <= 60 else f"{given[:57]}..."
    if error["type"] == "literal_error":
        return f"must be {error['ctx']['expected']}, not {shown}"
    if error["type"] == "string_type":
        return f"must be text, not {shown}; quote it where it looks like something else"
    return f"{error['msg'][0].lower()}{error['msg'][1:]}, not {shown}"
