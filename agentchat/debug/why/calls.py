"""Calls: why each was made and admitted or not, what came of it, what it cost."""

from __future__ import annotations

from collections.abc import Iterator

from agentchat.debug.why.admission import caps, offer_of, set_aside
from agentchat.debug.why.moment import Moment
from agentchat.debug.why.steps import Detail, amount, fact, plain, quoted, short, told
from agentchat.policy.charter import agreed_in, charter_of
from agentchat.policy.doubt import left_by
from agentchat.policy.spending.ledger import ledger_of, unsent
from agentchat.policy.spending.prices import cost
from agentchat.policy.trying import LONGEST_WAIT
from agentchat.transcript.calls import (
    Answer,
    AskRecipe,
    CallResult,
    CodeRecipe,
    ModelRecipe,
    Reply,
    ToolRecipe,
    ToolResult,
)
from agentchat.transcript.events import (
    CALL_OVER,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallOver,
    CallStarted,
    Diverged,
    Entry,
    Overrun,
    Refused,
)
from agentchat.transcript.messages import CodeRun, outcome_line, saved_line

_DENIED = {
    "budget": "the budget has no room for it",
    "stopped": "the run is being stopped",
    "turn": "its turn has made as many as it may",
}
_DOUBT = {
    "retry": "it is made again, under the same key",
    "fail": "it counts as failed, and is not made again",
    "ask": "a person is asked what to do",
    "reconcile": "a function of the user's is asked what became of it",
}


def call_started(moment: Moment, event: CallStarted) -> Iterator[Detail]:
    """Which call it was, what led to it, and why it was admitted."""
    again = f", attempt {event.attempt}" if event.attempt > 1 else ""
    place = f"call {event.ordinal} of its turn (event {event.turn}){again}"
    yield fact(f"{event.agent} {_does(event)}: {place}", agent=event.agent, turn=event.turn, ordinal=event.ordinal)
    yield from _reasons(moment, event)
    yield fact("admitted:", admitted=True)
    for one in caps(moment.before, offer_of(event)):
        yield one.model_copy(update={"depth": 1})
    aside = set_aside(event.reserved)
    if aside:
        yield fact(f"set aside for it: {aside}")
    yield _end(moment, event)


def _does(event: CallStarted) -> str:
    recipe = event.recipe
    if isinstance(recipe, ModelRecipe):
        return f"asked {recipe.model}"
    if isinstance(recipe, CodeRecipe):
        return f"ran a {recipe.language} program in {recipe.sandbox}"
    if isinstance(recipe, ToolRecipe):
        return f"called {recipe.name}({plain(recipe.arguments)})"
    return f"asked {recipe.to} {quoted(recipe.question)}"


def _reasons(moment: Moment, event: CallStarted) -> Iterator[Detail]:
    """What in the turn led to this call."""
    recipe = event.recipe
    before = _attempt_before(moment, event)
    if before is not None:
        yield fact(f"because the attempt before it came to nothing: event {before.seq}", event=before.seq)
        yield fact(moment.sentence(before), 1)
    elif isinstance(recipe, ModelRecipe):
        yield from _repair(moment, event)
    if isinstance(recipe, ToolRecipe | AskRecipe) and recipe.tool_call_id is not None:
        asked = moment.asked_for(event.turn, recipe.tool_call_id)
        if asked is not None:
            what = "" if isinstance(recipe, ToolRecipe) else "a person is to allow a tool call: "
            yield fact(f"{what}the model asked for it at event {asked[0]}", event=asked[0])
    if isinstance(recipe, ModelRecipe):
        card = agreed_in(moment.before).cards.get(event.agent)
        if card is not None and card.model is not None and card.model.name != recipe.model:
            role = "the stronger model" if card.stronger and card.stronger.name == recipe.model else "a fallback"
            yield fact(f"{recipe.model} is {role} of {event.agent}, in place of {card.model.name}", model=recipe.model)


def _attempt_before(moment: Moment, event: CallStarted) -> Entry | None:
    """How the attempt before this one ended, where there was one."""
    if event.attempt == 1:
        return None
    for entry in reversed(moment.before.since(event.turn)):
        end = entry.event
        started = moment.started(end.call) if isinstance(end, CALL_OVER) else None
        if started is not None and (started.turn, started.ordinal) == (event.turn, event.ordinal):
            return entry
    return None


def _repair(moment: Moment, event: CallStarted) -> Iterator[Detail]:
    """The refusal that this model call is to put right."""
    for entry in reversed(moment.before.since(event.turn)):
        found = entry.event
        if isinstance(found, CallStarted) and found.turn == event.turn and isinstance(found.recipe, ModelRecipe):
            return
        if isinstance(found, Refused) and found.turn == event.turn:
            yield fact(f"because of event {entry.seq}: {moment.sentence(entry)}", event=entry.seq)
            return


def _end(moment: Moment, event: CallStarted) -> Detail:
    """How the call ended, as the whole log knows."""
    seq = moment.entry.seq
    for entry in moment.later(seq):
        if isinstance(entry.event, CALL_OVER) and entry.event.call == seq:
            return fact(f"then: event {entry.seq}, {_ending(entry.event)}", event=entry.seq)
    return fact("it has no end in the record", event=None)


def _ending(event: CallOver) -> str:
    ends = {"call_finished": "it came back", "call_failed": "it failed", "call_cancelled": "it was stopped"}
    return ends.get(event.kind, "its result was lost")


def call_denied(moment: Moment, event: CallDenied) -> Iterator[Detail]:
    """Why a call was not made."""
    what = f"{event.call} call" if not event.model else f"call of {event.model}"
    reason = _DENIED.get(event.reason, event.reason)
    yield fact(f"a {what} by {event.agent} was not admitted: {reason}", agent=event.agent, reason=event.reason)
    yield fact(f"what decided: {told(event.values)}", values=event.values)
    if event.reason == "stopped":
        return
    yield fact("checked:", admitted=False)
    for one in caps(moment.before, offer_of(event)):
        yield one.model_copy(update={"depth": 1})
    yield fact("nothing was sent, and nothing is charged")


def call_finished(moment: Moment, event: CallFinished) -> Iterator[Detail]:
    """What came back, and what it cost."""
    started, result = moment.started(event.call), event.result
    who = f"call {event.call}" if started is None else f"{_whose(started)} (call {event.call})"
    yield fact(f"{who} came back: {_result(result)}", call=event.call)
    if event.taken_from is not None:
        place = event.taken_from
        yield fact(f"it was not made: this is what stands at event {place.seq} of {place.conversation}")
    if isinstance(result, Reply):
        yield from _reply(moment, started, result)
    elif isinstance(result, ToolResult):
        if result.child is not None:
            yield fact(f"behind it is the conversation {result.child}", child=result.child)
        if result.spent is not None:
            yield fact(f"which spent {set_aside(result.spent) or 'nothing that is counted'}{_more(result)}")


def _more(result: ToolResult) -> str:
    """Where what a conversation spent is a lower bound."""
    units = " and ".join("money" if unit == "usd" else unit for unit in result.uncounted or ())
    return f"; of {units}, perhaps more: some of its calls did not say what they took" if units else ""


def _whose(started: CallStarted) -> str:
    recipe = started.recipe
    if isinstance(recipe, ModelRecipe):
        return f"{recipe.model}, asked by {started.agent},"
    if isinstance(recipe, CodeRecipe):
        return f"the program of {started.agent}"
    if isinstance(recipe, ToolRecipe):
        return f"{recipe.name}, called by {started.agent},"
    return f"the question of {started.agent}"


def _result(result: CallResult) -> str:
    if isinstance(result, Reply):
        asked = [f"{part.name}({short(part.arguments)})" for part in result.tool_calls]
        text = [quoted(result.text)] if result.text or not asked else []
        return ", ".join([*text, *(["it asks for " + " and ".join(asked)] if asked else [])])
    if isinstance(result, CodeRun):
        out = f", output {quoted(result.stdout or result.stderr)}" if result.stdout or result.stderr else ""
        return f"{outcome_line(result)}{out}{''.join(f', {saved_line(file)}' for file in result.files)}"
    if isinstance(result, Answer):
        return f"{result.by} answered {plain(result.value)}"
    return f"{'' if result.ok else 'it failed: '}{plain(result.value)}"


def _reply(moment: Moment, started: CallStarted | None, reply: Reply) -> Iterator[Detail]:
    usage = reply.usage
    if usage is None:
        aside = "" if started is None else set_aside(started.reserved)
        charged = f": what was set aside counts as spent, {aside}" if aside else ""
        yield fact(f"the provider did not say how many tokens it took{charged}")
    else:
        into, out = (("?" if n is None else f"{n:,}") for n in (usage.input_tokens, usage.output_tokens))
        yield fact(f"{into} tokens in, {out} out", input=usage.input_tokens, output=usage.output_tokens)
        if started is not None and isinstance(started.recipe, ModelRecipe):
            card = ledger_of(moment.before).card(started.agent, started.recipe.model)
            paid = None if card is None or card.price is None else cost(card.price, usage)
            yield fact("what it cost is not known" if paid is None else f"it cost {amount('usd', paid)}", usd=paid)
    yield fact(f"the model stopped with {reply.finish!r}", finish=reply.finish)


def call_failed(moment: Moment, event: CallFailed) -> Iterator[Detail]:
    """What went wrong, whether it was tried again, and what it cost."""
    started = moment.started(event.call)
    who = f"call {event.call}" if started is None else f"{_whose(started)} (call {event.call})"
    error = event.error
    where = f" ({error.where})" if error.where is not None else ""
    yield fact(f"{who} failed: {error.type}: {quoted(error.message)}{where}", call=event.call, error=error.type)
    if event.taken_from is not None:
        place = event.taken_from
        yield fact(f"it was not made: this is what stands at event {place.seq} of {place.conversation}")
    if event.partial:
        yield fact(f"what had arrived: {quoted(event.partial)}")
    if started is None:
        return
    if isinstance(started.recipe, ModelRecipe):
        yield _charged(unsent(event), started)
    most = charter_of(moment.before).limits.attempts
    passing = "it may pass when tried again" if event.retryable else "trying it again would not help"
    after = "" if event.retry_after is None else f", in {event.retry_after:g} s as the other side says"
    if event.retry_after is not None and event.retry_after > LONGEST_WAIT:
        after += f" (no more than {LONGEST_WAIT:g} s are waited)"
    yield fact(f"{passing}{after}; attempt {started.attempt}, of {most} with one model", retryable=event.retryable)
    yield _tried_again(moment, started)


def _charged(free: bool, started: CallStarted) -> Detail:
    if free:
        return fact("nothing is charged: no model saw it")
    aside = set_aside(started.reserved)
    return fact(f"charged with what was set aside: {aside}" if aside else "what it cost is not known")


def _tried_again(moment: Moment, started: CallStarted) -> Detail:
    """The next attempt of the same call."""
    for entry in moment.later(moment.entry.seq):
        found = entry.event
        same = isinstance(found, CallStarted) and (found.turn, found.ordinal) == (started.turn, started.ordinal)
        if same and isinstance(found, CallStarted):
            way = f" of {found.recipe.model}" if isinstance(found.recipe, ModelRecipe) else ""
            return fact(f"then: event {entry.seq}, attempt {found.attempt}{way}", event=entry.seq)
    return fact("it was not tried again", event=None)


def call_cancelled(moment: Moment, event: CallCancelled) -> Iterator[Detail]:
    """A call that was stopped."""
    started = moment.started(event.call)
    who = f"call {event.call}" if started is None else f"{_whose(started)} (call {event.call})"
    yield fact(f"{who} was stopped: {event.reason}", call=event.call)
    yield fact(f"what had arrived: {quoted(event.partial)}" if event.partial else "nothing had arrived")
    if started is not None and isinstance(started.recipe, ModelRecipe):
        yield _charged(False, started)


def call_in_doubt(moment: Moment, event: CallInDoubt) -> Iterator[Detail]:
    """A call whose process ended before its result came."""
    started = moment.started(event.call)
    who = f"call {event.call}" if started is None else f"{_whose(started)} (call {event.call})"
    left = left_by(moment.before, started)
    yield fact(f"{who} had no result when its process ended, {left}", call=event.call)
    yield fact(_DOUBT[event.policy], policy=event.policy)
    if started is not None:
        yield _tried_again(moment, started)


def diverged(moment: Moment, event: Diverged) -> Iterator[Detail]:
    """Code that asks for another call than the recorded one."""
    who = moment.agent_in(event.turn)
    yield fact(f"going on, {who} asked for something else than is recorded as call {event.ordinal} of its turn")
    yield fact(f"recorded: {quoted(event.recorded)}", recorded=event.recorded)
    yield fact(f"now: {quoted(event.now)}", now=event.now)
    yield fact("its code, its prompt or its inputs changed; nothing is made twice in the dark, so the turn fails")


def overrun(moment: Moment, event: Overrun) -> Iterator[Detail]:
    """A call that took more than it had set aside."""
    values = event.values
    unit = str(values.get("unit"))
    took, aside = amount(unit, values.get("spent")), amount(unit, values.get("reserved"))
    yield fact(f"call {event.call} took {took}, and {aside} was set aside for it", values=values)
    yield fact(f"no further call is admitted under that cap in this run: {short(str(values.get('scope')))}, {unit}")
