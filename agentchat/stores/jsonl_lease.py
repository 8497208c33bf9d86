"""The lease of a JSONL transcript: a small file beside it, replaced whole under the transcript's lock.

It stays when the lease is let go, without an owner, for the epoch must go on rising; it goes with the transcript. The
rules are in `leases`; only reading and writing the record enters here.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agentchat.errors import StoreUnavailable
from agentchat.stores.leases import Record
from agentchat.stores.places import write_whole


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)

    owner: str | None
    epoch: int
    renewed: float


def lease_path(transcript: Path) -> Path:
    """Where the lease of a transcript file is kept."""
    return transcript.with_name(f"{transcript.name}.lease")


def read_lease(transcript: Path) -> Record | None:
    """What is written, or None. Raises OSError, or StoreUnavailable where it cannot be read as a lease."""
    path = lease_path(transcript)
    try:
        kept = _Kept.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise StoreUnavailable(f"{path}: this is no lease; delete it when no process runs the conversation") from None
    return Record(kept.owner, kept.epoch, kept.renewed)


def write_lease(transcript: Path, record: Record) -> None:
    """Write the record, whole or not at all. Raises OSError."""
    write_whole(lease_path(transcript), [_Kept(**record._asdict()).model_dump_json().encode() + b"\n"])


def forget_lease(transcript: Path) -> None:
    """Remove what is written, with the transcript. Raises OSError."""
    lease_path(transcript).unlink(missing_ok=True)
