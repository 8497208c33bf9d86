"""A difference as lines to read: what was recorded, what is now, and what differs in the texts.

Two requests are compared message by message, any other two texts line by line, as `diff -u` shows them. The lines are
plain data; whoever prints them makes them harmless.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher, unified_diff
from typing import Any, Final, Literal, NamedTuple

from agentchat.debug.comparing.paths import changed_paths
from agentchat.rechecking.found import Found

MOST: Final = 60
"""Lines of one comparison that are shown, unless all are asked for."""
_CONTEXT: Final = 2
_LISTS: Final = ("messages", "input")

Kind = Literal["plain", "head", "gone", "came", "quiet"]


class Line(NamedTuple):
    """A line, and what it is: a heading, what was recorded, what is now, or what is beside the point."""

    text: str
    kind: Kind = "plain"


def difference_lines(found: Found, *, most: int | None = MOST) -> Iterator[Line]:
    """One difference: what was recorded, what is now, and the texts compared."""
    one = found.difference
    yield Line(f"event {one.seq}, {one.what}" if one.seq else one.what, "head")
    if found.texts is None or not one.what.startswith("the agreement"):  # else the comparison says it all
        yield Line(f"  recorded: {one.recorded}", "gone")
        yield Line(f"  now:      {one.now}", "came")
    if one.note:
        yield Line(f"  note:     {one.note}", "quiet")
    if found.texts is None:
        return
    lines = [*compared(*found.texts)]
    kept = lines if most is None else lines[:most]
    for line in kept:
        yield Line(f"  {line.text}", line.kind)
    if len(kept) < len(lines):
        yield Line(f"  … {many(len(lines) - len(kept), 'line')} more", "quiet")


def compared(recorded: str, now: str) -> Iterator[Line]:
    """How two texts differ; two requests message by message."""
    one, other = _request(recorded), _request(now)
    if one is None or other is None:
        yield from _unified(recorded, now)
    else:
        yield from _messages(one.messages, other.messages)
        yield from _settings(one.settings, other.settings)


class _Request(NamedTuple):
    messages: Sequence[object]
    settings: Mapping[str, Any]


def _request(text: str) -> _Request | None:
    """A model's request; None for what is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    name = next((one for one in _LISTS if isinstance(body.get(one), list)), None)
    return None if name is None else _Request(body.pop(name), body)


def _messages(recorded: Sequence[object], now: Sequence[object]) -> Iterator[Line]:
    one, other = [_key(message) for message in recorded], [_key(message) for message in now]
    for op, start, stop, there, here in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if op == "equal":
            yield Line(f"{_span(start, stop)}: the same", "quiet")
            continue
        both = min(stop - start, here - there)
        for place in range(both):
            a, b = recorded[start + place], now[there + place]
            yield Line(f"message {start + place + 1}{_role(a, b)} differs:", "head")
            yield from _unified(_text(a), _text(b))
        for place in range(start + both, stop):
            yield Line(f"message {place + 1}{_role(recorded[place])} was there, and is not now:", "head")
            yield from (Line(f"-{line}", "gone") for line in _text(recorded[place]).split("\n"))
        for place in range(there + both, here):
            yield Line(f"message {place + 1}{_role(now[place])} is new:", "head")
            yield from (Line(f"+{line}", "came") for line in _text(now[place]).split("\n"))


def _settings(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Line]:
    for change in changed_paths(dict(recorded), dict(now)):
        there, here = (json.dumps(value, ensure_ascii=False) for value in (change.a, change.b))
        was, is_now = there if change.in_a else "not set", here if change.in_b else "not set"
        yield Line(f"{change.path}: {was} → {is_now}", "head")


def _key(message: object) -> str:
    return json.dumps(message, sort_keys=True)


def _span(start: int, stop: int) -> str:
    return f"message {stop}" if stop == start + 1 else f"messages {start + 1} to {stop}"


def _role(*messages: object) -> str:
    roles = {str(one.get("role") or one.get("type") or "") for one in messages if isinstance(one, dict)}
    return f" ({', '.join(sorted(roles))})" if roles - {""} else ""


def _text(message: object) -> str:
    """The text of a message, and whatever else it holds."""
    if not isinstance(message, dict):
        return str(message)
    content = message.get("content")
    rest = {name: value for name, value in message.items() if name not in ("content", "role")}
    parts = [content] if isinstance(content, str) else [] if content is None else [_pretty(content)]
    return "\n".join([*parts, *([_pretty(rest)] if rest else [])])


def _pretty(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _unified(recorded: str, now: str) -> Iterator[Line]:
    """The lines that differ, with a few around them."""
    lines = unified_diff(recorded.split("\n"), now.split("\n"), "recorded", "now", n=_CONTEXT, lineterm="")
    kinds: dict[str, Kind] = {"-": "gone", "+": "came", "@": "quiet"}
    for line in lines:
        yield Line(line, kinds.get(line[:1], "plain"))


def many(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
