"""The texts that an event holds, each with its kind and whose it is: what a search looks through. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from pydantic import JsonValue
from pydantic_core import to_json

from agentchat.policy.prompts.request import resolve
from agentchat.transcript.calls import CallResult, CodeRecipe, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallFailed,
    CallFinished,
    CallStarted,
    Closed,
    Edited,
    Entry,
    Event,
    Forked,
    Interrupted,
    Judged,
    Opened,
    Paused,
    PersonaChanged,
    Refused,
    Said,
    TurnFailed,
)
from agentchat.transcript.messages import Body, CodeResult, CodeRun, Data, Direction, saved_line
from agentchat.transcript.transcript import Transcript

Kind: TypeAlias = Literal[
    "said", "code", "result", "call", "reply", "refused", "question", "answer", "error", "reason", "persona"
]
"""said: messages. code: programs that were run. result: what programs and tools gave back. call: tools that were
called, with their arguments. reply: what a model answered. refused: answers that were not accepted. question, answer:
those put to people, and by them. error: what failed, and text that had arrived before. reason: why a run ended, was
interrupted, forked or edited. persona: descriptions and instructions of the agents."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
REPEATED: Final[frozenset[Kind]] = frozenset({"code", "reply", "persona"})
"""Kinds that mostly say again what stands elsewhere: a reply is said or refused, code stands in a message, a persona
in every conversation. They are looked through where they are asked for."""


class Passage(NamedTuple):
    """A text of an event: its kind, and the agent or person whose it is."""

    kind: Kind
    who: str
    text: str


def passages(transcript: Transcript, entry: Entry) -> Iterator[Passage]:
    """The texts of an event, as it reads now."""
    event = entry.event
    if isinstance(event, Said):
        body = transcript.body(entry.seq)
        if event.from_calls is None or not isinstance(body, CodeResult):  # else it stands where the programs ended
            yield from _body(event.sender, body)
    elif isinstance(event, CallStarted | CallFinished | CallFailed | CallCancelled):
        yield from _call(transcript, event)
    elif isinstance(event, Opened | PersonaChanged):
        yield from _personas(event)
    else:
        yield from _other(transcript, event)


def _body(who: str, body: Body) -> Iterator[Passage]:
    if isinstance(body, CodeResult):
        for run in body.runs:
            yield from _run(who, run)
    elif isinstance(body, Data):
        yield from (Passage("said", who, text) for text in _leaves(body.value))
    elif isinstance(body, Direction):
        told = (body.instruction or "", body.reason or "", *_leaves(body.answer))
        yield from (Passage("said", who, text) for text in told if text)
    else:
        yield Passage("said", who, body.text)


def _run(who: str, run: CodeRun) -> Iterator[Passage]:
    texts = (run.stdout, run.stderr, run.detail or "", *map(saved_line, run.files))
    yield from (Passage("result", who, text) for text in texts if text)


def _call(transcript: Transcript, event: CallStarted | CallFinished | CallFailed | CallCancelled) -> Iterator[Passage]:
    if isinstance(event, CallStarted):
        if isinstance(event.recipe, ToolRecipe):
            yield Passage("call", event.agent, event.recipe.name)
            yield from (Passage("call", event.agent, text) for text in _leaves(event.recipe.arguments))
        elif isinstance(event.recipe, CodeRecipe):
            yield Passage("code", event.agent, resolve(transcript, event.recipe.source))
        return
    started = transcript[event.call].event
    who = started.agent if isinstance(started, CallStarted) else ""
    if isinstance(event, CallFinished):
        yield from _result(who, event.result)
    else:
        told = event.error.message if isinstance(event, CallFailed) else event.reason
        yield Passage("error", who, told)
        if event.partial:
            yield Passage("error", who, event.partial)


def _result(who: str, result: CallResult) -> Iterator[Passage]:
    if isinstance(result, Reply):
        yield Passage("reply", who, result.text)
        yield from (Passage("reply", who, part.arguments) for part in result.tool_calls)
    elif isinstance(result, CodeRun):
        yield from _run(who, result)
    elif isinstance(result, ToolResult):
        yield from (Passage("result", who, text) for text in _leaves(result.value))


def _personas(event: Opened | PersonaChanged) -> Iterator[Passage]:
    cards = event.charter.get("agents") if isinstance(event, Opened) else [event.card]
    for card in cards if isinstance(cards, list) else ():
        if isinstance(card, dict):
            texts = (card.get("description"), card.get("instructions"))
            yield from (Passage("persona", str(card.get("name")), str(text)) for text in texts if text)


def _other(transcript: Transcript, event: Event) -> Iterator[Passage]:
    match event:
        case Refused(turn=turn, problems=problems, raw=raw, from_calls=calls):
            who = _agent(transcript, turn)
            yield from (Passage("refused", who, text) for text in (*problems, *_leaves(raw)))
            yield from (Passage("refused", who, text) for call in calls or () for text in _answered(transcript, call))
        case Paused(to=to, question=question):
            yield Passage("question", to, question)
        case Answered(by=by, value=value):
            yield from (Passage("answer", by, text) for text in _leaves(value))
        case TurnFailed(turn=turn, error=error):
            yield Passage("error", _agent(transcript, turn), f"{error.type}: {error.message}")
        case Judged(name=name, error=error) if error is not None:
            yield Passage("error", name, f"{error.type}: {error.message}")
        case Closed(reason=reason):
            yield Passage("reason", "", reason)
        case Interrupted(by=by, reason=reason):
            yield Passage("reason", by, reason or "")
        case Forked(author=author, reason=reason):
            yield Passage("reason", author or "", reason or "")
        case Edited(author=author, reason=reason, value=value):
            yield Passage("reason", author, reason)
            yield from (Passage("said", author, text) for text in _leaves(value))
        case _:
            return


def _answered(transcript: Transcript, call: int) -> list[str]:
    """What the model said whose answer was refused."""
    event = transcript[call].event
    return [one.text for one in _result("", event.result)] if isinstance(event, CallFinished) else []


def _agent(transcript: Transcript, turn: int) -> str:
    return str(getattr(transcript[turn].event, "to", ""))


def _leaves(value: JsonValue) -> Iterator[str]:
    """The texts in a JSON value: its strings and names one by one, everything else as it is written."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from (f"{name}: {text}" for text in _leaves(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str):
        yield value
    elif value is not None:
        yield to_json(value).decode()
