"""Questions to people: which wait for an answer, which were answered, and what each wants."""

from __future__ import annotations

from typing import Literal, TypeAlias

from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import CALL_ENDS, Answered, Entry, Forked, Paused
from agentchat.transcript.transcript import Fold, Transcript

Wanted: TypeAlias = Literal["approval", "yes", "text", "json"]
"""What a person is to give: their word on an act (`Approval`), yes or no, text, or JSON of any other shape."""


def wanted_by(schema: JsonObject) -> Wanted:
    """What a question wants, by the schema of its answer."""
    properties = schema.get("properties")
    if isinstance(properties, dict) and "yes" in properties:
        return "approval"
    if schema.get("type") == "boolean":
        return "yes"
    return "text" if schema.get("type") == "string" else "json"


class Asked:
    """Questions that wait and answers that were given, by the id of the question.

    at: the event that put a question, by its id. calls: the calls that put one.
    """

    __slots__ = ("answers", "at", "calls", "open")

    def __init__(self) -> None:
        self.open: dict[str, Paused] = {}
        self.answers: dict[str, Answered] = {}
        self.at: dict[str, int] = {}
        self.calls: set[int] = set()


def _step(asked: Asked, entry: Entry, _: Transcript) -> Asked:
    event = entry.event
    if isinstance(event, Forked):
        asked.open.clear()  # the calls that put them count as not made
    elif isinstance(event, Paused):
        asked.open[event.pause], asked.at[event.pause] = event, entry.seq
        asked.calls.add(event.call)
    elif isinstance(event, CALL_ENDS):
        for question in [name for name, paused in asked.open.items() if paused.call == event.call]:
            del asked.open[question]  # nobody waits for the answer any more
    elif isinstance(event, Answered) and asked.open.pop(event.pause, None) is not None:
        asked.answers[event.pause] = event
    return asked


_ASKED = Fold(Asked, _step, on=frozenset({Paused, Answered, Forked, *CALL_ENDS}))


def asked_in(transcript: Transcript) -> Asked:
    """The questions of a conversation, and their answers."""
    return transcript.fold(_ASKED)
