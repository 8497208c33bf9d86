"""A whole run as the page's scripts read it: what was written, and what was worked out from it, in one pass.

Events go in as they were written, each once, and everything else points to them by number. Linear in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError
from pydantic_core import to_json

from agentchat.errors import ConfigurationError, DamagedTranscript
from agentchat.policy.asked import asked_in
from agentchat.policy.charter import AgentCard, charter_of
from agentchat.policy.rules.explain import unmet
from agentchat.policy.spending.usage import Spent, UsageReport, usage_of
from agentchat.policy.state import State, state_of
from agentchat.report.calls import Call, Calls
from agentchat.report.curves import Curve, Curves, Standing
from agentchat.report.places import Places
from agentchat.report.prompts import Part, Prompt, Prompts
from agentchat.report.turns import Step, Turns
from agentchat.transcript.events import Closed, Edited, Entry, RunStarted
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Transcript

_EVENT: Final = b'"event":'


class Agent(Frozen):
    """One agent of the roster, in short. The whole card stands in the first event."""

    name: str
    kind: str
    model: str | None = None
    tier: str | None = None
    description: str | None = None


class Ending(Frozen):
    """How it stands at the end. kind: that of the outcome, or "paused" or "open". lines: what more there is to say."""

    kind: str
    reason: str
    seq: int = 0
    event: int = 0
    advice: str = ""
    lines: tuple[str, ...] = ()


class Row(Frozen):
    """What somebody used, in words: what is not known is said to be unknown, or stands as a lower bound."""

    name: str
    calls: int
    programs: int
    tools: int
    input: str
    output: str
    cached: str
    usd: str


class Usage(Frozen):
    """The whole, and its parts; delegated and inherited only where there are any."""

    total: Row
    agents: tuple[Row, ...]
    models: tuple[Row, ...]
    tiers: tuple[Row, ...]
    delegated: Row | None = None
    inherited: Row | None = None


class Change(Frozen):
    """An edit: where it stands, which event it changed, and that event's JSON as it reads from then on."""

    at: int
    target: int
    event: str


class Facts(Frozen):
    """A run without its events.

    label: how the user named it. begun: wall clock of the first entry. who, turns, times, cause: one for each event.
    """

    label: str
    conversation: str
    begun: float
    torn: int
    agents: tuple[Agent, ...]
    names: tuple[str, ...]
    who: tuple[int, ...]
    turns: tuple[int, ...]
    times: tuple[float, ...]
    cause: tuple[int, ...]
    ending: Ending
    usage: Usage
    standing: tuple[Standing, ...]
    calls: tuple[Call, ...]
    steps: tuple[Step, ...]
    prompts: Mapping[int, Prompt]
    programs: Mapping[int, tuple[Part, ...]]
    curves: tuple[Curve, ...]
    changes: tuple[Change, ...]


class Run(Frozen):
    """A run: its facts, and the JSON of each event as it was written."""

    facts: Facts
    events: tuple[str, ...]

    def written(self) -> str:
        """Both as one JSON object."""
        facts = self.facts.model_dump_json(exclude_none=True)
        return f'{facts[:-1]},"events":[{",".join(self.events)}]}}'


def run_of(transcript: Transcript, label: str = "") -> Run:
    """Everything that the page shows of a transcript.

    Raises NotATranscript where it is empty, DamagedTranscript where it is a log, and what it says cannot be.
    """
    try:
        return _run_of(transcript, label)
    except (ValidationError, LookupError, ConfigurationError) as error:
        what = str(error).partition("\n")[0]
        raise DamagedTranscript(f"{label or 'this'}: what is recorded does not fit together: {what}") from None


def _run_of(transcript: Transcript, label: str) -> Run:
    conversation = transcript.conversation
    cards = charter_of(transcript).agents
    walk = _Walk(transcript, tuple(card.name for card in cards))
    facts = Facts(
        label=label or conversation,
        conversation=conversation,
        begun=transcript[1].at,
        torn=transcript.torn,
        agents=tuple(_agent(card) for card in cards),
        names=tuple(walk.places.names),
        who=tuple(walk.places.who),
        turns=tuple(walk.places.turns),
        times=tuple(walk.places.times),
        cause=tuple(entry.cause for entry in transcript),
        ending=_ending(transcript),
        usage=_usage(usage_of(transcript)),
        standing=walk.curves.standing(transcript),
        calls=tuple(walk.calls.made.values()),
        steps=tuple(walk.turns.made),
        prompts=walk.prompts.made,
        programs=walk.prompts.programs,
        curves=walk.curves.made(),
        changes=tuple(walk.changes),
    )
    return Run(facts=facts, events=tuple(walk.events))


class _Walk:
    """One pass: the transcript is built up again entry by entry, so that everything is seen as of its own time."""

    def __init__(self, transcript: Transcript, names: tuple[str, ...]) -> None:
        self.places, self.calls, self.turns = Places(names), Calls(), Turns()
        self.prompts, self.curves = Prompts(), Curves()
        self.changes: list[Change] = []
        self.events: list[str] = []
        self._run = 0
        prefix = Transcript()
        for seq in range(1, len(transcript) + 1):
            entry, line = transcript.recorded(seq), transcript.line(seq)
            self.prompts.take(prefix, transcript, entry)
            prefix.append(entry, line)
            self._take(prefix, entry)
            self.events.append(_written(entry, line))

    def _take(self, prefix: Transcript, entry: Entry) -> None:
        now = prefix[entry.seq]  # an inserted message reads as such
        time = self.places.take(now)
        self.calls.take(entry, time)
        ended = self.calls.made.get(vars(entry.event).get("call", 0))
        self.curves.take(prefix, entry, time, ended)
        self.turns.take(now)
        if isinstance(entry.event, RunStarted):
            self._run = entry.seq
        if isinstance(entry.event, Edited):
            self._change(prefix, entry.seq, entry.event)

    def _change(self, prefix: Transcript, seq: int, edited: Edited) -> None:
        target = edited.target or {"insert": seq, "agreement": 1}.get(edited.act, self._run)
        self.changes.append(Change(at=seq, target=target, event=_json(prefix[target])))


def _json(entry: Entry) -> str:
    return to_json(entry.event, exclude_none=True).decode()


def _written(entry: Entry, line: bytes) -> str:
    """The event's JSON as it stands in the stored line; put together anew where large texts are kept elsewhere."""
    if b"$blob" in line:
        return _json(entry)
    return line[line.index(_EVENT) + len(_EVENT) : -1].decode()


def _agent(card: AgentCard) -> Agent:
    model = card.model
    return Agent(
        name=card.name,
        kind=card.kind,
        model=None if model is None else model.name,
        tier=None if model is None else model.tier,
        description=card.description,
    )


def _ending(transcript: Transcript) -> Ending:
    state = state_of(transcript)
    closed = state.board.closed
    if closed is not None and isinstance(closed.event, Closed):
        told = closed.event
        return Ending(
            kind=told.outcome,
            reason=told.reason,
            seq=closed.seq,
            event=told.event,
            advice=told.advice,
            lines=_rules(state),
        )
    waiting = next(iter(asked_in(transcript).open.values()), None)
    if waiting is not None:
        reason = f"it waits for {waiting.to} to answer {waiting.pause!r}: {waiting.question}"
        return Ending(kind="paused", reason=reason, event=waiting.call, advice="Answer the question, then resume.")
    if not state.board.live:
        return Ending(kind="open", reason="no run has begun")
    advice = "Unless a process is at it, resume the conversation to go on."
    return Ending(kind="open", reason="the run has not ended", advice=advice, lines=_rules(state))


def _rules(state: State) -> tuple[str, ...]:
    """What each rule of the last run stood at."""
    return tuple(unmet(state))


def _usage(report: UsageReport) -> Usage:
    nothing = Spent()
    return Usage(
        total=_row("all", report.total),
        agents=tuple(_row(name, spent) for name, spent in report.by_agent.items()),
        models=tuple(_row(name, spent) for name, spent in report.by_model.items()),
        tiers=tuple(_row(name, spent) for name, spent in report.by_tier.items()),
        delegated=None if report.delegated == nothing else _row("delegated", report.delegated),
        inherited=None if report.inherited == nothing else _row("inherited", report.inherited),
    )


def _row(name: str, spent: Spent) -> Row:
    return Row(
        name=name,
        calls=spent.calls,
        programs=spent.programs,
        tools=spent.tools,
        input=str(spent.input_tokens),
        output=str(spent.output_tokens),
        cached=str(spent.cached_tokens),
        usd=str(spent.usd),
    )
