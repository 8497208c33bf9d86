"""What a `Stalemate` remembers of the last messages, results and silences, and the patterns it finds in them.

All of it is bounded: the last few messages and results of each agent of a team, and runs no longer than the rule asks.
Plain values go in and a `Pattern` comes out; nothing here reads a transcript.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from agentchat.policy.rules.likeness import Sample

KEPT: Final = 4
"""Messages and results of one agent that are looked back on: enough to see a circle of three things said in turn."""


class Pattern(NamedTuple):
    """What was found: which kind, whose, and the events that make it."""

    name: str
    who: tuple[str, ...]
    events: tuple[int, ...]


class Act(NamedTuple):
    """A call of code or of a tool, or what came of it, as far as two can be the same."""

    asked: object
    result: object


class Recent:
    """The memory of one run. Each method takes one thing in and gives the pattern it completes, or None.

    New input from a person clears it: whatever was repeated, something new has happened.
    """

    __slots__ = ("_acts", "_fresh", "_heard", "_news", "_pair", "_same_acts", "_silent", "repeated", "repeats")

    def __init__(self, repeats: int) -> None:
        self.repeats = repeats
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._heard: dict[str, deque[Sample]] = {}
        self._fresh: dict[str, int] = {}  # each speaker's last message that was like none of its own before
        self._news = 0  # the last result that was new
        self.repeated: dict[str, list[int]] = {}
        self._pair: list[tuple[str, Sample]] = []
        self._acts: dict[str, deque[Act]] = {}
        self._same_acts: dict[str, list[int]] = {}
        self._silent: list[tuple[str, int]] = []

    def said(self, who: str, now: Sample) -> Pattern | None:
        """A message that is no routing, no result and not empty."""
        self._silent.clear()
        earlier = self._heard.get(who)
        if earlier is None:
            earlier = self._heard[who] = deque(maxlen=KEPT)
            self.repeated[who] = []
        before = None
        for one in reversed(earlier):
            if now.like(one):
                before = one
                break
        again = before is not None and before is earlier[-1]
        earlier.append(now)
        run = self.repeated[who]
        if before is None:
            self._fresh[who] = now.seq
            run.clear()
        elif self._counts(who, now, before):
            run.extend((now.seq,) if run else (before.seq, now.seq))
        else:
            run.clear()
        paired = self._paired(who, now, again)
        if len(run) > self.repeats:
            return Pattern("repetition", (who,), tuple(run))
        return paired

    def _counts(self, who: str, now: Sample, before: Sample) -> bool:
        """Whether a message like an earlier one says that nothing has happened in between.

        A short one ("Thanks!", "Yes, please go on") is often the same while the work goes on: it does so only where
        nobody else has said anything new since it was said before.
        """
        if self._news > before.seq:
            return False
        if max(self._fresh.values()) < before.seq:
            return True  # nobody at all: the words need not be counted
        return not now.short or all(seq < before.seq for one, seq in self._fresh.items() if one != who)

    def _paired(self, who: str, now: Sample, again: bool) -> Pattern | None:
        """Two speakers in turn, each saying again what it said the last time; `again` says that this one does."""
        pair = self._pair
        if pair:
            speaker, last = pair[-1]
            if speaker == who or self._news > last.seq:
                pair.clear()  # the same speaker again, or a new result since
            elif len(pair) > 1 and (pair[-2][0] != who or not again):
                del pair[:-1]
        pair.append((who, now))
        if len(pair) < 4 or len(pair) < 2 * self.repeats:
            return None
        return Pattern("ping-pong", tuple(sorted({one[0] for one in pair})), tuple(one[1].seq for one in pair))

    def acted(self, who: str, seq: int, act: Act) -> Pattern | None:
        """A call of code or a tool has come back."""
        known = self._acts.get(who)
        same = known is not None and known[-1] == act
        self.learnt(who, seq, act)
        run = self._same_acts.setdefault(who, [])
        if not same:
            run.clear()
        run.append(seq)
        return Pattern("same call", (who,), tuple(run)) if len(run) > self.repeats else None

    def learnt(self, who: str, seq: int, act: Act) -> None:
        """A result was seen; it is news unless it is among the last few of this agent."""
        known = self._acts.setdefault(who, deque(maxlen=KEPT))
        if act not in known:
            self._news = seq
            self._silent.clear()
        known.append(act)

    def silent(self, who: str, seq: int, team: int) -> Pattern | None:
        """A turn that says nothing, in a team of that many agents.

        Not every agent has something to say to everything, so two silent turns in a row are no stalemate yet: the
        whole team must have been silent, or one agent twice.
        """
        self._silent.append((who, seq))
        speakers = {one[0] for one in self._silent}
        if len(self._silent) < self.repeats or (len(speakers) < team and len(speakers) == len(self._silent)):
            return None
        return Pattern("silence", tuple(sorted(speakers)), tuple(one[1] for one in self._silent))
