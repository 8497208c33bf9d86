"""A Markdown file with YAML front matter: its values, the line of each key, and its body. It knows no key by name.

YAML is read by PyYAML's safe loader, which makes plain data only; aliases are refused, for they can make a small file
into an endless one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from agentchat.errors import PersonaError

_FENCE: Final = "---"
_KEY: Final = re.compile(r"([A-Za-z][\w-]*):(?:[ \t]+(.*))?$")


class FrontMatter(NamedTuple):
    """A file in its two parts. lines: where each key stands, counted in the file from 1."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]
    body: str


def has_front_matter(text: str) -> bool:
    """Whether a text begins as one with front matter does."""
    return text.split("\n", 1)[0].rstrip() == _FENCE


def front_matter(text: str, source: str, *, lenient: bool = False) -> FrontMatter:
    """The parts of a text. `source` is what errors call it.

    lenient: front matter that is no YAML is read line by line as `key: value`, as other programs do: descriptions with
    a colon in them are common there. Raises PersonaError with the line of what is wrong.
    """
    front, body = _split(text, source)
    try:
        values, lines = _mapping(front, source)
    except PersonaError:
        values, lines = _plain_lines(front) if lenient else ({}, {})
        if not values:
            raise
    return FrontMatter(values, lines, body.strip())


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
        for event in yaml.parse(front, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = 1 if event.start_mark is None else event.start_mark.line + 2
                raise PersonaError(f"{source}, line {line}: aliases (*{event.anchor}) are not taken; write it out")
        node = yaml.compose(front, Loader=yaml.SafeLoader)
        values = yaml.safe_load(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = source if mark is None else f"{source}, line {mark.line + 2}"
        problem = str(getattr(error, "problem", None) or str(error).splitlines()[0])
        hint = '; quote a value that holds ": "' if problem.startswith("mapping values") else ""
        raise PersonaError(f"{place}: the front matter is no YAML: {problem}{hint}") from None
    except (ValueError, RecursionError) as error:  # such as a date that does not exist
        raise PersonaError(f"{source}: the front matter cannot be read: {error}") from None
    if node is None:
        return {}, {}
    if not isinstance(node, yaml.MappingNode):
        raise PersonaError(f"{source}, line 2: the front matter is no list of `key: value` lines")
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 2
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            raise PersonaError(f"{source}, line {line}: a key must be a word")
        if key.value in lines:
            raise PersonaError(f"{source}, line {line}: the key {key.value!r} comes twice")
        lines[key.value] = line
    return values, lines


def _plain_lines(front: str) -> tuple[dict[str, Any], dict[str, int]]:
    """Front matter as lines `key: value`; a line that begins with no key goes on with the one before."""
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    key = ""
    for number, line in enumerate(front.splitlines(), 2):
        match = _KEY.match(line)
        if match is not None and match[1] not in values:
            key = match[1]
            values[key], lines[key] = (match[2] or "").strip().strip("'\""), number
        elif key:
            values[key] = f"{values[key]}\n{line}".strip()
    return values, lines
