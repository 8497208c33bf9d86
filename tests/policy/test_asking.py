"""A model call put together: which model, how long its answer may be, what it sets aside, and what a re-run finds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentchat.errors import ConfigurationError
from agentchat.policy.charter import ContextPolicy
from agentchat.policy.prompts.asking import Asked, Wish, ask
from agentchat.policy.prompts.context import UNSUPPORTED, context_of
from agentchat.policy.prompts.request import PER_MESSAGE, ChatMessage, tail_of
from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.admission import LEAST_OUTPUT, MOST_OUTPUT
from agentchat.policy.spending.budget import Budget
from agentchat.policy.state import state_of
from agentchat.transcript.calls import ModelRecipe, Reserved, Wire
from agentchat.transcript.events import CallDenied, CallStarted
from tests.policy.cards import PRICE, card, edge, graph, handy, model, team
from tests.policy.play import Play, problem, text, wants
from tests.policy.sound import requests

LONG = MaxTurns(50)


def begun(budget: Budget | None = None, **more: Any) -> Play:
    play = Play(agreed=team(card("a", model=model(**more)), card("b"))).start(LONG, budget)
    play.give()
    return play


def limit(made: Asked) -> int | None:
    body = json.loads(made.data.join())
    found = body.get("max_completion_tokens", body.get("max_output_tokens"))
    assert found is None or isinstance(found, int)
    return found


def reserved(made: Asked) -> Reserved:
    assert made.reserved is not None
    return made.reserved


# the limit on the output


@pytest.mark.parametrize(("wire", "field"), [("chat", "max_completion_tokens"), ("responses", "max_output_tokens")])
def test_the_limit_of_a_model_is_sent(wire: Wire, field: str) -> None:
    play = begun(wire=wire, max_output=400)
    made = ask(play.log, "a", Wish())
    assert json.loads(made.data.join())[field] == 400
    assert made.reserved is None
    assert limit(ask(begun().log, "a", Wish())) is None


def test_under_a_cap_a_limit_is_always_sent() -> None:
    play = begun(Budget(tokens=100_000))
    made = ask(play.log, "a", Wish())
    assert limit(made) == MOST_OUTPUT
    spare = reserved(made).tokens
    assert spare is not None
    size = len(made.data.join())
    assert size + MOST_OUTPUT <= spare <= size + MOST_OUTPUT + 3 * PER_MESSAGE + 8


def test_what_is_left_bounds_the_answer() -> None:
    play = begun(Budget(tokens=1000), max_output=5000)
    first = ask(play.log, "a", Wish())
    assert reserved(first).tokens == 1000
    assert 0 < (limit(first) or 0) < 1000
    dear = begun(Budget(usd=0.002), max_output=5000, price=PRICE)
    made = ask(dear.log, "a", Wish())
    assert 0 < (reserved(made).usd or 0) <= 0.002
    assert 0 < (limit(made) or 0) < 500  # four dollars for a million


def test_calls_that_start_together_divide_what_is_left() -> None:
    play = begun(Budget(tokens=10_000), max_output=9_000)
    whole, half = (limit(ask(play.log, "a", Wish(share=share))) or 0 for share in (1, 2))
    assert 4_000 < half < whole - 4_000
    assert reserved(ask(play.log, "a", Wish(share=2))).tokens == 5_000


def test_turns_that_are_open_together_divide_what_is_left() -> None:
    agreed = team(*map(card, "abc"), plan=graph("a,b,c", edge("a+b+c", "END")))
    play = Play(agreed=agreed).start(LONG, Budget(tokens=9_000))
    play.give_all()
    assert len(state_of(play.log).board.open_turns) == 3
    assert reserved(ask(play.log, "b", Wish())).tokens == 3_000
    for name in "abc":
        assert isinstance(play.by(name).ask().event, CallStarted)


def test_where_nothing_fits_the_least_is_asked_for_and_denied() -> None:
    play = begun(Budget(tokens=50))
    made = ask(play.log, "a", Wish())
    assert limit(made) == LEAST_OUTPUT
    denied = play.ask().event
    assert isinstance(denied, CallDenied)
    assert denied.reserved == made.reserved
    short = begun(Budget(tokens=50), max_output=4)
    assert limit(ask(short.log, "a", Wish())) == 4


# which model


def test_another_of_its_models_may_be_asked() -> None:
    agreed = team(card("a", model=model("m"), fallbacks=(model("f"),), stronger=model("s")))
    play = Play(agreed=agreed).start(LONG)
    play.give()
    for name in ("m", "f", "s", "m"):
        started = play.ask(Wish(model=model(name))).event
        assert isinstance(started, CallStarted)
        assert isinstance(started.recipe, ModelRecipe)
        assert started.recipe.model == name
    assert [body["model"] for body in requests(play)] == ["m", "f", "s", "m"]


def test_an_agent_without_a_model_asks_none() -> None:
    play = Play(agreed=team(card("a").model_copy(update={"model": None}))).start(LONG)
    play.give()
    with pytest.raises(ConfigurationError, match="agent a has no model; give it one with model="):
        ask(play.log, "a", Wish())


# what a re-run finds


def framed(play: Play) -> int:
    """Each call of the open turn as a re-run puts it together: what was shown then, closed as it was closed then."""
    frames = context_of(play.log, play.agent).exchange.frames
    for seq, frame in frames.items():
        event = play.log[seq].event
        assert isinstance(event, CallStarted)
        assert isinstance(event.recipe, ModelRecipe)
        prompts = event.recipe.add[-1:] if event.recipe.context is None else ()
        extra = tuple(ChatMessage("user", item[1][0][1:]) for item in prompts)
        assert frame.request(tail_of(play.log, event.recipe), extra).digest == event.digest
    return len(frames)


def test_what_was_shown_is_kept_for_the_turn() -> None:
    play = Play(agreed=team(handy("a", typed=True), card("b"))).start(LONG)
    play.give()
    play.call_model(reply=problem("ModelBusy"))
    play.call_model(reply=wants(("x", "{}"), ("y", "{}")))
    play.back(play.tool("y"), "fine")
    play.back(play.tool("x"), "fine")
    wrong = play.call_model(reply=text("{}"))
    play.refuse("n: missing", call=wrong.seq)
    play.call_model(prompt="Think.")
    play.call_model(reply=problem(UNSUPPORTED))
    play.call_model(reply=problem(UNSUPPORTED))
    play.call_model(reply=text('{"n": 1}'))
    assert framed(play) == 7
    requests(play)
    play.skip()
    play.give()
    assert framed(play) == 0


def test_what_was_shown_before_a_summary_is_kept_too() -> None:
    play = Play(agreed=team(card("a", context=ContextPolicy(compact_at=256)), card("b"))).start(LONG)
    while True:
        play.give()
        if context_of(play.log, "a").overfull() and play.agent == "a":
            break
        ended = play.call_model(reply=text("word " * 60))
        play.say(calls=(ended.seq,))
    play.call_model()
    play.call_model()
    assert framed(play) == 3  # the summary, and two that build on it
    requests(play)
