"""What `agentchat doctor` looks at, each as a name and a line. Nothing is changed, and no key is ever shown or sent."""

from __future__ import annotations

import http.client
import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import anyio

from agentchat.cli.choices import configured_model
from agentchat.errors import AgentChatError
from agentchat.models.settings import checked_url, split_name
from agentchat.sandboxes.bubblewrap import BubblewrapSandbox
from agentchat.sandboxes.monty import MontySandbox
from agentchat.stores.opening import open_store

Line = tuple[str, str]

PATIENCE: Final = 3.0
"""Seconds for a model server to answer that it is there."""


def sandbox_lines() -> tuple[list[Line], bool]:
    """Each sandbox, and whether one of them works."""
    found = [(sandbox.name, anyio.run(sandbox.probe)) for sandbox in (BubblewrapSandbox(), MontySandbox())]
    lines = [(name, "ok" if reason is None else f"not here: {reason}") for name, reason in found]
    return lines, any(reason is None for _, reason in found)


def key_line() -> Line:
    """Whether a key is set."""
    given = os.environ.get("OPENAI_API_KEY", "").strip()
    return "key", "OPENAI_API_KEY is set" if given else "OPENAI_API_KEY is not set (a local server needs none)"


def model_lines() -> list[Line]:
    """The model that `agentchat run` would use, and whether its server answers, where it has an address of its own."""
    try:
        name = configured_model()
    except AgentChatError as error:
        return [("model", str(error))]
    if name is None:
        return [("model", "none: set AGENTCHAT_MODEL=name@http://127.0.0.1:8080/v1, or OPENAI_API_KEY")]
    try:
        _, url = split_name(name, None)
        url = url or os.environ.get("OPENAI_BASE_URL", "").strip() or None
        url = None if url is None else checked_url(url)
    except AgentChatError as error:
        return [("model", f"{name}: {error}")]
    return [("model", name), *([] if url is None else [("server", f"{url}: {_answers(url)}")])]


def store_line(path: Path) -> tuple[Line, bool]:
    """Where conversations are kept, and whether they can be. A store that is not there yet is not made."""
    try:
        heads = anyio.run(open_store(path).heads) if path.exists() else []
    except AgentChatError as error:
        return ("store", f"not usable: {error}"), False
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    effective = os.access in os.supports_effective_ids
    writable = os.access(nearest, os.W_OK, effective_ids=effective) and (nearest == path or nearest.is_dir())
    if writable and nearest == path:
        writable = os.access(path.parent, os.W_OK | os.X_OK, effective_ids=effective)
    if not writable:
        return ("store", f"{path}: not writable; set AGENTCHAT_STORE to a path that is"), False
    return ("store", f"{path} ({len(heads)} conversation{'' if len(heads) == 1 else 's'})"), True


def _answers(url: str) -> str:
    """Any answer at all, also a refusal, says that a server is there."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", f"{parts.path}/models")
        connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        return f"no answer ({why}); is the server running?"
    finally:
        connection.close()
    return "answers"
