"""Persona files of other programs: how they are told apart, and what their words mean here.

Whose form a file has is decided by its place, then by its keys, in this order:

  1. `*.agent.md`, or a file in `.github/agents`      agent-md      (VS Code and GitHub Copilot)
  2. a file in `.claude/agents`                       claude-code   (subagents of Claude Code)
  3. a key that only we have (`kind`, `sandbox` ...)  own
  4. a key that only one of the others has            that one      (`color`, `permissionMode` ...; `handoffs` ...)
  5. `model` or `tools` that only Claude Code names   claude-code   (`model: sonnet`, `tools: Read, Grep`)
  6. anything else                                    own

What has no meaning here is left out with a warning, never guessed: what an agent may do is not widened by a guess.
Sources: code.claude.com/docs/en/sub-agents, docs.github.com/copilot/reference/custom-agents-configuration,
code.visualstudio.com/docs/copilot/customization/custom-agents (November 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from agentchat.personas.persona import KEYS, Dialect

CALLED: Final[dict[Dialect, str]] = {"own": "ours", "claude-code": "Claude Code's", "agent-md": "an .agent.md file's"}

_SHARED: Final = ("name", "description", "model", "tools")
_LOOKS: Final[dict[Dialect, tuple[str, ...]]] = {
    "own": (),
    "claude-code": ("color",),
    "agent-md": ("argument-hint", "user-invocable", "user-invokable", "disable-model-invocation", "infer", "target"),
}
"""Keys that change nothing of what an agent says: how it is shown and found there."""
_ACTS: Final[dict[Dialect, tuple[str, ...]]] = {
    "own": (),
    "claude-code": (
        "disallowedTools", "permissionMode", "maxTurns", "skills", "mcpServers", "hooks", "memory", "background",
        "effort", "isolation", "initialPrompt", "disabled",
    ),
    "agent-md": ("agents", "handoffs", "mcp-servers", "hooks", "mode"),
}  # fmt: skip
"""Keys that do, and have no meaning here."""

_TOOLS: Final[dict[Dialect, dict[str, str]]] = {
    "own": {},
    "claude-code": {
        "Read": "read_file",
        "Write": "write_file",
        "Edit": "edit_file",
        "MultiEdit": "edit_file",
        "Glob": "find_files",
        "Grep": "search_files",
        "LS": "list_files",
        "Bash": "run_command",
        "WebFetch": "fetch_url",
        "WebSearch": "search_web",
    },
    "agent-md": {
        "read": "read_file",
        "edit": "edit_file",
        "editFiles": "edit_file",
        "search": "search_files",
        "codebase": "search_files",
        "execute": "run_command",
        "runCommands": "run_command",
        "web": "fetch_url",
        "fetch": "fetch_url",
    },
}
"""Foreign tools, and the name under which an installed tool stands in for them."""

_MODELS: Final = (
    (re.compile(r"haiku|(?<![a-z])mini|nano|flash|lite"), "fast"),
    (re.compile(r"sonnet|opus|gpt-?[45]|gemini.*pro|\bo[134]\b"), "smart"),
)
"""What tells a model of theirs by its name, the first that matches; ours are tiers."""
_INHERITED: Final = ("inherit", "auto", "default", "")
_CLAUDE_MODELS: Final = ("inherit", "haiku", "sonnet", "opus", "opusplan")
_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")


class Translated(NamedTuple):
    """The values in our own words, and what could not be taken over."""

    values: dict[str, Any]
    warnings: tuple[str, ...]


def dialect_of(path: PurePath | None, values: Mapping[str, Any]) -> Dialect:
    """Whose form a file has, by its path and its front matter; see the head of this file."""
    placed = placed_dialect(path)
    if placed is not None:
        return placed
    if any(key in values for key in KEYS if key not in _SHARED):
        return "own"
    foreign: tuple[Dialect, ...] = ("claude-code", "agent-md")
    for dialect in foreign:
        other = foreign[dialect == "claude-code"]
        theirs = {*_LOOKS[dialect], *_ACTS[dialect]} - {*_LOOKS[other], *_ACTS[other]}
        if not theirs.isdisjoint(values):
            return dialect
    named = tool_names(values.get("tools"))
    if values.get("model") in _CLAUDE_MODELS or any(name.partition("(")[0] in _TOOLS["claude-code"] for name in named):
        return "claude-code"
    return "own"


def placed_dialect(path: PurePath | None) -> Dialect | None:
    """Whose form a file has by its path alone, where that tells."""
    if path is None:
        return None
    if path.name.endswith(".agent.md") or _within(path, ".github"):
        return "agent-md"
    return "claude-code" if _within(path, ".claude") else None


def translated(dialect: Dialect, values: Mapping[str, Any], stem: str) -> Translated:
    """A foreign file's values in our words. `stem`: the file's name, for one that gives its agent none."""
    whose = CALLED[dialect]
    warnings: list[str] = []
    for key in values:
        if key in _ACTS[dialect]:
            warnings.append(f"{key!r} has no meaning here and was left out")
        elif key not in (*_SHARED, *_LOOKS[dialect]):
            warnings.append(f"{key!r} is no key of {whose} that is known here, and was left out")
    name = values.get("name")
    found: dict[str, Any] = {"name": name_of(name if isinstance(name, str) and name.strip() else stem)}
    if values.get("description") is not None:
        found["description"] = str(values["description"])
    models = _models_of(values.get("model"), warnings)
    if models:
        found["model"] = models[0] if len(models) == 1 else models
    denied = {name.partition("(")[0] for name in tool_names(values.get("disallowedTools"))}
    tools = [name for name in tool_names(values.get("tools")) if name != "*" and name not in denied]
    if tools:
        found["tools"] = tools
    return Translated(found, tuple(warnings))


def standing_in(dialect: Dialect, tool: str) -> str | None:
    """The name of the installed tool that would stand in for a foreign one; None where nothing can.

    A tool that is granted for some arguments only (`Bash(git *)`) is not one that we could grant as a whole.
    """
    plain = tool.removeprefix("#tool:")
    name = _TOOLS[dialect].get(plain)
    if name is None and dialect == "agent-md":  # `edit/editFiles`, `search/codebase`
        name = _TOOLS[dialect].get(plain.partition("/")[2])
    return name


def tool_names(given: object) -> tuple[str, ...]:
    """The names in a list, or in a text with commas between them; commas within brackets belong to a name."""
    if isinstance(given, str):
        given = re.findall(r"(?:[^,(]|\([^)]*\))+", given)
    if not isinstance(given, list):
        return ()
    return tuple(name for name in (str(one).strip() for one in given) if name)


def name_of(given: str) -> str:
    """A name that an agent may have, from one that people read: "API Architect" becomes `api-architect`."""
    plain = _NOT_IN_A_NAME.sub("-", given.strip()).strip("-")
    if plain != given.strip():
        plain = plain.lower()
    return (plain if plain[:1].isalpha() else f"agent-{plain}".rstrip("-"))[:64]


def _models_of(given: object, warnings: list[str]) -> list[str]:
    names: Iterable[object] = given if isinstance(given, list) else () if given is None else (given,)
    found: list[str] = []
    for name in names:
        plain = re.sub(r"\(.*?\)", "", str(name)).strip().lower()
        if plain in _INHERITED:
            continue
        tier = next((tier for pattern, tier in _MODELS if pattern.search(plain)), None)
        if tier is None:
            warnings.append(f"the model {name!r} is not known here, and was left out")
        elif tier not in found:
            found.append(tier)
    return found


def _within(path: PurePath, program: str) -> bool:
    parts = path.parts[:-1]
    return any(pair == (program, "agents") for pair in pairwise(parts))
