"""The rules of leases, as pure functions over what a store has written down about one conversation.

Every store asks these; none has rules of its own. A file, a clock or a lock never enters: the store reads the record,
asks, and writes the answer back, all under its own lock.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from agentchat.errors import LeaseHeld, LeaseLost
from agentchat.seams import Lease
from agentchat.stores.owners import is_alive

TTL: Final = 15.0
"""Seconds after its last renewal for which an owner that cannot be looked at (another host) counts as alive."""

BEAT: Final = 1.0
"""Seconds between renewals in stores that several processes share: how soon a holder sees what others appended."""

_REWRITE: Final = TTL / 3


class Record(NamedTuple):
    """What is written about a conversation's lease. `owner` is None when it was let go; `renewed` is wall time."""

    owner: str | None
    epoch: int
    renewed: float


def taken(conversation: str, owner: str, record: Record | None, now: float) -> Record:
    """The record of a new holder. Raises LeaseHeld while another one lives."""
    if record is None:
        return Record(owner, 1, now)
    if record.owner is not None and record.owner != owner and _lives(record.owner, record.renewed, now):
        raise LeaseHeld(conversation, record.owner)
    return Record(owner, record.epoch + 1, now)


def holder(record: Record | None, now: float) -> str | None:
    """The owner, where there is one and it lives."""
    if record is None or record.owner is None or not _lives(record.owner, record.renewed, now):
        return None
    return record.owner


def check_free(conversation: str, record: Record | None, now: float) -> None:
    """Raise LeaseHeld while somebody holds the conversation."""
    owner = holder(record, now)
    if owner is not None:
        raise LeaseHeld(conversation, owner)


def holds(lease: Lease, record: Record | None) -> bool:
    """Whether the lease is the one in force."""
    return record is not None and record.owner == lease.owner and record.epoch == lease.epoch


def renewed(lease: Lease, record: Record | None, now: float) -> Record | None:
    """The record to write, or None where the last one is young enough. Raises LeaseLost.

    The time is for other hosts only, so it is written every 5 s and the renewals in between cost no write.
    """
    if record is None or not holds(lease, record):
        raise LeaseLost(lease.conversation, (record.owner or None) if record is not None else None)
    return record._replace(renewed=now) if abs(now - record.renewed) >= _REWRITE else None


def released(lease: Lease, record: Record | None) -> Record | None:
    """The record to write, or None where the lease is no longer held. The epoch stays, for the next one to exceed."""
    return Record(None, lease.epoch, record.renewed) if record is not None and holds(lease, record) else None


def _lives(owner: str, renewed: float, now: float) -> bool:
    alive = is_alive(owner)
    return abs(now - renewed) < TTL if alive is None else alive
