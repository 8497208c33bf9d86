"""The process behind the chat: what it loads beside the prompt, and that it ends."""

from __future__ import annotations

import gc
import os
import threading
from typing import Final

import anyio.to_thread

from agentchat.terminal.highlight import coloured

LAST_RESORT: Final = 8.0
"""Seconds after which the process ends itself, whatever still holds it."""


async def warm() -> None:
    """Load beside the prompt what the first message and the first program will need, or they would hold up the keys."""
    await anyio.to_thread.run_sync(_load, abandon_on_cancel=True)
    gc.collect()
    gc.freeze()  # what was loaded stays: looking through it again and again is what makes pauses


def _load() -> None:
    import openai

    coloured("pass", "python")
    _ = openai.AsyncOpenAI


def end_at_last() -> None:
    """Whatever still holds the process, such as a thread that waits for a server: it ends."""
    timer = threading.Timer(LAST_RESORT, os._exit, [1])
    timer.daemon = True
    timer.start()
