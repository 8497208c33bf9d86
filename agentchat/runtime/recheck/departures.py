"""Where a turn that is run again leaves its record: whether an act is the recorded one, and the difference in words.

What is compared is what follows from the agent and the log. What a machine brings along by itself (the sandbox that
ran a program, the line of the file that raised an error) is no difference.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pydantic import JsonValue
from pydantic_core import to_json

from agentchat.debug.nearest import asked, first_difference, nearest
from agentchat.debug.replay import Difference
from agentchat.errors import AgentChatError
from agentchat.policy.prompts.request import rebuild, resolve
from agentchat.transcript.calls import AskRecipe, CodeRecipe, ModelRecipe, ToolRecipe
from agentchat.transcript.events import (
    CallDenied,
    CallInDoubt,
    CallStarted,
    Compacted,
    Diverged,
    Entry,
    Event,
    Refused,
    Said,
    StateSet,
    TurnFailed,
    TurnPassed,
)
from agentchat.transcript.messages import Data
from agentchat.transcript.transcript import Transcript

LONGEST: Final = 300
"""Characters of one side of a difference."""
_WHOSE: Final = {
    "model": "the prompt of {agent}",
    "code": "the program of {agent}",
    "tool": "the tool call of {agent}",
    "ask": "the question of {agent}",
}


class Departure(NamedTuple):
    """A difference, and the two texts that differ, whole (requests as JSON, messages, programs), if there are any."""

    difference: Difference
    texts: tuple[str, str] | None = None


def same(recorded: Event, now: Event) -> bool:
    """Whether an agent's act is the recorded one. A call that was not admitted is known by what is recorded of it."""
    if isinstance(recorded, CallStarted) and isinstance(now, CallStarted):
        return recorded == now or recorded == _in_sandbox_of(recorded, now)
    if isinstance(recorded, CallDenied) and isinstance(now, CallStarted):
        return _known_by(recorded) == (
            now.turn,
            now.agent,
            now.ordinal,
            now.attempt,
            now.recipe.call,
            now.digest,
            now.reserved,
        )
    if isinstance(recorded, TurnFailed) and isinstance(now, TurnFailed):
        return (recorded.error.type, recorded.error.message) == (now.error.type, now.error.message)
    if isinstance(recorded, Refused) and isinstance(now, Said):
        return recorded.by == "policy" and _refused_as(recorded) == (now.from_calls, now.type, _body(now))
    # compared as they would be written, for what was read from a file holds lists where a program has tuples
    return type(recorded) is type(now) and (recorded == now or to_json(recorded) == to_json(now))


def alike(recorded: Event, now: Event) -> bool:
    """Whether a typed message is the recorded one as far as that can be told without the class of its type: a class
    may write down other values than it was given."""
    if not isinstance(recorded, Said) or not isinstance(now, Said):
        return False
    plain = {"body": None, "from_calls": None, "type": None}
    there, here = _type(recorded), _type(now)
    return there is not None and there == here and recorded.model_copy(update=plain) == now.model_copy(update=plain)


def _type(said: Said) -> str | None:
    return said.body.type if isinstance(said.body, Data) else said.type


def _in_sandbox_of(recorded: CallStarted, now: CallStarted) -> CallStarted:
    """The call as it would be in the sandbox that the record names: which one is there is the machine's affair."""
    if not isinstance(recorded.recipe, CodeRecipe) or not isinstance(now.recipe, CodeRecipe):
        return now
    recipe = now.recipe.model_copy(update={"sandbox": recorded.recipe.sandbox})
    return now.model_copy(update={"recipe": recipe})


def _known_by(denied: CallDenied) -> tuple[object, ...]:
    return (
        denied.turn,
        denied.agent,
        denied.ordinal,
        denied.attempt,
        denied.call,
        denied.digest,
        denied.reserved,
    )


def _refused_as(refused: Refused) -> tuple[object, ...]:
    return refused.from_calls, refused.type, refused.raw


def _body(said: Said) -> JsonValue:
    body: JsonValue = None if said.body is None else said.body.model_dump(mode="json")
    return body


def departure(
    log: Transcript, record: Transcript, entry: Entry, agent: str, now: Event | str, *, near: bool
) -> Departure:
    """The difference between a recorded act of an agent and what it does now.

    log: as it stood before. now: an act, or in words why there is none. near: look for the recorded call that is most
    like one that is not in the record, which goes through all of them.
    """
    recorded = entry.event
    if isinstance(now, str):
        return Departure(Difference(entry.seq, f"what {agent} does", told(log, recorded), now))
    if isinstance(now, CallStarted):
        if isinstance(recorded, CallStarted | CallDenied) and _place(recorded) == _place(now):
            return _other_call(log, entry, recorded, now)
        return Departure(_new_call(log, record, entry, now, near=near))
    what = f"what {agent} says" if type(now) is type(recorded) and isinstance(now, Said) else f"what {agent} does"
    texts = None
    if isinstance(recorded, Said) and isinstance(now, Said):
        texts = _text(log, recorded), _text(log, now)
    elif isinstance(recorded, StateSet) and isinstance(now, StateSet):
        texts = _json(recorded.state), _json(now.state)
    return Departure(Difference(entry.seq, what, *_apart(told(log, recorded), told(log, now), recorded, now)), texts)


def _place(call: CallStarted | CallDenied) -> tuple[int, int, str]:
    kind = call.recipe.call if isinstance(call, CallStarted) else call.call
    return call.ordinal, call.attempt, kind


def _other_call(log: Transcript, entry: Entry, recorded: CallStarted | CallDenied, now: CallStarted) -> Departure:
    """A call of the same kind at the same place of the turn, which asks for something else."""
    what = _WHOSE[now.recipe.call].format(agent=now.agent)
    if isinstance(recorded, CallDenied):
        then, today = f"sha256 {recorded.digest}", f"sha256 {now.digest}: {told(log, now)}"
        if recorded.digest == now.digest:
            then, today = f"reserved {_json(recorded.reserved)}", f"reserved {_json(now.reserved)}"
        return Departure(Difference(entry.seq, what, then, today))
    if recorded.digest == now.digest:
        what = f"how a call of {now.agent} is put together"
        return Departure(Difference(entry.seq, what, *_fields_apart(recorded, now)))
    texts = _asked_text(log, recorded), _asked_text(log, now)
    try:
        first = first_difference(asked(log, recorded.recipe), asked(log, now.recipe))
    except (AgentChatError, ValueError, RecursionError):  # a record that was tampered with
        first = None
    if first is None:
        return Departure(Difference(entry.seq, what, *_apart(told(log, recorded), told(log, now), *texts)), texts)
    path, then, today = first
    return Departure(Difference(entry.seq, what, f"{path}: {then}", f"{path}: {today}"), texts)


def _new_call(log: Transcript, record: Transcript, entry: Entry, now: CallStarted, *, near: bool) -> Difference:
    """A call where the record has none like it."""
    told_now = f"{told(log, now)}; this call is not in the record"
    if near:
        try:
            found = nearest(record, asked(log, now.recipe), now.recipe)
        except (AgentChatError, ValueError, RecursionError):  # a record that was tampered with
            found = None
        told_now += "" if found is None else f"; {found}"
    return Difference(entry.seq, f"what {now.agent} does", told(log, entry.event), told_now)


def _asked_text(log: Transcript, call: CallStarted) -> str:
    """What a call asks for, as a text that can be compared line by line."""
    recipe = call.recipe
    try:
        match recipe:
            case ModelRecipe():
                return rebuild(log, recipe).join().decode()
            case CodeRecipe():
                return f"# {recipe.language}\n{resolve(log, recipe.source)}"
            case ToolRecipe():
                return f"{recipe.name}\n{_json(recipe.arguments)}"
            case AskRecipe():
                return f"{recipe.question}\n(to {recipe.to}) {_json(recipe.answer_schema)}"
    except AgentChatError as error:
        return f"(cannot be put together: {error})"


def _json(value: object) -> str:
    return to_json(value, indent=1).decode()


def _fields_apart(recorded: CallStarted, now: CallStarted) -> tuple[str, str]:
    """The first of the fields of two calls that differ."""
    found = first_difference(recorded.model_dump(mode="json"), now.model_dump(mode="json"))
    path, then, today = found or ("nothing", "", "")
    return f"{path}: {then}", f"{path}: {today}"


def _apart(told_then: str, told_now: str, recorded: object, now: object) -> tuple[str, str]:
    """Two accounts of acts; where they read alike, both from a little before the place where the acts part."""
    if told_then != told_now:
        return told_then, told_now
    one, other = (value if isinstance(value, str) else to_json(value).decode() for value in (recorded, now))
    place = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, place - 30)
    lead = "…" if start else ""
    return f"{lead}{_cut(one[start:])}", f"{lead}{_cut(other[start:])}"


def told(log: Transcript, event: Event) -> str:
    """An act of an agent in words."""
    match event:
        case CallStarted():
            return _cut(_told_call(log, event))
        case CallDenied(call=kind, reason=reason):
            return f"makes a {kind} call, which is not admitted ({reason})"
        case Said(to=to):
            return _cut(f"says{f' to {to}' if to else ''}: {_text(log, event)}")
        case TurnPassed():
            return "says nothing"
        case TurnFailed(error=error):
            return _cut(f"fails: {error.type}: {error.message}")
        case Refused(by=by, problems=problems):
            whose = "says what is not delivered" if by == "policy" else "refuses an answer or a tool call"
            return _cut(f"{whose}: {'; '.join(problems)}")
        case StateSet(state=state):
            return _cut(f"sets its state: {to_json(state).decode()}")
        case Compacted(upto=upto):
            return f"has everything up to event {upto} summed up"
        case CallInDoubt(call=call, policy=policy):
            return f"finds call {call} without a result ({policy})"
        case Diverged(recorded=recorded, now=now):
            return _cut(f"was to do {recorded} and does {now}")
    return event.kind


def _told_call(log: Transcript, call: CallStarted) -> str:
    recipe, again = call.recipe, "" if call.attempt == 1 else f" (attempt {call.attempt})"
    match recipe:
        case ModelRecipe():
            return f"asks the model {recipe.model}{again}"
        case CodeRecipe():
            return f"runs a {recipe.language} program{again}: {_resolved(log, recipe)}"
        case ToolRecipe():
            return f"asks for the tool call {recipe.name}({to_json(recipe.arguments).decode()}){again}"
        case AskRecipe():
            return f"asks {recipe.to}{again}: {recipe.question}"


def _resolved(log: Transcript, recipe: CodeRecipe) -> str:
    try:
        return resolve(log, recipe.source)
    except AgentChatError as error:
        return f"({error})"


def _text(log: Transcript, said: Said) -> str:
    try:
        return log.body_of(said).text
    except AgentChatError as error:
        return f"({error})"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
