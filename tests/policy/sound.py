"""What must hold of every recorded request: it is rebuilt to the byte, it is one that a server takes, and replays."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from agentchat.debug.replay import differences
from agentchat.debug.sent import Sent
from agentchat.policy.prompts.request import rebuild
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import CallStarted
from agentchat.transcript.transcript import Transcript
from tests.policy.play import Play
from tests.policy.wire_shapes import MESSAGES

Request = dict[str, Any]


def requests(play: Play, agent: str | None = None) -> list[Request]:
    """The bodies of all model calls so far, or of one agent's, each checked."""
    assert list(differences(play.log)) == []
    prefix, sent, found = Transcript(), Sent(), []
    for entry in play.log:
        event = entry.event
        if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe):
            data = sent.rebuild(prefix, event.recipe, entry.seq)
            body = data.join()
            assert data.digest == sha256(body).hexdigest() == event.digest
            assert rebuild(prefix, event.recipe).join() == body
            value = json.loads(body)
            (_chat if event.recipe.wire == "chat" else _responses)(value)
            if agent in (None, event.agent):
                found.append(value)
        prefix.append(entry, play.log.line(entry.seq))
    return found


def last(play: Play, agent: str | None = None) -> list[Request]:
    """The messages of the last request."""
    body = requests(play, agent)[-1]
    found: list[Request] = body["messages"] if "messages" in body else body["input"]
    return found


def _chat(body: Request) -> None:
    """Every tool call is answered at once, in its order; there is no answer without a call."""
    waiting: list[str] = []
    for message in body["messages"]:
        MESSAGES["chat"].validate_python(message)
        if message["role"] == "tool":
            assert waiting, message
            assert waiting.pop(0) == message["tool_call_id"]
        else:
            assert waiting == []
            waiting = [call["id"] for call in message.get("tool_calls", ())]
    assert waiting == []


def _responses(body: Request) -> None:
    called, answered = [], []
    for item in body["input"]:
        MESSAGES["responses"].validate_python(item)
        kind = item.get("type", "message")
        if kind == "function_call":
            called.append(item["call_id"])
        elif kind == "function_call_output":
            answered.append(item["call_id"])
    assert called == answered
