"""The record itself: how it began, who holds it, and who changed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agentchat.debug.why.moment import Moment
from agentchat.debug.why.steps import Detail, fact, plain, quoted
from agentchat.policy.asked import asked_in
from agentchat.policy.charter import AgentCard, Charter, agreed_in, changes, charter_of
from agentchat.policy.rules import read_rule
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.transcript.events import (
    Closed,
    Compacted,
    Edited,
    Forked,
    Opened,
    PersonaChanged,
    Released,
    RunStarted,
    Scrubbed,
    Taken,
)
from agentchat.transcript.transcript import Transcript

_EDITS: Final = {
    "replace": "replaced a message",
    "remove": "removed a message",
    "insert": "put a message in",
    "result": "changed the result of a call",
    "rules": "changed the rules of the run",
    "budget": "changed the budget of the run",
    "agreement": "changed the agreement",
}


def opened(moment: Moment, event: Opened) -> Iterator[Detail]:
    """What was agreed."""
    yield fact(f"the conversation {event.conversation} was opened", conversation=event.conversation)
    if event.parent is not None:
        place = event.parent
        yield fact(f"it is held for the call at event {place.seq} of {place.conversation}", parent=place.conversation)
    charter = Charter.model_validate(event.charter)
    yield fact(f"agents: {', '.join(f'{card.name} ({card.kind})' for card in charter.agents)}")
    yield fact(f"who is next: {charter.routing.get('router')}", routing=charter.routing)


def run_started(moment: Moment, event: RunStarted) -> Iterator[Detail]:
    """What the run goes by."""
    before = moment.event(moment.entry.cause)
    after = f", after event {moment.entry.cause}" if isinstance(before, Closed) else ""
    yield fact(f"run {event.run} began{after}", run=event.run)
    if isinstance(before, Closed):
        yield fact(f"the run before it ended: {before.outcome}: {before.reason}", outcome=before.outcome)
    yield fact(f"its rules: {read_rule(event.rules)}", rules=event.rules)
    budget = Budget.model_validate(event.budget)
    yield fact(f"its budget: {budget}" if event.budget else "its budget: no cap", budget=event.budget)
    yield fact(f"decided by version {event.policy} of the policy", policy=event.policy)


def taken(moment: Moment, event: Taken) -> Iterator[Detail]:
    """A process that takes over."""
    yield fact(f"the process {event.owner} took the conversation over", owner=event.owner, epoch=event.epoch)
    calls = state_of(moment.before).board.open_calls
    asked = asked_in(moment.before).calls
    for seq, started in calls.items():
        what = "asked a person, and goes on with the answer" if seq in asked else "had no result: it is in doubt"
        yield fact(f"the {started.recipe.call} call {seq} of {started.agent} {what}", call=seq)
    if not calls:
        yield fact("no call was without its result")


def released(moment: Moment, event: Released) -> Iterator[Detail]:
    """A process that lets go."""
    yield fact(f"the process {event.owner} let go of the conversation, on purpose", owner=event.owner)


def compacted(moment: Moment, event: Compacted) -> Iterator[Detail]:
    """A summary in place of what came before."""
    yield fact(f"for {event.agent}, a summary stands for everything up to event {event.upto}", agent=event.agent)
    card = agreed_in(moment.before).cards.get(event.agent)
    if card is not None and card.context.compact_at is not None:
        most = card.context.compact_at
        yield fact(f"its next request would have had more than {most:,} tokens", compact_at=most)
    yield fact(f"the summary is the reply at event {event.call}", result=event.call)


def persona_changed(moment: Moment, event: PersonaChanged) -> Iterator[Detail]:
    """What an agent was changed into."""
    yield fact(f"{event.author} changed {event.agent}: {quoted(event.reason)}", author=event.author)
    charter, card = charter_of(moment.before), AgentCard.model_validate(event.card)
    cards = tuple(card if one.name == event.agent else one for one in charter.agents)
    for line in changes(charter, charter.model_copy(update={"agents": cards})):
        yield fact(line)


def forked(moment: Moment, event: Forked) -> Iterator[Detail]:
    """A branch that leaves a conversation."""
    place = event.parent
    who = f"{event.author} " if event.author is not None else ""
    verb = "went on from" if who else "this goes on from"
    why = f": {quoted(event.reason)}" if event.reason is not None else ""
    yield fact(f"{who}{verb} event {place.seq} of {place.conversation}, as {event.branch}{why}", branch=event.branch)
    board = state_of(moment.before).board
    for seq, started in board.open_calls.items():
        yield fact(f"the {started.recipe.call} call {seq} was open there, and counts as not made here", call=seq)
    for seq, turn in board.open_turns.items():
        what = "is given up" if event.anew else "goes on with what is recorded of it"
        yield fact(f"the turn of {turn.given.to} (event {seq}) {what}", turn=seq)


def edited(moment: Moment, event: Edited) -> Iterator[Detail]:
    """What somebody changed, and from what."""
    place = target_of(moment.before, event)
    at = f" (event {place})" if place else ""
    yield fact(f"{event.author} {_EDITS[event.act]}{at}: {quoted(event.reason)}", author=event.author, act=event.act)
    if moment.event(place) is not None:
        yield fact(f"it was: {moment.sentence(moment.before[place])}", event=place)
    if event.act in ("replace", "insert", "result"):
        new = moment.whole.upto(moment.entry.seq)[place or moment.entry.seq]
        yield fact(f"it is: {moment.sentence(new)}", value=event.value)
    elif event.act != "remove":
        yield fact(f"it is: {plain(event.value)}", value=event.value)
    yield fact("what follows goes by it; what was written stays")


def scrubbed(moment: Moment, event: Scrubbed) -> Iterator[Detail]:
    """A payload that was removed."""
    yield fact(f"{event.author} removed what event {event.target} held, for good: {quoted(event.reason)}")
    yield fact(f"the digest of its line was {event.digest}", digest=event.digest)


def target_of(before: Transcript, event: Edited) -> int:
    """The event that an edit changes; 0 for a message that it puts in."""
    if event.target is not None or event.act == "insert":
        return event.target or 0
    if event.act == "agreement":
        return 1
    return next((entry.seq for entry in reversed(before.since(0)) if isinstance(entry.event, RunStarted)), 0)


def changed_since(whole: Transcript, seq: int) -> Iterator[Detail]:
    """The edits by which an event reads otherwise now than it was written."""
    if whole.recorded(seq) is whole[seq]:
        return
    for place in range(seq + 1, len(whole) + 1):
        edit = whole.recorded(place).event
        if isinstance(edit, Edited) and target_of(whole.upto(place - 1), edit) == seq:
            yield fact(f"changed since, by {edit.author} at event {place}: {quoted(edit.reason)}", event=place)


def inherited(whole: Transcript, seq: int) -> Iterator[Detail]:
    """Where an event was written, if this conversation is a branch that begins behind it."""
    for place in range(seq + 1, len(whole) + 1):
        fork = whole.recorded(place).event
        if isinstance(fork, Forked):
            yield fact(f"written in {fork.parent.conversation}, from which this branch goes on at event {place}")
            return
