"""Two runs side by side: which step of one stands beside which of the other, and in what they differ.

Steps that are the same go together, in order (`debug.align`); what is left between is paired by who acts. Times are
shown and never counted as a difference: no two runs take the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from agentchat.debug.align import aligned
from agentchat.errors import TranscriptError
from agentchat.report.turns import Step
from agentchat.transcript.events import Said, TurnGiven
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Transcript

_HALF: Final = 0.5
"""How alike two steps are that are of the same agent and no more."""
_Print = tuple[str, str, str]
"""Who acted, how it ended, what was said."""


class Pair(Frozen):
    """A step of each run (places in their lists, from 0), or of one alone. differs: in what, in words."""

    a: int | None = None
    b: int | None = None
    differs: tuple[str, ...] = ()


def pairs(first: Transcript, steps: Sequence[Step], second: Transcript, others: Sequence[Step]) -> tuple[Pair, ...]:
    """The steps of two runs, aligned."""
    a, b = [_print(first, step) for step in steps], [_print(second, step) for step in others]

    def alike(one: int, other: int) -> float:
        return _HALF * (1 + (a[one][1] == b[other][1])) if a[one][0] == b[other][0] else 0

    found = []
    for one, other in aligned(a, b, alike):
        if one is None or other is None:
            found.append(Pair(a=one, b=other, differs=("only here",)))
        else:
            differs = tuple(_differences(first, steps[one], a[one], second, others[other], b[other]))
            found.append(Pair(a=one, b=other, differs=differs))
    return tuple(found)


def _print(transcript: Transcript, step: Step) -> _Print:
    event = transcript.recorded(step.end).event if step.end else None
    if not isinstance(event, Said):
        return step.who, step.how, ""
    try:
        return step.who, step.how, transcript.body_of(event).model_dump_json()
    except (TranscriptError, LookupError):  # it refers to a call that is not there
        return step.who, step.how, event.model_dump_json()


def _differences(first: Transcript, step: Step, a: _Print, second: Transcript, other: Step, b: _Print) -> Iterator[str]:
    if a[1] != b[1]:
        yield f"{a[1]} / {b[1]}"
    elif a[2] != b[2]:
        yield "text"
    if _reason(first, step) != _reason(second, other):
        yield "routing"
    if step.calls != other.calls:
        yield f"{step.calls} / {other.calls} calls"
    if step.troubles != other.troubles:
        yield f"{step.troubles} / {other.troubles} refused or denied"


def _reason(transcript: Transcript, step: Step) -> tuple[str, str] | None:
    """Who chose the agent, and why; positions are left out, for they are another run's."""
    event = transcript.recorded(step.given).event if step.given else None
    return (event.why.router, event.why.reason) if isinstance(event, TurnGiven) else None
