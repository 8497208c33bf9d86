"""What passes between an agent and its model within a turn: tools called, their results, answers refused."""

from __future__ import annotations

import pytest

from agentchat.policy.charter import CallLimits
from agentchat.policy.prompts.context import context_of
from agentchat.policy.prompts.request import ChatMessage
from agentchat.policy.rules import MaxTurns
from agentchat.transcript.calls import AskRecipe, Reply, ToolRecipe, Wire
from agentchat.transcript.events import (
    CallCancelled,
    CallDenied,
    CallFailed,
    CallInDoubt,
    Entry,
    PersonaChanged,
    Refused,
)
from agentchat.transcript.messages import ReasoningPart, TextPart, ToolCallPart
from tests.policy.cards import card, handy, model, team
from tests.policy.play import Play, problem, text, wants
from tests.policy.sound import Request, last, requests

WIRES: tuple[Wire, ...] = ("chat", "responses")
both = pytest.mark.parametrize("wire", WIRES)


def begun(wire: Wire = "chat", *, typed: bool = False, tool_calls: int = 64) -> Play:
    limits = CallLimits(tool_calls=tool_calls)
    play = Play(agreed=team(handy("a", wire, typed=typed), card("b"), limits=limits)).start(MaxTurns(50))
    play.give()
    return play


def results(play: Play, wire: Wire = "chat") -> dict[str, str]:
    """The results of tools as the model is shown them."""
    shown = last(play, "a")
    if wire == "chat":
        return {one["tool_call_id"]: one["content"] for one in shown if one["role"] == "tool"}
    return {one["call_id"]: one["output"] for one in shown if one.get("type") == "function_call_output"}


def answered(play: Play, reply: Reply | None = None) -> Entry:
    return play.call_model(reply=reply or text("Done."))


# results


@both
def test_results_are_shown_in_the_order_they_were_asked_for(wire: Wire) -> None:
    play = begun(wire)
    play.call_model(reply=wants(("x", '{"at": 1}'), ("y", "{}"), say="Let me see."))
    first, second = play.tool("x", {"at": 1}), play.tool("y")
    play.back(second, {"b": ['"', None]})
    assert len(context_of(play.log, "a").exchange.answers) == 1
    play.back(first, "a \u2028 text")
    answered(play)
    shown = last(play, "a")[2:]
    if wire == "chat":
        assert shown == [
            {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [
                    {"id": name, "type": "function", "function": {"name": "look", "arguments": arguments}}
                    for name, arguments in (("x", '{"at": 1}'), ("y", "{}"))
                ],
            },
            {"role": "tool", "tool_call_id": "x", "content": "a \u2028 text"},
            {"role": "tool", "tool_call_id": "y", "content": '{"b":["\\"",null]}'},
        ]
    else:
        assert shown == [
            {"type": "message", "role": "assistant", "content": "Let me see."},
            {"type": "function_call", "call_id": "x", "name": "look", "arguments": '{"at": 1}'},
            {"type": "function_call", "call_id": "y", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "x", "output": "a \u2028 text"},
            {"type": "function_call_output", "call_id": "y", "output": '{"b":["\\"",null]}'},
        ]


@both
def test_several_rounds_of_tools_build_on_each_other(wire: Wire) -> None:
    play = begun(wire)
    for name in ("x", "y", "x"):  # a model may give the same id twice
        play.call_model(reply=wants((name, "{}")))
        play.back(play.tool(name), name)
    play.say(calls=(answered(play).seq,))
    assert len(requests(play, "a")) == 4
    play.give()
    play.say("b says")
    play.give()
    answered(play)
    shown = last(play, "a")
    assert shown[-2]["content"] == "Done."
    assert shown[-1]["content"] == "b says"


@both
def test_what_becomes_of_a_tool_call_is_told(wire: Wire) -> None:
    play = begun(wire, tool_calls=5)
    names = ("ok", "no", "failed", "stopped", "lost", "denied", "refused")
    play.call_model(reply=wants(*((name, "{}") for name in names)))
    play.back(play.tool("ok"), "fine")
    play.back(play.tool("no"), 'it "broke"', ok=False)
    play.offer(CallFailed(call=play.tool("failed").seq, error=problem("OSError", 'the "disk"'), retryable=False))
    play.offer(CallCancelled(call=play.tool("stopped").seq, reason="cancelled"))
    play.offer(CallInDoubt(call=play.tool("lost").seq, policy="fail"))
    assert isinstance(play.tool("denied").event, CallDenied)
    play.refuse("at: a number", 'and "so" on', tool="refused")
    answered(play)
    assert results(play, wire) == {
        "ok": "fine",
        "no": 'error: it "broke"',
        "failed": 'error: the "disk"',
        "stopped": "cancelled",
        "lost": "error: it is unknown whether this was done",
        "denied": "not called: the turn has no room for it",
        "refused": 'error: at: a number\nand "so" on',
    }


def test_a_tool_call_that_is_made_again_is_answered_once() -> None:
    play = begun()
    play.call_model(reply=wants(("x", "{}")))
    first = play.tool("x")
    play.offer(CallInDoubt(call=first.seq, policy="retry"))
    play.back(play.tool("x"), "now")
    answered(play)
    assert results(play) == {"x": "now"}


@pytest.mark.parametrize("how", ["fails", "passes", "says"])
def test_a_turn_that_ends_before_its_tools_answers_them_all(how: str) -> None:
    play = begun()
    play.call_model(reply=wants(("x", "{}"), ("y", "{}")))
    play.back(play.tool("x"), "fine")
    {"fails": play.fail, "passes": play.skip, "says": play.say}[how]()
    if how == "fails":
        play.close()
        play.start(MaxTurns(50), task=None)
    else:
        play.give()
        play.say("b says")
    play.give()
    answered(play)
    assert results(play) == {"x": "fine", "y": "cancelled"}


def test_a_reply_whose_tools_were_never_called_is_not_shown() -> None:
    play = begun()
    play.call_model(reply=wants(("x", "{}")))
    play.say("instead")
    play.give()
    play.say("b says")
    play.give()
    answered(play)
    assert [one["content"] for one in last(play, "a")] == ["Help.", "Do it.", "instead", "b says"]


def test_tools_that_an_agent_calls_by_itself_are_not_shown() -> None:
    play = begun()
    play.back(play.tool(None, {"n": 1}), "mine")
    play.back(play.tool("never asked for"), "mine too")
    refused = play.begin(ToolRecipe(name="look", arguments={}, tool_call_id="nor this"), "d")
    play.offer(CallFailed(call=refused.seq, error=problem("E"), retryable=False))
    play.refuse("no", tool="nor that")
    play.call_code()
    play.begin(AskRecipe(question="?", answer_schema={}, to="user"), "d")
    answered(play)
    assert [one["role"] for one in last(play, "a")] == ["system", "user"]


def test_a_model_call_that_was_stopped_is_not_shown() -> None:
    play = begun()
    play.offer(CallCancelled(call=play.ask().seq, reason="cancelled", partial="half"))
    answered(play)
    assert [one["role"] for one in last(play, "a")] == ["system", "user"]


def test_a_reply_to_a_prompt_of_its_own_is_not_part_of_the_conversation() -> None:
    play = begun()
    play.call_model(prompt="Think.", reply=wants(("x", "{}")))
    play.back(play.tool("x"), "unseen")
    answered(play)
    assert [one["role"] for one in last(play, "a")] == ["system", "user"]


def test_arguments_that_are_no_object_go_back_as_one() -> None:
    play = begun()
    play.call_model(reply=wants(("x", '{"at":')))
    play.refuse("arguments: no JSON", tool="x")
    answered(play)
    assert last(play, "a")[2]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert results(play) == {"x": "error: arguments: no JSON"}


# what a model thought


@pytest.mark.parametrize(("again", "seen"), [("m", True), ("f", False)])
def test_only_the_model_that_thought_is_shown_its_thoughts(again: str, seen: bool) -> None:
    agreed = team(handy("a", asked=model("m"), fallbacks=(model("f"),)))
    play = Play(agreed=agreed).start(MaxTurns(50))
    play.give()
    thought = Reply(parts=(ReasoningPart(content="hm"), *wants(("x", "{}")).parts), finish="tool_calls")
    play.call_model(model=model(again), reply=thought)
    play.back(play.tool("x"), "fine")
    answered(play)
    assert ("reasoning_content" in last(play)[2]) is seen


def test_thoughts_of_a_model_that_is_gone_are_not_shown() -> None:
    play = begun()
    thought = Reply(parts=(ReasoningPart(content="hm"), *wants(("x", "{}")).parts), finish="tool_calls")
    play.call_model(reply=thought)
    new = handy("a", asked=model("n"))
    play.offer(PersonaChanged(agent="a", card=new.model_dump(mode="json"), author="user", reason="r"))
    play.back(play.tool("x"), "fine")
    shown = context_of(play.log, "a").growing.messages
    assert all("reasoning_content" not in (one.raw or "") for one in shown)


# refused answers


@both
def test_a_refused_answer_is_shown_with_what_is_wrong(wire: Wire) -> None:
    play = begun(wire)
    wrong = play.call_model(reply=text('{"n": "one"}'))
    play.refuse("n: a number", call=wrong.seq)
    answered(play)
    shown = last(play, "a")
    assert [one["role"] for one in shown] == ["system", "user", "assistant", "user"]
    assert shown[2]["content"] == '{"n": "one"}'
    assert "n: a number" in str(shown[3]["content"])


def test_a_refused_answer_without_a_word_is_only_told_what_is_wrong() -> None:
    play = begun()
    wrong = play.call_model(reply=Reply(parts=(ReasoningPart(content="hm"),), finish="stop"))
    play.refuse("the answer: no JSON", call=wrong.seq)
    answered(play)
    assert [one["role"] for one in last(play, "a")] == ["system", "user", "user"]


def by_tool(*calls: tuple[str, str, str]) -> Reply:
    asked = tuple(ToolCallPart(id=name, name=tool, arguments=arguments) for name, tool, arguments in calls)
    return Reply(parts=(TextPart(content=""), *asked), finish="tool_calls")


@both
def test_an_answer_through_the_tool_is_refused_as_the_result_of_its_call(wire: Wire) -> None:
    play = begun(wire, typed=True)
    wrong = play.call_model(reply=by_tool(("t", "answer", '{"n": "one"}')))
    play.refuse("n: a number", call=wrong.seq, tool="t")
    right = answered(play, by_tool(("u", "answer", '{"n": 1}')))
    assert results(play, wire) == {"t": "error: n: a number"}
    said = play.say(calls=(right.seq,), kind="Draft")
    play.give()
    play.say("b says")
    play.give()
    answered(play)
    shown: list[Request] = last(play, "a")
    assert shown[-2]["content"] == '{"n": 1}'
    assert play.log.message(said.seq).text == '{"n": 1}'


@both
def test_other_tools_beside_a_refused_answer_are_answered(wire: Wire) -> None:
    play = begun(wire, typed=True)
    wrong = play.call_model(reply=by_tool(("x", "look", "{}"), ("t", "answer", "{}"), ("y", "look", "{}")))
    play.refuse("n: missing", call=wrong.seq, tool="t")
    answered(play)
    found = results(play, wire)
    assert list(found) == ["x", "t", "y"]
    assert found["t"] == "error: n: missing"
    assert found["x"].startswith("not called")


def test_a_refusal_of_another_turn_is_not_shown() -> None:
    play = begun()
    old = play.call_model(reply=text("{}"))
    play.say(calls=(old.seq,))
    play.give()
    ended = play.call_model(reply=text("[]"))
    play.by("b").refuse("no", call=old.seq)
    play.say(calls=(ended.seq,))
    play.give()
    answered(play)
    assert [one["role"] for one in last(play, "a")] == ["system", "user", "assistant", "user"]


def test_a_refusal_that_comes_after_its_turn_is_not_shown() -> None:
    play = begun()
    old, ended = play.turn.seq, play.call_model(reply=text("{}"))
    play.say(calls=(ended.seq,))
    play.give()
    play.enter(Refused(turn=old, problems=("late",), from_calls=(ended.seq,)), old)
    assert [one.content for one in context_of(play.log, "a").growing.messages] == ["Help.", "Do it."]


def test_the_reply_that_asked_is_found_among_several() -> None:
    play = begun()
    first, second = play.ask(), play.ask()
    play.answer(first, wants(("x", "{}")))
    play.answer(second, wants(("y", "{}")))
    play.back(play.tool("y"), "fine")
    answered(play)
    assert results(play) == {"y": "fine"}


def test_a_refused_message_of_the_policy_is_shown_too() -> None:
    play = Play(agreed=team(card("a", emits=("Draft",)), card("b"))).start(MaxTurns(50))
    play.give()
    wrong = play.call_model(reply=text("plain"))
    play.say(calls=(wrong.seq,))
    play.call_model()
    shown = context_of(play.log, "a").growing.messages
    assert shown[-2] == ChatMessage("assistant", "plain")
    assert "a said Text, and it says Draft only" in shown[-1].content
    requests(play)
