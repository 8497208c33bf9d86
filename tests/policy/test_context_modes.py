"""How a typed answer is asked for: by the server's schema, by a tool, in words; each where the last was rejected."""

from __future__ import annotations

import json

import pytest

from agentchat.policy.charter import ContextPolicy
from agentchat.policy.prompts.asking import Wish, ask
from agentchat.policy.prompts.context import context_of
from agentchat.policy.rules import MaxTurns
from agentchat.transcript.calls import OutputMode, Wire
from agentchat.transcript.events import CallStarted, Said
from agentchat.transcript.messages import Text
from tests.policy.cards import DRAFT, card, handy, model, team, typed
from tests.policy.play import Play, problem, text, wants
from tests.policy.sound import Request, last, requests

REJECTED = problem("ModelUnsupported")
both = pytest.mark.parametrize("wire", ["chat", "responses"])


def begun(wire: Wire = "chat", *, tools: bool = True, output: str = "auto") -> Play:
    asked = model(wire=wire, output=output)
    agent = handy("a", wire, typed=True, asked=asked) if tools else typed("a", wire, model=asked)
    play = Play(agreed=team(agent, card("b"))).start(MaxTurns(50))
    play.give()
    return play


def mode(play: Play) -> OutputMode | None:
    return context_of(play.log, "a").mode


def reject(play: Play, times: int) -> None:
    for _ in range(times):
        play.call_model(reply=REJECTED)


def body(play: Play) -> Request:
    return requests(play, "a")[-1]


@both
@pytest.mark.parametrize("tools", [True, False])
def test_each_rejection_asks_less_of_the_server(wire: Wire, tools: bool) -> None:
    play = begun(wire, tools=tools)
    assert mode(play) == "native"
    schema = "response_format" if wire == "chat" else "text"
    reject(play, 1)
    assert schema in body(play)
    assert ("tools" in body(play)) is tools
    assert mode(play) == "tool"
    reject(play, 1)
    assert schema not in body(play)
    names = [one.get("function", one)["name"] for one in body(play)["tools"]]
    assert names == (["look", "answer"] if tools else ["answer"])
    assert mode(play) == "prompted"
    reject(play, 1)
    assert schema not in body(play)
    assert ("tools" in body(play)) is tools
    assert mode(play) == "prompted"  # there is nothing less to ask
    system = last(play, "a")[0]
    assert system == {**system, "role": "system", "content": f"Help.\n\nAnswer with JSON: {json.dumps(DRAFT)}"}
    modes = [entry.event.recipe.output for entry in play.log if isinstance(entry.event, CallStarted)]  # type: ignore[union-attr]  # model calls only
    assert modes == ["native", "tool", "prompted"]


def test_in_words_from_then_on() -> None:
    play = begun(tools=False)
    reject(play, 2)
    ended = play.call_model(reply=text('{"n": 1}'))
    play.say(calls=(ended.seq,), kind="Draft")
    play.give()
    play.say("b says")
    play.give()
    play.call_model(reply=text('{"n": 2}'))
    roles = [(one["role"], one["content"][:9]) for one in last(play, "a")]
    assert roles == [("system", "Help.\n\nAn"), ("user", "Do it."), ("assistant", '{"n": 1}'), ("user", "b says")]
    assert mode(play) == "prompted"


def test_without_instructions_the_schema_is_the_system_message() -> None:
    agent = typed("a", model=model(output="prompted"), instructions=None)
    play = Play(agreed=team(agent)).start(MaxTurns(9))
    play.give()
    play.call_model()
    assert last(play)[0]["content"].startswith("Answer with JSON: ")


@pytest.mark.parametrize("output", ["native", "tool", "prompted"])
def test_a_mode_that_was_chosen_is_kept(output: OutputMode) -> None:
    play = begun(output=output)
    assert mode(play) == output
    reject(play, 2)
    assert mode(play) == output
    requests(play)


def test_other_failures_and_other_models_change_nothing() -> None:
    agent = handy("a", typed=True, asked=model("m"), fallbacks=(model("f"),))
    play = Play(agreed=team(agent)).start(MaxTurns(9))
    play.give()
    play.call_model(reply=problem("ModelServerError"))
    play.call_model(reply=problem("ModelRejected"))
    play.call_model(model=model("f"), reply=REJECTED)
    play.call_model(prompt="Think.", reply=REJECTED)
    play.call_model(prompt="Think.", history=False, reply=REJECTED)
    assert mode(play) == "native"
    requests(play)


def test_a_late_rejection_of_a_mode_that_was_left_changes_nothing() -> None:
    play = begun()
    first, second = play.ask(), play.ask()
    play.answer(first, REJECTED)
    play.answer(second, REJECTED)
    assert mode(play) == "tool"


def test_an_agent_without_typed_answers_has_no_mode() -> None:
    play = Play(agreed=team(handy("a"), card("b"))).start(MaxTurns(9))
    play.give()
    assert mode(play) is None
    play.call_model(reply=REJECTED)
    assert mode(play) is None
    assert "response_format" not in body(play)


def test_what_an_agent_asks_untyped_or_without_tools_says_so() -> None:
    play = begun()
    for wish, fields in (
        (Wish(), {"tools", "response_format"}),
        (Wish(typed=False), {"tools"}),
        (Wish(tools=False), {"response_format"}),
        (Wish(typed=False, tools=False), set()),
        (Wish("Think.", typed=False), {"tools"}),
        (Wish("Think.", history=False), {"tools"}),
    ):
        made = ask(play.log, "a", wish)
        found = set(json.loads(made.data.join())) - {"messages", "model"}
        assert found == fields, wish
        assert (made.recipe.output is None) is (wish.prompt is not None)


def test_through_the_tool_alone_where_there_are_no_others() -> None:
    play = begun(output="tool")
    made = json.loads(ask(play.log, "a", Wish(tools=False)).data.join())
    assert [one["function"]["name"] for one in made["tools"]] == ["answer"]
    assert made["tool_choice"]["function"]["name"] == "answer"
    assert json.loads(ask(play.log, "a", Wish()).data.join())["tool_choice"] == "required"


# what is kept when the context begins anew


def test_a_message_said_meanwhile_is_shown_later() -> None:
    play = begun(tools=False)
    play.offer(Said(sender="user", body=Text.of("late")))
    reject(play, 2)
    ended = play.call_model(reply=text('{"n": 1}'))
    assert [one["content"] for one in last(play, "a")[1:]] == ["Do it."]
    play.say(calls=(ended.seq,), kind="Draft")
    play.give()
    play.say("b says")
    play.give()
    play.call_model()
    assert [one["content"] for one in last(play, "a")[1:]] == ["Do it.", "late", '{"n": 1}', "b says"]


def test_the_last_turns_stay_the_last_turns() -> None:
    agent = typed("a", context=ContextPolicy(turns=1))
    play = Play(agreed=team(agent, card("b"))).start(MaxTurns(50))
    play.give()
    for number in range(2):
        ended = play.call_model(reply=text(f'{{"n": {number}}}'))
        play.say(calls=(ended.seq,), kind="Draft")
        play.give()
        play.say(f"b {number}")
        play.give()
    before = [one.content for one in context_of(play.log, "a").growing.messages][1:]
    reject(play, 2)
    after = [one.content for one in context_of(play.log, "a").growing.messages][1:]
    assert before == after == ["b 1"]
    requests(play)


def test_tools_used_before_the_rejection() -> None:
    play = begun()
    play.call_model(reply=wants(("x", "{}")))
    play.back(play.tool("x"), "fine")
    reject(play, 2)
    play.call_model(reply=text('{"n": 1}'))
    assert mode(play) == "prompted"
    requests(play)
