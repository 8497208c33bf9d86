"""The chain of causes of an event, back to the task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from agentchat.debug.source import Source, check_place, read
from agentchat.debug.why import calls, endings, people, record, routing, turns
from agentchat.debug.why.moment import Moment, Past
from agentchat.debug.why.steps import Chain, Detail, fact, step_of
from agentchat.policy.state import state_of
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Compacted,
    Diverged,
    Edited,
    Entry,
    ExternalSignal,
    Forked,
    Interrupted,
    Judged,
    Opened,
    Overrun,
    Paused,
    PersonaChanged,
    Refused,
    Released,
    RunStarted,
    Said,
    Scrubbed,
    StateSet,
    Taken,
    TimeUp,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
    Warned,
)
from agentchat.transcript.transcript import Transcript

_TELLERS: Final[dict[type, Callable[[Moment, Any], Iterator[Detail]]]] = {
    Opened: record.opened,
    RunStarted: record.run_started,
    Said: turns.said,
    TurnGiven: routing.turn_given,
    TurnPassed: turns.turn_passed,
    TurnFailed: turns.turn_failed,
    TurnCancelled: turns.turn_cancelled,
    Refused: turns.refused,
    CallStarted: calls.call_started,
    CallDenied: calls.call_denied,
    CallFinished: calls.call_finished,
    CallFailed: calls.call_failed,
    CallCancelled: calls.call_cancelled,
    CallInDoubt: calls.call_in_doubt,
    Diverged: calls.diverged,
    Overrun: calls.overrun,
    StateSet: turns.state_set,
    Paused: people.paused,
    Answered: people.answered,
    Interrupted: people.interrupted,
    ExternalSignal: people.external,
    TimeUp: people.time_up,
    Judged: people.judged,
    Warned: people.warned,
    Taken: record.taken,
    Released: record.released,
    Compacted: record.compacted,
    PersonaChanged: record.persona_changed,
    Forked: record.forked,
    Edited: record.edited,
    Scrubbed: record.scrubbed,
    Closed: endings.closed,
}
"""What tells of each kind of event: first the sentence, then what stands behind it."""

_BEGINNINGS: Final = (Opened, RunStarted, Taken, Released, Forked, Edited, PersonaChanged, Scrubbed)
"""Where a chain ends: what somebody did from outside, for reasons of their own."""
_INPUTS: Final = (ExternalSignal, Interrupted, TimeUp)
"""What comes at any time. The entry before it is its place, not its cause."""
_TURNING: Final = (RunStarted, Forked, Edited, PersonaChanged)
"""What is told where it stands between a cause and its effect."""


def why(source: Source, seq: int | None = None) -> Chain:
    """Why an event came about, step by step back to the task; without `seq`, why the last run ended.

    Where no run has ended it is about the last event. It reads the record alone. Raises NoSuchEvent for a place that
    is not there, or another TranscriptError for a file that cannot be read.
    """
    whole = read(source)
    asked = _last(whole) if seq is None else seq
    check_place(whole, asked)
    places = _chain(whole, asked)
    past = Past(whole, places[-1] - 1)
    steps = [
        step_of(whole.recorded(place), _story(whole, past, place, alone=place == asked)) for place in reversed(places)
    ]
    return Chain(conversation=whole.conversation, seq=asked, steps=tuple(reversed(steps)))


def _last(whole: Transcript) -> int:
    """The last ending, or the last event where there is none."""
    ends = (entry.seq for entry in reversed(whole.since(0)) if isinstance(entry.event, Closed))
    return next(ends, len(whole))


def _chain(whole: Transcript, seq: int) -> list[int]:
    """The places of the chain, the asked one first, each before the one it brought about."""
    places = [seq]
    while (cause := _cause(whole, whole.recorded(places[-1]))) is not None:
        between = range(places[-1] - 1, cause, -1)
        places += [place for place in between if isinstance(whole.recorded(place).event, _TURNING)]
        places.append(cause)
    return places


def _cause(whole: Transcript, entry: Entry) -> int | None:
    """What brought an entry about; None at the beginning of a chain."""
    event = entry.event
    if isinstance(event, _BEGINNINGS):
        return None
    if isinstance(event, _INPUTS) or (isinstance(event, Said) and event.turn is None):
        return _run_of(whole, entry.seq)
    cause = entry.cause
    if isinstance(event, Answered):
        cause = _question(whole, entry.seq, event.pause) or cause
    elif isinstance(event, Paused | Compacted):
        cause = event.call
    return cause if 1 <= cause < entry.seq else None


def _run_of(whole: Transcript, seq: int) -> int | None:
    """The start of the run that an event belongs to."""
    starts = (place for place in range(seq - 1, 0, -1) if isinstance(whole.recorded(place).event, RunStarted))
    return next(starts, None)


def _question(whole: Transcript, seq: int, pause: str) -> int | None:
    """The question that an answer is for."""
    for place in range(seq - 1, 0, -1):
        asked = whole.recorded(place).event
        if isinstance(asked, Paused) and asked.pause == pause:
            return place
    return None


def _story(whole: Transcript, past: Past, seq: int, *, alone: bool) -> Iterator[Detail]:
    """One event with what stands behind it, as it was at the time."""
    yield from _tell(Moment(whole.recorded(seq), past.upto(seq - 1), whole, _tell))
    for fired in state_of(past.upto(seq)).fired.values():
        if fired.event == seq:
            yield fact(f"with this, the rule {fired.leaf} came true", rule=str(fired.leaf))
    yield from record.changed_since(whole, seq)
    if alone:
        yield from record.inherited(whole, seq)


def _tell(moment: Moment) -> Iterator[Detail]:
    return _TELLERS[type(moment.entry.event)](moment, moment.entry.event)
