"""Conversations in a store, without running them: say something to one that another process runs."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from agentchat.errors import ConfigurationError, Conflict, ConversationClosed
from agentchat.policy.charter import agreed_in
from agentchat.policy.state import state_of
from agentchat.seams import Clock, Store
from agentchat.stores.reading import load, take_in
from agentchat.transcript.chain import encode
from agentchat.transcript.events import Entry, Said
from agentchat.transcript.messages import Body, wrap
from agentchat.transcript.transcript import Transcript


async def say(
    store: Store,
    conversation: str,
    text: BaseModel | str,
    *,
    to: str | None,
    sender: str,
    clock: Clock,
) -> int:
    """Say something to a run that is going on, from any process. Returns its sequence number once it is stored.

    Several may do so at once: each message is entered once, behind whatever came first. Raises ConversationClosed when
    no run is going on, ConfigurationError for an unknown addressee or a sender that is an agent.
    """
    said = Said(sender=sender, to=to, body=sayable(text))
    transcript = await load(store, conversation)
    while True:
        check_said(transcript, said)
        last = transcript[len(transcript)]
        cause = state_of(transcript).board.turn
        entry = transcript.enter(
            said, at=clock.wall(), active=last.active, cause=cause.seq if cause is not None else last.seq
        )
        line = transcript.line(entry.seq)
        try:
            await store.append(conversation, [line], after=entry.seq - 1, blobs=transcript.blobs_of(line))
        except Conflict:
            transcript.rewind(entry.seq - 1)
            await take_in(transcript, store, await store.read(conversation, after=entry.seq - 1))
        else:
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
