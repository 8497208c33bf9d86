"""OpenAI chat lines: what each agent's model was shown, in a form that the API takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from agentchat.exchange.openai_chat import openai_chat
from agentchat.exchange.responses_items import chat_settings
from agentchat.policy.prompts.request import rebuild
from agentchat.policy.rules import MaxTurns
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.events import CallFailed, CallFinished, CallStarted, Compacted, Said, TurnGiven
from agentchat.transcript.messages import BlobPart, FilePart, ReasoningPart, Text, TextPart, UriPart
from agentchat.transcript.transcript import Transcript
from tests.exchange.logs import conversation
from tests.policy.cards import card, handy, model, team
from tests.policy.generated import plays, several
from tests.policy.play import Play, text, wants
from tests.policy.wire_shapes import REQUESTS

Line = dict[str, Any]


def lines(log: Transcript, agent: str | None = None) -> list[Line]:
    return [json.loads(line) for line in openai_chat(log, agent).text.split("\n") if line]


def plain(value: object) -> object:
    """Without the lazy iterators that validation makes."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return value if isinstance(value, str | int | float | None) else [plain(one) for one in value]  # type: ignore[attr-defined]


def check(line: Line) -> None:
    """Whether the API takes it: its shape, and a result for each call, right behind it."""
    assert plain(REQUESTS["chat"].validate_python(line)) == line
    waiting: list[str] = []
    for message in line["messages"]:
        if message["role"] == "tool":
            waiting.remove(message["tool_call_id"])
        else:
            assert waiting == []
            waiting = [call["id"] for call in message.get("tool_calls") or ()]
    assert waiting == []


def test_a_line_is_what_the_model_was_shown_and_what_it_answered() -> None:
    line, other = lines(conversation().log)
    check(line)
    check(other)
    assert [one["content"] for one in other["messages"]][:3] == ["Help.", "Look, please.", "It is there."]
    assert line["metadata"] == {"conversation": "c", "agent": "helper"}
    assert line["model"] == "m"
    assert [tool["function"]["name"] for tool in line["tools"]] == ["look"]
    assert "max_completion_tokens" not in line
    roles = [(message["role"], message.get("content")) for message in line["messages"]]
    assert roles == [
        ("system", "Help."),
        ("user", "Look, please."),
        ("assistant", "Let me see."),
        ("tool", '{"found":"it"}'),
        ("tool", "error: not an object"),
        ("assistant", "It is there."),
        ("user", "[python: finished, exit code 0]\n1\n"),
    ]
    calls = line["messages"][2]["tool_calls"]
    assert [(call["id"], call["function"]["arguments"]) for call in calls] == [("t1", '{"at": 1}'), ("t2", "{}")]


def test_who_said_nothing_has_no_line() -> None:
    made = openai_chat(Play("a", "b").start().log)
    assert made.text == ""
    assert made.losses[1:] == ("a line for a, who was never asked", "a line for b, who was never asked")


def test_what_is_lost_is_named() -> None:
    losses = openai_chat(conversation().log).losses
    assert losses[0].startswith("who had the turn and why")
    assert losses[1:] == ()


def test_one_agent_alone() -> None:
    play = Play("a", "b").start(MaxTurns(2))
    for _ in range(2):
        play.rule()
        play.say(calls=(play.call_model().seq,))
    assert [line["metadata"]["agent"] for line in lines(play.log)] == ["a", "b"]
    assert [line["metadata"]["agent"] for line in lines(play.log, "b")] == ["b"]


def test_a_call_without_its_result_is_left_out() -> None:
    play = Play(agreed=conversation().charter).start(MaxTurns(3))
    play.rule()
    play.call_model(reply=wants(("t1", "{}"), say="Let me see."))
    play.tool("t1")
    made = openai_chat(play.log)
    (line,) = lines(play.log)
    check(line)
    assert [message["role"] for message in line["messages"]] == ["system", "user"]
    assert "tool calls at the end that have no result yet (helper)" in made.losses


def test_what_came_later_is_counted_and_left_out() -> None:
    play = Play("a", "b").start(MaxTurns(9))
    play.rule()
    play.say(calls=(play.call_model().seq,))
    play.rule()
    play.say("from b")
    made = openai_chat(play.log)
    line, _ = lines(play.log)
    assert [message["content"] for message in line["messages"]][-1] == "answer 5"
    assert "1 message that came after its last request (a)" in made.losses


def test_the_responses_api_in_the_words_of_a_chat() -> None:
    play = responses()
    (line,) = lines(play.log)
    check(line)
    assert [message["role"] for message in line["messages"]] == ["system", "user", "assistant", "tool", "assistant"]
    assert line["messages"][1]["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "file", "file": {"file_id": "f1"}},
    ]
    assert line["messages"][2]["content"] == "Let me see."
    assert line["messages"][2]["tool_calls"][0]["function"] == {"name": "look", "arguments": "{}"}
    assert line["tools"][0]["function"]["name"] == "look"
    assert "1 input_file part of the Responses API (a)" in openai_chat(play.log).losses
    assert "1 reasoning item of the Responses API (a)" in openai_chat(play.log).losses


def responses() -> Play:
    play = Play(agreed=team(handy("a", "responses"))).start(MaxTurns(3), task=None)
    parts = (
        TextPart(content="see"),
        BlobPart(mime_type="image/png", content="AAAA"),
        FilePart(file_id="f1"),
        UriPart(uri="https://h/a.pdf"),
    )
    play.offer(Said(sender="user", body=Text(parts=parts)))
    play.rule()
    reply = wants(("t1", "{}"), say="Let me see.")
    thought = ReasoningPart(content="hm", signature='{"type":"reasoning","id":"r","summary":[]}')
    play.call_model(reply=reply.model_copy(update={"parts": (thought, *reply.parts)}))
    play.back(play.tool("t1"), "found")
    play.say(calls=(play.call_model().seq,))
    return play


@pytest.mark.parametrize(
    ("responses", "chat", "lost"),
    [
        ({"tool_choice": "auto", "temperature": 0.5}, {"tool_choice": "auto", "temperature": 0.5}, []),
        (
            {"tool_choice": {"type": "function", "name": "f"}},
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            [],
        ),
        (
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True}}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}}},
            [],
        ),
        ({"reasoning": {"effort": "low"}, "truncation": "auto"}, {"reasoning_effort": "low"}, ["truncation"]),
    ],
)
def test_settings_in_the_words_of_a_chat(responses: Line, chat: Line, lost: list[str]) -> None:
    assert chat_settings(responses) == (chat, lost)


@several
@given(plays())
def test_every_line_is_a_request_that_the_api_takes(play: Play) -> None:
    for line in lines(play.log):
        check(line)


def last_answered(log: Transcript, agent: str) -> ModelRecipe | None:
    """The last request that showed an agent's model the conversation, if it is of the last turn and was answered."""
    found = None
    starts: dict[int, ModelRecipe] = {}
    for entry in log:
        event = entry.event
        if isinstance(event, TurnGiven) and event.to == agent:
            found = None
        elif isinstance(event, CallStarted) and event.agent == agent and isinstance(event.recipe, ModelRecipe):
            starts[entry.seq] = event.recipe
        elif isinstance(event, CallFailed | Compacted):
            found = None  # the context may begin anew
        elif isinstance(event, CallFinished) and event.call in starts and starts[event.call].context is not None:
            found = starts[event.call]
    return found


@several
@given(plays())
def test_a_line_begins_with_the_last_request_that_was_sent(play: Play) -> None:
    for line in lines(play.log):
        last = last_answered(play.log, line["metadata"]["agent"])
        if last is not None and last.wire == "chat":
            sent = json.loads(rebuild(play.log, last).join())
            assert line["messages"][: len(sent["messages"])] == sent["messages"]


def test_an_agent_with_a_short_memory_says_so() -> None:
    remembers = {"turns": 1, "senders": ("a",)}
    play = Play(agreed=team(card("a", context=remembers, model=model()))).start(MaxTurns(2))
    play.rule()
    play.say(calls=(play.call_model(reply=text("x")).seq,))
    losses = openai_chat(play.log).losses
    assert "all but the last 1 turn, which is all it is shown (a)" in losses
    assert "messages of others than a, which it is not shown (a)" in losses
