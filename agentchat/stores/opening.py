"""The store for a path. Choosing is all that happens here: no file is opened or made."""

from __future__ import annotations

from pathlib import Path

from agentchat.seams import Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.memory import MemoryStore
from agentchat.stores.sqlite import SqliteStore


def open_store(target: str | Path | Store | None) -> Store:
    """A store for what the caller named: memory for None, one JSONL file for a path that ends in `.jsonl`, an SQLite
    file for any other path. A store is given back as it is.
    """
    if target is None:
        return MemoryStore()
    if not isinstance(target, str | Path):
        return target
    path = Path(target)
    return JsonlStore(path) if path.suffix == ".jsonl" else SqliteStore(path)
