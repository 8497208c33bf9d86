"""What OpenAIModel makes of whole answers on the wire "responses", over a real connection."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import AsyncOpenAI
from openai.types.responses import Response as OpenAIResponse
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from agentchat.models.http_errors import Service
from agentchat.models.openai import OpenAIModel
from agentchat.models.responses import ResponsesAnswer
from agentchat.transcript.calls import Reply, Usage
from agentchat.transcript.messages import ReasoningPart, TextPart, ToolCallPart
from tests.models.asking import Heard, ask, request_for
from tests.servers.fake_openai import Behaviour, FakeServer, raw, whole
from tests.servers.fake_responses import (
    Item,
    begin,
    ending,
    event,
    events,
    function_call,
    in_one_piece,
    item_events,
    message,
    reasoning,
    response,
    streamed,
)

pytestmark = pytest.mark.anyio

ITEMS: tuple[Item, ...] = (
    reasoning("Two and", "two.", encrypted="gA/B+=="),
    message("It is ", "4 🙂"),
    function_call("a", "add", '{"x": 1}'),
    function_call("b", "sub", '{"y": "é"}'),
)


async def answer(*behaviours: Behaviour, stream: bool = True) -> tuple[Reply, Heard]:
    """The first answer of a server."""
    with FakeServer(list(behaviours)) as server:
        return await ask(OpenAIModel("m", base_url=server.base_url, wire="responses", stream=stream))


def test_the_fake_server_keeps_to_the_shapes_of_the_openai_package() -> None:
    adapter: TypeAdapter[object] = TypeAdapter(ResponseStreamEvent)
    for one in events(*ITEMS, message(refusal="no"), message("so", phase="commentary")):
        name, data = one.decode().split("\n")[:2]
        made = adapter.validate_json(data.removeprefix("data: "), strict=True)
        assert name == f"event: {getattr(made, 'type', None)}"
    TypeAdapter(OpenAIResponse).validate_python(response(*ITEMS), strict=True)


@pytest.mark.parametrize("behaviour", [streamed(*ITEMS), in_one_piece(*ITEMS)], ids=["streamed", "whole"])
async def test_all_that_an_answer_may_hold(behaviour: Behaviour) -> None:
    reply, heard = await answer(behaviour)
    assert reply == Reply(
        parts=(
            ReasoningPart(
                content="Two and\n\ntwo.",
                signature='{"type":"reasoning","summary":[{"type":"summary_text","text":"Two and"},'
                '{"type":"summary_text","text":"two."}],"id":"rs_1","encrypted_content":"gA/B+=="}',
            ),
            TextPart(content="It is 4 🙂"),
            ToolCallPart(id="a", name="add", arguments='{"x": 1}'),
            ToolCallPart(id="b", name="sub", arguments='{"y": "é"}'),
        ),
        finish="tool_calls",
        model="fake-1",
        usage=Usage(input_tokens=7, output_tokens=3, cached_input_tokens=2, reasoning_tokens=1),
        response_id="resp_1",
    )
    assert heard.text == "It is 4 🙂"


async def test_the_server_gets_the_exact_bytes_of_the_request() -> None:
    with FakeServer([in_one_piece(message("ok"))]) as server:
        model = OpenAIModel("m", base_url=server.base_url, wire="responses", temperature=0, reasoning_effort="low")
        request = request_for(model)
        await model.complete(request, Heard().append)
    (received,) = server.requests
    assert received.body == request.body()
    assert received.path == "/v1/responses"
    sent = received.json
    assert list(sent) == ["input", "model", "store", "include", "stream", "temperature", "reasoning"]
    assert (sent["store"], sent["reasoning"]) == (False, {"effort": "low"})


@pytest.mark.parametrize(
    "kept",
    ["response.output_text.delta", "response.output_item.done", "response.completed", "response.output_item.added"],
)
async def test_where_the_whole_of_an_item_may_stand(kept: str) -> None:
    """Servers leave out the deltas, the whole items, or the items of the end. One of the three is enough."""
    sent = events(message("It is 4"))
    thin = [one for one in sent[:-1] if kept.encode() in one]
    last = ending(
        *([message("It is 4")] if kept == "response.completed" or not kept.endswith(("delta", "done")) else [])
    )
    reply, heard = await answer(raw([*begin(), *thin, last]))
    assert (reply.text, heard.text) == ("It is 4", "It is 4")


@pytest.mark.parametrize("said", ["It is 4.", "It is", "No", ""])
async def test_what_was_heard_is_what_is_recorded(said: str) -> None:
    deltas = [one for one in item_events(0, message("It is 4")) if b"done" not in one]
    done = event("response.output_item.done", output_index=0, item=message(said))
    reply, heard = await answer(raw([*begin(), *deltas, done, ending(message(said))]))
    assert reply.text == heard.text == ("It is 4." if said == "It is 4." else "It is 4")


async def test_a_server_that_numbers_nothing() -> None:
    """As llama.cpp does: items are known by their ids only, and both calls are done at the end."""
    calls = [function_call("a", "add", '{"x":1}'), function_call("b", "sub", '{"y":2}')]
    sent: list[bytes] = []
    for call in calls:
        for one in item_events(0, call)[:-1]:
            name, data = one.decode().split("\ndata: ")
            fields = json.loads(data)
            del fields["output_index"]
            sent.append(f"{name}\ndata: {json.dumps(fields)}\n\n".encode())
    done = [event("response.output_item.done", item=call) for call in calls]
    for tail in ([*done, ending(*calls)], [ending(*calls)], [ending()]):
        reply, _ = await answer(raw([*begin(), *sent, *tail]))
        assert [(call.id, call.name, call.arguments) for call in reply.tool_calls] == [
            ("a", "add", '{"x":1}'),
            ("b", "sub", '{"y":2}'),
        ]


async def test_calls_that_all_have_number_0() -> None:
    calls = [function_call("a", "add", "{}"), function_call("b", "sub", "{}"), function_call("c", "sub", "{}")]
    added = [item_events(0, call)[0] for call in calls]
    done = [item_events(0, call)[-1] for call in calls]
    reply, _ = await answer(raw([*begin(), *added, *done, ending(*calls)]))
    assert [(call.id, call.name) for call in reply.tool_calls] == [("a", "add"), ("b", "sub"), ("c", "sub")]


async def test_an_event_behind_its_item_begins_no_other() -> None:
    call = function_call("a", "add", '{"x":1}')
    late = event("response.function_call_arguments.done", output_index=0, item_id="fc_a", arguments="{}", name="add")
    reply, _ = await answer(raw([*begin(), *item_events(0, call), late, ending(call)]))
    assert reply.parts == (ToolCallPart(id="a", name="add", arguments='{"x":1}'),)


async def test_ids_that_are_missing_or_come_twice_are_made_up() -> None:
    calls = [function_call(call_id, "f", "{}") for call_id in ("", "call_0", "x", "x")]
    for behaviour in (streamed(*calls), in_one_piece(*calls)):
        reply, _ = await answer(behaviour)
        assert [call.id for call in reply.tool_calls] == ["call_0", "call_1", "x", "call_3"]


@pytest.mark.parametrize("arguments", ["", "{", '{"a":', "[]", '"', "\x00", "{}{}", '{"a":"\ud800"}'])
async def test_arguments_are_kept_as_the_model_wrote_them(arguments: str) -> None:
    reply, _ = await answer(streamed(function_call("a", "f", arguments)))
    assert reply.tool_calls[0].arguments == arguments.replace("\ud800", "\ufffd")


async def test_arguments_that_are_an_object() -> None:
    reply, _ = await answer(in_one_piece({**function_call("a", "f", ""), "arguments": {"x": 1}}))
    assert reply.tool_calls[0].arguments == '{"x":1}'


async def test_what_is_said_on_the_way_is_no_part_of_the_answer() -> None:
    items = [message("I look it up.", phase="commentary"), message('{"a":1}', phase="final_answer")]
    for behaviour in (streamed(*items), in_one_piece(*items)):
        reply, heard = await answer(behaviour)
        assert reply.text == heard.text == '{"a":1}'
        assert reply.parts[0] == ReasoningPart(
            content="I look it up.",
            signature='{"type":"message","role":"assistant","phase":"commentary","content":"I look it up."}',
        )


@pytest.mark.parametrize(
    ("item", "part"),
    [
        (reasoning(encrypted=None), None),
        (reasoning("so", encrypted=None), ReasoningPart(content="so")),
        (
            reasoning(encrypted="gA"),
            ReasoningPart(
                content="", signature='{"type":"reasoning","summary":[],"id":"rs_1","encrypted_content":"gA"}'
            ),
        ),
        (
            reasoning(encrypted="", content=["plain ", "words"]),
            ReasoningPart(
                content="plain words",
                signature='{"type":"reasoning","summary":[],"id":"rs_1","content":'
                '[{"type":"reasoning_text","text":"plain "},{"type":"reasoning_text","text":"words"}]}',
            ),
        ),
        ({"type": "reasoning", "summary": "?", "encrypted_content": "x"}, ReasoningPart(
            content="", signature='{"type":"reasoning","summary":[],"encrypted_content":"x"}')),
    ],
    ids=["nothing", "summary", "encrypted", "plain", "bare"],
)  # fmt: skip
async def test_thoughts(item: Item, part: ReasoningPart | None) -> None:
    reply, heard = await answer(in_one_piece(item, message("4")))
    assert reply.parts == ((TextPart(content="4"),) if part is None else (part, TextPart(content="4")))
    assert heard == ["4"]


async def test_thoughts_that_came_in_deltas_only() -> None:
    plain = [
        event("response.reasoning_text.delta", output_index=0, item_id="r", content_index=0, delta=text)
        for text in ("so ", "it is")
    ]
    for sent, content in ((plain, "so it is"), (item_events(0, reasoning("one", "two"))[:-1], "one\n\ntwo")):
        reply, _ = await answer(raw([*begin(), *sent, *item_events(1, message("4")), ending()]))
        assert reply.parts == (ReasoningPart(content=content), TextPart(content="4"))


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_refusal_is_text_and_no_ordinary_ending(streaming: bool) -> None:
    item = message(refusal="I will not.")
    reply, heard = await answer(streamed(item) if streaming else in_one_piece(item), stream=streaming)
    assert (reply.text, reply.finish, heard.text) == ("I will not.", "refusal", "I will not.")


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("max_output_tokens", "length"),
        ("content_filter", "content_filter"),
        ("steered", "steered"),
        (None, "incomplete"),
    ],
)
async def test_why_an_answer_is_incomplete(reason: str | None, finish: str) -> None:
    for behaviour in (
        streamed(message("half"), status="incomplete", reason=reason),
        in_one_piece(message("half"), state="incomplete", reason=reason),
    ):
        reply, _ = await answer(behaviour)
        assert (reply.text, reply.finish) == ("half", finish)


async def test_an_empty_answer_is_an_answer() -> None:
    for behaviour in (streamed(), in_one_piece(), streamed(message())):
        reply, heard = await answer(behaviour)
        assert (reply.parts, reply.finish, heard) == ((TextPart(content=""),), "stop", [])


@pytest.mark.parametrize(
    ("sent", "usage"),
    [
        (None, None),
        ("many", None),
        ({"input_tokens": -1, "output_tokens": "3"}, None),
        ({"input_tokens": 10**30, "output_tokens": 4}, Usage(output_tokens=4)),
        ({"input_tokens": 5, "output_tokens": 2, "input_tokens_details": None}, Usage(input_tokens=5, output_tokens=2)),
        (
            {
                "input_tokens": 5,
                "output_tokens": 2,
                "output_tokens_details": {"reasoning_tokens": 9},
                "total_tokens": 16,
            },
            Usage(input_tokens=5, output_tokens=11, reasoning_tokens=9),
        ),
    ],
)
async def test_usage_is_what_the_server_said_or_unknown(sent: object, usage: Usage | None) -> None:
    reply, _ = await answer(streamed(message("x"), usage=sent))
    assert reply.usage == usage


async def test_what_nobody_asked_for_is_left_out() -> None:
    search: Item = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    odd = [
        event("response.web_search_call.searching", output_index=0, item_id="ws_1"),
        event("response.output_item.done", output_index=0, item=search),
        event("response.output_item.done", output_index=0, item="?"),
        event("response.output_text.delta", output_index=1, item_id="x", delta=7),
        event("response.output_text.delta", output_index=1, item_id="x"),
        event("response.of_the_future", surprise=[1]),
        b": keepalive\n\n",
    ]
    last = event("response.completed", response={**response(message("yes")), "output": [search, "?", message("yes")]})
    reply, _ = await answer(raw([*begin(), *odd, *item_events(2, message("yes")), last]))
    assert reply.parts == (TextPart(content="yes"),)


async def test_several_messages_are_several_parts() -> None:
    reply, heard = await answer(streamed(message("a"), message("b")))
    assert reply.parts == (TextPart(content="a"), TextPart(content="b"))
    assert heard == ["a", "b"]


async def test_a_connection_is_used_again_though_the_stream_is_left_at_its_last_event() -> None:
    with FakeServer([raw([*events(message("a")), b"data: [DONE]\n\n"])]) as server:
        # to a server on this machine our own client opens a new connection for each call
        async with AsyncOpenAI(api_key="k", base_url=server.base_url) as client:
            model = OpenAIModel("m", client=client, wire="responses")
            for _ in range(5):
                await ask(model)
            assert server.connections == 1


async def test_both_wires_of_one_server() -> None:
    with FakeServer([whole({"content": "chat"}), in_one_piece(message("responses"))]) as server:
        chat = OpenAIModel("m", base_url=server.base_url)
        responses = OpenAIModel("m", base_url=server.base_url, wire="responses")
        assert [(await ask(model))[0].text for model in (chat, responses)] == ["chat", "responses"]
    assert [received.path for received in server.requests] == ["/v1/chat/completions", "/v1/responses"]
    assert [next(iter(received.json)) for received in server.requests] == ["messages", "input"]


_ALL = [
    *events(*ITEMS, message(refusal="no"), message("aside", phase="commentary"), size=5),
    *item_events(0, message("It is \ud83d\ude00", " there")),
    *item_events(1, function_call("a", "other", "[")),
    event("response.output_item.done", output_index=1, item=message("other")),
    event("response.output_item.added", item=message("", phase="commentary")),
    event("response.output_text.delta", delta="x\ud83d"),
    event("response.reasoning_text.delta", delta="\udc00", output_index=True),
    ending(*reversed(ITEMS), status="incomplete", usage={"input_tokens": "?"}),
    ending(),
]
EVENTS = [one.split(b"data: ")[1] for one in _ALL]


@given(st.lists(st.sampled_from(EVENTS), max_size=30), st.sampled_from(EVENTS[-2:]))
def test_whatever_comes_in_whatever_order_what_was_heard_is_what_is_recorded(taken: list[bytes], last: bytes) -> None:
    heard = Heard()
    answer = ResponsesAnswer(Service("m", "http://h/v1"), heard.append)
    for one in (*taken, last):
        answer.take(one)
    reply = answer.reply()
    assert sorted(reply.text) == sorted(heard.text)
    assert Reply.model_validate_json(reply.model_dump_json()) == reply
    assert len({call.id for call in reply.tool_calls}) == len(reply.tool_calls)
