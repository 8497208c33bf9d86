"""Two runs side by side, turn by turn, and where the next turn went to another agent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, Literal

from rich.text import Text

from agentchat.debug.comparing.divergence import Differing, Seen
from agentchat.debug.comparing.turn_pairs import Given, RoutingChange, Spot, TurnPair
from agentchat.debug.diff import Diff
from agentchat.terminal.diff_words import CAME, CHANGED, GONE, QUIET, Look, changed_text
from agentchat.terminal.notes import compact
from agentchat.terminal.sanitize import sanitize_line
from agentchat.terminal.usage_text import many

MOST: Final = 20
"""Turns that differ and are shown."""
SHORT: Final = 12
"""Lines of the text of one turn that are shown."""
_FOLLOWS: Final = frozenset({"prompt", "tokens"})
"""What differs in every turn behind a changed message, whether or not it made a difference there."""
_TOLD: Final = frozenset({"text", "prompt"})
"""What is told by other means than event by event."""


def turn_lines(found: Diff, look: Look) -> Iterator[Text]:
    """All turns in order; those that are the same, or differ only in their prompts, are counted."""
    shown = 0
    for how, group in groupby(found.turns, lambda pair: _how(pair, look)):
        pairs = [*group]
        if how != "differ":
            yield _counted(how, pairs)
            continue
        for pair in pairs if look.everything else pairs[: MOST - shown]:
            yield from _pair_lines(pair, found, look)
            shown += 1
        if shown == MOST and not look.everything:
            break
    left = sum(_how(pair, look) == "differ" for pair in found.turns) - shown
    if left:
        yield Text(f"  … {left:,} more that differ (--all shows them)", style=QUIET)


def routing_lines(changes: Sequence[RoutingChange], look: Look) -> Iterator[Text]:
    """Who was next in each run where both had come to the same point."""
    kept = changes if look.everything else changes[:MOST]
    for change in kept:
        a, b = change.after_a, change.after_b
        where = f"behind event {a}" if a == b else f"behind event {a} of A and event {b} of B"
        yield Text(f"  {where} the turn went", style=QUIET)
        for sign, style, given in (("-", GONE, change.a), ("+", CAME, change.b)):
            yield Text("    ").append(f"{sign} ", style=style).append(sanitize_line(_given(given)))
    if len(kept) < len(changes):
        yield Text(f"  … {many(len(changes) - len(kept), 'more place')} (--all shows them)", style=QUIET)


def _how(pair: TurnPair, look: Look) -> Literal["same", "follow", "differ"]:
    if not pair.changes:
        return "same"
    return "follow" if _FOLLOWS.issuperset(pair.changes) and not look.everything else "differ"


def _counted(how: str, pairs: list[TurnPair]) -> Text:
    turns = sum(pair.kind == "turn" for pair in pairs)
    others = len(pairs) - turns
    parts = [many(turns, "turn")] if turns else []
    parts += [many(others, "other event")] if others else []
    told = "the same" if how == "same" else "alike in what was said; the prompts or tokens differ"
    sign = "  =  " if how == "same" else "  ~  "
    return Text(f"{sign}{' and '.join(parts)} {told}{_range(pairs)}", style=QUIET)


def _range(pairs: list[TurnPair]) -> str:
    """Where they begin."""
    a, b = pairs[0].a, pairs[0].b
    return "" if a is None or b is None else f" (from {_at(a, b)})"


def _at(a: Spot | None, b: Spot | None) -> str:
    if a is not None and b is not None:
        return f"event {a.seq}" if a.seq == b.seq else f"event {a.seq} of A and {b.seq} of B"
    spot = a or b
    return "" if spot is None else f"event {spot.seq} of {'B' if a is None else 'A'}"


def _pair_lines(pair: TurnPair, found: Diff, look: Look) -> Iterator[Text]:
    sign, style = ("~", CHANGED) if pair.a and pair.b else ("-", GONE) if pair.a else ("+", CAME)
    who = pair.agent or pair.kind.replace("_", " ")
    text = Text("  ").append(f"{sign}  ", style=style).append(sanitize_line(who), style="bold")
    text.append(f"  {_at(pair.a, pair.b)}: {', '.join(pair.changes)}{_took(pair)}", style=QUIET)
    yield text
    yield from _text_lines(pair, found, look)
    for moment in pair.moments:
        if moment.what not in _TOLD and not _told_by_text(pair, moment):
            yield from _moment_lines(moment)


def _text_lines(pair: TurnPair, found: Diff, look: Look) -> Iterator[Text]:
    """What was said, compared where both said something."""
    if not (pair.a and pair.b and pair.a.said and pair.b.said):
        for sign, style, said in (("-", GONE, pair.a_text), ("+", CAME, pair.b_text)):
            if said is not None:
                yield Text("       ").append(f"{sign} ", style=style).append(sanitize_line(compact(said)))
    elif pair.a_text is None or pair.b_text is None:
        return
    elif _is_first(pair, found):
        yield Text("       (the text is compared above)", style=QUIET)
    else:
        for line in changed_text(pair.a_text, pair.b_text, look, most=SHORT):
            yield Text("       ").append_text(line)


def _is_first(pair: TurnPair, found: Diff) -> bool:
    """Whether the first difference is what this turn said."""
    first = found.first
    texts = None if first is None or first.a is None or first.b is None else (first.a.text, first.b.text)
    return texts == (pair.a_text, pair.b_text)


def _told_by_text(pair: TurnPair, moment: Differing) -> bool:
    """How a turn ended, or a result that was said as it stands."""
    if pair.a_text is None or moment.what == "ending":
        return pair.a_text is not None
    sides = ((pair.a, moment.a), (pair.b, moment.b))
    return all(spot is not None and seen is not None and seen.seq in spot.taken for spot, seen in sides)


def _moment_lines(moment: Differing) -> Iterator[Text]:
    for sign, style, seen in (("-", GONE, moment.a), ("+", CAME, moment.b)):
        if seen is not None:
            yield Text("       ").append(f"{sign} ", style=style).append(_seen(seen))


def _seen(seen: Seen) -> str:
    return sanitize_line(f"event {seen.seq}: {seen.told}")


def _took(pair: TurnPair) -> str:
    """Tokens where they differ; what is not known is said to be."""
    if "tokens" not in pair.changes or pair.a is None or pair.b is None:
        return ""
    a, b = ("unknown" if spot.tokens is None else f"{spot.tokens:,}" for spot in (pair.a, pair.b))
    return f" {a} → {b}"


def _given(given: Given | None) -> str:
    if given is None:
        return "to nobody: the run or its record ends"
    among = f", among {', '.join(given.candidates)}" if given.candidates else ""
    return f"to {given.to} at event {given.seq} ({given.router}: {given.reason}{among})"
