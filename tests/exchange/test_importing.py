"""Message lists become conversations: checked again without a difference, and the same words come out again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.errors import ConfigurationError, NotATranscript
from agentchat.exchange.importing import import_messages
from agentchat.exchange.message_lists import read_message_lists
from agentchat.exchange.openai_chat import openai_chat
from agentchat.policy.charter import charter_of
from agentchat.policy.prompts.context import GO_ON
from agentchat.policy.spending.usage import usage_of
from agentchat.policy.state import state_of
from agentchat.rechecking import replay
from agentchat.transcript.events import CallFinished, CallStarted, Closed, ExternalSignal
from agentchat.transcript.transcript import Transcript
from tests.exchange.logs import texts
from tests.policy.generated import plays, several
from tests.policy.play import Play

Message = dict[str, Any]


def user(content: Any = "hello", **more: Any) -> Message:
    return {"role": "user", "content": content, **more}


def assistant(content: str | None = "hi", *calls: str, **more: Any) -> Message:
    """What an assistant says; `calls` are ids of calls of the tool `look`."""
    asked = [{"id": one, "type": "function", "function": {"name": "look", "arguments": '{"at":1}'}} for one in calls]
    return {"role": "assistant", "content": content, **({"tool_calls": asked} if asked else {}), **more}


def tool(id: str, content: str = "found") -> Message:
    return {"role": "tool", "tool_call_id": id, "content": content}


def system(content: str = "Be kind.") -> Message:
    return {"role": "system", "content": content}


RAW = assistant(
    tool_calls=[{"id": "t1", "type": "function", "function": {"name": "look", "arguments": "not an object"}}]
)


def taken(given: object, **more: Any) -> tuple[Transcript, tuple[str, ...]]:
    """The first list of a file, imported; checked again and read back."""
    text = given if isinstance(given, str) else json.dumps(given)
    log, lost = import_messages(read_message_lists(text)[0], id="c", source="list.json", at=5.0, **more)
    assert replay(log).differences == []
    assert Transcript.loads(log.dumps()).dumps() == log.dumps()
    return log, lost


def view(log: Transcript, agent: str = "assistant") -> list[Message]:
    """What the agent's model was shown, with what it answered."""
    found: list[Message] = json.loads(openai_chat(log, agent).text)["messages"]
    return found


def test_a_list_comes_out_as_it_went_in() -> None:
    messages = [
        system(),
        user(),
        assistant("Let me see.", "t1", "t2"),
        tool("t1", "one"),
        tool("t2", "two"),
        assistant("Found."),
        user([{"type": "text", "text": "and this?"}, {"type": "image_url", "image_url": {"url": "https://h/x"}}]),
        assistant("A picture."),
    ]
    log, lost = taken(messages)
    assert lost == ()
    assert view(log) == messages
    assert [(one.sender, one.text) for one in log.messages()] == [
        ("user", "hello"),
        ("assistant", "Found."),
        ("user", "and this?"),
        ("assistant", "A picture."),
    ]
    assert charter_of(log).agent("assistant").instructions == "Be kind."


def test_where_it_comes_from_is_the_first_thing_the_record_says() -> None:
    log, _ = taken([user(), assistant(None, "t1"), tool("t1"), assistant()])
    signal = log[3].event
    assert isinstance(signal, ExternalSignal)
    assert (signal.name, signal.value) == ("imported", {"from": "list.json", "messages": 4})
    places = [one.event.taken_from for one in log if isinstance(one.event, CallFinished)]
    assert [(one.conversation, one.seq) for one in places if one is not None] == [
        ("list.json", 1),
        ("list.json", 2),
        ("list.json", 3),
    ]


def test_nothing_is_claimed_to_be_known_of_what_it_took() -> None:
    total = usage_of(taken([user(), assistant()])[0]).total
    assert not total.input_tokens.complete
    assert not total.usd.complete


def test_each_message_of_a_user_is_a_run_that_the_answer_ends() -> None:
    log, _ = taken([user(), user("more"), assistant(), user("again"), assistant("yes")])
    ends = [one.event for one in log if isinstance(one.event, Closed)]
    assert [(one.outcome, one.rule) for one in ends] == [("done", "From(sender='assistant')")] * 2
    assert not state_of(log).board.live


def test_a_question_without_an_answer_leaves_the_run_open() -> None:
    for messages in ([user()], [user(), assistant(), user("again")], [user(), assistant(None, "t1"), tool("t1")]):
        assert state_of(taken(messages)[0]).board.live


@pytest.mark.parametrize(
    ("messages", "lost"),
    [
        ([assistant("Hello, I can help."), user(), assistant("ok")], ()),
        ([user(), assistant("one"), assistant("two"), user(), assistant("ok")], ()),
        ([user(), assistant(None, "t1"), tool("t1"), user("stop"), assistant("ok")], ()),
        ([user(), assistant(None, "t1"), tool("t1"), assistant(None, "t1"), tool("t1"), assistant("ok")], ()),
        ([user(""), assistant("")], ()),
    ],
    ids=["it speaks first", "twice in a row", "interrupted", "an id again", "empty"],
)
def test_odd_lists_come_out_as_they_went_in(messages: list[Message], lost: tuple[str, ...]) -> None:
    log, found = taken(messages)
    assert (view(log), found) == (messages, lost)


def test_somebody_who_speaks_before_the_answer_came_interrupts() -> None:
    log, _ = taken([user(), assistant(None, "t1"), tool("t1"), user("stop"), assistant("ok")])
    ends = [one.event.outcome for one in log if isinstance(one.event, Closed)]
    assert ends == ["interrupted", "done"]


def test_tools_that_the_list_does_not_declare_are_on_the_card_and_told_to_no_model() -> None:
    log, _ = taken([user(), assistant(None, "t1"), tool("t1"), assistant("ok")])
    assert [one.name for one in charter_of(log).agent("assistant").tools] == ["look"]
    assert "tools" not in json.loads(openai_chat(log).text)


def test_as_many_calls_as_the_list_has() -> None:
    steps = [one for n in range(90) for one in (assistant(None, f"t{n}"), tool(f"t{n}", str(n)))]
    messages = [user(), *steps, assistant("done")]
    assert view(taken(messages)[0]) == messages


def test_results_in_another_order_are_put_in_that_of_their_calls() -> None:
    log, _ = taken([user(), assistant(None, "t1", "t2"), tool("t2", "two"), tool("t1", "one"), assistant()])
    assert [one["content"] for one in view(log) if one["role"] == "tool"] == ["one", "two"]


def test_several_assistants_are_agents_of_their_own() -> None:
    messages = [
        user(),
        assistant("a1", name="ann"),
        assistant("b1", name="bob"),
        assistant("a2", name="ann"),
        user("more", name="eve"),
        assistant("b2", name="bob"),
    ]
    log, lost = taken(messages)
    assert [(one.sender, one.text) for one in log.messages()] == [
        ("user", "hello"),
        ("ann", "a1"),
        ("bob", "b1"),
        ("ann", "a2"),
        ("eve", "more"),
        ("bob", "b2"),
    ]
    assert any("ann, bob are agents of their own" in one for one in lost)


@pytest.mark.parametrize(
    ("messages", "lost"),
    [
        ([system("a"), system("b"), user(), assistant()], "that the instructions stood in 2 messages"),
        ([user(), assistant(), system("now"), assistant()], "that messages[2] is a prompt of the system"),
        ([user(), assistant(refusal="no")], "that messages[1] is a refusal; its words are kept"),
        ([user(), assistant(annotations=[{"type": "url_citation"}])], "the annotations of messages[1]"),
        ([user(), assistant(name="c d"), user(), assistant()], "the name 'c d' of messages[1], which is none"),
        ([user(), RAW, tool("t1"), assistant()], "the arguments of look in messages[1], which are no JSON object"),
        ([assistant(None, "t1"), tool("t1"), assistant()], "that nobody spoke before messages[0]"),
        ([user(), assistant(), assistant(None, "t1"), tool("t1")], "that nothing stands before messages[2]"),
        (
            [user([{"type": "image_url", "image_url": {"url": "https://h/x.png", "detail": "low"}}]), assistant()],
            "the detail 'low' of a picture of messages[0]",
        ),
        (
            {"messages": [user(), assistant()], "temperature": 1, "seed": 2, "model": "m"},
            "settings of the request: seed, temperature",
        ),
        ({"messages": [user(), assistant()], "model": "m@http://evil/v1"}, "the model's address"),
        ({"messages": [user(), assistant()], "tools": [{"type": "custom"}]}, "tools[0], which is of the type custom"),
    ],
)
def test_what_cannot_be_kept_is_named(messages: object, lost: str) -> None:
    assert [one for one in taken(messages)[1] if one.startswith(lost)], lost


def test_an_assistant_that_goes_on_by_itself_is_told_to() -> None:
    log, _ = taken([user(), assistant("one"), assistant(None, "t1"), tool("t1"), assistant("two")])
    assert [one.get("content") for one in view(log) if one["role"] == "user"] == ["hello", GO_ON]


def test_tools_and_models_of_the_list_are_part_of_the_agreement() -> None:
    look = {"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}}
    log, lost = taken({"messages": [user(), assistant()], "tools": [look], "model": "gpt-x"})
    card = charter_of(log).agent("assistant")
    assert (card.tools[0].name, card.model is not None and card.model.name, lost) == ("look", "gpt-x", ())
    assert json.loads(openai_chat(log).text)["tools"] == [look]
    log, _ = taken([user(), assistant()], model="other@http://127.0.0.1:1/v1")
    model = charter_of(log).agent("assistant").model
    assert model is not None
    assert model.name == "other@http://127.0.0.1:1/v1"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("no json", "this is no JSON"),
        ("[NaN]", "this is no JSON"),
        ("[" * 5000, "this is no JSON"),
        ("{}", "this is no message list"),
        ('"text"', "this is no message list"),
        ([], "the list holds no message of a user or an assistant"),
        ([system()], "the list holds no message of a user or an assistant"),
        (["hi"], "messages[0] is no object with a role and a content"),
        ([user(), {"content": "x"}], "messages[1]: its role is None; there are system, developer, user, assistant"),
        ([user(5)], "messages[0].content is neither text nor a list of parts"),
        ([user([{"type": "video"}])], "messages[0].content[0]: this part of the type 'video' is nothing"),
        ([user([{"type": "input_audio", "input_audio": {"data": "", "format": "midi"}}])], "content[0]: this part"),
        ([user([{"type": "file", "file": {"file_data": "data:audio/wav;base64,A"}}])], "content[0]: this part"),
        ([user(["x"])], "messages[0].content[0] is no part with a type"),
        ([user(), assistant("\ud800")], "messages[1] holds text that cannot be written as UTF-8"),
        (
            [user([{"type": "image_url", "image_url": {"url": "file:///x"}}]), assistant()],
            "messages[0].content[0]: this part",
        ),
        ([user(), assistant(None, "t1"), user()], "messages[1]: the tool call 't1' has no result"),
        ([user(), assistant(None, "t1", "t2"), tool("t1")], "messages[1]: the tool call 't2' has no result"),
        ([user(), tool("t1")], "messages[1]: no call with the id 't1' waits for a result"),
        ([user(), assistant(None, "t1"), tool("t1"), tool("t1")], "messages[3]: no call with the id 't1' waits"),
        ([user(), assistant(None, "t1", "t1")], "messages[1].tool_calls[1]: two calls have the id 't1'"),
        ([user(), {"role": "tool", "content": "x"}], "messages[1] is the result of a tool and names no tool_call_id"),
        ([user(), assistant(tool_calls=[{"id": "x"}])], "messages[1].tool_calls[0] is no call of a function"),
        ([user(), assistant(function_call={"name": "f"})], "messages[1] has a function_call"),
        (
            [{**assistant(), "content": [{"type": "file", "file": {"file_id": "f"}}]}],
            "messages[0]: only a user's message holds",
        ),
        ({"messages": [user()], "tools": {}}, "tools is no list"),
        ({"messages": [user()], "tools": [{"type": "function"}]}, "tools[0] is no function with a name"),
        ({"v": 1, "seq": 1, "event": {}}, "this is a transcript already"),
    ],
)
def test_what_is_no_message_list_is_named_with_its_place(given: object, told: str) -> None:
    with pytest.raises(NotATranscript) as error:
        taken(given)
    assert told in str(error.value)


def test_each_line_of_a_file_may_be_a_conversation_and_errors_name_it() -> None:
    one, other = json.dumps([user("a"), assistant()]), json.dumps({"messages": [user("b"), assistant()]})
    found = read_message_lists(f"{one}\n\n{other}\n")
    assert [given.messages[0].text for given in found] == ["a", "b"]
    with pytest.raises(NotATranscript, match=r"line 2: messages\[0\]: its role is 'x'"):
        read_message_lists(f'{one}\n[{{"role":"x"}}]\n')


def test_two_tools_of_one_name_are_told_at_once() -> None:
    look = {"type": "function", "function": {"name": "look"}}
    with pytest.raises(ConfigurationError, match="two tools are named 'look'"):
        taken({"messages": [user(), assistant()], "tools": [look, look]})


@st.composite
def lists(draw: st.DrawFn) -> list[Message]:
    """Message lists as they come: any order that services allow."""
    found: list[Message] = [system(draw(texts) or "x")] if draw(st.booleans()) else []
    number = 0
    for kind in draw(st.lists(st.sampled_from(("user", "user", "says", "says", "calls")), min_size=1, max_size=8)):
        if kind == "user":
            found.append(user(draw(texts)))
        elif kind == "says":
            found.append(assistant(draw(texts)))
        else:
            ids = [f"t{number + n}" for n in range(draw(st.integers(1, 3)))]
            number += len(ids)
            found.append(assistant(draw(texts) or None, *ids))
            found += [tool(one, draw(texts)) for one in ids]
    return found


@several
@given(lists())
def test_any_list_comes_out_as_it_went_in(messages: list[Message]) -> None:
    log, lost = taken(messages)
    asked = any(isinstance(one.event, CallStarted) for one in log)
    while messages and messages[-1]["role"] == "user":  # never shown to a model
        messages = messages[:-1]
    if not lost and asked:
        assert view(log) == messages


@several
@given(plays())
def test_what_agents_were_shown_survives_the_way_out_and_in_again(play: Play) -> None:
    for line in openai_chat(play.log).text.splitlines():
        given = json.loads(line)
        if all(one["role"] == "system" for one in given["messages"]):
            continue
        log, _ = taken(line)
        agent = given["metadata"]["agent"]
        again = openai_chat(log, agent).text
        if not again:
            assert "assistant" not in {one["role"] for one in given["messages"]}
            continue
        shown = [(one["role"], one.get("content"), one.get("tool_calls")) for one in json.loads(again)["messages"]]
        before = [(one["role"], one.get("content"), one.get("tool_calls")) for one in given["messages"]]
        while before and before[-1][0] == "user":
            before.pop()
        assert shown == before
