"""The store for a path. Choosing is all that happens here: no file is opened or made."""

from __future__ import annotations

from pathlib import Path

from agentchat.errors import ConfigurationError
from agentchat.seams import Store, lacking
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.memory import MemoryStore
from agentchat.stores.sqlite import SqliteStore


def open_store(target: str | Path | Store | None) -> Store:
    """A store for what the caller named: memory for None, one JSONL file for a path that ends in `.jsonl`, an SQLite
    file for any other path. A store is given back as it is. Raises ConfigurationError for what is no store.
    """
    if target is None:
        return MemoryStore()
    if not isinstance(target, str | Path):
        if missing := lacking(target, Store):
            raise ConfigurationError(f"store={target!r} is no store: {missing}; give a path, or a store")
        return target
    path = Path(target)
    return JsonlStore(path) if path.suffix == ".jsonl" else SqliteStore(path)
