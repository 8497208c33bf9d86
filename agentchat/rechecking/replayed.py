"""The outcome of a check, as data and as words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agentchat.debug.replay import Difference
from agentchat.rechecking.found import Found, LeftOut
from agentchat.rechecking.reading import MOST, Line, difference_lines, many
from agentchat.transcript.transcript import Transcript


class Replayed(NamedTuple):
    """A saved run gone through once more; `str` of it says what came of that.

    checked: events that were decided again. found: all that differs, in order; later ones may follow from the first.
    run_again: how many turns of each agent acted again on the record. left_out: those that did not.
    """

    transcript: Transcript
    checked: int
    found: tuple[Found, ...]
    run_again: Mapping[str, int]
    left_out: tuple[LeftOut, ...]

    @property
    def differences(self) -> list[Difference]:
        """All that differs, without the texts."""
        return [one.difference for one in self.found]

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.found

    def headline(self) -> str:
        """What was gone through, and whether anything differs, in one line."""
        again = sum(self.run_again.values())
        names = ", ".join(f"{name} {turns}" for name, turns in sorted(self.run_again.items()))
        told = f"{many(self.checked, 'event')} checked"
        told += f", {many(again, 'turn')} run again ({names})" if again else ""
        if self.equal:
            return f"{told}, no difference"
        first = self.found[0].difference.seq
        return f"{told}, the first difference is {f'at event {first}' if first else 'in the agreement'}"

    def explained(self, *, most: int | None = MOST) -> Iterator[Line]:
        """The first difference, whole; those of the agreement come together, with the first event they change.

        most: lines of one comparison; None: all.
        """
        agreed = [one for one in self.found if one.difference.seq == 0]
        shown = [*agreed, *self.found[len(agreed) : len(agreed) + 1]]
        for one in shown:
            yield from difference_lines(one, most=most)
        more = len(self.found) - len(shown)
        if more:
            yield Line(f"and {more} more, which may follow from it", "quiet")

    def not_run_again(self) -> list[str]:
        """Who did not act again, and why; a line each."""
        return [f"not run again: {many(one.turns, 'turn')} of {one.agent}: {one.reason}" for one in self.left_out]

    def __str__(self) -> str:
        lines = (line.text for line in self.explained())
        return "\n".join([self.headline(), *lines, *self.not_run_again()])
