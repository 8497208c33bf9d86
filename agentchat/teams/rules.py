"""`[until]` of a team file, and `when` of an edge: tables that say rules.

    [until]                                   # any of these ends the run
    max_turns = 20
    mentions = { text = "DONE", by = "coder" }
    where = { type = "Report", passed = true, score__ge = 0.8 }
    all = [ { emitted = "Report" }, { from = "critic" } ]

Every rule of the package that is data has a key here; a user's function has none, for a file is no program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Final

from agentchat.errors import ConfigurationError
from agentchat.policy.rules import (
    Elapsed,
    Emitted,
    External,
    Failures,
    From,
    HandedTo,
    Leaf,
    MaxMessages,
    MaxTurns,
    Mentions,
    Rule,
    Says,
    Stalemate,
    Where,
)
from agentchat.teams.toml_file import Section

_NUMBERS: Final[dict[str, Callable[[int], Rule]]] = {
    "max_turns": MaxTurns,
    "max_messages": MaxMessages,
    "failures": Failures,
    "stalemate": Stalemate,
}
_WORDS: Final[dict[str, tuple[Callable[..., Leaf], str]]] = {
    "mentions": (Mentions, "text"),
    "says": (Says, "text"),
    "from": (From, "sender"),
    "handed_to": (HandedTo, "name"),
    "emitted": (Emitted, "type"),
    "where": (Where, "type"),
    "external": (External, "name"),
}
"""Rules about one word, and the key of that word in a table; the other keys of the table are the rule's own."""
_SWITCHES: Final[Mapping[str, Callable[[], Rule]]] = {"stalemate": Stalemate, "external": External}
"""Rules that `true` alone turns on."""
_JOINTS: Final = ("all", "any", "not")

KEYS: Final = (*_NUMBERS, "elapsed", *_WORDS, *_JOINTS)
"""The keys of `[until]`."""
OF_A_MESSAGE: Final = ("emitted", "where", "says", "mentions")
"""Those that tell of one message: the conditions of an edge."""


def rule_of(section: Section) -> Rule | None:
    """The rule of a table: any of its keys makes it true. None for an empty one; what is wrong is noted."""
    section.only(KEYS)
    rules = [rule for key in section.values if key in KEYS for rule in _of_key(section, key)]
    return reduce(lambda one, two: one | two, rules) if rules else None


def condition_of(section: Section) -> Leaf | None:
    """The condition of an edge: a table with one rule about a message, whose other keys are that rule's own."""
    found = [key for key in OF_A_MESSAGE if key in section]
    if len(found) != 1:
        section.complain(None, f"a condition has one of these keys: {', '.join(OF_A_MESSAGE)}")
        return None
    key = found[0]
    make, word = _WORDS[key]
    given = section.values[key]
    if isinstance(given, dict):
        rest = [other for other in section.values if other != key]
        if rest:
            section.complain(rest[0], f"belongs into the table of {key}")
        return _made(section, key, make, given)
    return _made(section, key, make, {word: given, **{k: v for k, v in section.values.items() if k != key}})


def _of_key(section: Section, key: str) -> list[Rule]:
    given = section.values[key]
    if key in _JOINTS:
        return _joined(section, key)
    if key in _SWITCHES and isinstance(given, bool):
        if not given:
            section.complain(key, "leave it out to turn it off")
        return [_SWITCHES[key]()]
    if key in _NUMBERS:
        number = section.whole(key)
        return [] if number is None else [_NUMBERS[key](number)]
    if key == "elapsed":
        return _elapsed(section, given)
    make, word = _WORDS[key]
    rules: list[Rule] = []
    for one in given if isinstance(given, list) else [given]:
        table = one if isinstance(one, dict) else {word: one}
        made = _made(section, key, make, table)
        rules += [] if made is None else [made]
    return rules


def _elapsed(section: Section, given: object) -> list[Rule]:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < float("inf"):
        section.complain("elapsed", f"must be seconds above 0, not {given!r}")
        return []
    return [Elapsed(float(given))]


def _joined(section: Section, key: str) -> list[Rule]:
    if key == "not":
        inner = section.section(key)
        rule = None if inner is None else rule_of(inner)
        return [] if rule is None else [~rule]
    parts = [rule for one in section.sections(key) if (rule := rule_of(one)) is not None]
    if not parts:
        return []
    return [reduce((lambda one, two: one & two) if key == "all" else (lambda one, two: one | two), parts)]


def _made(section: Section, key: str, make: Callable[..., Leaf], given: Mapping[str, object]) -> Leaf | None:
    _, word = _WORDS[key]
    if not isinstance(given.get(word), str):
        shown = repr(given.get(word)) if word in given else "nothing"
        section.complain(key, f'must be text, or a table with {word} = "...", not {shown}')
        return None
    if key in ("mentions", "says", "emitted", "where") and not isinstance(given.get("by", ""), str):
        section.complain(key, f"by must be the name of an agent, not {given['by']!r}")
        return None
    try:
        return make(**given)
    except (ConfigurationError, TypeError) as error:
        section.complain(key, str(error))
        return None
