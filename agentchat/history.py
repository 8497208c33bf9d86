"""Conversations in a store, without running them: say something to one that runs elsewhere, answer what it asks."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from agentchat.errors import ConfigurationError, Conflict, ConversationClosed
from agentchat.policy.asked import asked_in
from agentchat.policy.charter import agreed_in
from agentchat.policy.state import state_of
from agentchat.runtime.questions import answer_of, check_answer
from agentchat.seams import Clock, Store
from agentchat.stores.reading import load, take_in
from agentchat.transcript.chain import encode
from agentchat.transcript.events import Answered, Entry, Event, Said
from agentchat.transcript.messages import Body, wrap
from agentchat.transcript.transcript import Fold, Transcript


async def say(
    store: Store,
    conversation: str,
    text: BaseModel | str,
    *,
    to: str | None,
    sender: str,
    clock: Clock,
    id: str | None = None,
) -> int:
    """Say something to a run that is going on, from any process. Returns its sequence number once it is stored.

    Several may do so at once: each message is entered once, behind whatever came first. id: the caller's own of this
    command; the same id again writes nothing, and gives the first one's number. Raises ConversationClosed when
    no run is going on, ConfigurationError for an unknown addressee or a sender that is an agent.
    """
    said = Said(sender=sender, to=to, body=sayable(text), id=id)
    transcript = await load(store, conversation)
    while True:
        if id is not None and id in commands_in(transcript):
            return commands_in(transcript)[id]
        check_said(transcript, said)
        turn = state_of(transcript).board.turn
        seq = await _append(store, transcript, said, len(transcript) if turn is None else turn.seq, clock)
        if seq is not None:
            return seq


async def answer(
    store: Store,
    conversation: str,
    question: str,
    value: object,
    *,
    by: str,
    clock: Clock,
    id: str | None = None,
) -> int:
    """Answer a question that a conversation waits with, from any process. Returns its sequence number once stored.

    id: as for `say`. Raises ConfigurationError for a question that is not open (answered before, or never put), and
    for a value that does not fit what was asked; nothing is written then.
    """
    transcript = await load(store, conversation)
    answered = Answered(pause=question, value=answer_of(transcript, question, value), by=by, id=id)
    while True:
        if id is not None and id in commands_in(transcript):
            return commands_in(transcript)[id]
        check_answer(transcript, answered)
        paused = asked_in(transcript).open[question]
        cause = next(entry.seq for entry in reversed(transcript.since(0)) if entry.event is paused)
        seq = await _append(store, transcript, answered, cause, clock)
        if seq is not None:
            return seq


def _command(commands: dict[str, int], entry: Entry, _: Transcript) -> dict[str, int]:
    event = entry.event
    if isinstance(event, Said | Answered) and event.id is not None:
        commands.setdefault(event.id, entry.seq)
    return commands


_COMMANDS: Final[Fold[dict[str, int]]] = Fold(dict, _command, on=frozenset({Said, Answered}))


def commands_in(transcript: Transcript) -> dict[str, int]:
    """The commands that were carried out under an id of the caller's own, and the entries they became."""
    return transcript.fold(_COMMANDS)


async def _append(store: Store, transcript: Transcript, event: Event, cause: int, clock: Clock) -> int | None:
    """Store one input behind what is known; where something came first, take that in and answer None.

    It is not entered here before it is stored: taking it back would cost all that is known about the log.
    """
    entry = transcript.next(event, at=clock.wall(), active=transcript[len(transcript)].active, cause=cause)
    line, blobs = encode(entry)
    try:
        await store.append(transcript.conversation, [line], after=entry.seq - 1, blobs=blobs)
    except Conflict:
        await take_in(transcript, store, await store.read(transcript.conversation, after=entry.seq - 1))
        return None
    return entry.seq


def sayable(text: object) -> Body:
    """A message's body, once it is known that it can be written down. Raises ConfigurationError."""
    try:
        body = wrap(text)
        encode(Entry(1, 0.0, 0.0, 0, "", Said(sender="", body=body)))
    except (ValueError, PydanticSerializationError) as error:
        raise ConfigurationError(f"this message cannot be written as UTF-8 JSON: {error}") from None
    return body


def check_said(transcript: Transcript, said: Said) -> None:
    """Raise where a person may not say this now."""
    names = agreed_in(transcript).names
    if said.sender in names:
        raise ConfigurationError(f"{said.sender!r} is an agent; a person needs another name")
    if said.to is not None and said.to not in names:
        raise ConfigurationError(f"there is no agent {said.to!r} in this conversation (there are: {', '.join(names)})")
    if not state_of(transcript).board.live:
        raise ConversationClosed("the run is over; resume the conversation with what you have to say")
