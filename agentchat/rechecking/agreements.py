"""A team of today held against what a recorded conversation agreed on, field by field, and where it shows first.

Prices are left out: they change by themselves. So is, where functions are run again, what their text was: then what
they do is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from agentchat.debug.nearest import first_difference
from agentchat.debug.replay import Deciding, Difference
from agentchat.errors import AgentChatError, DamagedTranscript
from agentchat.policy.charter import AgentCard, Charter, agreed_in, changes
from agentchat.policy.prompts.context import context_of
from agentchat.policy.prompts.request import rebuild, resolve
from agentchat.policy.prompts.shown import Context
from agentchat.policy.rules import Rule
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.rechecking.found import Found
from agentchat.transcript.calls import JsonObject, ModelRecipe
from agentchat.transcript.events import CallStarted, Edited, Entry, Event, Opened, PersonaChanged, RunStarted
from agentchat.transcript.transcript import Transcript

LONGEST: Final = 300
_AGREED: Final = "the agreement: "
_AS_TODAY: Final = "as the team is today; what follows may be other as well"
_DIGEST: Final = re.compile(r"(?<=\S) [0-9a-f]{64}(?=$|\")")


class Agreement(NamedTuple):
    """What is held against the record; None: that is not compared."""

    charter: Charter
    rule: Rule | None = None
    budget: Budget | None = None


def differing(transcript: Transcript, today: Agreement, *, texts_of_code: bool) -> list[Found]:
    """All that differs, the agents' cards first; and behind it the first event that would be another one now.

    texts_of_code: whether a function counts as changed when its text is another one.
    """
    found = [*_agreed(agreed_in(transcript).charter, today.charter, texts_of_code)]
    state = state_of(transcript)
    if today.rule is not None:
        found += _apart("the rule that ends a run", str(state.rule), str(today.rule), texts_of_code)
    if today.budget is not None and today.budget != state.budget:
        found += _apart("the budget", str(state.budget), str(today.budget), True)
    if found:
        found += _first_shown(transcript, today)
    return found


def _agreed(recorded: Charter | None, today: Charter, texts_of_code: bool) -> Iterator[Found]:
    if recorded is None or not changes(recorded, today):
        return
    old, new = {card.name: card for card in recorded.agents}, {card.name: card for card in today.agents}
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new or name not in old:
            there, now = ("in the team", "not in the team") if name in old else ("not in the team", "in the team")
            yield Found(Difference(0, f"{_AGREED}agent {name}", there, now))
            continue
        before, after = _plain(old[name]), _plain(new[name])
        mine = [
            one
            for field in before
            for one in _field(f"agent {name}, {field}", before[field], after[field], texts_of_code)
        ]
        # forms of requests follow from tools and types: they are named where nothing else is
        yield from [one for one in mine if not one.difference.what.startswith(f"{_AGREED}agent {name}, form")] or mine
    if set(old) == set(new) and [*old] != [*new]:
        yield Found(Difference(0, f"{_AGREED}the order of the agents", ", ".join(old), ", ".join(new)))
    for name in recorded.schemas.keys() & today.schemas.keys():
        yield from _field(f"message type {name}", recorded.schemas[name], today.schemas[name], texts_of_code)
    yield from _field("routing", recorded.routing, today.routing, texts_of_code)
    limits = recorded.limits.model_dump(mode="json"), today.limits.model_dump(mode="json")
    yield from _field("limits", *limits, texts_of_code)
    yield from _field("in_doubt", recorded.in_doubt, today.in_doubt, texts_of_code)


def _plain(agreed: AgentCard) -> JsonObject:
    """A card without prices; its tools by name, so that each can be named."""
    card: JsonObject = agreed.without_prices().model_dump(mode="json")
    tools = card.pop("tools")
    named = {str(tool["name"]): tool for tool in tools if isinstance(tool, dict)} if isinstance(tools, list) else {}
    return {**card, "tools": {**named}}


def _field(what: str, recorded: JsonValue, now: JsonValue, texts_of_code: bool) -> Iterator[Found]:
    if isinstance(recorded, dict) and isinstance(now, dict) and what.endswith((", tools", ", forms")):
        for name in [*recorded, *(name for name in now if name not in recorded)]:
            whose = f"{what.removesuffix('s')} {name}"
            yield from _field(whose, recorded.get(name), now.get(name), texts_of_code)
        return
    yield from _apart(f"{_AGREED}{what}", _text(recorded), _text(now), texts_of_code)


def _apart(what: str, recorded: str, now: str, texts_of_code: bool) -> Iterator[Found]:
    if not texts_of_code:
        recorded, now = _DIGEST.sub("", recorded), _DIGEST.sub("", now)
    if recorded != now:
        short = max(len(recorded), len(now)) <= LONGEST and "\n" not in recorded + now
        yield Found(Difference(0, what, _cut(recorded), _cut(now)), None if short else (recorded, now))


def _text(value: JsonValue) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else to_json(value, indent=1).decode()


def _cut(text: str) -> str:
    line = " ".join(text[: 4 * LONGEST].split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


# what it would change


def _first_shown(transcript: Transcript, today: Agreement) -> list[Found]:
    """The first event that would be another one under today's agreement, if any is.

    The record is decided again as if it had been opened so. Where the agreement was changed on the way there is more
    than one, and nothing is said.
    """
    if any(isinstance(entry.event, PersonaChanged | Edited) for entry in transcript.as_written()):
        return []
    log, deciding = Transcript(), Deciding()
    for entry in transcript.as_written():
        event = _as_today(entry.event, today)
        found = [] if isinstance(event, Opened) else [*deciding.judge(log, entry._replace(event=event, prev=log.head))]
        if found:
            first = next((one for one in found if one.what.startswith("the prompt")), found[0])
            texts = _requests(transcript, log, entry)
            apart = None if texts is None else _paths_apart(*texts)
            if apart is not None and isinstance(event, CallStarted):
                path, there, now = apart
                what = f"the prompt of {event.agent}"
                first = first._replace(what=what, recorded=f"{path}: {there}", now=f"{path}: {now}")
            return [Found(first._replace(note=_AS_TODAY), texts)]
        log.enter(event, at=entry.at, active=entry.active, cause=entry.cause)
    return []


def _paths_apart(recorded: str, now: str) -> tuple[str, str, str] | None:
    """The first place where two requests part."""
    try:
        return first_difference(from_json(recorded), from_json(now))
    except ValueError:
        return None


def _as_today(event: Event, today: Agreement) -> Event:
    if isinstance(event, Opened):
        return event.model_copy(update={"charter": today.charter.written()})
    if isinstance(event, RunStarted):
        rules = event.rules if today.rule is None else today.rule.written()
        budget = event.budget if today.budget is None else today.budget.written()
        return event.model_copy(update={"rules": rules, "budget": budget})
    return event


def _requests(transcript: Transcript, log: Transcript, entry: Entry) -> tuple[str, str] | None:
    """The request of a model call as it was recorded, and as the log has it shown now."""
    started = entry.event
    if not isinstance(started, CallStarted) or not isinstance(started.recipe, ModelRecipe):
        return None
    recipe = started.recipe
    try:
        sent = rebuild(transcript.upto(entry.seq - 1), recipe).join()
        if recipe.context is None:
            return sent.decode(), rebuild(log, recipe).join().decode()
        context = context_of(log, started.agent)
        now = context.growing.request(_tail(log, context, recipe))
    except (AgentChatError, LookupError):
        return None
    return sent.decode(), now.join().decode()


def _tail(log: Transcript, context: Context, recipe: ModelRecipe) -> str:
    """How a request is closed: as it was, or as the agent's are now where that points to nothing any more."""
    try:
        return resolve(log, recipe.tail or context.base_tail or ())
    except DamagedTranscript:
        model = context.card.known(recipe.model) or context.card.model
        return "" if model is None else resolve(log, context.tail(model, limit=model.max_output))


def requests_at(transcript: Transcript, seq: int) -> tuple[str, str] | None:
    """The request of the model call at a place, as its recipe has it and as it would be put together now."""
    entry = transcript.recorded(seq)
    return _requests(transcript, transcript.upto(seq - 1), entry)
