"""Deciding again: every ruling, every admission and every prompt of a saved run, compared with what was recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, get_args

from agentchat.debug.sent import Sent
from agentchat.policy.board import OpenTurn
from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import Charter, changes, charter_of
from agentchat.policy.decide import POLICY_VERSION, Ruling, decide, due_in, on_offer
from agentchat.policy.prompts.context import context_of
from agentchat.policy.prompts.request import resolve
from agentchat.policy.prompts.shown import Context
from agentchat.policy.routing.verdicts import Need
from agentchat.policy.state import state_of
from agentchat.transcript.calls import AskRecipe, ModelRecipe, OutputMode, Piece, ToolRecipe
from agentchat.transcript.events import (
    CallDenied,
    CallOver,
    CallStarted,
    Closed,
    Diverged,
    Entry,
    Event,
    Judged,
    Overrun,
    Paused,
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

_Ruling = TurnGiven | TurnCancelled | Closed | Warned | Overrun
_LIMIT = re.compile(r'"max_(?:completion|output)_tokens":(\d+)')
_OTHER_WAYS = ((True, False), (False, True), (False, False))
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
    prefix, deciding = Transcript(), Deciding()
    for entry in transcript.as_written():
        yield from deciding.judge(prefix, entry)
        prefix.follow(transcript)


class Deciding:
    """Decides a saved run again, entry by entry: what a check needs to keep between them.

    note: a likely reason for whatever differs now, if known.
    """

    def __init__(self) -> None:
        self.sent = Sent()
        self.closings: dict[str, Closing] = {}
        self.note = ""
        self._found: list[Difference] = []

    def judge(self, before: Transcript, entry: Entry) -> list[Difference]:
        """Where an entry is not what follows from those before it. Each entry is to be judged once, in order."""
        found = self._found = []
        event = entry.event
        judge = _JUDGES.get(type(event))
        if judge is not None:
            try:
                judge(self, before, entry, event)
            except Exception as error:  # a log that was tampered with may hold anything; the check goes on behind it
                self.differs(entry.seq, event.kind, _short(event), f"cannot be decided: {error}")
        return found

    def differs(self, seq: int, what: str, recorded: str, now: str) -> None:
        """Note a difference on the entry that is being judged."""
        self._found.append(Difference(seq, what, recorded, now, self.note))

    def compare(self, entry: Entry, what: str, ruling: Ruling | None) -> None:
        """Note where an entry is not the ruling that follows now."""
        if ruling is None:
            self.differs(entry.seq, what, _short(entry.event), "nothing is due")
        elif ruling.event is not entry.event and ruling.event != entry.event:
            self.differs(entry.seq, what, _short(entry.event), _short(ruling.event))
        elif ruling.cause != entry.cause:
            self.differs(entry.seq, f"the cause of {what}", f"event {entry.cause}", f"event {ruling.cause}")


class Closing(NamedTuple):
    """How the last request of an agent was closed, as one of its requests may be: the pieces, and their text."""

    context: Context
    mode: OutputMode | None
    model: str
    pieces: tuple[Piece, ...]
    text: str


def _ruling(deciding: Deciding, prefix: Transcript, entry: Entry, event: Event) -> None:
    deciding.compare(entry, "the decision", decide(prefix))


def _run(deciding: Deciding, prefix: Transcript, entry: Entry, event: RunStarted) -> None:
    differs = event.policy != POLICY_VERSION
    deciding.note = f"recorded under policy version {event.policy}, this is {POLICY_VERSION}" if differs else ""
    board = state_of(prefix).board
    if board.live or event.run != board.run + 1:
        now = f"run {board.run} is still going on" if board.live else f"run {board.run + 1}"
        deciding.differs(entry.seq, "the start of a run", f"run {event.run}", now)


def _verdict(deciding: Deciding, prefix: Transcript, entry: Entry, event: Judged) -> None:
    """Whether a user's function was asked when its verdict was needed, and about the right event."""
    due = due_in(prefix)
    if not isinstance(due, Need) or (due.name, due.on) != (event.name, event.on):
        now = f"{due.name} on {due.on}" if isinstance(due, Need) else "no verdict is needed"
        deciding.differs(entry.seq, "a verdict", f"{event.name} on {event.on}", now)
    elif entry.cause != event.on:
        deciding.differs(entry.seq, "the cause of a verdict", f"event {entry.cause}", f"event {event.on}")


def _question(deciding: Deciding, prefix: Transcript, entry: Entry, event: Paused) -> None:
    """Whether a question is the one that its call asks."""
    started = state_of(prefix).board.open_calls.get(event.call)
    asked = None if started is None else started.recipe
    if isinstance(asked, ToolRecipe):
        return  # put by the conversation that the tool holds
    put = AskRecipe(question=event.question, answer_schema=event.answer_schema, to=event.to)
    if not isinstance(asked, AskRecipe):
        deciding.differs(entry.seq, "a question", f"of call {event.call}", "no such question is asked")
    elif asked.model_copy(update={"tool_call_id": None}) != put:
        deciding.differs(
            entry.seq, "a question", f"to {event.to}: {event.question}", f"to {asked.to}: {asked.question}"
        )


def _end(deciding: Deciding, prefix: Transcript, entry: Entry, event: CallOver) -> None:
    state = state_of(prefix)
    if event.call not in state.board.open_calls:
        deciding.differs(entry.seq, "a result", f"of call {event.call}", "no such call is open")
    deciding.compare(entry, "a result", on_offer(prefix, state, event))


def _act(deciding: Deciding, prefix: Transcript, entry: Entry, event: _Act) -> None:
    if event.turn is None:
        return  # a person's words are an input
    state = state_of(prefix)
    due, turns, kind = due_in(prefix, state), state.board.open_turns, type(event)
    # on a graph others may act before a turn that is due is given
    if isinstance(due, Ruling) and not isinstance(due.event, TurnCancelled) and not (turns and state.walk):
        deciding.differs(entry.seq, "an act out of turn", _short(event), _short(due.event))
    else:
        _whose(deciding, turns, entry, event)
        act = _NAMES.get(kind, "an act")
        offer = _OFFERS[kind](prefix, event) if kind in _OFFERS else event
        deciding.compare(entry, act, on_offer(prefix, state, offer))


def _call(deciding: Deciding, prefix: Transcript, entry: Entry, event: CallStarted) -> None:
    _act(deciding, prefix, entry, event)
    if isinstance(event.recipe, ModelRecipe):
        _prompt(deciding, prefix, event, event.recipe, entry.seq)


def _whose(deciding: Deciding, turns: Mapping[int, OpenTurn], entry: Entry, event: _Act) -> None:
    """Whether it is the act of the agent whose turn it was."""
    turn = turns.get(event.turn or 0) or next(iter(turns.values()), None)
    if turn is None:
        deciding.differs(entry.seq, "an act out of turn", _short(event), "nobody has the turn")
        return
    seq, to = turn.entry.seq, turn.given.to
    agent = event.sender if type(event) is Said else getattr(event, "agent", to)
    if agent != to or event.turn != seq:
        deciding.differs(entry.seq, "whose act it is", f"{agent} in turn {event.turn}", f"{to} in turn {seq}")


def _prompt(deciding: Deciding, prefix: Transcript, event: CallStarted, recipe: ModelRecipe, seq: int) -> None:
    """Whether the recipe gives the bytes that were sent, and whether today's rendering gives the same recipe."""
    context = context_of(prefix, event.agent)
    sent = deciding.sent.rebuild(prefix, recipe, seq, context)
    if sent.digest != event.digest:
        deciding.differs(seq, "the bytes of a request", event.digest, sent.digest)
    card = context.card.known(recipe.model)
    if card is None:
        names = dict.fromkeys(one.name for one in context.card.models())
        deciding.differs(seq, f"the model of {event.agent}", recipe.model, ", ".join(names))
        return
    if recipe.context is None:
        return
    pieces = recipe.tail or context.base_tail or ()
    last = deciding.closings.get(event.agent)
    if last is None or last[:4] != (context, context.mode, recipe.model, pieces):
        usual = _unusual(context, card, pieces)
        last = Closing(context, context.mode, recipe.model, pieces, resolve(prefix, pieces))
        if usual is None:
            deciding.closings[event.agent] = last
        else:
            deciding.differs(seq, f"the settings of a request of {context.agent}", " ".join(pieces), " ".join(usual))
    now = sent if sent.is_of(context.growing, last.text) else context.growing.request(last.text)
    if now.digest != event.digest:
        recorded, today = _first_change(sent.join().decode(), now.join().decode())
        deciding.differs(seq, f"the prompt of {event.agent}", recorded, today)


def _unusual(context: Context, card: ModelCard, recorded: tuple[Piece, ...]) -> tuple[Piece, ...] | None:
    """None where a request closes as one of this agent does, whatever limit its output was given; else how one does."""
    found = _LIMIT.search("".join(recorded))
    limit = None if found is None else int(found[1])
    usual = context.tail(card, limit=limit)
    if recorded == usual or recorded in [
        context.tail(card, limit=limit, tools=tools, typed=typed) for tools, typed in _OTHER_WAYS
    ]:
        return None
    return usual


def _first_change(recorded: str, now: str) -> tuple[str, str]:
    """The two texts from a little before the first place where they differ."""
    same = next(
        (i for i, (a, b) in enumerate(zip(recorded, now, strict=False)) if a != b), min(len(recorded), len(now))
    )
    start = max(0, same - 30)
    lead = "…" if start else ""
    return lead + recorded[start : same + 60], lead + now[start : same + 60]


def _asked(prefix: Transcript, denied: CallDenied) -> CallStarted:
    """The offer that was denied, as far as deciding on it needs it."""
    recipes: dict[str, dict[str, object]] = {
        "model": {"call": "model", "model": denied.model or ""},
        "code": {"call": "code", "language": "", "source": (), "sandbox": ""},
        "tool": {"call": "tool", "name": "", "arguments": {}, "tool_call_id": denied.tool_call_id},
        "ask": {"call": "ask", "question": "", "answer_schema": {}, "to": "", "tool_call_id": denied.tool_call_id},
    }
    fields = denied.model_dump(include={"turn", "agent", "ordinal", "attempt", "digest", "reserved"})
    return CallStarted.model_validate({**fields, "key": "", "recipe": recipes[denied.call]})


def _offered(prefix: Transcript, refused: Refused) -> Said | Refused:
    """The message that the policy refused, as far as deciding on it needs it; what another refused is as it stands."""
    if refused.by != "policy":
        return refused
    turn = state_of(prefix).board.open_turns.get(refused.turn)
    sender = "" if turn is None else turn.given.to
    fields = {"sender": sender, "turn": refused.turn, "body": refused.raw, "from_calls": refused.from_calls}
    fields["type"] = refused.type
    return Said.model_validate(fields)


def _short(event: Event) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in event if name != "kind" and value is not None)
    text = f"{event.kind}({fields})"
    return text if len(text) <= 300 else f"{text[:299]}…"


_OFFERS: Final[dict[type, Callable[[Transcript, Any], Event]]] = {CallDenied: _asked, Refused: _offered}
"""What was offered, where the record is not the offer itself."""
_NAMES: Final[dict[type, str]] = {
    Said: "a message",
    CallStarted: "the admission of a call",
    CallDenied: "the denial of a call",
    Refused: "a refusal",
}
_JUDGES: Final[dict[type, Callable[[Deciding, Transcript, Entry, Any], None]]] = {
    RunStarted: _run,
    Judged: _verdict,
    Paused: _question,
    **dict.fromkeys(get_args(_Ruling), _ruling),
    **dict.fromkeys(get_args(CallOver), _end),
    **dict.fromkeys(get_args(_Act), _act),
    CallStarted: _call,
}
