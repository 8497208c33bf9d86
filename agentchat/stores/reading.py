"""From the lines of a store to a transcript."""

from __future__ import annotations

from pydantic_core import from_json

from agentchat.errors import DamagedTranscript
from agentchat.seams import Store
from agentchat.transcript.chain import blob_names
from agentchat.transcript.transcript import Transcript


async def load(store: Store, conversation: str) -> Transcript:
    """A conversation's transcript. Raises NoSuchConversation, a TranscriptError, or StoreUnavailable."""
    lines = await store.read(conversation)
    transcript = Transcript()
    await take_in(transcript, store, lines)
    return transcript


async def take_in(transcript: Transcript, store: Store, lines: list[bytes]) -> None:
    """Append stored lines to a transcript, with the payloads they refer to."""
    blobs = await payloads(store, lines)
    transcript.extend(lines, blobs.__getitem__)


async def payloads(store: Store, lines: list[bytes]) -> dict[str, bytes]:
    """The large payloads that stored lines refer to. Raises DamagedTranscript where one is missing."""
    found: dict[str, bytes] = {}
    for line in lines:
        for name in blob_names(line):
            try:
                found[name] = await store.get_blob(name)
            except KeyError:
                raise DamagedTranscript(f"event {from_json(line)['seq']}: the payload {name[:12]} is missing") from None
    return found
