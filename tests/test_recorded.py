"""Conversations of this project that were recorded once, held against today's code by the plugin that ships.

Where one fails because something was changed on purpose, `pytest tests/test_recorded.py --record=all` records them
anew: look at what differs first. Their models are scripts, so that this asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentchat.rechecking import Recorded, assert_replays
from agentchat.transcript.transcript import Transcript
from tests.debug.conversations import Held, functions, graph, nested, programs, supervised, tools, typed

TRANSCRIPTS = Path(__file__).parent / "transcripts" / "test_recorded"


@pytest.mark.parametrize(
    "held", [programs, tools, typed, supervised, graph, functions, nested], ids=lambda one: one.__name__
)
def test_what_was_recorded_is_done_again(recorded: Recorded, held: Callable[[], Held]) -> None:
    chat, task, _ = held()
    assert recorded(chat, task).outcome.kind in ("done", "limit")


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_each_recording_replays_without_its_program(path: Path) -> None:
    assert assert_replays(path).checked > 10
    assert assert_replays(Transcript.load(path)).checked > 10
