"""Forks and edits over a store: a branch that goes on from any position of a conversation, perhaps changed.

A branch is a conversation of its own. What stands before the fork is the parent's and is not touched; an edit is an
event behind the fork, with who and why. Nothing is run here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, JsonValue
from pydantic_core import to_jsonable_python

from agentchat.errors import ConversationExists, EditRefused, NoSuchConversation, NoSuchEvent
from agentchat.history import sayable
from agentchat.policy.charter import agreed_in
from agentchat.policy.prompts.context import context_of
from agentchat.policy.state import state_of
from agentchat.seams import Clock, Store
from agentchat.stores.names import check_name
from agentchat.stores.reading import load
from agentchat.transcript.calls import Answer, CodeRecipe, ModelRecipe, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    CallCancelled,
    CallFailed,
    CallFinished,
    CallStarted,
    Edited,
    Event,
    Forked,
    Opened,
    Position,
)
from agentchat.transcript.messages import CodeRun, TextPart
from agentchat.transcript.transcript import Transcript

NO_REASON: Final = "no reason was given"

Amend = Callable[[Transcript], Sequence[Event]]
"""What else is entered behind the fork, given the log up to there."""


class Edit(NamedTuple):
    """One change of what a branch goes on from: an act, the event it is about, and the new value.

    Make one with `Edit.replace`, `remove`, `insert` or `result`. Rules, budget, personas and models are changed by
    forking with a `Conversation` that has others.
    """

    act: Literal["replace", "remove", "insert", "result"]
    target: int | None
    value: object

    @classmethod
    def replace(cls, event: int, message: BaseModel | str) -> Edit:
        """Let a message read so."""
        return cls("replace", event, message)

    @classmethod
    def remove(cls, event: int) -> Edit:
        """Let a message not have been said."""
        return cls("remove", event, None)

    @classmethod
    def insert(cls, sender: str, message: BaseModel | str, *, to: str | None = None) -> Edit:
        """Let somebody, a person or an agent, have said this at the fork."""
        return cls("insert", None, (sender, message, to))

    @classmethod
    def result(cls, event: int, value: object) -> Edit:
        """Let a call have come back with this: text for a model, a value for a tool, a CodeRun, a person's answer."""
        return cls("result", event, value)


class Branch(NamedTuple):
    """A branch that was begun.

    id: of the conversation that it is. store: where it is kept. known: whether it was there already. record: what it
    goes on from, as it stood, and `at`: from which event.
    """

    id: str
    store: Store
    known: bool
    record: Transcript
    at: int


async def fork(
    store: Store,
    source: str,
    *,
    at: int | None = None,
    edits: Sequence[Edit] = (),
    amend: Amend | None = None,
    anew: bool = False,
    name: str | None = None,
    author: str = "user",
    reason: str | None = None,
    clock: Clock,
) -> Branch:
    """Begin a branch of the conversation `source` behind event `at`, with these edits.

    at: by default the event that the first edit is about, else the end. name: the branch is called
    `<conversation>.<name>`; the same fork asked for again under the same name is the one that is there already. anew:
    give up turns that are going on there, rather than go on with what is recorded of them.

    Raises NoSuchConversation, NoSuchEvent, EditRefused, ConversationExists where the name is taken by another branch.
    """
    transcript = await load(store, source)
    place = _place(transcript, at, edits)
    root = transcript[1].event
    assert isinstance(root, Opened)
    branch = f"{root.conversation}.{name or secrets.token_hex(3)}"
    check_name(branch)
    log = transcript.upto(place)
    parent = Position(conversation=source, seq=place)
    first = Forked(parent=parent, branch=branch, author=author, reason=reason, anew=anew)
    events: list[Event] = [first, *(_edited(log, edit, author, reason or NO_REASON) for edit in edits)]
    for event in events:
        _enter(log, event, place, clock)
    for event in amend(log) if amend is not None else ():
        _enter(log, event, place, clock)
    _check(log)
    lines = [log.line(seq) for seq in range(place + 1, len(log) + 1)]
    blobs = {name: data for line in lines for name, data in log.blobs_of(line).items()}
    there = store.beside(branch)
    try:
        await store.fork(branch, lines, parent=parent, blobs=blobs)
    except ConversationExists:
        if not await _is_same(there, branch, log, place):
            raise
        return Branch(branch, there, True, transcript, place)
    return Branch(branch, there, False, transcript, place)


def _place(transcript: Transcript, at: int | None, edits: Sequence[Edit]) -> int:
    if isinstance(edits, Edit):
        raise EditRefused(f"edits is a list: edits=[Edit.{edits.act}(...)]")
    given: Sequence[object] = edits
    strangers = [one for one in given if not isinstance(one, Edit)]
    if strangers:
        raise EditRefused(f"{strangers[0]!r} is no edit; one is made by Edit.replace(3, '...') and its like")
    for place in (at, *(edit.target for edit in edits)):
        if not isinstance(place, int | None):
            raise NoSuchEvent(f"an event is named by its number, as in message.seq, not by {type(place).__name__}")
    if at is None:
        targets = [edit.target for edit in edits if edit.target is not None]
        at = targets[0] if targets else len(transcript)
    check_at(transcript, at)
    return at


def check_at(transcript: Transcript, at: int) -> None:
    """Raise NoSuchEvent where there is no such event to go on from."""
    if not 1 <= at <= len(transcript):
        raise NoSuchEvent(f"there is no event {at} to go on from; the conversation has events 1 to {len(transcript)}")


def _enter(log: Transcript, event: Event, place: int, clock: Clock) -> None:
    """The fork is caused by the event it stands behind, what is changed with it by the fork."""
    cause = place if isinstance(event, Forked) else place + 1
    log.enter(event, at=clock.wall(), active=log[len(log)].active, cause=cause)


def _check(log: Transcript) -> None:
    """Whether the conversation can be read on from the edits. Raises EditRefused."""
    try:
        state_of(log)
        for name in agreed_in(log).names:
            context_of(log, name)
    except Exception as error:
        raise EditRefused(f"the conversation would make no sense any more ({type(error).__name__}: {error})") from None


async def _is_same(store: Store, branch: str, log: Transcript, place: int) -> bool:
    """Whether the branch that is there was begun by the same command: who and when apart."""
    try:
        there = await load(store, branch)
    except NoSuchConversation:
        return False
    mine = [entry.event for entry in map(log.recorded, range(place + 1, len(log) + 1))]
    theirs = [there.recorded(seq).event for seq in range(place + 1, min(len(there), len(log)) + 1)]
    return mine == theirs


def _edited(log: Transcript, edit: Edit, author: str, reason: str) -> Edited:
    value: JsonValue = None
    if edit.act == "replace":
        value = sayable(edit.value).model_dump(mode="json", exclude_none=True)
    elif edit.act == "insert":
        assert isinstance(edit.value, tuple)
        sender, message, to = edit.value
        value = {"sender": sender, "body": sayable(message).model_dump(mode="json", exclude_none=True)}
        value |= {} if to is None else {"to": to}
    elif edit.act == "result":
        value = _result(log, edit.target or 0, edit.value)
    return Edited(act=edit.act, target=edit.target, value=value, author=author, reason=reason)


def _result(log: Transcript, target: int, value: object) -> JsonValue:
    """A new result of a call in the form in which it is recorded, from what is natural to write for its kind."""
    if not 1 <= target <= len(log):
        raise NoSuchEvent(f"there is no event {target}; the conversation has events 1 to {len(log)} there")
    end = log[target].event
    if not isinstance(end, CallFinished | CallFailed | CallCancelled):
        raise EditRefused(f"event {target} is {end.kind}, not the end of a call")
    started = log[end.call].event
    assert isinstance(started, CallStarted)
    result: BaseModel
    if isinstance(value, Reply | ToolResult | Answer | CodeRun):
        result = value
    elif isinstance(started.recipe, ModelRecipe) and isinstance(value, str):
        result = Reply(parts=(TextPart(content=value),), finish="stop")
    elif isinstance(started.recipe, ToolRecipe):
        result = ToolResult(ok=True, value=to_jsonable_python(value))
    elif isinstance(started.recipe, CodeRecipe):
        result = CodeRun.model_validate(_run(started.recipe, value))
    elif isinstance(started.recipe, ModelRecipe):
        raise EditRefused(f"event {target} ends a model call; give its text, or a Reply")
    else:
        result = Answer(value=to_jsonable_python(value), by="user")
    written: JsonValue = result.model_dump(mode="json", exclude_none=True)
    return written


def _run(recipe: CodeRecipe, value: object) -> object:
    """What a program is said to have done: its output, where only text is given."""
    if isinstance(value, str):
        return {"language": recipe.language, "status": "ok", "exit_code": 0, "stdout": value}
    return value
