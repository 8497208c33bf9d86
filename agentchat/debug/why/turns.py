"""What was said and what was not: messages, and how turns ended."""

from __future__ import annotations

from collections.abc import Iterator

from agentchat.debug.why.moment import Moment
from agentchat.debug.why.steps import Detail, fact, plain, quoted, short
from agentchat.policy.charter import agreed_in, charter_of
from agentchat.policy.rules import Failures
from agentchat.policy.state import state_of
from agentchat.transcript.calls import AskRecipe, ModelRecipe, ToolRecipe
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallInDoubt,
    CallStarted,
    Diverged,
    Entry,
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
)

_ODD = (CallFailed, CallCancelled, CallInDoubt, Overrun, Paused)
"""What can befall a call that is worth telling with the end of its turn."""


def said(moment: Moment, event: Said) -> Iterator[Detail]:
    """Who said what to whom, and where it came from."""
    to = f" to {event.to}" if event.to is not None else ""
    yield fact(f"{event.sender} said{to}: {moment.text(event)}", sender=event.sender, to=event.to)
    if event.turn is None:
        yield from _outside(moment, event)
        return
    if event.type is not None:
        yield fact(f"its type is {event.type}", type=event.type)
    for seq in event.from_calls or ():
        yield fact(f"word for word the result at event {seq}", result=seq)
    yield from _in_turn(moment, event.turn)


def _outside(moment: Moment, event: Said) -> Iterator[Detail]:
    """What a person or a program said."""
    if isinstance(moment.event(moment.entry.cause), RunStarted):
        yield fact("it came from outside, as the task of the run")
    else:
        yield fact("it came from outside, into the run")
        for seq, turn in state_of(moment.before).board.open_turns.items():
            yield fact(f"the turn of {turn.given.to} (event {seq}) does not see it any more", turn=seq)
    if event.to is not None:
        first = ", who has the next turn for it" if state_of(moment.before).walk is None else ""
        yield fact(f"only {event.to} sees it{first}", to=event.to)


def turn_passed(moment: Moment, event: TurnPassed) -> Iterator[Detail]:
    """A turn without a word."""
    yield fact(f"{moment.agent_in(event.turn)} had nothing to say in its turn (event {event.turn})", turn=event.turn)
    yield from _in_turn(moment, event.turn)
    passes, names = state_of(moment.before).board.passes + 1, agreed_in(moment.before).names
    yield fact(f"{passes} of {len(names)} passed in a row; when all do, the run ends", passes=passes, agents=len(names))


def turn_failed(moment: Moment, event: TurnFailed) -> Iterator[Detail]:
    """A turn that ended in an error, and whether the run may go on."""
    error = event.error
    where = f" ({error.where})" if error.where is not None else ""
    who = moment.agent_in(event.turn)
    yield fact(f"the turn of {who} failed: {error.type}: {quoted(error.message)}{where}", error=error.type)
    yield from _in_turn(moment, event.turn)
    state = state_of(moment.before)
    failures = state.board.failures + 1
    borne = max((leaf.in_a_row for leaf in state.leaves if isinstance(leaf, Failures)), default=1)
    rule = f"the run bears {borne - 1} in a row" if borne > 1 else "without a rule Failures(n) the first ends the run"
    yield fact(f"failures in a row: {failures}; {rule}", failures=failures, bound=borne)


def turn_cancelled(moment: Moment, event: TurnCancelled) -> Iterator[Detail]:
    """A turn that was stopped from outside."""
    yield fact(f"the turn of {moment.agent_in(event.turn)} (event {event.turn}) was stopped: {event.reason}")
    cause = moment.entry.cause
    if moment.event(cause) is not None:
        yield fact(f"because of event {cause}: {moment.sentence(moment.before[cause])}", event=cause)
    yield from _in_turn(moment, event.turn)


def state_set(moment: Moment, event: StateSet) -> Iterator[Detail]:
    """An agent's private state."""
    yield fact(f"{event.agent} wrote down its state: {plain(event.state)}", agent=event.agent)
    yield fact(f"change {event.ordinal} of its turn (event {event.turn}); it has it again in later turns")


def _in_turn(moment: Moment, turn: int) -> Iterator[Detail]:
    """The calls of a turn so far, and what went wrong in it."""
    if not isinstance(moment.event(turn), TurnGiven):
        return
    calls: dict[int, str] = {}
    odd: list[Entry] = []
    pauses: set[str] = set()
    for entry in moment.before.since(turn):
        event = entry.event
        if isinstance(event, CallStarted) and event.turn == turn:
            calls[entry.seq] = _short(event)
        elif (
            (isinstance(event, Refused | CallDenied | Diverged) and event.turn == turn)
            or (isinstance(event, _ODD) and event.call in calls)
            or (isinstance(event, Answered) and event.pause in pauses)
        ):
            odd.append(entry)
            pauses |= {event.pause} if isinstance(event, Paused) else set()
    if calls:
        made = ", ".join(f"{seq} ({what})" for seq, what in calls.items())
        yield fact(f"calls of its turn (event {turn}): {made}", turn=turn, calls=list(calls))
    for entry in odd:
        yield fact(f"event {entry.seq}: {moment.sentence(entry)}", 1, event=entry.seq)


def _short(started: CallStarted) -> str:
    recipe = started.recipe
    if isinstance(recipe, ModelRecipe):
        return recipe.model or "model"
    if isinstance(recipe, ToolRecipe):
        return f"tool {recipe.name}"
    return f"question to {recipe.to}" if isinstance(recipe, AskRecipe) else recipe.language


def refused(moment: Moment, event: Refused) -> Iterator[Detail]:
    """What was not accepted, what is wrong with it, and what could still be tried."""
    who = moment.agent_in(event.turn)
    if _of_a_tool(event):
        what = f"{_tool_call(moment, event, who)} was refused"
    else:
        by = "the agent's own schema or check" if event.by == "agent" else "the policy"
        what = f"an answer of {who} was refused by {by}"
    yield fact(f"{what}: {'; '.join(event.problems)}", problems=list(event.problems))
    for seq in event.from_calls or ():
        yield fact(f"it is the reply at event {seq}", result=seq)
    if event.raw is not None:
        yield fact(f"it was: {quoted(event.raw) if isinstance(event.raw, str) else plain(event.raw)}")
    if event.type is not None:
        yield fact(f"as a {event.type}", type=event.type)
    if _of_a_tool(event):
        yield fact("it was not made; the model is told so and asked again", tool_call_id=event.tool_call_id)
    elif event.by == "policy":
        yield fact("what is refused when it is said cannot be put right: the turn fails")
    else:
        yield from _repairs(moment, event, who)
    yield from _after(moment, event)


def _tool_call(moment: Moment, event: Refused, who: str) -> str:
    """The tool call that was not made."""
    asked = moment.asked_for(event.turn, event.tool_call_id or "")
    if asked is None:
        return f"a tool call of {who}"
    return f"the call of {asked[1].name}({short(asked[1].arguments)}) by {who}"


def _of_a_tool(event: Refused) -> bool:
    return event.tool_call_id is not None and event.from_calls is None


def _repairs(moment: Moment, event: Refused, who: str) -> Iterator[Detail]:
    """How often a wrong answer may still be put right."""
    card = agreed_in(moment.before).cards.get(who)
    if card is None or "native" not in card.forms:
        return  # its answers are not typed, or it is a function, which does as it likes
    tries = 1 + sum(_counts(entry.event, event.turn) for entry in moment.before.since(event.turn))
    left = max(0, card.repairs + 1 - tries)
    text = f"repairs left: {left} of {card.repairs}"
    if card.stronger is not None and tries <= card.repairs + 1:
        text += f", and then {card.stronger.name} is asked once"
    elif not left:
        text += ", so the turn fails"
    yield fact(text, tries=tries, left=left, repairs=card.repairs)
    turn, most = state_of(moment.before).board.open_turns.get(event.turn), charter_of(moment.before).limits.model_calls
    if turn is not None:
        made = turn.model_calls
        yield fact(f"model calls of its turn: {made} of {most} made", made=made, cap=most)


def _counts(event: object, turn: int) -> bool:
    """Whether it is a refused answer of this turn."""
    return isinstance(event, Refused) and event.turn == turn and event.by == "agent" and not _of_a_tool(event)


def _after(moment: Moment, event: Refused) -> Iterator[Detail]:
    """What came of it."""
    for entry in moment.later(moment.entry.seq):
        found = entry.event
        if isinstance(found, CallStarted) and found.turn == event.turn and isinstance(found.recipe, ModelRecipe):
            yield fact(f"then: event {entry.seq}, {found.recipe.model} was asked again", event=entry.seq)
            return
        if isinstance(found, Said | TurnPassed | TurnFailed | TurnCancelled) and found.turn == event.turn:
            yield fact(f"then: event {entry.seq}, the turn was over ({found.kind})", event=entry.seq)
            return
