"""For each entry the name it is about, the turn it belongs to, and its seconds on the page's time axis."""

from __future__ import annotations

from agentchat.transcript.events import (
    Answered,
    CallDenied,
    CallStarted,
    Compacted,
    Edited,
    Entry,
    Event,
    ExternalSignal,
    Interrupted,
    Paused,
    PersonaChanged,
    RunStarted,
    Said,
    Scrubbed,
    StateSet,
    TurnGiven,
)


class Places:
    """Collects them, entry by entry. Names are numbered as they come; -1 is nobody, turn 0 is none."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = list(names)
        self._numbers = {name: number for number, name in enumerate(names)}
        self._base = 0.0
        self.who: list[int] = []
        self.turns: list[int] = []
        self.times: list[float] = []

    def take(self, entry: Entry) -> float:
        """Take an entry in; gives its seconds."""
        event = entry.event
        fields = vars(event)  # what an event lacks is found missing at once, without an error raised and caught
        name, turn, call = _named(event), fields.get("turn") or 0, fields.get("call")
        number = -1 if name is None else self.number(name)
        if isinstance(call, int) and 1 <= call < entry.seq:
            turn = turn or self.turns[call - 1]
            number = self.who[call - 1] if number < 0 else number
        if isinstance(event, TurnGiven):
            turn = entry.seq
        elif turn and number < 0 and turn < entry.seq:
            number = self.who[turn - 1]
        self.who.append(number)
        self.turns.append(turn)
        self.times.append(self._seconds(entry))
        return self.times[-1]

    def number(self, name: str) -> int:
        """The number of a name."""
        if name not in self._numbers:
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]

    def _seconds(self, entry: Entry) -> float:
        """Active seconds; runs follow one another, and nothing goes back."""
        last = self.times[-1] if self.times else 0.0
        if isinstance(entry.event, RunStarted):
            self._base = last - entry.active
        return round(max(last, self._base + entry.active), 6)


def _named(event: Event) -> str | None:
    match event:
        case Said(sender=name) | TurnGiven(to=name) | CallStarted(agent=name) | CallDenied(agent=name):
            return name
        case StateSet(agent=name) | Compacted(agent=name) | PersonaChanged(agent=name):
            return name
        case Answered(by=name) | Interrupted(by=name) | ExternalSignal(by=name):
            return name
        case Edited(author=name) | Scrubbed(author=name) | Paused(to=name):
            return name
    return None
