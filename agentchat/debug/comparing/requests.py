"""Where the requests of two recorded calls first differ: in the prompt, the arguments, the program or the question.

A model's request is rebuilt to the byte, from the record as it stood when the call was made.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from pydantic import JsonValue

from agentchat.debug.comparing.paths import PathChange, changed_paths
from agentchat.errors import AgentChatError
from agentchat.policy.prompts.request import rebuild, resolve
from agentchat.transcript.calls import AskRecipe, CodeRecipe, ModelRecipe
from agentchat.transcript.events import CallStarted
from agentchat.transcript.transcript import Transcript


class Requests(NamedTuple):
    """The first place where two requests differ, or why it cannot be told. more: how many places differ behind it."""

    first: PathChange | None = None
    more: int = 0
    note: str | None = None


def requests_apart(a: Transcript, seq_a: int, b: Transcript, seq_b: int) -> Requests:
    """Compare the calls that were started at these places."""
    try:
        found = [*changed_paths(_request(a, seq_a), _request(b, seq_b))]
    except AgentChatError as error:
        return Requests(None, 0, f"the requests cannot be compared: {error}")
    except (ValueError, RecursionError):
        return Requests(None, 0, "the requests cannot be compared: one is no JSON, or is nested too deeply")
    return (
        Requests(found[0], len(found) - 1)
        if found
        else Requests(None, 0, "the requests differ in how they are written")
    )


def _request(transcript: Transcript, seq: int) -> JsonValue:
    before = transcript.upto(seq - 1)
    started = transcript.recorded(seq).event
    assert isinstance(started, CallStarted)
    recipe = started.recipe
    if isinstance(recipe, ModelRecipe):
        read: JsonValue = json.loads(rebuild(before, recipe).join())
        return read
    if isinstance(recipe, CodeRecipe):
        return {"language": recipe.language, "sandbox": recipe.sandbox, "program": resolve(before, recipe.source)}
    if isinstance(recipe, AskRecipe):
        return {"to": recipe.to, "question": recipe.question, "answer": recipe.answer_schema}
    return {"tool": recipe.name, "arguments": recipe.arguments}
