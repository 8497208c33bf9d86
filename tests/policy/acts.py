"""Scripts for whole turns, by name: what an agent does from its first call to its end.

Each stops between its calls, so that several turns that are open at once mix. What is denied or refused fails the turn
as it would in a live run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import JsonValue

from agentchat.policy.charter import charter_of
from agentchat.policy.decide import stopping
from agentchat.policy.prompts.asking import LAST_WORDS, Wish, is_closing
from agentchat.policy.routing.plans import FINISH
from agentchat.transcript.calls import AskRecipe, Reply, Reserved, Usage
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Diverged,
    Entry,
    Refused,
    StateSet,
    TurnGiven,
)
from agentchat.transcript.messages import Body, Data, Direction, Handoff, TextPart, ToolCallPart
from tests.policy.play import Play, Script, problem, text, wants

Acting = Iterator[None]
NO_ROOM = "CallNotAdmitted"


def acts(*names: str) -> list[Script]:
    return [script(name) for name in names]


def script(name: str) -> Script:
    """`direct:b` and `handoff:b` name somebody; all other names stand alone."""
    word, _, about = name.partition(":")
    if word in _ROUTES:
        return lambda play: _deliver(play, _ROUTES[word](about))
    return SCRIPTS[word]


def _deliver(play: Play, body: Body | str = "hello", to: str | None = None) -> Acting:
    _ended(play, play.say(body, to=to))
    yield


def _ended(play: Play, said: Entry) -> None:
    """A turn that ends with a message which is refused fails by that name."""
    if isinstance(said.event, Refused) and not stopping(play.log):
        play.fail("AnswerRefused")


def _say_calls(play: Play, ended: Entry, kind: str | None = None) -> None:
    if isinstance(ended.event, CallDenied):
        play.fail(NO_ROOM)
    elif isinstance(ended.event, CallFailed):
        play.fail(ended.event.error.type)
    else:
        _ended(play, play.say(calls=(ended.seq,), kind=kind))


def _private(play: Play) -> Acting:
    return _deliver(play, to=play.charter.names()[0])


def _skip(play: Play) -> Acting:
    play.skip()
    yield


def _fail(play: Play) -> Acting:
    play.fail()
    yield


def _state(play: Play) -> Acting:
    play.offer(StateSet(turn=play.turn.seq, agent=play.agent, ordinal=1, state={"n": play.turn.seq}))
    yield
    play.skip()


def _code(play: Play) -> Acting:
    ended = play.call_code()
    yield
    _say_calls(play, ended)


def _asks(reply: Callable[[int], Reply], kind: str | None = None) -> Script:
    """A turn of one model call, whose answer is said."""

    def act(play: Play) -> Acting:
        started = play.ask(_wish(play))
        yield
        if isinstance(started.event, CallDenied):
            play.fail(NO_ROOM)
        else:
            ended = play.answer(started, reply(started.seq))
            yield
            _say_calls(play, ended, kind)

    return act


def _wish(play: Play) -> Wish:
    given = play.turn.event
    assert isinstance(given, TurnGiven)
    return Wish(LAST_WORDS, tools=False) if is_closing(given) else Wish()


def _twice(play: Play) -> Acting:
    play.call_model()
    yield
    _say_calls(play, play.call_model())


def _prompt(play: Play) -> Acting:
    ended = play.call_model(prompt="Think.")
    yield
    _say_calls(play, ended)


def _bare(play: Play) -> Acting:
    ended = play.call_model(prompt="Think.", history=False)
    yield
    _say_calls(play, ended)


def _long(play: Play) -> Acting:
    """Much is said; who is shown it may have to sum up what came before."""
    ended = play.call_model(reply=text("word " * 300))
    yield
    _say_calls(play, ended)


def _gathered(play: Play) -> Acting:
    """Two calls at once, which come back in the other order."""
    left, right = play.ask(), play.ask()
    yield
    for one in (right, left):
        if isinstance(one.event, CallStarted):
            play.answer(one, text(f"answer {one.seq}", Usage(input_tokens=5, output_tokens=2)))
            yield
    _ended(play, play.say("both"))


def _tools(play: Play) -> Acting:
    """Three tools at once: one comes back last of all, one fails, one is not there."""
    ended = play.call_model(reply=wants(("x", '{"at": 1}'), ("y", "{}"), ("z", "not"), say="Let me see."))
    yield
    if not isinstance(ended.event, CallFinished):
        play.fail(NO_ROOM)
        return
    play.refuse("there is no such tool", tool="z")
    first, second = play.tool("x", {"at": 1}), play.tool("y")
    yield
    results: tuple[tuple[Entry, JsonValue, bool], ...] = (
        (second, "it broke", False),
        (first, {"found": ['"', 1]}, True),
    )
    for one, value, ok in results:
        if isinstance(one.event, CallStarted):
            play.back(one, value, ok=ok)
            yield
    _say_calls(play, play.call_model())


def _abandons(play: Play) -> Acting:
    """A tool that is stopped, a question that is answered, and a turn that fails before the model sees any of it."""
    ended = play.call_model(reply=wants(("x", "{}"), ("y", "{}")))
    yield
    if isinstance(ended.event, CallFinished):
        asked = play.begin(AskRecipe(question="?", answer_schema={}, to="user", tool_call_id="y"), "d")
        call = play.tool("x")
        yield
        for one in (asked, call):
            if isinstance(one.event, CallStarted):
                play.offer(CallCancelled(call=one.seq, reason="cancelled"))
    play.fail()


def _doubts(play: Play) -> Acting:
    """A tool whose result was lost: given up, and told to the model."""
    ended = play.call_model(reply=wants(("x", "{}")))
    yield
    call = play.tool("x") if isinstance(ended.event, CallFinished) else ended
    if isinstance(call.event, CallStarted):
        play.offer(CallInDoubt(call=call.seq, policy="fail"))
        yield
    _say_calls(play, play.call_model())


def _delegates(play: Play) -> Acting:
    """A tool that holds a conversation of its own, which spends half of what it may."""
    call = play.tool(None, holds=True)
    yield
    if isinstance(call.event, CallDenied):
        play.fail(NO_ROOM)
        return
    started = call.event
    assert isinstance(started, CallStarted)
    play.back(call, "done", spent=_half(started.reserved))
    yield
    _ended(play, play.say("delegated"))


def _half(reserved: Reserved | None) -> Reserved:
    if reserved is None:
        return Reserved()
    return Reserved(
        calls=None if reserved.calls is None else reserved.calls // 2,
        tokens=None if reserved.tokens is None else reserved.tokens // 2,
        usd=None if reserved.usd is None else reserved.usd / 2,
    )


def _repairs(play: Play) -> Acting:
    """A wrong answer, refused by the agent's own check; then a right one."""
    ended = play.call_model(reply=text('{"n": "one"}'))
    yield
    if not isinstance(ended.event, CallFinished):
        play.fail(NO_ROOM)
        return
    play.refuse("n: not a number", call=ended.seq)
    yield
    _say_calls(play, play.call_model(reply=text('{"n": 1}')), "Draft")


def _by_tool(play: Play) -> Acting:
    """An answer given through the tool that takes it, at the second try."""
    for number, arguments in enumerate(('{"n": "one"}', '{"n": 1}')):
        part = ToolCallPart(id=f"t{number}", name="answer", arguments=arguments)
        ended = play.call_model(reply=Reply(parts=(TextPart(content="So:"), part), finish="tool_calls"))
        yield
        if not isinstance(ended.event, CallFinished):
            play.fail(NO_ROOM)
            return
        if number == 0:
            play.refuse("n: not a number", call=ended.seq, tool=part.id)
    _say_calls(play, ended, "Draft")


def _rejected(play: Play) -> Acting:
    """A server that takes no request of the first form; each try after that asks less of it."""
    ended = play.call_model(reply=problem("ModelUnsupported"))
    yield
    if isinstance(ended.event, CallFailed):
        ended = play.call_model(reply=text('{"n": 1}'))
        yield
    _say_calls(play, ended, "Draft" if "Draft" in _emits(play) else None)


def _emits(play: Play) -> tuple[str, ...]:
    return charter_of(play.log).agent(play.agent).emits


def _busy(play: Play) -> Acting:
    """A model that is busy at first, and another that is asked then."""
    started = play.ask()
    yield
    if isinstance(started.event, CallStarted):
        play.answer(started, problem("ModelBusy"), retryable=True)
        yield
    cards = charter_of(play.log).agent(play.agent).models()
    ended = play.call_model(model=cards[-1], reply=text("at last", Usage(input_tokens=9, output_tokens=1)))
    _say_calls(play, ended)


def _lost(play: Play) -> Acting:
    """A model call that breaks off, and one that is stopped."""
    first, second = play.ask(), play.ask()
    yield
    if isinstance(first.event, CallStarted):
        play.answer(first, problem("ModelServerError"))
    if isinstance(second.event, CallStarted):
        play.offer(CallCancelled(call=second.seq, reason="cancelled", partial="ha"))
    play.fail("ModelServerError")


def _diverges(play: Play) -> Acting:
    play.offer(Diverged(turn=play.turn.seq, ordinal=1, recorded="x", now="y"))
    yield
    play.fail("CallDiverged")


def _draft(play: Play) -> Acting:
    return _deliver(play, Data(type="Draft", value={"n": 1}))


def _named(to: str) -> Callable[[int], Reply]:
    return lambda seq: text(f'{{"next": "{to}", "instruction": "step {seq}", "reason": "so"}}')


def _within(seq: int) -> Reply:
    return text(f"answer {seq}", Usage(input_tokens=7, output_tokens=3, cached_input_tokens=2))


def _beyond(seq: int) -> Reply:
    return text(f"answer {seq}", Usage(input_tokens=10**6, output_tokens=10**5))


def _direction(to: str) -> Body:
    answer: JsonValue = {"n": 1} if to == FINISH else None
    return Direction(next=to, instruction=None if to == FINISH else f"go, {to}", reason="so", answer=answer)


_ROUTES: dict[str, Callable[[str], Body]] = {"direct": _direction, "handoff": lambda to: Handoff(to=to, reason="yours")}

SCRIPTS: dict[str, Script] = {
    "text": _deliver,
    "private": _private,
    "pass": _skip,
    "fail": _fail,
    "state": _state,
    "code": _code,
    "model": _asks(lambda seq: text(f"answer {seq}")),
    "paid": _asks(_within),
    "dear": _asks(_beyond),
    "twice": _twice,
    "prompt": _prompt,
    "bare": _bare,
    "long": _long,
    "gathered": _gathered,
    "tools": _tools,
    "abandons": _abandons,
    "doubts": _doubts,
    "delegates": _delegates,
    "repairs": _repairs,
    "by_tool": _by_tool,
    "rejected": _rejected,
    "busy": _busy,
    "lost": _lost,
    "diverges": _diverges,
    "draft": _draft,
    "typed": _asks(lambda seq: text(f'{{"n": {seq}}}'), "Draft"),
    "finish": _asks(_named(FINISH), "Direction"),
    "chooses_a": _asks(_named("a"), "Direction"),
    "chooses_b": _asks(_named("b"), "Direction"),
}
