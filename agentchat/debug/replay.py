"""Deciding again: every ruling, every admission and every prompt of a saved run, compared with what was recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from agentchat.debug.sent import Sent
from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import Charter, changes, charter_of
from agentchat.policy.decide import POLICY_VERSION, Ruling, decide, due_in
from agentchat.policy.prompts.context import context_of
from agentchat.policy.prompts.request import Bytes, resolve
from agentchat.policy.prompts.shown import Context
from agentchat.policy.routing.verdicts import Need
from agentchat.policy.state import state_of
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Diverged,
    Entry,
    Event,
    Judged,
    Overrun,
    Refused,
    RunStarted,
    Said,
    StateSet,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
    Warned,
)
from agentchat.transcript.transcript import Transcript

_RULINGS = (TurnGiven, TurnCancelled, Closed, Warned, Overrun)
_LIMIT = re.compile(r'"max_(?:completion|output)_tokens":(\d+)')
_ENDS = (CallFinished, CallFailed, CallCancelled, CallInDoubt)
_NAMES: dict[type, str] = {Said: "a message", CallStarted: "the admission of a call"}
_Act = Said | Refused | CallStarted | CallDenied | StateSet | TurnFailed | TurnPassed | Diverged


class Difference(NamedTuple):
    """One place where deciding again does not give what was recorded.

    seq: the event (0: the agreement as a whole). what: which kind of thing differs. note: a likely reason, if known.
    """

    seq: int
    what: str
    recorded: str
    now: str
    note: str = ""

    def __str__(self) -> str:
        place = f"event {self.seq}, {self.what}" if self.seq else self.what
        note = f"\n  note:     {self.note}" if self.note else ""
        return f"{place}\n  recorded: {self.recorded}\n  now:      {self.now}{note}"


class Team(Protocol):
    """What is compared with the recorded agreement; a `Conversation` is one."""

    @property
    def charter(self) -> Charter:
        """The agreement that the team would make today."""
        ...


class Replay(NamedTuple):
    """A saved run decided again: the transcript, how many events were checked, and all differences, in order."""

    transcript: Transcript
    checked: int
    differences: list[Difference]


def replay(source: str | Path | Transcript, *, team: Team | None = None) -> Replay:
    """Decide a saved run again and compare. Calls nothing; needs no agent.

    team: compare today's team with the recorded agreement as well. Raises a TranscriptError for a file that cannot be
    read, an edited one included: the chain names the line.
    """
    transcript = source if isinstance(source, Transcript) else Transcript.load(source)
    found: list[Difference] = []
    if team is not None:
        found += [
            Difference(0, "the agreement", change, "") for change in changes(charter_of(transcript), team.charter)
        ]
    found += differences(transcript)
    return Replay(transcript, len(transcript), found)


def differences(transcript: Transcript) -> Iterator[Difference]:
    """Where deciding again differs, in order. Later ones may follow from the first."""
    prefix, sent = Transcript(), Sent()
    note = ""
    for entry in transcript:
        event = entry.event
        if isinstance(event, RunStarted):
            differs = event.policy != POLICY_VERSION
            note = f"recorded under policy version {event.policy}, this is {POLICY_VERSION}" if differs else ""
        for difference in _judge(prefix, entry, sent):
            yield difference._replace(note=note)
        prefix.append(entry, transcript.line(entry.seq))


def _judge(prefix: Transcript, entry: Entry, sent: Sent) -> Iterator[Difference]:
    event = entry.event
    try:
        if isinstance(event, _RULINGS):
            yield from _compare(entry, "the decision", decide(prefix))
        elif isinstance(event, Judged):
            yield from _judge_need(prefix, entry, event)
        elif isinstance(event, RunStarted):
            yield from _judge_run(prefix, entry, event)
        elif isinstance(event, _ENDS):
            if event.call not in state_of(prefix).board.open_calls:
                yield Difference(entry.seq, "a result", f"of call {event.call}", "no such call is open")
            yield from _compare(entry, "a result", decide(prefix, event))
        elif isinstance(event, _Act) and event.turn is not None:
            yield from _judge_act(prefix, entry, event)
            if isinstance(event, CallStarted) and isinstance(event.recipe, ModelRecipe):
                request = sent.rebuild(prefix, event.recipe, entry.seq)
                yield from _prompt(prefix, event, event.recipe, entry.seq, request)
    except Exception as error:  # a log that was tampered with may hold anything; the check goes on behind it
        yield Difference(entry.seq, event.kind, _short(event), f"cannot be decided: {error}")


def _judge_run(prefix: Transcript, entry: Entry, event: RunStarted) -> Iterator[Difference]:
    board = state_of(prefix).board
    if board.live or event.run != board.run + 1:
        now = f"run {board.run} is still going on" if board.live else f"run {board.run + 1}"
        yield Difference(entry.seq, "the start of a run", f"run {event.run}", now)


def _judge_need(prefix: Transcript, entry: Entry, event: Judged) -> Iterator[Difference]:
    """Whether a user's function was asked when its verdict was needed, and about the right event."""
    due = due_in(prefix)
    if not isinstance(due, Need) or (due.name, due.on) != (event.name, event.on):
        now = f"{due.name} on {due.on}" if isinstance(due, Need) else "no verdict is needed"
        yield Difference(entry.seq, "a verdict", f"{event.name} on {event.on}", now)
    elif entry.cause != event.on:
        yield Difference(entry.seq, "the cause of a verdict", f"event {entry.cause}", f"event {event.on}")


def _judge_act(prefix: Transcript, entry: Entry, event: _Act) -> Iterator[Difference]:
    due = decide(prefix)
    beside = len(state_of(prefix).board.open_turns) > 0  # others may act before a turn that is due is given
    if due is not None and not isinstance(due.event, TurnCancelled) and not (beside and state_of(prefix).walk):
        yield Difference(entry.seq, "an act out of turn", _short(event), _short(due.event))
        return
    yield from _whose(prefix, entry, event)
    if isinstance(event, CallDenied):
        yield from _compare(entry, "the denial of a call", decide(prefix, _asked(event)))
    elif isinstance(event, Refused) and event.by == "policy":
        yield from _compare(entry, "a refusal", decide(prefix, _offered(prefix, event)))
    else:
        yield from _compare(entry, _NAMES.get(type(event), "an act"), decide(prefix, event))


def _whose(prefix: Transcript, entry: Entry, event: _Act) -> Iterator[Difference]:
    """Whether it is the act of the agent whose turn it was."""
    turns = state_of(prefix).board.open_turns
    open_turn = turns.get(event.turn or 0) or next(iter(turns.values()), None)
    turn = None if open_turn is None else open_turn.entry
    if turn is None or not isinstance(turn.event, TurnGiven):
        yield Difference(entry.seq, "an act out of turn", _short(event), "nobody has the turn")
        return
    agent = event.sender if isinstance(event, Said) else getattr(event, "agent", turn.event.to)
    if (agent, event.turn) != (turn.event.to, turn.seq):
        yield Difference(
            entry.seq, "whose act it is", f"{agent} in turn {event.turn}", f"{turn.event.to} in turn {turn.seq}"
        )


def _prompt(prefix: Transcript, event: CallStarted, recipe: ModelRecipe, seq: int, sent: Bytes) -> Iterator[Difference]:
    """Whether the recipe gives the bytes that were sent, and whether today's rendering gives the same recipe."""
    if sent.digest != event.digest:
        yield Difference(seq, "the bytes of a request", event.digest, sent.digest)
    context = context_of(prefix, event.agent)
    models = {card.name: card for card in context.card.models()}
    if recipe.model not in models:
        yield Difference(seq, f"the model of {event.agent}", recipe.model, ", ".join(models))
        return
    if recipe.context is None:
        return
    yield from _settings(context, models[recipe.model], recipe, seq)
    now = context.growing.request(resolve(prefix, recipe.tail or context.base_tail or ()))
    if now.digest != event.digest:
        recorded, today = _first_change(sent.join().decode(), now.join().decode())
        yield Difference(seq, f"the prompt of {event.agent}", recorded, today)


def _settings(context: Context, card: ModelCard, recipe: ModelRecipe, seq: int) -> Iterator[Difference]:
    """Whether a request closes as one of this agent does, whatever limit its output was given."""
    recorded = recipe.tail or context.base_tail or ()
    found = _LIMIT.search("".join(recorded))
    limit = None if found is None else int(found[1])
    ways = [
        context.tail(card, limit=limit, tools=tools, typed=typed) for tools in (True, False) for typed in (True, False)
    ]
    if recorded not in ways:
        yield Difference(seq, f"the settings of a request of {context.agent}", " ".join(recorded), " ".join(ways[0]))


def _first_change(recorded: str, now: str) -> tuple[str, str]:
    """The two texts from a little before the first place where they differ."""
    same = next(
        (i for i, (a, b) in enumerate(zip(recorded, now, strict=False)) if a != b), min(len(recorded), len(now))
    )
    start = max(0, same - 30)
    lead = "…" if start else ""
    return lead + recorded[start : same + 60], lead + now[start : same + 60]


def _asked(denied: CallDenied) -> CallStarted:
    """The offer that was denied, as far as deciding on it needs it."""
    recipes: dict[str, dict[str, object]] = {
        "model": {"call": "model", "model": denied.model or ""},
        "code": {"call": "code", "language": "", "source": (), "sandbox": ""},
        "tool": {"call": "tool", "name": "", "arguments": {}, "tool_call_id": denied.tool_call_id},
        "ask": {"call": "ask", "question": "", "answer_schema": {}, "to": "", "tool_call_id": denied.tool_call_id},
    }
    fields = denied.model_dump(include={"turn", "agent", "ordinal", "attempt", "digest", "reserved"})
    return CallStarted.model_validate({**fields, "key": "", "recipe": recipes[denied.call]})


def _offered(prefix: Transcript, refused: Refused) -> Said:
    """The message that was refused, as far as deciding on it needs it."""
    turn = state_of(prefix).board.open_turns.get(refused.turn)
    sender = "" if turn is None else turn.given.to
    fields = {"sender": sender, "turn": refused.turn, "body": refused.raw, "from_calls": refused.from_calls}
    fields["type"] = refused.type
    return Said.model_validate(fields)


def _compare(entry: Entry, what: str, ruling: Ruling | None) -> Iterator[Difference]:
    if ruling is None:
        yield Difference(entry.seq, what, _short(entry.event), "nothing is due")
    elif ruling.event != entry.event:
        yield Difference(entry.seq, what, _short(entry.event), _short(ruling.event))
    elif ruling.cause != entry.cause:
        yield Difference(entry.seq, f"the cause of {what}", f"event {entry.cause}", f"event {ruling.cause}")


def _short(event: Event) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in event if name != "kind" and value is not None)
    text = f"{event.kind}({fields})"
    return text if len(text) <= 300 else f"{text[:299]}…"
