"""Why a call was admitted or not, what came of it, what it cost."""

from __future__ import annotations

from agentchat.policy.charter import CallLimits
from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.transcript.calls import Answer, AskRecipe, JsonObject, ModelRecipe, Problem, Reserved, ToolResult, Usage
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Diverged,
    Entry,
    Overrun,
    Position,
    Warned,
)
from tests.debug.telling import lines
from tests.policy.cards import PRICE, card, handy, model, team
from tests.policy.play import Play, problem, text, wants

HASTY = Usage(input_tokens=10**6, output_tokens=10**5)


def begun(*models: str, budget: Budget | None = None, limits: CallLimits | None = None) -> Play:
    """A play in which it is the turn of a, whose models are priced and of the tier fast."""
    first, *others = (model(name, tier="fast", price=PRICE, max_output=40) for name in models or ("m",))
    agreed = team(card("a", model=first, fallbacks=tuple(others)), card("b"), limits=limits)
    play = Play(agreed=agreed).start(MaxTurns(9), budget)
    play.give()
    return play


def attempt(play: Play, before: Entry, name: str = "m") -> Entry:
    """The next attempt of a call."""
    started = before.event
    assert isinstance(started, CallStarted)
    assert isinstance(started.recipe, ModelRecipe)
    recipe = started.recipe.model_copy(update={"model": name})
    return play.offer(started.model_copy(update={"attempt": started.attempt + 1, "recipe": recipe}))


# admitted


def test_no_cap_concerns_it() -> None:
    play = begun()
    started = play.ask()
    assert lines(play.log, started.seq) == [
        "a asked m: call 1 of its turn (event 4)",
        "admitted:",
        "budget: no cap concerns it",
        "its turn: 0 of 16 model calls made before",
        "it has no end in the record",
    ]


def test_every_cap_that_concerns_it_is_summed_up() -> None:
    budget = Budget(
        tokens=5000, agents={"a": Cap(usd=0.5), "b": Cap(calls=1)}, tiers={"fast": Cap(calls=3), "smart": Cap(calls=1)}
    )
    play = begun(budget=budget)
    first = play.call_model(reply=text("hi", Usage(input_tokens=60, output_tokens=20)))
    second = play.ask()
    reserved = second.event.reserved if isinstance(second.event, CallStarted) else None
    assert reserved is not None
    assert reserved.usd is not None
    total, paid = 80 + (reserved.tokens or 0), 0.00014 + reserved.usd
    assert lines(play.log, second.seq)[1:] == [
        "admitted:",
        f"budget, tokens: 80 spent + 0 set aside + {reserved.tokens} asked = {total} of 5,000: fits",
        f"agent a, usd: $0.00014 spent + $0 set aside + ${reserved.usd:.6f} asked = ${paid:.6f} of $0.5: fits",
        "tier fast, calls: 1 spent + 0 set aside + 1 asked = 2 of 3: fits",
        "its turn: 1 of 16 model calls made before",
        f"set aside for it: {reserved.tokens} tokens, ${reserved.usd:.6f}",
        "it has no end in the record",
    ]
    assert lines(play.log, first.seq) == [
        "m, asked by a, (call 5) came back: “hi”",
        "60 tokens in, 20 out",
        "it cost $0.00014",
        "the model stopped with 'stop'",
    ]


def test_an_unknown_price_counts_as_nothing_where_that_was_agreed() -> None:
    play = Play().start(MaxTurns(9), Budget(usd=1, unpriced="free"))
    play.give()
    started = play.ask()
    told = lines(play.log, started.seq)
    assert "budget, usd: $0 spent + $0 set aside + an unknown price, which counts as nothing, of $1" in told
    ended = play.answer(started, text("hi", Usage(input_tokens=3)))
    assert lines(play.log, ended.seq)[1:3] == ["3 tokens in, ? out", "what it cost is not known"]


# not admitted


def test_a_call_that_does_not_fit_names_the_cap() -> None:
    play = begun(budget=Budget(calls=1))
    play.call_model()
    denied = play.ask()
    assert isinstance(denied.event, CallDenied)
    assert lines(play.log, denied.seq) == [
        "a call of m by a was not admitted: the budget has no room for it",
        "what decided: scope budget, unit calls, spent 1, reserved 0, asked 1, cap 1",
        "checked:",
        "budget, calls: 1 spent + 0 set aside + 1 asked = 2 of 1: too much",
        "its turn: 1 of 16 model calls made before",
        "nothing was sent, and nothing is charged",
    ]


def test_a_call_too_many_in_a_turn() -> None:
    play = begun(limits=CallLimits(model_calls=1, tool_calls=1))
    play.call_model()
    play.call_code()
    model_call, code = play.ask(), play.call_code()
    assert lines(play.log, model_call.seq)[-2] == "its turn: 1 of 1 model calls made before, so none is left"
    told = lines(play.log, code.seq)
    assert told[0] == "a code call by a was not admitted: its turn has made as many as it may"
    assert told[-3:-1] == [
        "budget: no cap concerns it",
        "its turn: 1 of 1 tool and code calls made before, so none is left",
    ]


def test_a_call_while_the_run_is_being_stopped() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    values = {"rule": "interrupt", "event": 5}
    denied = CallDenied.model_validate(
        {"turn": 4, "agent": "a", "ordinal": 1, "attempt": 1, "call": "model", "digest": "d", "reason": "stopped"}
        | {"values": values}
    )
    seq = play.enter(denied, 4).seq
    other = play.enter(denied.model_copy(update={"reason": "of its own"}), 4).seq
    assert lines(play.log, seq) == [
        "a model call by a was not admitted: the run is being stopped",
        "what decided: rule interrupt, event 5",
    ]
    assert lines(play.log, other)[0] == "a model call by a was not admitted: of its own"


def test_after_an_overrun_nothing_is_admitted() -> None:
    play = begun(budget=Budget(tokens=5000))
    first = play.call_model(reply=text("long", HASTY))
    overrun = next(entry for entry in play.log if isinstance(entry.event, Overrun))
    aside = play.log[first.seq - 1].event
    reserved = aside.reserved if isinstance(aside, CallStarted) else None
    assert reserved is not None
    assert lines(play.log, overrun.seq) == [
        f"call 5 took 1,100,000 tokens, and {reserved.tokens:,} tokens was set aside for it",
        "no further call is admitted under that cap in this run: budget, tokens",
    ]
    denied = play.ask()
    assert any(line.endswith("; but call 5 took more than it had set aside") for line in lines(play.log, denied.seq))


# what came of it


def test_no_wait_is_longer_than_the_longest() -> None:
    play = begun()
    first = play.ask()
    failed = play.offer(CallFailed(call=first.seq, error=problem("ModelBusy", "no"), retryable=True, retry_after=300))
    told = (
        "it may pass when tried again, in 300 s as the other side says (no more than 60 s are waited); attempt 1, of 4"
    )
    assert any(line.startswith(told) for line in lines(play.log, failed.seq))


def test_a_failed_attempt_and_the_next() -> None:
    play = begun("m", "f")
    first = play.ask()
    failed = play.offer(
        CallFailed(
            call=first.seq,
            error=Problem(type="ModelBusy", message="429", where="x.py:1"),
            retryable=True,
            retry_after=1.5,
        )
    )
    second = attempt(play, first)
    broken = play.offer(
        CallFailed(
            call=second.seq, error=problem("ModelServerError", "gone"), retryable=False, partial="I was about to"
        )
    )
    third = attempt(play, second, "f")
    assert lines(play.log, failed.seq) == [
        "m, asked by a, (call 5) failed: ModelBusy: “429” (x.py:1)",
        "nothing is charged: no model saw it",
        "it may pass when tried again, in 1.5 s as the other side says; attempt 1, of 4 with one model",
        f"then: event {second.seq}, attempt 2 of m",
    ]
    assert lines(play.log, second.seq)[:3] == [
        "a asked m: call 1 of its turn (event 4), attempt 2",
        f"because the attempt before it came to nothing: event {failed.seq}",
        "m, asked by a, (call 5) failed: ModelBusy: “429” (x.py:1)",
    ]
    assert lines(play.log, second.seq)[-1] == f"then: event {broken.seq}, it failed"
    assert lines(play.log, broken.seq)[1:] == [
        "what had arrived: “I was about to”",
        "what it cost is not known",
        "trying it again would not help; attempt 2, of 4 with one model",
        f"then: event {third.seq}, attempt 3 of f",
    ]
    assert "f is a fallback of a, in place of m" in lines(play.log, third.seq)


def test_the_stronger_model_is_named_as_such() -> None:
    agreed = team(card("a", stronger=model("s")))
    play = Play(agreed=agreed).start(MaxTurns(9))
    play.give()
    ended = play.call_model(model=model("s"))
    assert "s is the stronger model of a, in place of m" in lines(play.log, ended.seq - 1)


def test_what_a_failed_call_had_set_aside_is_charged() -> None:
    play = begun(budget=Budget(tokens=900))
    started = play.ask()
    failed = play.answer(started, problem("ModelServerError"))
    reserved = started.event.reserved if isinstance(started.event, CallStarted) else None
    assert reserved is not None
    assert lines(play.log, failed.seq)[1] == f"charged with what was set aside: {reserved.tokens} tokens"
    assert lines(play.log, failed.seq)[-1] == "it was not tried again"


def test_what_the_provider_does_not_count_is_charged_by_what_was_set_aside() -> None:
    play = begun(budget=Budget(tokens=900))
    ended = play.call_model()
    told = lines(play.log, ended.seq)[1]
    assert told.startswith("the provider did not say how many tokens it took: what was set aside counts as spent, ")


def test_stopped_and_lost_calls() -> None:
    play = begun()
    first, second, third = play.ask(), play.ask(), play.ask()
    stopped = play.offer(CallCancelled(call=first.seq, reason="cancelled", partial="half"))
    silent = play.offer(CallCancelled(call=second.seq, reason="cancelled"))
    lost = play.offer(CallInDoubt(call=third.seq, policy="retry"))
    again = attempt(play, third)
    assert lines(play.log, stopped.seq) == [
        "m, asked by a, (call 5) was stopped: cancelled",
        "what had arrived: “half”",
        "what it cost is not known",
    ]
    assert lines(play.log, silent.seq)[1] == "nothing had arrived"
    assert lines(play.log, first.seq)[-1] == f"then: event {stopped.seq}, it was stopped"
    assert lines(play.log, third.seq)[-1] == f"then: event {lost.seq}, its result was lost"
    assert lines(play.log, lost.seq) == [
        f"m, asked by a, (call {third.seq}) had no result when its process ended, and may have been charged for",
        "it is made again, under the same key",
        f"then: event {again.seq}, attempt 2 of m",
    ]


def test_tools_questions_and_programs() -> None:
    play = Play(agreed=team(handy("a"))).start(MaxTurns(9))
    play.give()
    reply = play.call_model(reply=wants(("x", '{"at": 1}'), ("y", "{}"), say="Let me see."))
    tool, loose = play.tool("x", {"at": 1}), play.tool(None)
    ask = AskRecipe(question="May I?", answer_schema={}, to="user", tool_call_id="y")
    question, stray = play.begin(ask, "d"), play.begin(ask.model_copy(update={"tool_call_id": "gone"}), "d")
    spent = Reserved(calls=2, usd=0.25)
    result = ToolResult(ok=True, value=[1], child="inner", spent=spent, uncounted=("tokens", "usd"))
    held = play.offer(CallFinished(call=tool.seq, result=result))
    bare = play.offer(CallFinished(call=loose.seq, result=ToolResult(ok=False, value="it broke", spent=Reserved())))
    answer = play.offer(CallFinished(call=question.seq, result=Answer(value={"yes": True}, by="user")))
    failed = play.answer(stray, problem("ValueError"))
    code = play.call_code()
    assert lines(play.log, reply.seq)[0] == (
        'm, asked by a, (call 5) came back: “Let me see.”, it asks for look({"at": 1}) and look({})'
    )
    assert lines(play.log, tool.seq)[:5] == [
        'a called look({"at": 1}): call 2 of its turn (event 4)',
        f"the model asked for it at event {reply.seq}",
        "admitted:",
        "budget: no cap concerns it",
        "its turn: 0 of 64 tool and code calls made before",
    ]
    assert lines(play.log, loose.seq)[1] == "admitted:"
    assert lines(play.log, question.seq) == [
        "a asked user “May I?”: call 4 of its turn (event 4)",
        f"a person is to allow a tool call: the model asked for it at event {reply.seq}",
        "admitted:",
        "budget: no cap concerns it",
        f"then: event {answer.seq}, it came back",
    ]
    assert lines(play.log, stray.seq)[1] == "admitted:"
    assert lines(play.log, held.seq) == [
        f"look, called by a, (call {tool.seq}) came back: [1]",
        "behind it is the conversation inner",
        "which spent 2 calls, $0.25; of tokens and money, perhaps more: some of its calls did not say what they took",
    ]
    assert lines(play.log, bare.seq) == [
        f'look, called by a, (call {loose.seq}) came back: it failed: "it broke"',
        "which spent nothing that is counted",
    ]
    assert lines(play.log, answer.seq) == [
        f'the question of a (call {question.seq}) came back: user answered {{"yes": true}}'
    ]
    assert lines(play.log, failed.seq) == [
        f"the question of a (call {stray.seq}) failed: ValueError: “no”",
        "trying it again would not help; attempt 1, of 4 with one model",
        "it was not tried again",
    ]
    assert lines(play.log, code.seq) == [
        f"the program of a (call {code.seq - 1}) came back: [python: finished, exit code 0], output “1”"
    ]


def test_a_reply_to_no_call_has_no_price() -> None:
    play = begun()
    seq = play.enter(CallFinished(call=3, result=text("hi", Usage(input_tokens=1, output_tokens=2))), 3).seq
    assert lines(play.log, seq) == ["call 3 came back: “hi”", "1 tokens in, 2 out", "the model stopped with 'stop'"]


def test_results_that_were_taken_from_another_record() -> None:
    play = begun()
    first, second = play.ask(), play.ask()
    place = Position(conversation="before", seq=7)
    found = play.offer(CallFinished(call=first.seq, result=text("hi"), taken_from=place))
    lost = play.offer(CallFailed(call=second.seq, error=problem("Busy"), retryable=False, taken_from=place))
    for entry in (found, lost):
        assert lines(play.log, entry.seq)[1] == "it was not made: this is what stands at event 7 of before"


def test_a_first_attempt_that_is_not_in_the_record() -> None:
    play = begun()
    first = play.ask()
    second = attempt(play, first)
    assert lines(play.log, second.seq)[1] == "admitted:"


def test_another_call_than_the_recorded_one() -> None:
    play = begun()
    seq = play.offer(Diverged(turn=4, ordinal=2, recorded="model ab", now="code cd")).seq
    assert lines(play.log, seq) == [
        "going on, a asked for something else than is recorded as call 2 of its turn",
        "recorded: “model ab”",
        "now: “code cd”",
        "its code, its prompt or its inputs changed; nothing is made twice in the dark, so the turn fails",
    ]


def test_a_warning_says_what_is_left() -> None:
    play = begun(budget=Budget(calls=2))
    play.call_model()
    play.call_model()
    told = [lines(play.log, entry.seq) for entry in play.log if isinstance(entry.event, Warned)]
    assert told == [["a warning: budget: all of 2 calls spent", "0 calls left; a warning stops nothing"]]
    values: JsonObject = {"unit": "usd", "cap": 0.3, "spent": 0.1}
    seq = play.enter(Warned(reason="budget", values=values), 4).seq
    assert lines(play.log, seq)[1] == "$0.2 left; a warning stops nothing"
    odd = play.enter(Warned(reason="budget", values={"unit": "usd", "cap": "much"}), 4).seq
    assert lines(play.log, odd)[1] == "an unknown number left; a warning stops nothing"
