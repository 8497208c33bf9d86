"""A conversation as OpenTelemetry spans, in OTLP JSON: the conversation, its runs, their turns, the calls of each.

    conversation
      invoke_workflow          a run
        invoke_agent coder     a turn
          chat gpt-4.1         a model call: model, settings, tokens, finish reason, cost
          execute_tool look    a tool, a program
          ask user             a question to a person

Errors are the status of their span; refusals, denials, warnings and interruptions are events of the turn or the run.
What was said is left out unless it is asked for, as the conventions want it. The log is read as it was written: what
was edited later was done first, and shows as it was done.

Conventions: OpenTelemetry GenAI (github.com/open-telemetry/semantic-conventions-genai, spans and agent spans, in
development). What they have no word for is named `agentchat.*`.
"""

from __future__ import annotations

import json
from typing import Final

from pydantic import JsonValue

from agentchat.errors import TranscriptError
from agentchat.exchange.asides import aside
from agentchat.exchange.exported import Exported, counted
from agentchat.exchange.otel_calls import Asked, begin_call, end_call
from agentchat.exchange.otel_messages import joined, said, share_of
from agentchat.exchange.otlp import Span, nanoseconds, traces
from agentchat.exchange.saved import saved_lost
from agentchat.policy.charter import AgentCard, Charter
from agentchat.policy.spending.roster import Roster
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import (
    CallCancelled,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallOver,
    CallStarted,
    Closed,
    Entry,
    Forked,
    Opened,
    PersonaChanged,
    RunStarted,
    Said,
    StateSet,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    TurnPassed,
)
from agentchat.transcript.transcript import Transcript

SCOPE: Final = "agentchat"
CANCELLED: Final = "cancelled"

_GENERAL: Final = "agreements, prompts' recipes, digests, agents' states and the wording of rules"
_CONTENT: Final = "what was said, asked and answered: --content puts it in"


def otel(transcript: Transcript, *, content: bool = False, version: str = "") -> Exported:
    """The spans, as one line of OTLP JSON. content: whether messages, arguments and results are in them."""
    calls = sum(isinstance(entry.event, CallStarted) for entry in transcript)
    most = share_of(calls) if content else None
    trace = _Trace(transcript.conversation, Asked(most), content=content)
    for seq in range(1, len(transcript) + 1):
        trace.take(transcript.recorded(seq), transcript.line(seq))
    trace.finish()
    resource: JsonObject = {"service.name": SCOPE, **({"service.version": version} if version else {})}
    text = json.dumps(traces(trace.spans, resource, SCOPE, version), ensure_ascii=False, separators=(",", ":"))
    losses = [_GENERAL, *([] if content else [_CONTENT])]
    cut = trace.asked.cut
    if most is not None and cut:
        losses.append(f"the first messages of {counted(cut, 'call')}, whose history is longer than {most:,} bytes")
    if trace.unfinished:
        losses.append(
            f"the ends of {counted(trace.unfinished, 'span')}, which the record does not have: they end with it"
        )
    losses += [*saved_lost(transcript)] if content else []
    return Exported(text + "\n", tuple(losses))


class _Trace:
    """Takes the log in entry by entry; `spans` are those that have ended."""

    def __init__(self, conversation: str, asked: Asked, *, content: bool) -> None:
        self.spans: list[JsonObject] = []
        self.asked = asked
        self.unfinished = 0
        self._id = conversation
        self._content = content
        self._log = Transcript()  # as it read when the entry was entered
        self._now = 0
        self._root: Span | None = None
        self._run: Span | None = None
        self._turns: dict[int, Span] = {}
        self._calls: dict[int, Span] = {}
        self._roster = Roster()
        self._cards: dict[str, AgentCard] = {}
        self._heard: list[int] = []  # what people said in this run before the first turn
        self._answer = 0  # the last message of an agent in this run

    def take(self, entry: Entry, line: bytes) -> None:
        """The next entry, as it was written."""
        self._log.append(entry, line)
        self._now = max(self._now, nanoseconds(entry.at))  # a wall clock may be set back; a span may not end so
        match entry.event:
            case Opened() as event:
                self._open(event)
            case RunStarted() as event:
                self._end_run()
                self._run = Span(self._id, entry.seq, "invoke_workflow", parent=1, start=self._now)
                self._run.attributes |= {"gen_ai.operation.name": "invoke_workflow", "gen_ai.conversation.id": self._id}
                self._run.attributes |= {"agentchat.run": event.run}
                self._heard, self._answer = [], 0
            case TurnGiven() as event:
                self._turns[entry.seq] = self._turn(entry.seq, event)
            case Said() as event:
                self._said(entry.seq, event)
            case TurnPassed() | TurnFailed() | TurnCancelled() as event:
                self._turn_over(event)
            case CallStarted() as event:
                parent = event.turn if event.turn in self._turns else self._place().seq
                call = begin_call(self._id, entry.seq, event, self._now, parent, self._roster)
                self.asked.tell(call, event, self._log)
                self._calls[entry.seq] = call
            case CallFinished() | CallFailed() | CallCancelled() | CallInDoubt() as event:
                self._call_over(event)
            case Closed() as event:
                self._closed(event)
            case Forked() as event:
                self._forked(event)
            case StateSet():
                pass
            case _:
                self._aside(entry)

    def finish(self) -> None:
        """End what is still open with the record."""
        self._end_run()
        if self._root is not None:
            self.spans.append(self._root.end(self._now))

    # the conversation and its runs

    def _open(self, event: Opened) -> None:
        self._root = Span(self._id, 1, "conversation", parent=0, start=self._now)
        self._roster.take(event)
        self._cards = {card.name: card for card in Charter.model_validate(event.charter).agents}
        self._root.attributes |= {"gen_ai.conversation.id": self._id, "agentchat.agents": list(self._cards)}
        if event.parent is not None:
            self._root.link(event.parent.conversation, event.parent.seq, {"agentchat.link": "held for"})

    def _place(self) -> Span:
        """Where things happen that are part of no turn."""
        span = self._run or self._root
        assert span is not None
        return span

    def _closed(self, event: Closed) -> None:
        if self._run is None:
            return
        self._run.attributes |= {"agentchat.outcome": event.outcome, "agentchat.outcome.event": event.event}
        self._run.attributes |= {"agentchat.outcome.reason": event.reason if self._content else None}
        if event.outcome == "failed":
            self._run.fail("failed", event.reason if self._content else "")
        if self._content and self._answer:
            answer = said(self._log.body(self._answer), "assistant", self._log.message(self._answer).sender)
            self._run.attributes["gen_ai.output.messages"] = answer
        self._end_run(whole=True)

    def _end_run(self, *, whole: bool = False) -> None:
        for seq in tuple(self._turns):
            self._end_turn(seq, whole=False)
        if self._run is not None:
            if self._content:
                heard = joined(said(self._log.body(seq), "user", self._log.message(seq).sender) for seq in self._heard)
                self._run.attributes["gen_ai.input.messages"] = heard or None
            self._end(self._run, whole=whole)
        self._run = None

    def _forked(self, event: Forked) -> None:
        """Calls that were open at a fork were not made here."""
        for seq in tuple(self._calls):
            self._end(self._calls.pop(seq), whole=False)
        assert self._root is not None
        self._root.link(
            event.parent.conversation, 1, {"agentchat.link": "forked from", "agentchat.seq": event.parent.seq}
        )

    # turns

    def _turn(self, seq: int, event: TurnGiven) -> Span:
        card = self._cards.get(event.to)
        span = Span(self._id, seq, f"invoke_agent {event.to}", parent=self._place().seq, start=self._now)
        span.attributes |= {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": SCOPE,
            "gen_ai.agent.name": event.to,
            "gen_ai.agent.description": None if card is None else card.description,
            "gen_ai.conversation.id": self._id,
            "gen_ai.request.model": None
            if card is None or card.model is None
            else card.model.name.partition("@http")[0],
            "agentchat.subject": event.subject,
            "agentchat.why.router": event.why.router,
        }
        if self._content:
            span.attributes["agentchat.why.reason"] = event.why.reason  # a supervisor's own words
            span.attributes["gen_ai.input.messages"] = self._subject(event)
            if card is not None and card.instructions:
                span.attributes["gen_ai.system_instructions"] = [{"type": "text", "content": card.instructions}]
        return span

    def _subject(self, event: TurnGiven) -> list[JsonValue] | None:
        """The message that a turn answers; None where the log holds none there, for it was tampered with."""
        try:
            subject = self._log.message(event.subject)
        except (TranscriptError, IndexError):
            return None
        return said(subject.body, "assistant" if subject.sender == event.to else "user", subject.sender)

    def _said(self, seq: int, event: Said) -> None:
        turn = self._turns.get(event.turn or 0)
        if turn is None:
            if not self._turns and not self._answer:
                self._heard.append(seq)
            self._place().event("agentchat.said", self._now, self._saying(seq, event))
            return
        self._answer = seq
        turn.attributes |= {"agentchat.said": seq, "agentchat.to": event.to}
        if self._content:
            turn.attributes["gen_ai.output.messages"] = said(self._log.body(seq), "assistant", event.sender)
        self._end_turn(turn.seq, whole=True)

    def _saying(self, seq: int, event: Said) -> JsonObject:
        found: JsonObject = {"agentchat.seq": seq, "agentchat.sender": event.sender, "agentchat.to": event.to}
        if self._content:
            found["gen_ai.input.messages"] = said(self._log.body(seq), "user", event.sender)
        return found

    def _turn_over(self, event: TurnPassed | TurnFailed | TurnCancelled) -> None:
        turn = self._turns.get(event.turn)
        if turn is None:
            return
        if isinstance(event, TurnFailed):
            turn.fail(event.error.type, event.error.message)
        elif isinstance(event, TurnCancelled):
            turn.fail(CANCELLED, event.reason)
        else:
            turn.attributes["agentchat.passed"] = True
        self._end_turn(turn.seq, whole=True)

    def _end_turn(self, turn: int, *, whole: bool) -> None:
        for seq in [seq for seq in self._calls if self._turn_of(seq) == turn]:
            self._end(self._calls.pop(seq), whole=False)
        self._end(self._turns.pop(turn), whole=whole)

    def _turn_of(self, call: int) -> int:
        started = self._log[call].event
        return started.turn if isinstance(started, CallStarted) else 0

    # calls

    def _call_over(self, event: CallOver) -> None:
        span = self._calls.pop(event.call, None)
        started = None if span is None else self._log.recorded(event.call).event
        if span is None or not isinstance(started, CallStarted):
            return
        end_call(span, started, event, self._roster, content=self._content)
        self._end(span, whole=True)

    # what happens beside

    def _aside(self, entry: Entry) -> None:
        if isinstance(entry.event, PersonaChanged):
            self._roster.take(entry.event)
            self._cards[entry.event.agent] = AgentCard.model_validate(entry.event.card)
        told = aside(entry, self._log)
        turn = None if told is None else self._turns.get(told.turn)
        values: JsonObject = {"agentchat.seq": entry.seq}
        if self._content and told is not None:
            values |= {"agentchat.text": told.text, "agentchat.words": told.words}
        (turn or self._place()).event(f"agentchat.{entry.event.kind}", self._now, values)

    def _end(self, span: Span, *, whole: bool) -> None:
        if not whole:
            span.attributes["agentchat.unfinished"] = True
            self.unfinished += 1
        self.spans.append(span.end(self._now))
