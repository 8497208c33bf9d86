"""Two runs compared, for people: what is compared, what was the same, and the first difference. Pure.

Turns, routing and numbers follow in `diff_turns` and `diff_numbers`. Every text is made harmless before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from agentchat.debug.comparing.divergence import Divergence, Seen
from agentchat.debug.diff import Diff, Side
from agentchat.terminal.diff_numbers import number_lines
from agentchat.terminal.diff_turns import routing_lines, turn_lines
from agentchat.terminal.diff_words import CAME, GONE, QUIET, Look, changed_text, path_lines
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.terminal.usage_text import many

AGREED: Final = 12
"""Places of the agreement that are shown."""


def diff_lines(found: Diff, names: tuple[str, str], look: Look) -> Iterator[Text]:
    """The whole account, line by line. names: what the user called the two."""
    if found.same:
        yield Text(_same(found), style="green")
        return
    yield from _sides(found, names)
    if found.agreed:
        yield from _headed("Agreed differently", _agreed(found, look))
    what = "" if found.first is None else f": {found.first.what}"
    yield from _headed(f"First difference{what}", _first(found, look))
    yield from _headed("Turns", turn_lines(found, look))
    if found.routing:
        yield from _headed("Routing", routing_lines(found.routing, look))
    yield from _headed("Numbers", number_lines(found.measures, look))


def _same(found: Diff) -> str:
    turns = next((one.a.value for one in found.measures if one.what == "turns" and one.a is not None), 0)
    return f"no difference: {many(int(turns or 0), 'turn')}, {found.a.events:,} and {found.b.events:,} events"


def _headed(heading: str, lines: Iterator[Text]) -> Iterator[Text]:
    yield Text("")
    yield Text(heading, style="bold")
    yield from lines


def _sides(found: Diff, names: tuple[str, str]) -> Iterator[Text]:
    wide = min(max(len(sanitize_line(name)) for name in names), 40)
    for label, style, name, side in (("A", GONE, names[0], found.a), ("B", CAME, names[1], found.b)):
        ending = "not ended" if side.outcome == "open" else f"{side.outcome}: {side.reason}"
        text = Text(f"{label}  ", style=f"bold {style}")
        text.append(f"{sanitize_line(name):<{wide}}  ", style="not bold default")
        text.append(sanitize_line(f"{many(side.events, 'event')}, {ending}"), style=f"not bold default {QUIET}")
        yield text
    for label, side in (("A", found.a), ("B", found.b)):
        yield from (Text(line, style=QUIET) for line in _history(label, side, found.shared))


def _history(label: str, side: Side, shared: int) -> Iterator[str]:
    """Where a branch comes from, and what was edited in it, as far as the other does not share it."""
    for fork in side.forks:
        if fork.parent.seq >= shared:
            why = "".join((f" by {fork.author}" if fork.author else "", f": {fork.reason}" if fork.reason else ""))
            yield sanitize_line(f"{label} was forked from {fork.parent.conversation} at event {fork.parent.seq}{why}")
    for one in side.edits:
        if one.seq > shared:
            edit = one.edit
            target = "" if edit.target is None else f" of event {edit.target}"
            yield sanitize_line(
                f"{label} was edited at event {one.seq} by {edit.author} ({edit.act}{target}): {edit.reason}"
            )


def _agreed(found: Diff, look: Look) -> Iterator[Text]:
    shown = found.agreed if look.everything else found.agreed[:AGREED]
    for change in shown:
        yield Text(f"  {sanitize_line(change.path)}")
        yield from path_lines(change, look, indent=4)
    if len(shown) < len(found.agreed):
        yield Text(f"  … {many(len(found.agreed) - len(shown), 'more place')} (--all shows them)", style=QUIET)


def _first(found: Diff, look: Look) -> Iterator[Text]:
    first = found.first
    if first is None:
        yield Text("  none in what was said and done: it is what was agreed, or the numbers, that differ", style=QUIET)
        return
    yield Text(f"  {_alike(found)}", style=QUIET)
    for label, style, seen, ends, side in (
        ("A", GONE, first.a, first.a_ends, found.a),
        ("B", CAME, first.b, first.b_ends, found.b),
    ):
        yield Text("  ").append(f"{label}  ", style=f"bold {style}").append(_did(seen, ends, side))
    if first.path is not None:
        more = f", and {many(first.more, 'more place')} behind it" if first.more else ""
        yield Text(f"  the {first.what} differs first at {sanitize_line(first.path.path or 'its root')}{more}")
        yield from path_lines(first.path, look, indent=4)
    elif first.note is not None:
        yield Text(f"  {sanitize(first.note)}", style=QUIET)
    yield from _texts(first, look)


def _alike(found: Diff) -> str:
    """How far both are the same."""
    if found.shared and found.shared in (found.a.events, found.b.events):
        part, whole = ("A", "B") if found.shared == found.a.events else ("B", "A")
        return f"{part} is the beginning of {whole}: its {many(found.shared, 'event')} are those of {whole}"
    if found.shared:
        branches = f"one record up to event {found.shared}"
        if found.shared in (found.alike_a, found.alike_b):
            return f"branches of one conversation: {branches}"
        return f"branches of one conversation: {branches}; they do the same up to {_both(found)}"
    return f"the same up to {_both(found)} ({many(found.alike_turns, 'turn')})"


def _both(found: Diff) -> str:
    a, b = found.alike_a, found.alike_b
    return f"event {a}" if a == b else f"event {a} of A and event {b} of B"


def _did(seen: Seen | None, ends: bool, side: Side) -> str:
    if seen is not None:
        return sanitize_line(f"event {seen.seq}: {seen.told}")
    return f"nothing: its record ends at event {side.events}" if ends else "nothing of the kind"


def _texts(first: Divergence, look: Look) -> Iterator[Text]:
    """What was said on both sides, compared, where it does not stand above in full."""
    if first.a is None or first.b is None or first.a.text is None or first.b.text is None:
        return
    if first.a.text == first.b.text:
        return
    for line in changed_text(first.a.text, first.b.text, look):
        yield Text("    ").append_text(line)
