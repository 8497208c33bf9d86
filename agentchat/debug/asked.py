"""The exact request of a recorded call, put together again from the log, and whether it is what was sent.

The bytes come from the call's recipe and from the events that it points to, as they read at the time: an edit further
on changes nothing here. That they are those that were sent is shown by the digest that was recorded then.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pydantic_core import to_json

from agentchat.debug.source import Source, check_place, read
from agentchat.errors import NoSuchEvent
from agentchat.policy.prompts.context import context_of
from agentchat.policy.prompts.request import rebuild, resolve
from agentchat.transcript.calls import AskRecipe, CallRecipe, CodeRecipe, ModelRecipe, ToolRecipe
from agentchat.transcript.chain import digest
from agentchat.transcript.events import (
    CALL_OVER,
    CallDenied,
    CallFinished,
    CallStarted,
    Compacted,
    Event,
    Overrun,
    Paused,
    Refused,
    Said,
    TurnGiven,
)
from agentchat.transcript.transcript import Transcript

_OF_A_CALL: Final = (*CALL_OVER, Overrun, Paused)
_NEAREST: Final = 3
"""Calls that are named where the event asked about is none."""
_AROUND: Final = (40, 60)
"""Characters before and behind the first place where two requests differ."""


class Asked(NamedTuple):
    """The request of one call.

    seq: its CallStarted. body: the bytes that the digest is of: what was sent to a model; of a program its language, a
    line end and its source; of a tool its name and arguments, of a question its words, schema and addressee, as JSON.
    source: the source of a program, else None. rebuilt: the digest of `body`; the recorded one is `started.digest`.
    differs: what does not fit, a line each; empty where the digests are equal.
    """

    seq: int
    started: CallStarted
    body: bytes
    rebuilt: str
    source: str | None
    differs: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """Whether these are the bytes that were sent."""
        return self.rebuilt == self.started.digest


def request(source: Source, seq: int) -> Asked:
    """The request of the call at `seq`, or of the only one that the event at `seq` comes from.

    Raises NoSuchEvent where there is no such place, no call, or not one alone; DamagedTranscript where a recipe cannot
    be followed; another TranscriptError for a file that cannot be read.
    """
    whole = read(source)
    check_place(whole, seq)
    place, started = _call(whole, seq)
    before = whole.upto(place - 1)
    program = resolve(before, started.recipe.source) if isinstance(started.recipe, CodeRecipe) else None
    body = _body(before, started.recipe, program)
    rebuilt = digest(body)
    differs = () if rebuilt == started.digest else _differs(before, started, body, rebuilt)
    return Asked(place, started, body, rebuilt, program, differs)


def _body(before: Transcript, recipe: CallRecipe, program: str | None) -> bytes:
    """What the digest of a call is of."""
    if isinstance(recipe, ModelRecipe):
        return rebuild(before, recipe).join()
    if isinstance(recipe, ToolRecipe):
        return to_json([recipe.name, recipe.arguments])
    if isinstance(recipe, AskRecipe):
        return to_json([recipe.question, recipe.answer_schema, recipe.to])
    return f"{recipe.language}\n{program}".encode()


# which call is meant


def _call(whole: Transcript, seq: int) -> tuple[int, CallStarted]:
    event = whole.recorded(seq).event
    place = seq
    if isinstance(event, _OF_A_CALL):
        place = event.call
    elif isinstance(event, TurnGiven):
        place = _only_one_of(whole, seq)
    elif isinstance(event, Compacted | Said | Refused):
        place = _behind(whole, seq, event)
    started = whole.recorded(place).event if 1 <= place <= len(whole) else None
    if isinstance(started, CallStarted):
        return place, started
    if isinstance(event, CallDenied):
        raise NoSuchEvent(f"event {seq} is a call that was not admitted: nothing was sent. {_near(whole, seq)}")
    raise NoSuchEvent(f"event {seq} is {event.kind}, which is no call. {_near(whole, seq)}")


def _only_one_of(whole: Transcript, turn: int) -> int:
    """The one model call of a turn."""
    calls = [seq for seq, started in _model_calls(whole) if started.turn == turn]
    if len(calls) == 1:
        return calls[0]
    if not calls:
        raise NoSuchEvent(f"event {turn} is a turn without a model call. {_near(whole, turn)}")
    named = ", ".join(str(seq) for seq in calls)
    raise NoSuchEvent(f"event {turn} is a turn with {len(calls)} model calls: {named}. Name one of them")


def _behind(whole: Transcript, seq: int, event: Compacted | Said | Refused) -> int:
    """The call whose result an event is."""
    ends = (event.call,) if isinstance(event, Compacted) else event.from_calls or ()
    calls = [_started(whole, end) for end in ends]
    if len(calls) == 1:
        return calls[0]
    if calls:
        named = ", ".join(str(call) for call in calls)
        raise NoSuchEvent(f"event {seq} comes from {len(calls)} calls: {named}. Name one of them")
    raise NoSuchEvent(f"event {seq} ({event.kind}) is not word for word the result of a call. {_near(whole, seq)}")


def _started(whole: Transcript, end: int) -> int:
    event: Event | None = whole.recorded(end).event if 1 <= end <= len(whole) else None
    return event.call if isinstance(event, CallFinished) else 0


def _model_calls(whole: Transcript) -> list[tuple[int, CallStarted]]:
    calls = ((entry.seq, entry.event) for entry in whole)
    return [
        (seq, event) for seq, event in calls if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe)
    ]


def _near(whole: Transcript, seq: int) -> str:
    """The model calls nearest to an event, in words."""
    calls = sorted(_model_calls(whole), key=lambda call: abs(call[0] - seq))[:_NEAREST]
    if not calls:
        return "This record holds no model call"
    named = (f"{place} ({started.agent} in turn {started.turn})" for place, started in sorted(calls, key=_place))
    return f"The model calls nearest to it: {', '.join(named)}"


def _place(call: tuple[int, CallStarted]) -> int:
    return call[0]


# what differs


def _differs(before: Transcript, started: CallStarted, body: bytes, rebuilt: str) -> tuple[str, ...]:
    """What can be said of a request that is not the recorded one: with luck, what it was."""
    found = [f"recorded: sha256 {started.digest}", f"rebuilt:  sha256 {rebuilt} ({len(body):,} bytes)"]
    sent = _shown_now(before, started)
    if sent is not None and digest(sent) == started.digest:
        recorded, now = _first_change(sent.decode(), body.decode())
        found += [
            "the recipe of the call was changed since; put together from the conversation itself, the request is right",
            f"sent:     {recorded}",
            f"recipe:   {now}",
        ]
    else:
        found.append("the recipe, or an event it points to, was changed since: the bytes that were sent are not here")
    return tuple(found)


def _shown_now(before: Transcript, started: CallStarted) -> bytes | None:
    """The request as it would be put together from the conversation, without the call's recipe."""
    recipe = started.recipe
    if not isinstance(recipe, ModelRecipe) or recipe.context is None:
        return None
    context = context_of(before, started.agent)
    return context.growing.request(resolve(before, recipe.tail or context.base_tail or ())).join()


def _first_change(one: str, two: str) -> tuple[str, str]:
    """Two texts around the first place where they differ."""
    same = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    start = max(0, same - _AROUND[0])
    lead = "…" if start else ""
    return lead + one[start : same + _AROUND[1]], lead + two[start : same + _AROUND[1]]
