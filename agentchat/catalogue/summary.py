"""One conversation in a few words and numbers, from its transcript. Pure.

Of a branch, what it did itself counts: turns, events and money behind the fork. What it found already done is its
parent's, so that a list of both adds up.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from agentchat.catalogue.opening import Origin, origin_of, own_part, words_of
from agentchat.policy.asked import asked_in
from agentchat.policy.charter import agreed_in
from agentchat.policy.spending.usage import Count, Money, usage_of
from agentchat.transcript.events import Closed, OutcomeKind, RunStarted, TurnGiven
from agentchat.transcript.transcript import Entries, Transcript

State: TypeAlias = Literal["open", "paused"] | OutcomeKind
"""How it ended; "paused": it waits for a person; "open": it has not ended, whether or not a process is at it."""


class Summary(NamedTuple):
    """A conversation as a list shows it.

    words: what it was given to do. agents: who takes part. began, at: wall time of its first and of its last event of
    its own. turns, events, calls, tokens, usd: of its own; a sum that is not complete is a lower bound. question: what
    a paused one waits for. reason: why it ended.
    """

    id: str
    words: str
    agents: tuple[str, ...]
    began: float
    at: float
    turns: int
    events: int
    calls: int
    tokens: Count
    usd: Money
    state: State
    question: str | None = None
    reason: str | None = None
    origin: Origin | None = None


def summary_of(transcript: Transcript) -> Summary:
    """Sum up a conversation. Raises a TranscriptError where there is nothing in it."""
    id, own = transcript.conversation, own_part(transcript)
    used = usage_of(transcript)
    total, found = used.total, used.inherited
    state, question, reason = _state(transcript)
    return Summary(
        id=id,
        words=words_of(transcript),
        agents=agreed_in(transcript).names,
        began=own[0].at,
        at=own[-1].at,
        turns=_turns(transcript, own),
        events=len(own),
        calls=total.calls - found.calls,
        tokens=Count(total.tokens.known - found.tokens.known, total.tokens.complete),
        usd=Money(total.usd.nanos - found.usd.nanos, total.usd.complete),
        state=state,
        question=question,
        reason=reason,
        origin=origin_of(own[0].event),
    )


def _turns(transcript: Transcript, own: Entries) -> int:
    """Turns that were given, but for those of a router that only chooses."""
    routers = {name for name, card in agreed_in(transcript).cards.items() if card.kind == "selector"}
    return sum(isinstance(entry.event, TurnGiven) and entry.event.to not in routers for entry in own)


def _state(transcript: Transcript) -> tuple[State, str | None, str | None]:
    """How the last run stands, the question that it waits with, and the reason for its end."""
    for entry in reversed(transcript.since(0)):
        event = entry.event
        if isinstance(event, Closed):
            return event.outcome, None, event.reason
        if isinstance(event, RunStarted):
            break
    for paused in asked_in(transcript).open.values():
        return "paused", paused.question, None
    return "open", None, None
