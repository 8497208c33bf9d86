"""People, time, limits, and functions of the user's: what came from outside, and what was asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agentchat.debug.why.moment import Moment
from agentchat.debug.why.steps import Detail, amount, fact, plain, quoted, told
from agentchat.policy.asked import Wanted, wanted_by
from agentchat.policy.routing.plans import FunctionPlan, GraphPlan
from agentchat.policy.state import state_of
from agentchat.transcript.events import (
    Answered,
    ExternalSignal,
    Interrupted,
    Judged,
    Paused,
    TimeUp,
    Warned,
)

_WANTED: Final[dict[Wanted, str]] = {
    "approval": "an answer is a yes, or a no with its reason",
    "yes": "an answer is yes or no",
    "text": "an answer is a text",
    "json": "an answer must fit {}",
}


def paused(moment: Moment, event: Paused) -> Iterator[Detail]:
    """A question to a person, and its answer."""
    started = moment.started(event.call)
    who = "an agent" if started is None else started.agent
    yield fact(f"{who} asked {event.to} {quoted(event.question)} and waits for the answer", pause=event.pause)
    yield fact(f"the question is {event.pause}, for call {event.call}", call=event.call)
    yield fact(
        _WANTED[wanted_by(event.answer_schema)].format(plain(event.answer_schema)), answer_schema=event.answer_schema
    )
    for entry in moment.later(moment.entry.seq):
        answered = entry.event
        if isinstance(answered, Answered) and answered.pause == event.pause:
            yield fact(f"then: event {entry.seq}, {answered.by} answered {plain(answered.value)}", event=entry.seq)
            return
    yield fact("nobody has answered it", event=None)


def answered(moment: Moment, event: Answered) -> Iterator[Detail]:
    """A person's answer."""
    yield fact(f"{event.by} answered {plain(event.value)} to the question {event.pause}", pause=event.pause)
    for entry in reversed(moment.before.since(0)):
        asked = entry.event
        if isinstance(asked, Paused) and asked.pause == event.pause:
            yield fact(f"it was {quoted(asked.question)} (event {entry.seq})", event=entry.seq)
            return


def interrupted(moment: Moment, event: Interrupted) -> Iterator[Detail]:
    """A person stops the run."""
    yield fact(f"{event.by} stopped the run{f': {quoted(event.reason)}' if event.reason else ''}", by=event.by)
    for seq, turn in state_of(moment.before).board.open_turns.items():
        yield fact(f"the turn of {turn.given.to} (event {seq}) was going on", turn=seq)


def external(moment: Moment, event: ExternalSignal) -> Iterator[Detail]:
    """A signal from a program."""
    by = f" from {event.by}" if event.by is not None else ""
    yield fact(f"the signal {event.name!r} came{by}", name=event.name)
    if event.value is not None:
        yield fact(f"with {plain(event.value)}", value=event.value)


def time_up(moment: Moment, event: TimeUp) -> Iterator[Detail]:
    """Time that is over."""
    yield fact(f"the run was active for {event.active:.3g} seconds, which is all that {event.rule} gives")


def judged(moment: Moment, event: Judged) -> Iterator[Detail]:
    """The verdict of a user's function, and who asked for it."""
    name = event.name.partition(" ")[0]
    if event.error is not None:
        error = event.error
        yield fact(f"{name} was asked about {moment.message(event.on)} and failed: {error.type}: {error.message}")
    else:
        yield fact(f"{name} was asked about {moment.message(event.on)} and gave {plain(event.value)}")
    state = state_of(moment.before)
    if any(judge.name == event.name for judge in state.judges):
        yield fact("asked by a rule of the run, which a yes makes true")
    elif isinstance(state.plan, GraphPlan):
        for edge in state.plan.edges:
            if edge.when == event.name:
                yield fact(f"asked by the edge {edge}, which is taken at a yes")
    elif isinstance(state.plan, FunctionPlan) and state.plan.name == event.name:
        yield fact("it chooses who is next")
    if event.error is not None:
        yield fact("a function that fails ends the run")


def warned(moment: Moment, event: Warned) -> Iterator[Detail]:
    """A limit that draws near."""
    yield fact(f"a warning: {event.reason}", values=event.values)
    values = event.values
    unit = str(values.get("unit"))
    if "cap" in values:
        left = _left(values.get("cap"), values.get("spent"))
        yield fact(f"{amount(unit, left)} left; a warning stops nothing", left=left)
    else:
        yield fact(f"on these values: {told(values)}; a warning stops nothing")


def _left(cap: object, spent: object) -> int | float | None:
    """What is left; money without the noise of binary fractions."""
    if not isinstance(cap, int | float) or not isinstance(spent, int | float):
        return None
    left = cap - spent
    return left if isinstance(left, int) else round(left, 9)
