"""Edits as they are typed: `replace 5: text`, `remove 5`, `insert ann: text`, `result 7: text or JSON`,
`persona ann: file or text`, `model ann: name`, `rules: file`, `budget: file`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final, NamedTuple

from agentchat.errors import ConfigurationError
from agentchat.forking import Edit
from agentchat.models.choosing import model_for
from agentchat.personas import find_persona, read_persona
from agentchat.personas.places import is_path
from agentchat.policy.rules import Rule
from agentchat.policy.spending.budget import Budget
from agentchat.teams import Stops, read_stops
from agentchat.teams.rebuilding import Change
from agentchat.transcript.events import CallFailed, CallFinished, CallStarted
from agentchat.transcript.transcript import Transcript

FORMS: Final = (
    "'replace SEQ: text', 'remove SEQ', 'insert NAME: text', 'result SEQ: text or JSON', "
    "'persona NAME: FILE or text', 'model NAME: MODEL', 'rules: TEAM.toml', 'budget: TEAM.toml'"
)
_WORDS: Final = re.compile(r"\s*(\w+)\s+([^\s:]+)\s*(?::\s?(.*))?", re.DOTALL)


_TERMS: Final = re.compile(r"\s*(rules|budget)\s*:\s*(.+?)\s*", re.DOTALL)


class Edits(NamedTuple):
    """What was typed: changes of messages and results, of agents, and of what ends a run."""

    edits: tuple[Edit, ...]
    agents: dict[str, Change]
    until: Rule | None = None
    budget: Budget | None = None


def read_edits(typed: list[str], transcript: Transcript) -> Edits:
    """All edits. Raises ConfigurationError that names the one that cannot be read."""
    edits: list[Edit] = []
    agents: dict[str, Change] = {}
    until: Rule | None = None
    budget: Budget | None = None
    for one in typed:
        terms = _TERMS.fullmatch(one)
        if terms is not None:
            stops = _stops(terms[1], terms[2])
            until, budget = (stops.until, budget) if terms[1] == "rules" else (until, stops.budget)
            continue
        found = _WORDS.fullmatch(one)
        verb, target, value = found.groups() if found is not None else ("", "", None)
        if verb in ("persona", "model") and value:
            before = agents.get(target, Change())
            agents[target] = _persona(before, value) if verb == "persona" else _model(before, value)
        else:
            edits.append(_edit(one, verb, target, value, transcript))
    return Edits(tuple(edits), agents, until, budget)


def _stops(what: str, file: str) -> Stops:
    stops = read_stops(file)
    if (stops.until if what == "rules" else stops.budget) is None:
        raise ConfigurationError(f"{file} has no [{'until' if what == 'rules' else 'budget'}], so it changes nothing")
    return stops


def _edit(typed: str, verb: str, target: str, value: str | None, transcript: Transcript) -> Edit:
    if verb == "insert" and value is not None:
        return Edit.insert(target, value)
    if target.isdecimal():
        match verb, value:
            case "replace", str():
                return Edit.replace(int(target), value)
            case "remove", None:
                return Edit.remove(int(target))
            case "result", str():
                return Edit.result(int(target), _result(int(target), value, transcript))
    raise ConfigurationError(f"--edit {typed!r} cannot be read; the forms are {FORMS}")


def _result(target: int, value: str, transcript: Transcript) -> object:
    """Text as it is for a model or a program; for a tool or a person JSON, where it is JSON."""
    end = transcript[target].event if 1 <= target <= len(transcript) else None
    started = transcript[end.call].event if isinstance(end, CallFinished | CallFailed) else None
    if isinstance(started, CallStarted) and started.recipe.call in ("tool", "ask"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _persona(before: Change, value: str) -> Change:
    """The instructions of a persona file, or the text itself."""
    if is_path(value) or Path(value).is_file():
        return before._replace(instructions=read_persona(find_persona(value)).instructions)
    return before._replace(instructions=value)


def _model(before: Change, value: str) -> Change:
    return before._replace(model=model_for(value))
