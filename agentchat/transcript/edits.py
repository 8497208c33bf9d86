"""What an edit makes of the entries before it.

An `Edited` entry changes what follows from here on, and nothing that was written: the line of its target stays as it
is. From the edit on, whoever asks the transcript for the target is given the changed event, so that everything that is
worked out from the log (what agents are shown, what rules count, what was spent) is worked out from what was edited,
by the same code. What is said of an event before the edit needs the transcript as it was: `Transcript.upto`.

    act        target                       the target reads from then on as
    replace    a message                    the message with the body `value`
    remove     a message                    TurnPassed where an agent said it, else Scrubbed, which nobody looks at
    insert     none                         the edit itself reads as the message `value`: {sender, body, to?}
    result     the end of a call            CallFinished with the result `value`, of the same kind of call
    rules      RunStarted (the last one)    the same run under the rules `value`
    budget     RunStarted (the last one)    the same run under the budget `value`
    agreement  Opened                       the same conversation with the charter `value`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pydantic import TypeAdapter, ValidationError

from agentchat.errors import EditRefused
from agentchat.transcript.calls import CallResult, Reply
from agentchat.transcript.events import (
    CallCancelled,
    CallFailed,
    CallFinished,
    CallStarted,
    Edited,
    Entry,
    Event,
    Opened,
    RunStarted,
    Said,
    Scrubbed,
    TurnPassed,
)
from agentchat.transcript.messages import Body

_BODY: Final[TypeAdapter[Body]] = TypeAdapter(Body)
_RESULT: Final[TypeAdapter[CallResult]] = TypeAdapter(CallResult)


def changed(entries: Sequence[Entry], edited: Edited, line: Callable[[int], str]) -> Entry:
    """The one entry that an edit changes, as it reads from then on.

    entries: the log up to the edit and with it. line: the digest of the stored line of an entry. Raises EditRefused
    for a target that is not there or is of another kind, and for a value that does not fit.
    """
    place = _target(entries, edited)
    if not 1 <= place <= len(entries):
        raise EditRefused(f"there is no event {place} to edit; the events before the edit are 1 to {len(entries) - 1}")
    entry = entries[place - 1]
    try:
        return entry._replace(event=_ACTS[edited.act](entries, entry, edited, line))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EditRefused(f"the new value for event {place} does not fit: {where}: {first['msg']}") from None


def _target(entries: Sequence[Entry], edited: Edited) -> int:
    if edited.act == "insert":
        return len(entries)
    if edited.target is not None:
        return edited.target
    if edited.act == "agreement":
        return 1
    if edited.act in ("rules", "budget"):
        return next((entry.seq for entry in reversed(entries) if isinstance(entry.event, RunStarted)), 0)
    raise EditRefused(f"to {edited.act} something, name the event")


def _said(entry: Entry) -> Said:
    if not isinstance(entry.event, Said):
        raise EditRefused(f"event {entry.seq} is {entry.event.kind}, not a message{_instead(entry)}")
    return entry.event


def _instead(entry: Entry) -> str:
    """What can be done about it, where something can."""
    match entry.event:
        case CallFinished() | CallFailed():
            return "; what a call came back with is changed by `result`"
        case CallStarted():
            return "; what it came back with, at a later event, is changed by `result`"
        case RunStarted() | Opened():
            return "; rules, budget, personas and models are changed by edits of their own"
    return "; messages are the events of the kind said"


def _replaced(entries: Sequence[Entry], entry: Entry, edited: Edited, line: Callable[[int], str]) -> Event:
    said = _said(entry)
    body = _BODY.validate_python(edited.value)
    return Said(sender=said.sender, to=said.to, body=body, turn=said.turn, id=said.id)


def _removed(entries: Sequence[Entry], entry: Entry, edited: Edited, line: Callable[[int], str]) -> Event:
    said = _said(entry)
    if said.turn is not None:
        return TurnPassed(turn=said.turn)
    return Scrubbed(target=entry.seq, digest=line(entry.seq), author=edited.author, reason=edited.reason)


def _inserted(entries: Sequence[Entry], entry: Entry, edited: Edited, line: Callable[[int], str]) -> Event:
    if not isinstance(edited.value, dict) or not edited.value.keys() <= {"sender", "to", "body"}:
        raise EditRefused("what is inserted is a message: an object of sender, body and perhaps to")
    return Said.model_validate(edited.value)


def _resulted(entries: Sequence[Entry], entry: Entry, edited: Edited, line: Callable[[int], str]) -> Event:
    end = entry.event
    if not isinstance(end, CallFinished | CallFailed | CallCancelled):
        raise EditRefused(f"event {entry.seq} is {end.kind}, not the end of a call")
    started = entries[end.call - 1].event
    assert isinstance(started, CallStarted)
    result = _RESULT.validate_python(edited.value)
    if result.of != started.recipe.call:
        raise EditRefused(
            f"event {entry.seq} ends a {started.recipe.call} call, and the value is that of a {result.of} call"
        )
    if isinstance(end, CallFinished):
        _check_tool_calls(entries, entry, end, result)
    return CallFinished(call=end.call, result=result)


def _check_tool_calls(entries: Sequence[Entry], entry: Entry, end: CallFinished, result: CallResult) -> None:
    """Each tool call has one result and each result its call: a reply keeps the calls that were answered."""
    before, after = _tool_calls(end.result), _tool_calls(result)
    made = {
        one.event.recipe.tool_call_id
        for one in entries[entry.seq :]
        if isinstance(one.event, CallStarted) and one.event.recipe.call in ("tool", "ask")
    }
    lost = sorted(before & made - after)
    if lost:
        raise EditRefused(
            f"the reply at event {entry.seq} asked for the tool calls {', '.join(lost)}, which have results further "
            "on; keep them, or fork at that event, before they were made"
        )


def _tool_calls(result: CallResult) -> set[str]:
    return {call.id for call in result.tool_calls} if isinstance(result, Reply) else set()


def _ruled(entries: Sequence[Entry], entry: Entry, edited: Edited, line: Callable[[int], str]) -> Event:
    if not isinstance(entry.event, RunStarted) or not isinstance(edited.value, dict):
        raise EditRefused(f"event {entry.seq} is {entry.event.kind}; {edited.act} are those of a run, and an object")
    return entry.event.model_copy(update={edited.act: edited.value})


def _agreed(entries: Sequence[Entry], entry: Entry, edited: Edited, line: Callable[[int], str]) -> Event:
    if not isinstance(entry.event, Opened) or not isinstance(edited.value, dict):
        raise EditRefused(f"event {entry.seq} is {entry.event.kind}; the agreement is that of event 1, and an object")
    return entry.event.model_copy(update={"charter": edited.value})


_ACTS: Final = {
    "replace": _replaced,
    "remove": _removed,
    "insert": _inserted,
    "result": _resulted,
    "rules": _ruled,
    "budget": _ruled,
    "agreement": _agreed,
}
