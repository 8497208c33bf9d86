"""From a file to a checked persona: front matter, dialect, includes, and one clear error with its place.

An included file lies in the folder of the file that includes it, or below: a persona of a stranger must not be able to
send other files to a model.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agentchat.errors import PersonaError
from agentchat.personas.dialects import dialect_of, placed_dialect, translated
from agentchat.personas.front_matter import FrontMatter, front_matter, has_front_matter
from agentchat.personas.persona import KEYS, ONLY_FOR, Dialect, Origin, Persona
from agentchat.textfile import LARGEST, read_text


def read_persona(path: str | Path) -> Persona:
    """The persona in a file. Raises PersonaError with file, line and key of what is wrong.

    What a file of another program holds that has no meaning here is told in `origin.warnings`.
    """
    file = Path(path)
    return _persona(read_text(file, "persona", "Markdown", PersonaError), str(file), file)


def parse_persona(text: str, source: str) -> Persona:
    """The persona in a text, in our own form and without includes; `source` is what errors call it."""
    return _persona(text, source, None)


def _persona(text: str, source: str, path: Path | None) -> Persona:
    whole = None if path is None else path.absolute()
    front = front_matter(text, source, lenient=placed_dialect(whole) is not None)
    dialect: Dialect = "own" if whole is None else dialect_of(whole, front.values)
    values, warnings = dict(front.values), tuple[str, ...]()
    if dialect != "own" and path is not None:
        values, warnings = translated(dialect, values, path.name.removesuffix(".md").removesuffix(".agent"))
    origin = Origin(source, dialect, tuple(front.lines.items()), warnings)
    for key in values:
        if key not in KEYS:
            raise PersonaError(f"{_place(origin, key)}: unknown key {key!r}; {_nearest(key)}")
    if "name" not in values:
        raise PersonaError(f"{source}, line 1: the key 'name' is missing")
    includes = values.pop("includes", None)
    parts = [*([] if includes is None else _included(includes, front, source, path)), front.body]
    instructions = "\n\n".join(part for part in parts if part)
    return _checked(values, instructions, origin)


def _checked(values: Mapping[str, Any], instructions: str, origin: Origin) -> Persona:
    try:
        persona = Persona(**values, instructions=instructions, origin=origin)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0])
        raise PersonaError(f"{_place(origin, key)}: {key}: {_in_words(first)}") from None
    for key, kinds in ONLY_FOR.items():
        if values.get(key) is not None and persona.kind not in kinds:
            named = " and ".join(map(repr, kinds))
            which = "kind" if len(kinds) == 1 else "kinds"
            raise PersonaError(f"{_place(origin, key)}: {key!r} is for the {which} {named} only")
    return persona


# what is included


def _included(given: object, front: FrontMatter, source: str, path: Path | None) -> list[str]:
    line = front.lines.get("includes", 1)
    if path is None:
        raise PersonaError(f"{source}, line {line}: a text without a file can include nothing")
    return _follow(given, path, line, path.resolve().parent, [path.resolve()], set())


def _follow(given: object, file: Path, line: int, root: Path, above: list[Path], done: set[Path]) -> list[str]:
    """The bodies of what a file includes, each once, what they include themselves before them."""
    names = [given] if isinstance(given, str) else given
    place = f"{file}, line {line}"
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise PersonaError(f"{place}: includes: must be a list of Markdown files, as in [style.md, rules.md]")
    bodies: list[str] = []
    for name in names:
        target = (file.parent / name).resolve()
        if target in above:
            chain = " includes ".join(os.path.relpath(one, root) for one in (*above[above.index(target) :], target))
            raise PersonaError(f"{place}: includes go round in a circle: {chain}")
        if not target.is_relative_to(root) or target.suffix != ".md":
            raise PersonaError(f"{place}: includes: {name!r} is no .md file in the folder of {file.name} or below it")
        if target in done:
            continue
        done.add(target)
        shown = file.parent / name
        if not target.is_file():
            raise PersonaError(f"{place}: includes: there is no file {shown}")
        text = read_text(shown, "persona", "Markdown", PersonaError)
        if has_front_matter(text):
            inner = front_matter(text, str(shown))
            deeper = inner.values.get("includes")
            if deeper is not None:
                at = inner.lines["includes"]
                bodies += _follow(deeper, shown, at, root, [*above, target], done)
            text = inner.body
        bodies.append(text.strip())
        if sum(map(len, bodies)) > LARGEST:
            raise PersonaError(f"{place}: what is included is more than {LARGEST} characters")
    return bodies


# words for people


def _place(origin: Origin, key: str) -> str:
    return f"{origin.source}, line {dict(origin.lines).get(key, 1)}"


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key.lower(), KEYS, n=1)
    known = f"known are {', '.join(KEYS)}"
    return f"did you mean {near[0]!r}? ({known})" if near else known


def _in_words(error: Any) -> str:
    given = repr(error["input"])
    shown = given if len(given) <= 60 else f"{given[:57]}..."
    if error["type"] == "literal_error":
        near = difflib.get_close_matches(str(error["input"]), re.findall(r"'([^']*)'", error["ctx"]["expected"]), n=1)
        return f"must be {error['ctx']['expected']}, not {shown}{f'; did you mean {near[0]!r}?' if near else ''}"
    if error["type"] == "string_type":
        return f"must be text, not {shown}; quote it where it looks like something else"
    if error["type"] == "tuple_type":
        return f"must be a list of names, as in [one, two], not {shown}"
    return f"{error['msg'][0].lower()}{error['msg'][1:]}, not {shown}"
